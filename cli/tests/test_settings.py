from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cli.tests.helpers import install_plugin
from livechat_sdk.errors import ConfigurationError
from livechat_sdk_cli.settings import load_settings, store_of

PLUGIN = "from livechat_sdk import hookimpl\n\n@hookimpl\ndef livechat_route(request): return None\n"


@pytest.fixture(autouse=True)
def _plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_plugin(tmp_path, "acme-route", PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("block", "status"), [("", "loaded"), ("plugins: {block: [acme_route]}\n", "blocked")]
)
def test_plugins_that_the_settings_block_are_left_out(
    block: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "acme_route", raising=False)
    Path("livechat.yaml").write_text(
        f"version: 1\nintegrations: {{d: {{type: LOCAL_TICKETING}}}}\n{block}", "utf-8"
    )
    _, registry = load_settings(Path("livechat.yaml"))
    assert {one.name: one.status for one in registry.found}["acme_route"] == status


def test_warnings_are_told_on_stderr_and_do_not_stop(capsys: pytest.CaptureFixture[str]) -> None:
    Path("livechat.yaml").write_text("version: 1\nintegrations: {d: {type: LOCAL_TICKETING}}\n", "utf-8")
    settings, _ = load_settings(Path("livechat.yaml"))
    assert set(settings.integrations) == {"d"}
    told = capsys.readouterr()
    assert told.out == ""
    assert "livechat.yaml:1:1: warning LC607" in told.err


def test_errors_stop_with_all_problems() -> None:
    Path("livechat.yaml").write_text("version: 2\nbosts: {}\n", "utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(Path("livechat.yaml"))
    assert {"LC202", "LC203"} <= {problem.code for problem in caught.value.problems}


def test_store_may_be_named_in_an_included_file(tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "store.yaml").write_text("store: sqlite:///${file:name}.db\nworkspace: acme\n", "utf-8")
    (parts / "name").write_text("kept\n", "utf-8")
    file = tmp_path / "livechat.yaml"
    file.write_text("version: 1\ninclude: [parts/store.yaml, parts/nowhere.yaml]\nbosts: {}\n", "utf-8")
    assert store_of(file) == ("sqlite:///kept.db", "acme")
