"""``ChatProvider``: the adapter to one live-chat system."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, Protocol, Self, TypeVar

from pydantic import Field, model_validator

from livechat_sdk.domain.base import Identifier, Metadata, Model, ShortText, Text, Timestamp
from livechat_sdk.domain.capabilities import Capabilities
from livechat_sdk.domain.chats import Chat, MessageReceived, ProviderEvent
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route, SurveyAnswer
from livechat_sdk.domain.messages import Attachment, Choice, TranscriptEntry, UserReceipt
from livechat_sdk.domain.people import Agent, Contact, EndUser
from livechat_sdk.errors import UnsupportedFeature, WebhookRejected
from livechat_sdk.provider.embedded import EmbeddedDatabase
from livechat_sdk.provider.files import FileOpener, VendorFile
from livechat_sdk.provider.integration import Finding, IntegrationContext
from livechat_sdk.provider.settings import IntegrationSettings
from livechat_sdk.provider.webhooks import WebhookDelivery

__all__ = [
    "AnyProvider",
    "AsgiApp",
    "Availability",
    "ChatDetails",
    "ChatOpening",
    "ChatProvider",
    "ChatStatus",
    "PlannedMessage",
    "PollPace",
    "Polled",
    "ProviderHost",
    "Sent",
]

AsgiApp = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]],
    Awaitable[None],
]
"""An ASGI 3 application."""

Settings = TypeVar("Settings", bound=IntegrationSettings)


class ChatOpening(Model):
    """Everything a vendor is told when a chat is opened.

    ``ref`` is ours, stored before the call and the same on every repetition for this attempt; send
    it to the vendor wherever the vendor lets us. ``transcript`` is the whole conversation so far,
    oldest first, without the messages that will be sent after an agent has joined.
    """

    handoff_id: Identifier
    conversation_id: Identifier
    attempt: int
    ref: Identifier
    bot: Identifier
    user: EndUser
    route: Route
    language: ShortText | None = None
    reason: ShortText | None = None
    summary: str | None = None
    transcript: tuple[TranscriptEntry, ...] = ()
    survey: tuple[SurveyAnswer, ...] = ()
    contacts: tuple[Contact, ...] = ()
    tags: tuple[ShortText, ...] = ()
    attributes: Metadata = Field(default_factory=dict)
    extras: Metadata = Field(default_factory=dict)
    requested_at: Timestamp


class ChatDetails(Model):
    """What is known by now about an open chat: the whole of it, not only what is new."""

    survey: tuple[SurveyAnswer, ...] = ()
    contacts: tuple[Contact, ...] = ()


class PlannedMessage(Model):
    """A message of the end user as the provider can carry it. ``key`` is the same on every repetition."""

    key: Identifier
    body: str
    attachments: tuple[Attachment, ...] = ()
    choices: tuple[Choice, ...] = ()
    sent_at: Timestamp
    notes: tuple[ShortText, ...] = ()
    """What was changed to make it fit, for the record."""


class Sent(Model):
    """What became of a send. ``acknowledged`` means that the other side confirmed it has the message.

    ``patch`` changes named keys of ``Chat.state``.
    """

    vendor_id: Text | None = None
    acknowledged: bool = False
    patch: Metadata = Field(default_factory=dict)


class Availability(Model):
    """Whether agents are there. ``unknown`` is an answer; zero is not used for it."""

    agents: Literal["yes", "no", "unknown"] = "unknown"
    waiting: int | None = None
    estimate: float | None = None
    """Expected wait in seconds."""
    at: Timestamp | None = None


class ChatStatus(Model):
    """What is true at the vendor, for the reconciler.

    ``unknown`` is an answer: it never ends a chat. ``agent`` is whoever is in an active chat, ``ended`` who
    ended it and why, ``at`` since when it is so by the vendor's clock; each ``None`` when the vendor does
    not say. ``vendor_ref`` is the vendor's own id: give it where a chat can be asked for by our reference
    alone, so that one whose opening was never answered can be closed.
    """

    state: Literal["queued", "active", "ended", "unknown"]
    agent: Agent | None = None
    ended: EndReason | None = None
    at: Timestamp | None = None
    vendor_ref: Identifier | None = None


class Polled(Model):
    """The result of one poll: events, and the chat with its new cursor.

    ``again_after`` are the seconds after which the vendor wants to be asked again; ``None`` leaves that to
    the ``PollPace``.
    """

    chat: Chat
    events: tuple[ProviderEvent, ...] = ()
    again_after: float | None = Field(default=None, ge=0, le=3600, allow_inf_nan=False)


class PollPace(Model):
    """Seconds between two polls of one chat: ``fastest`` while people talk, ``slowest`` when all is quiet.

    ``backoff`` is the longest pause after polls that failed, however many: a vendor that gives up whoever is
    not heard of needs a short one. ``at_once`` is how many polls may be under way side by side, of all chats
    together; it is asked once.
    """

    fastest: float = Field(default=1.0, ge=0.05, le=3600, allow_inf_nan=False)
    slowest: float = Field(default=20.0, ge=0.05, le=3600, allow_inf_nan=False)
    backoff: float = Field(default=120.0, ge=0.05, le=3600, allow_inf_nan=False)
    at_once: int = Field(default=16, ge=1, le=1000)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.fastest > self.slowest:
            raise ValueError("fastest must not be larger than slowest")
        return self


class ProviderHost(Protocol):
    """What a running provider may use of its host."""

    @property
    def database(self) -> EmbeddedDatabase:
        """The database for embedded providers."""
        ...

    @property
    def files(self) -> FileOpener:
        """Opens files that are kept here, for vendors that take bytes rather than links."""
        ...

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        """Chats of an integration that are open at the vendor, whichever worker opened them, oldest first.

        For ``listen`` of a vendor that wants a subscription for each chat. Without their ``secrets``. A chat
        whose opening has not been answered yet is not among them. Raises ``StoreError``.
        """
        ...


class ChatProvider(ABC, Generic[Settings]):
    """An adapter to one live-chat system.

    Override what the declared capabilities promise. Every method may be called after a restart,
    with a chat that another process opened: keep nothing in memory that cannot be lost.
    Errors: raise the ``ProviderError`` family only; set ``sent=False`` when the request provably
    never left.

    ``self.settings`` are the integration's, ``self.name`` is its name, ``self.context.now()`` the time (tests
    move it: ask no other clock).
    """

    type: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    state_version: ClassVar[int] = 1

    def __init__(self, context: IntegrationContext, settings: Settings) -> None:
        self.context = context
        self.settings = settings

    @property
    def name(self) -> str:
        """The integration's name in the settings."""
        return self.context.name

    @property
    def poll_pace(self) -> PollPace:
        """How often one chat may be polled; an adapter may take it from its settings."""
        return PollPace()

    async def start(self, host: ProviderHost) -> None:
        """Called once before the first chat: the place to keep ``host.files``. Most adapters need no more."""

    async def stop(self) -> None:
        """Called once when the dispatcher stops: close what ``start`` or a call opened, within ten seconds.

        What takes longer is interrupted.
        """

    @abstractmethod
    async def open(self, opening: ChatOpening) -> Chat:
        """Open a chat. May be called again for the same attempt (same ``ref``): must not open twice.

        A provider that cannot find a chat by its ``ref`` says so (``Capabilities.finds_by_ref``), and is
        called again only where the first call certainly opened nothing, or the policy wants it.

        Raises ``UnavailableError`` when the vendor has nobody, ``RejectedError`` when it refuses.
        """

    @abstractmethod
    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        """Send one message of the end user. ``RejectedError`` refuses this message only."""

    @abstractmethod
    async def close(self, chat: Chat, reason: EndReason) -> Sequence[MessageReceived] | None:
        """End the vendor's side. A chat that is closed already is not an error.

        A vendor that tells nothing of a chat any more once it is closed may have been asked for the last
        words before: what is returned is recorded, unless it came by itself.
        """

    async def check(self) -> Sequence[Finding]:
        """Look at credentials and set-up; reads only."""
        return ()

    async def typing(self, chat: Chat, *, on: bool) -> None:
        """Show the agent that the end user is typing."""
        raise UnsupportedFeature(f"{self.type} does not take typing")

    async def receipt(self, chat: Chat, receipt: UserReceipt) -> None:
        """Tell the vendor that a message was delivered to, or read by, the end user."""
        raise UnsupportedFeature(f"{self.type} does not take receipts")

    async def update(self, chat: Chat, details: ChatDetails) -> None:
        """Pass on survey answers and contacts that came after the chat was opened. May be repeated."""
        raise UnsupportedFeature(f"{self.type} cannot update an open chat")

    async def availability(self, route: Route) -> Availability:
        """Whether agents are there for this target."""
        return Availability()

    async def status(self, chat: Chat) -> ChatStatus:
        """What is true at the vendor.

        Raises ``RejectedError`` with status 404 or 410, or without any, when the vendor does not know the
        chat: twice, at least ``lookup_lag`` apart, that means it is over.
        """
        return ChatStatus(state="unknown")

    async def history(self, chat: Chat, since: datetime) -> Sequence[MessageReceived]:
        """Agents' messages since ``since``, oldest first.

        Each carries the ``message.key`` that its webhook, poll or stream event carries (or would have
        carried), and the same event id where the vendor has one: what is known already is left out by that.
        """
        raise UnsupportedFeature(f"{self.type} has no history")

    async def fetch(self, chat: Chat, attachment: Attachment) -> VendorFile | None:
        """A file that came with a message of an agent, where ``attachment_links`` is ``fetch``.

        For vendors that want credentials for it. ``None``, the default, has its plain link fetched, under the
        egress rule and without credentials. May be called again for the same file. ``RejectedError`` and
        ``AuthError`` give the file up; what may pass is tried again for less than a minute.
        """
        return None

    async def was_sent(self, chat: Chat, key: str) -> bool | None:
        """After a doubtful send: whether it arrived; ``None`` when the vendor cannot tell yet.

        Who still answers ``None`` a minute after the ``lookup_lag`` is taken never to tell: doubtful it is.
        """
        return None

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        """Verify a webhook, then translate it. Pure: no I/O. Raises ``WebhookRejected``."""
        raise WebhookRejected(f"integration {self.name!r} ({self.type}) has no webhook", status=404)

    async def poll(self, chat: Chat) -> Polled:
        """Ask the vendor for events since the chat's cursor.

        Raises ``RejectedError`` when the vendor will not have it: then ``status`` is asked. Where there is
        none, 404, 410 or no HTTP status mean here what they mean there.
        """
        raise UnsupportedFeature(f"{self.type} is not polled")

    def listen(self) -> AsyncIterator[ProviderEvent]:
        """Events of the vendor's stream, for all chats of the integration. One worker listens at a time.

        Runs until it is cancelled and connects again by itself. After an interruption it yields a
        ``StreamGap``, which concerns every open chat of the integration, whatever its refs.
        """
        raise UnsupportedFeature(f"{self.type} has no event stream")

    def upgrade_state(self, old: Mapping[str, Any], version: int) -> Mapping[str, Any]:
        """Bring ``Chat.state`` of an older ``state_version`` to the current one."""
        raise UnsupportedFeature(f"{self.type} cannot upgrade chat state from version {version}")

    def pages(self) -> AsgiApp | None:
        """Pages that this provider serves itself; the gateway mounts them at ``/<integration name>``."""
        return None


AnyProvider = ChatProvider[Any]
"""A provider whatever its settings."""
