"""Files: those of the end user on their way to Zendesk, and those of agents on their way from there."""

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
from livechat_sdk.http import Egress, FetchLimits, fetch
from livechat_sdk.provider.files import FileOpener, NoFiles
from livechat_sdk_zendesk.api import Api

__all__ = ["FILE_LIMIT", "Files"]

FILE_LIMIT: Final = 50_000_000
"""Bytes: 50 MB, taken at its smallest meaning."""

_SECONDS: Final = 30.0


class Files:
    """Hands files over. ``hosts`` are those that may be asked although they are not public.

    ``kept`` opens the files that our own side keeps; others are fetched from their links.
    """

    def __init__(self, api: Api, hosts: Iterable[str]) -> None:
        self._api = api
        self.kept: FileOpener = NoFiles()
        self._egress = Egress(allow=hosts)
        self._limits = FetchLimits(max_bytes=FILE_LIMIT, seconds=_SECONDS)

    async def hand_over(self, conversation: str, attachment: Attachment) -> str:
        """The link of a file at Zendesk. Doing it again is harmless: nobody sees a file without a message.

        Raises ``RejectedError`` when the file cannot be had or is not taken, ``RetryableError`` when that may
        change.
        """
        content = await self._content(attachment)
        return await self._api.upload(conversation, attachment.name, attachment.media_type, content)

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
        return kind(what, provider=self._api.provider, operation="file", status=status, sent=False)
