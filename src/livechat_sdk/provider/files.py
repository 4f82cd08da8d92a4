"""Files as providers meet them: what the host opens for them, and what they fetch from their vendor."""

from __future__ import annotations

from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from livechat_sdk.domain.messages import Attachment
from livechat_sdk.errors import FileMissing, FilesUnavailable

__all__ = ["FileKeeper", "FileLender", "FileOpener", "NoFiles", "OpenedFile", "VendorFile"]


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file of ours, opened for reading. ``size`` is in bytes; ``pieces`` can be read once."""

    name: str
    media_type: str
    size: int
    pieces: AsyncIterable[bytes] = field(repr=False)

    async def read(self) -> bytes:
        """The whole content. Files are limited in size (``files.max_size``), so it fits into memory."""
        return b"".join([piece async for piece in self.pieces])


@dataclass(frozen=True, slots=True)
class VendorFile:
    """A file as a vendor hands it out: bytes, or pieces of bytes that can be read once.

    ``name`` and ``media_type`` replace those of the attachment where the vendor tells them here.
    """

    content: bytes | AsyncIterable[bytes] = field(repr=False)
    name: str | None = None
    media_type: str | None = None


class FileOpener(Protocol):
    """Opens files that were kept by the host, for a provider that uploads them to its vendor.

    Over HTTP use ``livechat_sdk.http.AttachmentReader``: it is given this, and fetches other links too.
    """

    async def open(self, attachment: Attachment) -> OpenedFile:
        """The file that an attachment names by one of our links or references.

        Raises ``FileMissing`` when there is none (it was erased, or the attachment is somebody else's link),
        ``StoreError`` when it cannot be read now.
        """
        ...


@runtime_checkable
class FileKeeper(FileOpener, Protocol):
    """Keeps files too, for a desk in our process whose agents put files into a conversation.

    What an agent uploads is held to the same limits, and scanned by the same scanner, as what end users send.
    """

    async def keep(
        self, handoff_id: str, content: AsyncIterable[bytes], *, name: str, media_type: str | None = None
    ) -> Attachment:
        """Keep a file for a handoff; the same file again is the same. What is returned names it by reference.

        Raises ``FileRefused`` (too large, not of an accepted kind, found by the scanner), ``FileMissing``
        when there is no such handoff, ``StoreError`` (``FilesUnavailable``) when it cannot be kept now.
        """
        ...

    async def drop(self, handoff_id: str, attachment: Attachment) -> None:
        """Delete the bytes of a file of this handoff. Nothing happens when they are gone, or never were here.

        Raises ``StoreError``.
        """
        ...


@runtime_checkable
class FileLender(FileKeeper, Protocol):
    """Keeps files for chats that are no handoffs of ours, too, and lends them to whoever those belong to.

    They are held to the same limits and the same scanner, and kept for as long as other files are. They are
    in no export of a person: whoever keeps them deletes them.
    """

    @property
    def lends(self) -> bool:
        """Whether there are links: the gateway has a public address, and a key to sign with."""
        ...

    async def keep_apart(
        self, owner: str, content: AsyncIterable[bytes], *, name: str, media_type: str | None = None
    ) -> Attachment:
        """Keep a file for an owner, a name of the caller's; the same file again is the same.

        Raises ``FileRefused``, ``StoreError``, as ``keep`` does.
        """
        ...

    async def drop_apart(self, owner: str) -> None:
        """Delete all files of an owner for good; nothing when there are none. Raises ``StoreError``."""
        ...

    def lent(self, attachment: Attachment) -> Attachment | None:
        """A file with a link for another system, good for ``files.link_lifetime`` from now.

        ``None`` where there are no links, or for what is no file of ours.
        """
        ...


class NoFiles:
    """The files of a host that keeps none."""

    async def keep(
        self, handoff_id: str, content: AsyncIterable[bytes], *, name: str, media_type: str | None = None
    ) -> Attachment:
        """Raises ``FilesUnavailable``."""
        raise FilesUnavailable("no files are kept here")

    async def drop(self, handoff_id: str, attachment: Attachment) -> None:
        """There is nothing to delete."""

    async def open(self, attachment: Attachment) -> OpenedFile:
        """Raises ``FileMissing``."""
        raise FileMissing(f"no files are kept here, so {attachment.name[:100]!r} is none of them")
