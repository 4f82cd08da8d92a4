"""Erasing costs the same in a large ledger: no statement walks through a table of conversations."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from livechat_sdk.ledger.retained import ended_before, forget_seen, forget_tombstones
from livechat_sdk.ledger.sqlite import SqliteStore
from tests.owning.world import Person, World

SMALL = ("personal_tables", "embedded_integrations")
"""Tables with a handful of rows in any ledger."""
BY_AGE = ("tombstones",)
"""Walked through once a day at most, by a reader: nobody waits for it."""


async def test_erasing_finds_its_rows_by_indexes(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = sqlite_world
    store = world.dispatcher.store
    assert isinstance(store, SqliteStore)
    person = Person("canary")
    await world.talked(person)
    await world.missed(person)
    await world.visited(person)
    statements: dict[str, None] = {}
    fetch, commit = store.fetch, store.commit

    async def fetching(sql: str, params: Any = None) -> Any:
        statements[sql] = None
        return await fetch(sql, params)

    async def committing(batch: Any, events: Any = ()) -> None:
        statements.update({one.sql: None for one in batch})
        await commit(batch, events)

    monkeypatch.setattr(store, "fetch", fetching)
    monkeypatch.setattr(store, "commit", committing)
    now, ago = world.clock.now() + timedelta(days=1), world.clock.now() - timedelta(days=1)
    async for _ in world.dispatcher.export(user_id=person.user_id):
        pass
    await ended_before(store, "default", now, bot="shop-bot", other_than=("a", "b"))
    await forget_seen(store, "default", now)
    await world.dispatcher.erase(user_id=person.user_id)
    await world.dispatcher.erase(conversation_id=person.conversation)
    await store.is_erased("toy", ["a", "b"])
    await forget_tombstones(store, "default", ago)
    await forget_tombstones(store, "default", now)

    assert len(statements) > 30
    walks: list[str] = []
    with closing(sqlite3.connect(store.path)) as db:
        for sql in statements:
            names = dict.fromkeys(re.findall(r":(\w+)", sql), "")
            for *_, step in db.execute(f"EXPLAIN QUERY PLAN {sql}", names):
                partly = re.search(r" (\w+) USING.* INDEX \w+ \(workspace=\?\)", step)
                if step.startswith("SCAN") or partly is not None:
                    table = step.split()[1]
                    if table not in SMALL + BY_AGE:
                        walks.append(f"{step}: {sql}")
    assert not walks, "\n".join(walks)
