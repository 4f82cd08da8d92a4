"""The workbench of the dispatcher's tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from livechat_sdk import Dispatcher, EndUser, Handoff, HandoffRequest, Message, Registry, WebhookDelivery
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.domain.capabilities import Capabilities
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.files import FileScanner
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider, ToyVendor

WAITING_VENDOR = ToyProvider.capabilities.model_copy(update={"send_before_join": False})
"""Capabilities of a vendor that garbles messages from before an agent has joined."""


@dataclass(frozen=True)
class Workbench:
    """Starts dispatchers on one database file."""

    start: Callable[..., Awaitable[Bench]]
    folder: Path


class Bench:
    """One running dispatcher with two toy vendors, ``toy`` and ``spare``."""

    def __init__(
        self,
        database: Path,
        *,
        livechat: Mapping[str, Any] | None = None,
        bot: Mapping[str, Any] | None = None,
        chain: Sequence[str] = ("toy",),
        capabilities: Capabilities | None = None,
        toy: ToyPlugin | None = None,
        spare: ToyPlugin | None = None,
        channel: RecordingChannel | None = None,
        clock: VirtualClock | None = None,
        plugins: Sequence[object] = (),
        integrations: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        scan: FileScanner | None = None,
    ) -> None:
        self.toy = toy or ToyPlugin(capabilities=capabilities)
        self.spare = spare or ToyPlugin(ToyVendor(), type_name="SPARE_LIVECHAT")
        self.channel = channel or RecordingChannel()
        self.clock = clock or VirtualClock()
        self.settings = LivechatFile.model_validate(
            {
                "store": f"sqlite:///{database}",
                "integrations": {
                    "toy": {"type": self.toy.provider_class.type, "name": "toy", "webhookKey": self.toy.key},
                    "spare": {"type": "SPARE_LIVECHAT", "name": "spare", "webhookKey": self.spare.key},
                    **(integrations or {}),
                },
                "bots": {
                    "shop-bot": {
                        "livechat": {"integrations": list(chain), **(livechat or {})},
                        **(bot or {}),
                    },
                },
                **(settings or {}),
            }
        )
        self.dispatcher = Dispatcher(
            self.settings,
            channel=self.channel,
            registry=Registry({"toy": self.toy, "spare": self.spare}),
            clock=self.clock,
            plugins=plugins,
            scan=scan,
        )

    async def __aenter__(self) -> Self:
        await self.dispatcher.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.dispatcher.__aexit__(kind, error, trace)

    async def kill(self) -> None:
        """Stop at once, in the middle of whatever is under way, as a crash would."""
        await self.dispatcher._relay.stop(grace=0)
        await self.dispatcher.__aexit__(None, None, None)

    @property
    def vendor(self) -> ToyVendor:
        """The first vendor's own memory."""
        return self.toy.vendor

    async def request(self, key: str = "run-1/node-1", conversation: str = "c-1", **fields: Any) -> Handoff:
        """Ask for a human and let everything settle."""
        user = fields.pop("user", EndUser(id="u-1", name="Maria", language=fields.pop("language", "en")))
        handoff = await self.dispatcher.request(
            HandoffRequest.model_validate(
                {"bot": "shop-bot", "key": key, "conversation_id": conversation, "user": user} | fields
            )
        )
        await self.settle()
        return await self.dispatcher.handoff(handoff.id)

    async def active(self, **fields: Any) -> Handoff:
        """A handoff that an agent has joined."""
        handoff = await self.request(**fields)
        await self.event("joined", name="Ann")
        return await self.dispatcher.handoff(handoff.id)

    async def event(self, what: str, /, *, plugin: ToyPlugin | None = None, **fields: str) -> int:
        """The vendor reports something."""
        sender = plugin or self.toy
        integration = "spare" if sender is self.spare else "toy"
        sent = sender.delivery(what, **fields)
        delivery = WebhookDelivery(sent.method, sent.path, sent.headers, sent.body, self.clock.now())
        taken = await self.dispatcher.webhook(integration, delivery)
        await self.settle()
        return taken

    async def say(self, handoff: Handoff, text: str, key: str | None = None) -> object:
        """The end user says something."""
        answer = await self.dispatcher.user_message(handoff.id, Message.text(text, key=key or text))
        await self.settle()
        return answer

    async def settle(self) -> None:
        """Let everything happen that can happen now."""
        await self.dispatcher.wait_idle()
        for _ in range(5):  # who has just gone to sleep is on the clock after this
            await asyncio.sleep(0)

    async def pass_time(self, seconds: float) -> None:
        """Move the clock and let everything happen, one wake-up after the other."""
        target = self.clock.now() + timedelta(seconds=seconds)
        await self.settle()
        while (due := self.clock.next_due) is not None and due <= target:
            await self.clock.advance((due - self.clock.now()).total_seconds())
            await self.settle()
        await self.clock.advance((target - self.clock.now()).total_seconds())
        await self.settle()

    async def fates(self, handoff: Handoff) -> dict[str, Fate]:
        """What became of the end user's messages, by text."""
        entries = await self.dispatcher.entries(handoff.id)
        return {e.message.body: e.fate for e in entries if e.direction is Direction.TO_PROVIDER}

    async def reload(self, handoff: Handoff) -> Handoff:
        """The handoff as it is now."""
        return await self.dispatcher.handoff(handoff.id)
