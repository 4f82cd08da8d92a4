"""Jira Service Management on the bench: a simulator by a virtual clock, and a client with an API token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from livechat_sdk_simulators.clock import VirtualClock
from livechat_sdk_simulators.jira.settings import JiraSettings
from livechat_sdk_simulators.jira.simulator import JiraSimulator

DESK = "/rest/servicedeskapi"
PLATFORM = "/rest/api/3"
NO_CHECK = {"x-atlassian-token": "no-check"}


class JiraBench:
    """Calls Jira in process."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.jira = JiraSimulator(JiraSettings.read(settings), self.clock)
        self.human = self.jira.human
        reach = self.jira.integration()
        self.client = httpx.AsyncClient(
            transport=self.jira.transport(),
            base_url=str(reach["baseUrl"]),
            auth=(str(reach["userName"]), str(reach["token"])),
            timeout=10,
        )
        self.stranger = httpx.AsyncClient(
            transport=self.jira.transport(), base_url=self.jira.settings.base_url, timeout=10
        )

    def body(self, kind: str = "25", **fields: Any) -> dict[str, Any]:
        """What raises a request."""
        return {
            "serviceDeskId": "10",
            "requestTypeId": kind,
            "requestFieldValues": {"summary": "Order 7", **fields},
        }

    async def create(self, **fields: Any) -> dict[str, Any]:
        """Raise a request; returns it."""
        answer = await self.client.post(f"{DESK}/request", json=self.body(**fields))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def comment(self, key: str, body: str = "more", *, public: bool = False) -> httpx.Response:
        """Comment on a request."""
        content = {"body": body, "public": public}
        return await self.client.post(f"{DESK}/request/{key}/comment", json=content)

    async def search(self, jql: str, **more: Any) -> httpx.Response:
        """Ask for issues."""
        body = {"jql": jql, "fields": ["summary"], **more}
        return await self.client.post(f"{PLATFORM}/search/jql", json=body)

    async def found(self, jql: str, **more: Any) -> list[str]:
        """The keys of issues that are found, in order."""
        answer = await self.search(jql, **more)
        assert answer.status_code == 200, answer.text
        return [one["key"] for one in answer.json()["issues"]]


@asynccontextmanager
async def jira_bench(**settings: Any) -> AsyncIterator[JiraBench]:
    """A bench, closed in the end."""
    made = JiraBench(**settings)
    async with made.client, made.stranger:
        yield made


def document(*paragraphs: str) -> dict[str, Any]:
    """Paragraphs as an Atlassian Document."""
    content = [{"type": "paragraph", "content": [{"type": "text", "text": one}]} for one in paragraphs]
    return {"type": "doc", "version": 1, "content": content}


def native(answer: httpx.Response) -> tuple[int, str]:
    """Status and message of an error in the shape of the service desk."""
    body = answer.json()
    assert set(body) == {"errorMessage", "i18nErrorMessage"}, body
    return answer.status_code, body["errorMessage"]


def told(answer: httpx.Response) -> tuple[int, list[str], dict[str, str]]:
    """Status, messages and errors of fields, in the shape of the platform."""
    body = answer.json()
    assert set(body) == {"errorMessages", "errors"}, body
    return answer.status_code, body["errorMessages"], body["errors"]
