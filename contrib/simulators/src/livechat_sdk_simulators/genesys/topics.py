"""The topics of the notifications: which there are, who may have them, and what is told on them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from livechat_sdk_simulators.genesys.state import Conversation, Participant

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["TOPICS", "Detail", "Topics", "family", "rights_for"]

Detail = tuple[str, Participant, Mapping[str, Any]]
"""A detail event: its end of the topic's name (``acd.end``), the leg it is about, and what else it says."""

_DETAILS: Final = (
    "customer.start",
    "customer.end",
    "flow.start",
    "flow.end",
    "acd.start",
    "acd.end",
    "user.start",
    "user.end",
    "acw",
    "wrapup",
    "attributes",
    "contact",
)
_ON_CONVERSATION: Final = "v2.detail.events.conversation.{id}."
_ON_QUEUE: Final = "v2.routing.queues.{id}.conversations.messages"
_ON_USER: Final = "v2.users.{id}.conversations.messages"

TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"{_ON_CONVERSATION}{end}": ("analytics:conversationDetail:view",) for end in _DETAILS},
    _ON_QUEUE: ("routing:queue:view", "conversation:message:view"),
    _ON_USER: ("conversation:message:view",),
}
"""Every topic that one can subscribe to, ids left open, with the rights that it takes."""

_PATTERNS: Final = {
    re.compile(re.escape(topic).replace(re.escape("{id}"), r"[0-9a-fA-F-]{36}")): topic for topic in TOPICS
}


def family(topic: str) -> str | None:
    """The topic with its id left open; ``None`` when there is no such topic."""
    return next((known for pattern, known in _PATTERNS.items() if pattern.fullmatch(topic)), None)


def rights_for(topic: str) -> Sequence[str]:
    """The rights that a topic takes."""
    return TOPICS[family(topic) or _ON_QUEUE]


class Topics:
    """Tells what happens, on the channels that have subscribed to it."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self._genesys = genesys

    def tell(
        self, conversation: Conversation, details: Sequence[Detail] = (), *, faulty: bool = True
    ) -> None:
        """Tell of one moment of a conversation: of each detail, and how it stands now.

        ``faulty`` is false where it only tells callers what they did themselves: no fault happens to that.
        """
        at = self._genesys.clock.now()
        shown = self._genesys.shown
        told: list[tuple[str, dict[str, Any]]] = [
            (
                _ON_CONVERSATION.replace("{id}", conversation.id) + end,
                {**shown.detail(conversation, end, leg, at), **more},
            )
            for end, leg, more in details
        ]
        stay = conversation.last
        queues = {one.queue.id: None for one in stay.participants if one.queue is not None}
        users = {one.agent.id: None for one in stay.participants if one.agent is not None}
        if self._genesys.channels.wanted(queues, users):
            snapshot = shown.snapshot(conversation)
            told += [(_ON_QUEUE.replace("{id}", one), snapshot) for one in queues]
            told += [(_ON_USER.replace("{id}", one), snapshot) for one in users]
        self._genesys.channels.tell(conversation.id, told, faulty=faulty)
