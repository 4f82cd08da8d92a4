"""Files of the end user on their way to Parley: fetched from their link, then handed over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from livechat_sdk.domain.messages import Attachment
from livechat_sdk.errors import AuthError, RejectedError
from livechat_sdk.http import Egress, FetchLimits, Repeat, VendorClient, fetch
from livechat_sdk_testing.parley.wire import WireFile, read

__all__ = ["FILE_LIMIT", "FILE_TYPES", "Files"]

FILE_TYPES: Final = ("image/png", "image/jpeg", "application/pdf", "text/plain")
FILE_LIMIT: Final = 10_000_000
"""Bytes, "Errors and limits": 10 MB, taken at its smallest meaning."""

_SECONDS: Final = 15.0


class Files:
    """Hands files over. ``hosts`` are those that may be asked although they are not public."""

    def __init__(self, client: VendorClient, hosts: Iterable[str]) -> None:
        self._client = client
        self._egress = Egress(allow=hosts)
        self._limits = FetchLimits(max_bytes=FILE_LIMIT, seconds=_SECONDS)

    async def hand_over(self, attachment: Attachment) -> str:
        """Parley's id of a file. Doing it again is harmless: a file that no message names is shown to nobody.

        Raises ``RejectedError`` when the file cannot be had or Parley does not take it, ``RetryableError``
        when that may change.
        """
        content = await self._fetch(attachment)
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

    async def _fetch(self, attachment: Attachment) -> bytes:
        try:
            async with fetch(attachment.url, self._egress, self._limits, operation="file") as download:
                return await download.read()
        except AuthError as error:  # of the file's link, not ours: the account is in order
            raise RejectedError(
                f"the link of {attachment.name!r} is not open to us",
                provider=self._client.provider,
                operation="file",
                status=error.status,
                sent=False,
            ) from None
