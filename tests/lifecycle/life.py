"""One handoff, played step by step in plain words. Every step is held against the invariants.

A test says what happens; ``Life`` feeds it to ``step``, keeps the ledger (see ``shadow``) and the clock.
Actions wait until the test says what became of them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from livechat_sdk.domain.chats import (
    AgentJoined,
    ChatAccepted,
    ChatEnded,
    ChatRejected,
    EventEnvelope,
    MessageReceived,
)
from livechat_sdk.domain.ends import Who, Why
from livechat_sdk.domain.handoff import Candidate, Handoff, HandoffPolicy
from livechat_sdk.domain.messages import Fate, Message
from livechat_sdk.lifecycle import Effect, Input, Step, step
from livechat_sdk.lifecycle.effects import (
    Decide,
    OpenChat,
    Say,
    SendMessage,
)
from livechat_sdk.lifecycle.inputs import (
    Decided,
    EffectDoubtful,
    EffectFailed,
    EffectSucceeded,
    EndRequested,
    ProviderReported,
    Requested,
    TimerFired,
    UserSaid,
)
from livechat_sdk_testing.builders import NOON, a_candidate, a_chat, a_handoff, an_agent, an_event
from tests.lifecycle.invariants import check_drained, check_handoff, check_lanes, check_ledger, check_step
from tests.lifecycle.shadow import A, AnyAction, Shadow


class Life:
    """A handoff and everything that has come of it so far."""

    def __init__(self, *, request: dict[str, Any] | None = None, **policy: Any) -> None:
        fields = {} if request is None else {"request": a_handoff().request.model_copy(update=request)}
        self.handoff: Handoff = a_handoff(policy=HandoffPolicy(**policy), **fields)
        self.now = NOON
        self.shadow = Shadow()
        self.spoken: list[str] = []
        self.steps: list[Step] = []

    # ------------------------------------------------------------------------------------------- driving
    def feed(self, happening: Input) -> Step:
        """Apply one input; check what must hold after every step."""
        before = self.handoff
        done = step(before, happening, self.now)
        if isinstance(happening, UserSaid) and done.refused is None:
            self.spoken.append(happening.message.key)
        self.steps.append(done)
        self.handoff = done.handoff
        self.shadow.apply(done.effects)
        check_step(before, done)
        check_handoff(self.handoff)
        check_ledger(self.handoff, self.shadow, self.spoken)
        check_lanes(self.shadow, self.spoken)
        return done

    def wait(self, seconds: float) -> None:
        """Let time pass; clocks that run out meanwhile fire when they are due, oldest first."""
        until = self.now + timedelta(seconds=seconds)
        while due := sorted((when, name) for name, when in self.shadow.timers.items() if when <= until):
            self.now, name = due[0]
            del self.shadow.timers[name]
            self.feed(TimerFired(name=name, due_at=self.now))
        self.now = until

    # ------------------------------------------------------------------------------------ what may happen
    def requested(self, *candidates: Candidate) -> Life:
        """A bot asks for a human; the decision finds ``candidates`` (one desk unless told otherwise)."""
        self.feed(Requested())
        return self.decided(Decided(candidates=candidates or (a_candidate(),)))

    def decided(self, decision: Decided) -> Life:
        """The decision is there."""
        self.take(Decide)
        self.feed(decision)
        return self

    def opened(self, **chat: Any) -> Life:
        """The vendor confirms the chat of the current attempt."""
        action = self._opening()
        self.feed(EffectSucceeded(action=action, chat=a_chat(attempt=action.attempt, **chat)))
        return self

    def not_opened(self, error: str = "it is on fire", *, unavailable: bool = False) -> Life:
        """The vendor breaks while a chat is opened, or has nobody."""
        self.feed(EffectFailed(action=self._opening(), error=error, unavailable=unavailable))
        return self

    def perhaps_opened(self) -> Life:
        """Nobody can tell whether the vendor opened the chat."""
        self.feed(EffectDoubtful(action=self._opening(), error="no answer"))
        return self

    def _opening(self) -> OpenChat:
        action = self.shadow.waiting(OpenChat)[-1]
        self.shadow.finish(action)
        return action

    def event(self, kind: type[EventEnvelope], *, attempt: int | None = None, **fields: Any) -> Step:
        """The vendor reports something, about the current attempt unless told otherwise."""
        number = attempt or len(self.handoff.attempts)
        happening = an_event(kind, attempt=number, **fields)
        return self.feed(ProviderReported.model_validate({"event": happening, "attempt": number}))

    def accepted(self) -> Life:
        """Somebody takes the request."""
        self.event(ChatAccepted)
        return self

    def joined(self, name: str = "Maria") -> Life:
        """An agent comes into the chat."""
        self.event(AgentJoined, agent=an_agent(name))
        return self

    def rejected(self, reason: str = "nobody there") -> Life:
        """The vendor has nobody for this chat."""
        self.event(ChatRejected, reason=reason)
        return self

    def vendor_ends(self, by: Who = "agent", why: Why = "resolved", **fields: Any) -> Step:
        """The chat is over at the vendor."""
        return self.event(ChatEnded, by=by, why=why, **fields)

    def user_says(self, key: str, body: str = "hello", **fields: Any) -> Step:
        """The end user writes a message."""
        return self.feed(UserSaid(message=Message(key=key, body=body, **fields)))

    def agent_says(self, key: str, **fields: Any) -> Step:
        """The agent writes a message."""
        return self.event(MessageReceived, message=Message(key=key, body="hi"), **fields)

    def ends(self, by: Who = "user", why: Why = "other") -> Life:
        """Our side wants it to end."""
        self.feed(EndRequested(by=by, why=why))
        return self

    # ------------------------------------------------------------------------------- results of actions
    def take(self, kind: type[A]) -> A:
        """Take the oldest waiting action of a kind out of its lane."""
        action = self.shadow.waiting(kind)[0]
        self.shadow.finish(action)
        return action

    def succeeds(self, kind: type[A], **fields: Any) -> Step:
        """The oldest waiting action of a kind was carried out."""
        return self.feed(EffectSucceeded(action=self.take(kind), **fields))

    def fails(self, kind: type[A], error: str = "no") -> Step:
        """The oldest waiting action of a kind was given up."""
        return self.feed(EffectFailed(action=self.take(kind), error=error))

    def leaves_doubt(self, kind: type[A]) -> Step:
        """Nobody can tell about the oldest waiting action of a kind."""
        return self.feed(EffectDoubtful(action=self.take(kind), error="no answer"))

    def starts(self, kind: type[A]) -> A:
        """The call of the oldest waiting action of a kind has left."""
        action = self.shadow.waiting(kind)[0]
        self.shadow.start(action)
        return action

    def late(self, result: Input) -> Step:
        """A result comes after all, whatever became of the handoff meanwhile."""
        if isinstance(result, EffectSucceeded | EffectFailed | EffectDoubtful):
            self.shadow.finish(result.action)
        return self.feed(result)

    def drained(self) -> Life:
        """Every action that is left succeeds, in the order of its lane."""
        while left := self.shadow.heads():
            action = left[0].action
            self.shadow.finish(action)
            self.feed(success_of(action))
        check_drained(self.handoff, self.shadow)
        return self

    # ------------------------------------------------------------------------------------------- looking
    @property
    def state(self) -> str:
        """Where the handoff is."""
        return self.handoff.state

    @property
    def said(self) -> list[str]:
        """The moments at which the end user was told something, in order."""
        return [one.moment for one in self.shadow.decided if isinstance(one, Say)]

    @property
    def last(self) -> list[Effect]:
        """The effects of the last step."""
        return list(self.steps[-1].effects)

    def sent_to(self, attempt: int = 1) -> list[str]:
        """Keys of the messages that were to be sent in one attempt, in order."""
        sends = [one for one in self.shadow.decided if isinstance(one, SendMessage)]
        return [one.message_key for one in sends if one.attempt == attempt]

    def fate(self, key: str) -> Fate:
        """What became of a message of the end user."""
        return self.shadow.fate(key)

    @property
    def ended(self) -> tuple[str, str, str]:
        """Outcome, who and why."""
        end = self.handoff.end
        assert end is not None, f"it is still {self.state}"
        return end.outcome.value, end.reason.by, end.reason.why


def success_of(action: AnyAction) -> Input:
    """The result of an action that was carried out."""
    if isinstance(action, Decide):
        return Decided(refusal="unavailable")
    if isinstance(action, OpenChat):
        return EffectSucceeded(action=action, chat=a_chat(attempt=action.attempt))
    return EffectSucceeded(action=action)
