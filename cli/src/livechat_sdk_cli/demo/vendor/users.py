"""The end user and the platform's calls, at the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import httpx

from livechat_sdk_cli.demo.people import ok
from livechat_sdk_cli.demo.vendor.following import Followed, following
from livechat_sdk_cli.demo.vendor.lines import HISTORY, Line
from livechat_sdk_cli.demo.vendor.platform import Platform
from livechat_sdk_cli.demo.vendor.settings import BOT, Endpoints

__all__ = ["UserSide"]

_BUSY: Final = (429, 503)
_TRIES: Final = 5
_PAUSE: Final = 0.2


class UserSide:
    """Asks for a human, writes, and looks at what became of it."""

    def __init__(self, client: httpx.AsyncClient, places: Endpoints, platform: Platform) -> None:
        self._client = client
        self._url = f"{places.worker_url}/v1"
        self._headers = {"Authorization": f"Bearer {places.token}"}
        self._platform = platform
        self.handoff_id = ""
        self._written = 0

    async def ask(self, conversation: str) -> None:
        """Ask for a human, with what was said before; a second time too, as a platform does in doubt."""
        wanted = {
            "key": f"{conversation}/handoff",
            "conversation_id": conversation,
            "bot": BOT,
            "user": {"id": "user-1", "name": "Maria Pappa", "language": "en", "channel": "webchat"},
            "reason": "asked for a human",
            "transcript": HISTORY,
        }
        for _ in range(2):
            made = ok(await self._client.post(f"{self._url}/handoffs", json=wanted, headers=self._headers))
            self.handoff_id = made["id"]

    async def write(self, line: Line) -> None:
        """Write; the file stays with the platform, and its link goes along. Returns when it is accepted."""
        self._written += 1
        message: dict[str, Any] = {"key": f"m-{self._written}", "body": line.text}
        if line.file is not None:
            message["attachments"] = [
                {
                    "url": self._platform.host(line.file),
                    "name": line.file.name,
                    "media_type": line.file.type,
                    "size": len(line.file.content),
                }
            ]
        ok(await self._client.post(f"{self._one}/messages", json=message, headers=self._headers))

    async def view(self) -> Mapping[str, Any]:
        """The handoff as it is."""
        view: Mapping[str, Any] = ok(await self._client.get(self._one, headers=self._headers))
        return view

    async def history(self) -> Sequence[Mapping[str, Any]]:
        """Every message of the ledger, with what became of it."""
        page = ok(await self._client.get(f"{self._one}/messages?limit=1000", headers=self._headers))
        messages: Sequence[Mapping[str, Any]] = page["messages"]
        return messages

    def follows(self) -> AbstractAsyncContextManager[Followed]:
        """Follow the events of the handoff meanwhile."""
        return following(self._client, f"{self._one}/events", self._headers)

    async def bot_may_speak(self, conversation: str, owner_number: int) -> bool:
        """What the send gate says to the bot."""
        answer = await self._client.post(
            f"{self._url}/conversations/{conversation}/bot-messages",
            json={"owner_number": owner_number},
            headers=self._headers,
        )
        return answer.is_success

    async def read(self, url: str) -> bytes:
        """A file, by its link, as its reader opens it: again where the server says that it is busy."""
        answer = await self._client.get(url)
        for _ in range(_TRIES - 1):
            if answer.status_code not in _BUSY:
                break
            await asyncio.sleep(_PAUSE)
            answer = await self._client.get(url)
        return answer.content if answer.is_success else b""

    @property
    def _one(self) -> str:
        return f"{self._url}/handoffs/{self.handoff_id}"
