"""Everything in this process: dispatcher, gateway, and the desk of the demo where there are no settings.

What passes by the store, such as typing, is told only to the channel; here the channel is the terminal.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from livechat_sdk import Dispatcher, Outgoing
from livechat_sdk.domain.outgoing import Typing

if TYPE_CHECKING:
    from livechat_sdk.config import LivechatFile
    from livechat_sdk.registry import Registry
    from livechat_sdk_cli.chat.lines import Lines

__all__ = ["Place", "demo_place", "place_of"]

DESK: Final = "desk"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a gateway answers. ``lasting``: whether a handoff that is left there can be gone on with."""

    url: str
    token: str = field(repr=False)
    lasting: bool = True


class _TerminalChannel:
    """Shows typing; everything else is read from the ledger, where nothing can be missed."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    async def deliver(self, outgoing: Outgoing) -> None:
        if isinstance(outgoing, Typing):
            self._lines.write("typing", "the agent is typing" if outgoing.on else "the agent has stopped")


@asynccontextmanager
async def place_of(
    settings: LivechatFile, registry: Registry, lines: Lines, *, port: int | None = None
) -> AsyncGenerator[Place]:
    """Serve these settings until the end, on ``gateway.port`` unless a ``port`` is given."""
    from livechat_sdk.gateway.app import create_app
    from livechat_sdk.gateway.server import GatewayServer

    token = secrets.token_urlsafe(24)
    async with Dispatcher(settings, channel=_TerminalChannel(lines), registry=registry) as dispatcher:
        app = create_app(dispatcher, tokens=[SecretStr(token)])
        gateway = settings.gateway
        server = GatewayServer(app, host=gateway.host, port=gateway.port if port is None else port, drain=2.0)
        server.listen()
        started = asyncio.Event()
        serving = asyncio.create_task(
            server.run(on_started=lambda _: started.set(), signals=False), name="gateway"
        )
        begun = asyncio.create_task(started.wait())
        try:
            await asyncio.wait([serving, begun], return_when=asyncio.FIRST_COMPLETED)
            yield Place(server.url, token)
        finally:
            begun.cancel()
            server.stop()
            await serving


@asynccontextmanager
async def demo_place(bot: str, registry: Registry, lines: Lines) -> AsyncGenerator[Place]:
    """A desk in this process, with the demo's accounts; what was said is gone at the end."""
    from livechat_sdk.config import load_mapping, require
    from livechat_sdk_helvia.accounts import DEMO_ACCOUNTS

    with tempfile.TemporaryDirectory(prefix="livechat-chat-") as folder:
        wanted = {
            "version": 1,
            "store": f"sqlite:///{Path(folder) / 'chat.db'}",
            "integrations": {DESK: {"type": "HELVIA_LIVECHAT", "demoAccounts": True}},
            "bots": {bot: {"livechat": {"integrations": [DESK], "request_timeout": "30m"}}},
        }
        settings = require(load_mapping(wanted, types=registry.types))
        async with place_of(settings, registry, lines, port=0) as place:
            lines.write("desk", f"{place.url}/{DESK}/")
            for account in DEMO_ACCOUNTS:
                lines.write("account", f"{account.email} {account.password}")
            yield replace(place, lasting=False)
