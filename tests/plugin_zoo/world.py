"""A real dispatcher that a whole handoff goes through, with one animal of the zoo in it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livechat_sdk import Dispatcher, EndUser, Handoff, HandoffRequest, Message, Registry, hookimpl
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.hooks import HookStat
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk.provider.settings import IntegrationSettings
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyPlugin
from tests.plugin_zoo.animals import Animal

LIMIT = 0.1
"""Seconds that a plugin may take."""

TICKET_HOOKS = frozenset({"livechat_create_ticket", "livechat_add_to_ticket", "livechat_list_tickets"})


class TicketSystem:
    """Offers the animal as the ticket system of the settings: such hooks ask the configured plugin only."""

    def __init__(self, animal: Animal) -> None:
        self.animal = animal

    @hookimpl
    def livechat_integration_types(self) -> list[IntegrationType]:
        return [
            IntegrationType(
                type="ZOO_TICKETING",
                kind="ticketing",
                settings=IntegrationSettings,
                build=lambda context, settings: self.animal,
            )
        ]


@dataclass
class World:
    """A running dispatcher, and what the outside saw of it."""

    dispatcher: Dispatcher
    toy: ToyPlugin
    channel: RecordingChannel
    plugin: str
    seconds: dict[str, float] = field(default_factory=dict[str, float])

    async def live(self, number: int = 1) -> Handoff:
        """One handoff from request to end, with a message each way; measures how long each part takes."""
        dispatcher = self.dispatcher
        user = EndUser(id="u-1", name="Maria")
        request = HandoffRequest(
            key=f"run-{number}", conversation_id=f"c-{number}", bot="shop-bot", user=user
        )
        started = time.monotonic()
        handoff = await dispatcher.request(request, wait=30)
        self.seconds["decision"] = time.monotonic() - started
        await dispatcher.wait_idle()
        await dispatcher.webhook("toy", self.toy.delivery("joined"))
        await dispatcher.user_message(handoff.id, Message.text(f"hello {number}"))
        await dispatcher.webhook("toy", self.toy.delivery("message", text=f"hi {number}"))
        await dispatcher.webhook("toy", self.toy.delivery("ended"))
        ended = await dispatcher.until_ended(handoff.id, wait=30)
        await dispatcher.wait_idle()
        self.seconds["all"] = time.monotonic() - started
        return ended

    def stat(self, hook: str) -> HookStat:
        """What was counted for the animal."""
        stats = {(one.plugin, one.hook): one for one in self.dispatcher.hooks.stats()}
        return stats.get((self.plugin, hook)) or HookStat(self.plugin, hook)

    async def counted(self, hook: str, seconds: float = 5.0) -> HookStat:
        """The same, once there is a call: nobody waits for observers."""
        deadline = time.monotonic() + seconds
        while not (found := self.stat(hook)).calls:
            assert time.monotonic() < deadline, f"{hook} was not called"
            await asyncio.sleep(0.001)
        return found


@asynccontextmanager
async def a_world(folder: Path, hook: str, animal: Animal) -> AsyncIterator[World]:
    """A dispatcher with one animal: an ordinary plugin, or the ticket system."""
    toy, channel = ToyPlugin(), RecordingChannel()
    has_tickets = hook in TICKET_HOOKS
    integrations: dict[str, Mapping[str, Any]] = {"toy": {"type": "TOY_LIVECHAT", "webhookKey": toy.key}}
    bot: dict[str, Any] = {"livechat": {"integrations": ["toy"]}}
    plugins: dict[str, object] = {"toy": toy}
    if has_tickets:
        integrations["zoo"] = {"type": "ZOO_TICKETING"}
        bot = {"livechat": {"integrations": ["toy"], "tickets_on": ["completed"]}, "ticketing": "zoo"}
        plugins["tickets"] = TicketSystem(animal)
    settings = LivechatFile.model_validate(
        {
            "store": f"sqlite:///{folder}/livechat.db",
            "integrations": integrations,
            "bots": {"shop-bot": bot},
            "plugins": {"hook_timeout": LIMIT},
        }
    )
    dispatcher = Dispatcher(
        settings,
        channel=channel,
        registry=Registry(plugins),
        clock=VirtualClock(),
        plugins=() if has_tickets else (animal,),
    )
    dispatcher.hooks.contact_timeout = dispatcher.hooks.ticket_timeout = LIMIT
    dispatcher.hooks.assist_timeout = LIMIT
    async with dispatcher:
        yield World(dispatcher, toy, channel, "zoo" if has_tickets else "Zoo.1")
    animal.release.set()
