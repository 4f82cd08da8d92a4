"""The demo's world in one process: dispatcher, bots, chat page, desk and gateway on one loopback port."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from livechat_sdk import Dispatcher, HandoffEnded, Outgoing, Registry
from livechat_sdk.config import load_mapping, require
from livechat_sdk.errors import ConfigurationError
from livechat_sdk.gateway.app import create_app
from livechat_sdk.gateway.server import GatewayServer
from livechat_sdk.node import NodeResult
from livechat_sdk_cli.demo.bots import DemoBots, demo_settings
from livechat_sdk_helvia.accounts import DEMO_ACCOUNTS
from livechat_sdk_helvia.webchat import WebChat

__all__ = ["PORT", "DemoWorld", "demo_world"]

PORT = 8765
"""Port on 127.0.0.1 that is tried first, so that open pages find a restarted demo again."""


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """A running demo. ``resumed`` collects the results with which workflows went on."""

    dispatcher: Dispatcher
    server: GatewayServer
    url: str
    token: str
    resumed: list[NodeResult]

    @property
    def chat_url(self) -> str:
        """The end user's page."""
        return f"{self.url}/chat/"

    @property
    def desk_url(self) -> str:
        """The agents' desk."""
        return f"{self.url}/desk/"

    @property
    def accounts(self) -> tuple[tuple[str, str], ...]:
        """E-mail and password of the desk's demo accounts."""
        return tuple((account.email, account.password) for account in DEMO_ACCOUNTS)


class _DemoChannel:
    """The dispatcher's channel: the chat page, and the workflow when a handoff ends.

    Deliveries of an earlier process may be due before the page and the bots are ready: they wait.
    """

    def __init__(self, resumed: list[NodeResult]) -> None:
        self._ready = asyncio.Event()
        self._page: WebChat | None = None
        self._bots: DemoBots | None = None
        self._resumed = resumed

    def begin(self, page: WebChat, bots: DemoBots) -> None:
        """Everything is ready."""
        self._page, self._bots = page, bots
        self._ready.set()

    async def deliver(self, outgoing: Outgoing) -> None:
        """Pass one delivery on; an end also resumes the workflow."""
        await self._ready.wait()
        if self._page is None or self._bots is None:
            raise AssertionError("ready means that both are there")
        await self._page.deliver(outgoing)
        if isinstance(outgoing, HandoffEnded):
            self._resumed.append(await self._bots.ended(outgoing))


@asynccontextmanager
async def demo_world(
    folder: Path,
    port: int | None,
    *,
    registry: Registry | None = None,
    vendor: Mapping[str, Any] | None = None,
    public_url: str | None = None,
) -> AsyncGenerator[DemoWorld]:
    """Bring everything up on ``folder``, and down again at the end.

    ``port`` 0 takes a free one; ``None`` tries ``PORT`` first. ``vendor`` and ``public_url`` are for
    ``demo_settings``. Serving itself is the caller's: ``world.server.run()``.
    """
    registry = registry or Registry.discover()
    wanted = demo_settings(folder, vendor=vendor, public_url=public_url)
    settings = require(load_mapping(wanted, types=registry.types))
    resumed: list[NodeResult] = []
    channel = _DemoChannel(resumed)
    async with Dispatcher(settings, channel=channel, registry=registry) as dispatcher:
        page = WebChat(
            dispatcher.database,
            workspace=dispatcher.workspace,
            bots=tuple(settings.bots),
            title="Chat with the shop",
        )
        bots = DemoBots(page, dispatcher.database, dispatcher.workspace)
        await bots.start(dispatcher)
        channel.begin(page, bots)
        await page.start(
            bots.user_said,
            on_user_typing=bots.user_typing,
            on_user_end=bots.user_ends,
            on_user_read=bots.user_read,
        )
        token = secrets.token_urlsafe(24)
        app = create_app(dispatcher, tokens=[SecretStr(token)], mounts={"chat": page.app()})
        server = _listen(lambda number: GatewayServer(app, port=number, drain=2.0), port)
        try:
            yield DemoWorld(dispatcher, server, server.url, token, resumed)
        finally:
            await page.stop()


def _listen(make: Callable[[int], GatewayServer], port: int | None) -> GatewayServer:
    for number in (PORT, 0) if port is None else (port,):
        server = make(number)
        try:
            server.listen()
        except ConfigurationError:
            if port is not None or number == 0:
                raise
        else:
            return server
    raise AssertionError("port 0 is always free or raises")
