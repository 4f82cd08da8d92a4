"""What the help says beside each command itself: under which heading it stands, and one example of it."""

from __future__ import annotations

from typing import Final

__all__ = ["DEVELOP", "HEADINGS", "MORE", "OPERATE", "PEOPLE", "SET_UP", "TRY", "example"]

TRY: Final = "Try it out"
SET_UP: Final = "Set it up"
OPERATE: Final = "Run it and look after it"
PEOPLE: Final = "What is kept about people"
DEVELOP: Final = "Write plugins"
MORE: Final = "More"

HEADINGS: Final = (TRY, SET_UP, OPERATE, PEOPLE, DEVELOP, MORE)
"""In the order of the help; a command without a heading stands under the last one."""


def example(*lines: str) -> str:
    """The end of a command's help: what a person may type to see it at work."""
    # The backspace in the first line tells typer to keep the lines as they are.
    return "\n".join(["\b", "Example:" if len(lines) == 1 else "Examples:", *(f"  {line}" for line in lines)])
