"""A toy live-chat system in memory, and its provider: small, well-behaved, with a webhook."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from livechat_sdk import hookimpl
from livechat_sdk.domain.capabilities import Capabilities, Inbound, WebhookAuth
from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    Chat,
    ChatAccepted,
    ChatEnded,
    ChatRejected,
    ChatTransferred,
    MessageDelivered,
    MessageFailed,
    MessageRead,
    MessageReceived,
    ProviderEvent,
    QueueUpdated,
    TypingChanged,
    UnknownEvent,
)
from livechat_sdk.domain.ends import EndReason, Who, Why
from livechat_sdk.domain.handoff import QueueStatus, Route
from livechat_sdk.domain.messages import Attachment, Message, UserReceipt
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import RejectedError, WebhookRejected
from livechat_sdk.provider.bodies import read_json_object
from livechat_sdk.provider.files import VendorFile
from livechat_sdk.provider.integration import IntegrationContext, IntegrationType
from livechat_sdk.provider.interface import (
    Availability,
    ChatDetails,
    ChatOpening,
    ChatProvider,
    PlannedMessage,
    ProviderHost,
    Sent,
)
from livechat_sdk.provider.settings import IntegrationSettings, Secret
from livechat_sdk.provider.verifying import verify_shared_key
from livechat_sdk.provider.webhooks import WebhookDelivery

__all__ = ["ToyPlugin", "ToyProvider", "ToySettings", "ToyVendor"]

_KEY_HEADER = "x-toy-key"


class ToySettings(IntegrationSettings):
    """Settings of the toy. Without ``webhookKey`` its webhook route refuses everything."""

    webhook_key: Secret | None = None


@dataclass
class ToyVendor:
    """The vendor's own memory: what really happened there.

    ``fail`` may hold exceptions by operation (``open``, ``send``, ``close``, ``update``), each raised once,
    in order; with ``apply_before_failing`` the vendor applies the call first, like a lost answer.
    """

    opened: dict[str, ChatOpening] = field(default_factory=dict[str, ChatOpening])
    received: list[tuple[str, PlannedMessage]] = field(default_factory=list[tuple[str, PlannedMessage]])
    closed: list[tuple[str, EndReason]] = field(default_factory=list[tuple[str, EndReason]])
    details: list[tuple[str, ChatDetails]] = field(default_factory=list[tuple[str, ChatDetails]])
    signals: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    fail: dict[str, list[Exception]] = field(default_factory=dict[str, list[Exception]])
    apply_before_failing: bool = False
    availability: Availability = field(default_factory=Availability)
    over: set[str] = field(default_factory=set[str])
    """References of chats that the vendor's side has ended: they take nothing more."""
    calls: list[str] = field(default_factory=list[str])
    files: dict[str, VendorFile] = field(default_factory=dict[str, VendorFile])
    """Files of agents by link, which the toy's provider fetches with its own credentials."""
    _numbers: Iterable[int] = field(default_factory=lambda: itertools.count(1))

    def texts(self) -> list[str]:
        """The end user's messages as the agent sees them: each key once."""
        return [part.body for part in {part.key: part for _, part in self.received}.values()]

    @property
    def ref(self) -> str:
        """Our reference of the newest chat."""
        return list(self.opened)[-1]

    def next_id(self) -> str:
        """An event id that the vendor has not used before."""
        return f"evt-{next(iter(self._numbers))}"

    def called(self, operation: str, apply: Callable[[], None]) -> None:
        """Note a call, fail it if the test wants that, apply it otherwise."""
        self.calls.append(operation)
        waiting = self.fail.get(operation)
        if waiting:
            error = waiting.pop(0)
            if self.apply_before_failing:
                apply()
            raise error
        apply()


class ToyProvider(ChatProvider[ToySettings]):
    """A provider with a webhook that carries a shared key."""

    type: ClassVar[str] = "TOY_LIVECHAT"
    capabilities: ClassVar[Capabilities] = Capabilities(
        inbound=Inbound.WEBHOOK,
        webhook_auth=WebhookAuth.SHARED_KEY,
        typing_to_agent=True,
        typing_to_user=True,
        receipts_to_agent=True,
        receipts_to_user=True,
        attachment_types=("image/*",),
        transfer=True,
        queue_position=True,
        availability=True,
        update=True,
        dedupes_by_key=True,
        send_before_join=True,
    )

    def __init__(self, context: IntegrationContext, settings: ToySettings, vendor: ToyVendor) -> None:
        super().__init__(context, settings)
        self.vendor = vendor

    async def open(self, opening: ChatOpening) -> Chat:
        """Open a chat; the same ``ref`` again is the same chat."""
        self.vendor.called("open", lambda: self.vendor.opened.update({opening.ref: opening}))
        return Chat(
            integration=self.name,
            handoff_id=opening.handoff_id,
            attempt=opening.attempt,
            ref=opening.ref,
            vendor_ref=f"toy-{opening.ref}",
        )

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        """Keep the message. Raises ``RejectedError`` when the vendor has ended the chat."""
        if chat.ref in self.vendor.over or chat.ref not in self.vendor.opened:
            raise RejectedError("there is no such open chat", provider=self.name, operation="send")
        self.vendor.called("send", lambda: self.vendor.received.append((chat.ref, message)))
        return Sent(vendor_id=f"toy-{message.key}")

    async def close(self, chat: Chat, reason: EndReason) -> None:
        """Close the chat."""
        self.vendor.called("close", lambda: self.vendor.closed.append((chat.ref, reason)))

    async def update(self, chat: Chat, details: ChatDetails) -> None:
        """Keep the details."""
        self.vendor.called("update", lambda: self.vendor.details.append((chat.ref, details)))

    async def typing(self, chat: Chat, *, on: bool) -> None:
        """Note the signal."""
        self.vendor.signals.append((chat.ref, f"typing {'on' if on else 'off'}"))

    async def receipt(self, chat: Chat, receipt: UserReceipt) -> None:
        """Note the signal."""
        self.vendor.signals.append((chat.ref, f"{receipt.status} {receipt.message_key}"))

    async def availability(self, route: Route) -> Availability:
        """What the test has set."""
        return self.vendor.availability

    async def start(self, host: ProviderHost) -> None:
        """Keep what it may use of its host."""
        self.host = host

    async def fetch(self, chat: Chat, attachment: Attachment) -> VendorFile | None:
        """A file out of the vendor's memory; what is not there is left to its plain link."""
        self.vendor.called("fetch", lambda: None)
        return self.vendor.files.get(attachment.url)

    async def was_sent(self, chat: Chat, key: str) -> bool | None:
        """Look into the vendor's memory, if the class declares that it can."""
        if not self.capabilities.looks_up_by_key:
            return None
        return any(part.key == key for _, part in self.vendor.received)

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        """Check the shared key in constant time, then translate."""
        given = delivery.header(_KEY_HEADER)
        verify_shared_key(given, self.settings.webhook_key, what="the key in X-Toy-Key")
        try:
            return [self._translate(read_json_object(delivery.body), delivery.received_at)]
        except (ValueError, KeyError, TypeError) as error:
            raise WebhookRejected("the body is not a toy event", status=400) from error

    def _translate(self, document: Mapping[str, str], now: datetime) -> ProviderEvent:
        base = {
            "id": document["id"],
            "integration": self.name,
            "refs": (document["ref"],),
            "received_at": now,
            "raw": dict(document),
        }
        event = document["event"]
        if event not in _TRANSLATIONS:
            return UnknownEvent.model_validate({**base, "name": str(event)[:200]})
        kind, fields = _TRANSLATIONS[event]
        return kind.model_validate({**base, **fields(document)})


def _agent(document: Mapping[str, str]) -> Agent:
    return Agent(id=document.get("agent", "a-1"), name=document.get("name", "Toy Agent"))


def _attachments(document: Mapping[str, str]) -> tuple[Attachment, ...]:
    """Files of a message: links in ``files``, one a line; each is named as its last part."""
    return tuple(
        Attachment(url=link, name=link.partition("?")[0].rsplit("/", 1)[-1])
        for link in document.get("files", "").split()
    )


_Fields = Callable[[Mapping[str, str]], Mapping[str, object]]
_Kind = type[
    ChatAccepted
    | ChatRejected
    | QueueUpdated
    | AgentJoined
    | AgentLeft
    | ChatTransferred
    | MessageReceived
    | MessageDelivered
    | MessageRead
    | MessageFailed
    | TypingChanged
    | ChatEnded
]
_TRANSLATIONS: dict[str, tuple[_Kind, _Fields]] = {
    "accepted": (ChatAccepted, lambda _: {}),
    "rejected": (ChatRejected, lambda d: {"reason": d.get("reason", "")}),
    "queue": (QueueUpdated, lambda d: {"queue": QueueStatus(position=int(d["position"]))}),
    "joined": (AgentJoined, lambda d: {"agent": _agent(d)}),
    "left": (AgentLeft, lambda d: {"agent": _agent(d)}),
    "transferred": (ChatTransferred, lambda d: {"to": d.get("to"), "is_team": d.get("team") == "yes"}),
    "message": (
        MessageReceived,
        lambda d: {
            "message": Message(
                key=d.get("key", d["id"]),
                body=d["text"],
                attachments=_attachments(d),
                sent_at=datetime.fromisoformat(d["said_at"]) if "said_at" in d else None,
            ),
            "agent": _agent(d) if d.get("author", "agent") == "agent" else None,
            "author": d.get("author", "agent"),
        },
    ),
    "delivered": (MessageDelivered, lambda d: {"message_key": d["key"]}),
    "read": (MessageRead, lambda d: {"message_key": d["key"]}),
    "failed": (MessageFailed, lambda d: {"message_key": d["key"], "reason": d.get("reason", "")}),
    "typing": (TypingChanged, lambda d: {"on": d.get("on") == "yes"}),
    "ended": (ChatEnded, lambda d: {"by": d.get("by", "agent"), "why": d.get("why", "resolved")}),
}


class ToyPlugin:
    """Offers the toy as integration type ``TOY_LIVECHAT`` (or another name), with one vendor memory."""

    def __init__(
        self,
        vendor: ToyVendor | None = None,
        *,
        type_name: str = "TOY_LIVECHAT",
        capabilities: Capabilities | None = None,
    ) -> None:
        self.vendor = vendor or ToyVendor()
        self.key = "toy-key-of-at-least-16-characters"
        declared = capabilities or ToyProvider.capabilities
        self.provider_class: type[ToyProvider] = type(
            "ToyProvider", (ToyProvider,), {"type": type_name, "capabilities": declared}
        )

    @hookimpl
    def livechat_integration_types(self) -> list[IntegrationType]:
        """One type."""
        return [
            IntegrationType(
                type=self.provider_class.type,
                kind="livechat",
                settings=ToySettings,
                build=lambda context, settings: self.provider_class(context, settings, self.vendor),
                summary="a toy for tests",
            )
        ]

    def delivery(
        self, event: str, /, *, ref: str | None = None, secret: str | None = None, **fields: str
    ) -> WebhookDelivery:
        """A webhook as the toy would send it. ``id`` in ``fields`` repeats an event."""
        document = {"id": self.vendor.next_id(), "event": event, "ref": ref or self.vendor.ref, **fields}
        return WebhookDelivery(
            "POST",
            "/webhooks/toy",
            {_KEY_HEADER.title(): self.key if secret is None else secret, "Content-Type": "application/json"},
            json.dumps(document).encode(),
            datetime.now(UTC),
        )

    @staticmethod
    def reason(by: Who, why: Why) -> EndReason:
        """Short for ``EndReason``."""
        return EndReason(by=by, why=why)
