"""What to do about a vendor's answer: pure rules, without any call.

A vendor is asked what is true of a chat (``status``) and what was said in it (``history``). What we missed
is put right by ordinary provider events, in the vendor's order: who joined, what was said, transfers, end.

- Forward is believed at once: an agent who is there, an end.
- Anything that takes back what an event has told us may be an old answer that overtook a new event. It is
  believed when the vendor says it twice, at least one lag apart: back in the queue, another agent, "I know
  no such chat". ``unknown`` and errors never change anything.
- An end waits until the history, or the next poll, has had the time to bring the last words.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from livechat_sdk.domain.chats import (
    AgentJoined,
    ChatAccepted,
    ChatEnded,
    ChatTransferred,
    MessageReceived,
    ProviderEvent,
)
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Attempt, Handoff, HandoffState
from livechat_sdk.domain.people import Agent
from livechat_sdk.provider.interface import ChatStatus

__all__ = [
    "ENDED",
    "LEAST_LAG",
    "Answer",
    "Doubt",
    "Repair",
    "Ruling",
    "close_again_after",
    "give_up",
    "rule",
    "rule_on_left_open",
    "who_has_it",
]

LEAST_LAG = 5.0
"""Seconds between two answers that count as two, at the least."""

ENDED = "ended"
"""A doubt: the vendor has said that a chat is over, and what came before it may still be on its way."""

_S = HandoffState
_UNKNOWN_AGENT = Agent(id="unknown")
_GONE = EndReason(by="provider", why="other", raw="the vendor no longer knows this chat")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a vendor said. ``status`` and ``history`` are ``None`` where it was not asked or did not answer.

    ``missing``: it knows no such chat. ``moved``: something happened to the handoff while the question was
    under way, so that the answer may be older than what we know.
    """

    at: datetime
    status: ChatStatus | None = None
    missing: bool = False
    history: Sequence[MessageReceived] | None = None
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that the vendor has said once, and since when."""

    what: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Repair:
    """An event that makes good what was missed, and how many seconds late that is."""

    event: ProviderEvent
    late_seconds: float


@dataclass(frozen=True, slots=True)
class Ruling:
    """What follows from an answer. ``again_after``: seconds after which to ask again, if soon."""

    repairs: tuple[Repair, ...] = ()
    doubt: Doubt | None = None
    again_after: float | None = None


@dataclass
class _Case:
    """One chat and one answer, being looked at."""

    handoff: Handoff
    attempt: Attempt
    answer: Answer
    doubt: Doubt | None
    lag: float
    polled: bool
    trusted_until: datetime
    """Until when all was as we knew it, for what has no time of its own."""
    repairs: list[Repair] = field(default_factory=list[Repair])
    new_doubt: Doubt | None = None
    again_after: float | None = None

    def envelope(self, what: str, at: datetime | None) -> dict[str, Any]:
        """What every event made here carries. The same finding in the same state has the same id."""
        return {
            "id": f"reconciled:{self.attempt.ref}:{what}"[:200],
            "integration": self.attempt.integration,
            "refs": (self.attempt.ref,),
            "vendor_at": at,
            "received_at": self.answer.at,
        }

    def add(self, event: ProviderEvent) -> None:
        """One more repair."""
        since = event.vendor_at or max(self.trusted_until, self.handoff.state_since)
        late = max(0.0, (self.answer.at - since).total_seconds())
        self.repairs.append(Repair(event, late))

    def is_sure(self, what: str, *, since: datetime | None = None) -> bool:
        """Whether the vendor has said this long enough; if not, it is to be asked again."""
        first = self.doubt.since if self.doubt is not None and self.doubt.what == what else self.answer.at
        first = min(first, since) if since is not None else first
        waited = (self.answer.at - first).total_seconds()
        if waited >= self.lag:
            return True
        self.new_doubt = Doubt(what, first)
        self.again_after = self.lag - waited
        return False

    def ruling(self) -> Ruling:
        """The result."""
        return Ruling(tuple(self.repairs), self.new_doubt, self.again_after)


def rule(
    handoff: Handoff,
    attempt: Attempt,
    answer: Answer,
    *,
    known: Collection[str],
    doubt: Doubt | None = None,
    lag: float = 0.0,
    polled: bool = False,
    trusted_until: datetime,
) -> Ruling:
    """What to repair in a live chat.

    ``known`` are the keys of the messages that we have, ``doubt`` is what the last ruling left open, ``lag``
    the seconds by which the vendor's answers may be behind, as it states. ``polled``: what happened before an
    end comes by the next poll, which must be given the time.
    """
    case = _Case(handoff, attempt, answer, doubt, max(lag, LEAST_LAG), polled, trusted_until)
    said = _unknown_messages(answer.history or (), known)
    joins, moves = _joined(case, said), _moved(case)
    if joins is not None:
        case.add(joins)
    for message in said:
        if moves and _is_from(message, moves[-1]):
            _add_all(case, moves)
            moves = ()
        case.add(message)
    _add_all(case, moves)
    end = _ended(case, lag)
    if end is not None:
        case.add(end)
    return case.ruling()


def rule_on_left_open(
    handoff: Handoff,
    attempt: Attempt,
    answer: Answer,
    *,
    known: Collection[str] = (),
    doubt: Doubt | None = None,
    lag: float = 0.0,
    trusted_until: datetime,
) -> Ruling:
    """What to repair in a chat that is over on our side: last words, its end, or its first sign of life."""
    case = _Case(
        handoff, attempt, answer, doubt, max(lag, LEAST_LAG), polled=False, trusted_until=trusted_until
    )
    status = answer.status
    _add_all(case, _unknown_messages(answer.history or (), known))
    end = _ended(case, 0.0)
    if end is not None:
        case.add(end)
    elif not attempt.opened and status is not None and status.state in {"queued", "active"}:
        found = case.envelope("alive", status.at)
        if status.vendor_ref is not None:
            found["refs"] = (attempt.ref, status.vendor_ref)
        case.add(ChatAccepted(**found))
    return case.ruling()


def who_has_it(handoff: Handoff) -> str:
    """Changes when the chat goes from hand to hand, and not with what is said."""
    agent = handoff.agent.id if handoff.agent is not None else ""
    return f"{handoff.state}.{handoff.state_since.isoformat()}.{agent}"


def _unknown_messages(history: Sequence[MessageReceived], known: Collection[str]) -> list[MessageReceived]:
    found: dict[str, MessageReceived] = {}
    for event in history:
        if event.message.key not in known:
            found.setdefault(event.message.key, event)
    return list(found.values())


def _joined(case: _Case, said: Sequence[MessageReceived]) -> AgentJoined | None:
    """An agent is in the chat, and we did not know that there is one."""
    handoff, status = case.handoff, case.answer.status
    if handoff.state not in {_S.STARTING, _S.QUEUED}:
        return None
    if status is not None and status.state == "active":
        return AgentJoined(
            **case.envelope(f"joined.{handoff.version}", status.at), agent=status.agent or _UNKNOWN_AGENT
        )
    first = next((event for event in said if event.author == "agent"), None)
    if first is None:
        return None
    # Whoever speaks has joined, whatever has become of the chat since.
    envelope = case.envelope(f"joined.{handoff.version}", first.vendor_at)
    return AgentJoined(**envelope, agent=first.agent or _UNKNOWN_AGENT)


def _moved(case: _Case) -> tuple[ProviderEvent, ...]:
    """The chat is with somebody else than we think, or with nobody."""
    handoff, status = case.handoff, case.answer.status
    if status is None or case.answer.moved:
        return ()
    if status.state == "queued" and handoff.state is _S.ACTIVE:
        if case.is_sure(f"queued {who_has_it(handoff)}"):
            return (ChatTransferred(**case.envelope(f"transferred.{handoff.version}", status.at)),)
    elif status.state == "active" and status.agent is not None:
        return _with_another(case, status, status.agent)
    return ()


def _with_another(case: _Case, status: ChatStatus, agent: Agent) -> tuple[ProviderEvent, ...]:
    """An agent has the chat, perhaps another than we know."""
    handoff = case.handoff
    version, known = handoff.version, handoff.agent
    another = known is None or known.id != agent.id
    if handoff.state is _S.TRANSFERRING:
        another = another or (status.at is not None and status.at > handoff.state_since)
    elif handoff.state is not _S.ACTIVE:
        return ()
    if not another or not case.is_sure(f"agent {agent.id} {who_has_it(handoff)}"):
        return ()
    joined = AgentJoined(**case.envelope(f"joined.{version}", status.at), agent=agent)
    if handoff.state is _S.TRANSFERRING or known is None or known.id == _UNKNOWN_AGENT.id:
        return (joined,)
    transferred = ChatTransferred(**case.envelope(f"transferred.{version}", status.at), agent=agent)
    return (transferred, joined)


def _ended(case: _Case, lag: float) -> ChatEnded | None:
    """The chat is over at the vendor."""
    status = case.answer.status
    if case.answer.missing:
        if not case.is_sure("missing"):
            return None
        return _end(case, _GONE, None)
    if status is None or status.state != "ended":
        return None
    if case.polled and not case.is_sure(ENDED):
        return None
    if lag and case.answer.history is not None and not case.is_sure(ENDED, since=status.at):
        return None
    return _end(case, status.ended or EndReason(by="provider", why="other"), status.at)


def _end(case: _Case, reason: EndReason, at: datetime | None) -> ChatEnded:
    return ChatEnded(
        **case.envelope("ended", at), by=reason.by, why=reason.why, raw_reason=reason.raw or "reconciled"
    )


def _is_from(message: MessageReceived, joined: ProviderEvent) -> bool:
    return (
        isinstance(joined, AgentJoined) and message.agent is not None and message.agent.id == joined.agent.id
    )


def _add_all(case: _Case, events: Sequence[ProviderEvent]) -> None:
    for event in events:
        case.add(event)


def give_up(handoff: Handoff, attempt: Attempt, now: datetime, days: float) -> ChatEnded:
    """Nobody could close this chat for days: it is taken to be over, so that nobody asks for ever."""
    case = _Case(handoff, attempt, Answer(now), None, LEAST_LAG, polled=False, trusted_until=now)
    reason = EndReason(
        by="clock", why="timeout", raw=f"left open at the vendor; given up after {days:g} days"
    )
    return _end(case, reason, None).model_copy(
        update={"id": f"reconciled:{attempt.ref}:given-up"[:200]},
    )


def close_again_after(tries: int) -> timedelta:
    """How long after the ``tries``-th time a chat that stays open is told to close once more."""
    return timedelta(seconds=min(60.0 * 5.0 ** max(tries, 0), 6 * 3600.0))
