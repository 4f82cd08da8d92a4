"""Follows a page as a reader does: writes the files that it shows, types its commands, compares what comes.

Blocks of the page, each with its mark (``tests/documents.py``):

- ``file: NAME``: the block is written into the reader's folder.
- ``terminal: NAME``: the block is a piece of what that terminal shows. A line after ``$ `` is typed at its
  prompt (a backslash at the end goes on in the next line), a line after ``> `` is typed for the program that
  runs, ``^C`` is Ctrl-C. All others are printed. A block may go on with what the one before it in the same
  terminal began.

``…`` stands for what is different each time (times, ids, ports, paths, and what is too long to be shown): for
some characters, or alone in a line for any number of lines. In a command, ``h-…`` stands for the last word
that was printed and begins so. A command has to end well before the next one of its terminal, by itself or by
Ctrl-C, and has to print exactly what the page shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tests.documents import Block, write_files
from tests.following.terminals import Terminal, TerminalError

__all__ = ["Act", "acts", "follow", "pattern_of"]

_DIFFERENT = re.compile("(… *)")
"""The mark, with the spaces behind it: a table on the page is as wide as its own words."""
_LIKE = re.compile(r"(?P<head>\w[\w:-]*)…")
"""What stands in a command for a word that was printed, with its beginning."""
_INTERRUPTED = 130
"""What a shell says of a program that Ctrl-C has ended."""
_PATIENCE = 90.0
"""Seconds for anything to appear; what installs packages may take longest."""


@dataclass(frozen=True)
class Act:
    """One thing that a page lets its reader do or see in a terminal, with its place."""

    terminal: str
    kind: Literal["run", "type", "interrupt", "see"]
    text: str
    where: str


def acts(block: Block) -> list[Act]:
    """What a block of a terminal says, in order; lines that are printed together are one act."""
    found: list[Act] = []
    lines = iter(enumerate(block.code.splitlines(), start=block.line))
    for number, line in lines:
        where = f"{block.page}:{number}"
        if line.startswith("$ "):
            command = line[2:]
            while command.endswith("\\"):
                command += "\n" + next(lines)[1]
            found.append(Act(block.marks["terminal"], "run", command, where))
        elif line.startswith("> "):
            found.append(Act(block.marks["terminal"], "type", line[2:], where))
        elif line == "^C":
            found.append(Act(block.marks["terminal"], "interrupt", "", where))
        elif found and found[-1].kind == "see":
            seen = found.pop()
            found.append(Act(seen.terminal, "see", f"{seen.text}{line}\n", seen.where))
        else:
            found.append(Act(block.marks["terminal"], "see", f"{line}\n", where))
    return found


def pattern_of(shown: str) -> re.Pattern[str]:
    """What matches the lines of a page, with ``…`` for what is different each time."""
    parts: list[str] = []
    for line in shown.splitlines():
        if line.strip() == "…":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            parts += (_piece(piece) for piece in _DIFFERENT.split(line.rstrip()))
            parts.append(r"[ ]*\n")
    return re.compile("".join(parts))


def _piece(piece: str) -> str:
    if not piece.startswith("…"):
        return re.escape(piece)
    return r"[^\n]+?[ ]+" if piece.endswith(" ") else r"[^\n]+?"


def follow(
    blocks: list[Block],
    folder: Path,
    terminal: Callable[[], Terminal],
    changed: Callable[[str], str] = lambda text: text,
) -> Iterator[Act]:
    """Do what the blocks say, in order; each act is given back when it is done.

    ``changed`` may replace what this machine cannot give, such as a port that is taken. Raises
    ``AssertionError`` with the place of the page where something else came.
    """
    ahead = [act for block in blocks if "terminal" in block.marks for act in acts(block)]
    terminals: dict[str, Terminal] = {}
    seen: dict[str, str] = {}
    try:
        for block in blocks:
            if "file" in block.marks:
                write_files([replace(block, code=changed(block.code))], folder)
            for act in acts(block) if "terminal" in block.marks else ():
                ahead.pop(0)
                here = terminals.get(act.terminal) or terminals.setdefault(act.terminal, terminal())
                seen[act.terminal] = _do(here, act, seen.get(act.terminal, ""), changed)
                following = next((one for one in ahead if one.terminal == act.terminal), None)
                try:
                    ends = following is None or following.kind == "run"
                    _compare(here, seen[act.terminal], ends=ends, interrupted=act.kind == "interrupt")
                except TerminalError as error:
                    raise AssertionError(f"{act.where}: {error}") from None
                yield act
    finally:
        for one in terminals.values():
            one.close()


def _do(terminal: Terminal, act: Act, seen: str, changed: Callable[[str], str]) -> str:
    """Do one act; what the page has shown of the command by then."""
    if act.kind == "run":
        terminal.run(_filled(changed(act.text), terminal.history))
        return ""
    if act.kind == "see":
        return seen + changed(act.text)
    if act.kind == "type":
        terminal.type(act.text)
    else:
        terminal.interrupt()
    return seen


def _filled(command: str, printed: str) -> str:
    """A command with the words that were printed in the place of those that only begin on the page."""

    def word(found: re.Match[str]) -> str:
        like = re.findall(rf"(?<![\w:-]){re.escape(found['head'])}[\w-]+", printed)
        assert like, f"nothing that was printed begins with {found['head']}"
        return str(like[-1])

    return _LIKE.sub(word, command)


def _compare(terminal: Terminal, expected: str, *, ends: bool, interrupted: bool) -> None:
    pattern = pattern_of(expected)
    if not ends:
        terminal.wait_for(pattern, _PATIENCE)
        return
    printed, code = terminal.wait_for_end(_PATIENCE)
    if printed and not printed.endswith("\n"):
        printed += "\n"
    if code not in ({0, _INTERRUPTED} if interrupted else {0}) or not pattern.fullmatch(printed):
        raise TerminalError(f"exit code {code}; the page shows:\n{expected}\nand there is:\n{printed}")
