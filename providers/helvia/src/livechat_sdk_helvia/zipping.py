"""A zip that is written while it is sent: nothing of a file stays in memory once it has gone out.

What stays is the entry of each file for the directory at the end of every zip, about half a kilobyte.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import IO, Any, Final

__all__ = ["ZipStream"]

_FIRST_YEAR: Final = 1980  # of a date in a zip


class ZipStream:
    """Makes the bytes of a zip, piece by piece: ``begin`` a file, ``add`` to it, ``end`` it, then ``finish``.

    Each call returns what can be sent by then. ``at`` is the time of all files.
    """

    def __init__(self, at: datetime) -> None:
        moment = at.astimezone(UTC)
        self._at = (max(_FIRST_YEAR, moment.year), *moment.timetuple()[1:6])
        self._out = _Out()
        self._archive = zipfile.ZipFile(self._out, "w", zipfile.ZIP_DEFLATED)
        self._file: IO[bytes] | None = None

    def begin(self, name: str) -> bytes:
        """The head of the next file. ``name`` is its path inside the zip."""
        entry = zipfile.ZipInfo(name, self._at)
        entry.compress_type = zipfile.ZIP_DEFLATED
        self._file = self._archive.open(entry, "w", force_zip64=True)
        return self._out.taken()

    def add(self, content: bytes) -> bytes:
        """More content of the file."""
        if self._file is None:
            raise ValueError("no file has been begun")
        self._file.write(content)
        return self._out.taken()

    def end(self) -> bytes:
        """The end of the file."""
        if self._file is None:
            raise ValueError("no file has been begun")
        self._file.close()
        self._file = None
        return self._out.taken()

    def finish(self) -> bytes:
        """The directory, which ends the zip."""
        self._archive.close()
        return self._out.taken()


class _Out(io.RawIOBase):
    """Where the archive is written to: it cannot be gone back in, and is emptied after each piece."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: Any, /) -> int:
        piece = bytes(content)
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
