from __future__ import annotations

import json
from pathlib import Path

from cli.tests.helpers import install_plugin, livechat
from cli.tests.test_plugins import TOY


def test_schema_is_one_json_document_of_the_file(tmp_path: Path) -> None:
    done = livechat("schema", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    schema = json.loads(done.stdout)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"version", "store", "integrations", "bots", "gateway"} <= set(schema["properties"])


def test_schema_knows_the_installed_types(tmp_path: Path) -> None:
    assert "HELVIA_LIVECHAT" in livechat("schema", cwd=tmp_path).stdout
    env = install_plugin(tmp_path, "acme", TOY, value="acme:plugin")
    assert "TOY_LIVECHAT" in livechat("schema", cwd=tmp_path, env=env).stdout


def test_plugins_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    install_plugin(tmp_path, "acme-one", TOY, value="acme_one:plugin")
    env = install_plugin(tmp_path, "acme-two", TOY, value="acme_two:plugin")
    done = livechat("schema", cwd=tmp_path, env=env)
    assert (done.returncode, done.stdout) == (4, "")
    assert "'acme_one'" in done.stderr
    assert "`livechat plugins` lists every plugin" in done.stderr
