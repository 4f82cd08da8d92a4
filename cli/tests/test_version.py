from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

from cli.tests.helpers import install_plugin, livechat
from livechat_sdk.hooks.markers import HOOK_API


def test_version_tells_core_hook_api_and_plugins(tmp_path: Path) -> None:
    done = livechat("version", cwd=tmp_path)
    first, *rest = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert first.startswith(f"livechat-sdk {version('livechat-sdk')} (hook API {HOOK_API[0]}.{HOOK_API[1]}, ")
    assert f"livechat-sdk-helvia {version('livechat-sdk-helvia')}" in rest


def test_option_and_command_say_the_same(tmp_path: Path) -> None:
    assert livechat("--version", cwd=tmp_path).stdout == livechat("version", cwd=tmp_path).stdout


def test_json_for_scripts(tmp_path: Path) -> None:
    document = json.loads(livechat("version", "--json", cwd=tmp_path).stdout)
    assert document["schema_version"] == 1
    assert document["livechat_sdk"] == version("livechat-sdk")


def test_plugin_that_cannot_load_has_a_version_all_the_same(tmp_path: Path) -> None:
    env = install_plugin(tmp_path, "acme-desk", "raise RuntimeError")
    assert "acme-desk 1.2" in livechat("version", cwd=tmp_path, env=env).stdout.splitlines()
