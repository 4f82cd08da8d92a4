"""A dispatcher over a real SQLite ledger, with hostile vendors and a virtual clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from livechat_sdk import Dispatcher, EndUser, Handoff, HandoffRequest, Message, Registry
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.inbound.counts import InflowCounts
from livechat_sdk.ledger.store import JournalEntry, Store
from livechat_sdk.provider.interface import PollPace
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.hostile import HostilePlugin, Traits, hostile_vendor
from livechat_sdk_testing.hostile.vendor import HostileVendor
from livechat_sdk_testing.hostile.webhook import WebhookVendor


@dataclass(frozen=True)
class Worlds:
    """Starts worlds on one database file."""

    start: Callable[..., Awaitable[World]]
    database: Path


class World:
    """One running dispatcher; the vendors, the channel and the clock outlive it."""

    def __init__(
        self,
        database: Path,
        *traits: Traits,
        heir_of: World | None = None,
        every: float = 60.0,
        pace: PollPace | None = None,
        livechat: dict[str, Any] | None = None,
        store: Store | None = None,
    ) -> None:
        self.clock: VirtualClock = heir_of.clock if heir_of else VirtualClock()
        self.channel: RecordingChannel = heir_of.channel if heir_of else RecordingChannel()
        self.plugins: Sequence[HostilePlugin] = (
            heir_of.plugins
            if heir_of
            else [
                HostilePlugin(hostile_vendor(one, now=self.clock.now, name=f"vendor{number}"))
                for number, one in enumerate(traits)
            ]
        )
        if pace is not None:
            for plugin in self.plugins:
                setattr(plugin.provider_class, "poll_pace", pace)  # noqa: B010  (a property elsewhere)
        self.settings = LivechatFile.model_validate(
            {
                "store": f"sqlite:///{database}",
                "integrations": {plugin.vendor.name: plugin.settings for plugin in self.plugins},
                "bots": {
                    f"bot{number}": {
                        "livechat": {
                            "integrations": [plugin.vendor.name, *(livechat or {}).get("then", ())],
                            "request_timeout": "30d",
                            **{name: value for name, value in (livechat or {}).items() if name != "then"},
                        },
                    }
                    for number, plugin in enumerate(self.plugins)
                },
                "reconcile_every": every,
            }
        )
        self.dispatcher = Dispatcher(
            self.settings,
            channel=self.channel,
            registry=Registry({plugin.vendor.name: plugin for plugin in self.plugins}),
            clock=self.clock,
            store=store,
        )
        self._open = False

    async def __aenter__(self) -> Self:
        await self.dispatcher.__aenter__()
        self._open = True
        self._listen(on=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open:
            self._open = False
            self._listen(on=False)
            await self.dispatcher.__aexit__(kind, error, trace)

    async def kill(self) -> None:
        """Stop at once, as a crash would."""
        await self.dispatcher._relay.stop(grace=0)
        await self.__aexit__(None, None, None)

    @property
    def vendor(self) -> HostileVendor:
        """The first vendor."""
        return self.plugins[0].vendor

    @property
    def counts(self) -> InflowCounts:
        """What came in by itself."""
        return self.dispatcher._inflow.counts

    async def request(self, number: int = 0, *, bot: int = 0) -> Handoff:
        """A handoff whose chat is open at the vendor."""
        handoff = await self.dispatcher.request(
            HandoffRequest(
                key=f"run-{bot}-{number}",
                conversation_id=f"c-{bot}-{number}",
                bot=f"bot{bot}",
                user=EndUser(id="u-1", language="en"),
            )
        )
        await self.settle()
        return await self.reload(handoff)

    async def reload(self, handoff: Handoff) -> Handoff:
        """The handoff as it is now."""
        return await self.dispatcher.handoff(handoff.id)

    async def say(self, handoff: Handoff, text: str) -> None:
        """The end user says something."""
        await self.dispatcher.user_message(handoff.id, Message.text(text, key=text))
        await self.settle()

    async def settle(self) -> None:
        """Let everything happen that can happen now."""
        await self.dispatcher.wait_idle()

    async def pass_time(self, seconds: float) -> None:
        """Move the clock, one wake-up after the other, for us and for the vendors."""
        target = self.clock.now() + timedelta(seconds=seconds)
        await self.pump()
        while True:
            dues = [self.clock.next_due, *(plugin.vendor.next_due for plugin in self.plugins)]
            due = min((one for one in dues if one is not None), default=None)
            if due is None or due > target:
                break
            await self.clock.advance(max(0.0, (due - self.clock.now()).total_seconds()))
            await self.pump()
        await self.clock.advance((target - self.clock.now()).total_seconds())
        await self.pump()

    async def pump(self) -> None:
        """Let the vendors hand over what is due, and everything happen that follows."""
        for plugin in self.plugins:
            await plugin.vendor.pump()
        await self.settle()

    async def journal(self, handoff: Handoff) -> list[JournalEntry]:
        """The inputs of a handoff."""
        return list(await self.dispatcher.store.journal(handoff.id))

    def _listen(self, *, on: bool) -> None:
        for plugin in self.plugins:
            vendor = plugin.vendor
            if isinstance(vendor, WebhookVendor):
                name = vendor.name
                vendor.deliver = (
                    (lambda delivery, name=name: self.dispatcher.webhook(name, delivery)) if on else None
                )


POLL = Traits(inbound=Inbound.POLL)
STREAM = Traits(inbound=Inbound.STREAM)
WEBHOOK = Traits(inbound=Inbound.WEBHOOK)
