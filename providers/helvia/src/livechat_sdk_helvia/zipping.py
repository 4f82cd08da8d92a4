"""A zip that is written while it is sent: nothing of a file stays in memory once it has gone out.

What stays is the directory at the end of every zip: about 100 bytes for each file. Names and the numbers of
large archives follow APPNOTE.TXT 6.3.10 of PKWARE (UTF-8 names, data descriptors, Zip64).
"""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime
from typing import Final

__all__ = ["ZipStream"]

_VERSION: Final = 45  # 4.5: Zip64
_UTF8_AND_DESCRIPTOR: Final = 0x0808
_DEFLATE: Final = 8
_MAX_16: Final = 0xFFFF
_MAX_32: Final = 0xFFFFFFFF
_FIRST_YEAR: Final = 1980  # of a DOS date


class ZipStream:
    """Makes the bytes of a zip, piece by piece: ``begin`` a file, ``add`` to it, ``end`` it, then ``finish``.

    Each call returns what can be sent by then. ``at`` is the time of all files.
    """

    def __init__(self, at: datetime) -> None:
        moment = at.astimezone(UTC)
        self._time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
        self._date = max(0, moment.year - _FIRST_YEAR) << 9 | moment.month << 5 | moment.day
        self._directory = bytearray()
        self._offset = 0
        self._count = 0
        self._name = b""
        self._start = 0
        self._crc = self._size = self._packed = 0
        self._deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)

    def begin(self, name: str) -> bytes:
        """The head of the next file. ``name`` is its path inside the zip."""
        self._name, self._start = name.encode(), self._offset
        self._crc = self._size = self._packed = 0
        self._deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        head = struct.pack(
            "<4s5H3L2H",
            b"PK\x03\x04",
            _VERSION,
            _UTF8_AND_DESCRIPTOR,
            _DEFLATE,
            self._time,
            self._date,
            *(0, 0, 0),  # checksum and sizes follow the content
            len(self._name),
            0,
        )
        return self._out(head + self._name)

    def add(self, content: bytes) -> bytes:
        """More content of the file."""
        self._crc = zlib.crc32(content, self._crc)
        self._size += len(content)
        return self._packed_out(self._deflater.compress(content))

    def end(self) -> bytes:
        """The end of the file. Raises ``ValueError`` when it has 4 GiB or more."""
        rest = self._packed_out(self._deflater.flush())
        if self._size > _MAX_32 or self._packed > _MAX_32:
            raise ValueError(f"{self._name.decode()} is too large for a zip that is written in one go")
        sizes = (self._crc, self._packed, self._size)
        far = self._start >= _MAX_32
        extra = struct.pack("<2HQ", 1, 8, self._start) if far else b""
        self._directory += struct.pack(
            "<4s6H3L5H2L",
            b"PK\x01\x02",
            _VERSION,
            _VERSION,
            _UTF8_AND_DESCRIPTOR,
            _DEFLATE,
            self._time,
            self._date,
            *sizes,
            len(self._name),
            len(extra),
            *(0, 0, 0, 0),  # no comment, first disk, no attributes
            _MAX_32 if far else self._start,
        )
        self._directory += self._name + extra
        self._count += 1
        return rest + self._out(struct.pack("<4s3L", b"PK\x07\x08", *sizes))

    def finish(self) -> bytes:
        """The directory, which ends the zip."""
        start, size = self._offset, len(self._directory)
        large = self._count >= _MAX_16 or start >= _MAX_32 or size >= _MAX_32
        tail = b""
        if large:
            tail += struct.pack(
                "<4sQ2H2L4Q",
                b"PK\x06\x06",
                44,  # bytes of this record that follow
                _VERSION,
                _VERSION,
                *(0, 0),
                self._count,
                self._count,
                size,
                start,
            )
            tail += struct.pack("<4sLQL", b"PK\x06\x07", 0, start + size, 1)
        tail += struct.pack(
            "<4s4H2LH",
            b"PK\x05\x06",
            *(0, 0),
            min(self._count, _MAX_16),
            min(self._count, _MAX_16),
            min(size, _MAX_32),
            min(start, _MAX_32),
            0,
        )
        return self._out(bytes(self._directory) + tail)

    def _packed_out(self, content: bytes) -> bytes:
        self._packed += len(content)
        return self._out(content)

    def _out(self, content: bytes) -> bytes:
        self._offset += len(content)
        return content
