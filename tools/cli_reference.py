"""Writes the reference of the command line from its own help: ``python -m tools.cli_reference``.

The page ``docs/reference/cli.md`` begins with text that people write. What stands between the two marks is
made here: the table of exit codes, and the help of every command. A test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from livechat_sdk_cli.exits import INTERRUPTED, MEANINGS
from livechat_sdk_cli.main import app
from tools.made_part import MadePart

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "cli.md"
PART = MadePart(PAGE, "tools/cli_reference.py")


def commands() -> Iterator[tuple[str, ...]]:
    """The words of every command in the order of the help; the root, without a word, comes first."""
    yield ()
    yield from _below((), get_command(app))


def _below(words: tuple[str, ...], group: object) -> Iterator[tuple[str, ...]]:
    if isinstance(group, TyperGroup):
        for name, command in group.commands.items():
            yield (*words, name)
            yield from _below((*words, name), command)


def help_of(words: tuple[str, ...]) -> str:
    """What a command prints with ``--help``, on a screen of 80 columns."""
    result = CliRunner().invoke(
        app, [*words, "--help"], prog_name="livechat", env={"COLUMNS": "80", "NO_COLOR": "1"}
    )
    if result.exit_code != 0:
        raise RuntimeError(f"livechat {' '.join(words)} --help fails: {result.output}")
    return result.stdout.strip() + "\n"


def generated() -> str:
    """Everything between the two marks."""
    codes = [(int(code), meaning) for code, meaning in MEANINGS.items()]
    rows = "".join(
        f"| {code} | {meaning} |\n" for code, meaning in [*codes, (INTERRUPTED, "interrupted with Ctrl-C")]
    )
    parts = [f"\n## Exit codes\n\n| code | meaning |\n|---|---|\n{rows}"]
    for words in commands():
        title = " ".join(("livechat", *words))
        parts.append(f"\n## `{title}`\n\n```text\n{help_of(words)}```\n")
    return "".join(parts) + "\n"


def updated(current: str) -> str:
    """The page with its generated part made anew. Raises ``ValueError`` when it has no marks."""
    return PART.within(current, generated())


if __name__ == "__main__":
    PART.write(generated())
