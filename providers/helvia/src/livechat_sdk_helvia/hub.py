"""Live updates inside one process: who waits for a change of what. ``news.py`` carries them to the others.

Nothing depends on an update arriving: a stream reads the tables when it starts, when it is woken,
and now and then by itself.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Generator, Hashable
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

__all__ = [
    "CALLBACKS",
    "INBOX",
    "RUNS",
    "SERVICE_REQUESTS",
    "SETTINGS",
    "TEAM",
    "Hub",
    "Outbox",
    "Subscription",
    "TypingSign",
    "conversation_topic",
    "session_topic",
]

INBOX: Final = "inbox"
"""Topic: a request or conversation has moved between New, Open and Closed, or its line changed."""

TEAM: Final = "team"
"""Topic: somebody has come, gone, or switched themselves away."""

SETTINGS: Final = "settings"
"""Topic: what admins set for the whole desk has changed."""

RUNS: Final = "runs"
"""Topic: there may be a run of an automation to be done."""

CALLBACKS: Final = "callbacks"
"""Topic: there may be a callback to be delivered. Never told to other processes."""

SERVICE_REQUESTS: Final = "service-requests"
"""Topic: a service has opened a request, whose time runs. Never told to other processes."""

_CALM: Final = 1.0
"""Seconds between two changes of a kind that comes often."""


def conversation_topic(conversation_id: int | str) -> str:
    """The topic of one conversation."""
    return f"conversation:{conversation_id}"


def session_topic(token_hash: str) -> str:
    """The topic of one session: it has ended."""
    return f"session:{token_hash}"


class Subscription:
    """Collects what has changed until somebody asks."""

    def __init__(self) -> None:
        self._changes: set[str] = set()
        self._wake = asyncio.Event()
        self.closed = False

    def add(self, change: str) -> None:
        """Note a change and wake the waiting one."""
        self._changes.add(change)
        self._wake.set()

    def close(self) -> None:
        """Wake the waiting one for the last time."""
        self.closed = True
        self._wake.set()

    async def wait(self, seconds: float) -> frozenset[str]:
        """The changes since the last call; empty after ``seconds`` without any."""
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return frozenset()
        if not self.closed:
            self._wake.clear()
        changes = frozenset(self._changes)
        self._changes.clear()
        return changes


class TypingSign(NamedTuple):
    """Somebody types, or stopped: a member, or the end user, whose ``user_id`` is 0. It is kept nowhere."""

    conversation_id: int
    user_id: int
    name: str
    on: bool


class Outbox:
    """What is to be told to other processes: every change once, and signs such as who types now.

    Closed until opened.
    """

    def __init__(self) -> None:
        self._open = False
        self._changes: set[tuple[str, str]] = set()
        self._signs: dict[Hashable, tuple[Any, ...]] = {}
        self._filled = asyncio.Event()

    def open(self) -> None:
        """Collect from now on."""
        self._open = True

    def add(self, topic: str, change: str) -> None:
        """Note a change."""
        if self._open:
            self._changes.add((topic, change))
            self._filled.set()

    def add_typing(self, sign: TypingSign) -> None:
        """Note who types; the last word of each counts."""
        self.add_sign((sign.conversation_id, sign.user_id), sign)

    def add_sign(self, about: Hashable, sign: tuple[Any, ...]) -> None:
        """Note something short-lived that JSON can hold; the last word ``about`` something counts."""
        if self._open:
            self._signs[about] = sign
            self._filled.set()

    def put_back(self, changes: frozenset[tuple[str, str]]) -> None:
        """Changes that could not be told. Signs of then are out of date."""
        self._changes |= changes
        self._filled.set()

    def take(self) -> tuple[frozenset[tuple[str, str]], list[tuple[Any, ...]]]:
        """Everything collected since the last time."""
        changes, signs = frozenset(self._changes), list(self._signs.values())
        self._changes.clear()
        self._signs.clear()
        self._filled.clear()
        return changes, signs

    async def filled(self) -> None:
        """Return when there is something to be told."""
        await self._filled.wait()


class Hub:
    """Passes changes on to whoever subscribed to their topic. Belongs to one event loop."""

    def __init__(self) -> None:
        self._subscriptions: defaultdict[str, set[Subscription]] = defaultdict(set)
        self._closed = False
        self._resting: set[tuple[str, str]] = set()
        self._held_back: set[tuple[str, str]] = set()
        self.outbox = Outbox()

    def publish(self, topic: str, change: str) -> None:
        """Tell the subscribers of ``topic`` what has changed, and those in other processes soon after.

        Runs of automations stay here: the process that wrote one carries it out, others look by themselves.
        """
        self.deliver(topic, change)
        if topic != RUNS:
            self.outbox.add(topic, change)

    def publish_calmly(self, topic: str, change: str) -> None:
        """As ``publish``, but at most once in a second: for what comes often and concerns everybody.

        The first change is told at once, and what follows within the second is told once, when it is over.
        """
        if (topic, change) in self._resting:
            self._held_back.add((topic, change))
            return
        self.publish(topic, change)
        self._resting.add((topic, change))
        asyncio.get_running_loop().call_later(_CALM, self._rested, topic, change)

    def _rested(self, topic: str, change: str) -> None:
        self._resting.discard((topic, change))
        if (topic, change) in self._held_back and not self._closed:
            self._held_back.discard((topic, change))
            self.publish_calmly(topic, change)

    @property
    def is_watched(self) -> bool:
        """Whether anybody here waits for changes of anything."""
        return bool(self._subscriptions)

    def has_subscribers(self, topic: str) -> bool:
        """Whether anybody here waits for changes of ``topic``."""
        return topic in self._subscriptions

    def deliver(self, topic: str, change: str) -> None:
        """Tell the subscribers in this process only: the change comes from another one."""
        for subscription in self._subscriptions.get(topic, ()):
            subscription.add(change)

    @contextmanager
    def subscribe(self, *topics: str) -> Generator[Subscription]:
        """Collect changes of ``topics`` while the block runs."""
        subscription = Subscription()
        if self._closed:
            subscription.close()
        for topic in topics:
            self._subscriptions[topic].add(subscription)
        try:
            yield subscription
        finally:
            for topic in topics:
                self._subscriptions[topic].discard(subscription)
                if not self._subscriptions[topic]:
                    del self._subscriptions[topic]

    def close(self) -> None:
        """End every stream: the desk stops."""
        self._closed = True
        for subscriptions in list(self._subscriptions.values()):
            for subscription in subscriptions:
                subscription.close()
