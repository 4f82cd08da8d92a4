"""The hostile vendor with an event stream: it breaks, and what happens meanwhile is missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

from livechat_sdk.domain.chats import ProviderEvent, StreamGap
from livechat_sdk_testing.hostile.events import VendorEvent, read_event
from livechat_sdk_testing.hostile.faults import Fault, Faults
from livechat_sdk_testing.hostile.provider import HostileProvider
from livechat_sdk_testing.hostile.traits import Traits
from livechat_sdk_testing.hostile.truth import What
from livechat_sdk_testing.hostile.vendor import HostileVendor, VendorChat

__all__ = ["Gap", "StreamProvider", "StreamVendor"]


class Gap:
    """Something was missed since then."""

    def __init__(self, number: int, since: datetime) -> None:
        self.number = number
        self.since = since


_Item = VendorEvent | Gap


class StreamVendor(HostileVendor):
    """Pushes events to whoever listens. What happens while nobody listens, or in a break, is missed.

    A break ends when ``pump`` is called after its time; the listener is told that there was one.
    """

    def __init__(
        self,
        traits: Traits,
        *,
        now: Callable[[], datetime],
        name: str = "hostile",
        faults: Faults | None = None,
    ) -> None:
        super().__init__(traits, now=now, name=name, faults=faults)
        self._listeners: list[asyncio.Queue[_Item]] = []
        self._late: list[tuple[datetime, VendorEvent]] = []
        self._break: tuple[datetime, datetime] | None = None
        self._gaps = 0

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    def break_stream(self, seconds: float) -> None:
        """Interrupt the stream for so long."""
        since = self._break[0] if self._break else self.now()
        self._break = (since, self.now() + timedelta(seconds=seconds))

    @property
    def next_due(self) -> datetime | None:
        """When a break ends or a late event comes."""
        times = [when for when, _ in self._late]
        if self._break:
            times.append(self._break[1])
        return min(times, default=None)

    async def pump(self) -> None:
        """End a break that is over, and push what was late."""
        now = self.now()
        if self._break and self._break[1] <= now:
            since, self._break = self._break[0], None
            self._gaps += 1
            for queue in self._listeners:
                queue.put_nowait(Gap(self._gaps, since))
        due = [(when, event) for when, event in self._late if when <= now]
        self._late = [(when, event) for when, event in self._late if when > now]
        for _, event in due:
            self._push(event)

    async def items(self) -> AsyncIterator[_Item]:
        """What comes from now on. An event counts as handed over when the next one is asked for."""
        queue: asyncio.Queue[_Item] = asyncio.Queue()
        self._listeners.append(queue)
        try:
            while True:
                item = await queue.get()
                if isinstance(item, Gap):
                    yield item
                    continue
                self._note_event(What.OFFERED, item, "stream")
                yield item
                self._note_event(What.HANDED, item, "stream")
        finally:
            self._listeners.remove(queue)

    async def _publish(self, chat: VendorChat, event: VendorEvent, fault: Fault | None) -> None:
        match fault:
            case Fault.WITHHOLD:
                self._note_event(What.LOST, event, "stream", "withheld")
            case Fault.LOSE:
                self.break_stream(self.traits.delay)
                self._push(event)
            case Fault.DELAY:
                self._late.append((self.now() + timedelta(seconds=self.traits.delay), event))
            case Fault.REORDER:  # the next one may overtake it
                self._late.append((self.now() + timedelta(seconds=self.traits.delay / 4), event))
            case _:
                self._push(event)
                if fault is Fault.REPEAT:
                    self._push(event)

    def _push(self, event: VendorEvent) -> None:
        if self._break or not self._listeners:
            self._note_event(What.LOST, event, "stream", "in a break" if self._break else "nobody listens")
            return
        for queue in self._listeners:
            queue.put_nowait(event)


class StreamProvider(HostileProvider):
    """Listens to the vendor's stream."""

    vendor: StreamVendor

    async def listen(self) -> AsyncIterator[ProviderEvent]:
        """See ``ChatProvider.listen``."""
        async for item in self.vendor.items():
            now = self.context.now()
            if isinstance(item, Gap):
                yield StreamGap(
                    id=f"{self.vendor.name}-gap-{item.number}",
                    integration=self.name,
                    refs=(self.vendor.name,),
                    received_at=now,
                    since=item.since,
                )
            else:
                yield read_event(item.document(), self.name, now)
