"""Webhooks as vendors deliver them: signed at each attempt, repeated on a schedule, given up in the end.

Order is not promised, an event may come twice, and it may come before the call that caused it was answered:
faults of the operation ``webhook`` make all of that happen on demand (see ``faults``).

With ``deliver`` set, deliveries are handed to a function in this process; else they go to the target over
HTTP. While there is neither, events wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, Literal
from urllib.parse import urlsplit

import httpx

from livechat_sdk_simulators.clock import Clock
from livechat_sdk_simulators.faults import FaultSwitch
from livechat_sdk_simulators.turns import Turn, let_go

__all__ = [
    "Attempt",
    "Deliver",
    "Delivery",
    "Receiver",
    "RepeatRule",
    "WebhookCall",
    "Webhooks",
    "on_schedule",
]

_KEPT: Final = 1000
_OK: Final = range(200, 300)
_PER_DELIVERY: Final = 50


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One delivery on its way: what an HTTP request would carry."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


Deliver = Callable[[WebhookCall], Awaitable[int]]
"""Takes a delivery in this process; returns the HTTP status of the answer."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one attempt went. ``status`` is ``None`` when there was no answer; ``problem`` says why."""

    at: datetime
    status: int | None
    problem: str = ""
    retry_after: float | None = None


RepeatRule = Callable[[Sequence[Attempt]], float | None]
"""After failed attempts: seconds until the next one, or ``None`` to give up."""

SignRule = Callable[[bytes, datetime], Mapping[str, str]]
"""The headers that prove an attempt, from its body and its time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Whom a delivery is for, where a vendor has several webhooks. ``None`` is the simulator's own."""

    target: str | None = None
    path: str | None = None
    """What a delivery in process is addressed to when there is no target."""
    sign: SignRule | None = field(default=None, repr=False)
    repeat: RepeatRule | None = None


_USUAL: Final = Receiver()

State = Literal["waiting", "delivered", "given_up", "withheld"]


@dataclass(slots=True, eq=False, kw_only=True)
class Delivery(Turn):
    """One event on its way to the target, with all its attempts."""

    id: str
    """A repeated event has the same one."""
    event: str
    body: bytes = field(repr=False)
    created_at: datetime
    to: Receiver = _USUAL
    outcome: Literal["delivered", "given_up"] | None = None
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    failed_in_a_row: int = 0
    under_way: bool = False

    @property
    def state(self) -> State:
        """What became of it by now."""
        return "withheld" if self.withheld else self.outcome or "waiting"


def on_schedule(*pauses: float) -> RepeatRule:
    """Anything but 2xx is repeated after these pauses, one after the other; then it is given up."""

    def rule(attempts: Sequence[Attempt]) -> float | None:
        return pauses[len(attempts) - 1] if len(attempts) <= len(pauses) else None

    return rule


class Webhooks:
    """The deliveries of one simulator.

    ``sign`` makes the headers of an attempt from its body and its time. ``timeout`` is in seconds and holds
    over HTTP. ``path`` is what a delivery in this process is addressed to when there is no target.
    """

    def __init__(
        self,
        clock: Clock,
        faults: FaultSwitch,
        sign: SignRule,
        repeat: RepeatRule,
        *,
        target: str | None = None,
        path: str = "/",
        timeout: float = 5.0,
    ) -> None:
        self.target = target
        self.deliver: Deliver | None = None
        self.deliveries: list[Delivery] = []
        """The newest, oldest first."""
        self.changed = asyncio.Event()
        """Set when there may be something to deliver earlier than was known."""
        self._clock = clock
        self._faults = faults
        self._sign = sign
        self._repeat = repeat
        self._path = path
        self._timeout = timeout
        self._count = 0
        self._client: httpx.AsyncClient | None = None

    # ------------------------------------------------------------------------------------------ making
    def emit(
        self, delivery_id: str, event: str, body: bytes, chat: str = "", to: Receiver = _USUAL
    ) -> Delivery:
        """Make a webhook, which is due at once unless a fault says otherwise."""
        now = self._clock.now()
        made = self._add(delivery_id, event, chat, body, now)
        made.to = to
        let_go((one for one in self.deliveries if one.state == "waiting"), made)
        fault = self._faults.of_webhook(event)
        if fault is not None:
            made.suffer(fault)
        if fault is not None and fault.kind == "repeat":
            again = self._add(delivery_id, event, chat, body, now)
            again.fault, again.to = made.fault, to
        self._forget()
        self.changed.set()
        return made

    def _add(self, delivery_id: str, event: str, chat: str, body: bytes, now: datetime) -> Delivery:
        self._count += 1
        made = Delivery(
            number=self._count, chat=chat, due=now, id=delivery_id, event=event, body=body, created_at=now
        )
        self.deliveries.append(made)
        return made

    def _forget(self) -> None:
        """Forget the oldest that are done; those that wait are kept, whatever their number."""
        surplus = len(self.deliveries) - _KEPT
        if surplus > 0:
            done = [one for one in self.deliveries if one.state != "waiting"][:surplus]
            gone = {one.number for one in done}
            self.deliveries = [one for one in self.deliveries if one.number not in gone]

    def again(self, delivery: Delivery) -> None:
        """Deliver once more, now, whatever became of it; the same id, signed anew."""
        delivery.outcome, delivery.due, delivery.failed_in_a_row = None, self._clock.now(), 0
        delivery.withheld = delivery.held_back = False
        self.changed.set()

    # -------------------------------------------------------------------------------------- delivering
    @property
    def listening(self) -> bool:
        """Whether there is anybody to deliver to."""
        known = self.deliver is not None or self.target is not None
        return known or any(one.state == "waiting" and one.to.target for one in self.deliveries)

    def _reaches(self, delivery: Delivery) -> bool:
        return self.deliver is not None or bool(delivery.to.target or self.target)

    def next_due(self) -> datetime | None:
        """When the next attempt is due; ``None`` while nothing waits or nobody listens."""
        if not self.listening:
            return None
        waiting = (
            one.due
            for one in self.deliveries
            if one.state == "waiting" and not one.under_way and self._reaches(one)
        )
        return min(waiting, default=None)

    async def pump(self, *, early_only: bool = False) -> int:
        """Make every attempt that is due, in turn for each chat; returns how many were made.

        What ``deliver`` raises comes out of here, after the attempt was noted as failed.
        """
        made = 0
        while due := self._due(early_only=early_only):
            if self.deliver is not None:
                made += await self._in_turn(due)
                continue
            due.sort(key=lambda one: one.chat)  # stable: in order within each chat
            lanes = [list(lane) for _, lane in groupby(due, key=lambda one: one.chat)]
            made += sum(await asyncio.gather(*(self._in_turn(lane) for lane in lanes)))
        return made

    def _due(self, *, early_only: bool) -> list[Delivery]:
        now = self._clock.now()
        due = [
            one
            for one in self.deliveries
            if one.state == "waiting"
            and not one.under_way
            and one.due <= now
            and (one.early or not early_only)
            and self._reaches(one)
        ]
        due.sort(key=lambda one: one.turn)
        return due

    async def _in_turn(self, lane: Sequence[Delivery]) -> int:
        made = 0
        for one in lane:
            if one.state == "waiting" and not one.under_way:  # another pump may have been quicker
                await self._attempt(one)
                made += 1
        return made

    async def _attempt(self, delivery: Delivery) -> None:
        now = self._clock.now()
        delivery.under_way = True
        sign = delivery.to.sign or self._sign
        headers = {"content-type": "application/json", **sign(delivery.body, now)}
        target = delivery.to.target or self.target
        attempt = Attempt(now, None, "the receiver crashed")
        try:
            if self.deliver is not None:
                path = (urlsplit(target).path or "/") if target else delivery.to.path or self._path
                call = WebhookCall("POST", path, headers, delivery.body)
                attempt = Attempt(now, await self.deliver(call))
            elif target is not None:
                attempt = await self._over_http(target, headers, delivery.body)
        finally:
            self._settle(delivery, attempt)

    async def _over_http(self, target: str, headers: Mapping[str, str], body: bytes) -> Attempt:
        if self._client is None:
            self._client = httpx.AsyncClient(follow_redirects=False, trust_env=False)
        now = self._clock.now()
        try:
            async with asyncio.timeout(self._timeout):
                request = self._client.build_request("POST", target, headers=dict(headers), content=body)
                answer = await self._client.send(request, stream=True)
                await answer.aclose()  # nobody reads what a receiver says
        except TimeoutError:
            return Attempt(now, None, f"no answer within {self._timeout:g} s")
        except httpx.HTTPError as error:
            return Attempt(now, None, type(error).__name__)
        return Attempt(now, answer.status_code, retry_after=_seconds(answer.headers.get("retry-after")))

    def _settle(self, delivery: Delivery, attempt: Attempt) -> None:
        delivery.under_way = False
        self.changed.set()
        delivery.attempts.append(attempt)
        del delivery.attempts[:-_PER_DELIVERY]
        if attempt.status in _OK:
            delivery.outcome = "delivered"
            return
        delivery.failed_in_a_row += 1
        repeat = delivery.to.repeat or self._repeat
        pause = repeat(delivery.attempts[-delivery.failed_in_a_row :])
        if pause is None:
            delivery.outcome = "given_up"
        else:
            delivery.due = attempt.at + timedelta(seconds=pause)

    async def close(self) -> None:
        """Close the connections to the target."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _seconds(value: str | None) -> float | None:
    return float(value) if value is not None and value.isascii() and value.isdigit() else None
