"""The zip that is written while it is sent: what other programs read is what was put in."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk_helvia.zipping import ZipStream

AT = datetime(2026, 3, 2, 9, 30, 16, tzinfo=UTC)


def written(files: dict[str, list[bytes]]) -> bytes:
    archive, out = ZipStream(AT), list[bytes]()
    for name, pieces in files.items():
        out += [archive.begin(name), *(archive.add(piece) for piece in pieces), archive.end()]
    return b"".join([*out, archive.finish()])


NAMES = st.from_regex(r"[^\x00-\x1f/\\\ud800-\udfff]{1,30}", fullmatch=True)


@given(st.dictionaries(NAMES, st.lists(st.binary(max_size=400), max_size=4), max_size=6))
def test_what_goes_in_comes_out(files: dict[str, list[bytes]]) -> None:
    with zipfile.ZipFile(io.BytesIO(written(files))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(files)
        for name, pieces in files.items():
            assert archive.read(name) == b"".join(pieces)
            assert archive.getinfo(name).date_time == (2026, 3, 2, 9, 30, 16)


def test_more_files_than_the_first_zips_could_hold() -> None:
    count = 66_000
    made = written({f"{number}.csv": [b"x"] for number in range(count)})
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert len(archive.namelist()) == count
        assert archive.read(f"{count - 1}.csv") == b"x"


def test_a_file_beyond_four_gigabytes_is_where_the_directory_says() -> None:
    archive = ZipStream(AT)
    archive._offset = far = 5 * 1024**3  # as if so much had been written already
    archive.begin("far.csv")
    archive.add(b"hello")
    archive.end()
    tail = archive.finish()
    entry = tail.index(b"PK\x01\x02")
    [where] = struct.unpack_from("<L", tail, entry + 42)
    name_length, extra_length = struct.unpack_from("<2H", tail, entry + 28)
    extra = tail[entry + 46 + name_length :][:extra_length]
    assert (where, struct.unpack("<2HQ", extra)) == (0xFFFFFFFF, (1, 8, far))
    size, start = struct.unpack_from("<2Q", tail, tail.index(b"PK\x06\x06") + 40)
    assert start > far
    assert size == tail.index(b"PK\x06\x06") - entry


def test_a_file_that_no_such_zip_can_hold_is_refused() -> None:
    archive = ZipStream(AT)
    archive.begin("huge.csv")
    archive._size = 2**32
    with pytest.raises(ValueError, match="too large"):
        archive.end()
