"""Moments: the points at which the end user may be told something."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Final, Literal

__all__ = ["KNOWN_AT", "SILENT", "Moment", "Silent"]


class Moment(StrEnum):
    """A point at which the end user may be told something.

    The list covers the platform's live-chat event types (Helvia ``hbf-core.openapi.json``, enum
    ``liveChatEventType``) and the user documentation's three (docs.helvia.ai/build/livechat).
    """

    REQUESTED = "requested"
    """The bot asked for a human; hours and route are being decided (SOURCE_REQUEST_NEW_HANDOVER)."""
    STARTING = "starting"
    """A live-chat system is being asked (platform: LIVECHAT_INITIALIZED)."""
    WAITING = "waiting"
    """The request is with the team; the user waits (LIVECHAT_REQUESTED)."""
    QUEUE_UPDATE = "queue_update"
    """Position or estimate changed."""
    SURVEY_STARTED = "survey_started"
    """The first question of the pre-chat survey comes next (SOURCE_PRE_REQUEST_NEW_HANDOVER)."""
    SURVEY_QUESTION = "survey_question"
    """A question of the pre-chat survey."""
    SURVEY_DONE = "survey_done"
    """The last question was answered."""
    JOINED = "joined"
    """An agent took it (LIVECHAT_REQUEST_ACCEPTED)."""
    TRANSFERRED = "transferred"
    """The chat moves to another agent or team (LIVECHAT_TRANSFERRED)."""
    LEFT = "left"
    """The agent left; the chat goes on."""
    IDLE_REMINDER = "idle_reminder"
    """The end user has been silent for a while."""
    IDLE_CLOSED = "idle_closed"
    """The chat was closed because the end user was silent (LIVECHAT_ABANDONED)."""
    AGENT_SILENT = "agent_silent"
    """The agent has been silent for a while."""
    FALLBACK = "fallback"
    """Another live-chat system is being asked."""
    ENDING = "ending"
    """An end was asked for (LIVECHAT_TERMINATION_REQUESTED)."""
    ENDED = "ended"
    """The chat is over (LIVECHAT_TERMINATED)."""
    CANCELLED = "cancelled"
    """The request was closed before anybody took it (LIVECHAT_REQUEST_CLOSED)."""
    MISSED = "missed"
    """Nobody took the request in time (LIVECHAT_REQUEST_MISSED)."""
    OUT_OF_HOURS = "out_of_hours"
    """Closed now (LIVECHAT_OUT_OF_BUSINESS_HOURS)."""
    UNAVAILABLE = "unavailable"
    """Live chat is off, or nobody is there (LIVECHAT_IS_DISABLED)."""
    FAILED = "failed"
    """Something went wrong (LIVECHAT_GENERIC_ERROR)."""
    ALREADY_WAITING = "already_waiting"
    """A second request while one waits (LIVECHAT_REQUEST_EXISTS)."""
    ALREADY_ACTIVE = "already_active"
    """A second request while an agent talks (LIVECHAT_IS_IN_PROGRESS)."""
    UNSUPPORTED = "unsupported"
    """The provider cannot carry what the end user sent."""
    FILE_MISSING = "file_missing"
    """A file of the agent could not be fetched: these words stand under the message that it came with."""
    TICKET_CREATED = "ticket_created"
    """A ticket was made from the handoff."""


_OWN: Final[Mapping[Moment, tuple[str, ...]]] = {
    Moment.JOINED: ("agent",),
    Moment.LEFT: ("agent",),
    Moment.TRANSFERRED: ("to",),
    Moment.QUEUE_UPDATE: ("position", "ahead", "wait"),
    Moment.SURVEY_QUESTION: ("question",),
    Moment.OUT_OF_HOURS: ("next_opening",),
    Moment.FILE_MISSING: ("file",),
}

KNOWN_AT: Final[Mapping[Moment, frozenset[str]]] = {
    moment: frozenset({"name", *_OWN.get(moment, ())}) for moment in Moment
}
"""The placeholders that have a value at each moment; ``{name}`` may be used everywhere."""


class Silent(Enum):
    """The type of ``SILENT``."""

    SILENT = "silent"


SILENT: Final[Literal[Silent.SILENT]] = Silent.SILENT
"""The answer "say nothing at this moment". Not the same as ``None``, which means "I do not know"."""
