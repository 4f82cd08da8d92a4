"""Reads what settings consist of: small regular files, never more of them than a limit, in one look."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

__all__ = ["MAX_BYTES", "MAX_SECRET_BYTES", "is_open_to_changes", "read_small", "why_not"]

MAX_BYTES: Final = 1_000_000
"""A settings file, with all that it includes, may have this many bytes."""

MAX_SECRET_BYTES: Final = 65_536
"""The file of a secret may have this many bytes."""


def read_small(path: str | os.PathLike[str], limit: int) -> bytes:
    """The content of a regular file, one byte more than ``limit`` at most.

    Does not wait: a pipe or a device is refused. Raises ``FileNotFoundError``, other ``OSError``, and
    ``ValueError`` for a path that the system does not take.
    """
    # A pipe without a writer would hold the program up; opened so it does not.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as stream:  # noqa: PTH123 - from a handle
        kind = os.fstat(handle).st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(21, "it is a folder", str(path))
        if not stat.S_ISREG(kind):
            raise OSError(22, "it is no ordinary file", str(path))
        return stream.read(limit + 1)


def is_open_to_changes(path: Path) -> bool:
    """Whether anybody on this machine may change the file."""
    try:
        return bool(path.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return False


def why_not(error: Exception) -> str:
    """Why a file cannot be read, in the words of the system."""
    return str(getattr(error, "strerror", None) or type(error).__name__)
