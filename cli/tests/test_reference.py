from __future__ import annotations

import shlex

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from cli.tests.helpers import assert_golden
from livechat_sdk_cli.commanding import ENTRIES
from livechat_sdk_cli.exits import MEANINGS
from livechat_sdk_cli.main import app
from livechat_sdk_cli.manual import HEADINGS, MORE
from tools import cli_reference


def test_reference_page_is_what_the_commands_say() -> None:
    current = cli_reference.PAGE.read_text("utf-8")
    assert current == cli_reference.updated(current), "run: python -m tools.cli_reference"


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


def test_list_of_commands_says_what_each_says_itself() -> None:
    root = get_command(app)
    assert isinstance(root, TyperGroup)
    for name, entry in ENTRIES.items():
        assert entry.heading in HEADINGS
        assert root.commands[name].name == name
        assert root.commands[name].get_short_help_str(limit=200) == entry.short_help


@pytest.mark.parametrize("words", [one for one in cli_reference.commands() if one], ids=" ".join)
def test_help_of_a_command_ends_with_an_example_that_can_be_typed(words: tuple[str, ...]) -> None:
    command = get_command(app)
    for word in words:
        assert isinstance(command, TyperGroup)
        command = command.commands[word]
    if isinstance(command, TyperGroup):
        return  # each of its commands has its own
    before, mark, examples = cli_reference.help_of(words).partition("  Example:\n")
    assert before
    assert mark
    for line in examples.strip().splitlines():
        typed = shlex.split(line.partition(" > ")[0])
        assert tuple(typed[: len(words) + 1]) == ("livechat", *words)
        # Only read as a command line: nothing is done. A word or an option too much is an error.
        command.make_context("livechat", typed[len(words) + 1 :])


def test_help_of_the_root_has_every_command_under_a_heading() -> None:
    text = cli_reference.help_of(())
    assert [line.rstrip(":") for line in text.splitlines() if line.rstrip(":") in HEADINGS] == list(HEADINGS)
    _, _, unsorted = text.partition(f"{MORE}:\n")
    assert unsorted.split()[0] == "version"
    assert unsorted.split("Exit codes:")[0].count("\n  ") == 1
    assert_golden("help.txt", text)
