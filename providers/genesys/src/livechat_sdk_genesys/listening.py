"""The notifications WebSocket: who follows which conversation, and what happens when the socket does not.

One topic for each queue of the settings tells of all its conversations; a few topics for each conversation
tell of it wherever it goes. A channel lives for a day and is replaced before that, the new one first. What
happens while there is none is lost to the stream: then a ``StreamGap`` has every open chat asked about.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import ValidationError

from livechat_sdk.domain.chats import Chat, ChatEnded, ProviderEvent, StreamGap, UnknownEvent
from livechat_sdk.domain.clock import Clock
from livechat_sdk.errors import ProviderError, RetryableError, StoreError
from livechat_sdk.http.sockets import socket_clock
from livechat_sdk_genesys.api import Api
from livechat_sdk_genesys.channel import MOST_TOPICS, Channel, Frame
from livechat_sdk_genesys.contents import objects_of
from livechat_sdk_genesys.legs import Facts, facts_of, facts_of_event
from livechat_sdk_genesys.settings import GenesysSettings
from livechat_sdk_genesys.unfolding import Unfolding
from livechat_sdk_genesys.wire import WireConversation

__all__ = ["Listener"]

_log = logging.getLogger("livechat_sdk_genesys")

_LOOK_AT_CHATS: Final = timedelta(seconds=5)
"""How often the ledger is asked which chats there are: so those of other workers are heard of."""
_HOLD: Final = timedelta(seconds=3)
"""For so long what is new waits for the name of an agent."""
_NOT_FOUND: Final = 404
_REFUSED_FOR: Final = timedelta(minutes=10)
_LOOKS_AT_ONCE: Final = 4
_MOST_FOLLOWED: Final = 20_000
_NEEDED: Final = ("customer.end", "acd.end")
"""What must be heard of each conversation; the rest as long as there is room."""
_USEFUL: Final = ("user.end", "user.start", "acd.start")
_QUEUES: Final = "v2.routing.queues."
_DETAILS: Final = "v2.detail.events.conversation."


class Listener:
    """Listens for one integration. ``ended`` hears of conversations that are over."""

    def __init__(
        self,
        api: Api,
        settings: GenesysSettings,
        integration: str,
        *,
        chats: Callable[[], AsyncIterator[Chat]],
        ended: Callable[[str, str], None],
    ) -> None:
        self._api = api
        self._settings = settings
        self._integration = integration
        self._chats = chats
        self._ended = ended
        self._wake = asyncio.Event()
        self._fresh: dict[str, str] = {}
        self._reset()

    def _reset(self) -> None:
        self._channel: Channel | None = None
        self._followed: dict[str, Unfolding] = {}
        self._held: dict[str, datetime] = {}
        self._changed: set[str] = set()
        """Conversations of which notifications alone have told something new."""
        self._listed: set[str] = set()
        """Conversations that the ledger knows, or has known."""
        self._wanted: dict[str, None] = {}
        """Conversations that are to be asked for."""
        self._later: dict[str, datetime] = {}
        """Conversations that could not be asked for, and when to try again."""
        self._unknown: list[UnknownEvent] = []
        self._looking: set[asyncio.Task[None]] = set()
        self._following: asyncio.Task[None] | None = None
        self._found: list[Facts] = []
        self._ask_again: datetime | None = None
        self._told: set[str] = set()
        self._gaps = 0

    # ---- what the provider says

    def opened(self, conversation: str, ref: str) -> None:
        """A conversation was begun in this process: follow it at once, if it is here that is listened."""
        if self._channel is not None:
            self._fresh[conversation] = ref
            self._wake.set()

    def vouches_for(self, conversation: str) -> bool:
        """Whether the end of a conversation would be heard of here."""
        channel = self._channel
        if channel is None or channel.failure is not None or conversation not in self._followed:
            return False
        return f"{_DETAILS}{conversation}.customer.end" in channel.topics

    # ---- listening

    async def events(self) -> AsyncIterator[ProviderEvent]:
        """See ``ChatProvider.listen``. What cannot be connected raises; whoever listens tries again."""
        clock = socket_clock()
        self._reset()
        try:
            self._channel = await Channel.dial(self._api, clock, self._wake.set)
            await self._subscribe(clock.now())  # to the queues: they tell of all their conversations at once
            next_look = clock.now()
            while True:
                gap = await self._stay_connected(clock)
                if gap is not None:
                    yield gap
                if (self._fresh or clock.now() >= next_look) and self._following is None:
                    next_look = clock.now() + _LOOK_AT_CHATS
                    self._follow(clock)
                self._hear()
                for event in self._tell(clock.now()):
                    yield event
                self._look(clock.now())
                await self._rest(clock, next_look)
        finally:
            await self._hang_up()

    async def _stay_connected(self, clock: Clock) -> StreamGap | None:
        """Renew a channel that ends, replace one that was lost: then there was a gap."""
        channel = self._channel
        if channel is None:
            raise AssertionError("not connected")
        await channel.keep()
        if channel.failure is None:
            if channel.closing:
                await self._stop_following()
                _log.info("%s: the channel of notifications is renewed", self._integration)
                fresh = await Channel.dial(self._api, clock, self._wake.set)
                try:
                    await fresh.add(self._topics())
                except BaseException:
                    await fresh.close()
                    raise
                self._channel = fresh
                await channel.close()
                fresh.frames.extendleft(reversed(channel.frames))
            return None
        _log.warning("%s: the notifications broke off: %s", self._integration, channel.failure)
        since = channel.heard_at
        self._hear()  # what came before
        await self._stop_following()
        self._channel = None
        await channel.close()
        self._channel = await Channel.dial(self._api, clock, self._wake.set)
        await self._subscribe(clock.now())
        self._gaps += 1
        return StreamGap(
            id=f"gap:{self._channel.id}:{self._gaps}"[:200],
            integration=self._integration,
            refs=(f"stream:{self._integration}"[:200],),
            received_at=clock.now(),
            since=since,
        )

    async def _stop_following(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    async def _hang_up(self) -> None:
        await self._stop_following()
        for task in self._looking:
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)
        channel, self._channel = self._channel, None
        if channel is not None:
            await channel.close()

    async def _rest(self, clock: Clock, next_look: datetime) -> None:
        channel = self._channel
        if channel is not None and (channel.frames or channel.failure is not None or channel.closing):
            self._wake.set()
        times = [next_look, *self._held.values(), *self._later.values()]
        times += [one.due for name, one in self._followed.items() if one.due and name not in self._held]
        if channel is not None:
            times.append(channel.due)
        await _wait(self._wake, clock, min(times))
        self._wake.clear()

    # ---- whom to follow

    def _follow(self, clock: Clock) -> None:
        """Find out whom to follow, and subscribe, while what comes is heard."""

        async def follow() -> None:
            await self._follow_chats()
            await self._subscribe(clock.now())

        def done(task: asyncio.Task[None]) -> None:
            self._following = None
            if not task.cancelled() and (error := task.exception()) is not None and self._channel is not None:
                self._channel.failure = self._channel.failure or error
            self._wake.set()

        self._following = asyncio.create_task(follow(), name="genesys subscriptions")
        self._following.add_done_callback(done)

    async def _follow_chats(self) -> None:
        """Follow the chats of the ledger and those that were just begun, and nobody else."""
        fresh, self._fresh = self._fresh, {}
        found = dict(fresh)
        try:
            async for chat in self._chats():
                conversation = chat.vendor_ref or chat.state.get("conversation")
                if isinstance(conversation, str):
                    found[conversation] = chat.ref
            self._listed.update(found.keys() - fresh.keys())
        except StoreError as error:
            _log.warning("%s: the ledger does not say which chats there are: %s", self._integration, error)
            found |= {name: one.ref or "" for name, one in self._followed.items()}
        for conversation, ref in found.items():
            if conversation not in self._followed:
                self._followed[conversation] = Unfolding(self._integration, conversation, ref or None)
                self._wanted[conversation] = None  # what happened until now
            elif ref:
                self._followed[conversation].ref = ref
        for conversation, one in list(self._followed.items()):
            if conversation not in found and (one.ended or conversation in self._listed):
                self._drop(conversation)

    def _drop(self, conversation: str) -> None:
        for known in (self._followed, self._held, self._wanted, self._later):
            known.pop(conversation, None)
        self._listed.discard(conversation)
        self._changed.discard(conversation)

    def _topics(self) -> Iterator[str]:
        """All that should be heard, the most needed first."""
        yield from (f"{_QUEUES}{queue}.conversations.messages" for queue in self._settings.queue_ids)
        live = [name for name, one in self._followed.items() if not one.ended]
        for what in (*_NEEDED, *_USEFUL):
            yield from (f"{_DETAILS}{name}.{what}" for name in reversed(live))

    async def _subscribe(self, now: datetime) -> None:
        """Ask for what should be heard and is not yet."""
        channel = self._channel
        if channel is None or (self._ask_again is not None and now < self._ask_again):
            return
        self._ask_again = None
        wanted = list(self._topics())
        known = channel.topics.keys() | channel.refused
        new = [one for one in wanted if one not in known]
        if not new:
            return
        if len(wanted) > MOST_TOPICS:
            self._warn("full", "there are more topics than a channel holds: some ends are found by asking")
        try:
            if len(channel.topics) + len(new) > MOST_TOPICS:
                await channel.replace(wanted)
            else:
                await channel.add(new)
        except ProviderError as error:
            if error.status == _NOT_FOUND:  # the vendor has dropped the channel
                channel.failure = channel.failure or error
                self._wake.set()
                return
            _log.warning("%s: no subscription now: %s", self._integration, error)
            passes = isinstance(error, RetryableError)
            pause = timedelta(seconds=error.retry_after or 0.0) if passes else _REFUSED_FOR
            self._ask_again = now + max(pause, _LOOK_AT_CHATS)
        if channel.refused:
            kinds = sorted(
                {"queues" if one.startswith(_QUEUES) else "conversations" for one in channel.refused}
            )
            self._warn(
                "refused", f"notifications of {' and '.join(kinds)} are not granted to the OAuth client"
            )

    def _warn(self, what: str, text: str) -> None:
        """Once while it is listened."""
        if what not in self._told:
            self._told.add(what)
            _log.warning("%s: %s", self._integration, text)

    # ---- what is heard

    def _hear(self) -> None:
        """Take in all that has come."""
        channel = self._channel
        while channel is not None and channel.frames:
            facts = self._facts_of(channel.frames.popleft())
            if facts is not None:
                self._take(facts)
        while self._found:
            self._take(self._found.pop(0))

    def _facts_of(self, frame: Frame) -> Facts | None:
        topic, body = frame
        if not topic.startswith(_QUEUES):
            facts = facts_of_event(topic, body)
            if facts is None:
                self._note_unknown(topic, body)
            return facts
        people = [{**one, "messages": None} for one in objects_of(body.get("participants"))]
        try:
            return facts_of(WireConversation.model_validate({**body, "participants": people}))
        except ValidationError as error:
            _log.warning("%s: a notification of a queue is not as documented: %s", self._integration, error)
            return None

    def _note_unknown(self, topic: str, body: Mapping[str, Any]) -> None:
        """Keep what is about a conversation of ours, and is of a kind that nobody knows."""
        conversation = body.get("conversationId")
        known = self._followed.get(conversation) if isinstance(conversation, str) else None
        if known is None:
            return
        content = json.dumps([topic, body], sort_keys=True).encode()
        self._unknown.append(
            UnknownEvent(
                id=f"sha256:{hashlib.sha256(content).hexdigest()}",
                integration=self._integration,
                refs=tuple(ref for ref in (known.ref, known.conversation) if ref),
                received_at=socket_clock().now(),
                raw=dict(body),
                name=topic[:200],
            )
        )

    def _take(self, facts: Facts) -> None:
        """Facts of a conversation that is followed, or that names itself as one of ours."""
        known = self._followed.get(facts.conversation)
        if known is None:
            if facts.ref is None or len(self._followed) >= _MOST_FOLLOWED:
                return
            known = Unfolding(self._integration, facts.conversation, facts.ref)
            self._followed[facts.conversation] = known
        known.hear(facts)
        if facts.whole:
            self._wanted.pop(facts.conversation, None)
            self._changed.discard(facts.conversation)
        else:
            self._changed.add(facts.conversation)

    def _tell(self, now: datetime) -> Iterator[ProviderEvent]:
        """What follows and is new. What may get a name in a moment waits for it."""
        unknown, self._unknown = self._unknown, []
        yield from unknown
        for conversation, one in list(self._followed.items()):
            if conversation in self._changed and one.wants_a_look:
                self._wanted[conversation] = None
                self._held.setdefault(conversation, now + _HOLD)
            self._changed.discard(conversation)
            if now >= self._held.get(conversation, now):
                self._held.pop(conversation, None)
            elif one.is_nameless:
                continue
            before = one.leaving
            events = one.told(now)
            if one.leaving - before:
                self._wanted[conversation] = None  # whether it goes on
            for event in events:
                if isinstance(event, ChatEnded):
                    self._held.pop(conversation, None)
                    self._ended(one.ref or "", conversation)
                yield event

    # ---- looking

    def _look(self, now: datetime) -> None:
        """Ask for conversations of which more is to be known, a few at a time."""
        for conversation in [name for name, when in self._later.items() if when <= now]:
            del self._later[conversation]
            self._wanted[conversation] = None
        for conversation in list(self._wanted):
            if len(self._looking) >= _LOOKS_AT_ONCE:
                return
            del self._wanted[conversation]
            task = asyncio.create_task(self._look_at(conversation), name=f"genesys look {conversation}")
            self._looking.add(task)
            task.add_done_callback(self._looking.discard)

    async def _look_at(self, conversation: str) -> None:
        try:
            found = await self._api.conversation("stream", conversation, can_wait=True)
        except RetryableError as error:
            pause = max(timedelta(seconds=error.retry_after or 0.0), _LOOK_AT_CHATS)
            self._later[conversation] = socket_clock().now() + pause
        except ProviderError as error:
            self._warn("look", f"a conversation cannot be asked for: {error}")
        else:
            self._found.append(replace(facts_of(found), asked=True))
        self._held.pop(conversation, None)
        self._wake.set()


async def _wait(changed: asyncio.Event, clock: Clock, until: datetime) -> None:
    """Return when ``changed`` is set, or when ``until`` has come."""
    if changed.is_set():
        return
    tasks = [asyncio.create_task(clock.sleep_until(until)), asyncio.create_task(_set(changed))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        # gather, because awaiting a cancelled task and suppressing that would swallow our own end too.
        await asyncio.gather(*tasks, return_exceptions=True)


async def _set(changed: asyncio.Event) -> None:
    await changed.wait()
