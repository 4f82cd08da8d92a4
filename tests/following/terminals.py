"""A terminal in which a person types commands: a real one, so that programs behave as they do for people."""

from __future__ import annotations

import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

__all__ = ["Terminal", "TerminalError"]

_PROMPTS = re.compile(r"^(?:> )+(?=\n|<ready|\Z)", re.MULTILINE)
"""Its prompts that nothing was written after: lines that are typed are not shown here."""
COLUMNS = 100
_READY = re.compile(r"<ready (\d+)>$")
_REDRAWN = re.compile(r"[^\n]*\r\x1b\[K")
"""A line that a program took back to write it anew, as ``livechat chat`` does with the one being typed."""


class TerminalError(AssertionError):
    """The terminal does not show what was waited for; the text is what it shows instead."""


class Terminal:
    """One shell. What is typed is not echoed, so that ``shown`` is what programs print and nothing else."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
        quiet = termios.tcgetattr(theirs)
        quiet[3] &= ~termios.ECHO
        termios.tcsetattr(theirs, termios.TCSANOW, quiet)
        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "--noediting", "-i"],
            cwd=folder,
            env={**environment, "PS1": "<ready $?>", "PS2": "", "TERM": "dumb"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - job control needs it, and no thread runs here
        )
        os.close(theirs)
        self._bytes = b""
        self._begin = 0
        self.wait_for_end(30)

    @property
    def shown(self) -> str:
        """What was printed since the last command began, as it stands on the screen."""
        text = self._bytes[self._begin :].decode("utf-8", "replace").replace("\r\n", "\n")
        return _PROMPTS.sub("", _REDRAWN.sub("", text))

    @property
    def history(self) -> str:
        """What was printed since it was opened."""
        return self._bytes.decode("utf-8", "replace").replace("\r\n", "\n")

    def run(self, command: str) -> None:
        """Type a command at the prompt."""
        self._begin = len(self._bytes)
        self.type(command)

    def type(self, line: str) -> None:
        """Type a line for whatever runs."""
        self._write(f"{line}\n".encode())

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._write(b"\x03")

    def wait_for(self, pattern: re.Pattern[str], seconds: float) -> None:
        """Wait until what is shown matches from its beginning. Raises ``TerminalError``."""
        self._wait(lambda: pattern.match(self.shown) is not None, seconds, pattern.pattern)

    def wait_for_end(self, seconds: float) -> tuple[str, int]:
        """Wait until the command has ended: what it printed, and its exit code. Raises ``TerminalError``."""
        self._wait(lambda: _READY.search(self.shown) is not None, seconds, "the next prompt")
        ready = _READY.search(self.shown)
        assert ready is not None
        return self.shown[: ready.start()], int(ready[1])

    def close(self) -> None:
        """End the shell and everything that was started in it."""
        for group in self._groups():
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self._shell.wait()
        os.close(self._ours)

    def _groups(self) -> set[int]:
        """The shell's process group, and that of what runs in its foreground."""
        try:
            return {self._shell.pid, os.tcgetpgrp(self._ours)} - {0}
        except OSError:
            return {self._shell.pid}

    def _wait(self, done: Callable[[], bool], seconds: float, what: str) -> None:
        until = time.monotonic() + seconds
        while not done():
            left = until - time.monotonic()
            if left <= 0 or not self._read(left):
                raise TerminalError(f"waited for:\n{what}\nand the terminal shows:\n{self.shown}")

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._ours], [], [], min(seconds, 1.0))
        if not ready:
            return True
        try:
            got = os.read(self._ours, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # what Linux says of a terminal that nobody uses any more
                raise
            got = b""
        self._bytes += got
        return bool(got)

    def _write(self, content: bytes) -> None:
        os.write(self._ours, content)


def _take_terminal() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever started the tests may not hear Ctrl-C, people do
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
