"""What `livechat validate --fix` does: show what changes, and write it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livechat_sdk_cli import terminal
from livechat_sdk_cli.exits import CommandError, ExitCode

if TYPE_CHECKING:
    from livechat_sdk.config import Loaded
    from livechat_sdk.registry import Registry

__all__ = ["mend", "show_diff"]


def mend(files: Sequence[Path], registry: Registry, *, write: bool, aside: bool) -> list[tuple[str, Loaded]]:
    """Mend files and tell what was done; the result of loading each of them afterwards.

    ``aside`` tells it on standard error, because a program reads the rest. Without ``write`` nothing is
    written, and the result is that of the file as it stays.
    """
    from livechat_sdk.config.fixing import fix_file, write_changes

    if any(str(file) == "-" for file in files):
        raise CommandError(
            "standard input cannot be mended", code=ExitCode.USAGE, next_step="name a file instead of -"
        )
    results: list[tuple[str, Loaded]] = []
    for file in files:
        fixed = fix_file(file, types=registry.types)
        for change in fixed.changes:
            show_diff(change.diff, aside=aside)
        if write:
            write_changes(fixed.changes)
        if fixed.changes:
            count = len(fixed.codes)
            done = "mended" if write else "would be mended"
            codes = ", ".join(sorted(set(fixed.codes)))
            said = f"{file}: {count} problem{'' if count == 1 else 's'} {done} ({codes})"
            (terminal.note if aside else terminal.out)(said)
        results.append((str(file), fixed.after if write else fixed.before))
    return results


def show_diff(lines: Sequence[str], *, aside: bool = False) -> None:
    """Print a diff, coloured where there is colour."""
    screen = terminal.screen()
    tones: dict[str, terminal.Style] = {"-": "red", "+": "green", "@": "cyan"}
    for line in lines:
        heading = line.startswith(("--- ", "+++ "))
        tone: terminal.Style = "bold" if heading else tones.get(line[:1], "bold")
        if aside:
            terminal.note(line)
        else:
            terminal.out(screen.style(line, tone))
