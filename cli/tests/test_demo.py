"""How the command hands over to the demo; what the demo does is tested beside it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from livechat_sdk_cli.main import app

Call = tuple[bool, int | None, Path | None]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """What the demo was started with."""
    seen: list[Call] = []

    def main(*, script: bool, port: int | None, data: Path | None) -> int:
        seen.append((script, port, data))
        return 8 if script else 0

    fake = ModuleType("livechat_sdk_cli.demo.run")
    monkeypatch.setattr(fake, "main", main, raising=False)
    monkeypatch.setitem(sys.modules, "livechat_sdk_cli.demo", ModuleType("livechat_sdk_cli.demo"))
    monkeypatch.setitem(sys.modules, "livechat_sdk_cli.demo.run", fake)
    return seen


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ([], (False, None, Path("livechat-demo"))),
        (["--port", "9001"], (False, 9001, Path("livechat-demo"))),
        (["--data", "here"], (False, None, Path("here"))),
        (["--script", "--data", "here"], (True, None, Path("here"))),
    ],
)
def test_options_reach_the_demo(words: list[str], call: Call, calls: list[Call]) -> None:
    CliRunner().invoke(app, ["demo", *words])
    assert calls == [call]


def test_exit_code_is_the_demos_and_a_script_keeps_nothing(calls: list[Call]) -> None:
    assert CliRunner().invoke(app, ["demo"]).exit_code == 0
    assert CliRunner().invoke(app, ["demo", "--script"]).exit_code == 8
    assert calls[1] == (True, None, None)


def test_fresh_forgets_what_an_earlier_demo_kept_and_nothing_else(tmp_path: Path, calls: list[Call]) -> None:
    for name in ("demo.db", "demo.db-wal", "notes.txt"):
        (tmp_path / name).write_text("kept", "utf-8")
    assert CliRunner().invoke(app, ["demo", "--data", str(tmp_path)]).exit_code == 0
    assert (tmp_path / "demo.db").exists()
    assert CliRunner().invoke(app, ["demo", "--fresh", "--data", str(tmp_path)]).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert len(calls) == 2


def test_missing_extra_is_named_with_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoDesk:
        def find_spec(self, name: str, path: object, target: object = None) -> None:
            if name.startswith("livechat_sdk_cli.demo"):
                raise ModuleNotFoundError("No module named 'livechat_sdk_helvia'", name="livechat_sdk_helvia")

    for name in [name for name in sys.modules if name.startswith("livechat_sdk_cli.demo")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoDesk(), *sys.meta_path])
    result = CliRunner().invoke(app, ["demo"])
    assert result.exit_code == 4
    assert result.stderr == (
        "error: the demo needs livechat_sdk_helvia, which is not installed\n"
        'next: pip install "livechat-sdk-cli[demo]"\n'
    )


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_impossible_port_is_refused(port: str, calls: list[Call]) -> None:
    assert CliRunner().invoke(app, ["demo", "--port", port]).exit_code == 2
    assert calls == []
