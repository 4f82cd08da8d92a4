"""The workbench of one step: the handoff as it will be, and the effects collected so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from livechat_sdk.domain.handoff import Attempt, Candidate, Handoff, HandoffState
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.domain.moments import Moment
from livechat_sdk.lifecycle.effects import CancelTimer, Effect, Say, SendMessage, SetFate, SetTimer

__all__ = ["STATE_CHANGES", "Draft", "IllegalStateChange"]

_S = HandoffState

STATE_CHANGES: dict[HandoffState, frozenset[HandoffState]] = {
    _S.REQUESTED: frozenset({_S.STARTING, _S.ENDED}),
    _S.STARTING: frozenset({_S.STARTING, _S.QUEUED, _S.ACTIVE, _S.ENDING, _S.ENDED}),
    _S.QUEUED: frozenset({_S.STARTING, _S.ACTIVE, _S.ENDING, _S.ENDED}),
    _S.ACTIVE: frozenset({_S.TRANSFERRING, _S.STARTING, _S.ENDING, _S.ENDED}),
    _S.TRANSFERRING: frozenset({_S.ACTIVE, _S.STARTING, _S.ENDING, _S.ENDED}),
    _S.ENDING: frozenset({_S.ENDED}),
    _S.ENDED: frozenset(),
}
"""Which state may follow which."""


class IllegalStateChange(AssertionError):
    """A handler tried a change of state that is not in ``STATE_CHANGES``: our bug."""


@dataclass
class Draft:
    """A handoff being changed by one step. Handlers use its verbs; nothing else mutates it."""

    handoff: Handoff
    now: datetime
    effects: list[Effect] = field(default_factory=list[Effect])

    def emit(self, *effects: Effect) -> None:
        """Add effects, in order."""
        self.effects.extend(effects)

    def set(self, **changes: Any) -> None:
        """Replace fields of the handoff. The caller passes values of the right type."""
        self.handoff = self.handoff.model_copy(update=changes)

    def enter(self, state: HandoffState) -> None:
        """Change the state; refuses what ``STATE_CHANGES`` does not allow."""
        if state not in STATE_CHANGES[self.handoff.state]:
            raise IllegalStateChange(f"{self.handoff.state} -> {state}")
        self.set(state=state, state_since=self.now)

    def say(self, moment: Moment, **params: Any) -> None:
        """Tell the end user something. The key is unique within the handoff and stable."""
        handoff = self.handoff
        order = sum(isinstance(effect, Say) for effect in self.effects)
        key = f"{handoff.id}.{handoff.version + 1}.{moment}.{order}"
        self.emit(Say(key=key, moment=moment, params=params, owner_number=handoff.owner_number))

    def set_timer(self, name: str, seconds: float | None) -> None:
        """Start a clock, or restart it; ``None`` means that this clock is switched off."""
        if seconds is None:
            return
        due_at = self.now + timedelta(seconds=seconds)
        self.set(timers={**self.handoff.timers, name: due_at})
        self.emit(SetTimer(name=name, due_at=due_at))

    def cancel_timers(self, *names: str) -> None:
        """Stop clocks; those that do not run are left alone. Without names: all of them."""
        running = self.handoff.timers
        wanted = [name for name in (names or tuple(running)) if name in running]
        if wanted:
            self.set(timers={name: due for name, due in running.items() if name not in wanted})
            self.emit(*(CancelTimer(name=name) for name in wanted))

    def set_attempt(self, number: int, **changes: Any) -> Attempt:
        """Replace fields of attempt ``number`` and return it."""
        attempts = tuple(
            attempt.model_copy(update=changes) if attempt.number == number else attempt
            for attempt in self.handoff.attempts
        )
        self.set(attempts=attempts)
        return attempts[number - 1]

    def add_attempt(self, candidate: Candidate) -> Attempt:
        """Start the next attempt. Its reference is made from the handoff's id, so a retry repeats it."""
        number = len(self.handoff.attempts) + 1
        attempt = Attempt(number=number, ref=f"{self.handoff.id}.{number}", candidate=candidate)
        self.set(attempts=(*self.handoff.attempts, attempt))
        return attempt

    def hold(self, key: str) -> None:
        """Keep a message of the end user until somebody can take it."""
        self.set(held=(*self.handoff.held, key))

    def plan(self, key: str) -> None:
        """Note that a message of the end user is on its way to the provider."""
        self.set(planned=(*self.handoff.planned, key))

    def settle(self, key: str) -> None:
        """Note that the fate of a message of the end user is known."""
        handoff = self.handoff
        if self.is_open(key):
            self.set(
                planned=tuple(k for k in handoff.planned if k != key),
                held=tuple(k for k in handoff.held if k != key),
            )

    def is_open(self, key: str) -> bool:
        """Whether a message of the end user waits, or is on its way."""
        return key in self.handoff.planned or key in self.handoff.held

    def remember_earlier(self, key: str, fate: Fate) -> None:
        """Note what an attempt that was left did with a message which went on to a later one.

        Should that one fail with it, now or later, this fate and not the failure is the whole truth. Later
        may be after the end, and so may be the word of the attempt that was left.
        """
        handoff = self.handoff
        known = handoff.earlier.get(key)
        if known is not fate and not (known is not None and known.arrived):
            self.set(earlier={**handoff.earlier, key: fate})

    def remember_refusal(self, key: str, number: int) -> None:
        """Note that attempt ``number`` refused a message, which an earlier one may have brought."""
        if number > 1 and self.handoff.is_live:  # what has ended does not change any more
            self.set(refused_by={**self.handoff.refused_by, key: number})

    def release_held(self) -> None:
        """Send the held messages, oldest first, if the current attempt takes messages now."""
        attempt = self.handoff.attempt
        if attempt is None or not attempt.takes_messages:
            return
        keys = self.handoff.held
        self.set(held=(), planned=(*self.handoff.planned, *keys))
        for key in keys:
            self.emit(
                SetFate(message_key=key, direction=Direction.TO_PROVIDER, fate=Fate.PLANNED),
                SendMessage(attempt=attempt.number, message_key=key),
            )
