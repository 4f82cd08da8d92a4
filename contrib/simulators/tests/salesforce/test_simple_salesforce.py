"""The client that users of Salesforce have in Python works against the simulator, over a real socket.

It speaks HTTPS alone, which the simulator does not here: its requests are sent in the clear.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from contrib.simulators.tests.support_bench import RealClock, listen, served
from livechat_sdk_simulators.salesforce.settings import SalesforceSettings
from livechat_sdk_simulators.salesforce.simulator import SalesforceSimulator
from livechat_sdk_simulators.serving import address_of

REASON = "simple-salesforce is not installed: make setup, with the group yardsticks"
simple: Any = pytest.importorskip("simple_salesforce", reason=REASON)
errors: Any = pytest.importorskip("simple_salesforce.exceptions", reason=REASON)
requests: Any = pytest.importorskip("requests", reason=REASON)

Salesforce = tuple[SalesforceSimulator, Callable[..., Any]]


@pytest.fixture
async def salesforce(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Salesforce]:
    """The simulator, and what makes a client."""
    listener = listen()
    address = address_of(listener)
    send = requests.adapters.HTTPAdapter.send

    def in_the_clear(self: Any, request: Any, **more: Any) -> Any:
        for host in (address.replace("http://", "https://"), "https://acme.my.salesforce.com"):
            request.url = request.url.replace(host, address, 1)
        return send(self, request, **more)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", in_the_clear)
    simulator = SalesforceSimulator(SalesforceSettings(base_url=address), RealClock())
    mine = simulator.settings
    with requests.Session() as session:

        def client(**changes: str) -> Any:
            login = {"consumer_key": mine.client_id, "consumer_secret": mine.client_secret, **changes}
            return simple.Salesforce(**login, domain="acme.my", version="66.0", session=session)

        async with served(simulator, listener):
            yield simulator, client


async def _call(work: Callable[[], Any]) -> Any:
    """Run what blocks in a thread of its own."""
    return await asyncio.to_thread(work)


async def test_case_is_made_read_commented_on_and_closed(salesforce: Salesforce) -> None:
    simulator, make = salesforce
    client = await _call(make)
    contact = (await _call(lambda: client.Contact.create({"LastName": "Mavrou", "Email": "a@acme.example"})))[
        "id"
    ]
    made = await _call(lambda: client.Case.create({"Subject": "Order 7", "ContactId": contact}))
    case = await _call(lambda: client.Case.get(made["id"]))
    assert (case["Subject"], case["ContactEmail"], case["Status"]) == ("Order 7", "a@acme.example", "New")
    comment = {"ParentId": made["id"], "CommentBody": "psst", "IsPublished": False}
    await _call(lambda: client.CaseComment.create(comment))
    about = {
        "PathOnClient": "a.txt",
        "VersionData": base64.b64encode(b"one").decode(),
        "FirstPublishLocationId": made["id"],
    }
    await _call(lambda: client.ContentVersion.create(about))
    assert await _call(lambda: client.Case.update(made["id"], {"Status": "Closed"})) == 204
    await simulator.human.comment(made["id"], "Done.", public=True)
    [ticket] = await simulator.human.tickets()
    assert (ticket.state, ticket.open, ticket.details["files"]) == ("Closed", False, ["a.txt"])
    assert [(one.text, one.public) for one in await simulator.human.comments(ticket.id)] == [
        ("psst", False),
        ("Done.", True),
    ]
    text = simple.format_soql("SELECT CommentBody FROM CaseComment WHERE ParentId = {}", made["id"])
    found = await _call(lambda: client.query_all(text))
    assert [one["CommentBody"] for one in found["records"]] == ["psst", "Done."]
    assert await _call(lambda: client.Case.delete(made["id"])) == 204


async def test_upsert_and_reading_by_external_id(salesforce: Salesforce) -> None:
    simulator, make = salesforce
    client = await _call(make)
    path = "Handoff_Id__c/7f3c"
    assert await _call(lambda: client.Case.upsert(path, {"Subject": "A"})) == 201
    assert await _call(lambda: client.Case.upsert(path, {"Subject": "B"})) == 200
    found = await _call(lambda: client.Case.get_by_custom_id("Handoff_Id__c", "7f3c"))
    assert found["Subject"] == "B"
    assert len(await simulator.human.tickets()) == 1
    quoted = simple.format_soql("SELECT Id FROM Case WHERE Subject = {}", "B' OR Status = 'New")
    assert (await _call(lambda: client.query(quoted)))["totalSize"] == 0


async def test_org_is_described(salesforce: Salesforce) -> None:
    _, make = salesforce
    client = await _call(make)
    names = {one["name"] for one in (await _call(client.describe))["sobjects"]}
    assert {"Case", "Contact"} <= names
    fields = {one["name"]: one for one in (await _call(client.Case.describe))["fields"]}
    assert fields["Handoff_Id__c"]["unique"] is True
    assert (await _call(client.limits))["DailyApiRequests"]["Max"] == 15_000
    assert client.api_usage["api-usage"].total == 15_000


async def test_errors_are_those_that_the_client_knows(salesforce: Salesforce) -> None:
    simulator, make = salesforce
    client = await _call(make)
    with pytest.raises(errors.SalesforceResourceNotFound):
        await _call(lambda: client.Case.get("500gK0000000001"))
    with pytest.raises(errors.SalesforceMalformedRequest, match="INVALID_FIELD"):
        await _call(lambda: client.Case.create({"Colour": "red"}))
    with pytest.raises(errors.SalesforceMalformedRequest, match="MALFORMED_QUERY"):
        await _call(lambda: client.query("SELECT Id FRM Case"))
    simulator.expire_credentials()  # the client logs in again by itself
    assert (await _call(lambda: client.query("SELECT Id FROM Case")))["totalSize"] == 0
    simulator.oauth.limit.spend(15_000, simulator.clock.now())
    with pytest.raises(errors.SalesforceRefusedRequest, match="REQUEST_LIMIT_EXCEEDED"):
        await _call(lambda: client.Case.create({"Subject": "x"}))
    with pytest.raises(errors.SalesforceAuthenticationFailed, match="invalid client credentials"):
        await _call(lambda: make(consumer_secret="guess"))
