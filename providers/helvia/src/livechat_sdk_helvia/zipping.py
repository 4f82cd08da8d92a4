"""A zip that is written while it is sent: nothing of a file stays in memory once it has gone out.

The directory at the end of every zip has an entry for each file. Entries wait in a temporary file, so that
memory does not grow with their number.
"""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Any, Final

__all__ = ["ZipStream"]

_FIRST_YEAR: Final = 1980  # of a date in a zip

_IN_MEMORY: Final = 64 * 1024
_PIECE: Final = 64 * 1024
"""Bytes of the directory that are kept in memory, and that are sent at once."""

_MOST_16: Final = 0xFFFF
_MOST_32: Final = 0xFFFFFFFF
_VERSION_64: Final = 45
_UTF_8: Final = 0x800


class ZipStream:
    """Makes the bytes of a zip, piece by piece: ``begin`` a file, ``add`` to it, ``end`` it, then ``finish``.

    Each call returns what can be sent by then. ``at`` is the time of all files. ``close`` gives up what waits
    on disk; a finished zip needs it, too.
    """

    def __init__(self, at: datetime) -> None:
        moment = at.astimezone(UTC)
        self._at = (max(_FIRST_YEAR, moment.year), *moment.timetuple()[1:6])
        self._out = _Out()
        self._archive = zipfile.ZipFile(self._out, "w", zipfile.ZIP_DEFLATED)
        self._file: IO[bytes] | None = None
        self._entries = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - close() closes it
        self._count = 0

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
        entry = self._archive.filelist.pop()
        self._archive.NameToInfo.clear()
        self._entries.write(_directory_entry(entry))
        self._count += 1
        return self._out.taken()

    def finish(self) -> Iterator[bytes]:
        """The directory, which ends the zip, a piece at a time."""
        offset, size = self._out.written, self._entries.tell()
        self._entries.seek(0)
        while piece := self._entries.read(_PIECE):
            yield piece
        yield _end_of_directory(self._count, size, offset)

    def close(self) -> None:
        """Forget the entries. Nothing can be added any more."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._archive.close()
        self._entries.close()


def _directory_entry(entry: zipfile.ZipInfo) -> bytes:
    """What the directory says of a file (APPNOTE 4.3.12)."""
    large: list[int] = []

    def fitting(number: int) -> int:
        if number < _MOST_32:
            return number
        large.append(number)
        return _MOST_32

    sizes = [fitting(entry.file_size), fitting(entry.compress_size), fitting(entry.header_offset)]
    extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    year, month, day, hour, minute, second = entry.date_time
    name = entry.filename.encode("utf-8")
    head = struct.pack(
        "<4s6H3L5H2L",
        b"PK\x01\x02",
        (entry.create_system << 8) | _VERSION_64,
        _VERSION_64,
        entry.flag_bits | (0 if entry.filename.isascii() else _UTF_8),
        entry.compress_type,
        (hour << 11) | (minute << 5) | (second // 2),
        ((year - _FIRST_YEAR) << 9) | (month << 5) | day,
        entry.CRC,
        sizes[1],
        sizes[0],
        len(name),
        len(extra),
        0,
        0,
        0,
        entry.external_attr,
        sizes[2],
    )
    return head + name + extra


def _end_of_directory(count: int, size: int, offset: int) -> bytes:
    """The last records of a zip; those for large ones come first, where the old one cannot say a number."""
    end = b""
    if count >= _MOST_16 or size >= _MOST_32 or offset >= _MOST_32:
        end = struct.pack(
            "<4sQ2H2L4Q",
            *(b"PK\x06\x06", 44, _VERSION_64, _VERSION_64, 0, 0),
            *(count, count, size, offset),
        ) + struct.pack("<4sLQL", b"PK\x06\x07", 0, offset + size, 1)
    few = min(count, _MOST_16)
    return end + struct.pack(
        "<4s4H2LH", b"PK\x05\x06", 0, 0, few, few, min(size, _MOST_32), min(offset, _MOST_32), 0
    )


class _Out(io.RawIOBase):
    """Where the archive is written to: it cannot be gone back in, and is emptied after each piece."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self.written = 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any, /) -> int:
        piece = bytes(content)
        self._pieces.append(piece)
        self.written += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
