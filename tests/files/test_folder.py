"""Bytes in a folder: whole or not at all, readable by nobody else, and never outside of the folder."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from livechat_sdk.errors import FileMissing, FilesUnavailable
from livechat_sdk.files.folder import FolderBlobs

SPACE = "5" * 32
UNKNOWN = "0" * 32


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def kept(blobs: FolderBlobs, *pieces: bytes) -> str:
    """The name of something that is kept."""
    draft = await blobs.draft()
    for piece in pieces:
        await draft.add(piece)
    await draft.keep()
    await draft.discard()  # as callers do in any case
    return draft.name


async def content(blobs: FolderBlobs, name: str) -> bytes:
    return b"".join([piece async for piece in blobs.read(name)])


async def test_what_is_kept_can_be_read_and_deleted(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "a" / "files", SPACE)
    name = await kept(blobs, b"one ", b"x" * 600_000, b" two")
    assert await content(blobs, name) == b"one " + b"x" * 600_000 + b" two"
    assert await content(FolderBlobs(tmp_path / "a" / "files", SPACE), name) == await content(blobs, name)
    assert await blobs.holds(name)
    await blobs.delete([name, UNKNOWN])
    await blobs.delete([name])
    assert not await blobs.holds(name)
    assert files_in(tmp_path) == []
    with pytest.raises(FileMissing):
        await content(blobs, name)


async def test_a_draft_is_nothing_before_it_is_kept(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path, SPACE)
    draft = await blobs.draft()
    await draft.add(b"half of it")
    assert not await blobs.holds(draft.name)
    assert b"".join([piece async for piece in draft.read()]) == b"half of it"
    await draft.discard()
    await draft.discard()
    assert files_in(tmp_path) == []


async def test_nothing_is_made_before_it_is_needed(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "files", SPACE)
    far = datetime.now(UTC) + timedelta(days=1)
    assert await blobs.older_than(far) == []
    await blobs.clear_drafts(far)
    await blobs.delete([UNKNOWN])
    assert not (tmp_path / "files").exists()


async def test_only_old_files_are_listed_and_only_old_drafts_cleared(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path, SPACE)
    name = await kept(blobs, b"x")
    draft = await blobs.draft()
    before, after = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)
    assert await blobs.older_than(before) == []
    assert await blobs.older_than(after) == [name]
    await blobs.clear_drafts(before)
    await draft.add(b"still there")
    await blobs.clear_drafts(after)
    with pytest.raises(FilesUnavailable):
        await draft.keep()
    await draft.discard()
    assert [path.name for path in files_in(tmp_path)] == [name]


@pytest.mark.parametrize(
    "name", ["../" * 10 + "etc/passwd", "", "a" * 31, "A" * 32, "a" * 33, "a/b", "\x00" * 32]
)
async def test_no_other_name_becomes_a_path(tmp_path: Path, name: str) -> None:
    blobs = FolderBlobs(tmp_path, SPACE)
    with pytest.raises(FilesUnavailable):
        await content(blobs, name)
    with pytest.raises(FilesUnavailable):
        await blobs.delete([name])
    with pytest.raises(FilesUnavailable):
        FolderBlobs(tmp_path, name)


async def test_a_link_in_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary")
    blobs = FolderBlobs(tmp_path / "files", SPACE)
    name = await kept(blobs, b"x")
    path = blobs.path_of(name)
    path.unlink()
    path.symlink_to(secret)
    with pytest.raises(FilesUnavailable):
        await content(blobs, name)


@pytest.mark.parametrize("in_the_way", ["a link", "open to others"])
async def test_a_folder_that_is_not_ours_alone_is_not_used(tmp_path: Path, in_the_way: str) -> None:
    root = tmp_path / "files" / SPACE
    root.parent.mkdir()
    if in_the_way == "a link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        root.symlink_to(tmp_path / "elsewhere")
    else:
        root.mkdir()
        root.chmod(0o755)
    with pytest.raises(FilesUnavailable, match="chmod 700"):
        await FolderBlobs(tmp_path / "files", SPACE).draft()


async def test_a_full_disk_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = FolderBlobs(tmp_path, SPACE)
    draft = await blobs.draft()
    await draft.add(b"x")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FilesUnavailable, match="No space left"):
        await draft.keep()
    monkeypatch.undo()
    await draft.discard()
    assert files_in(tmp_path) == []


async def test_many_write_at_once(tmp_path: Path) -> None:
    one, two = FolderBlobs(tmp_path, SPACE), FolderBlobs(tmp_path, SPACE)
    names = await asyncio.gather(*(kept(one if n % 2 else two, str(n).encode()) for n in range(40)))
    found = [await content(one, name) for name in names]
    assert found == [str(n).encode() for n in range(40)]
