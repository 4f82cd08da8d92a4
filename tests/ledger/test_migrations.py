"""From one schema to the next and back, on both databases, with handoffs that are alive in them."""

from __future__ import annotations

import logging
import re
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.ends import End, EndReason, Outcome
from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.errors import StoreError
from livechat_sdk.ledger import documents
from livechat_sdk.ledger.addresses import PostgresAddress
from livechat_sdk.ledger.compatibility import Verdict
from livechat_sdk.ledger.migrations import Status, downgrade, status, upgrade
from livechat_sdk.ledger.migrations.versions.v0001_first_tables import TABLES
from livechat_sdk.ledger.opening import open_store
from livechat_sdk.ledger.postgres.connections import connect
from livechat_sdk.ledger.postgres.sql import translate, translate_ddl, values_for
from livechat_sdk.ledger.schema import SCHEMA_VERSION
from livechat_sdk.ledger.store import ActionStatus, Store
from livechat_sdk.lifecycle.effects import Decide, FindContact, OpenChat, SaveChat, SendMessage, SetTimer
from livechat_sdk_testing.postgres import PostgresServer
from tests.ledger.builders import NOW, Story, a_handoff, an_attempt, an_event, completion, from_user, later

Value = str | int | None


class Database(ABC):
    """A database, seen from outside the ledger."""

    url: str

    def store(self) -> Store:
        return open_store(self.url, now=lambda: NOW)

    @abstractmethod
    async def run(self, sql: str, **values: Value) -> list[tuple[Value, ...]]:
        """Run a statement in SQLite's words."""

    @abstractmethod
    async def shape(self) -> object:
        """Tables, columns, keys, checks and indexes, whatever the order in which they were made."""

    @abstractmethod
    async def make_first(self) -> None:
        """The tables of schema 1, as the release made them that knew nothing newer."""


class SqliteDatabase(Database):
    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.db"
        self.url = f"sqlite:///{self.path}"

    async def run(self, sql: str, **values: Value) -> list[tuple[Value, ...]]:
        with closing(sqlite3.connect(self.path)) as db, db:
            return db.execute(sql, values).fetchall()

    async def shape(self) -> object:
        found = await self.run("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
        # A table that was renamed has its name in quotes.
        return {name: " ".join(re.sub(r'"(\w+)"', r"\1", str(sql)).split()) for name, sql in found}

    async def make_first(self) -> None:
        for statement in TABLES:
            await self.run(statement)
        await self.run("INSERT INTO meta (name, value) VALUES ('schema', '1')")


class PostgresDatabase(Database):
    def __init__(self, url: str) -> None:
        self.url = url

    async def run(self, sql: str, **values: Value) -> list[tuple[Value, ...]]:
        connection = await connect(PostgresAddress.parse(self.url))
        try:
            text, names = translate(sql)
            return [tuple(row) for row in await connection.fetch(text, *values_for(names, values))]
        finally:
            await connection.close()

    async def shape(self) -> object:
        columns = """
            SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name,
                is_identity
            FROM information_schema.columns WHERE table_schema = 'public'
        """
        constraints = """
            SELECT conrelid::regclass::text, contype::text, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
        """
        indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        options = "SELECT relname, reloptions::text FROM pg_class WHERE reloptions IS NOT NULL"
        sequences = "SELECT sequencename FROM pg_sequences"
        return [
            sorted(await self.run(sql), key=str)
            for sql in (columns, constraints, indexes, options, sequences)
        ]

    async def make_first(self) -> None:
        for statement in TABLES:
            await self.run(translate_ddl(statement))
        await self.run("INSERT INTO meta (name, value) VALUES ('schema', '1')")


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "sqlite":
        yield SqliteDatabase(tmp_path)
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        yield PostgresDatabase(await server.new_database(empty=True))


def silent(_: str) -> None:
    """Progress that nobody wants to see."""


async def a_lived_in_ledger(store: Store) -> Story:
    """Handoffs in several states, with everything that hangs on them."""
    await store.open()
    ended = Story(store, a_handoff("h0", conversation_id="c0"))
    await ended.start()
    end = End(reason=EndReason(by="user", why="resolved"), outcome=Outcome.COMPLETED, at=later(60))
    await ended.step(state=HandoffState.ENDED, end=end)
    attempt = an_attempt(opened=True)
    story = Story(store, a_handoff(attempts=(attempt,), held=("m1",)))
    await story.start(from_user("m1"), SetTimer(name="t", due_at=later(5)), actions=[Decide()])
    applied = await story.step(actions=[OpenChat(attempt=1), SendMessage(attempt=1, message_key="m1")])
    await store.start_action(applied.actions[0])
    await story.note(SaveChat(chat=Chat(integration="desk", handoff_id="h1", ref="h1.1", vendor_ref="v1")))
    await store.commit([], [an_event("e1")])
    await store.keep_unmatched(an_event("e2", refs=("other",)), NOW)
    return story


async def everything(store: Store) -> list[object]:
    """All that can be read."""
    return [
        await store.handoffs(),
        await store.entries("h1"),
        await store.journal("h1"),
        [(row.id, row.action, row.status, row.tries) for row in await store.actions("h1")],
        await store.due_timers(later(1e6)),
        await store.inbox(),
        await store.unmatched("desk", ["other"]),
        await store.ownership("c1"),
        await store.chat("h1", 1),
        await store.match("desk", ["v1"]),
        await store.open_chats(["desk"]),
    ]


async def test_migrating_from_the_first_schema_gives_the_tables_of_a_new_database(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    await database.make_first()
    await upgrade(database.url, silent)
    migrated = await database.shape()
    assert (await status(database.url)).verdict is Verdict.CURRENT

    fresh: Database
    if isinstance(database, SqliteDatabase):
        (tmp_path / "fresh").mkdir()
        fresh = SqliteDatabase(tmp_path / "fresh")
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        fresh = PostgresDatabase(await server.new_database(empty=True))
    store = fresh.store()
    await store.open()
    await store.close()

    assert migrated == await fresh.shape()
    meta = "SELECT name, value FROM meta ORDER BY name"
    assert await database.run(meta) == await fresh.run(meta)


async def test_down_and_up_again_loses_nothing_and_handoffs_go_on(database: Database) -> None:
    store = database.store()
    story = await a_lived_in_ledger(store)
    shape, before = await database.shape(), await everything(store)
    await store.close()

    await downgrade(database.url, 1, silent)
    assert (await status(database.url)).verdict is Verdict.TOO_OLD
    await upgrade(database.url, silent)

    assert await database.shape() == shape
    store = database.store()
    await store.open()
    assert await everything(store) == before
    claimed = await store.claim()
    assert [(row.action.kind, row.status) for row in claimed] == [
        ("decide", ActionStatus.PENDING),
        ("open_chat", ActionStatus.STARTED),
        ("send_message", ActionStatus.PENDING),
    ]
    again = Story(store, story.handoff)
    await again.note(completes=completion(claimed[0], ActionStatus.DONE))
    applied = await again.step(from_user("m2"), actions=[FindContact()], state=HandoffState.ACTIVE)
    assert applied.actions[0].id > claimed[-1].id
    assert [entry.seq for entry in await store.entries("h1")] == [1, 2]
    await store.close()


async def test_ids_of_actions_are_not_given_again_after_a_migration(database: Database) -> None:
    store = database.store()
    story = await a_lived_in_ledger(store)
    last = (await story.step(actions=[FindContact()])).actions[0].id
    await store.close()
    await database.run("DELETE FROM actions WHERE id = :id", id=last)

    await downgrade(database.url, 1, silent)
    await upgrade(database.url, silent)

    store = database.store()
    await store.open()
    story.store = store
    assert (await story.step(actions=[FindContact()])).actions[0].id > last
    await store.close()


async def insert_as_the_first_release(database: Database, handoff: Handoff) -> None:
    """A handoff as the release wrote it that knew schema 1 only."""
    at = utc_text(NOW)
    place: dict[str, Value] = {"workspace": "default", "handoff": handoff.id, "at": at}
    conversation = handoff.request.conversation_id
    await database.run(
        "INSERT INTO conversations (workspace, id, owner, number, updated_at)"
        " VALUES (:workspace, :id, 'human', 1, :at)",
        workspace="default",
        id=conversation,
        at=at,
    )
    await database.run(
        """
        INSERT INTO handoffs (workspace, id, request_key, conversation_id, state, version, created_at,
            updated_at, document)
        VALUES (:workspace, :handoff, :key, :conversation, :state, :version, :at, :at, :document)
        """,
        **place,
        key=handoff.request.key,
        conversation=conversation,
        state=handoff.state.value,
        version=handoff.version,
        document=documents.dump_handoff(handoff),
    )
    await database.run(
        "INSERT INTO requests (workspace, handoff_id, document) VALUES (:workspace, :handoff, :document)",
        workspace="default",
        handoff=handoff.id,
        document=documents.dump(handoff.request),
    )
    await database.run(
        """
        INSERT INTO actions (workspace, handoff_id, lane, kind, status, document, created_at, updated_at)
        VALUES (:workspace, :handoff, 'decide', 'decide', 'pending', :document, :at, :at)
        """,
        **place,
        document=documents.dump(Decide()),
    )
    await database.run(
        "INSERT INTO timers (workspace, handoff_id, name, due_at) VALUES (:workspace, :handoff, 't', :at)",
        **place,
    )


async def test_handoffs_of_the_first_release_are_taken_over_alive(database: Database) -> None:
    await database.make_first()
    handoff = a_handoff()
    await insert_as_the_first_release(database, handoff)

    await upgrade(database.url, silent)

    store = database.store()
    await store.open()
    assert await store.load("h1") == handoff
    (row,) = await store.claim()
    await Story(store, handoff).step(from_user("m1"))
    await Story(store, handoff.model_copy(update={"version": 2})).note(
        completes=completion(row, ActionStatus.DONE)
    )
    assert [timer.name for timer in await store.due_timers(NOW)] == ["t"]
    found = await store.fetch("SELECT bot, user_id, format FROM handoffs WHERE id = 'h1'")
    assert found == [{"bot": "shop-bot", "user_id": "u1", "format": 1}]
    await store.close()


async def test_pages_of_rows_are_all_filled(database: Database) -> None:
    store = database.store()
    await store.open()
    for number in range(3):
        await Story(store, a_handoff(f"h{number}", conversation_id=f"c{number}")).start(
            *(SetTimer(name=f"t{each:04}", due_at=later(each)) for each in range(400))
        )
    await store.close()
    await downgrade(database.url, 1, silent)
    await upgrade(database.url, silent)
    store = database.store()
    await store.open()
    assert len(await store.due_timers(later(1e6), limit=5000)) == 1200
    await store.close()


# ---------------------------------------------------------------------------------------------- who may do it
async def test_a_server_upgrades_its_sqlite_file_by_itself_after_a_copy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = SqliteDatabase(tmp_path)
    await database.make_first()
    await insert_as_the_first_release(database, a_handoff())

    store = database.store()
    with caplog.at_level(logging.WARNING, "livechat_sdk.ledger"):
        await store.open()

    assert await store.load("h1") == a_handoff()
    await store.close()
    copy = tmp_path / "ledger.db.before-schema-2"
    assert str(copy) in caplog.text
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone() == ("1",)
        assert db.execute("SELECT COUNT(*) FROM handoffs").fetchone() == (1,)


async def test_without_alembic_a_server_says_what_to_do_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = SqliteDatabase(tmp_path)
    await database.make_first()
    monkeypatch.setattr("livechat_sdk.ledger.sqlite.upgrading.find_spec", lambda _name: None)
    with pytest.raises(StoreError, match=r"livechat ledger upgrade"):
        await database.store().open()
    assert (await status(database.url)).schema == 1


async def test_commands_beside_a_server_never_upgrade(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path)
    await database.make_first()
    with pytest.raises(StoreError, match=r"livechat ledger upgrade"):
        await open_store(database.url, role="reader").open()
    assert (await status(database.url)).schema == 1


async def test_postgresql_is_never_upgraded_by_a_server(postgres_server: PostgresServer) -> None:
    database = PostgresDatabase(await postgres_server.new_database(empty=True))
    await database.make_first()
    with pytest.raises(StoreError, match=r"livechat ledger upgrade"):
        await database.store().open()
    assert (await status(database.url)).schema == 1


async def test_a_newer_schema_may_say_that_this_release_can_still_work_with_it(database: Database) -> None:
    store = database.store()
    await store.open()
    await store.close()
    await database.run("UPDATE meta SET value = '3' WHERE name = 'schema'")

    assert (await status(database.url)).verdict is Verdict.USABLE
    await store.open()
    assert (await Story(store).start()).status == "created"
    await store.close()

    await database.run("UPDATE meta SET value = '3' WHERE name = 'oldest'")
    with pytest.raises(StoreError, match="schema 3, this release knows up to 2"):
        await store.open()


async def test_what_makes_no_sense_is_refused(database: Database) -> None:
    store = database.store()
    await store.open()
    await store.close()
    lines: list[str] = []
    await upgrade(database.url, lines.append)
    assert lines[-1].endswith(f"has schema {SCHEMA_VERSION} already")
    with pytest.raises(StoreError, match="already"):
        await downgrade(database.url, SCHEMA_VERSION, silent)
    with pytest.raises(StoreError, match="there is no schema 0"):
        await downgrade(database.url, 0, silent)
    assert (await status(database.url)).schema == SCHEMA_VERSION


async def test_a_migration_that_fails_changes_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = database.store()
    await a_lived_in_ledger(store)
    before = await everything(store)
    await store.close()
    shape = await database.shape()
    await database.run("CREATE VIEW in_the_way AS SELECT shard FROM timers")

    with pytest.raises(StoreError):
        await downgrade(database.url, 1, silent)

    await database.run("DROP VIEW in_the_way")
    assert await database.shape() == shape
    await store.open()
    assert [str(one) for one in await everything(store)] == [str(one) for one in before]
    await store.close()


async def test_status_counts_the_workers_that_are_alive(postgres_server: PostgresServer) -> None:
    url = await postgres_server.new_database()
    stores = [open_store(url) for _ in range(2)]
    for store in stores:
        await store.open()
    found = await status(url)
    assert found == Status(found.where, 2, 2, 2, Verdict.CURRENT, workers=2, older_workers=0)
    for store in stores:
        await store.close()
    assert (await status(url)).workers == 0


async def test_an_empty_database_has_no_schema(postgres_server: PostgresServer) -> None:
    url = await postgres_server.new_database(empty=True)
    assert (await status(url)).verdict is Verdict.EMPTY
    with pytest.raises(StoreError, match="there is no ledger"):
        await upgrade(url, silent)
