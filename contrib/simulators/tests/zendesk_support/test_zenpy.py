"""The client that users of Zendesk have in Python works against the simulator, over a real socket."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from contrib.simulators.tests.support_bench import RealClock, listen, served
from livechat_sdk_simulators.serving import address_of
from livechat_sdk_simulators.zendesk_support.settings import ZendeskSupportSettings
from livechat_sdk_simulators.zendesk_support.simulator import ZendeskSupportSimulator

zenpy: Any = pytest.importorskip(
    "zenpy", reason="zenpy is not installed: make setup, with the group yardsticks"
)
objects: Any = pytest.importorskip("zenpy.lib.api_objects")
errors: Any = pytest.importorskip("zenpy.lib.exception")

Zendesk = tuple[ZendeskSupportSimulator, Any]


@pytest.fixture
async def zendesk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Zendesk]:
    """The simulator without a lag of its searches, and a client of zenpy."""
    listener = listen()
    address = address_of(listener)
    settings = ZendeskSupportSettings(base_url=address, search_lag=0, user_search_lag=0)
    simulator = ZendeskSupportSimulator(settings, RealClock())
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", address.removeprefix("http://"))
    async with served(simulator, listener):
        yield simulator, zenpy.Zenpy(subdomain="acme", email=settings.user_name, token=settings.api_token)


async def _call(work: Callable[[], Any]) -> Any:
    """Run what blocks in a thread of its own."""
    return await asyncio.to_thread(work)


async def test_ticket_is_made_commented_on_and_read(zendesk: Zendesk) -> None:
    simulator, client = zendesk
    asked = objects.Ticket(
        subject="Order 7",
        comment=objects.Comment(body="Where is it?", public=False),
        requester=objects.User(name="Ann", email="ann@acme.example"),
        external_id="h-1.ticket",
        priority="high",
        tags=["bot"],
    )
    audit = await _call(lambda: client.tickets.create(asked))
    ticket = audit.ticket
    assert (ticket.subject, ticket.priority, ticket.tags) == ("Order 7", "high", ["bot"])
    assert (await _call(lambda: ticket.requester)).email == "ann@acme.example"

    ticket.comment = objects.Comment(body="Any news?", public=True)
    ticket.status = "pending"
    await _call(lambda: client.tickets.update(ticket))
    comments = await _call(
        lambda: [(one.body, one.public) for one in client.tickets.comments(ticket=ticket.id)]
    )
    assert comments == [("Where is it?", False), ("Any news?", True)]
    assert (await _call(lambda: client.tickets(id=ticket.id))).status == "pending"
    found = await _call(lambda: [one.id for one in client.tickets(external_id="h-1.ticket")])
    assert found == [ticket.id]
    assert [one.state for one in await simulator.human.tickets()] == ["pending"]


async def test_user_is_searched_and_got(zendesk: Zendesk) -> None:
    simulator, client = zendesk
    organization = int(await simulator.human.add_account(name="Acme"))
    number = int(
        await simulator.human.add_contact(
            name="Ann Mavrou", email="ann@acme.example", external_id="C-7", organization_id=organization
        )
    )
    found = await _call(lambda: [one.id for one in client.search(type="user", email="ann@acme.example")])
    assert found == [number]
    assert await _call(lambda: [one.id for one in client.users.search(query="mavrou")]) == [number]
    assert await _call(lambda: [one.id for one in client.users(external_ids=["C-7"])]) == [number]
    user = await _call(lambda: client.users(id=number))
    assert (user.name, (await _call(lambda: user.organization)).name) == ("Ann Mavrou", "Acme")
    made = await _call(lambda: client.users.create_or_update(objects.User(name="Ann M.", external_id="c-7")))
    assert (made.id, made.name) == (number, "Ann M.")
    assert (await _call(client.users.me)).email == simulator.settings.user_name


async def test_file_is_uploaded_and_attached(zendesk: Zendesk) -> None:
    simulator, client = zendesk
    upload = await _call(lambda: client.attachments.upload(io.BytesIO(b"log"), target_name="a.log"))
    comment = objects.Comment(body="see", uploads=[upload.token])
    audit = await _call(lambda: client.tickets.create(objects.Ticket(subject="File", comment=comment)))
    [shown] = await simulator.human.comments(str(audit.ticket.id))
    assert shown.files == ["a.log"]


async def test_errors_are_those_that_the_client_knows(zendesk: Zendesk) -> None:
    simulator, client = zendesk
    with pytest.raises(errors.RecordNotFoundException):
        await _call(lambda: client.tickets(id=7))
    with pytest.raises(errors.APIException, match="BlankValue"):
        await _call(lambda: client.tickets.create(objects.Ticket(subject="nothing said")))
    stranger = zenpy.Zenpy(subdomain="acme", email=simulator.settings.user_name, token="guess")
    with pytest.raises(errors.APIException, match="authenticate"):
        await _call(stranger.users.me)
    with pytest.raises(errors.APIException, match="authenticate"):
        await _call(zenpy.Zenpy(subdomain="acme", oauth_token="old").users.me)
