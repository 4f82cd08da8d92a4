"""Who is in a conversation: its participants, whatever they are learnt from.

A *leg* is the part that one participant has in a conversation. The API tells of legs in whole conversations,
notifications in single events of many kinds; both become the same facts here, which only ever grow: so it
does not matter in which order they come, nor how often.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeGuard

from livechat_sdk.domain.ends import EndReason, Who, Why
from livechat_sdk.domain.people import Agent
from livechat_sdk_genesys.wire import WireConversation, WireParticipant

__all__ = ["REF", "Answered", "Facts", "How", "Kind", "Leg", "end_of", "facts_of", "facts_of_event", "how_of"]

REF: Final = "livechat_ref"
"""Ours, among the attributes of the customer: the reference of the chat."""

Kind = Literal["customer", "agent", "queue", "flow", "other"]
How = Literal["transfer", "no_answer", "inactivity", "error", "system", "spam", "pressed", "people", "other"]
"""How a leg ended. ``pressed``: whoever has the leg pressed a button; ``people``: somebody else did."""

_KINDS: Final[Mapping[str, Kind]] = {
    "customer": "customer",
    "external": "customer",
    "agent": "agent",
    "user": "agent",
    "acd": "queue",
    "workflow": "flow",
    "ivr": "flow",
    "bot": "flow",
    "botflow": "flow",
}
_OVER: Final = frozenset({"disconnected", "terminated"})
_NO_ANSWER: Final = ("noanswer", "notavailable", "donotdisturb", "dnd", "uncallable")
_INACTIVE: Final = ("inactivity", "timeout", "sessionexpired")
_WORDS: Final[Mapping[str, How]] = {
    "": "people",
    "client": "pressed",
    "endpoint": "pressed",
    "error": "error",
    "peer": "people",
    "spam": "spam",
    "system": "system",
    "takeover": "people",
    "transportfailure": "error",
    "unknown": "people",
}


@dataclass(frozen=True, slots=True)
class Leg:
    """What is known of one leg. ``None`` and False mean: not known to be so."""

    id: str
    kind: Kind = "other"
    agent: Agent | None = None
    queue: str | None = None
    address: str | None = None
    connected: bool = False
    connected_at: datetime | None = None
    over: bool = False
    ended_at: datetime | None = None
    how: How | None = None
    word: str | None = None
    """How it ended in the vendor's own word."""

    @property
    def is_there(self) -> bool:
        """Whether it goes on, by what is known."""
        return not self.over

    def with_facts(self, other: Leg) -> Leg:
        """All that is known of the same leg by either. The same whichever comes first."""
        kinds: list[Kind] = sorted({one for one in (self.kind, other.kind) if one != "other"})
        return Leg(
            id=self.id,
            kind=kinds[0] if kinds else "other",
            agent=_agent(self.agent, other.agent),
            queue=_least(self.queue, other.queue),
            address=_least(self.address, other.address),
            connected=self.connected or other.connected,
            connected_at=_first(self.connected_at, other.connected_at),
            over=self.over or other.over,
            ended_at=_first(self.ended_at, other.ended_at),
            how=_least(self.how, other.how),
            word=_least(self.word, other.word),
        )


@dataclass(frozen=True, slots=True)
class Answered:
    """A queue says that this agent has taken the conversation."""

    leg: str
    """The leg of the queue."""
    user: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What one answer or one notification says. ``whole``: nobody else is or was in the conversation."""

    conversation: str
    legs: tuple[Leg, ...] = ()
    answered: tuple[Answered, ...] = ()
    ref: str | None = None
    whole: bool = False
    asked: bool = False
    """Whether they are the answer to a question that was asked after all that was heard before."""


def facts_of(conversation: WireConversation) -> Facts:
    """What a whole conversation says."""
    legs = tuple(_leg(one) for one in conversation.participants)
    return Facts(conversation.id, legs, ref=_ref_of(conversation), whole=True)


def facts_of_event(topic: str, body: Mapping[str, Any]) -> Facts | None:
    """What a detail event says (``v2.detail.events.conversation.{id}.acd.end``), if it is about a leg."""
    kind, what = _EVENTS.get(".".join(topic.split(".")[-2:]), (None, ""))
    leg, conversation = body.get("participantId"), body.get("conversationId")
    if kind is None or not _is_id(leg) or not _is_id(conversation):
        return None
    at = _moment(body.get("eventTime"))
    over = what == "end"
    address = body.get("addressFrom")
    user, queue = body.get("userId"), body.get("queueId")
    found = Leg(
        id=leg,
        kind=kind,
        agent=Agent(id=user) if kind == "agent" and _is_id(user) else None,
        queue=queue if isinstance(queue, str) else None,
        address=address if kind == "customer" and isinstance(address, str) else None,
        connected=kind in {"customer", "queue", "flow"},
        over=over,
        ended_at=at if over else None,
        how=how_of(body.get("disconnectType")) if over else None,
        word=_word(body.get("disconnectType")) if over else None,
    )
    took = body.get("answeredUserId")
    answered = (
        (Answered(leg, took, at),)
        if kind == "queue" and over and body.get("acdOutcome") == "ANSWERED" and _is_id(took)
        else ()
    )
    return Facts(conversation, (found,), answered)


_EVENTS: Final[Mapping[str, tuple[Kind, str]]] = {
    "customer.start": ("customer", "start"),
    "customer.end": ("customer", "end"),
    "acd.start": ("queue", "start"),
    "acd.end": ("queue", "end"),
    "flow.start": ("flow", "start"),
    "flow.end": ("flow", "end"),
    "user.start": ("agent", "start"),
    "user.end": ("agent", "end"),
}


def how_of(raw: object) -> How:
    """A ``disconnectType`` in either of its spellings, and in those that nobody knows yet."""
    word = "".join(letter for letter in str(raw).lower() if letter.isalpha()) if raw else ""
    if any(part in word for part in _NO_ANSWER):
        return "no_answer"
    if "transfer" in word:
        return "transfer"
    if any(part in word for part in _INACTIVE):
        return "inactivity"
    return _WORDS.get(word, "other")


def end_of(customer: Leg, agents: Collection[Leg]) -> EndReason:
    """Who ended a conversation and why, by how the leg of the customer ended; ``agents`` are who had it.

    Where no agent had it, nobody but the flow or the system can have ended it: they would not have it. On the
    side of the customer nobody presses a button but we do; where an agent's leg says the same as well, which
    some accounts are reported to do, it was the agent.
    """
    how, raw, had_agent = customer.how, customer.word, bool(agents)
    if how == "pressed" and not any(leg.how == "pressed" for leg in agents):
        return EndReason(by="user", why="resolved" if had_agent else "abandoned", raw=raw)
    by: Who = "agent" if had_agent else "provider"
    why: Why = "resolved" if had_agent else "refused"
    if how == "inactivity":
        by, why = "provider", "inactivity"
    elif how == "error":
        by, why = "provider", "error"
    elif how == "transfer":
        why = "transferred_away"
    elif how in {"spam", "system", "other"} and had_agent:
        by, why = ("agent", "other") if how == "spam" else ("provider", "other")
    return EndReason(by=by, why=why, raw=raw)


def _word(raw: object) -> str | None:
    return raw[:200] if isinstance(raw, str) and raw else None


def _leg(one: WireParticipant) -> Leg:
    kind: Kind = _KINDS.get(one.purpose.lower(), "other")
    user = one.user.id if one.user is not None else None
    over = one.state in _OVER or one.end_time is not None
    return Leg(
        id=one.id,
        kind=kind,
        agent=Agent(id=user or one.id, name=one.name[:1000] if one.name else None)
        if kind == "agent"
        else None,
        queue=(one.queue.name or one.name or one.queue.id) if one.queue is not None else None,
        address=_address_of(one) if kind == "customer" else None,
        connected=one.state == "connected" or one.connected_time is not None,
        connected_at=one.connected_time,
        over=over,
        ended_at=one.end_time,
        how=how_of(one.disconnect_type) if over else None,
        word=_word(one.disconnect_type) if over else None,
    )


def _address_of(one: WireParticipant) -> str | None:
    given = one.from_address
    return (given.address_normalized or given.address_raw if given is not None else None) or one.address


def _ref_of(conversation: WireConversation) -> str | None:
    for one in conversation.participants:
        ref = (one.attributes or {}).get(REF)
        if _is_id(ref):
            return ref
    return None


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()  # noqa: PLR2004


def _moment(milliseconds: object) -> datetime | None:
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _agent(one: Agent | None, other: Agent | None) -> Agent | None:
    known = [agent for agent in (one, other) if agent is not None]
    return min(known, key=lambda agent: (agent.name is None, agent.id, agent.name or ""), default=None)


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)


def _least(one: Any, other: Any) -> Any:
    return min((value for value in (one, other) if value is not None), default=None)
