"""Files: those of the end user on their way to Zendesk, and those of agents on their way from there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from livechat_sdk.domain.messages import Attachment
from livechat_sdk.http import AttachmentReader
from livechat_sdk_zendesk.api import Api

__all__ = ["FILE_LIMIT", "Files"]

FILE_LIMIT: Final = 50_000_000
"""Bytes: 50 MB, taken at its smallest meaning."""

_SECONDS: Final = 30.0


class Files:
    """Hands files over. ``hosts`` are those that may be asked although they are not public."""

    def __init__(self, api: Api, hosts: Iterable[str]) -> None:
        self._api = api
        self.reader = AttachmentReader(api.provider, hosts, limit=FILE_LIMIT, seconds=_SECONDS)

    async def hand_over(self, conversation: str, attachment: Attachment) -> str:
        """The link of a file at Zendesk. Doing it again is harmless: nobody sees a file without a message.

        Raises ``RejectedError`` when the file cannot be had or is not taken, ``RetryableError`` when that may
        change.
        """
        content = await self.reader.read(attachment)
        return await self._api.upload(conversation, attachment.name, attachment.media_type, content)
