"""What goes on while a command works for long: one line on standard error that is written over.

Only a terminal sees it: in a log it would be noise, and the result says everything.
"""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Final, Self

from livechat_sdk_cli.terminal import screen, shorten, visible

__all__ = ["Progress"]

_CLEAR: Final = "\r\x1b[K"


class Progress:
    """Tells how far the work is. A context manager: at the end the line is gone.

    ``title`` is what is done (``checking``), ``parts`` are the names of what is worked on at once.
    """

    def __init__(self, title: str, parts: list[str]) -> None:
        self._title = title
        self._total = len(parts)
        self._left = list(parts)
        self._shown = sys.stderr.isatty() and screen(sys.stderr).width > len(title)

    def __enter__(self) -> Self:
        self._write()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()

    def done(self, part: str) -> None:
        """One part is through."""
        if part in self._left:
            self._left.remove(part)
        self._write()

    def _write(self) -> None:
        if self._shown:
            said = f"{self._title} {self._total - len(self._left)}/{self._total}: {', '.join(self._left)}"
            sys.stderr.write(_CLEAR + shorten(visible(said), screen(sys.stderr).width - 1))
            sys.stderr.flush()
