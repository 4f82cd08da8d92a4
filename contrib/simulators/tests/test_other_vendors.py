"""The base carries vendors unlike Parley: cookies, XML and polling; JSON Web Tokens, uploads and a stream."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from livechat_sdk_simulators.bodies import multipart_parts
from livechat_sdk_simulators.calls import Call, Operation, VendorError, json_answer
from livechat_sdk_simulators.clock import VirtualClock
from livechat_sdk_simulators.human import (
    Choice,
    File,
    HumanSide,
    NoSuchChat,
    NotPossible,
    SimChat,
    SimMessage,
)
from livechat_sdk_simulators.ids import new_id
from livechat_sdk_simulators.signing import hmac_base64, read_jwt
from livechat_sdk_simulators.simulator import Simulator
from livechat_sdk_simulators.tokens import bearer_token
from livechat_sdk_simulators.webhooks import WebhookCall

SECRET = "s"


class Ferry(Simulator):
    """A vendor of 1999 with an annex of today: the cookie is the chat, and events are fetched as XML."""

    name = "ferry"
    title = "Ferry"

    def __init__(self) -> None:
        super().__init__(VirtualClock())
        self.lines: dict[str, list[SimMessage]] = {}
        self.human = FerryAgents(self)

    def operations(self) -> Sequence[Operation]:
        return [
            Operation("open", "POST", "/ccp/chat", self.open, public=True),
            Operation("poll", "GET", "/ccp/chat", self.poll),
            Operation("send", "PUT", "/ccp/chat", self.send),
            Operation("file", "POST", "/v2/attachments", self.upload, when=_is_upload),
        ]

    def more_routes(self) -> Sequence[BaseRoute]:
        return [WebSocketRoute("/channels/{chat}", self.stream)]

    def authorise(self, call: Call) -> None:
        if call.operation == "file":
            if read_jwt(bearer_token(call.header("authorization")) or "", {"app_1": SECRET}.get) is None:
                raise VendorError(401, "unauthorized", "The token is wrong.")
        elif call.request.cookies.get("JSESSIONID") not in self.lines:
            raise VendorError(404, "notFound", "The session is gone.")

    def problem(self, call: Call, error: VendorError) -> Response:
        xml = f"<apiErrors><apiError><errorType>{error.code}</errorType></apiError></apiErrors>"
        return Response(xml, error.status, media_type="application/xml")

    def integration(self) -> Mapping[str, object]:
        return {"type": "FERRY"}

    def sign(self, body: bytes, at: datetime) -> Mapping[str, str]:
        return {"X-Time": at.isoformat(), "X-Signature": hmac_base64(SECRET, at.isoformat(), body)}

    async def open(self, call: Call) -> Response:
        chat = new_id("session", 32)
        self.lines[chat] = []
        response = Response(status_code=302, headers={"location": "/ccp/chat"})
        response.set_cookie("JSESSIONID", chat, path="/ccp")
        call.chat, call.applied = chat, "opened"
        return response

    async def poll(self, call: Call) -> Response:
        events = self.feed.after(int(call.query["eventid"]), chat=call.request.cookies["JSESSIONID"])
        written = [
            f"<MessageEvent><id>{one.place}</id><body>{one.data}</body></MessageEvent>" for one in events
        ]
        return Response(f"<chatEvents>{''.join(written)}</chatEvents>", media_type="application/xml")

    async def send(self, call: Call) -> Response:
        chat = call.request.cookies["JSESSIONID"]
        text = call.body.decode().removeprefix("<Message><body>").removesuffix("</body></Message>")
        self.lines[chat].append(SimMessage(new_id("m"), "visitor", text, self.clock.now()))
        return Response()

    async def upload(self, call: Call) -> Response:
        [part] = multipart_parts(call.body, call.header("content-type"))
        return json_answer({"attachment": {"mediaType": part.media_type, "size": len(part.content)}}, 201)

    async def stream(self, socket: WebSocket) -> None:
        await socket.accept()
        async for one in self.feed.stream(chat=str(socket.path_params["chat"])):
            await socket.send_json({"eventBody": one.data})
            if one.data == "bye":
                await socket.close()
                return


def _is_upload(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("multipart/form-data")


class FerryAgents(HumanSide):
    """They can write and nothing else."""

    def __init__(self, ferry: Ferry) -> None:
        self._ferry = ferry

    async def chats(self) -> list[SimChat]:
        return [SimChat(chat, chat, "active", None, self._ferry.clock.now()) for chat in self._ferry.lines]

    async def messages(self, ref: str) -> list[SimMessage]:
        if ref not in self._ferry.lines:
            raise NoSuchChat(ref)
        return self._ferry.lines[ref]

    async def say(
        self,
        ref: str,
        text: str,
        *,
        agent: str | None = None,
        choices: Sequence[Choice] = (),
        file: File | None = None,
    ) -> str:
        message = SimMessage(new_id("m"), "agent", text, self._ferry.clock.now())
        self._ferry.lines[ref].append(message)
        self._ferry.feed.emit(message.id, "message", text, ref)
        return message.id


async def test_cookie_is_the_chat_and_events_are_fetched_as_xml() -> None:
    ferry = Ferry()
    async with httpx.AsyncClient(transport=ferry.transport(), base_url="http://ferry") as caller:
        opened = await caller.post("/ccp/chat")
        chat = opened.cookies["JSESSIONID"]
        await caller.put("/ccp/chat", content="<Message><body>hello</body></Message>")
        assert await ferry.human.texts(chat) == ["hello"]
        ferry.faults.script("webhook", "repeat")
        await ferry.human.say(chat, "Καλημέρα")
        polled = await caller.get("/ccp/chat?eventid=0")
        assert re.findall("<id>(.*?)</id><body>(.*?)</body>", polled.text) == [
            ("1", "Καλημέρα"),
            ("2", "Καλημέρα"),
        ]
        assert (await caller.get("/ccp/chat?eventid=2")).text == "<chatEvents></chatEvents>"
        shown = (await caller.get("/_sim/requests")).text
        assert chat not in json.loads(shown)["requests"][0]["headers"]["cookie"]
    async with httpx.AsyncClient(transport=ferry.transport(), base_url="http://ferry") as stranger:
        gone = await stranger.get("/ccp/chat?eventid=0")
        assert gone.status_code == 404
        assert "<errorType>notFound</errorType>" in gone.text


async def test_upload_wants_a_token_that_the_caller_signed() -> None:
    ferry = Ferry()
    head, claims = (_part({"alg": "HS256", "kid": "app_1"}), _part({"scope": "app"}))
    signature = hmac.new(SECRET.encode(), f"{head}.{claims}".encode(), hashlib.sha256).digest()
    token = f"{head}.{claims}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    files = {"source": ("a.png", b"\x89PNG", "image/png")}
    async with httpx.AsyncClient(transport=ferry.transport(), base_url="http://ferry") as caller:
        answer = await caller.post(
            "/v2/attachments", files=files, headers={"authorization": f"Bearer {token}"}
        )
        assert answer.json() == {"attachment": {"mediaType": "image/png", "size": 4}}
        assert (await caller.post("/v2/attachments", files=files)).status_code == 401


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def test_stream_sends_events_as_they_come() -> None:
    ferry = Ferry()
    ferry.lines["c-1"] = []
    received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    sent: asyncio.Queue[Any] = asyncio.Queue()
    received.put_nowait({"type": "websocket.connect"})
    scope = {
        "type": "websocket",
        "path": "/channels/c-1",
        "headers": [],
        "query_string": b"",
        "root_path": "",
    }
    stream = asyncio.ensure_future(ferry.app(scope, received.get, sent.put))
    async with asyncio.timeout(20):
        assert (await sent.get())["type"] == "websocket.accept"
        for text in ("hello", "bye"):
            await ferry.human.say("c-1", text)
            assert json.loads((await sent.get())["text"]) == {"eventBody": text}
        assert (await sent.get())["type"] == "websocket.close"
        await stream


async def test_agents_can_do_what_the_vendor_overrides_and_nothing_else() -> None:
    ferry = Ferry()
    ferry.lines["c-1"] = []
    assert ferry.human.can("say")
    assert not ferry.human.can("transfer")
    with pytest.raises(NotPossible, match="cannot transfer"):
        await ferry.human.transfer("c-1", "billing")
    async with httpx.AsyncClient(transport=ferry.transport(), base_url="http://ferry") as person:
        answer = await person.post("/_sim/chats/c-1/transfer", json={"to": "billing"})
        assert (answer.status_code, answer.json()["error"]) == (
            404,
            "there is no act 'transfer' here; there are: say",
        )
        page = (await person.get("/_sim/")).text
        assert "Transfer" not in page
        assert 'id="say"' in page


async def test_vendor_without_tokens_cannot_expire_them() -> None:
    ferry = Ferry()
    ferry.faults.script("open", "expire_token")
    async with httpx.AsyncClient(transport=ferry.transport(), base_url="http://ferry") as caller:
        with pytest.raises(RuntimeError, match="Ferry has no tokens"):
            await caller.post("/ccp/chat")


async def test_webhook_is_signed_the_vendors_way() -> None:
    ferry = Ferry()
    calls: list[WebhookCall] = []

    async def take(call: WebhookCall) -> int:
        calls.append(call)
        return 200

    ferry.deliver = take
    ferry.webhooks.emit("e-1", "said", b'{"a": 1}')
    await ferry.pump()
    at = calls[0].headers["X-Time"]
    assert calls[0].headers["X-Signature"] == hmac_base64(SECRET, at, b'{"a": 1}')
