"""The client that users of Freshdesk have in Python works against the simulator, over a real socket.

It speaks HTTPS to hosts below freshdesk.com alone: its requests are sent in the clear here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from contrib.simulators.tests.support_bench import RealClock, listen, served
from livechat_sdk_simulators.freshdesk.settings import FreshdeskSettings
from livechat_sdk_simulators.freshdesk.simulator import FreshdeskSimulator
from livechat_sdk_simulators.serving import address_of

REASON = "python-freshdesk is not installed: make setup, with the group yardsticks"
library: Any = pytest.importorskip("freshdesk.v2.api", reason=REASON)
errors: Any = pytest.importorskip("freshdesk.v2.errors", reason=REASON)
adapters: Any = pytest.importorskip("requests.adapters", reason=REASON)

Freshdesk = tuple[FreshdeskSimulator, Any]
HOST = "acme.freshdesk.com"


@pytest.fixture
async def freshdesk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Freshdesk]:
    """The simulator without a lag of its searches, and a client."""
    listener = listen()
    address = address_of(listener)
    send = adapters.HTTPAdapter.send

    def in_the_clear(self: Any, request: Any, **more: Any) -> Any:
        request.url = request.url.replace(f"https://{HOST}", address, 1)
        return send(self, request, **more)

    monkeypatch.setattr(adapters.HTTPAdapter, "send", in_the_clear)
    simulator = FreshdeskSimulator(FreshdeskSettings(base_url=address, search_lag=0), RealClock())
    client = library.API(HOST, simulator.settings.api_key)
    with client._session:
        async with served(simulator, listener):
            yield simulator, client


async def _call(work: Callable[[], Any]) -> Any:
    """Run what blocks in a thread of its own."""
    return await asyncio.to_thread(work)


async def _create(client: Any, **more: Any) -> Any:
    asked = {"description": "Where is it?", "email": "ann@acme.example", **more}
    return await _call(lambda: client.tickets.create_ticket("Order 7", **asked))


async def test_ticket_is_made_commented_on_read_and_changed(freshdesk: Freshdesk) -> None:
    simulator, client = freshdesk
    made = await _create(client, priority=3, tags=["bot"], custom_fields={"cf_handoff": "7f3c"})
    assert (made.subject, made.priority, made.status, made.tags) == ("Order 7", "high", "open", ["bot"])
    note = await _call(lambda: client.comments.create_note(made.id, "psst"))
    reply = await _call(lambda: client.comments.create_reply(made.id, "Soon."))
    assert (note.private, reply.to_emails) == (True, ["ann@acme.example"])
    await simulator.human.comment("7f3c", "Done.", public=True)
    listed = await _call(lambda: client.comments.list_comments(made.id))
    assert [one.body_text for one in listed] == ["psst", "Soon.", "Done."]
    changed = await _call(lambda: client.tickets.update_ticket(made.id, status=4))
    assert changed.status == "resolved"
    shown = await _call(lambda: client.tickets.get_ticket(made.id, "requester", "stats"))
    assert shown.requester["email"] == "ann@acme.example"


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # the client leaves it open
async def test_ticket_with_a_file_is_made_and_found(freshdesk: Freshdesk, tmp_path: Path) -> None:
    simulator, client = freshdesk
    file = tmp_path / "a.txt"
    file.write_text("one", "utf-8")
    asked = {"attachments": (str(file),), "tags": ["a", "b"], "custom_fields": {"cf_handoff": "7f3c"}}
    made = await _create(client, **asked)
    assert [one["name"] for one in made.attachments] == ["a.txt"]
    assert simulator.human.file("a.txt") == b"one"
    found = await _call(lambda: client.tickets.filter_tickets("cf_handoff:'7f3c' AND status:2"))
    assert [one.id for one in found] == [made.id]
    listed = await _call(lambda: client.tickets.list_tickets(filter_name=None))
    assert [one.tags for one in listed] == [["a", "b"]]


async def test_people_and_fields_are_read(freshdesk: Freshdesk) -> None:
    simulator, client = freshdesk
    number = int(await simulator.human.add_contact(name="Ann", email="ann@acme.example"))
    assert (await _call(lambda: client.contacts.get_contact(number))).name == "Ann"
    names = [one.name for one in await _call(client.ticket_fields.list_ticket_fields)]
    assert "cf_handoff" in names
    assert (await _call(client.agents.currently_authenticated_agent)).contact["name"] == "Livechat Bot"


async def test_errors_are_those_that_the_client_knows(freshdesk: Freshdesk) -> None:
    simulator, client = freshdesk
    with pytest.raises(errors.FreshdeskNotFound):
        await _call(lambda: client.tickets.get_ticket(7))
    with pytest.raises(errors.FreshdeskBadRequest, match="invalid_value"):
        await _create(client, priority=9)
    with pytest.raises(errors.FreshdeskBadRequest, match="Given query is invalid"):
        await _call(lambda: client.tickets.filter_tickets("cf_handoff:'a'b'"))
    simulator.budget.spend(200, simulator.clock.now())
    with pytest.raises(errors.FreshdeskRateLimited):
        await _create(client)
    with pytest.raises(errors.FreshdeskUnauthorized, match="logged in"):
        await _call(lambda: library.API(HOST, "guess").tickets.get_ticket(7))
