"""Genesys on the bench: a simulator by a virtual clock, a client with a token, webhooks and sockets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from livechat_sdk_simulators.clock import Clock, VirtualClock
from livechat_sdk_simulators.genesys.human import GenesysHuman
from livechat_sdk_simulators.genesys.settings import GenesysSettings
from livechat_sdk_simulators.genesys.simulator import EventSocket, GenesysSimulator
from livechat_sdk_simulators.webhooks import WebhookCall

TIME = "2026-11-24T09:00:00.000Z"
DETAILS = "v2.detail.events.conversation."
ENDS = ("customer.start", "customer.end", "acd.start", "acd.end", "user.start", "user.end", "attributes")


def message(user: str = "u-1", text: str = "I need a human", **channel: Any) -> dict[str, Any]:
    """The body of an inbound message."""
    sender = {"id": user, "idType": "Opaque", "nickname": "Maria"}
    return {"channel": {"from": sender, "time": TIME, **channel}, "text": text}


class GenesysBench:
    """Calls Genesys in process, and takes its webhooks."""

    def __init__(self, clock: Clock | None = None, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.genesys = GenesysSimulator(GenesysSettings.read(settings), clock or self.clock)
        self.genesys.deliver = self._take
        assert isinstance(self.genesys.human, GenesysHuman)
        self.human = self.genesys.human
        self.answer = 200
        """The status that webhooks are answered with."""
        self.calls: list[WebhookCall] = []
        mine = self.genesys.settings
        self.client = httpx.AsyncClient(
            transport=self.genesys.transport(), base_url=f"{mine.base_url}/api/v2", timeout=10
        )
        self.inbound = f"/conversations/messages/{mine.integration_id}/inbound/open"

    async def _take(self, call: WebhookCall) -> int:
        self.calls.append(call)
        return self.answer

    async def log_in(self) -> None:
        """Have a token from now on."""
        mine = self.genesys.settings
        answer = await self.client.post(
            f"{mine.login}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(mine.client_id, mine.client_secret),
        )
        self.client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"

    async def call(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        """Call, and expect a status; returns the JSON of the answer, where there is any."""
        more: dict[str, Any] = {} if body is None else {"json": body}
        answer = await self.client.request(method, path, **more)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def write(self, user: str = "u-1", text: str = "I need a human", **channel: Any) -> str:
        """Write as an end user; returns the id of the conversation."""
        path = f"{self.inbound}/message?prefetchConversationId=true"
        return str((await self.call("POST", path, message(user, text, **channel)))["conversationId"])

    async def conversation(self, conversation: str) -> dict[str, Any]:
        """The conversation as the API shows it."""
        return dict(await self.call("GET", f"/conversations/messages/{conversation}"))

    async def legs(self, conversation: str) -> list[tuple[str, str, str | None]]:
        """Purpose, state and disconnect type of everybody."""
        shown = await self.conversation(conversation)
        return [(one["purpose"], one["state"], one.get("disconnectType")) for one in shown["participants"]]

    async def participant(self, conversation: str, purpose: str) -> str:
        """The id of the newest one with this purpose."""
        shown = await self.conversation(conversation)
        return str([one["id"] for one in shown["participants"] if one["purpose"] == purpose][-1])

    async def webhooks(self) -> list[dict[str, Any]]:
        """Deliver what is due; the bodies that have come since the last time."""
        await self.genesys.pump()
        came, self.calls = self.calls, []
        return [json.loads(call.body) for call in came]

    async def socket(self, *topics: str) -> EventSocket:
        """An open socket of a new channel with these topics."""
        channel = await self.call("POST", "/notifications/channels")
        body = [{"id": one} for one in topics]
        if body:
            await self.call("POST", f"/notifications/channels/{channel['id']}/subscriptions", body)
        return await self.genesys.open_socket(channel["connectUri"])

    async def listen(self, conversation: str) -> EventSocket:
        """An open socket with the details of a conversation."""
        return await self.socket(*(f"{DETAILS}{conversation}.{end}" for end in ENDS))

    async def frames(self, socket: EventSocket) -> list[dict[str, Any]]:
        """What has come on a socket; a ping at the end tells that it is all."""
        await socket.send('{"message":"ping"}')
        frames: list[dict[str, Any]] = []
        while (text := await socket.receive()) is not None:
            frame = json.loads(text)
            if frame["eventBody"] == {"message": "pong"}:
                return frames
            frames.append(frame)
        return frames

    async def ends(self, socket: EventSocket) -> list[str]:
        """The same: the ends of the names of detail events (``acd.end``)."""
        names = [one["topicName"] for one in await self.frames(socket)]
        return [one.removeprefix(DETAILS).partition(".")[2] for one in names if one.startswith(DETAILS)]


@asynccontextmanager
async def genesys_bench(clock: Clock | None = None, **settings: Any) -> AsyncIterator[GenesysBench]:
    """A bench with a token, closed in the end. Without a clock it has its own, ``bench.clock``."""
    made = GenesysBench(clock, **settings)
    async with made.client:
        await made.log_in()
        yield made


def error(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an answer."""
    body = answer.json()
    assert body["contextId"] == answer.headers["ININ-Correlation-Id"]
    assert body["status"] == answer.status_code
    return answer.status_code, body["code"]
