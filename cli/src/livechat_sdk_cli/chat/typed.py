"""The lines that the person types, or that a program pipes in, without holding up the event loop."""

from __future__ import annotations

import asyncio
import sys
import termios
import threading
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager

from livechat_sdk_cli.chat.lines import PROMPT

__all__ = ["terminal_as_it_was", "typed_lines"]

_LONGEST = 64 * 1024
"""Characters of a line; the gateway takes no longer message anyway."""


@contextmanager
def terminal_as_it_was() -> Generator[None]:
    """Give the terminal back as it was found: whoever edits a line turns its echo off until the line ends."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)


async def typed_lines(*, interactive: bool) -> AsyncIterator[str]:
    """Each line without its end, until the input is closed. A closed terminal (Ctrl-D) counts as ``/quit``.

    A thread of its own reads: it may wait for ever, and does not keep the program from ending.
    """
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        while True:
            line = _prompted() if interactive else sys.stdin.readline(_LONGEST)
            try:
                loop.call_soon_threadsafe(lines.put_nowait, line or None)
            except RuntimeError:  # the loop has ended meanwhile
                return
            if not line:
                return

    threading.Thread(target=read, name="typed lines", daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line.rstrip("\r\n")
    if interactive:
        yield "/quit"


def _prompted() -> str:
    import readline  # noqa: F401 # pyright: ignore[reportUnusedImport] # input() edits lines with it

    try:
        return input(PROMPT) + "\n"
    except EOFError:
        return ""
