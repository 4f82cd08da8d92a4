"""Which agents a user has had: newest first, so many and no more, and found through the user's own index."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from livechat_sdk.domain.ends import End, EndReason, Outcome
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.domain.people import Agent
from livechat_sdk.domain.routing import MOST_EARLIER, Earlier
from livechat_sdk.ledger.last_agents import _NEWEST, earlier_of
from livechat_sdk.ledger.store import Store
from tests.ledger.builders import Story, a_handoff, an_attempt, later
from tests.ledger.conftest import SqliteBackend


async def ended(
    store: Store, number: int, *, agent: str | None = "ann", ends: bool = True, **more: Any
) -> None:
    """A handoff that began in second ``number`` and ended five seconds later."""
    name = f"h{number}"
    attempts = (an_attempt(handoff_id=name, integration="old"), an_attempt(2, handoff_id=name, **more))
    handoff = a_handoff(
        name,
        conversation_id=f"c{number}",
        created_at=later(number),
        attempts=attempts,
        last_agent=None if agent is None else Agent(id=agent),
    )
    if ends:
        reason = EndReason(by="agent", why="resolved")
        end = End(outcome=Outcome.COMPLETED, reason=reason, at=later(number + 5))
        handoff = handoff.model_copy(update={"state": HandoffState.ENDED, "end": end})
    await Story(store, handoff).start()


async def test_ended_handoffs_with_an_agent_come_newest_first(store: Store) -> None:
    await ended(store, 1, agent="ann")
    await ended(store, 2, agent=None)
    await ended(store, 3, agent="ben", integration="zendesk")
    await ended(store, 4, agent="eve", ends=False)
    await ended(store, 5, agent="me")
    await ended(store, 9, agent="later")
    assert await earlier_of(store, "default", "u1", but="h5", before=later(5)) == [
        Earlier("zendesk", "ben", later(8)),
        Earlier("desk", "ann", later(6)),
    ]
    assert await earlier_of(store, "default", "somebody", but="h5", before=later(5)) == []
    assert await earlier_of(store, "another", "u1", but="h5", before=later(5)) == []


async def test_so_many_are_looked_at_and_no_more(store: Store) -> None:
    await ended(store, 1, agent="ann")
    for number in range(2, 2 + MOST_EARLIER):
        await ended(store, number, agent=None)
    assert await earlier_of(store, "default", "u1", but="-", before=later(99)) == []


async def test_sqlite_finds_them_through_the_index_of_the_user(tmp_path: Any) -> None:
    backend = SqliteBackend(tmp_path)
    await backend.open()
    try:
        with closing(sqlite3.connect(backend.path)) as database:
            names = {"workspace": "w", "user": "u", "but": "h", "before": "2", "most": 20}
            plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {_NEWEST}", names)]
    finally:
        await backend.close()
    assert any("handoffs_of_user (workspace=? AND user_id=?)" in step for step in plan), plan
