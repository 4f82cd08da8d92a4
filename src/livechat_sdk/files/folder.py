"""Bytes in a folder: written beside, made to last, then moved into place; readable by their owner alone.

``<folder>/<space>/drafts/<name>`` while they are written, ``<folder>/<space>/<2 digits>/<name>`` after. A
space belongs to one workspace of one database, so that several may share a folder.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import stat
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

from livechat_sdk.errors import FileMissing, FilesUnavailable
from livechat_sdk.files.blobs import checked_name

__all__ = ["FolderBlobs"]

T = TypeVar("T")

_PIECE: Final = 256 * 1024
_DRAFTS: Final = "drafts"
_OPEN_NEW: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_OLD: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class FolderBlobs:
    """One space of a folder. Nothing is made before the first file is written."""

    def __init__(self, folder: Path, space: str) -> None:
        self._folder = folder
        self._root = folder / checked_name(space)

    async def draft(self) -> FolderDraft:
        """See ``Blobs``."""
        return await self._do(self._draft)

    def _draft(self) -> FolderDraft:
        self._make(self._root)
        drafts = self._make(self._root / _DRAFTS)
        name = secrets.token_hex(16)
        descriptor = os.open(drafts / name, _OPEN_NEW, 0o600)
        return FolderDraft(self, descriptor, drafts / name, name)

    async def holds(self, name: str) -> bool:
        """See ``Blobs``."""
        return await self._do(self.path_of(name).is_file)

    async def read(self, name: str) -> AsyncIterator[bytes]:
        """See ``Blobs``."""
        path = self.path_of(name)
        try:
            descriptor = await self._do(lambda: os.open(path, _OPEN_OLD))
        except _NotThere:
            raise FileMissing("the bytes of this file are gone") from None
        try:
            while piece := await self._do(lambda: os.read(descriptor, _PIECE)):
                yield piece
        finally:
            os.close(descriptor)

    async def delete(self, names: Iterable[str]) -> None:
        """See ``Blobs``."""
        paths = [self.path_of(name) for name in names]
        await self._do(lambda: _unlink(paths))

    async def older_than(self, before: datetime) -> list[str]:
        """See ``Blobs``."""
        return await self._do(
            lambda: [
                entry.name
                for shard in _entries(self._root)
                if len(shard.name) == 2 and shard.is_dir(follow_symlinks=False)  # noqa: PLR2004
                for entry in _entries(Path(shard.path))
                if _changed(entry) < before
            ]
        )

    async def clear_drafts(self, before: datetime) -> None:
        """See ``Blobs``."""
        drafts = self._root / _DRAFTS
        await self._do(
            lambda: _unlink([Path(one.path) for one in _entries(drafts) if _changed(one) < before])
        )

    def path_of(self, name: str) -> Path:
        """Where the bytes of that name are kept."""
        return self._root / checked_name(name)[:2] / name

    def keep(self, draft: Path, name: str) -> None:
        """Move a draft into place, and make the move last."""
        final = self.path_of(name)
        new = not final.parent.exists()
        self._make(final.parent)
        draft.replace(final)
        _make_last(final.parent)
        if new:
            _make_last(self._root)

    def _make(self, folder: Path) -> Path:
        """A folder of ours, which nobody else can look into or has put there."""
        if folder == self._root and not self._folder.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
                raise FilesUnavailable(
                    f"{folder} must be a folder that only the user of this process can open: chmod 700"
                ) from None
        else:
            _make_last(folder.parent)
        return folder

    async def _do(self, work: Callable[[], T]) -> T:
        with _as_ours():
            return await asyncio.to_thread(work)


class FolderDraft:
    """A file in the folder of drafts."""

    def __init__(self, blobs: FolderBlobs, descriptor: int, path: Path, name: str) -> None:
        self._blobs = blobs
        self._descriptor = descriptor
        self._path = path
        self._name = name
        self._done = False

    @property
    def name(self) -> str:
        """See ``Draft``."""
        return self._name

    async def add(self, piece: bytes) -> None:
        """See ``Draft``."""
        with _as_ours():
            await asyncio.to_thread(_write, self._descriptor, piece)

    async def read(self) -> AsyncIterator[bytes]:
        """See ``Draft``."""
        at = 0
        while True:
            with _as_ours():
                piece = await asyncio.to_thread(os.pread, self._descriptor, _PIECE, at)
            if not piece:
                return
            yield piece
            at += len(piece)

    async def keep(self) -> None:
        """See ``Draft``."""
        with _as_ours():
            await asyncio.to_thread(self._keep)

    def _keep(self) -> None:
        os.fsync(self._descriptor)
        self._blobs.keep(self._path, self._name)
        self._close()

    async def discard(self) -> None:
        """See ``Draft``."""
        if not self._done:
            with _as_ours():
                await asyncio.to_thread(_unlink, [self._path])
            self._close()

    def _close(self) -> None:
        if not self._done:
            self._done = True
            os.close(self._descriptor)


class _NotThere(FilesUnavailable):
    """A file or folder is not there."""


@contextmanager
def _as_ours() -> Generator[None]:
    try:
        yield
    except FileNotFoundError:
        raise _NotThere("a file or folder is gone") from None
    except OSError as error:
        raise FilesUnavailable(f"the folder of files cannot be used: {error.strerror or error}") from error


def _write(descriptor: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[os.write(descriptor, left) :]


def _unlink(paths: Iterable[Path]) -> None:
    folders: set[Path] = set()
    for path in paths:
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        folders.add(path.parent)
    for folder in folders:
        _make_last(folder)


def _make_last(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except FileNotFoundError:
        return []


def _changed(entry: os.DirEntry[str]) -> datetime:
    try:
        return datetime.fromtimestamp(entry.stat(follow_symlinks=False).st_mtime, UTC)
    except FileNotFoundError:  # deleted since it was listed
        return datetime.max.replace(tzinfo=UTC)
