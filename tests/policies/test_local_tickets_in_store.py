"""Local tickets in the ledger's own database: many at once, and all there after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.tickets import TicketDraft, TicketNote
from livechat_sdk.ledger.opening import open_store
from livechat_sdk.ledger.store import Store
from livechat_sdk.policies.local_tickets import LOCAL_TICKETING, LocalTicketing, LocalTicketingSettings
from livechat_sdk.provider import NoFiles
from livechat_sdk.provider.embedded import EmbeddedDatabase
from tests.policies.makers import a_context, a_handoff


@dataclass
class Host:
    """What ``start`` is given."""

    database: EmbeddedDatabase
    files: NoFiles = field(default_factory=NoFiles)

    async def open_chats(self, integration: str) -> Sequence[Chat]:
        return ()


async def started(store: Store) -> LocalTicketing:
    tickets = LocalTicketing(
        a_context("tickets"), LocalTicketingSettings(type=LOCAL_TICKETING, name="tickets")
    )
    await tickets.start(Host(store))
    return tickets


async def test_livechat_create_ticket_and_livechat_add_to_ticket_survive_a_restart(ledger_url: str) -> None:
    store = open_store(ledger_url)
    await store.open()
    tickets = await started(store)
    other = await started(store)  # two objects, as two workers would have
    drafts = [TicketDraft(key=f"k-{number % 25}", subject="Help", body="…") for number in range(100)]
    made = await asyncio.gather(
        *(
            (tickets if number % 2 else other).livechat_create_ticket(draft, a_handoff())
            for number, draft in enumerate(drafts)
        )
    )
    by_key = {ticket.key: ticket for ticket in made}
    assert [ticket.id for ticket in made] == [by_key[draft.key].id for draft in drafts]
    assert sorted(ticket.id for ticket in by_key.values()) == [f"T-{number:06}" for number in range(1, 26)]
    notes = [TicketNote(key=f"n-{number % 5}", body=str(number % 5)) for number in range(20)]
    await asyncio.gather(*(tickets.livechat_add_to_ticket(made[0], note) for note in notes))
    await store.close()

    again = open_store(ledger_url)
    await again.open()
    tickets = await started(again)
    assert await tickets.livechat_create_ticket(drafts[0], a_handoff()) == made[0]
    stored = await tickets.read(made[0].id)
    assert stored is not None
    assert {note.key for note in stored.notes} == {f"n-{number}" for number in range(5)}
    assert len(stored.notes) == 5
    assert len(await tickets.livechat_list_tickets(a_handoff())) == 25
    await again.close()
