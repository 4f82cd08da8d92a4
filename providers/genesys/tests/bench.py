"""A Genesys Cloud organisation that answers as a test tells it to, and values to call the adapter with.

Every exchange is held against the vendor's API document: neither side may say what is not in there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Route
from livechat_sdk.domain.people import EndUser
from livechat_sdk.http import override_transport
from livechat_sdk.provider.interface import ChatOpening, PlannedMessage
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk.registry import Registry
from livechat_sdk_genesys import plugin
from livechat_sdk_genesys.provider import GenesysProvider
from livechat_sdk_testing.recordings import (
    ApiDocument,
    Provenance,
    RecordedRequest,
    RecordedResponse,
    Recording,
    Recordings,
    disagreements,
)

HERE = Path(__file__).parent
RECORDINGS = Recordings(HERE / "recordings", HERE / "api.yaml")
NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
LOGIN = "https://login.mypurecloud.ie/oauth/token"
API = "https://api.mypurecloud.ie/api/v2"
INTEGRATION = "73cb7fb7-c2db-4996-88f3-0a83a4fea1da"
CONVERSATION = "d06cb41e-f938-4dcf-b823-c8af1a39d7e5"
CUSTOMER = "c1b0a3d1-0000-4000-8000-000000000001"
AGENT = "8b9c7a44-0000-4000-8000-00000000000a"
QUEUE = "5c6f7d88-0000-4000-8000-00000000000b"
KEY = "a-webhook-secret-of-tests"
SETTINGS: dict[str, Any] = {
    "type": "GENESYS_LIVECHAT",
    "name": "genesys",
    "region": "mypurecloud.ie",
    "clientId": "client-of-tests",
    "clientSecret": "client-secret-of-tests",
    "openIntegrationId": INTEGRATION,
    "webhookKey": KEY,
}
CHAT = Chat(
    integration="genesys",
    handoff_id="h-1",
    ref="h-1.1",
    vendor_ref=CONVERSATION,
    state={"from": {"id": "h-1.1", "idType": "Opaque", "nickname": "Nikos"}, "opened": NOW.isoformat()},
)
NAMELESS = CHAT.model_copy(update={"vendor_ref": None})
"""The same chat, where the answer to the opening did not name the conversation."""
MESSAGE = PlannedMessage(key="k-1", body="My invoice is wrong", sent_at=NOW)

_DOCUMENT = ApiDocument.read(HERE / "api.yaml")

Said = Mapping[str, Any] | list[Any]


class Clock:
    """A clock on which nobody waits."""

    def __init__(self) -> None:
        self.time = NOW
        self.pauses: list[float] = []

    def now(self) -> datetime:
        return self.time

    async def sleep_until(self, when: datetime) -> None:
        self.pauses.append((when - self.time).total_seconds())
        self.time = max(self.time, when)


@dataclass
class Call:
    """A call that came."""

    method: str
    path: str
    body: Any
    headers: Mapping[str, str]
    query: Mapping[str, str]

    @property
    def name(self) -> str:
        """``POST message`` for ``POST …/inbound/open/message``: method and last part."""
        parts = [part for part in self.path.split("/") if part not in {CONVERSATION, INTEGRATION, "c-2"}]
        return f"{self.method} {parts[-1]}"


@dataclass
class Answers:
    """What the organisation answers: for each call the next of what was scripted, else what is usual."""

    clock: Clock = field(default_factory=Clock)
    calls: list[Call] = field(default_factory=list[Call])
    logins: list[Call] = field(default_factory=list[Call])
    people: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Participants of the conversation."""
    messages: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    scripted: dict[str, list[httpx.Response | Exception]] = field(
        default_factory=dict[str, list[httpx.Response | Exception]]
    )
    undocumented: list[str] = field(default_factory=list[str])
    refuses: str = ""
    """Topics with this in them are not granted."""
    named: bool = True
    """Whether an answer names the conversation when it is asked to."""

    def script(self, name: str, *answers: httpx.Response | Exception) -> None:
        """Answer the next calls ``name`` like this."""
        self.scripted.setdefault(name, []).extend(answers)

    def names(self) -> list[str]:
        """The calls that came, in order."""
        return [call.name for call in self.calls]

    def of(self, name: str) -> list[Any]:
        """The bodies of all calls ``name``."""
        return [call.body for call in self.calls if call.name == name]

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one call."""
        content = await request.aread()
        is_json = request.headers.get("content-type") == "application/json"
        call = Call(
            request.method,
            request.url.path,
            json.loads(content) if content and is_json else content.decode(),
            dict(request.headers),
            dict(request.url.params),
        )
        if str(request.url) == LOGIN:
            self.logins.append(call)
            waiting = self.scripted.get("token", [])
            found = waiting.pop(0) if waiting else self._token()
        else:
            self.calls.append(call)
            waiting = self.scripted.get(call.name, [])
            found = waiting.pop(0) if waiting else self._usual(call)
        if isinstance(found, Exception):
            raise found
        if call in self.calls and request.url.host == "api.mypurecloud.ie":
            self._compare(request, call, found)
        return found

    def _token(self) -> httpx.Response:
        number = len(self.logins)
        token = {"access_token": f"token-{number}-of-tests", "token_type": "bearer", "expires_in": 86_400}
        return httpx.Response(200, json=token)

    def _usual(self, call: Call) -> httpx.Response:
        make = _USUAL.get(call.name)
        if make is None:
            return an_error(404, "not.found")
        return make(self, call)

    def _compare(self, request: httpx.Request, call: Call, answer: httpx.Response) -> None:
        kind = answer.headers.get("content-type", "")
        if kind != "application/json":
            return
        sent = {"headers": {"content-type": "application/json"}, "json": call.body} if call.body else {}
        recording = Recording(
            name=call.name,
            provenance=Provenance(kind="synthesised", source="tests", date=date(2026, 11, 26)),
            request=RecordedRequest.model_validate({"method": call.method, "url": str(request.url), **sent}),
            response=RecordedResponse.model_validate(
                {
                    "status": answer.status_code,
                    "headers": {"content-type": "application/json"},
                    "json": answer.json(),
                }
            ),
        )
        self.undocumented += [str(one) for one in disagreements(recording, _DOCUMENT)]


def _message(answers: Answers, call: Call) -> httpx.Response:
    number = len(answers.messages) + 1
    body = {
        "id": f"m-{number}",
        "type": "Text",
        "channel": {
            "id": INTEGRATION,
            "platform": "Open",
            "type": "Private",
            "messageId": call.body["channel"].get("messageId"),
            "from": call.body["channel"]["from"],
            "to": {"id": INTEGRATION},
            "time": call.body["channel"]["time"],
        },
        "text": call.body.get("text", ""),
    }
    answers.messages[f"m-{number}"] = {
        "id": f"m-{number}",
        "direction": "inbound",
        "timestamp": call.body["channel"]["time"],
        "textBody": call.body.get("text", ""),
        "status": "received",
        "providerMessageId": call.body["channel"].get("messageId"),
    }
    for one in answers.people:
        if one["purpose"] == "customer":
            one.setdefault("messages", []).append({"messageId": f"m-{number}"})
    asked = answers.named and call.query.get("prefetchConversationId") == "true"
    return httpx.Response(200, json=body | ({"conversationId": CONVERSATION} if asked else {}))


def _event(_: Answers, call: Call) -> httpx.Response:
    channel = {**call.body["channel"], "to": {"id": INTEGRATION}}
    events = [{"eventType": "Typing", "typing": {"type": "On", "duration": 5000}}]
    return httpx.Response(202, json={"id": "e-1", "type": "Event", "channel": channel, "events": events})


def _receipt(_: Answers, call: Call) -> httpx.Response:
    channel = {
        "to": call.body["channel"]["to"],
        "from": {"id": INTEGRATION, "idType": "Opaque"},
        "time": "2026-11-26T09:30:00.000Z",
    }
    body = {"id": call.body["id"], "type": "Receipt", "channel": channel, "direction": "Outbound"}
    return httpx.Response(200, json=body | {"status": call.body["status"], "isFinalReceipt": True})


def _structured(_: Answers, call: Call) -> httpx.Response:
    channel = {**call.body["channel"], "to": {"id": INTEGRATION}}
    return httpx.Response(
        200,
        json={
            "id": "s-1",
            "type": "Structured",
            "direction": "Inbound",
            "channel": channel,
            "content": [{"contentType": "ButtonResponse", "buttonResponse": call.body["buttonResponse"]}],
        },
    )


def _messages(answers: Answers, call: Call) -> httpx.Response:
    found = [answers.messages[one] for one in call.body if one in answers.messages]
    return httpx.Response(200, json={"entities": found})


def _channel(answers: Answers, _: Call) -> httpx.Response:
    number = sum(call.name == "POST channels" for call in answers.calls)
    uri = f"wss://streaming.mypurecloud.ie/channels/ch-{number}"
    body = {"id": f"ch-{number}", "connectUri": uri, "expires": "2026-11-27T09:30:00.000Z"}
    return httpx.Response(200, json=body)


def _subscriptions(answers: Answers, call: Call) -> httpx.Response:
    found = [
        {"id": one["id"], "state": "Rejected" if answers.refuses in one["id"] else "Permitted"}
        for one in call.body
        if answers.refuses
    ] or [{"id": one["id"], "state": "Permitted"} for one in call.body]
    return httpx.Response(200, json={"entities": found})


_USUAL: Mapping[str, Callable[[Answers, Call], httpx.Response]] = {
    "POST message": _message,
    "POST event": _event,
    "POST receipt": _receipt,
    "POST response": _structured,
    "GET messages": lambda answers, _: httpx.Response(
        200, json={"id": CONVERSATION, "participants": answers.people}
    ),
    "POST bulk": _messages,
    "POST channels": _channel,
    "POST subscriptions": _subscriptions,
    "PUT subscriptions": _subscriptions,
    f"PATCH {CUSTOMER}": lambda _, __: httpx.Response(202),
    "PATCH attributes": lambda _, call: httpx.Response(202, json=call.body),
}


def an_error(status: int, code: str, **headers: str) -> httpx.Response:
    """An error as the platform API words it."""
    body = {"message": f"It went wrong: {code}", "code": code, "status": status, "contextId": "cor-1"}
    return httpx.Response(status, json=body, headers={"ININ-Correlation-Id": "cor-1", **headers})


def a_customer(**fields: Any) -> dict[str, Any]:
    """The end user's part in the conversation."""
    found = {"id": CUSTOMER, "purpose": "customer", "state": "connected", "address": "h-1.1"}
    return {
        **found,
        "startTime": "2026-11-26T09:29:00.000Z",
        "connectedTime": "2026-11-26T09:29:00.000Z",
    } | fields


def an_agent(name: str | None = "Eleni", **fields: Any) -> dict[str, Any]:
    """An agent's part, who has the conversation."""
    found = {"id": "p-agent", "purpose": "agent", "state": "connected", "user": {"id": AGENT}}
    found |= {"connectedTime": "2026-11-26T09:30:00.000Z"} | ({} if name is None else {"name": name})
    return found | fields


def a_queue(**fields: Any) -> dict[str, Any]:
    """The queue's part."""
    found = {
        "id": "p-queue",
        "purpose": "acd",
        "state": "connected",
        "queue": {"id": QUEUE, "name": "Billing"},
    }
    return found | fields


def build(**settings: Any) -> GenesysProvider:
    """As a platform builds it: from settings, by the registry."""
    provider = Registry({"genesys": plugin}).build({**SETTINGS, **settings}, now=lambda: NOW)
    assert isinstance(provider, GenesysProvider)
    return provider


@asynccontextmanager
async def a_provider(answers: Answers, **settings: Any) -> AsyncIterator[GenesysProvider]:
    """An adapter whose calls come to ``answers``."""
    provider = build(**settings)
    with override_transport(httpx.MockTransport(answers.handle), clock=answers.clock):
        try:
            yield provider
        finally:
            await provider.stop()
    assert not answers.undocumented, answers.undocumented


def an_opening(**fields: Any) -> ChatOpening:
    route = fields.pop("route", None) or Route(integration="genesys", bot="shop-bot")
    basic: dict[str, Any] = {
        "handoff_id": "h-1",
        "conversation_id": "cv-1",
        "attempt": 1,
        "ref": "h-1.1",
        "bot": "shop-bot",
        "user": EndUser(id="u-1"),
        "route": route,
        "requested_at": NOW,
    }
    return ChatOpening(**(basic | fields))


def said(text: str = "Hi", **fields: Any) -> dict[str, Any]:
    """A message of an agent as the webhook brings it."""
    return {
        "id": "d7d58935af65a45e5234ac77de017a0a",
        "channel": {
            "id": INTEGRATION,
            "platform": "Open",
            "type": "Private",
            "to": {"id": "h-1.1", "idType": "Opaque"},
            "from": {"nickname": "Shop", "id": INTEGRATION, "idType": "Opaque"},
            "time": "2026-11-26T09:29:59.427Z",
            "messageId": "d7d58935af65a45e5234ac77de017a0a",
        },
        "type": "Text",
        "text": text,
        "originatingEntity": "Human",
        "direction": "Outbound",
        "conversationId": CONVERSATION,
        **fields,
    }


def signed(body: bytes, key: str = KEY) -> str:
    """The signature of a body as the vendor documents it."""
    return "sha256=" + base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def a_webhook(
    body: bytes | Mapping[str, Any], *, key: str = KEY, signature: str | None = None
) -> WebhookDelivery:
    """A delivery as Genesys sends it."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Hub-Signature-256": signed(content, key) if signature is None else signature,
    }
    return WebhookDelivery("POST", "/webhooks/genesys", headers, content, NOW + timedelta(seconds=1))
