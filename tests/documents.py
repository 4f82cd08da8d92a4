"""Reads the code blocks of a Markdown page, and the marks above them that say how they are tested.

A mark is an HTML comment right above a block, invisible to the reader of the page:

- ``<!-- not-run: reason -->``: the block is only compiled (Python) or not looked at (anything else).
- ``<!-- continues -->``: the block goes on where the Python block before it stopped, with its names.
- ``<!-- file: livechat.yaml -->``: the block is a file that the Python blocks below find in their folder.
- ``<!-- terminal: NAME -->``: the block is a piece of what a terminal shows; whoever follows the page types
  its commands and compares what they print (``tests/following/scripts.py``).
- ``<!-- printed: STAGE -->``: the same for a block that supposes something that runs, such as a gateway
  (``tests/following/test_printed.py``).
- ``<!-- transcript: STATE -->``: the same with a ledger in this state (``tests/test_upgrading_page.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})\s*(?P<language>[\w+-]*)")
_MARK = re.compile(
    r"^<!--\s*(?P<name>not-run|continues|file|terminal|printed|transcript)\s*(?::\s*(?P<value>.*?)\s*)?-->$"
)
_NEEDS_VALUE = frozenset({"not-run", "file", "terminal", "printed", "transcript"})


class MarkError(ValueError):
    """A mark, or the block that it stands above, makes no sense; the text says where."""


@dataclass(frozen=True)
class Block:
    """One fenced block: ``line`` is the number of its first line of code."""

    page: str
    line: int
    language: str
    code: str
    marks: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def where(self) -> str:
        """Page and line, as an editor understands them."""
        return f"{self.page}:{self.line}"


def _marks_above(lines: list[str], fence: int, where: str) -> dict[str, str]:
    """The marks that stand directly above line ``fence`` (an index), blank lines left out of account."""
    marks: dict[str, str] = {}
    for line in reversed(lines[:fence]):
        text = line.strip()
        if not text:
            continue
        mark = _MARK.match(text)
        if mark is None:
            break
        name, value = mark["name"], mark["value"] or ""
        if name in _NEEDS_VALUE and not value:
            raise MarkError(f"{where}: `{name}` needs a text, as in <!-- {name}: text -->")
        marks[name] = value
    return marks


def read_blocks(text: str, page: str) -> list[Block]:
    """Every fenced block of a page in order; raise ``MarkError`` for a fence that is never closed."""
    lines = text.splitlines()
    blocks: list[Block] = []
    index = 0
    while index < len(lines):
        opening = _FENCE.match(lines[index])
        if opening is None:
            index += 1
            continue
        where = f"{page}:{index + 1}"
        closing = index + 1
        while closing < len(lines) and not lines[closing].strip().startswith(opening["fence"]):
            closing += 1
        if closing == len(lines):
            raise MarkError(f"{where}: this block is never closed")
        indent = len(opening["indent"])
        code = "".join(line.removeprefix(" " * indent) + "\n" for line in lines[index + 1 : closing])
        marks = _marks_above(lines, index, where)
        blocks.append(Block(page, index + 2, opening["language"].lower(), code, marks))
        index = closing + 1
    return blocks


def without_blocks(text: str) -> str:
    """The page with its fenced blocks blanked out, line numbers kept."""
    lines = text.splitlines()
    for block in read_blocks(text, "page"):
        first = block.line - 1
        for index in range(first - 1, first + len(block.code.splitlines()) + 1):
            lines[index] = ""
    return "\n".join(lines)


def chains(blocks: list[Block]) -> list[list[Block]]:
    """Python blocks to run, those that continue each other in one list."""
    runnable = [block for block in blocks if block.language == "python" and "not-run" not in block.marks]
    found: list[list[Block]] = []
    for block in runnable:
        if "continues" not in block.marks:
            found.append([block])
        elif found:
            found[-1].append(block)
        else:
            raise MarkError(f"{block.where}: there is no block above that this one could continue")
    return found


def commands(block: Block) -> list[str]:
    """The command lines of a console block: what follows ``$ ``; lines that end in a backslash are joined."""
    joined = block.code.replace("\\\n", " ")
    return [line.strip()[2:] for line in joined.splitlines() if line.strip().startswith("$ ")]


def prints(block: Block) -> bool:
    """Whether a console block shows what its commands print, and not the commands alone."""
    joined = block.code.replace("\\\n", " ")
    return any(line.strip() and not line.strip().startswith("$ ") for line in joined.splitlines())


def write_files(blocks: list[Block], folder: Path) -> None:
    """Write the blocks that are marked as files; raise ``MarkError`` for a name outside ``folder``."""
    named = [block for block in blocks if "file" in block.marks]
    for first, second in pairwise(sorted(named, key=lambda block: block.marks["file"])):
        if first.marks["file"] == second.marks["file"]:
            raise MarkError(f"{second.where}: {second.marks['file']} was written by {first.where}")
    for block in named:
        path = folder / block.marks["file"]
        if not path.resolve().is_relative_to(folder.resolve()):
            raise MarkError(f"{block.where}: {block.marks['file']} lies outside the folder of the example")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.code, "utf-8")
