"""The zip that is written while it is sent: what other programs read is what was put in."""

from __future__ import annotations

import io
import os
import tracemalloc
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk_helvia.zipping import ZipStream, _directory_entry, _end_of_directory

AT = datetime(2026, 3, 2, 9, 30, 16, tzinfo=UTC)


def written(files: dict[str, list[bytes]]) -> bytes:
    archive, out = ZipStream(AT), list[bytes]()
    for name, pieces in files.items():
        out += [archive.begin(name), *(archive.add(piece) for piece in pieces), archive.end()]
    out += archive.finish()
    archive.close()
    return b"".join(out)


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


def test_little_of_a_file_stays_in_memory_once_it_has_gone_out() -> None:
    archive, piece = ZipStream(AT), os.urandom(100_000)
    archive.begin("first.csv")
    archive.add(piece)
    archive.end()
    tracemalloc.start()
    try:
        for number in range(50):
            archive.begin(f"{number}.csv")
            archive.add(piece)
            archive.end()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        archive.close()
    assert kept < 2 * len(piece)


def test_the_number_of_files_does_not_stay_in_memory_either() -> None:
    archive = ZipStream(AT)

    def some(first: int, count: int) -> None:
        for number in range(first, first + count):
            archive.begin(f"{number:020}.csv")
            archive.end()

    some(0, 2_000)
    tracemalloc.start()
    try:
        some(2_000, 10_000)
        directory = sum(len(piece) for piece in archive.finish())
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        archive.close()
    assert directory > 12_000 * 70
    assert kept < 100_000
    assert most < 1_000_000


def test_places_that_the_first_zips_could_not_name() -> None:
    """An entry that begins after 4 GiB, as the standard library reads it."""
    archive = ZipStream(AT)
    pieces = [archive.begin("first.csv"), archive.add(b"first"), archive.end()]
    entry, far = zipfile.ZipInfo("far.csv", (2026, 3, 2, 9, 30, 16)), 5 * 2**30
    entry.CRC = 0
    entry.header_offset, entry.file_size, entry.compress_size = far, far + 1, far + 2
    directory = _directory_entry(entry)
    made = b"".join(pieces)
    whole = made + directory + _end_of_directory(70_000, len(directory), len(made))
    with zipfile.ZipFile(io.BytesIO(whole)) as read:
        [found] = read.infolist()
    assert (found.header_offset, found.file_size, found.compress_size) == (far, far + 1, far + 2)
    archive.close()


def test_nothing_can_be_added_to_no_file() -> None:
    archive = ZipStream(AT)
    with pytest.raises(ValueError, match="no file has been begun"):
        archive.add(b"x")
    with pytest.raises(ValueError, match="no file has been begun"):
        archive.end()
    archive.close()
