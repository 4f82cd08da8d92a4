"""Files of the end user for a vendor that wants the bytes: opened here, or fetched from their link."""

from __future__ import annotations

from collections.abc import Iterable

from livechat_sdk.domain.messages import Attachment
from livechat_sdk.errors import (
    AuthError,
    FileMissing,
    ProviderError,
    RejectedError,
    RetryableError,
    StoreError,
)
from livechat_sdk.http.egress import Egress
from livechat_sdk.http.fetching import FetchLimits, fetch
from livechat_sdk.provider.files import FileOpener, NoFiles

__all__ = ["AttachmentReader"]


class AttachmentReader:
    """Reads what an adapter sends on. ``hosts`` are those that may be asked although they are not public.

    ``kept`` opens the files that our own side keeps; others are fetched from their links. ``limit`` is in
    bytes, ``seconds`` is the longest time of a fetch, ``provider`` the name in errors.
    """

    def __init__(self, provider: str, hosts: Iterable[str], *, limit: int, seconds: float) -> None:
        self.kept: FileOpener = NoFiles()
        self._provider = provider
        self._limit = limit
        self._egress = Egress(allow=hosts)
        self._limits = FetchLimits(max_bytes=limit, seconds=seconds)

    async def read(self, attachment: Attachment) -> bytes:
        """The content of a file.

        Raises ``RejectedError`` when it cannot be had or is too large, ``RetryableError`` when that may
        change; nothing has been sent to the vendor then.
        """
        try:
            opened = await self.kept.open(attachment)
            if opened.size <= self._limit:
                return await opened.read()
        except FileMissing:  # none of ours
            return await self._fetch(attachment)
        except StoreError as error:
            raise self._failure(RetryableError, f"{attachment.name!r} cannot be read now: {error}") from None
        raise self._failure(RejectedError, f"{attachment.name!r} has more than {self._limit:,} bytes")

    async def _fetch(self, attachment: Attachment) -> bytes:
        try:
            async with fetch(attachment.url, self._egress, self._limits, operation="file") as download:
                return await download.read()
        except AuthError as error:  # of the file's link, not ours: the account is in order
            raise self._failure(
                RejectedError, f"the link of {attachment.name!r} is not open to us", status=error.status
            ) from None

    def _failure(self, kind: type[ProviderError], what: str, *, status: int | None = None) -> ProviderError:
        return kind(what, provider=self._provider, operation="file", status=status, sent=False)
