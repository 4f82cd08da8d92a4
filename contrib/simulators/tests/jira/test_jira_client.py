"""The client that users of Jira have in Python works against the simulator, over a real socket."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from contrib.simulators.tests.support_bench import RealClock, listen, served
from livechat_sdk_simulators.jira.settings import JiraSettings
from livechat_sdk_simulators.jira.simulator import JiraSimulator
from livechat_sdk_simulators.serving import address_of

REASON = "jira is not installed: make setup, with the group yardsticks"
jira: Any = pytest.importorskip("jira", reason=REASON)
errors: Any = pytest.importorskip("jira.exceptions", reason=REASON)

Jira = tuple[JiraSimulator, Any]


@pytest.fixture
async def site() -> AsyncIterator[Jira]:
    """The simulator without a lag of its searches, and a client."""
    listener = listen()
    simulator = JiraSimulator(JiraSettings(base_url=address_of(listener), search_lag=0), RealClock())
    async with served(simulator, listener):
        client = await asyncio.to_thread(_client, simulator)
        yield simulator, client
        await asyncio.to_thread(client.close)


def _client(simulator: JiraSimulator, token: str | None = None) -> Any:
    mine = simulator.settings
    return jira.JIRA(mine.base_url, basic_auth=(mine.user_name, token or mine.token), max_retries=0)


async def _call(work: Callable[[], Any]) -> Any:
    """Run what blocks in a thread of its own."""
    return await asyncio.to_thread(work)


def _raise(client: Any, **fields: Any) -> Any:
    asked = {
        "serviceDeskId": "10",
        "requestTypeId": "Get IT Help",
        "requestFieldValues": {"summary": "Order 7", **fields},
    }
    return client.create_customer_request(asked)


async def test_request_is_raised_commented_on_and_read(site: Jira) -> None:
    simulator, client = site

    def work() -> Any:
        assert client.supports_service_desk()
        assert [one.projectKey for one in client.service_desks()] == ["ITH"]
        issue = _raise(client, description="Where is it?", labels=["handoff-h1"])
        assert (issue.key, issue.fields.summary, issue.fields.labels) == ("ITH-1", "Order 7", ["handoff-h1"])
        client.add_comment(issue.key, "For all")
        client.add_comment(issue.key, "For us", is_internal=True)
        return [one.body for one in client.comments("ITH-1")]

    assert await _call(work) == ["For all", "For us"]
    said = [(one.text, one.public) for one in await simulator.human.comments("ITH-1")]
    assert said == [("For all", True), ("For us", False)]


async def test_issue_is_found_changed_and_resolved(site: Jira) -> None:
    simulator, client = site

    def work() -> list[str]:
        _raise(client, labels=["handoff-h1"])
        [issue] = client.search_issues('labels = "handoff-h1"')
        issue.update(fields={"priority": {"name": "High"}})
        issue.update(update={"labels": [{"add": "seen"}]})
        client.transition_issue(issue, "Resolve this issue", comment="Sent again")
        again = client.issue("ITH-1", fields="status,labels,priority")
        assert (again.fields.status.name, again.fields.priority.name) == ("Resolved", "High")
        return list(again.fields.labels)

    assert await _call(work) == ["handoff-h1", "seen"]
    assert [one.text for one in await simulator.human.comments("ITH-1")] == ["Sent again"]


async def test_issue_of_the_project_is_made_and_found_page_by_page(site: Jira) -> None:
    _, client = site

    def work() -> list[str]:
        for number in range(3):
            fields = {
                "project": {"key": "ITH"},
                "issuetype": {"name": "Task"},
                "summary": f"Order {number}",
                "labels": ["bot"],
            }
            client.create_issue(fields=fields)
        first = client.enhanced_search_issues("labels = bot ORDER BY key", maxResults=2)
        rest = client.enhanced_search_issues("labels = bot ORDER BY key", nextPageToken=first.nextPageToken)
        return [one.key for one in (*first, *rest)]

    assert await _call(work) == ["ITH-1", "ITH-2", "ITH-3"]


async def test_file_is_attached_and_read(site: Jira) -> None:
    _, client = site

    def work() -> bytes:
        issue = _raise(client)
        made = client.add_attachment(issue.key, io.BytesIO(b"log"), filename="a.log")
        content = client.attachment(made.id).get()
        assert isinstance(content, bytes)
        return content

    assert await _call(work) == b"log"


async def test_customer_is_made(site: Jira) -> None:
    simulator, client = site
    made = await _call(lambda: client.create_customer("ann@acme.example", "Ann Mavrou"))
    assert made.emailAddress == "ann@acme.example"
    assert "Ann Mavrou" in [one.name for one in await simulator.human.contacts()]


async def test_errors_are_those_that_the_client_knows(site: Jira) -> None:
    simulator, client = site
    for work, status, text in (
        (lambda: client.issue("ITH-9"), 404, "Issue does not exist"),
        (lambda: _raise(client, colour="red"), 400, "not on the appropriate screen"),
        (lambda: _raise(client, summary=None), 400, "summary"),
        (lambda: client.search_issues("labels ="), 400, "Error in the JQL Query"),
        (lambda: client.create_customer("bot@acme.example", "Bot"), 400, "already exists"),
    ):
        with pytest.raises(errors.JIRAError) as caught:
            await _call(work)
        assert caught.value.status_code == status
        assert text in caught.value.text
    stranger = await _call(lambda: _client(simulator, "guess"))
    with pytest.raises(errors.JIRAError) as caught:
        await _call(stranger.myself)
    assert caught.value.status_code == 401
    await _call(stranger.close)
