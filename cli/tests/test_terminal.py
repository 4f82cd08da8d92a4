from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk_cli import terminal
from livechat_sdk_cli.terminal import columns_of, shorten, visible


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _calm(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.mark.parametrize(
    ("stream", "variables", "colour"),
    [
        (Tty(), {}, True),
        (Tty(), {"NO_COLOR": "1"}, False),
        (Tty(), {"NO_COLOR": ""}, True),
        (Tty(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_for_terminals_unless_the_environment_says_otherwise(
    stream: io.StringIO, variables: dict[str, str], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert terminal.screen(stream).colour is colour


def test_width_comes_from_the_environment_and_has_a_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    assert terminal.screen(io.StringIO()).width == 72
    monkeypatch.setenv("COLUMNS", "3")
    assert terminal.screen(io.StringIO()).width == 20


def test_style_leaves_plain_text_where_colour_is_off() -> None:
    assert terminal.Screen(80, colour=False).style("error", "red") == "error"
    assert terminal.Screen(80, colour=True).style("error", "bold", "red") == "\x1b[1;31merror\x1b[0m"
    assert terminal.Screen(80, colour=True).style("", "red") == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Καλημέρα 👋", "Καλημέρα 👋"),
        ("a\tb\r\nc", "a\\tb\\r\\nc"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_would_obey_is_made_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_line_breaks_stay_where_lines_are_allowed() -> None:
    assert visible("one\ntwo\x00", lines=True) == "one\ntwo\\x00"


@given(text=st.text(max_size=60), width=st.integers(min_value=1, max_value=40))
def test_shortened_text_fits_and_says_that_it_was_cut(text: str, width: int) -> None:
    cut = shorten(text, width)
    assert columns_of(cut) <= width
    assert cut == text or cut.endswith("…")
