"""Zendesk on the bench: a simulator by a virtual clock, a client with a key, and the webhooks that came."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from livechat_sdk_simulators.clock import VirtualClock
from livechat_sdk_simulators.webhooks import WebhookCall
from livechat_sdk_simulators.zendesk.settings import ZendeskSettings
from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

WORKSPACE = "zd-agentWorkspace"


class ZendeskBench:
    """Calls Zendesk in process, and takes its webhooks."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.zendesk = ZendeskSimulator(ZendeskSettings.read(settings), self.clock)
        self.zendesk.deliver = self._take
        self.human = self.zendesk.human
        self.answer = 200
        """The status that webhooks are answered with."""
        self.calls: list[WebhookCall] = []
        mine = self.zendesk.settings
        self.support = httpx.AsyncClient(
            transport=self.zendesk.transport(),
            base_url=f"{mine.base_url}/api/v2",
            auth=(f"{mine.support_user}/token", mine.support_token),
        )
        self.client = httpx.AsyncClient(
            transport=self.zendesk.transport(),
            base_url=f"{mine.base_url}/sc/v2/apps/{mine.app_id}",
            auth=(mine.key_id, mine.secret),
            timeout=10,
        )

    async def _take(self, call: WebhookCall) -> int:
        self.calls.append(call)
        return self.answer

    async def post(self, path: str, body: object = None, status: int = 200) -> dict[str, Any]:
        """Post JSON, and expect a status."""
        answer = await self.client.post(path, json={} if body is None else body)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def conversation(self, external_id: str = "u-1", **more: Any) -> str:
        """Make a user, where there is none yet, and a conversation; returns the id of the conversation."""
        made = await self.client.post("/users", json={"externalId": external_id})
        assert made.status_code in {201, 409}, made.text
        body = {"type": "personal", "participants": [{"userExternalId": external_id}], **more}
        return str((await self.post("/conversations", body, 201))["conversation"]["id"])

    async def control(self, conversation: str, to: str, **metadata: Any) -> None:
        """Pass control."""
        body = {"switchboardIntegration": to, **({"metadata": metadata} if metadata else {})}
        await self.post(f"/conversations/{conversation}/passControl", body)

    async def send(self, conversation: str, text: str = "hello", by: str = "user", **more: Any) -> str:
        """Post a text of the end user, or of the business; returns its id."""
        author = {"type": "user", "userExternalId": "u-1"} if by == "user" else {"type": "business"}
        body = {"author": author, "content": {"type": "text", "text": text}, **more}
        answer = await self.post(f"/conversations/{conversation}/messages", body, 201)
        return str(answer["messages"][0]["id"])

    async def handed_over(self, text: str = "I need a human", **metadata: Any) -> str:
        """A conversation with the agents, which holds one message of before."""
        conversation = await self.conversation(metadata={"ref": "h-1.1"})
        await self.control(conversation, "bot")
        await self.send(conversation, text)
        await self.control(conversation, WORKSPACE, **metadata)
        await self.envelopes()
        return conversation

    async def envelopes(self) -> list[dict[str, Any]]:
        """Deliver what is due; the bodies that have come since the last time."""
        await self.zendesk.pump()
        came, self.calls = self.calls, []
        return [json.loads(call.body) for call in came]

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        """The same, of conversations: types and payloads of the events."""
        envelopes = await self.envelopes()
        return [(one["type"], one["payload"]) for body in envelopes for one in body.get("events", [])]

    async def kinds(self) -> list[str]:
        """The same, types only."""
        return [kind for kind, _ in await self.events()]


@asynccontextmanager
async def zendesk_bench(**settings: Any) -> AsyncIterator[ZendeskBench]:
    """A bench, closed in the end."""
    made = ZendeskBench(**settings)
    async with made.client, made.support:
        yield made


def error(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and title of an answer of Sunshine Conversations."""
    [only] = answer.json()["errors"]
    return answer.status_code, only["code"], only["title"]
