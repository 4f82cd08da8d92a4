"""``Files``: takes files in, hands them out, and makes their links."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from livechat_sdk.domain.messages import Attachment, Message
from livechat_sdk.errors import FileMissing, FileRefused, StoreError
from livechat_sdk.files.apart import ApartRows
from livechat_sdk.files.blobs import Blobs, Draft
from livechat_sdk.files.folder import FolderBlobs
from livechat_sdk.files.keeping import FOLDER
from livechat_sdk.files.kinds import HEAD, judge_kind, media_type_of
from livechat_sdk.files.limits import FileLimits
from livechat_sdk.files.links import Links, LinkTrouble, Purpose
from livechat_sdk.files.names import clean_name
from livechat_sdk.files.rows import FileRows, Origin, StoredFile, file_id_of
from livechat_sdk.files.scanning import FileScanner, FileToScan, scan_file
from livechat_sdk.provider.embedded import EmbeddedDatabase
from livechat_sdk.provider.files import OpenedFile

__all__ = ["Files", "Missing", "ReadLink", "one_piece"]

logger = logging.getLogger("livechat_sdk.files")

_BUFFER: Final = 256 * 1024
_SIDES: Final[dict[Origin, str]] = {"user": "user", "vendor": "agent"}
"""What the id of an uploaded file begins with: the same file from both sides is two files."""

_APART: Final = "apart"


@dataclass(frozen=True, slots=True)
class ReadLink:
    """A file that is read by a link, and until when the link is good."""

    file: StoredFile
    expires_at: datetime
    pieces: AsyncIterator[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """A file that a message should have and has not, by its name, and why."""

    name: str
    why: str


class Files:
    """The files of one workspace. ``scan`` is asked about every file before anybody gets it."""

    def __init__(
        self,
        database: EmbeddedDatabase,
        workspace: str,
        *,
        folder: Path,
        links: Links,
        now: Callable[[], datetime],
        limits: FileLimits | None = None,
        scan: FileScanner | None = None,
    ) -> None:
        self.limits = limits or FileLimits()
        self._rows = FileRows(database, workspace)
        self._apart = ApartRows(database, workspace)
        self._workspace = workspace
        self._folder = folder
        self._links = links
        self._now = now
        self._scan = scan
        self._found: Blobs | None = None

    # ------------------------------------------------------------------------------------------- taking in
    async def upload(
        self, handoff_id: str, content: AsyncIterable[bytes], *, name: str, media_type: str | None = None
    ) -> StoredFile:
        """Keep a file that the platform has for a handoff. The same file again is the same.

        Raises ``FileRefused``, ``FileMissing`` when there is no such handoff, ``StoreError``.
        """
        return await self._take_in(
            handoff_id, content, name=name, media_type=media_type, origin="user", known_as=None
        )

    async def keep(
        self, handoff_id: str, content: AsyncIterable[bytes], *, name: str, media_type: str | None = None
    ) -> Attachment:
        """See ``FileKeeper``."""
        file = await self._take_in(
            handoff_id, content, name=name, media_type=media_type, origin="vendor", known_as=None
        )
        if file.blob is None:
            raise FileMissing("the file was deleted")
        return _described(file, file.reference)

    async def drop(self, handoff_id: str, attachment: Attachment) -> None:
        """See ``FileKeeper``."""
        file = await self._of(handoff_id, attachment.file_id or "")
        if file is not None and file.blob is not None:
            await (await self._blobs()).delete([file.blob])
            await self._rows.forget_bytes(file, "it was deleted")

    @property
    def lends(self) -> bool:
        """See ``FileLender``."""
        return self._signed("0" * 32, "vendor") is not None

    async def keep_apart(
        self, owner: str, content: AsyncIterable[bytes], *, name: str, media_type: str | None = None
    ) -> Attachment:
        """See ``FileLender``."""
        file = await self._take_in(
            owner, content, name=name, media_type=media_type, origin="vendor", known_as=None, apart=True
        )
        return _described(file, file.reference)

    async def drop_apart(self, owner: str) -> None:
        """See ``FileLender``."""
        files = await self._apart.of_owner(owner)
        if files:
            await (await self._blobs()).delete([file.blob for file in files if file.blob is not None])
            await self._apart.forget(files)

    def lent(self, attachment: Attachment) -> Attachment | None:
        """See ``FileLender``."""
        file_id = attachment.file_id
        url = None if file_id is None else self._signed(file_id, "vendor")
        return None if url is None else attachment.model_copy(update={"url": url})

    async def keep_fetched(
        self,
        handoff_id: str,
        message_key: str,
        index: int,
        content: AsyncIterable[bytes],
        *,
        name: str,
        media_type: str | None = None,
    ) -> StoredFile:
        """Keep attachment number ``index`` of a message of a vendor. Raises as ``upload``."""
        return await self._take_in(
            handoff_id,
            content,
            name=name,
            media_type=media_type,
            origin="vendor",
            known_as=(message_key, self.id_of_fetched(handoff_id, message_key, index)),
        )

    def id_of_fetched(self, handoff_id: str, message_key: str, index: int) -> str:
        """The id of attachment number ``index`` of a vendor's message, kept or not."""
        return file_id_of("vendor", self._workspace, handoff_id, message_key, str(index))

    async def fetched(self, handoff_id: str, message_key: str, index: int) -> StoredFile | None:
        """What became of an attachment of a vendor's message: kept, refused, or ``None`` so far."""
        return await self._rows.find(self.id_of_fetched(handoff_id, message_key, index))

    async def note_refused(
        self, handoff_id: str, message_key: str, index: int, attachment: Attachment, why: str
    ) -> None:
        """Record that a file of a vendor cannot be had, for good."""
        await self._rows.create()
        await self._rows.add(
            StoredFile(
                id=self.id_of_fetched(handoff_id, message_key, index),
                handoff_id=handoff_id,
                origin="vendor",
                message_key=message_key,
                name=clean_name(attachment.name),
                media_type=attachment.media_type[:200],
                size=0,
                digest="",
                blob=None,
                refused=why[:1000],
                stored_at=self._now(),
            )
        )

    async def _take_in(
        self,
        handoff_id: str,
        content: AsyncIterable[bytes],
        *,
        name: str,
        media_type: str | None,
        origin: Origin,
        known_as: tuple[str, str] | None,
        apart: bool = False,
    ) -> StoredFile:
        """Keep a file of a handoff; with ``apart``, of an owner that is none."""
        find = self._apart.find if apart else self._rows.find
        name = clean_name(name)
        claimed = media_type_of(media_type, name)
        blobs = await self._blobs()
        draft = await blobs.draft()
        try:
            size, digest, head = await self._write(draft, content)
            kind = judge_kind(claimed, head, self.limits.kinds)
            key, file_id = known_as or (
                None,
                file_id_of(
                    _APART if apart else _SIDES[origin], self._workspace, handoff_id, digest, name, kind
                ),
            )
            known = await find(file_id)
            if known is not None:
                return known
            if await self._rows.total() + await self._apart.total() + size > self.limits.max_total:
                logger.error("a file was refused: all files together would exceed files.max_total")
                raise FileRefused("full", "there is no room for more files")
            if self._scan is not None:
                await scan_file(self._scan, FileToScan(name, kind, size, digest, draft.read))
            await draft.keep()
        finally:
            await draft.discard()
        file = StoredFile(
            id=file_id,
            handoff_id="" if apart else handoff_id,
            origin=origin,
            message_key=key,
            name=name,
            media_type=kind,
            size=size,
            digest=digest,
            blob=draft.name,
            refused=None,
            stored_at=self._now(),
        )
        if await (self._apart.add(handoff_id, file) if apart else self._rows.add(file)):
            return file
        await blobs.delete([draft.name])  # somebody was quicker, or the handoff is gone
        known = await find(file_id)
        if known is None:
            raise FileMissing(f"no handoff {handoff_id!r} in this workspace")
        return known

    async def _write(self, draft: Draft, content: AsyncIterable[bytes]) -> tuple[int, str, bytes]:
        limit = self.limits.max_size
        size, digest, head, waiting = 0, hashlib.sha256(), b"", bytearray()
        async for piece in content:
            size += len(piece)
            if size > limit:
                raise FileRefused("too_large", f"the file is larger than {limit:,} bytes")
            digest.update(piece)
            if len(head) < HEAD:
                head += piece[: HEAD - len(head)]
            waiting += piece
            if len(waiting) >= _BUFFER:
                await draft.add(bytes(waiting))
                waiting.clear()
        if not size:
            raise FileRefused("empty", "the file is empty")
        if waiting:
            await draft.add(bytes(waiting))
        return size, digest.hexdigest(), head

    # ------------------------------------------------------------------------------------------ handing out
    async def open(self, attachment: Attachment) -> OpenedFile:
        """See ``FileOpener``."""
        file = await self._any(self._id_in(attachment) or "")
        if file is None:
            raise FileMissing(f"the attachment {attachment.name[:100]!r} is no file that is kept here")
        return OpenedFile(file.name, file.media_type, file.size, await self._pieces(file))

    async def read_link(self, token: str) -> ReadLink:
        """The file of a link's token. Raises ``LinkTrouble``, ``FileMissing``, ``StoreError``."""
        known = self._links.read(token, self._now())
        file = await self._any(known.file_id)
        if file is None:
            raise FileMissing("the file is gone")
        return ReadLink(file, known.expires_at, await self._pieces(file))

    async def _any(self, file_id: str) -> StoredFile | None:
        """A file of a handoff, or one that is kept apart."""
        return await self._rows.find(file_id) or await self._apart.find(file_id)

    async def _pieces(self, file: StoredFile) -> AsyncIterator[bytes]:
        blobs = await self._blobs()
        if file.blob is None or not await blobs.holds(file.blob):
            raise FileMissing(f"the file is gone{f': {file.refused}' if file.refused else ''}")
        return blobs.read(file.blob)

    # ---------------------------------------------------------------------------------------------- messages
    async def taken_in(self, handoff_id: str, message: Message) -> Message:
        """A message of the end user with references instead of our links, which expire.

        Raises ``FileRefused`` for too many attachments, ``FileMissing`` for what is no file of this handoff.
        """
        if len(message.attachments) > self.limits.max_per_message:
            raise FileRefused("too_many", f"a message takes {self.limits.max_per_message} files at most")
        attachments = [await self._taken_in(handoff_id, one) for one in message.attachments]
        return message.model_copy(update={"attachments": tuple(attachments)})

    async def _taken_in(self, handoff_id: str, attachment: Attachment) -> Attachment:
        file_id = self._id_in(attachment)
        if file_id is None:
            return attachment
        file = await self._rows.find(file_id)
        if file is None or file.handoff_id != handoff_id or file.blob is None:
            raise FileMissing(f"the attachment {attachment.name[:100]!r} is no file of this handoff")
        return _described(file, file.reference)

    async def for_vendor(self, handoff_id: str, message: Message, *, links: bool = True) -> Message:
        """A message of the end user with links that a live-chat system can open, or with references.

        Raises ``FileMissing`` when one of its files is gone.
        """
        if not any(one.file_id for one in message.attachments):
            return message
        attachments: list[Attachment] = []
        for one in message.attachments:
            if one.file_id is None:
                attachments.append(one)
                continue
            file = await self._of(handoff_id, one.file_id)
            if file is None:
                raise FileMissing(f"the file {one.name[:100]!r} is gone")
            attachments.append(_described(file, self.link(file, "vendor") if links else file.reference))
        return message.model_copy(update={"attachments": tuple(attachments)})

    async def for_reading(
        self, handoff_id: str, message: Message, *, fetched: bool, purpose: Purpose = "platform"
    ) -> tuple[Message, tuple[Missing, ...]]:
        """A message with links that whoever reads it can open, and what it lacks.

        ``fetched``: it is a vendor's whose own links must not be passed on. A file that is not there leaves
        an entry in ``metadata["missing_files"]``.
        """
        if not any(one.file_id or fetched for one in message.attachments):
            return message, ()
        attachments: list[Attachment] = []
        missing: list[dict[str, str]] = []
        for index, one in enumerate(message.attachments):
            if not fetched and one.file_id is None:
                attachments.append(one)
                continue
            file_id = self.id_of_fetched(handoff_id, message.key, index) if fetched else one.file_id or ""
            file = await self._rows.find(file_id)
            if file is not None and file.blob is not None and file.handoff_id == handoff_id:
                attachments.append(_described(file, self.link(file, purpose)))
                continue
            why = file.refused if file is not None and file.refused else "it could not be fetched in time"
            missing.append({"name": clean_name(one.name), "why": why})
        changes: dict[str, object] = {"attachments": tuple(attachments)}
        if missing:
            changes["metadata"] = {**message.metadata, "missing_files": missing}
        lacking = tuple(Missing(one["name"], one["why"]) for one in missing)
        return message.model_copy(update=changes), lacking

    def link(self, file: StoredFile, purpose: Purpose) -> str:
        """A link that expires; the file's reference where there is no ``public_url``, or no key to sign."""
        return self._signed(file.id, purpose) or file.reference

    def _signed(self, file_id: str, purpose: Purpose) -> str | None:
        try:
            return self._links.url(file_id, purpose, self._now())
        except StoreError as error:  # better without a link than not at all, again and again
            logger.error("links to files cannot be signed: %s", error)  # noqa: TRY400  (it says what to do)
            return None

    def _id_in(self, attachment: Attachment) -> str | None:
        """The id of the file that an attachment names, by a reference or by one of our links."""
        if attachment.file_id is not None:
            return attachment.file_id
        token = self._links.token_in(attachment.url)
        if token is None:
            return None
        try:
            known = self._links.read(token, self._now())
        except LinkTrouble as trouble:
            raise FileMissing(f"the link of {attachment.name[:100]!r} is {trouble.why}") from None
        return known.file_id

    async def _of(self, handoff_id: str, file_id: str) -> StoredFile | None:
        file = await self._rows.find(file_id)
        return file if file is not None and file.handoff_id == handoff_id and file.blob else None

    async def _blobs(self) -> Blobs:
        if self._found is None:
            await self._rows.create()
            folder = self._folder.absolute()
            before = await self._rows.place()
            if before is not None and before[1] != f"{FOLDER}{folder}":
                logger.warning("files were in %s and are in %s now", before[1].removeprefix(FOLDER), folder)
            space = await self._rows.settle(secrets.token_hex(16), f"{FOLDER}{folder}")
            self._found = FolderBlobs(folder, space)
        return self._found


async def one_piece(content: bytes) -> AsyncIterator[bytes]:
    """Content that is there as a whole, as pieces."""
    yield content


def _described(file: StoredFile, url: str) -> Attachment:
    return Attachment(url=url, name=file.name, media_type=file.media_type, size=file.size)
