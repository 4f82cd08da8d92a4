"""The request for a human, the handoff that grows from it, and everything it carries."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints

from livechat_sdk.domain.agent_names import AgentNames, HiddenName, pseudonym
from livechat_sdk.domain.base import Identifier, Metadata, Model, ShortText, Timestamp
from livechat_sdk.domain.capabilities import Capabilities
from livechat_sdk.domain.ends import End, EndReason, Outcome
from livechat_sdk.domain.messages import Choice, Fate, TranscriptEntry
from livechat_sdk.domain.moments import KNOWN_AT, Moment
from livechat_sdk.domain.people import Agent, Contact, EndUser
from livechat_sdk.domain.tickets import TicketMoment

__all__ = [
    "LIVE_STATES",
    "WAITING_STATES",
    "Attempt",
    "Candidate",
    "Handoff",
    "HandoffPolicy",
    "HandoffRequest",
    "HandoffState",
    "OpeningHours",
    "QueueStatus",
    "QueueTold",
    "Route",
    "SurveyAnswer",
    "SurveyQuestion",
]


class HandoffState(StrEnum):
    """Where a handoff is in its life."""

    REQUESTED = "requested"
    """Accepted by us; hours, route and availability are being decided."""
    STARTING = "starting"
    """The vendor is being asked."""
    QUEUED = "queued"
    """The vendor has it; nobody has joined yet."""
    ACTIVE = "active"
    """An agent is in the chat."""
    TRANSFERRING = "transferring"
    """The chat is on its way to another agent or team."""
    ENDING = "ending"
    """The end is decided; the vendor's side is being closed."""
    ENDED = "ended"


WAITING_STATES = frozenset({HandoffState.REQUESTED, HandoffState.STARTING, HandoffState.QUEUED})
"""States in which the end user waits and no agent has joined."""

LIVE_STATES = frozenset(HandoffState) - {HandoffState.ENDED}
"""States in which the human side owns the conversation."""


class SurveyQuestion(Model):
    """One question of the pre-chat survey; ``choices`` are offered as quick replies."""

    id: Identifier
    text: ShortText
    choices: tuple[ShortText, ...] = ()


class SurveyAnswer(Model):
    """A question and what the end user answered."""

    id: Identifier
    question: ShortText
    answer: str = Field(max_length=4000)


class Route(Model):
    """Where a handoff should go, and for which bot. ``why`` says which rule decided, for people."""

    integration: Identifier
    bot: Identifier
    language: ShortText | None = None
    queue: ShortText | None = None
    group: ShortText | None = None
    agent: ShortText | None = None
    priority: ShortText | None = None
    skills: tuple[ShortText, ...] = ()
    why: ShortText = ""


class OpeningHours(Model):
    """Whether the team is open, until when, and the rule that decided."""

    open: bool
    next_opening: Timestamp | None = None
    next_closing: Timestamp | None = None
    rule: ShortText = ""


class QueueStatus(Model):
    """What is known about the queue. ``None`` means unknown, never zero."""

    position: int | None = Field(default=None, ge=0)
    waiting: int | None = Field(default=None, ge=0)
    estimate: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Expected wait in seconds."""
    at: Timestamp | None = None


_BRACES: Final = re.compile(r"\{([^{}]*)\}")


def _known_placeholders(words: dict[Moment, str | None]) -> dict[Moment, str | None]:
    for moment, text in words.items():
        for name in _BRACES.findall(text or ""):
            if name not in KNOWN_AT[moment]:
                known = ", ".join(f"{{{one}}}" for one in sorted(KNOWN_AT[moment]))
                raise ValueError(f"{{{name[:40]}}} has no value at {moment}; there is {known}")
    return words


Words = Annotated[
    dict[Moment, Annotated[str, StringConstraints(min_length=1, max_length=2000)] | None],
    AfterValidator(_known_placeholders),
]
"""Texts by moment, with the placeholders that the moment has; ``None``, or ``SILENT``, says nothing."""


class QueueTold(Model):
    """What the end user was told of the queue last; ``minutes`` is the estimated wait, rounded up."""

    position: int | None = None
    minutes: int | None = None
    at: Timestamp


class HandoffRequest(Model):
    """What a bot asks for: a human for this conversation.

    ``key`` identifies the request: the same key gives the same handoff, however often it is sent.
    ``transcript`` is what was said before, oldest first. ``survey`` holds answers that the bot has
    already collected. ``extras`` are options of single vendors, by integration name. ``system_messages`` are
    words for this handoff alone, in the end user's language; they go before the bot's own.
    """

    key: Identifier
    conversation_id: Identifier
    bot: Identifier
    user: EndUser
    reason: ShortText | None = None
    summary: str | None = Field(default=None, max_length=10_000)
    language: ShortText | None = None
    transcript: tuple[TranscriptEntry, ...] = Field(default=(), max_length=5000)
    survey: tuple[SurveyAnswer, ...] = Field(default=(), max_length=100)
    priority: ShortText | None = None
    queue: ShortText | None = None
    group: ShortText | None = None
    agent: ShortText | None = None
    skills: tuple[ShortText, ...] = ()
    tags: tuple[ShortText, ...] = ()
    attributes: Metadata = Field(default_factory=dict)
    extras: dict[str, Metadata] = Field(default_factory=dict)
    system_messages: Words = Field(default_factory=dict[Moment, str | None])
    metadata: Metadata = Field(default_factory=dict)

    @property
    def spoken_language(self) -> str | None:
        """The language to talk to the end user in: the request's own, else the user's."""
        return self.language or self.user.language


Seconds = Annotated[float, Field(gt=0, le=366 * 24 * 3600)]
"""A length of time: more than none, at most 366 days, so that every clock has a date."""


class HandoffPolicy(Model):
    """The settings of one handoff, frozen when it is requested. All times are in seconds; ``None`` is off."""

    enabled: bool = True
    request_timeout: Seconds | None = 120.0
    user_remind_after: Seconds | None = None
    user_close_after: Seconds | None = None
    agent_remind_after: Seconds | None = None
    agent_release_after: Seconds | None = None
    agent_release_to: Literal["fall_back", "requeue"] = "fall_back"
    """Where a chat goes whose agent stays silent: to the next provider, or to the queue of the same one."""
    requeue_at_most: int = Field(default=2, ge=1, le=10)
    max_duration: Seconds | None = None
    closing_timeout: Seconds = 10.0
    wait_for_contact: Annotated[float, Field(gt=0, le=2)] | None = None
    """How long a chat is not opened while the CRMs are asked; ``None``: not at all."""
    allow_bot_while_waiting: bool = False
    doubtful: Literal["hold", "repeat"] = "hold"
    agent_names: AgentNames = Field(default_factory=AgentNames)
    """How the end user sees the names of agents."""
    welcome: Literal["bot", "vendor"] = "bot"
    """Who greets the end user who waits, and says that nobody is there: our words, or the vendor's own."""
    queue_every: Seconds | None = 30.0
    """Time between two messages about the queue; ``None``: there are none."""
    queue_fresh_for: Seconds = 120.0
    """How old what the vendor says of the queue may be when the end user is told."""
    queue_tells: tuple[Literal["position", "wait"], ...] = ("position", "wait")
    survey: tuple[SurveyQuestion, ...] = ()
    ticket_on: tuple[Outcome, ...] = ()
    """Outcomes for which a ticket is made."""
    ticket_during: bool = False
    """Whether a ticket is made as soon as an agent has joined."""


class Candidate(Model):
    """A provider that may take the handoff, with where to go there and what it can carry."""

    route: Route
    capabilities: Capabilities


class Attempt(Model):
    """One try to open a chat at one provider.

    ``ref`` is our own reference for the vendor's side, chosen before the call. ``opened`` is true
    once the vendor confirmed; ``abandoned`` once we moved on without it.
    """

    number: int
    ref: Identifier
    candidate: Candidate
    opened: bool = False
    accepted: bool = False
    joined: bool = False
    abandoned: bool = False
    closing: bool = False
    closed: bool = False
    alive: bool = False
    """The vendor has spoken of the chat before it confirmed it: there is one, whatever comes of the call."""
    waits_for_contact: bool = False
    """The chat is not opened yet, because the CRMs are still asked who the end user is."""
    opens_after: int | None = None
    """Number of the attempt at the same provider whose chat is closed before this one is opened."""
    failure: Literal["refused", "error"] | None = None

    @property
    def integration(self) -> str:
        """Name of the integration that this attempt goes to."""
        return self.candidate.route.integration

    @property
    def takes_messages(self) -> bool:
        """Whether messages may be sent now: an agent joined, or the provider keeps early messages."""
        return self.joined or (
            self.opened and (self.accepted or self.candidate.capabilities.send_before_join)
        )


class Handoff(Model):
    """One escalation of one conversation, from request to outcome.

    Never changed in place: ``lifecycle.step`` returns the next version. ``owner_number`` is the
    number of the conversation's current ownership as of this version.
    """

    id: Identifier
    workspace: Identifier = "default"
    request: HandoffRequest
    policy: HandoffPolicy = Field(default_factory=HandoffPolicy)
    settings_revision: ShortText = ""
    state: HandoffState = HandoffState.REQUESTED
    version: int = 0
    owner_number: int = 1
    created_at: Timestamp
    state_since: Timestamp
    fallbacks: tuple[Candidate, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    agent: Agent | None = None
    last_agent: Agent | None = None
    """The agent who had it last, also when nobody is in the chat any more."""
    contacts: tuple[Contact, ...] = ()
    contact_known: bool = False
    """Whether the CRMs have answered, where the policy waits for them."""
    not_carried: tuple[ShortText, ...] = ()
    """What the provider could not be told any more, for people."""
    survey: tuple[SurveyAnswer, ...] = ()
    asking: Identifier | None = None
    """Id of the survey question that waits for an answer."""
    held: tuple[Identifier, ...] = ()
    """Keys of the end user's messages that wait for somebody to take them, oldest first."""
    planned: tuple[Identifier, ...] = ()
    """Keys of the end user's messages whose sending is due or under way, oldest first."""
    earlier: dict[Identifier, Fate] = Field(default_factory=dict[Identifier, Fate])
    """What attempts that were left did with messages which went on to a later one: arrived, or doubtful.

    The one field about messages that a late result may still change after the end.
    """
    refused_by: dict[Identifier, int] = Field(default_factory=dict[Identifier, int])
    """Number of the attempt that refused a message, if not the first: an earlier one may have brought it."""
    queue_told: QueueTold | None = None
    hidden_names: tuple[HiddenName, ...] = ()
    """Digests of the names of agents that must not reach the end user."""
    vendor_spoke: bool = False
    """Whether the end user, while waiting at the current provider, was shown a text of the vendor's own."""
    offered: tuple[Choice, ...] = ()
    """What the end user's side has offered the agent last, until the agent speaks."""
    timers: dict[str, Timestamp] = Field(default_factory=dict)
    queue: QueueStatus | None = None
    ending: EndReason | None = None
    ending_from: HandoffState | None = None
    first_agent_message_at: Timestamp | None = None
    requeued: int = 0
    """How often the chat went back to the queue because its agent stayed silent."""
    failures: tuple[ShortText, ...] = ()
    end: End | None = None
    ticket_moments: tuple[TicketMoment, ...] = ()
    """The moments for which a ticket was asked for: there is one ticket for each at most."""

    @property
    def outcome(self) -> Outcome | None:
        """The outcome, once there is one."""
        return self.end.outcome if self.end else None

    @property
    def is_live(self) -> bool:
        """Whether the human side owns the conversation."""
        return self.state is not HandoffState.ENDED

    @property
    def is_waiting(self) -> bool:
        """Whether the end user waits for an agent."""
        return self.state in WAITING_STATES

    @property
    def attempt(self) -> Attempt | None:
        """The current attempt, once a provider was chosen."""
        return self.attempts[-1] if self.attempts else None

    @property
    def integration(self) -> str | None:
        """Name of the integration of the current attempt."""
        return self.attempt.integration if self.attempt else None

    @property
    def shown_agent(self) -> Agent | None:
        """The agent as the end user's side may know them."""
        return self.shown(self.agent)

    def shown(self, agent: Agent | None) -> Agent | None:
        """One of the agents of this handoff as the end user's side may know them.

        Where names are not shown in full the vendor's id, which is often made of the name, is not either:
        there is one that is good within this handoff.
        """
        if agent is None or self.policy.agent_names.show == "full":
            return agent
        return agent.model_copy(update={"id": pseudonym(agent.id, self.id)})

    @property
    def open_at_vendor(self) -> bool:
        """Whether our side has ended while a chat may still be open at the vendor."""
        return not self.is_live and any(a.opened and not a.closed for a in self.attempts)

    @property
    def language(self) -> str | None:
        """The language to talk to the end user in, when it is known."""
        return self.request.spoken_language
