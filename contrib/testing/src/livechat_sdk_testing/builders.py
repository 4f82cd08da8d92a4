"""Values for tests, ready-made: a request, a candidate, an event, a handoff, and a way to play its life.

Everything has a plain default, so that a test names only what it is about::

    handoff = a_handoff()
    played = play(handoff, Requested(), Decided(candidates=(a_candidate("desk"),)))
    assert played.handoff.state is HandoffState.STARTING
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, TypeVar

from livechat_sdk.domain.capabilities import Capabilities, Inbound
from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    Chat,
    EventEnvelope,
    MessageDelivered,
    MessageFailed,
    MessageRead,
    MessageReceived,
    QueueUpdated,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.domain.handoff import Candidate, Handoff, HandoffRequest, QueueStatus, Route
from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.people import Agent, EndUser
from livechat_sdk.lifecycle import Effect, Input, Step, step

__all__ = [
    "NOON",
    "Played",
    "a_candidate",
    "a_chat",
    "a_handoff",
    "a_request",
    "an_agent",
    "an_event",
    "play",
]

NOON: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""When things happen unless a test says otherwise: a Monday, noon UTC."""

Event = TypeVar("Event", bound=EventEnvelope)

_numbers = itertools.count(1)

_EVENT_FIELDS: Final[Mapping[type[EventEnvelope], Mapping[str, Any]]] = MappingProxyType(
    {
        QueueUpdated: {"queue": QueueStatus(position=1)},
        AgentJoined: {"agent": Agent(id="agent-1", name="Maria")},
        AgentLeft: {"agent": Agent(id="agent-1", name="Maria")},
        MessageReceived: {"message": Message(key="agent-message", body="How can I help?")},
        TypingChanged: {"on": True},
        MessageDelivered: {"message_key": "user-message"},
        MessageRead: {"message_key": "user-message"},
        MessageFailed: {"message_key": "user-message"},
        UnknownEvent: {"name": "something new"},
    },
)


def a_request(**fields: Any) -> HandoffRequest:
    """A request for a human, from the bot ``shop-bot`` in conversation ``c-1``."""
    ready: dict[str, Any] = {
        "key": "run-1/node-1",
        "conversation_id": "c-1",
        "bot": "shop-bot",
        "user": EndUser(id="u-1"),
    }
    return HandoffRequest(**{**ready, **fields})


def a_handoff(**fields: Any) -> Handoff:
    """A handoff that was just made and has not been requested yet: version 0, owner number 1."""
    ready: dict[str, Any] = {"id": "h-1", "request": a_request(), "created_at": NOON, "state_since": NOON}
    return Handoff(**{**ready, **fields})


def a_candidate(integration: str = "desk", **capabilities: Any) -> Candidate:
    """A provider that may take the handoff; the keywords are its capabilities (webhooks, else nothing)."""
    able = Capabilities.model_validate({"inbound": Inbound.WEBHOOK, **capabilities})
    return Candidate(route=Route(integration=integration, bot="shop-bot"), capabilities=able)


def a_chat(**fields: Any) -> Chat:
    """The vendor's side of the first attempt of the handoff ``h-1``."""
    attempt = fields.get("attempt", 1)
    ready: dict[str, Any] = {
        "integration": "desk",
        "handoff_id": "h-1",
        "attempt": attempt,
        "ref": f"h-1.{attempt}",
        "vendor_ref": f"vendor-{attempt}",
    }
    return Chat(**{**ready, **fields})


def an_agent(name: str | None = "Maria", **fields: Any) -> Agent:
    """A human of the support team; their id is made from the name."""
    return Agent.model_validate({"id": f"agent-{(name or 'unnamed').lower()}", "name": name, **fields})


def an_event(kind: type[Event], *, attempt: int = 1, **fields: Any) -> Event:
    """An event of ``kind`` about one attempt of the handoff ``h-1``, with an id of its own."""
    ready: dict[str, Any] = {
        "id": f"event-{next(_numbers)}",
        "integration": "desk",
        "refs": (f"h-1.{attempt}", f"vendor-{attempt}"),
        "received_at": NOON,
        **_EVENT_FIELDS.get(kind, {}),
    }
    return kind(**{**ready, **fields})


@dataclass(frozen=True, slots=True)
class Played:
    """What came of ``play``: the handoff as it is now, and every step in order."""

    handoff: Handoff
    steps: tuple[Step, ...]

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The effects of all steps, in order."""
        return tuple(effect for one in self.steps for effect in one.effects)

    @property
    def last(self) -> Step:
        """The last step."""
        return self.steps[-1]


def play(handoff: Handoff, *inputs: Input, start: datetime = NOON, pause: float = 1.0) -> Played:
    """Apply ``inputs`` one after the other, ``pause`` seconds apart; nothing is carried out."""
    steps: list[Step] = []
    for number, happening in enumerate(inputs):
        steps.append(step(handoff, happening, start + timedelta(seconds=number * pause)))
        handoff = steps[-1].handoff
    return Played(handoff, tuple(steps))
