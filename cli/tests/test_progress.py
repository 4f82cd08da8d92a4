from __future__ import annotations

import io

import pytest

from livechat_sdk_cli.progress import Progress


class Tty(io.StringIO):
    """Standard error as a terminal."""

    def isatty(self) -> bool:
        return True


def test_terminal_sees_what_is_left_in_one_line_that_is_gone_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = Tty()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("COLUMNS", "60")
    with Progress("checking", ["one", "two\x1b[2J"]) as progress:
        progress.done("one")
        progress.done("one")
        progress.done("somebody else")
    *lines, last = stream.getvalue().split("\r\x1b[K")
    assert lines[1] == "checking 0/2: one, two\\x1b[2J"
    assert lines[2] == "checking 1/2: two\\x1b[2J"
    assert last == ""
    assert "\n" not in stream.getvalue()


def test_line_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Tty()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("COLUMNS", "40")
    with Progress("checking", [f"integration-{number}" for number in range(30)]):
        pass
    assert max(len(line) for line in stream.getvalue().split("\r\x1b[K")) <= 39


def test_log_sees_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("checking", ["one"]) as progress:
        progress.done("one")
    assert capsys.readouterr() == ("", "")


def test_line_is_gone_after_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Tty()
    monkeypatch.setattr("sys.stderr", stream)
    with pytest.raises(KeyError), Progress("checking", ["one"]):
        raise KeyError("one")
    assert stream.getvalue().endswith("\r\x1b[K")
