from __future__ import annotations

import pytest

from livechat_sdk_cli.exits import MEANINGS
from tools import cli_reference


def test_reference_page_is_what_the_commands_say() -> None:
    current = cli_reference.PAGE.read_text("utf-8")
    assert current == cli_reference.page(current), "run: python tools/cli_reference.py"


def test_every_command_is_in_the_reference() -> None:
    words = set(cli_reference.commands())
    assert {(), ("demo",), ("serve",), ("validate",), ("show",), ("plugins",), ("schema",)} <= words
    assert {("explain",), ("explain", "code"), ("version",)} <= words
    text = cli_reference.generated()
    assert all(f"## `{' '.join(('livechat', *one))}`\n" in text for one in words)


@pytest.mark.parametrize("words", list(cli_reference.commands()), ids=" ".join)
def test_help_fits_a_small_terminal_and_explains_every_option(words: tuple[str, ...]) -> None:
    lines = cli_reference.help_of(words).splitlines()
    assert max(len(line) for line in lines) <= 80
    assert lines[0].startswith(f"Usage: {' '.join(('livechat', *words))}")
    options = [line for line in lines if line.startswith("  -")]
    assert options
    assert all(
        len(line.split("  ")) > 2 or lines[lines.index(line) + 1].startswith(" " * 10) for line in options
    )


def test_help_of_the_root_lists_every_exit_code() -> None:
    text = cli_reference.help_of(())
    assert all(f"{code.value}  {meaning}" in text for code, meaning in MEANINGS.items())


def test_page_without_marks_is_refused() -> None:
    with pytest.raises(SystemExit, match="lacks the marks"):
        cli_reference.page("# The command line\n")
