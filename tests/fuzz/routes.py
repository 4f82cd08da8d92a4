"""One gateway with a webhook route of each kind, and what a delivery of each looks like."""

from __future__ import annotations

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
from typing import Any, ClassVar

from pydantic import SecretStr
from starlette.applications import Starlette

from livechat_sdk import Dispatcher, Registry
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.domain.handoff import HandoffRequest
from livechat_sdk.domain.people import EndUser
from livechat_sdk.errors import WebhookRejected
from livechat_sdk.gateway import create_app
from livechat_sdk.provider import WebhookDelivery, read_json_object, verify_hmac, verify_time
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.hostile import HostilePlugin, Traits, hostile_vendor
from livechat_sdk_testing.hostile.events import read_event
from livechat_sdk_testing.hostile.webhook import SIGNATURE_HEADER, WEBHOOK_KEY, WebhookProvider
from livechat_sdk_testing.parley.plugin import ParleyPlugin
from livechat_sdk_testing.toy import ToyPlugin

__all__ = ["KINDS", "Gateway", "Kind", "a_gateway"]

_TIMED_HEADER = "X-Timed-Signature"


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
    """A kind of proof. ``name`` is the integration's name, ``header`` the one with the proof."""

    name: ClassVar[str]
    header: ClassVar[str]

    @abstractmethod
    def proof(self, body: bytes, at: datetime) -> str:
        """The value of the header."""

    @abstractmethod
    def still_proves(self, changed: str, right: str) -> bool:
        """Whether a changed header carries the whole right proof all the same: taking it is no fault."""

    @abstractmethod
    def document(self, chance: Random, refs: Sequence[str], now: datetime) -> Mapping[str, Any]:
        """An event of this vendor."""


class SharedKey(Kind):
    """The toy: the key itself travels."""

    name = "toy"
    header = "x-toy-key"
    key = ToyPlugin().key

    def proof(self, body: bytes, at: datetime) -> str:
        """See ``Kind``."""
        return self.key

    def still_proves(self, changed: str, right: str) -> bool:
        """See ``Kind``."""
        return False

    def document(self, chance: Random, refs: Sequence[str], now: datetime) -> Mapping[str, Any]:
        """See ``Kind``."""
        event = chance.choice(("accepted", "queue", "joined", "left", "message", "typing", "new"))
        more = {"position": "3", "text": "hello", "to": "billing", "on": "yes", "name": "Ann"}
        return {"id": f"e-{chance.getrandbits(60)}", "event": event, "ref": chance.choice(refs), **more}


class BodyHmac(Kind):
    """The hostile vendor: a signature over the body."""

    name = "hostile"
    header = SIGNATURE_HEADER.lower()

    def proof(self, body: bytes, at: datetime) -> str:
        """See ``Kind``."""
        return hmac.new(WEBHOOK_KEY.encode(), body, hashlib.sha256).hexdigest()

    def still_proves(self, changed: str, right: str) -> bool:
        """See ``Kind``."""
        return False

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


KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (SharedKey(), BodyHmac(), BodyHmacTime(), Parley())}
"""By the name of the integration."""

_WITH_CHATS = ("toy", "hostile", "timed")


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
            },
            "bots": {name: {"livechat": {"integrations": [name]}} for name in _WITH_CHATS},
        }
    )
    registry = Registry({"toy": toy, "hostile": hostile, "timed": timed, "parley": ParleyPlugin()})
    async with Dispatcher(settings, channel=RecordingChannel(), registry=registry, clock=clock) as dispatcher:
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
