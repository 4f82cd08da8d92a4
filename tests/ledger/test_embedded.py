from __future__ import annotations

import asyncio

import pytest

from livechat_sdk.errors import Conflict, Expect, StoreError
from livechat_sdk.ledger.store import Store
from livechat_sdk.provider.embedded import EmbeddedDatabase, SqlValue, Statement
from tests.ledger.conftest import Backend

TABLE = "CREATE TABLE IF NOT EXISTS desk_rows (id INTEGER PRIMARY KEY, owner TEXT, note BLOB)"


def insert(number: int, owner: str | None = None) -> Statement:
    return Statement("INSERT INTO desk_rows (id, owner) VALUES (:id, :owner)", {"id": number, "owner": owner})


@pytest.fixture
async def desk(store: Store) -> Store:
    await store.create_tables("desk", 1, [TABLE])
    return store


async def test_a_store_is_an_embedded_database(store: Store) -> None:
    database: EmbeddedDatabase = store
    assert await database.fetch("SELECT 1 AS one") == [{"one": 1}]


async def test_rows_come_back_by_column_name_with_their_values(desk: Store) -> None:
    values: dict[str, SqlValue] = {"id": 1, "owner": "Ελένη", "note": b"\x00\xff"}
    await desk.commit([Statement("INSERT INTO desk_rows VALUES (:id, :owner, :note)", values)])

    assert await desk.fetch("SELECT * FROM desk_rows WHERE id = :id", {"id": 1}) == [values]
    assert await desk.fetch("SELECT id FROM desk_rows WHERE id = :id", {"id": 2}) == []


async def test_a_batch_stands_or_falls_as_a_whole(desk: Store) -> None:
    await desk.commit([insert(1)])
    take = Statement(
        "UPDATE desk_rows SET owner = :o WHERE id = :id AND owner IS NULL", {"o": "a", "id": 9}, 1
    )

    with pytest.raises(Expect) as caught:
        await desk.commit([insert(2), take])

    assert (caught.value.index, caught.value.expected, caught.value.changed) == (1, 1, 0)
    assert await desk.fetch("SELECT id FROM desk_rows") == [{"id": 1}]


async def test_a_broken_constraint_is_a_conflict_and_undoes_the_batch(desk: Store) -> None:
    await desk.commit([insert(1)])

    with pytest.raises(Conflict, match="statement 1"):
        await desk.commit([insert(2), insert(1)])

    assert await desk.fetch("SELECT id FROM desk_rows") == [{"id": 1}]


async def test_of_raced_takers_the_first_one_wins(desk: Store) -> None:
    await desk.commit([insert(1)])

    async def take(name: str) -> bool:
        statement = Statement(
            "UPDATE desk_rows SET owner = :name WHERE id = 1 AND owner IS NULL", {"name": name}, expect=1
        )
        try:
            await desk.commit([statement])
        except Expect:
            return False
        return True

    won = await asyncio.gather(*(take(f"agent-{number}") for number in range(20)))

    assert won.count(True) == 1
    winner = f"agent-{won.index(True)}"
    assert await desk.fetch("SELECT owner FROM desk_rows") == [{"owner": winner}]


async def test_tables_are_made_once_and_brought_up_to_date(backend: Backend, desk: Store) -> None:
    await desk.commit([insert(1)])
    await desk.create_tables("desk", 1, ["THIS IS NOT RUN AGAIN"])

    desk = await backend.reopen(desk)
    await desk.create_tables("desk", 2, [TABLE, "ALTER TABLE desk_rows ADD COLUMN colour TEXT"])
    await desk.create_tables("webchat", 1, ["CREATE TABLE webchat_rows (id TEXT)"])

    assert await desk.fetch("SELECT id, colour FROM desk_rows") == [{"id": 1, "colour": None}]


async def test_a_failing_table_leaves_the_schema_as_it_was(desk: Store) -> None:
    with pytest.raises(StoreError, match="syntax error"):
        await desk.create_tables("desk", 2, ["CREATE TABLE half (id TEXT)", "CREATE NONSENSE"])

    with pytest.raises(StoreError, match="half"):
        await desk.fetch("SELECT * FROM half")
    await desk.create_tables("desk", 2, ["CREATE TABLE half (id TEXT)"])
    assert await desk.fetch("SELECT * FROM half") == []


async def test_tables_of_a_newer_release_are_refused(desk: Store) -> None:
    await desk.create_tables("desk", 5, [])

    with pytest.raises(StoreError, match="'desk' have version 5, this release knows up to 4"):
        await desk.create_tables("desk", 4, [])


@pytest.mark.parametrize(
    "sql", ["COMMIT", " rollback;", "PRAGMA synchronous = OFF", "Attach 'x' AS y", "BEGIN"]
)
async def test_a_statement_cannot_end_the_transaction_or_change_the_database(desk: Store, sql: str) -> None:
    with pytest.raises(StoreError, match="not allowed"):
        await desk.commit([insert(1), Statement(sql)])
    with pytest.raises(StoreError, match="not allowed"):
        await desk.fetch(sql)
    with pytest.raises(StoreError, match="not allowed"):
        await desk.create_tables("desk", 2, [sql])

    assert await desk.fetch("SELECT id FROM desk_rows") == []


async def test_reading_cannot_write(desk: Store) -> None:
    with pytest.raises(StoreError):
        await desk.fetch("INSERT INTO desk_rows (id) VALUES (1)")

    assert await desk.fetch("SELECT id FROM desk_rows") == []


async def test_an_error_tells_the_statement_problem_and_no_values(desk: Store) -> None:
    with pytest.raises(StoreError) as caught:
        await desk.commit([Statement("INSERT INTO nowhere (id) VALUES (:id)", {"id": "s3cret"})])

    assert "nowhere" in str(caught.value)
    assert "s3cret" not in str(caught.value)


async def test_many_writers_at_once_all_get_in(desk: Store) -> None:
    await asyncio.gather(*(desk.commit([insert(number)]) for number in range(200)))

    assert await desk.fetch("SELECT COUNT(*) AS n FROM desk_rows") == [{"n": 200}]
