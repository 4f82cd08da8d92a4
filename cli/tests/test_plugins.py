from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.tests.helpers import install_plugin, livechat

ACME = """
from livechat_sdk import hookimpl
print("hello from the plugin")

@hookimpl
def livechat_route(request, candidates):
    return None
"""

TOY = """
from livechat_sdk_testing.toy import ToyPlugin
plugin = ToyPlugin()
"""


def listed(tmp_path: Path, env: dict[str, str], *, code: int = 0) -> dict[str, dict[str, Any]]:
    done = livechat("plugins", "--json", cwd=tmp_path, env=env)
    assert done.returncode == code, done.stderr
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    return {one["name"]: one for one in document["plugins"]}


def test_built_in_and_installed_plugins_are_listed(tmp_path: Path) -> None:
    done = livechat("plugins", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split("  ")[0] == "PLUGIN"
    assert [line.split()[0] for line in lines[1:]] == [
        "builtin",
        "cisco",
        "dynamics",
        "genesys",
        "helvia",
        "tickets",
        "zendesk",
    ]
    assert "CISCO_LIVECHAT" in lines[2]
    assert "HELVIA_LIVECHAT" in lines[5]
    assert "livechat-sdk-helvia" in lines[5]


def test_plugin_shows_its_version_hooks_and_types(tmp_path: Path) -> None:
    found = listed(tmp_path, install_plugin(tmp_path, "acme-desk", TOY, value="acme_desk:plugin"))
    assert found["acme_desk"] == {
        "name": "acme_desk",
        "distribution": "acme-desk",
        "version": "1.2",
        "status": "loaded",
        "reason": "",
        "hooks": ["livechat_integration_types"],
        "integration_types": ["TOY_LIVECHAT"],
    }


def test_what_a_plugin_prints_does_not_spoil_the_result(tmp_path: Path) -> None:
    env = install_plugin(tmp_path, "acme", ACME)
    done = livechat("plugins", "--json", cwd=tmp_path, env=env)
    assert done.stderr == "hello from the plugin\n"
    assert json.loads(done.stdout)["plugins"][1]["hooks"] == ["livechat_route"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise SystemExit('gone')", "gone"),
        ("LIVECHAT_HOOK_API = '>=9.0'\n" + ACME, "9"),
        (ACME.replace("livechat_route", "livechat_rout"), "livechat_rout"),
    ],
)
def test_plugin_that_cannot_load_fails_alone_and_is_explained(code: str, reason: str, tmp_path: Path) -> None:
    env = install_plugin(tmp_path, "acme", code)
    found = listed(tmp_path, env, code=4)
    assert found["acme"]["status"] == "not_loaded"
    assert reason in found["acme"]["reason"]
    assert found["helvia"]["status"] == "loaded"
    done = livechat("plugins", cwd=tmp_path, env=env)
    assert done.returncode == 4
    assert "not loaded" in done.stdout
    assert reason in done.stdout
    assert "Traceback" not in done.stderr


def test_type_that_is_offered_twice_names_both_plugins(tmp_path: Path) -> None:
    install_plugin(tmp_path, "acme-one", TOY, value="acme_one:plugin")
    env = install_plugin(tmp_path, "acme-two", TOY, value="acme_two:plugin")
    found = listed(tmp_path, env, code=4)
    assert found["acme_one"]["status"] == "loaded"
    assert found["acme_two"]["status"] == "broken"
    assert "TOY_LIVECHAT" in found["acme_two"]["reason"]
    assert "'acme_one'" in found["acme_two"]["reason"]


def test_answer_that_cannot_be_used_is_explained(tmp_path: Path) -> None:
    code = ACME.replace("livechat_route(request, candidates)", "livechat_integration_types()")
    found = listed(tmp_path, install_plugin(tmp_path, "acme", code), code=4)
    assert found["acme"]["status"] == "broken"
    assert "NoneType" in found["acme"]["reason"]


def test_blocked_plugin_is_not_even_imported(tmp_path: Path) -> None:
    env = install_plugin(tmp_path, "acme", "raise RuntimeError('imported')")
    found = listed(tmp_path, {**env, "LIVECHAT_BLOCK_PLUGINS": "acme"})
    assert (found["acme"]["status"], found["acme"]["hooks"]) == ("blocked", [])


def test_control_characters_of_a_reason_do_not_reach_the_terminal(tmp_path: Path) -> None:
    env = install_plugin(tmp_path, "acme", "raise RuntimeError('\\x1b[2J')")
    assert "\x1b" not in livechat("plugins", cwd=tmp_path, env=env).stdout
