"""What the platform sees: smaller than what the SDK keeps, and stable.

A view is not the stored document: fields of the document may change, those of a view only grow.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from livechat_sdk.domain.base import Identifier, Model, Timestamp
from livechat_sdk.domain.ends import End, Outcome, Who, Why
from livechat_sdk.domain.handoff import Handoff, HandoffState, QueueStatus, SurveyAnswer
from livechat_sdk.domain.messages import Author, Direction, Fate, LedgerEntry, Message
from livechat_sdk.domain.people import Agent
from livechat_sdk.files import StoredFile
from livechat_sdk.ledger.store import JournalEntry

__all__ = [
    "AvailabilityView",
    "DetailsBody",
    "EndBody",
    "FileView",
    "GateBody",
    "GateView",
    "HandoffView",
    "JournalView",
    "MessageView",
    "MessagesView",
    "SessionDay",
    "SessionsBody",
    "SessionsView",
    "StatusView",
    "Taken",
    "TypingBody",
    "WebhookTaken",
]


Owner = Literal["bot", "human"]
"""Who may speak to the end user."""


class _View(BaseModel):
    """Base of the answers: frozen; unlike stored documents they may grow, so readers skip what is new."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class HandoffView(_View):
    """A handoff as the platform sees it.

    ``owner_number`` is the number of the conversation's ownership that the handoff knows of;
    ``outcome`` and ``end`` come when it has ended; ``integration`` once a provider was chosen.
    """

    id: str
    key: str
    conversation_id: str
    bot: str
    state: HandoffState
    outcome: Outcome | None
    owner_number: int
    integration: str | None
    agent: Agent | None
    queue: QueueStatus | None
    survey: tuple[SurveyAnswer, ...]
    end: End | None
    created_at: Timestamp
    version: int

    @classmethod
    def of(cls, handoff: Handoff) -> Self:
        """The view of a handoff."""
        return cls(
            id=handoff.id,
            key=handoff.request.key,
            conversation_id=handoff.request.conversation_id,
            bot=handoff.request.bot,
            state=handoff.state,
            outcome=handoff.outcome,
            owner_number=handoff.owner_number,
            integration=handoff.integration,
            agent=handoff.shown_agent,
            queue=handoff.queue,
            survey=handoff.survey,
            end=handoff.end,
            created_at=handoff.created_at,
            version=handoff.version,
        )


class MessageView(_View):
    """A message of the ledger with its fate. ``detail`` says why, where there is a why."""

    seq: int
    direction: Direction
    author: Author
    message: Message
    fate: Fate
    detail: str | None
    attempt: int | None
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def of(cls, entry: LedgerEntry, message: Message) -> Self:
        """The view of a ledger entry; ``message`` is its message with links that can be read."""
        return cls(
            seq=entry.seq,
            direction=entry.direction,
            author=entry.author,
            message=message,
            fate=entry.fate,
            detail=entry.detail,
            attempt=entry.attempt,
            created_at=entry.created_at,
            updated_at=entry.updated_at,
        )


class MessagesView(_View):
    """Messages in order. ``next_after`` is the ``after`` of the next page, ``more`` whether there is one."""

    messages: tuple[MessageView, ...]
    next_after: int
    more: bool


class FileView(_View):
    """A file that is kept. ``url`` goes into an attachment; it does not expire, and only we can read it.

    ``link`` is one that everybody can read until it expires; ``None`` without ``gateway.public_url``.
    """

    url: str
    link: str | None
    name: str
    media_type: str
    size: int

    @classmethod
    def of(cls, file: StoredFile, link: str | None) -> Self:
        """The view of a kept file."""
        return cls(url=file.reference, link=link, name=file.name, media_type=file.media_type, size=file.size)


class JournalView(_View):
    """One thing that happened to a handoff.

    ``state`` is the state after it; ``refused`` says why it changed nothing, if so.
    """

    seq: int
    at: Timestamp
    kind: str
    state: HandoffState
    version: int
    refused: str | None
    detail: dict[str, Any]

    @classmethod
    def of(cls, entry: JournalEntry) -> Self:
        """The view of a journal entry."""
        return cls(
            seq=entry.seq,
            at=entry.at,
            kind=entry.kind,
            state=entry.state,
            version=entry.version,
            refused=entry.refused,
            detail=dict(entry.detail),
        )


class Taken(_View):
    """It is in the ledger. ``duplicate``: it was there already, and nothing was stored twice."""

    key: str
    duplicate: bool


class GateView(_View):
    """The bot may speak. ``owner_number`` is the number of the ownership that this holds for."""

    allowed: bool
    owner: Owner
    owner_number: int
    handoff_id: str | None


class AvailabilityView(_View):
    """Whether a handoff would find somebody now. ``estimate`` is the expected wait in seconds."""

    open: bool
    agents: Literal["yes", "no", "unknown"]
    why: str
    next_opening: Timestamp | None
    next_closing: Timestamp | None
    waiting: int | None
    estimate: float | None


class WebhookTaken(_View):
    """How many events of the delivery were taken and stored."""

    events: int


class StatusView(_View):
    """Whether the gateway is alive, or ready."""

    status: str


class SessionDay(_View):
    """How many sessions were reported for one day, in UTC."""

    day: date
    sessions: int


class SessionsView(_View):
    """The reported sessions of a bot."""

    bot: str
    days: tuple[SessionDay, ...]


class SessionsBody(Model):
    """Sessions of a bot that began on one day, in UTC; without ``day`` it is the day of the report."""

    key: Identifier
    bot: Identifier
    sessions: int = Field(default=1, ge=1, le=1_000_000)
    day: date | None = None


class DetailsBody(Model):
    """Answers to the pre-chat survey that came after the request."""

    survey: tuple[SurveyAnswer, ...] = Field(min_length=1, max_length=100)


class TypingBody(Model):
    """The end user started (``true``) or stopped typing."""

    on: bool


class EndBody(Model):
    """Who ends it, and why; ``raw`` is the platform's own word. Without ``why`` it follows from ``by``."""

    by: Who = "user"
    why: Why | None = None
    raw: str | None = Field(default=None, max_length=1000)


class GateBody(Model):
    """The ownership that the bot knows of."""

    owner_number: int = Field(ge=0, le=2**63 - 1)
