"""A whole handoff through a real ``Dispatcher`` on SQLite, with a ticket system or a CRM beside it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from livechat_sdk.config.models import LivechatFile
from livechat_sdk.dispatcher import Dispatcher
from livechat_sdk.domain.handoff import Handoff, HandoffRequest
from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.people import EndUser
from livechat_sdk.registry import Registry
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.case import CaseFailed
from livechat_sdk_testing.conformance.listening import Ears
from livechat_sdk_testing.conformance.systems.rig import SystemRig
from livechat_sdk_testing.toy import ToyPlugin

__all__ = ["SystemConversation"]

R = TypeVar("R", bound=SystemRig)

_TURNS: Final = 20
_PATIENCE: Final = 5.0


class SystemConversation(ABC, Generic[R]):
    """A bot, an end user, and a toy live chat whose agents come when a case wants it."""

    def __init__(self, rig: R, folder: Path, ears: Ears, bot: Mapping[str, Any]) -> None:
        self.rig = rig
        self.ears = ears
        self.channel = RecordingChannel()
        self.toy = ToyPlugin()
        self.name = str(rig.settings["name"])
        self.more: dict[str, object] = {}
        """Further plugins by name; set before the dispatcher starts."""
        self.integrations: dict[str, Mapping[str, Any]] = {}
        """Further integrations by name; set before the dispatcher starts."""
        self.handoff_id = ""
        self._folder = folder
        self._bot = dict(bot)
        self._dispatcher: Dispatcher | None = None

    @property
    def clock(self) -> VirtualClock:
        """The clock of the rig."""
        return self.rig.clock

    @property
    def dispatcher(self) -> Dispatcher:
        """The one that runs."""
        if self._dispatcher is None:
            raise CaseFailed("no dispatcher runs")
        return self._dispatcher

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Start the dispatcher, and stop it in the end."""
        async with self.rig.running():
            await self.start()
            try:
                yield
            finally:
                if self.rig.hold is not None:
                    self.rig.hold.release()
                await self.stop()

    @abstractmethod
    def bot_settings(self) -> Mapping[str, Any]:
        """What the bot's settings say about the integration under test."""

    async def start(self) -> None:
        """Start a dispatcher on what is there."""
        own = dict(self._bot)
        livechat = {"integrations": ["toy"], "request_timeout": "10m", **own.pop("livechat", {})}
        toy = {"type": self.toy.provider_class.type, "webhookKey": self.toy.key}
        settings = LivechatFile.model_validate(
            {
                "store": f"sqlite:///{self._folder / 'ledger.db'}",
                "integrations": {"toy": toy, self.name: self.rig.settings, **self.integrations},
                "bots": {"shop-bot": {"livechat": livechat, **self.bot_settings(), **own}},
            }
        )
        registry = Registry({"toy": self.toy, **self.rig.plugins, **self.more})
        dispatcher = Dispatcher(settings, channel=self.channel, registry=registry, clock=self.clock)
        await dispatcher.__aenter__()
        self._dispatcher = dispatcher
        self.rig.system = dispatcher.integrations[self.name]

    async def stop(self) -> None:
        """Stop the dispatcher, if one runs."""
        dispatcher, self._dispatcher = self._dispatcher, None
        if dispatcher is not None:
            await dispatcher.__aexit__(None, None, None)

    async def restart(self, *, down: float = 0.0) -> None:
        """Stop, let ``down`` seconds pass, and start a new process' dispatcher."""
        await self.stop()
        self.rig.hold = None
        await self.clock.advance(down)
        await self.start()
        await self.settle()

    def stored(self) -> Mapping[str, bytes]:
        """What is on the disk, by file."""
        return {path.name: path.read_bytes() for path in self._folder.rglob("*") if path.is_file()}

    # ---------------------------------------------------------------------------------------------- time
    async def settle(self) -> None:
        """Let everything happen that can happen now."""
        for _ in range(3):
            await self.dispatcher.wait_idle()
            for _ in range(_TURNS):
                await asyncio.sleep(0)

    async def pass_time(self, seconds: float) -> None:
        """Move the clock on, with everything that happens on the way."""
        target = self.clock.now() + timedelta(seconds=seconds)
        await self.settle()
        while (due := self.clock.next_due) is not None and due <= target:
            await self.clock.advance(max((due - self.clock.now()).total_seconds(), 0.001))
            await self.settle()
        await self.clock.advance(max((target - self.clock.now()).total_seconds(), 0.0))
        await self.settle()

    async def until(self, holds: Callable[[Handoff], bool], what: str) -> Handoff:
        """Wait, in real time and not for long, while something else is held up."""
        handoff = await self.handoff()
        try:
            async with asyncio.timeout(_PATIENCE):
                while not holds(handoff):
                    await asyncio.sleep(0.005)
                    handoff = await self.handoff()
        except TimeoutError:
            raise CaseFailed(f"{what}, within {_PATIENCE:g} seconds; it is {handoff.state}") from None
        return handoff

    # ---------------------------------------------------------------------------------------------- the bot
    async def request(self, *, settle: bool = True, **user: Any) -> Handoff:
        """The bot asks for a human."""
        who = {"id": "u-1", "name": "Eleni Petrou", "email": "eleni@shop.example", **user}
        request = HandoffRequest(
            key="run-1",
            conversation_id="c-1",
            bot="shop-bot",
            user=EndUser.model_validate(who),
            reason="invoice 7",
        )
        handoff = await self.dispatcher.request(request)
        self.handoff_id = handoff.id
        if settle:
            await self.settle()
        return await self.handoff()

    async def says(self, text: str, key: str) -> None:
        """The end user writes."""
        await self.dispatcher.user_message(self.handoff_id, Message(key=key, body=text))

    async def join(self) -> None:
        """An agent takes it."""
        delivery = self.toy.delivery("joined", agent="a-1", name="Maria")
        await self.dispatcher.webhook("toy", delivery)
        await self.settle()

    async def end(self) -> None:
        """The end user ends it."""
        await self.dispatcher.end(self.handoff_id)
        await self.settle()

    async def handoff(self) -> Handoff:
        """The handoff as it is now."""
        return await self.dispatcher.handoff(self.handoff_id)
