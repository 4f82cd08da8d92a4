"""Tickets in tables of our own: one ticket for each key, numbers without collisions, notes once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pluggy
import pytest
from pydantic import ValidationError

from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.domain.tickets import Ticket, TicketDraft, TicketNote
from livechat_sdk.errors import Expect, RejectedError, RetryableError, UnavailableError
from livechat_sdk.hooks.markers import PROJECT
from livechat_sdk.hooks.specs import TicketingSpecs
from livechat_sdk.policies import local_tickets
from livechat_sdk.policies.local_tickets import LOCAL_TICKETING, LocalTicketing, LocalTicketingSettings
from livechat_sdk.provider.embedded import Statement
from tests.policies.makers import NOW, a_context, a_handoff
from tests.policies.memory_database import MemoryDatabase, MemoryHost

DRAFT = TicketDraft(
    key="h-1.ticket",
    subject="Wrong invoice",
    body="Reason: wrong invoice\n'; DROP TABLE local_tickets; --",
    requester_name="Ελένη",
    requester_email="eleni@example.com",
    tags=("billing",),
    fields={"order": 7, "nested": {"a": [1, None]}},
)


def unstarted(name: str = "tickets", workspace: str = "default") -> LocalTicketing:
    settings = LocalTicketingSettings(type=LOCAL_TICKETING, name=name)
    return LocalTicketing(a_context(name, workspace=workspace), settings)


@pytest.fixture
def host() -> Iterator[MemoryHost]:
    host = MemoryHost()
    yield host
    host.database.close()


@pytest.fixture
async def tickets(host: MemoryHost) -> LocalTicketing:
    made = unstarted()
    await made.start(host)
    return made


def draft(key: str, subject: str = "Help") -> TicketDraft:
    return TicketDraft(key=key, subject=subject, body="")


# --------------------------------------------------------------------------------------------------- create
async def test_livechat_create_ticket_stores_the_whole_draft(tickets: LocalTicketing) -> None:
    ticket = await tickets.livechat_create_ticket(DRAFT, a_handoff())
    assert ticket == Ticket(
        source="tickets",
        id="T-000001",
        key="h-1.ticket",
        subject="Wrong invoice",
        status="open",
        created_at=NOW,
        number="T-000001",
        state="open",
    )
    stored = await tickets.read("T-000001")
    assert stored is not None
    assert stored.ticket == ticket
    assert stored.draft == DRAFT
    assert stored.notes == ()


async def test_livechat_create_ticket_with_the_same_key_gives_the_same_ticket(
    tickets: LocalTicketing,
) -> None:
    first = await tickets.livechat_create_ticket(DRAFT, a_handoff())
    again = await tickets.livechat_create_ticket(
        DRAFT.model_copy(update={"subject": "Another subject"}), a_handoff()
    )
    assert again == first
    assert await tickets.read("T-000002") is None


async def test_livechat_create_ticket_numbers_many_at_once_without_gap_or_collision(
    tickets: LocalTicketing,
) -> None:
    keys = [f"k-{number % 40}" for number in range(80)]  # each key twice
    made = await asyncio.gather(*(tickets.livechat_create_ticket(draft(key), a_handoff()) for key in keys))
    by_key = {ticket.key: ticket.id for ticket in made}
    assert [ticket.id for ticket in made] == [by_key[key] for key in keys]
    assert sorted(by_key.values()) == [f"T-{number:06}" for number in range(1, 41)]


async def test_numbers_go_on_after_a_restart_and_above_a_million(
    tickets: LocalTicketing, host: MemoryHost
) -> None:
    await tickets.livechat_create_ticket(draft("a"), a_handoff())
    host.database.connection.execute("UPDATE local_tickets SET number = 999999")
    again = unstarted()
    await again.start(host)
    ticket = await again.livechat_create_ticket(draft("b"), a_handoff())
    assert ticket.id == "T-1000000"
    assert await again.read("T-1000000") is not None
    assert (await again.livechat_create_ticket(draft("a"), a_handoff())).id == "T-999999"


async def test_the_number_of_a_ticket_that_was_erased_is_not_given_to_another_one(
    tickets: LocalTicketing, host: MemoryHost
) -> None:
    for key in ("a", "b"):
        await tickets.livechat_create_ticket(draft(key), a_handoff())
    host.database.connection.execute("DELETE FROM local_tickets WHERE number = 2")
    again = unstarted()
    await again.start(host)
    assert (await again.livechat_create_ticket(draft("c"), a_handoff())).id == "T-000003"


async def test_integrations_and_workspaces_do_not_see_each_other(
    tickets: LocalTicketing, host: MemoryHost
) -> None:
    await tickets.livechat_create_ticket(DRAFT, a_handoff())
    for other in (unstarted("others"), unstarted(workspace="elsewhere")):
        await other.start(host)
        assert await other.livechat_list_tickets(a_handoff()) == ()
        assert await other.read("T-000001") is None
        ticket = await other.livechat_create_ticket(DRAFT.model_copy(update={"subject": "Mine"}), a_handoff())
        assert (ticket.id, ticket.source, ticket.subject) == ("T-000001", other.name, "Mine")


class Crowded(MemoryDatabase):
    """Another writer takes the number first, ``times`` times: as on a database with many writers."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    async def commit(self, statements: Sequence[Statement], events: Sequence[ProviderEvent] = ()) -> None:
        if self.times > 0:
            self.times -= 1
            raise Expect(0, 1, 0)
        await super().commit(statements, events)


async def test_livechat_create_ticket_tries_again_when_the_number_was_taken() -> None:
    database = Crowded(0)
    made = unstarted()
    await made.start(MemoryHost(database))
    database.times = 3
    assert (await made.livechat_create_ticket(DRAFT, a_handoff())).id == "T-000001"
    assert database.times == 0
    database.times = 3
    note = TicketNote(key="n-1", body="Called back.")
    ticket = Ticket(source="tickets", id="T-000001", key="h-1.ticket")
    assert await made.livechat_add_to_ticket(ticket, note) is not None
    stored = await made.read("T-000001")
    assert stored is not None
    assert stored.notes == (note,)
    database.close()


async def test_livechat_add_to_ticket_is_not_taken_in_by_the_same_key_on_another_ticket() -> None:
    database = Crowded(0)
    made = unstarted()
    await made.start(MemoryHost(database))
    first = await made.livechat_create_ticket(draft("a"), a_handoff())
    second = await made.livechat_create_ticket(draft("b"), a_handoff())
    note = TicketNote(key="n-1", body="Called back.")
    await made.livechat_add_to_ticket(first, note)
    database.times = 1
    await made.livechat_add_to_ticket(second, note)
    stored = await made.read(second.id)
    assert stored is not None
    assert stored.notes == (note,)
    database.close()


async def test_livechat_create_ticket_gives_up_clearly_when_it_never_gets_a_number() -> None:
    database = Crowded(0)
    made = unstarted()
    await made.start(MemoryHost(database))
    database.times = 10_000
    with pytest.raises(RetryableError, match="tickets create_ticket: too many writers") as refused:
        await made.livechat_create_ticket(DRAFT, a_handoff())
    assert refused.value.sent is False
    database.close()


# ---------------------------------------------------------------------------------------------------- notes
async def test_livechat_add_to_ticket_keeps_notes_in_order_and_each_key_once(tickets: LocalTicketing) -> None:
    ticket = await tickets.livechat_create_ticket(DRAFT, a_handoff())
    notes = [
        TicketNote(key="z", body="first"),
        TicketNote(key="a", body="δεύτερη", public=True),
        TicketNote(key="z", body="first, told again"),
    ]
    for note in notes:
        assert await tickets.livechat_add_to_ticket(ticket, note) == ticket
    stored = await tickets.read(ticket.id)
    assert stored is not None
    assert stored.notes == (notes[0], notes[1])


async def test_livechat_add_to_ticket_may_be_called_by_many_at_once(tickets: LocalTicketing) -> None:
    first = await tickets.livechat_create_ticket(draft("a"), a_handoff())
    second = await tickets.livechat_create_ticket(draft("b"), a_handoff())
    notes = [TicketNote(key=f"n-{number % 10}", body=f"{number % 10}") for number in range(30)]
    await asyncio.gather(*(tickets.livechat_add_to_ticket(first, note) for note in notes))
    await tickets.livechat_add_to_ticket(second, notes[0])
    stored = [await tickets.read(ticket.id) for ticket in (first, second)]
    assert [sorted(note.key for note in one.notes) if one else None for one in stored] == [
        [f"n-{number}" for number in range(10)],
        ["n-0"],
    ]


async def test_livechat_add_to_ticket_abstains_for_a_ticket_of_another_source(
    tickets: LocalTicketing,
) -> None:
    foreign = Ticket(source="acme-zendesk", id="T-000001", key="k")
    assert await tickets.livechat_add_to_ticket(foreign, TicketNote(key="n", body="x")) is None


@pytest.mark.parametrize("ticket_id", ["T-000001", "T-1", "4711", "T-000001' OR 1=1", "T-" + "9" * 40])
async def test_livechat_add_to_ticket_refuses_a_ticket_that_does_not_exist(
    tickets: LocalTicketing, ticket_id: str
) -> None:
    ticket = Ticket(source="tickets", id=ticket_id, key="k")
    with pytest.raises(RejectedError, match="tickets add_to_ticket: there is no ticket"):
        await tickets.livechat_add_to_ticket(ticket, TicketNote(key="n", body="x"))


# ----------------------------------------------------------------------------------------------------- list
async def test_livechat_list_tickets_gives_those_of_the_handoff_oldest_first(tickets: LocalTicketing) -> None:
    mine, other = a_handoff(), a_handoff(id="h-2")
    for key, handoff in (("b", mine), ("x", other), ("a", mine)):
        await tickets.livechat_create_ticket(draft(key, f"Subject {key}"), handoff)
    listed = await tickets.livechat_list_tickets(mine)
    assert [(ticket.id, ticket.key, ticket.subject) for ticket in listed] == [
        ("T-000001", "b", "Subject b"),
        ("T-000003", "a", "Subject a"),
    ]
    assert await tickets.livechat_list_tickets(a_handoff(id="h-3")) == ()


# ---------------------------------------------------------------------------------------------------- rest
async def test_starting_again_keeps_what_is_there(tickets: LocalTicketing, host: MemoryHost) -> None:
    await tickets.livechat_create_ticket(DRAFT, a_handoff())
    await tickets.start(host)
    assert len(await tickets.livechat_list_tickets(a_handoff())) == 1


async def test_before_the_start_every_hook_says_so() -> None:
    made = unstarted()
    ticket = Ticket(source="tickets", id="T-000001", key="k")
    for call in (
        made.livechat_create_ticket(DRAFT, a_handoff()),
        made.livechat_add_to_ticket(ticket, TicketNote(key="n", body="x")),
        made.livechat_list_tickets(a_handoff()),
    ):
        with pytest.raises(UnavailableError, match="not started yet"):
            await call


async def test_a_text_that_is_too_large_is_refused_and_nothing_is_stored(
    tickets: LocalTicketing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_tickets, "MAX_BODY_BYTES", 10)
    ticket = await tickets.livechat_create_ticket(draft("small"), a_handoff())
    with pytest.raises(RejectedError, match="the text has 12 bytes, the limit is 10"):
        await tickets.livechat_create_ticket(DRAFT.model_copy(update={"body": "αβγδεζ"}), a_handoff())
    with pytest.raises(RejectedError, match="the text has 11 bytes, the limit is 10"):
        await tickets.livechat_add_to_ticket(ticket, TicketNote(key="n", body="x" * 11))
    assert len(await tickets.livechat_list_tickets(a_handoff())) == 1


async def test_the_time_of_a_ticket_is_kept_in_utc(host: MemoryHost) -> None:
    east = NOW + timedelta(microseconds=5)
    made = LocalTicketing(
        a_context("tickets", now=lambda: east), LocalTicketingSettings(type=LOCAL_TICKETING, name="tickets")
    )
    await made.start(host)
    ticket = await made.livechat_create_ticket(DRAFT, a_handoff())
    assert ticket.created_at == east
    (row,) = host.database.connection.execute("SELECT created_at FROM local_tickets").fetchall()
    assert row["created_at"] == "2026-11-23T08:30:00.000005Z"


def test_the_hooks_fit_their_specifications() -> None:
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(TicketingSpecs)
    manager.register(unstarted())
    manager.check_pending()
    for hook in (
        manager.hook.livechat_create_ticket,
        manager.hook.livechat_add_to_ticket,
        manager.hook.livechat_list_tickets,
    ):
        assert len(hook.get_hookimpls()) == 1


def test_there_is_nothing_to_set() -> None:
    with pytest.raises(ValidationError):
        LocalTicketingSettings.model_validate({"type": LOCAL_TICKETING, "name": "t", "prefix": "X"})
