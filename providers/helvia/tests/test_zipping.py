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
    assert kept < 2 * len(piece)


def test_nothing_can_be_added_to_no_file() -> None:
    archive = ZipStream(AT)
    with pytest.raises(ValueError, match="no file has been begun"):
        archive.add(b"x")
    with pytest.raises(ValueError, match="no file has been begun"):
        archive.end()
