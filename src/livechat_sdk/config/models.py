"""What ``livechat.yaml`` may say: one frozen model for each part of the file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_serializer, field_validator
from pydantic_core import PydanticCustomError

from livechat_sdk.config.documents import IntegrationDocument, without_secrets
from livechat_sdk.config.durations import Age, Duration
from livechat_sdk.config.sizes import Size
from livechat_sdk.config.texts import (
    EgressTarget,
    FileKind,
    Language,
    ListenAddress,
    Paths,
    PlatformUrl,
    PublicUrl,
    StoreAddress,
    TrustedProxy,
)
from livechat_sdk.domain.agent_names import AgentNames
from livechat_sdk.domain.base import Identifier, ShortText
from livechat_sdk.domain.ends import Outcome
from livechat_sdk.domain.retention import RetentionPlan
from livechat_sdk.files.kinds import DEFAULT_KINDS
from livechat_sdk.files.limits import FileLimits
from livechat_sdk.policies.hours.settings import BusinessHoursSettings, CalendarSettings
from livechat_sdk.policies.message_settings import SystemMessagesSettings
from livechat_sdk.policies.routing.settings import Rules
from livechat_sdk.policies.ticket_settings import TicketsSettings
from livechat_sdk.provider.settings import Secret

if TYPE_CHECKING:
    from livechat_sdk.domain.handoff import HandoffPolicy
    from livechat_sdk.policies.routing import RuleBook

__all__ = [
    "AgentSilenceSettings",
    "BotRetentionSettings",
    "BotSettings",
    "FileEgressSettings",
    "FilesSettings",
    "GatewaySettings",
    "InactivitySettings",
    "LivechatFile",
    "LivechatSettings",
    "PlatformSettings",
    "PluginSettings",
    "QueueSettings",
    "RetentionSettings",
    "SurveyQuestionSettings",
]

_LONGEST_CONTACT_WAIT: Final = 2.0  # seconds: the end user waits meanwhile


def _contact_wait(value: float) -> float:
    if value > _LONGEST_CONTACT_WAIT:
        raise PydanticCustomError(
            "LC211",
            "a chat may wait for the contact two seconds at most",
            {"suggestion": "write 2s or less; what comes later is passed on where that is possible"},
        )
    return value


class _Part(BaseModel):
    """Base of every part: frozen, refuses unknown keys, never shows its input in errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)


# Parts that a file leaves out are made by `model_construct`: their defaults need no check, and a model that
# is called builds a validator of its own, which takes time at every start.


class InactivitySettings(_Part):
    """What happens while the end user is silent: a reminder, then the end. Both off unless set."""

    remind_after: Duration | None = None
    """How long the end user is silent before a reminder."""
    close_after: Duration | None = None
    """How long the end user is silent before the handoff ends."""


class AgentSilenceSettings(_Part):
    """What happens while the agent is silent: the end user is told, then the chat goes to somebody else.

    ``then`` says to whom: ``fall_back`` to the next integration, ``requeue`` to the queue of the same one, at
    most ``requeue_at_most`` times, and to the next one after that. With nobody left the handoff ends.
    """

    remind_after: Duration | None = None
    """How long the agent is silent before the end user is told to be patient."""
    release_after: Duration | None = None
    """How long the agent is silent before the chat is taken away."""
    then: Literal["fall_back", "requeue"] = "fall_back"
    """To the next integration, or back to the queue of the same one."""
    requeue_at_most: int = Field(default=2, ge=1, le=10)
    """How often a chat goes back to the queue before the next integration is asked."""


class QueueSettings(_Part):
    """What the end user is told of the queue: when it has changed, and the vendor knows it for sure.

    ``every`` is the time between two such messages (``None``: there are none), ``fresh_for`` how old what the
    vendor says may be, ``tells`` what is told where it is known.
    """

    every: Duration | None = 30.0
    """The time between two messages about the queue; ``None``: there are none."""
    fresh_for: Duration = 120.0
    """How old what the vendor says of the queue may be."""
    tells: tuple[Literal["position", "wait"], ...] = ("position", "wait")
    """What is told, where the vendor knows it."""


class SurveyQuestionSettings(_Part):
    """One question of the pre-chat survey; ``choices`` are offered as quick replies."""

    id: Identifier
    """The name of the answer: ``survey.ID`` in rules and field maps."""
    text: Annotated[str, Field(min_length=1, max_length=1000)]
    """What the end user is asked."""
    choices: tuple[ShortText, ...] = Field(default=(), max_length=50)
    """Answers that are offered as quick replies; without them any text is one."""


class LivechatSettings(_Part):
    """Live chat for one bot. Durations are in seconds once read; ``None`` switches a clock off."""

    enabled: bool = True
    """Whether this bot hands conversations over at all; if not, the outcome is ``unavailable``."""
    integrations: tuple[Identifier, ...] = ()
    """Names of integrations, in order: the second is the fallback of the first."""
    request_timeout: Duration | None = 120.0
    """How long the end user waits for an agent before the request is missed."""
    inactivity: InactivitySettings = Field(default_factory=InactivitySettings.model_construct)
    """What happens while the end user is silent."""
    agent_silence: AgentSilenceSettings = Field(default_factory=AgentSilenceSettings.model_construct)
    """What happens while the agent is silent."""
    agent_names: AgentNames = Field(default_factory=AgentNames.model_construct)
    """How the end user sees the names of agents: ``full``, ``first``, ``alias`` or ``none``."""
    welcome: Literal["bot", "vendor"] = "bot"
    """Whose words greet the end user who waits, and say that nobody is there; never both."""
    queue: QueueSettings = Field(default_factory=QueueSettings.model_construct)
    """What the end user is told while waiting."""
    max_duration: Duration | None = None
    """The longest life of a handoff."""
    wait_for_contact: Annotated[Duration, AfterValidator(_contact_wait)] | None = None
    """How long opening a chat may wait for what the CRMs know of the end user; at most two seconds."""
    allow_bot_while_waiting: bool = False
    """Whether the bot may speak until an agent has joined."""
    doubtful: Literal["hold", "repeat"] = "hold"
    """What is done with a message that may or may not have arrived."""
    business_hours: BusinessHoursSettings | None = None
    """When the team is there, or the name of a calendar that says it; without it, always."""
    system_messages: SystemMessagesSettings = Field(
        default_factory=lambda: SystemMessagesSettings.model_construct({})
    )
    """The bot's own words, by language and moment; ``None`` says nothing."""
    language: Language = "en"
    """The bot's language, used where the end user's is not known or has no words."""
    languages: tuple[Language, ...] = Field(default=(), max_length=100)
    """Further languages that the bot is to speak; a bot speaks those of ``system_messages`` as well."""
    reviewed: tuple[Language, ...] = Field(default=(), max_length=100)
    """Languages whose built-in words were read by somebody who answers for them."""
    survey: tuple[SurveyQuestionSettings, ...] = Field(default=(), max_length=50)
    """Questions for the end user who waits; the answers go to the agent."""
    tickets_on: tuple[Outcome, ...] = ()
    """Outcomes for which a ticket is made by itself."""
    routing: Rules = ()
    """Rules that say where handoffs of this bot go; looked at before those of the file."""

    @property
    def spoken(self) -> tuple[str, ...]:
        """Every language that the bot is to speak."""
        return tuple(dict.fromkeys((self.language, *self.languages, *self.system_messages.root)))

    def policy(self) -> HandoffPolicy:
        """The part of these settings that a handoff keeps for its whole life."""
        from livechat_sdk.domain.handoff import HandoffPolicy, SurveyQuestion

        return HandoffPolicy(
            enabled=self.enabled,
            request_timeout=self.request_timeout,
            user_remind_after=self.inactivity.remind_after,
            user_close_after=self.inactivity.close_after,
            agent_remind_after=self.agent_silence.remind_after,
            agent_release_after=self.agent_silence.release_after,
            agent_release_to=self.agent_silence.then,
            requeue_at_most=self.agent_silence.requeue_at_most,
            max_duration=self.max_duration,
            wait_for_contact=self.wait_for_contact,
            allow_bot_while_waiting=self.allow_bot_while_waiting,
            doubtful=self.doubtful,
            agent_names=self.agent_names,
            welcome=self.welcome,
            queue_every=self.queue.every,
            queue_fresh_for=self.queue.fresh_for,
            queue_tells=self.queue.tells,
            survey=tuple(
                SurveyQuestion(id=one.id, text=one.text, choices=one.choices) for one in self.survey
            ),
            ticket_on=self.tickets_on,
        )


class BotRetentionSettings(_Part):
    """How long the handoffs of one bot are kept; replaces ``retention.after`` of the file."""

    after: Age | None = None
    """How long after their end handoffs are erased; ``None`` keeps them."""


class RetentionSettings(BotRetentionSettings):
    """How long what is kept. Handoffs are kept for ever unless ``after`` is set."""

    tombstones_after: Age = 90 * 86_400.0
    """How long hashes of what was erased are kept, so that late events recreate nothing."""
    event_ids_after: Age = 30 * 86_400.0
    """How long after the end of a handoff the ids of its events are kept, to know repeated ones."""


class BotSettings(_Part):
    """One bot: its live chat, the CRMs to ask about the end user, where its tickets go, what is kept."""

    livechat: LivechatSettings = Field(default_factory=LivechatSettings.model_construct)
    """Who takes this bot's conversations, and how."""
    crm: tuple[Identifier, ...] = ()
    """Names of integrations that are asked who the end user is, all at once."""
    ticketing: Identifier | None = None
    """The integration in which tickets are made."""
    tickets: TicketsSettings | None = None
    """At which moments a ticket is made, and what stands in it."""
    retention: BotRetentionSettings | None = None
    """How long the handoffs of this bot are kept."""

    def policy(self) -> HandoffPolicy:
        """The part of these settings that a handoff keeps for its whole life."""
        policy = self.livechat.policy()
        if self.tickets is None:
            return policy
        outcomes = dict.fromkeys((*policy.ticket_on, *self.tickets.outcomes))
        return policy.model_copy(
            update={"ticket_on": tuple(outcomes), "ticket_during": self.tickets.during is not None}
        )


class PlatformSettings(_Part):
    """Where the platform takes what goes to the end user: signed webhooks, as Standard Webhooks says."""

    url: PlatformUrl
    """The address to post to."""
    secret: Secret
    """``whsec_…``, shared with the platform; ``[new, old]`` while it rotates: both sign then."""


class GatewaySettings(_Part):
    """The HTTP side. ``tokens`` open ``/v1`` for the platform: one, or ``[new, old]`` while it rotates.

    ``metrics_tokens`` open ``/metrics`` and nothing else, for whoever collects the counts.
    """

    host: ListenAddress = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(default=8080, ge=1, le=65535)
    """The port to listen on."""
    tokens: Secret | None = None
    """What opens ``/v1`` and ``/metrics``: one, or ``[new, old]`` while it rotates."""
    metrics_tokens: Secret | None = None
    """What opens ``/metrics`` and nothing else, for whoever collects the counts."""
    public_url: PublicUrl | None = None
    """The address under which vendors reach the gateway; without a slash at the end."""
    trusted_proxies: tuple[TrustedProxy, ...] = Field(default=(), max_length=100)
    """Addresses and networks of the proxies in front of the gateway, whose word about the client counts."""
    proxy_header: Literal["X-Forwarded-For", "Forwarded"] = "X-Forwarded-For"
    """The header in which those proxies say who the client is; it must be theirs alone to write."""
    platform: PlatformSettings | None = None
    """Where the end user's side is, unless a channel is given in code."""


class FileEgressSettings(_Part):
    """Where links of vendors may lead beyond the public internet: names, addresses, networks."""

    allow: tuple[EgressTarget, ...] = Field(default=(), max_length=100)
    """Names, addresses and networks that are not public and may be fetched from."""


class FilesSettings(_Part):
    """Attachments: where they are kept, which are accepted, how long their links are good.

    Sizes are in bytes once read, times in seconds.
    """

    folder: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """The folder; without it one beside the SQLite file, or ``livechat-files`` where the program runs."""
    max_size: Size = 20 * 1024**2
    """The largest file."""
    max_total: Size = 20 * 1024**3
    """All files of the workspace together."""
    max_per_message: int = Field(default=10, ge=1, le=100)
    """The most files of one message."""
    kinds: tuple[FileKind, ...] = Field(default=DEFAULT_KINDS, max_length=200)
    """Media types that are accepted, ``image/*`` for a family."""
    link_lifetime: Duration = 86_400.0
    """How long a link to a file is good; each delivery of a message makes new ones."""
    keep_for: Age | None = None
    """How long the bytes of a file are kept; ``None`` for as long as its handoff."""
    egress: FileEgressSettings = Field(default_factory=FileEgressSettings.model_construct)
    """Where links of vendors may lead beyond the public internet."""

    def limits(self) -> FileLimits:
        """The part of these settings that decides what is accepted."""
        return FileLimits(
            max_size=self.max_size,
            max_total=self.max_total,
            max_per_message=self.max_per_message,
            kinds=self.kinds,
        )


class PluginSettings(_Part):
    """Which plugins are left out, and how long a hook may take (seconds)."""

    block: tuple[Identifier, ...] = ()
    """Names of plugins that are left out."""
    hook_timeout: Duration = 2.0
    """How long a plugin may take for one question, where the hook names no other time."""


class LivechatFile(_Part):
    """The whole of ``livechat.yaml``, checked and with every default filled in."""

    version: Literal[1] = 1
    """The form of the file."""
    include: Paths = ()
    """Other files, whose settings hold where this one says nothing; patterns such as ``bots/*.yaml`` too."""
    store: StoreAddress = Field("sqlite:///livechat.db", repr=False)
    """The ledger: ``sqlite:///PATH`` or ``postgresql://…``."""
    store_key: Secret | None = None
    """Encrypts what must not be read from the store; ``[new, old]`` while it is being changed."""
    workspace: Identifier = "default"
    """The tenant; part of every key in the store."""
    integrations: dict[Identifier, IntegrationDocument] = Field(
        default_factory=dict[str, IntegrationDocument]
    )
    """Connections to vendors, by the names that bots use."""
    calendars: dict[Identifier, CalendarSettings] = Field(default_factory=dict[str, CalendarSettings])
    """Business hours by name, for bots to share."""
    bots: dict[Identifier, BotSettings] = Field(default_factory=dict[str, BotSettings])
    """The bots, by name."""
    gateway: GatewaySettings = Field(default_factory=GatewaySettings.model_construct)
    """The HTTP side: where it listens, who may call it, where the platform is."""
    files: FilesSettings = Field(default_factory=FilesSettings.model_construct)
    """Attachments."""
    plugins: PluginSettings = Field(default_factory=PluginSettings.model_construct)
    """Which plugins take part."""
    reconcile_every: Duration = 60.0
    """How often vendors that can tell are asked what is true of each open chat."""
    retention: RetentionSettings = Field(default_factory=RetentionSettings.model_construct)
    """How long what is kept."""
    routing: Rules = ()
    """Rules that say where handoffs go, for every bot."""

    @field_validator("integrations")
    @classmethod
    def _name_integrations(cls, value: dict[str, IntegrationDocument]) -> dict[str, IntegrationDocument]:
        return {name: document.named(name) for name, document in value.items()}

    @field_serializer("store")
    def _mask_store(self, value: str) -> str:
        return str(without_secrets(value))

    @field_serializer("integrations")
    def _mask_integrations(self, value: dict[str, IntegrationDocument]) -> dict[str, Any]:
        return {name: document.public() for name, document in value.items()}

    @property
    def revision(self) -> str:
        """A short name for this content: 12 hexadecimal digits that do not depend on any secret."""
        import json

        content = self.model_dump(
            mode="json",
            exclude={
                "include": True,
                "store_key": True,
                "gateway": {"tokens": True, "metrics_tokens": True, "platform": {"secret"}},
            },
        )
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def rule_books(self) -> dict[str, RuleBook]:
        """The rules of routing that hold for each bot, read and ready."""
        from livechat_sdk.policies.routing import RuleBook

        return {
            name: RuleBook(name, bot.livechat.routing, self.routing, bot.crm)
            for name, bot in self.bots.items()
        }

    def retention_plan(self) -> RetentionPlan:
        """How long the handoffs of which bots are kept."""
        own = {name: bot.retention.after for name, bot in self.bots.items() if bot.retention is not None}
        return RetentionPlan(
            after=self.retention.after,
            by_bot=own,
            event_ids_after=self.retention.event_ids_after,
            tombstones_after=self.retention.tombstones_after,
            files_after=self.files.keep_for,
        )

    def integrations_of(self, bot: str) -> Sequence[IntegrationDocument]:
        """The enabled live-chat integrations of a bot, in the order in which they are tried."""
        settings = self.bots[bot].livechat
        return [self.integrations[name] for name in settings.integrations if self.integrations[name].enabled]
