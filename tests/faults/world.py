"""A world for schedules: one dispatcher on one SQLite file, hostile vendors for each conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from livechat_sdk import Dispatcher, Registry, hookimpl
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.ledger.store import ActionStatus
from livechat_sdk.lifecycle.effects import SendMessage
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.hostile import (
    EmbeddedVendor,
    HostilePlugin,
    HostileVendor,
    VendorChat,
    WebhookVendor,
    hostile_vendor,
)
from livechat_sdk_testing.hostile.auditing import Evidence, collect
from tests.faults.schedules import Slot

__all__ = ["Conversation", "World"]


class Conversation:
    """One end user with their bot, and the vendors that may serve them."""

    def __init__(self, number: int, slot: Slot, clock: VirtualClock) -> None:
        self.number = number
        self.id = f"c-{number}"
        self.bot = f"bot-{number}"
        self.slot = slot
        self.vendors: list[HostileVendor] = [
            hostile_vendor(traits, now=clock.now, name=f"v{number}{'ab'[place]}")
            for place, traits in enumerate(slot.traits)
        ]
        self.handoff_id: str | None = None
        self.requests = 0
        self.said = 0

    @property
    def first(self) -> HostileVendor:
        """The vendor that is asked first; faults strike here."""
        return self.vendors[0]

    def open_chats(self) -> list[tuple[HostileVendor, VendorChat]]:
        """Chats of the current handoff that are not over at their vendors, the newest last."""
        found = [
            (vendor, chat)
            for vendor in self.vendors
            for chat in vendor.chats
            if chat.state != "ended" and chat.opening.handoff_id == self.handoff_id
        ]
        return sorted(found, key=lambda pair: pair[1].opening.attempt)


class _AllVendors:
    """One plugin for all vendors: a dispatcher starts quicker, and here hundreds of them start."""

    def __init__(self, plugins: Sequence[HostilePlugin]) -> None:
        self._plugins = plugins

    @hookimpl
    def livechat_integration_types(self) -> list[IntegrationType]:
        return [one for plugin in self._plugins for one in plugin.livechat_integration_types()]


class World:
    """Everything, and what survives a crash of the dispatcher: vendors, the channel, the time, the file."""

    def __init__(self, database: Path, slots: tuple[Slot, ...]) -> None:
        self.database = database
        self.clock = VirtualClock()
        self.channel = RecordingChannel()
        self.conversations = [Conversation(number, slot, self.clock) for number, slot in enumerate(slots)]
        self.accepted: dict[str, list[str]] = {}
        self.interrupted: set[tuple[str, str]] = set()
        self.problems: list[str] = []
        """What was wrong on the way, beside what the audit finds."""
        plugins = [HostilePlugin(vendor) for vendor in self.vendors]
        self._registry = Registry({"hostile": _AllVendors(plugins)})
        self._settings = LivechatFile.model_validate(
            {
                "store": f"sqlite:///{database}",
                "integrations": {plugin.vendor.name: plugin.settings for plugin in plugins},
                "bots": {
                    one.bot: {
                        "livechat": {
                            "integrations": [vendor.name for vendor in one.vendors],
                            **one.slot.livechat,
                        }
                    }
                    for one in self.conversations
                },
            }
        )
        self.dispatcher: Dispatcher | None = None
        for vendor in self.vendors:
            if isinstance(vendor, WebhookVendor):
                vendor.deliver = self._deliver_to(vendor.name)

    @property
    def vendors(self) -> list[HostileVendor]:
        """All vendors."""
        return [vendor for one in self.conversations for vendor in one.vendors]

    @property
    def running(self) -> Dispatcher:
        """The dispatcher that runs now."""
        if self.dispatcher is None:
            raise AssertionError("no dispatcher runs")
        return self.dispatcher

    def owner_number(self, conversation: str) -> int:
        """The number that the bot knows: from the last end that it was told of."""
        ends = [one for one in self.channel.ended if one.conversation_id == conversation]
        return max((one.owner_number for one in ends), default=0)

    async def start(self) -> None:
        """Start a dispatcher on what is there."""
        dispatcher = Dispatcher(
            self._settings, channel=self.channel, registry=self._registry, clock=self.clock
        )
        await dispatcher.__aenter__()
        self.dispatcher = dispatcher

    async def stop(self) -> None:
        """Stop it in good order."""
        dispatcher, self.dispatcher = self.running, None
        await dispatcher.__aexit__(None, None, None)

    async def crash(self) -> None:
        """Let it die: nothing is written from now on, and what is under way is cut off.

        Afterwards the file tells which sends had been noted as started: about those nobody can know.
        """
        dispatcher, self.dispatcher = self.running, None
        await dispatcher.store.close()
        await dispatcher._relay.stop(grace=0)
        await dispatcher.__aexit__(None, None, None)
        reader = SqliteStore.reader(self.database)
        await reader.open()
        for row in await reader.open_actions():
            if row.status is ActionStatus.STARTED and isinstance(row.action, SendMessage):
                self.interrupted.add((f"{row.handoff_id}.{row.action.attempt}", row.action.message_key))
        await reader.close()

    async def settle(self) -> None:
        """Let everything happen that can happen now."""
        while True:
            await self.pump()
            await self.running.wait_idle()
            if not any(due is not None and due <= self.clock.now() for due in self._vendors_due()):
                return

    async def pump(self) -> None:
        """Let the vendors hand over what is due."""
        for vendor in self.vendors:
            due = vendor.next_due
            if due is not None and due <= self.clock.now():
                await vendor.pump()

    async def pass_time(self, seconds: float) -> None:
        """Move the clock on, with everything that happens on the way."""
        target = self.clock.now() + timedelta(seconds=seconds)
        await self.settle()
        while (due := self.next_due) is not None and due <= target:
            await self.clock.advance(max(0.0, (due - self.clock.now()).total_seconds()))
            await self.settle()
        await self.clock.advance((target - self.clock.now()).total_seconds())
        await self.settle()

    async def pass_time_down(self, seconds: float) -> None:
        """Move the clock on while no dispatcher runs: vendors try, and get no answer."""
        target = self.clock.now() + timedelta(seconds=seconds)
        while (due := min((due for due in self._vendors_due() if due), default=None)) and due <= target:
            await self.clock.advance(max(0.0, (due - self.clock.now()).total_seconds()))
            await self.pump()
        await self.clock.advance((target - self.clock.now()).total_seconds())

    @property
    def next_due(self) -> datetime | None:
        """When something happens by itself."""
        dues = [due for due in (*self._vendors_due(), self.clock.next_due) if due is not None]
        return min(dues, default=None)

    async def is_settled(self) -> bool:
        """Whether nothing is left to be done, by anybody."""
        if any(due is not None for due in self._vendors_due()):
            return False
        return not await self.running.store.open_actions()

    async def evidence(self) -> Evidence:
        """For the audit."""
        return await collect(
            self.running.store,
            {vendor.name: vendor for vendor in self.vendors},
            self.channel.shown,
            accepted=self.accepted,
            interrupted=self.interrupted,
        )

    def _vendors_due(self) -> list[datetime | None]:
        return [vendor.next_due for vendor in self.vendors]

    def _deliver_to(self, integration: str) -> Callable[[WebhookDelivery], Awaitable[object]]:
        async def deliver(delivery: WebhookDelivery) -> None:
            if self.dispatcher is None:
                raise ConnectionRefusedError("nobody listens")
            await self.dispatcher.webhook(integration, delivery)

        return deliver

    async def close(self) -> None:
        """Stop whatever still runs."""
        if self.dispatcher is not None:
            await self.stop()
        for vendor in self.vendors:
            if isinstance(vendor, EmbeddedVendor):
                vendor.stop()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
