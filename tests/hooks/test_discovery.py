"""Installed plugins are found by entry point, and one that cannot load takes nobody along."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from livechat_sdk.hooks import Hooks, PluginInfo, discover, discovery
from livechat_sdk.hooks.markers import ENTRY_POINT_GROUP
from livechat_sdk.hooks.plugin_set import BLOCK_VARIABLE
from tests.hooks.samples import REQUEST, ROUTE

INSTALLED = frozenset(entry.name for entry in entry_points(group=ENTRY_POINT_GROUP))
"""Plugins of this environment: not what is tested here."""

GOOD = """
from livechat_sdk.domain.handoff import Route
from livechat_sdk.hooks import hookimpl

@hookimpl
async def livechat_route(request):
    return Route(integration="desk", bot=request.bot, why="a test")

class AsClass:
    @hookimpl
    def livechat_route(self, request):
        return Route(integration="desk", bot=request.bot, why="a test")

as_object = AsClass()
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a distribution with one module and some entry points where Python looks for them."""
    monkeypatch.delenv(BLOCK_VARIABLE, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    modules: list[str] = []

    def make(name: str, code: str, version: str = "1.2", **entries: str) -> None:
        module = name.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(code), "utf-8")
        info = tmp_path / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", "utf-8")
        lines = [f"{entry} = {module}{target}" for entry, target in entries.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{ENTRY_POINT_GROUP}]", *lines, ""]), "utf-8")
        modules.append(module)

    yield make
    for module in modules:
        sys.modules.pop(module, None)


def _discover(hooks: Hooks, *block: str) -> dict[str, PluginInfo]:
    return {
        info.name: info for info in discover(hooks, block={*INSTALLED, *block}) if info.name not in INSTALLED
    }


def test_package_is_named_by_the_head_of_its_description_and_by_nothing_below(
    install: Install, tmp_path: Path
) -> None:
    install("acme-one", "", one="")
    install("acme-two", "", two="")
    about = tmp_path / "acme_one-1.2.dist-info" / "METADATA"
    about.write_text("Name: Acme.One\nVersion: 2.0rc1\n\nName: other\nVersion: 9\n", "utf-8")
    folded = tmp_path / "acme_two-1.2.dist-info" / "METADATA"
    folded.write_text("Name:\n acme-two\nVersion: 1.2\n", "utf-8")
    found = _discover(Hooks())
    assert (found["one"].distribution, found["one"].version) == ("Acme.One", "2.0rc1")
    assert (found["two"].distribution.strip(), found["two"].version) == ("acme-two", "1.2")


def test_modules_objects_and_classes_are_plugins(install: Install) -> None:
    install("acme-plugin", GOOD, module="", object=":as_object", klass=":AsClass")
    hooks = Hooks()
    assert _discover(hooks) == {
        name: PluginInfo(name, "acme-plugin", "1.2", ("livechat_route",), "loaded")
        for name in ("module", "object", "klass")
    }
    assert list(hooks.plugins()) == ["klass", "module", "object"]
    hooks.check()


async def test_discovered_plugin_is_asked(install: Install) -> None:
    install("acme-plugin", GOOD, acme="")
    hooks = Hooks()
    _discover(hooks)
    assert await hooks.route(REQUEST, ["desk"]) == ROUTE


def test_plugin_that_is_slow_to_load_is_loaded_and_named(
    install: Install, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "_SLOW_IMPORT", 0.2)
    install("acme-slow", f"import threading\nthreading.Event().wait(0.3)\n{GOOD}", acme="")
    install("quick-plugin", GOOD, quick="")
    hooks = Hooks()
    found = _discover(hooks)
    assert found["acme"].status == "loaded"
    assert found["acme"].reason.startswith("it took 0.")
    assert found["quick"].status == "loaded"
    assert "acme" in hooks.plugins()
    assert "plugin 'acme' of acme-slow 1.2: it took" in caplog.text


BROKEN = {
    "import": (
        "import nothing_of_this_name",
        "",
        "ModuleNotFoundError: No module named 'nothing_of_this_name'",
    ),
    "syntax": ("def broken(:", "", "SyntaxError: invalid syntax"),
    "exit": ("import sys\nsys.exit('no licence')", "", "SystemExit: no licence"),
    "error": ("raise RuntimeError('first line\\nsecond line')", "", "RuntimeError: first line second line"),
    "attribute": ("", ":missing", "AttributeError: module"),
    "function": ("def plugin(): ...", ":plugin", "is a function; name a module, a class or an object"),
    "arguments": (
        "class Plugin:\n    def __init__(self, url): ...",
        ":Plugin",
        "TypeError: Plugin.__init__() missing 1 required positional argument: 'url'",
    ),
    "hook": (
        "from livechat_sdk.hooks import hookimpl\n@hookimpl\ndef livechat_rout(): ...",
        "",
        "unknown hook livechat_rout; did you mean livechat_route?",
    ),
    "api": ("LIVECHAT_HOOK_API = '>=9.0'", "", "it needs hook API >=9.0, this livechat-sdk has"),
    "long": ("raise RuntimeError('x' * 10_000)", "", "RuntimeError: xxx"),
}


@pytest.mark.parametrize(("code", "target", "reason"), list(BROKEN.values()), ids=list(BROKEN))
def test_plugin_that_cannot_load_fails_alone_and_loudly(
    code: str, target: str, reason: str, install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    install("acme-broken", code, broken=target)
    install("acme-plugin", GOOD, after="", **{"a-before": ":as_object"})
    hooks = Hooks()
    found = _discover(hooks)
    assert [(info.name, info.status) for info in found.values()] == [
        ("a-before", "loaded"),
        ("after", "loaded"),
        ("broken", "not_loaded"),
    ]
    broken = found["broken"]
    assert (broken.distribution, broken.version, broken.hooks) == ("acme-broken", "1.2", ())
    assert reason in broken.reason
    assert "\n" not in broken.reason
    assert len(broken.reason) < 600
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == f"plugin 'broken' of acme-broken 1.2 is not loaded: {broken.reason}"
    assert list(hooks.plugins()) == ["a-before", "after"]


def test_two_distributions_with_one_name_are_told_apart(install: Install) -> None:
    install("acme-one", GOOD, acme="")
    install("acme-two", GOOD, acme="")
    infos = [info for info in discover(Hooks(), block=INSTALLED) if info.name == "acme"]
    assert [(info.distribution, info.status) for info in infos] == [
        ("acme-one", "loaded"),
        ("acme-two", "not_loaded"),
    ]
    assert "another plugin has this name already" in infos[1].reason


@pytest.mark.parametrize("by", ["argument", "hooks", "environment"])
def test_blocked_plugin_is_listed_and_not_even_imported(
    by: str, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("acme-broken", "raise AssertionError('it was imported')", acme="")
    if by == "environment":
        monkeypatch.setenv(BLOCK_VARIABLE, "acme")
    hooks = Hooks(block=["acme"] if by == "hooks" else [])
    found = _discover(hooks, *(["acme"] if by == "argument" else []))
    assert found["acme"] == PluginInfo("acme", "acme-broken", "1.2", (), "blocked", "it is on the block-list")
    assert "acme_broken" not in sys.modules
    assert hooks.plugins() == {}


def test_plugin_without_hooks_is_loaded_and_remarked_upon(
    install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    install("acme-idle", "", idle="")
    info = _discover(Hooks())["idle"]
    assert (info.status, info.hooks, info.reason) == ("loaded", (), "acme_idle implements no hook")
    assert "plugin 'idle' of acme-idle 1.2: acme_idle implements no hook" in caplog.text


def test_nothing_is_loaded_before_discovery(install: Install) -> None:
    install("acme-plugin", GOOD, acme="")
    Hooks().check()
    assert "acme_plugin" not in sys.modules


def test_traceback_of_a_plugin_that_cannot_load_is_there_for_debugging(
    install: Install, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="livechat_sdk.hooks")
    install("acme-broken", "raise RuntimeError('here')", broken="")
    _discover(Hooks())
    assert "Traceback" in caplog.text
    assert "acme_broken.py" in caplog.text


def test_importing_hooks_reads_no_installed_metadata() -> None:
    code = "import sys, livechat_sdk.hooks; print('importlib.metadata' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_installed_plugins_of_this_environment_load() -> None:
    hooks = Hooks()
    infos = {info.name: info for info in discover(hooks)}
    assert set(infos) >= INSTALLED
    assert [info for info in infos.values() if info.status != "loaded"] == []
