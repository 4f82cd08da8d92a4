"""One gateway with a webhook route of each kind, and what a delivery of each looks like."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, ClassVar, Literal

from pydantic import SecretStr
from starlette.applications import Starlette

from livechat_sdk import Dispatcher, Registry
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.domain.handoff import HandoffRequest
from livechat_sdk.domain.people import EndUser
from livechat_sdk.errors import WebhookRejected
from livechat_sdk.gateway import create_app
from livechat_sdk.http import override_transport
from livechat_sdk.provider import WebhookDelivery, read_json_object, verify_hmac, verify_time
from livechat_sdk_simulators.clock import VirtualClock as SimulatorClock
from livechat_sdk_simulators.zendesk.settings import ZendeskSettings
from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.hostile import HostilePlugin, Traits, hostile_vendor
from livechat_sdk_testing.hostile.events import read_event
from livechat_sdk_testing.hostile.webhook import SIGNATURE_HEADER, WEBHOOK_KEY, WebhookProvider
from livechat_sdk_testing.parley.plugin import ParleyPlugin
from livechat_sdk_testing.toy import ToyPlugin
from livechat_sdk_zendesk import plugin as zendesk

__all__ = ["KINDS", "Gateway", "Kind", "What", "a_gateway", "as_json"]

What = Literal["proof", "body", "stale", "authentic"]
"""What may be wrong with a delivery. ``proof``: the key or signature was changed; ``body``: the body, under
the old signature; ``stale``: the whole is right and old; ``authentic``: the body was changed and the proof is
right for it."""

_TIMED_HEADER = "X-Timed-Signature"
_TICKET_KEY = "a-key-for-ticket-events-0123456789"


class TimedProvider(WebhookProvider):
    """Signs the time of a delivery too: ``t=<seconds>,v1=<signature>``."""

    def read_webhook(self, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        """See ``ChatProvider.read_webhook``."""
        header = delivery.header(_TIMED_HEADER) or ""
        parts = [part.partition("=") for part in header.split(",")]
        times = [value for name, _, value in parts if name == "t"]
        if len(times) != 1:
            raise WebhookRejected("the signature has no time, or several")
        given = [value for name, _, value in parts if name == "v1"]
        signed = (times[0].encode("utf-8", "surrogatepass"), b".", delivery.body)
        verify_hmac(given, signed, self.settings.webhook_key)
        verify_time(times[0], delivery.received_at)
        try:
            return [read_event(read_json_object(delivery.body), self.name, delivery.received_at)]
        except (ValueError, KeyError, TypeError) as error:
            raise WebhookRejected("the body is not an event of this vendor", status=400) from error


class Kind(ABC):
    """A kind of proof. ``header`` is the one with the proof, ``mutations`` what can be done to a delivery."""

    name: ClassVar[str]
    header: ClassVar[str]
    mutations: ClassVar[Sequence[What]]

    @property
    def integration(self) -> str:
        """Whose route it is."""
        return self.name

    @abstractmethod
    def proof(self, body: bytes, at: datetime) -> str:
        """The value of the header."""

    def headers(self, body: bytes, at: datetime) -> dict[str, str]:
        """Every header that is part of the proof."""
        return {self.header: self.proof(body, at)}

    def forgeries(self, body: bytes, at: datetime) -> Sequence[Mapping[str, str]]:
        """Headers of proofs that are wrong in a way of this kind's own."""
        return ()

    def still_proves(self, changed: str, right: str) -> bool:
        """Whether a changed header carries the whole right proof all the same: taking it is no fault."""
        return False

    @abstractmethod
    def document(self, chance: Random, refs: Sequence[str], now: datetime) -> Mapping[str, Any]:
        """An event of this vendor."""


class SharedKey(Kind):
    """The toy: the key itself travels."""

    name = "toy"
    mutations: ClassVar[Sequence[What]] = ("proof", "authentic")
    header = "x-toy-key"
    key = ToyPlugin().key

    def proof(self, body: bytes, at: datetime) -> str:
        """See ``Kind``."""
        return self.key

    def document(self, chance: Random, refs: Sequence[str], now: datetime) -> Mapping[str, Any]:
        """See ``Kind``."""
        event = chance.choice(("accepted", "queue", "joined", "left", "message", "typing", "new"))
        more = {"position": "3", "text": "hello", "to": "billing", "on": "yes", "name": "Ann"}
        return {"id": f"e-{chance.getrandbits(60)}", "event": event, "ref": chance.choice(refs), **more}


class BodyHmac(Kind):
    """The hostile vendor: a signature over the body."""

    name = "hostile"
    mutations: ClassVar[Sequence[What]] = ("proof", "proof", "body", "body", "authentic")
    header = SIGNATURE_HEADER.lower()

    def proof(self, body: bytes, at: datetime) -> str:
        """See ``Kind``."""
        return hmac.new(WEBHOOK_KEY.encode(), body, hashlib.sha256).hexdigest()

    def document(self, chance: Random, refs: Sequence[str], now: datetime) -> Mapping[str, Any]:
        """See ``Kind``."""
        kind, fields = chance.choice(
            (
                ("chat_accepted", {}),
                ("queue_updated", {"queue": {"position": 2}}),
                ("agent_joined", {"agent": {"id": "a-1", "name": "Ann"}}),
                ("message_received", {"message": {"key": "m-1", "body": "hello"}}),
                ("typing_changed", {"on": True}),
                ("message_read", {"message_key": "m-2"}),
                ("unknown_event", {"name": "new"}),
            )
        )
        ref = chance.choice(refs)
        at = (now - timedelta(seconds=chance.randrange(100))).isoformat()
        identity = f"e-{chance.getrandbits(60)}"
        return {"id": identity, "kind": kind, "refs": [ref], "at": at, "fields": fields}


class BodyHmacTime(BodyHmac):
    """The same over time and body."""

    name = "timed"
    mutations: ClassVar[Sequence[What]] = ("proof", "proof", "body", "body", "stale", "authentic")
    header = _TIMED_HEADER.lower()

    def proof(self, body: bytes, at: datetime) -> str:
        """See ``Kind``."""
        seconds = int(at.timestamp())
        signed = b"%d.%s" % (seconds, body)
        return f"t={seconds},v1={hmac.new(WEBHOOK_KEY.encode(), signed, hashlib.sha256).hexdigest()}"

    def still_proves(self, changed: str, right: str) -> bool:
        """See ``Kind``."""
        parts = changed.split(",")
        time, signature = right.split(",")
        return signature in parts and [one for one in parts if one.startswith("t=")] == [time]


class Parley(BodyHmacTime):
    """The example vendor, read by its real adapter. No chat is open there: it would be called over HTTP."""

    name = "parley"
    header = "parley-signature"

    def document(self, chance: Random, refs: Sequence[str], now: datetime) -> Mapping[str, Any]:
        """See ``Kind``."""
        agent, when = {"id": "a-1", "name": "Ann"}, now.isoformat(timespec="milliseconds")
        message = {"id": "m-1", "client_key": None, "from": "agent", "agent": agent, "text": "hi", "at": when}
        about = {"message_id": "m-1", "client_key": "k-1", "reason": "too long"}
        kind, data = chance.choice(
            (
                ("chat.queued", {"position": 2, "estimate_seconds": 30}),
                ("chat.accepted", {"agent": agent}),
                ("agent.joined", {"agent": agent}),
                ("chat.transferred", {"to": "billing"}),
                ("message.created", {**message, "files": [], "choices": [{"label": "Yes", "value": "y"}]}),
                ("message.delivered", about),
                ("message.failed", about),
                ("typing.changed", {"on": True, "agent": agent}),
                ("chat.ended", {"by": "agent", "why": "resolved"}),
                ("chat.rated", {"stars": 5}),
            )
        )
        chat = {"id": "c-1", "ref": chance.choice(refs)}
        return {"id": f"e-{chance.getrandbits(60)}", "type": kind, "at": when, "chat": chat, "data": data}


class Zendesk(SharedKey):
    """Messaging of Zendesk, read by its real adapter. One chat is open, at a simulator."""

    name = "zendesk"
    header = "x-api-key"
    key = WEBHOOK_KEY

    def forgeries(self, body: bytes, at: datetime) -> Sequence[Mapping[str, str]]:
        """The right key is not enough for what claims to come from the Support side."""
        claims = {Tickets.header: "", Tickets.time: at.isoformat()}
        return ({**self.headers(body, at), **claims}, {"authorization": f"Bearer {self.key}"})

    def document(self, chance: Random, refs: Sequence[str], now: datetime) -> Mapping[str, Any]:
        """See ``Kind``."""
        when = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        agents = {"id": "5ef2", "name": "zd-agentWorkspace", "integrationType": "zd:agentWorkspace"}
        conversation = {
            "id": "67a0ecf8f0305f4a391e9db1",
            "type": "personal",
            "metadata": {"livechat_ref": chance.choice(refs)},
            "activeSwitchboardIntegration": agents,
        }
        error = {"code": "bad_request", "message": "too long"}
        message = {
            "id": f"m-{chance.getrandbits(60)}",
            "received": when,
            "author": {"type": "business", "displayName": "Ann"},
            "content": chance.choice(_CONTENTS),
            "source": {"type": "zd:agentWorkspace"},
            "metadata": {"__zendesk_msg.agent.id": "8447388090494"},
        }
        activity = {"type": "typing:start", "author": {"type": "business"}}
        events = [
            {"id": f"e-{chance.getrandbits(60)}", "createdAt": when, "type": kind, "payload": payload}
            for kind, payload in chance.choices(
                (
                    ("conversation:message", {"conversation": conversation, "message": message}),
                    ("conversation:typing", {"conversation": conversation, "activity": activity}),
                    ("conversation:read", {"conversation": conversation, "activity": activity}),
                    ("switchboard:passControl", {"conversation": conversation, "metadata": {"a": 1}}),
                    (
                        "conversation:message:delivery:failure",
                        {"conversation": conversation, "message": {"id": "m-1"}, "error": error},
                    ),
                    ("conversation:referral", {"conversation": conversation}),
                ),
                k=chance.choice((1, 1, 1, 2, 3)),
            )
        ]
        app, hook = {"id": ZENDESK.app_id}, {"id": "5f4eaef81e3dcc117c7ba48a", "version": "v2"}
        return {"app": app, "webhook": hook, "events": events}


class Tickets(BodyHmacTime):
    """Ticket events of Zendesk's Support side, on the same route."""

    name = "tickets"
    header = "x-zendesk-webhook-signature"
    time = "x-zendesk-webhook-signature-timestamp"

    @property
    def integration(self) -> str:
        """See ``Kind``."""
        return Zendesk.name

    def proof(self, body: bytes, at: datetime) -> str:
        """See ``Kind``."""
        return self._signed(_TICKET_KEY, body, at)

    def headers(self, body: bytes, at: datetime) -> dict[str, str]:
        """See ``Kind``."""
        return {**super().headers(body, at), self.time: self._time(at)}

    def forgeries(self, body: bytes, at: datetime) -> Sequence[Mapping[str, str]]:
        """Signed with the key of messaging, signed for another time, or with that key instead."""
        right = self.headers(body, at)
        return (
            {**right, self.header: self._signed(WEBHOOK_KEY, body, at)},
            {**right, self.header: self._signed("", body, at)},
            {**right, self.time: self._time(at + timedelta(seconds=1))},
            {self.header: right[self.header]},
            {self.header: WEBHOOK_KEY, self.time: right[self.time], Zendesk.header: WEBHOOK_KEY},
        )

    def still_proves(self, changed: str, right: str) -> bool:
        """See ``Kind``."""
        return False

    def document(self, chance: Random, refs: Sequence[str], now: datetime) -> Mapping[str, Any]:
        """See ``Kind``."""
        what, change = chance.choice(
            (
                ("agent_assignment_changed", {"previous": None, "current": "8447388090494"}),
                ("agent_assignment_changed", {"previous": "8447388090494", "current": None}),
                ("status_changed", {"previous": "OPEN", "current": "SOLVED"}),
                ("created", {}),
            )
        )
        tags = ["vip", f"livechat-{chance.choice(refs)}"]
        return {
            "id": f"t-{chance.getrandbits(60)}",
            "time": now.isoformat(),
            "type": f"zen:event-type:ticket.{what}",
            "detail": {"id": "35", "tags": tags, "status": "OPEN"},
            "event": change,
        }

    @staticmethod
    def _time(at: datetime) -> str:
        return at.isoformat(timespec="seconds").replace("+00:00", "Z")

    def _signed(self, key: str, body: bytes, at: datetime) -> str:
        digest = hmac.new(key.encode(), self._time(at).encode() + body, hashlib.sha256).digest()
        return base64.b64encode(digest).decode()


_CONTENTS: Sequence[Mapping[str, Any]] = (
    {"type": "text", "text": "Hello, I am Ann"},
    {"type": "text", "text": "Which?", "actions": [{"type": "reply", "text": "Yes", "payload": "YES"}]},
    {"type": "location", "coordinates": {"lat": 37.98, "long": 23.73}},
    {"type": "carousel", "items": [{"title": "Tea", "actions": [{"type": "link", "text": "More"}]}]},
    {"type": "form", "fields": [{"type": "text", "name": "a", "label": "A"}]},
)

ZENDESK = ZendeskSettings()
"""The account that the simulator plays."""

KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (SharedKey(), BodyHmac(), BodyHmacTime(), Parley(), Zendesk(), Tickets())
}
"""By name."""

_WITH_CHATS = ("toy", "hostile", "timed", "zendesk")


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway. ``refs`` are references of chats that are open at vendors, by integration."""

    app: Starlette
    dispatcher: Dispatcher
    clock: VirtualClock
    refs: Mapping[str, str]


@asynccontextmanager
async def a_gateway(folder: Path) -> AsyncIterator[Gateway]:
    """A gateway with one live handoff at each vendor."""
    clock, toy = VirtualClock(), ToyPlugin()
    hostile = HostilePlugin(hostile_vendor(Traits(), now=clock.now))
    timed = HostilePlugin(hostile_vendor(Traits(), now=clock.now, name="timed"), provider=TimedProvider)
    settings = LivechatFile.model_validate(
        {
            "store": f"sqlite:///{folder}/livechat.db",
            "integrations": {
                "toy": {"type": "TOY_LIVECHAT", "webhookKey": toy.key},
                "hostile": hostile.settings,
                "timed": timed.settings,
                "parley": {
                    "type": "PARLEY_LIVECHAT",
                    "baseUrl": "https://parley.example",
                    "clientId": "client",
                    "clientSecret": "a-secret-that-nobody-needs",
                    "webhookKey": WEBHOOK_KEY,
                },
                "zendesk": {
                    "type": "ZENDESK_LIVECHAT",
                    "baseUrl": ZENDESK.base_url,
                    "appId": ZENDESK.app_id,
                    "keyId": ZENDESK.key_id,
                    "secret": ZENDESK.secret,
                    "webhookKey": WEBHOOK_KEY,
                    "ticketWebhookKey": _TICKET_KEY,
                },
            },
            "bots": {name: {"livechat": {"integrations": [name]}} for name in _WITH_CHATS},
        }
    )
    plugins = {"toy": toy, "hostile": hostile, "timed": timed, "parley": ParleyPlugin(), "zendesk": zendesk}
    vendor = ZendeskSimulator(ZENDESK, SimulatorClock())
    dispatcher = Dispatcher(settings, channel=RecordingChannel(), registry=Registry(plugins), clock=clock)
    with override_transport(vendor.transport()):
        async with dispatcher:
            refs: dict[str, str] = {}
            for name in _WITH_CHATS:
                request = HandoffRequest(key=name, conversation_id=name, bot=name, user=EndUser(id="u-1"))
                handoff = await dispatcher.request(request)
                await dispatcher.wait_idle()
                chat = await dispatcher.store.chat(handoff.id, 1)
                assert chat is not None
                refs[name] = chat.ref
            tokens = [SecretStr("token-of-the-platform-0123456789")]
            yield Gateway(create_app(dispatcher, tokens=tokens), dispatcher, clock, refs)


def as_json(document: Mapping[str, Any]) -> bytes:
    """The bytes that a vendor sends."""
    return json.dumps(document).encode()
