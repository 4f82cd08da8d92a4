"""One step, from the ledger and back: load, compute, commit, pass on.

Steps of one handoff run one after the other in this process; a step that another process overtook is
computed again. What a step wants done is handed to the relay before the next step of the same
handoff is computed, so that lanes keep the order of decisions. A step that has begun is finished even
when its caller is cancelled: what was committed must also be carried out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from livechat_sdk.dispatcher.arguments import check_id
from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.domain.clock import Clock
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.errors import HandoffNotFound, StoreError
from livechat_sdk.ledger.store import (
    ActionRow,
    Change,
    Completion,
    Created,
    Store,
    TimerRow,
    VersionConflict,
)
from livechat_sdk.lifecycle import LedgerWrite, Step, step
from livechat_sdk.lifecycle.effects import (
    Action,
    BaseAction,
    ShowReceipt,
    ShowTyping,
    Signal,
    SignalReceipt,
    SignalTyping,
)
from livechat_sdk.lifecycle.inputs import (
    Decided,
    DropRequested,
    EffectDoubtful,
    EffectFailed,
    EndRequested,
    Input,
    ProviderReported,
    RetryRequested,
    UserSaid,
    kind_of,
)

__all__ = ["Committed", "Stepper", "Submitted"]

T = TypeVar("T")

_MOST_CONFLICTS = 50


@dataclass(frozen=True, slots=True)
class Committed:
    """A step that is in the ledger, and what must happen now."""

    before: Handoff | None
    after: Handoff
    cause: str
    change: Change
    actions: Sequence[ActionRow]
    signals: Sequence[Signal]
    timers_changed: bool


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of an input. ``refused`` says why it was not applied."""

    handoff: Handoff
    refused: str | None = None


class Stepper:
    """Applies inputs to handoffs, durably."""

    def __init__(self, store: Store, clock: Clock, committed: Callable[[Committed], None]) -> None:
        self._store = store
        self._clock = clock
        self._committed = committed
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}
        self._steps: set[asyncio.Task[Any]] = set()
        self.conflicts = 0
        """Steps that were computed again because somebody else was faster."""

    async def create(self, handoff: Handoff, happening: Input) -> Created:
        """Store a new handoff with its first step. Raises ``VersionConflict`` when the owner changed."""
        return await self._to_its_end(self._create(handoff, happening))

    @property
    def is_idle(self) -> bool:
        """Whether no step is under way."""
        return not self._steps

    async def stop(self) -> None:
        """Wait for the steps that have begun."""
        await asyncio.gather(*self._steps, return_exceptions=True)

    async def _create(self, handoff: Handoff, happening: Input) -> Created:
        async with self._alone(handoff.id):
            change, signals = self._change(handoff, happening)
            created = await self._store.create(change)
            if created.status == "created":
                self._pass_on(None, change, created.actions, signals)
            return created

    async def submit(
        self,
        handoff_id: str,
        happening: Input,
        *,
        completes: Completion | None = None,
        event: ProviderEvent | None = None,
        inbox_id: int | None = None,
        fired: TimerRow | None = None,
    ) -> Submitted:
        """Apply one input to a handoff and commit the step.

        Raises ``HandoffNotFound``, ``StoreError``, and what the ledger refuses: ``DuplicateEvent``,
        ``DuplicateMessage``, ``TimerGone``, ``LaneLost``, ``NotParked``. Nothing is written then.
        """
        check_id(handoff_id)
        return await self._to_its_end(
            self._submit(
                handoff_id, happening, completes=completes, event=event, inbox_id=inbox_id, fired=fired
            )
        )

    async def _submit(
        self,
        handoff_id: str,
        happening: Input,
        *,
        completes: Completion | None,
        event: ProviderEvent | None,
        inbox_id: int | None,
        fired: TimerRow | None,
    ) -> Submitted:
        async with self._alone(handoff_id):
            for _ in range(_MOST_CONFLICTS):
                before = await self._store.load(handoff_id)
                if before is None:
                    raise HandoffNotFound(handoff_id)
                change, signals = self._change(
                    before, happening, completes=completes, event=event, inbox_id=inbox_id, fired=fired
                )
                try:
                    applied = await self._store.apply(change)
                except VersionConflict:
                    self.conflicts += 1
                    continue
                self._pass_on(before, change, applied.actions, signals)
                return Submitted(change.handoff, change.refused)
        raise StoreError(f"handoff {handoff_id} is changed by others all the time; try again")

    def _change(
        self,
        before: Handoff,
        happening: Input,
        *,
        completes: Completion | None = None,
        event: ProviderEvent | None = None,
        inbox_id: int | None = None,
        fired: TimerRow | None = None,
    ) -> tuple[Change, list[Signal]]:
        now = self._clock.now()
        result = step(before, happening, now)
        writes, actions, signals = _sorted(result)
        change = Change(
            handoff=result.handoff,
            before_version=before.version,
            kind=kind_of(happening),
            at=now,
            writes=writes,
            actions=actions,
            refused=result.refused,
            detail={**_for_people(result.masked or happening), **_hours_of(happening)},
            completes=completes,
            event=event,
            inbox_id=inbox_id,
            fired=fired,
        )
        return change, signals

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work)
        self._steps.add(task)
        task.add_done_callback(self._steps.discard)
        return await asyncio.shield(task)

    def _pass_on(
        self, before: Handoff | None, change: Change, actions: Sequence[ActionRow], signals: Sequence[Signal]
    ) -> None:
        timers_before = before.timers if before else {}
        self._committed(
            Committed(
                before=before,
                after=change.handoff,
                cause=change.kind,
                change=change,
                actions=actions,
                signals=signals,
                timers_changed=change.handoff.timers != timers_before,
            )
        )

    @asynccontextmanager
    async def _alone(self, handoff_id: str) -> AsyncGenerator[None]:
        lock, users = self._locks.get(handoff_id) or (asyncio.Lock(), 0)
        self._locks[handoff_id] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[handoff_id]
            if users == 1:
                del self._locks[handoff_id]
            else:
                self._locks[handoff_id] = (lock, users - 1)


def _sorted(result: Step) -> tuple[list[LedgerWrite], list[Action], list[Signal]]:
    writes: list[LedgerWrite] = []
    actions: list[Action] = []
    signals: list[Signal] = []
    for effect in result.effects:
        if isinstance(effect, BaseAction):
            actions.append(effect)
        elif isinstance(effect, SignalTyping | SignalReceipt | ShowTyping | ShowReceipt):
            signals.append(effect)
        else:
            writes.append(effect)
    return writes, actions, signals


def _for_people(happening: Input) -> Mapping[str, Any]:
    """A few words for the journal: no message bodies, no personal data."""
    match happening:
        case Decided(candidates=candidates, refusal=refusal, detail=detail, left_out=left_out, routing=why):
            to = [f"{c.route.integration} ({c.route.why})" for c in candidates]
            reasons = None if why is None else why.model_dump(mode="json", exclude_defaults=True)
            words = {"refusal": refusal, "why": detail, "to": to or None, "left_out": list(left_out) or None}
            return _without_none({**words, "routing": reasons})
        case EndRequested(by=by, why=why, raw=raw):
            return _without_none({"by": by, "why": why, "raw": raw})
        case ProviderReported(event=event, attempt=attempt, late_seconds=late):
            told = {"event": event.id, "attempt": attempt, "integration": event.integration}
            return _without_none({**told, "late_seconds": late})
        case _:
            return _in_short(happening)


def _hours_of(happening: Input) -> Mapping[str, Any]:
    """The rule by which it was open when that was decided; where it was closed, the rule is why."""
    hours = happening.hours if isinstance(happening, Decided) else None
    return {"hours": hours.rule} if hours is not None and hours.open and hours.rule else {}


def _in_short(happening: Input) -> Mapping[str, Any]:
    match happening:
        case EffectFailed(error=error) | EffectDoubtful(error=error):
            return {"error": error}
        case UserSaid(message=message):
            return {"message": message.key}
        case RetryRequested(action_id=number, action=action) | DropRequested(action_id=number, action=action):
            return {"action": number, "kind": action.kind}
        case _:
            return {}


def _without_none(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value is not None}
