"""Facts about the workspace as a whole: distributions, modules, files, targets, start-up, isolated tests."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import tomllib
import warnings
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

from tests.tree import ROOT, Distribution, distributions, files, modules

EACH_DISTRIBUTION = pytest.mark.parametrize("distribution", distributions(), ids=lambda one: one.name)
EACH_MODULE = pytest.mark.parametrize("module", modules(), ids=str)
LONGEST_MODULE = 500


# ---------------------------------------------------------------------------------------------- distributions
@EACH_DISTRIBUTION
def test_distribution_ships_types_licence_and_readme(distribution: Distribution) -> None:
    assert (distribution.source / "py.typed").is_file()
    assert distribution.project["license"] == "Apache-2.0"
    assert (distribution.folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert (distribution.folder / distribution.project["readme"]).read_text("utf-8").startswith("# ")


@EACH_DISTRIBUTION
def test_versions_agree(distribution: Distribution) -> None:
    expected = distributions()[0].project["version"]
    assert distribution.project["version"] == expected
    assert version(distribution.name) == expected, "the environment is stale: make setup"
    ours = {one.name for one in distributions()}
    needs = [
        *distribution.project["dependencies"],
        *(need for extra in distribution.project.get("optional-dependencies", {}).values() for need in extra),
    ]
    for need in needs:
        name, *rest = re.split(r"(?=[\[=<>~!])", need, maxsplit=1)
        if name in ours and name != distribution.name:
            assert rest, f"{need} is not pinned"
            assert rest[0].endswith(f"=={expected}"), f"{need} is not pinned to =={expected}"


@EACH_DISTRIBUTION
def test_package_tells_its_version(distribution: Distribution) -> None:
    assert _python(f"import {distribution.package} as package; print(package.__version__)") == version(
        distribution.name
    )


@EACH_DISTRIBUTION
def test_python_requirement_is_the_same_everywhere(distribution: Distribution) -> None:
    assert distribution.project["requires-python"] == ">=3.11"


@EACH_DISTRIBUTION
def test_every_dependency_is_explained(distribution: Distribution) -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    extras = distribution.project.get("optional-dependencies", {}).values()
    for need in [*distribution.project["dependencies"], *(need for extra in extras for need in extra)]:
        name = re.split(r"[\[=<>~! ]", need, maxsplit=1)[0]
        if not name.startswith("livechat-sdk"):
            assert re.search(rf"^\|[^|]*\b{re.escape(name)}\b", page, re.MULTILINE), (
                f"{name} is not explained"
            )


def test_all_brings_whatever_a_command_asks_for() -> None:
    words = ("export", "--quiet", "--frozen", "--offline", "--no-dev", "--no-hashes", "--extra", "all")
    uv = Path(sys.executable).parent / "uv"
    done = subprocess.run([uv, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"copier", "typer", "uvicorn"} <= set(re.findall(r"^([\w-]+)==", done.stdout, re.MULTILINE))


def test_entry_points_of_the_providers_are_found() -> None:
    assert {entry.name: entry.value for entry in entry_points(group="livechat_sdk")} == {
        "cisco": "livechat_sdk_cisco.plugin",
        "dynamics": "livechat_sdk_dynamics.plugin",
        "genesys": "livechat_sdk_genesys.plugin",
        "helvia": "livechat_sdk_helvia.plugin",
        "tickets": "livechat_sdk_tickets.plugin",
        "zendesk": "livechat_sdk_zendesk.plugin",
    }


# ------------------------------------------------------------------------------------------ files and modules
@EACH_MODULE
def test_module_says_what_it_is(module: Path) -> None:
    tree = ast.parse((ROOT / module).read_text("utf-8"))
    assert ast.get_docstring(tree), f"{module} has no docstring"


@EACH_MODULE
def test_module_is_not_too_long(module: Path) -> None:
    lines = len((ROOT / module).read_text("utf-8").splitlines())
    assert lines <= LONGEST_MODULE, f"{module} has {lines} lines: split it by idea"


def test_no_file_knows_a_machine_it_was_written_on() -> None:
    # Put together from parts, so that this file passes its own test.
    folders = ("work", "root", "opt/pypi", "tmp/brief", "tmp/bash_jobs")
    machine_path = re.compile(rf"(?<![\w.:/<-])/(?:{'|'.join(folders)})/|\.\./{'shared'}/".encode())
    found: list[str] = []
    for path in files():
        content = (ROOT / path).read_bytes()
        if b"\0" in content:
            continue
        found += [
            f"{path}:{number}: {line.decode(errors='replace').strip()[:100]}"
            for number, line in enumerate(content.splitlines(), start=1)
            if machine_path.search(line)
        ]
    assert not found, "\n".join(found)


def test_lock_files_name_public_registries_only() -> None:
    allowed = {"uv.lock": {"pypi.org", "files.pythonhosted.org"}, "package-lock.json": {"registry.npmjs.org"}}
    locks = [path for path in files() if path.name in allowed]
    assert Path("uv.lock") in locks
    for path in locks:
        text = (ROOT / path).read_text("utf-8")
        hosts = set(re.findall(r'(?:url|registry|resolved)"?\s*[=:]\s*"https?://([^/"]+)', text))
        assert hosts <= allowed[path.name], f"{path} names {hosts - allowed[path.name]}"
        assert hosts or path.name != "uv.lock"
        assert "file://" not in text, f"{path} names a folder of one machine"


def test_no_configuration_names_another_registry() -> None:
    names = (
        "pyproject.toml",
        "uv.toml",
        ".npmrc",
        "pip.conf",
        "requirements.txt",
        "Makefile",
        "setup.sh",
        "run",
    )
    option = re.compile(r"(?:extra-index|find-links|index-url|registry\s*=|\[\[tool\.uv\.index\]\])")
    found = [
        str(path)
        for path in files()
        if path.name in names and option.search((ROOT / path).read_text("utf-8"))
    ]
    assert not found


def test_no_empty_caught_exception_and_no_open_ends_in_shipped_modules() -> None:
    marker = re.compile(r"#\s*(?:TODO|FIXME|XXX|HACK)\b")
    bare_ignore = re.compile(r"#\s*(?:type|pyright):\s*ignore(?!\[)|#\s*noqa(?!:)")
    found: list[str] = []
    for module in modules():
        text = (ROOT / module).read_text("utf-8")
        found += [
            f"{module}:{node.lineno}: swallows an exception"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.ExceptHandler)
            and len(node.body) == 1
            and isinstance(node.body[0], ast.Pass)
        ]
        found += [
            f"{module}:{number}: {line.strip()[:80]}"
            for number, line in enumerate(text.splitlines(), start=1)
            if marker.search(line) or bare_ignore.search(line)
        ]
    assert not found, "\n".join(found)


# ---------------------------------------------------------------------------------------------------- targets
def test_help_lists_every_target() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert phony is not None
    assert {line.split()[1] for line in listed.splitlines()} == set(phony[1].split())


def test_continuous_integration_runs_checks_and_tests() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert {"make check || status=1", "make test || status=1"} <= set(script.read_text("utf-8").splitlines())


@pytest.mark.parametrize("failing", ["check", "test"])
def test_continuous_integration_fails_when_either_fails_and_runs_both(failing: str, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_bytes((ROOT / ".ci" / "run").read_bytes())
    for name in ("make", "chromium", "nginx"):
        stand_in = tmp_path / "bin" / name
        stand_in.write_text(f'#!/bin/sh\necho "{name} $1"\n[ "$1" != {failing} ]\n', "utf-8")
        stand_in.chmod(0o755)
    done = subprocess.run(
        ["bash", tmp_path / ".ci" / "run"],
        env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == ["make check", "make test"]
    assert done.returncode == 1


def test_unknown_check_is_a_usage_error() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "check.py", "no-such-check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no check is called no-such-check; there are: " in done.stderr


def test_import_contracts_name_every_distribution() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    packages = {distribution.package for distribution in distributions()}
    assert set(settings["importlinter"]["root_packages"]) == packages
    tested = {str(distribution.folder.relative_to(ROOT) / "tests") for distribution in distributions()}
    assert set(settings["pytest"]["ini_options"]["testpaths"]) == tested


# --------------------------------------------------------------------------------------------------- start-up
def _python(program: str) -> str:
    """What a program prints in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"this program fails:\n{program}\n{done.stderr}"
    return done.stdout.strip()


@pytest.mark.parametrize(
    "program",
    ["import livechat_sdk", "from livechat_sdk import Dispatcher, LiveChatNode, Registry"],
    ids=["package", "names"],
)
@pytest.mark.parametrize(
    "heavy",
    [
        "aiohttp",
        "alembic",
        "asyncpg",
        "fastapi",
        "httpcore",
        "httpx",
        "jinja2",
        "livechat_sdk_cisco",
        "livechat_sdk_cli",
        "livechat_sdk_dynamics",
        "livechat_sdk_genesys",
        "livechat_sdk_helvia",
        "livechat_sdk_testing",
        "livechat_sdk_tickets",
        "livechat_sdk_zendesk",
        "opentelemetry",
        "prometheus_client",
        "psycopg",
        "pytest",
        "ruamel",
        "sqlalchemy",
        "sqlite3",
        "starlette",
        "tenacity",
        "typer",
        "uvicorn",
        "websockets",
    ],
)
def test_import_loads_nothing_heavy(program: str, heavy: str, loaded_by: LoadedBy) -> None:
    loaded = loaded_by(program)
    guilty = sorted(name for name in loaded if name.partition(".")[0] == heavy)
    assert not guilty, f"`{program}` loads {', '.join(guilty[:5])}"


class LoadedBy:
    """Names of the modules that a program loads; each program runs once."""

    def __init__(self) -> None:
        self._known: dict[str, frozenset[str]] = {}

    def __call__(self, program: str) -> frozenset[str]:
        if program not in self._known:
            printed = _python(f"{program}\nimport json, sys\nprint(json.dumps(list(sys.modules)))")
            self._known[program] = frozenset(json.loads(printed))
        return self._known[program]


@pytest.fixture(scope="module")
def loaded_by() -> LoadedBy:
    """One cache for all cases of this file."""
    return LoadedBy()


# ---------------------------------------------------------------------------------------- isolation of tests
# Reserved names and addresses (RFC 5737, RFC 3849, RFC 2606): nobody answers there should a guard fail.
ELSEWHERE = "192.0.2.1"


@pytest.mark.filterwarnings("ignore:A test tried to use socket.socket.connect:UserWarning")
def test_connection_to_another_machine_is_blocked() -> None:
    with socket.socket() as client:
        client.setblocking(False)
        with pytest.raises(SocketConnectBlockedError):
            client.connect((ELSEWHERE, 9))


def test_quiet_connection_attempt_is_blocked() -> None:
    with socket.socket() as client:
        client.setblocking(False)
        with pytest.raises(RuntimeError, match=re.escape(f"socket.connect names '{ELSEWHERE}'")):
            client.connect_ex((ELSEWHERE, 9))


def test_datagram_to_another_machine_is_blocked() -> None:
    with (
        socket.socket(type=socket.SOCK_DGRAM) as client,
        pytest.raises(RuntimeError, match=re.escape(f"socket.sendto names '{ELSEWHERE}'")),
    ):
        client.sendto(b"x", (ELSEWHERE, 9))


@pytest.mark.parametrize("host", ["example.invalid", "2001:db8::1", ELSEWHERE])
def test_look_up_of_another_machine_is_blocked(host: str) -> None:
    with pytest.raises(RuntimeError, match=re.escape(f"socket.getaddrinfo names '{host}'")):
        socket.getaddrinfo(host, 443)


async def test_asyncio_connection_to_another_machine_is_blocked() -> None:
    with pytest.raises(RuntimeError, match=r"example\.invalid"):
        await asyncio.open_connection("example.invalid", 443)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_loopback_is_let_through(host: str) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"hello\n")
        assert await reader.readline() == b"hello\n"
        writer.close()
        await writer.wait_closed()


def test_unix_sockets_are_let_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a Unix socket must be short
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("s")
        server.listen()
        client.connect("s")
        assert client.getpeername() == "s"


def test_warnings_are_errors() -> None:
    with pytest.raises(DeprecationWarning):
        warnings.warn("old", DeprecationWarning, stacklevel=1)


def test_order_is_random_and_tests_have_a_limit(pytestconfig: pytest.Config) -> None:
    loaded = {
        str(distribution.metadata["Name"])
        for _, distribution in pytestconfig.pluginmanager.list_plugin_distinfo()
    }
    assert {"pytest-randomly", "pytest-timeout", "pytest-socket", "pytest-asyncio"} <= loaded
    assert float(pytestconfig.getini("timeout")) == 180
    assert pytestconfig.getini("xfail_strict") is True
