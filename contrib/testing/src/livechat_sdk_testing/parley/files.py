"""Files of the end user on their way to Parley: opened here or fetched from their link, then handed over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from livechat_sdk.domain.messages import Attachment
from livechat_sdk.errors import (
    AuthError,
    FileMissing,
    ProviderError,
    RejectedError,
    RetryableError,
    StoreError,
)
from livechat_sdk.http import Egress, FetchLimits, Repeat, VendorClient, fetch
from livechat_sdk.provider.files import FileOpener, NoFiles
from livechat_sdk_testing.parley.wire import WireFile, read

__all__ = ["FILE_LIMIT", "FILE_TYPES", "Files"]

FILE_TYPES: Final = ("image/png", "image/jpeg", "application/pdf", "text/plain")
FILE_LIMIT: Final = 10_000_000
"""Bytes, "Errors and limits": 10 MB, taken at its smallest meaning."""

_SECONDS: Final = 15.0


class Files:
    """Hands files over. ``hosts`` are those that may be asked although they are not public.

    ``kept`` opens the files that our own side keeps; others are fetched from their links.
    """

    def __init__(self, client: VendorClient, hosts: Iterable[str]) -> None:
        self._client = client
        self.kept: FileOpener = NoFiles()
        self._egress = Egress(allow=hosts)
        self._limits = FetchLimits(max_bytes=FILE_LIMIT, seconds=_SECONDS)

    async def hand_over(self, attachment: Attachment) -> str:
        """Parley's id of a file. Doing it again is harmless: a file that no message names is shown to nobody.

        Raises ``RejectedError`` when the file cannot be had or Parley does not take it, ``RetryableError``
        when that may change.
        """
        content = await self._content(attachment)
        answer = await self._client.request(
            "file",
            "POST",
            "v1/files",
            params={"name": attachment.name},
            content=content,
            headers={"Content-Type": attachment.media_type},
            repeat=Repeat.SAFE,
        )
        return read(WireFile, answer).id

    async def _content(self, attachment: Attachment) -> bytes:
        try:
            opened = await self.kept.open(attachment)
            if opened.size <= FILE_LIMIT:
                return await opened.read()
        except FileMissing:  # none of ours
            return await self._fetch(attachment)
        except StoreError as error:
            raise self._failure(RetryableError, f"{attachment.name!r} cannot be read now: {error}") from None
        raise self._failure(RejectedError, f"{attachment.name!r} has more than {FILE_LIMIT:,} bytes")

    async def _fetch(self, attachment: Attachment) -> bytes:
        try:
            async with fetch(attachment.url, self._egress, self._limits, operation="file") as download:
                return await download.read()
        except AuthError as error:  # of the file's link, not ours: the account is in order
            raise self._failure(
                RejectedError, f"the link of {attachment.name!r} is not open to us", status=error.status
            ) from None

    def _failure(self, kind: type[ProviderError], what: str, *, status: int | None = None) -> ProviderError:
        return kind(what, provider=self._client.provider, operation="file", status=status, sent=False)
