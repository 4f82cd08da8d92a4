"""What comes in by itself: events of vendors, and clocks that run out."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from livechat_sdk.dispatcher.stepping import Stepper
from livechat_sdk.domain.chats import ChatEnded, MessageFailed, ProviderEvent, StreamGap
from livechat_sdk.domain.clock import Clock
from livechat_sdk.domain.messages import Direction
from livechat_sdk.errors import HandoffNotFound, StoreError
from livechat_sdk.ledger.documents import UnreadableDocument
from livechat_sdk.ledger.store import (
    DuplicateEvent,
    DuplicateMessage,
    InboxEvent,
    Store,
    TimerGone,
    TimerRow,
)
from livechat_sdk.lifecycle.inputs import ProviderReported, TimerFired
from livechat_sdk.provider.planning import part_number
from livechat_sdk.relay.interrupting import interrupt, start

__all__ = ["Intake"]

logger = logging.getLogger("livechat_sdk.intake")

_STORE_PAUSE = 1.0  # seconds
_PAGE = 100
_LARGEST_PAGE = 25_600
_LONGEST_SLEEP = timedelta(seconds=60)
_PATIENCE = timedelta(seconds=15)
"""How long clocks that ran out while nobody was there wait for what else happened meanwhile."""
_LOOK_AGAIN = timedelta(seconds=1)


class Asking(Protocol):
    """Asks vendors what was missed."""

    async def gap(self, event: StreamGap) -> None:
        """Events of an integration may have been lost. Raises ``StoreError``."""
        ...

    async def before_end(self, integration: str, handoff_id: str, attempt: int) -> None:
        """A chat is about to end: take in what was said in it and has not come. Raises ``StoreError``."""
        ...

    def is_informed(self, handoff_id: str) -> bool:
        """Whether what happened in a handoff before this worker came is known, as far as it can be."""
        ...


class Intake:
    """Takes events and timers and turns them into inputs."""

    def __init__(self, store: Store, clock: Clock, stepper: Stepper) -> None:
        self._store = store
        self._clock = clock
        self._stepper = stepper
        self._inbox_changed = asyncio.Event()
        self._timers_changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._working = 0
        self._taking_inbox = False
        self._shards: frozenset[int] = frozenset()
        self._here_since = clock.now()
        self._held_back = False
        self._holds: dict[tuple[str, int], list[asyncio.Event]] = {}
        self.duplicates = 0
        """Events that came again and changed nothing."""
        self.asking: Asking | None = None
        """Whoever asks vendors what was missed."""
        self.unmatched: Counter[str] = Counter()
        """Events that were kept because their chat was not known, by integration."""
        self.erased: Counter[str] = Counter()
        """Events that were dropped because their chat was erased, by integration."""

    def start(self) -> None:
        """Start the two loops: inbox and timers."""
        self._here_since = self._clock.now()
        self._inbox_changed.set()
        self._timers_changed.set()
        self._tasks = [
            start(self._inbox_loop(), name="inbox"),
            start(self._timer_loop(), name="timers"),
        ]

    async def stop(self) -> None:
        """Stop both loops; what they have not taken is in the ledger."""
        await interrupt(  # before it takes an end it asks the vendor for what was said
            self._tasks,
            lambda task: logger.error("the %s loop does not heed being interrupted", task.get_name()),
        )
        self._tasks = []

    def inbox_changed(self) -> None:
        """An embedded provider has committed events."""
        self._inbox_changed.set()

    def timers_changed(self) -> None:
        """A timer was set or cancelled."""
        self._timers_changed.set()

    def shards_changed(self, shards: frozenset[int]) -> None:
        """This worker holds these shards now. What comes with new ones may have been left alone for long."""
        if shards - self._shards:
            self._here_since = self._clock.now()
        self._shards = shards

    def learned(self) -> None:
        """More is known now about what happened before this worker came."""
        if self._held_back:
            self._timers_changed.set()

    @property
    def is_idle(self) -> bool:
        """Whether both loops wait for something to happen."""
        return not (self._working or self._inbox_changed.is_set() or self._timers_changed.is_set())

    @contextmanager
    def holding(self, handoff_id: str, attempt: int) -> Generator[None]:
        """Let what comes by itself in this chat wait meanwhile.

        A vendor that was asked has told what was said up to now: what is said later and comes by a stream or
        a webhook must not overtake it while it is being written down.
        """
        key, over = (handoff_id, attempt), asyncio.Event()
        self._holds.setdefault(key, []).append(over)
        try:
            yield
        finally:
            over.set()
            self._holds[key].remove(over)
            if not self._holds[key]:
                del self._holds[key]

    async def take_event(
        self, event: ProviderEvent, *, inbox_id: int | None = None, late_seconds: float | None = None
    ) -> bool:
        """Apply an event to the handoff that it belongs to; keep it if there is none yet.

        ``late_seconds`` comes with what was missed and found out by asking. True when it was applied now;
        False when it was seen before or is kept.
        """
        if isinstance(event, StreamGap) and self.asking is not None:
            await self.asking.gap(event)
            if inbox_id is not None:
                await self._store.forget_inbox(inbox_id)
            return True
        found = await self._store.match(event.integration, event.refs)
        if found is None:
            return await self._keep(event, inbox_id=inbox_id)
        handoff_id, attempt = found
        came_by_itself = inbox_id is None and late_seconds is None
        await self._turn_of(found if came_by_itself else None)
        if isinstance(event, MessageFailed):
            event = await self._of_whole_message(handoff_id, event)
        if isinstance(event, ChatEnded) and came_by_itself and self.asking is not None:
            await self.asking.before_end(event.integration, handoff_id, attempt)
        try:
            result = await self._stepper.submit(
                handoff_id,
                ProviderReported(event=event, attempt=attempt, late_seconds=late_seconds),
                event=event,
                inbox_id=inbox_id,
            )
        except (DuplicateEvent, DuplicateMessage):
            self.duplicates += 1
            if inbox_id is not None:
                await self._store.forget_inbox(inbox_id)
            return False
        except HandoffNotFound:  # erased this very moment
            return await self._keep(event, inbox_id=inbox_id)
        if result.refused:
            logger.info("handoff %s: %s", handoff_id, result.refused)
        return True

    async def _turn_of(self, chat: tuple[str, int] | None) -> None:
        """Wait while what is older is being written down."""
        while chat is not None and (holds := self._holds.get(chat)):
            await holds[-1].wait()

    async def _of_whole_message(self, handoff_id: str, event: MessageFailed) -> MessageFailed:
        """The failure of our own message, whichever name the vendor has for it.

        Some know a message by their own id alone. That of a part of a split message is the failure of the
        message: its fate is one.
        """
        if await self._store.entry(handoff_id, Direction.TO_PROVIDER, event.message_key) is not None:
            return event
        after = 0
        while entries := await self._store.entries(handoff_id, after=after):
            after = entries[-1].seq
            for entry in entries:
                if entry.direction is not Direction.TO_PROVIDER:
                    continue
                if entry.vendor_id == event.message_key:
                    return event.model_copy(update={"message_key": entry.message.key})
                number = part_number(event.message_key, entry.message.key)
                if number is not None:
                    reason = f"part {number}: {event.reason or 'the vendor could not deliver it'}"[:1000]
                    return event.model_copy(update={"message_key": entry.message.key, "reason": reason})
        return event

    async def _keep(self, event: ProviderEvent, *, inbox_id: int | None) -> bool:
        """Keep an event until its chat is known. The chat may have become known this very moment.

        An event of a chat that was erased is dropped: nothing recreates the person.
        """
        if await self._store.is_erased(event.integration, event.refs):
            self.erased[event.integration] += 1
            if inbox_id is not None:
                await self._store.forget_inbox(inbox_id)
            return False
        self.unmatched[event.integration] += await self._store.keep_unmatched(event, event.received_at)
        if inbox_id is not None:
            await self._store.forget_inbox(inbox_id)
        if await self._store.match(event.integration, event.refs) is None:
            return False
        return await self.take_unmatched(event.integration, event.refs) > 0

    async def take_unmatched(self, integration: str, refs: tuple[str, ...]) -> int:
        """Apply events that came before their chat was known; returns how many."""
        taken = 0
        for kept in await self._store.unmatched(integration, refs):
            if await self._store.match(integration, kept.event.refs) is not None:
                taken += await self.take_event(kept.event, inbox_id=kept.id)
        return taken

    async def _inbox_loop(self) -> None:
        while True:
            await self._inbox_changed.wait()
            self._working += 1
            self._taking_inbox = True
            try:
                self._inbox_changed.clear()
                stuck = await self._take_inbox()
            except StoreError as error:
                logger.warning("the inbox cannot be read: %s", error)
                stuck = True
            finally:
                self._working -= 1
                self._taking_inbox = False
            self.learned()
            if stuck:
                self._inbox_changed.set()
                await asyncio.sleep(_STORE_PAUSE)

    async def take_what_waits(self) -> None:
        """Take in what was committed before this worker came. Raises ``StoreError``.

        Before any action goes on: a chat that is being closed must not be over before its last words.
        """
        self._inbox_changed.set()
        while self._inbox_changed.is_set():
            self._inbox_changed.clear()
            if await self._take_inbox():
                return  # what cannot be applied is tried again by and by

    async def _take_inbox(self) -> bool:
        """Take what is in the inbox, up to a page; true when something in it could not be applied.

        An event that cannot be applied holds back later events of the same chat, and no others.
        """
        held_back: set[str] = set()
        limit = _PAGE
        while True:
            page = await self._store.inbox(limit)
            taken = [kept for kept in page if await self._take_kept(kept, held_back)]
            if taken:
                self._inbox_changed.set()  # there may be another page
            if taken or len(page) < limit or limit >= _LARGEST_PAGE:
                return bool(held_back)
            limit *= 4  # all of it is held back: others may be behind it

    async def _take_kept(self, kept: InboxEvent, held_back: set[str]) -> bool:
        """Take one event of the inbox, unless it, or one before it in its chat, cannot be applied."""
        event = kept.event
        if not held_back.isdisjoint(event.refs):
            return False
        try:
            await self.take_event(event, inbox_id=kept.id)
        except UnreadableDocument as error:
            logger.error("event %s of %s stays in the inbox: %s", event.id, event.integration, error)  # noqa: TRY400
        except StoreError:
            raise
        except Exception:
            logger.exception("event %s of %s stays in the inbox", event.id, event.integration)
        else:
            return True
        held_back.update(event.refs)
        return False

    async def _timer_loop(self) -> None:
        while True:
            self._working += 1
            try:
                self._timers_changed.clear()
                due = await self._store.due_timers(self._clock.now())
                ready = [timer for timer in due if not self._must_wait(timer)]
                self._held_back = len(ready) < len(due)
                stuck = not all([await self._fire(timer) for timer in ready])
                next_due = None if due else await self._store.next_timer()
            except StoreError as error:
                logger.warning("timers cannot be read: %s", error)
                ready, stuck, next_due = [], True, None
            finally:
                self._working -= 1
            if stuck:
                await asyncio.sleep(_STORE_PAUSE)
            elif not ready:
                until = self._clock.now() + (_LOOK_AGAIN if self._held_back else _LONGEST_SLEEP)
                await self._sleep(min(until, next_due) if next_due else until)

    def _must_wait(self, timer: TimerRow) -> bool:
        """Whether a clock ran out while nobody was there, and it is not yet known what else happened then.

        An agent who joined meanwhile must not be taken for one who never came.
        """
        if timer.due_at >= self._here_since or self._clock.now() >= self._here_since + _PATIENCE:
            return False
        if self._inbox_changed.is_set() or self._taking_inbox:
            return True
        return self.asking is not None and not self.asking.is_informed(timer.handoff_id)

    async def _fire(self, timer: TimerRow) -> bool:
        """Hand one timer to its handoff; false when it could not be, which holds back no other timer."""
        try:
            await self._stepper.submit(
                timer.handoff_id, TimerFired(name=timer.name, due_at=timer.due_at), fired=timer
            )
        except TimerGone:
            logger.debug("timer %s of %s was taken meanwhile", timer.name, timer.handoff_id)
        except HandoffNotFound:
            logger.info("timer %s of %s: the handoff is gone", timer.name, timer.handoff_id)
        except UnreadableDocument as error:
            logger.error("timer %s of %s could not fire: %s", timer.name, timer.handoff_id, error)  # noqa: TRY400
            return False
        except StoreError:
            raise
        except Exception:
            logger.exception("timer %s of %s could not fire; it is tried again", timer.name, timer.handoff_id)
            return False
        return True

    async def _sleep(self, until: datetime) -> None:
        tasks = [
            asyncio.create_task(self._clock.sleep_until(until)),
            asyncio.create_task(_wait(self._timers_changed)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            # gather, because awaiting a cancelled task and suppressing that would swallow our own end too.
            await asyncio.gather(*tasks, return_exceptions=True)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()
