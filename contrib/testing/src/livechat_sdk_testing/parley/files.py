"""Files of the end user on their way to Parley: opened here or fetched from their link, then handed over."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from livechat_sdk.domain.messages import Attachment
from livechat_sdk.http import AttachmentReader, Repeat, VendorClient
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
        self.reader = AttachmentReader(client.provider, hosts, limit=FILE_LIMIT, seconds=_SECONDS)

    async def hand_over(self, attachment: Attachment) -> str:
        """Parley's id of a file. Doing it again is harmless: a file that no message names is shown to nobody.

        Raises ``RejectedError`` when the file cannot be had or Parley does not take it, ``RetryableError``
        when that may change.
        """
        content = await self.reader.read(attachment)
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
