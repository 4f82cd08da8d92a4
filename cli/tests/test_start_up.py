from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.tests.helpers import environment, livechat

HEAVY = (
    "pydantic",
    "pluggy",
    "starlette",
    "uvicorn",
    "httpx",
    "ruamel",
    "sqlite3",
    "asyncio",
    "rich",
    "livechat_sdk_helvia",
)


def _loaded_by(words: list[str], folder: Path) -> set[str]:
    """The modules that a command line leaves loaded, in a process of its own."""
    program = (
        "import json, sys\n"
        "from livechat_sdk_cli.main import main\n"
        f"sys.argv = ['livechat', *{words!r}]\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "print('\\n' + json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    loaded = _loaded_by(["--help"], tmp_path)
    assert not [name for name in HEAVY if name in loaded]
    assert "livechat_sdk_cli.commands.show" not in loaded


@pytest.mark.parametrize(
    "command", ["demo", "serve", "simulate", "validate", "show", "plugins", "schema", "version"]
)
def test_help_of_a_command_loads_nothing_that_only_its_work_needs(command: str, tmp_path: Path) -> None:
    loaded = _loaded_by([command, "--help"], tmp_path)
    # typer reads the values of options with pydantic.
    assert not [name for name in HEAVY if name in loaded and name != "pydantic"]


def test_version_loads_no_plugin_and_no_settings(tmp_path: Path) -> None:
    loaded = _loaded_by(["--version"], tmp_path)
    assert not {"livechat_sdk_helvia", "ruamel", "starlette", "sqlite3"} & loaded


def test_explaining_a_code_reads_no_settings(tmp_path: Path) -> None:
    assert not {"ruamel", "sqlite3", "livechat_sdk_helvia"} & _loaded_by(
        ["explain", "code", "LC203"], tmp_path
    )


def test_terminal_that_lacks_a_character_gets_numbers_instead_of_an_error(tmp_path: Path) -> None:
    env = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}
    done = livechat("validate", "βάρδια.yaml", cwd=tmp_path, env=env)
    assert done.returncode == 3
    assert done.stdout.startswith("\\u03b2\\u03ac")
    assert "Traceback" not in done.stderr


def test_validating_loads_the_settings_of_the_types_that_the_file_has_and_no_machinery(
    tmp_path: Path,
) -> None:
    (tmp_path / "livechat.yaml").write_text(
        "version: 1\nintegrations:\n"
        "  desk: {type: CISCO_LIVECHAT, endpoint: 'https://ccp.example.com', chatId: '7', ccxQueueTag: Q}\n"
        "bots: {shop-bot: {livechat: {integrations: [desk]}}}\n",
        "utf-8",
    )
    loaded = _loaded_by(["validate", "livechat.yaml"], tmp_path)
    assert "livechat_sdk_cisco.settings" in loaded
    assert not [name for name in loaded if name.startswith("livechat_sdk_") and name.endswith("crm.settings")]
    needless = {"asyncio", "sqlite3", "livechat_sdk.hooks.caller", "livechat_sdk.domain.handoff"}
    assert not loaded & {*needless, "livechat_sdk_zendesk.settings", "livechat_sdk_tickets.jira.settings"}
