"""What a place for bytes must offer: a folder does, and something like S3 could."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Final, Protocol

from livechat_sdk.errors import FilesUnavailable

__all__ = ["Blobs", "Draft", "checked_name"]

_NAME: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


def checked_name(name: str) -> str:
    """``name`` if it is one that we gave. Nothing else ever becomes part of a path."""
    if not _NAME.fullmatch(name):
        raise FilesUnavailable("a file's row names bytes by a name that is not ours")
    return name


class Draft(Protocol):
    """Bytes that are being written; nobody sees them before ``keep``. Left alone, they are gone."""

    @property
    def name(self) -> str:
        """The name under which ``keep`` keeps them."""
        ...

    async def add(self, piece: bytes) -> None:
        """Write one more piece. Raises ``FilesUnavailable``."""
        ...

    def read(self) -> AsyncIterator[bytes]:
        """What has been written so far, from its beginning."""
        ...

    async def keep(self) -> None:
        """Make them last, as a whole. Raises ``FilesUnavailable``."""
        ...

    async def discard(self) -> None:
        """Forget them; nothing happens when they are kept or forgotten already."""
        ...


class Blobs(Protocol):
    """Bytes by name. Names are 32 hexadecimal digits, chosen here at random. May be used by many processes.

    Every method raises ``FilesUnavailable`` when the place cannot be used.
    """

    async def draft(self) -> Draft:
        """Begin to write."""
        ...

    async def holds(self, name: str) -> bool:
        """Whether these bytes are there."""
        ...

    def read(self, name: str) -> AsyncIterator[bytes]:
        """The bytes, piece by piece. Raises ``FileMissing`` when there are none."""
        ...

    async def delete(self, names: Iterable[str]) -> None:
        """Delete for good; those that are not there are left out."""
        ...

    async def older_than(self, before: datetime) -> list[str]:
        """Names of what was kept before a time."""
        ...

    async def clear_drafts(self, before: datetime) -> None:
        """Delete drafts from before a time, which a process left when it died."""
        ...
