"""A shop as ``livechat serve --channel`` loads it: its chat page for end users, and its bot's side.

It lives in the process that loads it and ends with it. What end users wrote is kept in ``shop.db``.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn

from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.outgoing import Outgoing
from livechat_sdk_helvia.webchat import WebChat
from providers.helvia.tests.stored_database import open_stored
from providers.helvia.tests.world import PASSWORD
from tests.end_to_end.demo_process import DemoProcess, free_port

ROOT = Path(__file__).parents[3]
TOKEN = "a-token-of-thirty-two-characters"
ASKS = "I want a human"
"""What makes the shop's bot ask for one."""

SETTINGS = """
version: 1
store: "{store}"
gateway: {{tokens: {token}}}
integrations:
  desk:
    type: HELVIA_LIVECHAT
    accounts:
      - {{email: ada@example.org, name: Ada Marsh, roles: [agent], password: {password}}}
      - {{email: ben@example.org, name: Ben Okoro, roles: [agent], password: {password}}}
      - {{email: ines@example.org, name: Ines Vidal, roles: [admin], password: {password}}}
bots:
  shop-bot:
    livechat: {{integrations: [desk]}}
"""


class Shop:
    """The channel."""

    def __init__(self) -> None:
        self._running = AsyncExitStack()
        self._gateway: httpx.AsyncClient | None = None
        self._page: WebChat | None = None

    async def __aenter__(self) -> Self:
        database = await self._running.enter_async_context(open_stored("sqlite:///shop.db"))
        self._gateway = await self._running.enter_async_context(
            httpx.AsyncClient(
                base_url=os.environ["SHOP_GATEWAY"],
                headers={"authorization": f"Bearer {TOKEN}"},
                timeout=20,
                trust_env=False,
            )
        )
        page = self._page = WebChat(database, bots=("shop-bot",), title="Chat with the shop")
        await page.start(self._said, on_user_typing=self._typing, on_user_end=self._ends, pause=0.1)
        self._running.push_async_callback(page.stop)
        listening = self._running.enter_context(socket.socket())
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", int(os.environ["SHOP_PORT"])))
        listening.listen(128)
        server = uvicorn.Server(uvicorn.Config(page.app(), log_level="warning", lifespan="off"))
        serving = asyncio.create_task(server.serve([listening]))
        self._running.callback(serving.cancel)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._running.aclose()

    async def deliver(self, outgoing: Outgoing) -> None:
        """Show it to the end user."""
        assert self._page is not None
        await self._page.deliver(outgoing)

    async def _said(self, conversation_id: str, message: Message) -> None:
        handoff = await self._handoff(conversation_id)
        if message.body != ASKS:
            await self._post(f"{handoff}/messages", {"key": message.key, "body": message.body}, 409)

    async def _typing(self, conversation_id: str, *, on: bool) -> None:
        await self._post(f"{await self._handoff(conversation_id)}/typing", {"on": on}, 409)

    async def _ends(self, conversation_id: str) -> None:
        await self._post(f"{await self._handoff(conversation_id)}/end", {"by": "user"}, 409)

    async def _handoff(self, conversation_id: str) -> str:
        """The handoff of a conversation, asked for at its first message; the same key is the same handoff."""
        made = await self._post(
            "/v1/handoffs",
            {
                "key": conversation_id,
                "conversation_id": conversation_id,
                "bot": "shop-bot",
                "user": {"id": conversation_id, "name": "Maria"},
                "reason": "asked for a human",
            },
        )
        return f"/v1/handoffs/{made['id']}"

    async def _post(self, path: str, body: Mapping[str, Any], *harmless: int) -> Any:
        assert self._gateway is not None
        answer = await self._gateway.post(path, json=body)
        if answer.status_code not in harmless:
            answer.raise_for_status()
        return answer.json() if answer.content else None


class ServedShop(DemoProcess):
    """``livechat serve`` with a desk and the shop, on a folder, a store and two ports that stay the same."""

    name = "serve"

    def __init__(self, folder: Path, store: str | None = None) -> None:
        super().__init__(folder)
        self.shop_port = free_port()
        self.chat = f"http://127.0.0.1:{self.shop_port}/"
        where = store or f"sqlite:///{folder / 'livechat.db'}"
        settings = SETTINGS.format(store=where, token=TOKEN, password=PASSWORD)
        (folder / "livechat.yaml").write_text(settings, "utf-8")

    def arguments(self) -> Sequence[str]:
        """Serve, with the shop as the channel."""
        return ("serve", "--channel", "providers.helvia.tests.shop:Shop")

    def environment(self) -> Mapping[str, str]:
        """Where the shop is, and where it finds the gateway."""
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            "SHOP_GATEWAY": self.url,
            "SHOP_PORT": str(self.shop_port),
        }
