"""What is done with the files of a workspace by whoever has its database: deleting, exporting, sweeping.

The database says where the bytes are, so that a command needs no settings for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from livechat_sdk.errors import FilesUnavailable
from livechat_sdk.files.apart import ApartRows
from livechat_sdk.files.blobs import Blobs
from livechat_sdk.files.folder import FolderBlobs
from livechat_sdk.files.rows import FileRows, StoredFile
from livechat_sdk.provider.embedded import EmbeddedDatabase

__all__ = ["FOLDER", "FileKeeping"]

logger = logging.getLogger("livechat_sdk.files")

FOLDER: Final = "folder:"
"""What the place of a folder begins with."""
_UNDER_WAY: Final = timedelta(hours=1)
"""How long bytes without a row are left alone: somebody may be about to write it."""


class FileKeeping:
    """The files of one workspace, found by its database alone."""

    def __init__(self, database: EmbeddedDatabase, workspace: str) -> None:
        self._rows = FileRows(database, workspace)
        self._apart = ApartRows(database, workspace)

    async def blobs(self) -> Blobs | None:
        """Where the bytes are; ``None`` when no file was ever kept.

        Raises ``FilesUnavailable`` when that place cannot be reached from here.
        """
        settled = await self._rows.place() if await self._rows.are_there() else None
        if settled is None:
            return None
        space, place = settled
        folder = Path(place.removeprefix(FOLDER))
        if not place.startswith(FOLDER) or not await asyncio.to_thread(folder.is_dir):
            raise FilesUnavailable(
                f"the files are in {place.removeprefix(FOLDER)}, which is not there: do this on a machine "
                "that has it"
            )
        return FolderBlobs(folder, space)

    async def of_handoff(self, handoff_id: str) -> Sequence[StoredFile]:
        """The files of a handoff."""
        return await self._rows.of_handoff(handoff_id)

    async def discard(self, handoff_id: str) -> None:
        """Delete the bytes of a handoff that is about to be erased. Its rows go with the handoff.

        Doing it before makes a crash harmless: erasing again deletes what is left.
        """
        names = [file.blob for file in await self.of_handoff(handoff_id) if file.blob is not None]
        blobs = await self.blobs() if names else None
        if blobs is not None:
            await blobs.delete(names)

    async def drop_older(self, before: datetime) -> int:
        """Delete the bytes of some files from before a time, and note that; returns how many."""
        files, apart = await self._rows.older_than(before), await self._apart.older_than(before)
        blobs = await self.blobs() if files or apart else None
        if blobs is None:
            return 0
        for file in files:
            if file.blob is not None:
                await blobs.delete([file.blob])
                await self._rows.forget_bytes(file, "kept for as long as the settings say")
        await blobs.delete([file.blob for file in apart if file.blob is not None])
        await self._apart.forget(apart)
        return len(files) + len(apart)

    async def sweep(self) -> int:
        """Delete what a process left when it died: bytes that no row knows. Returns how many."""
        try:
            blobs = await self.blobs()
        except FilesUnavailable as error:
            logger.warning("files cannot be swept: %s", error)
            return 0
        if blobs is None:
            return 0
        before = datetime.now(UTC) - _UNDER_WAY  # the file system's clock
        await blobs.clear_drafts(before)
        names = await blobs.older_than(before)
        known = await self._rows.known_blobs(names) | await self._apart.known_blobs(names)
        left = sorted(set(names) - known)
        await blobs.delete(left)
        if left:
            logger.info("deleted %d files that nothing refers to", len(left))
        return len(left)
