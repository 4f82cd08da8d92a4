"""A PostgreSQL database that goes away, comes back, refuses, or is not what it should be."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from livechat_sdk.domain.chats import Chat
from livechat_sdk.errors import HandoffNotFound, StoreError
from livechat_sdk.ledger.addresses import PostgresAddress
from livechat_sdk.ledger.postgres import PostgresStore, writer
from livechat_sdk.ledger.postgres.connections import connect
from livechat_sdk.ledger.store import (
    ActionStatus,
    Applied,
    DuplicateEvent,
    DuplicateMessage,
    News,
    TimerGone,
)
from livechat_sdk.lifecycle.effects import Decide, FindContact, SaveChat, SetTimer
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_testing.postgres import PostgresServer, running_server, why_not
from tests.ledger.builders import NOW, Story, a_handoff, an_attempt, an_event, completion, from_user, later
from tests.ledger.conftest import STORE_KEY

TERMINATE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'livechat' AND datname = $1
"""


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server that the tests of this file may stop and start."""
    if reason := why_not():
        pytest.skip(reason)
    with running_server() as server:
        yield server


@pytest.fixture
async def url(own_server: PostgresServer) -> str:
    return await own_server.new_database()


@pytest.fixture
async def store(url: str) -> AsyncIterator[PostgresStore]:
    opened = PostgresStore(url, key=STORE_KEY, now=lambda: NOW)
    await opened.open()
    yield opened
    await opened.close()


def name_of(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


async def every_call_says_that_it_cannot_be_reached(store: PostgresStore, story: Story) -> None:
    calls = [
        story.note(from_user("m1")),
        Story(store, a_handoff("h9", conversation_id="c9")).start(),
        store.load("h1"),
        store.entries("h1"),
        store.commit([Statement("SELECT 1")]),
        store.fetch("SELECT 1"),
        store.keep_alive(),
        store.claim(),
    ]
    for call in calls:
        with pytest.raises(StoreError, match="cannot be reached"):
            await call


async def test_a_server_that_is_stopped_and_started_again_is_used_again(
    own_server: PostgresServer, store: PostgresStore
) -> None:
    story = Story(store)
    await story.start()
    own_server.stop()
    try:
        await every_call_says_that_it_cannot_be_reached(store, story)
    finally:
        own_server.start()

    await story.note(from_user("m1"))
    assert list(await story.fates()) == ["m1"]
    assert (await store.keep_alive()).shards


async def test_connections_that_were_cut_are_replaced_unseen(
    own_server: PostgresServer, url: str, store: PostgresStore
) -> None:
    story = Story(store)
    await story.start()
    await store.fetch("SELECT 1")

    await own_server.execute(TERMINATE, name_of(url))

    await asyncio.gather(story.note(from_user("m1")), store.load("h1"), store.keep_alive())
    assert list(await story.fates()) == ["m1"]


async def test_news_are_heard_again_after_the_connection_was_cut(
    own_server: PostgresServer, url: str, store: PostgresStore
) -> None:
    heard: list[News] = []
    store.on_news(heard.append)
    await own_server.execute(TERMINATE, name_of(url))
    await until_heard(heard, lambda news: news.actions and news.inbox and news.timers)

    other = PostgresStore(url)
    await other.open()
    await Story(other).start()
    await until_heard(heard, lambda news: "h1" in news.handoffs)
    await other.close()


async def until_heard(heard: list[News], what: Any) -> None:
    async with asyncio.timeout(20):
        while not any(what(news) for news in heard):  # noqa: ASYNC110  # the server knows no events of ours
            await asyncio.sleep(0.02)


async def test_a_server_that_does_not_answer_is_not_waited_for_for_ever(
    own_server: PostgresServer, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livechat_sdk.ledger.postgres.connections._CONNECT_LIMIT", 0.2)
    story = Story(store)
    os.kill(own_server.pid, signal.SIGSTOP)
    try:
        with pytest.raises(StoreError, match="does not answer in time"):
            await story.start()
    finally:
        os.kill(own_server.pid, signal.SIGCONT)
    assert (await story.start()).status == "created"


# ----------------------------------------------------------------------- the answer of a commit that was lost
class LosesAnswers:
    """A connection that is cut after COMMIT has reached the server, before its answer is back."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def execute(self, sql: str, *values: Any) -> str:
        answer = await self._connection.execute(sql, *values)
        if sql == "COMMIT":
            self._connection.terminate()
            raise asyncpg.PostgresConnectionError("connection was closed in the middle of operation")
        return answer


LoseAnswers = Callable[[], AbstractContextManager[object]]


@pytest.fixture
def lose_answers(monkeypatch: pytest.MonkeyPatch) -> LoseAnswers:
    """Within the block the writer hears nothing of its commits."""

    @contextmanager
    def lose() -> Generator[None]:
        with monkeypatch.context() as patched:
            patched.setattr("livechat_sdk.ledger.postgres.writer.connect", losing)
            yield

    async def losing(address: PostgresAddress, *, enable_seqscan: str) -> Any:
        return LosesAnswers(await connect(address, enable_seqscan=enable_seqscan))

    return lose


async def test_whoever_calls_again_after_a_lost_answer_does_nothing_twice(
    own_server: PostgresServer, url: str, store: PostgresStore, lose_answers: LoseAnswers
) -> None:
    story = Story(store)
    with lose_answers(), pytest.raises(StoreError, match="cannot be reached"):
        await story.start(SetTimer(name="t", due_at=later(1)), actions=[Decide()])
    assert (await story.start(actions=[Decide()])).status == "same_key"
    (timer,) = await store.due_timers(later(5))

    await own_server.execute(TERMINATE, name_of(url))
    with lose_answers(), pytest.raises(StoreError):
        await story.note(from_user("m1"), event=an_event("e1"), fired=timer)

    with pytest.raises(TimerGone):
        await story.note(fired=timer)
    with pytest.raises(DuplicateEvent):
        await story.note(event=an_event("e1"))
    with pytest.raises(DuplicateMessage):
        await story.note(from_user("m1"))
    assert len(await store.journal("h1")) == 2


async def test_actions_of_a_commit_whose_answer_was_lost_are_run_all_the_same(
    store: PostgresStore, lose_answers: LoseAnswers
) -> None:
    story = Story(store)
    with lose_answers(), pytest.raises(StoreError):
        await story.start(actions=[Decide(), FindContact()])

    claimed = await store.claim()

    assert [row.action for row in claimed] == [Decide(), FindContact()]
    assert list(await store.claim()) == [], "now it knows of them"
    await story.note(completes=completion(claimed[0], ActionStatus.DONE))
    assert [row.status for row in await store.actions("h1")] == [ActionStatus.DONE, ActionStatus.PENDING]


# ----------------------------------------------------------------------------------- what is refused, and how
async def test_a_group_that_the_database_refuses_is_written_one_by_one(
    own_server: PostgresServer, url: str, store: PostgresStore
) -> None:
    stories = [Story(store, a_handoff(f"h{n}", conversation_id=f"c{n}")) for n in range(10)]
    await asyncio.gather(*(story.start() for story in stories))
    await own_server.execute(
        "ALTER TABLE entries ADD CONSTRAINT no_bad_keys CHECK (message_key <> 'bad')", url=url
    )

    results = await asyncio.gather(
        *(story.note(from_user("bad" if number == 4 else "good")) for number, story in enumerate(stories)),
        return_exceptions=True,
    )

    failed = [number for number, result in enumerate(results) if isinstance(result, BaseException)]
    assert failed == [4]
    assert isinstance(results[4], StoreError)
    assert "no_bad_keys" in str(results[4])
    for number, story in enumerate(stories):
        assert list(await story.fates()) == ([] if number == 4 else ["good"])


async def test_one_unreadable_handoff_spoils_nothing_for_its_neighbours(
    own_server: PostgresServer, url: str, store: PostgresStore
) -> None:
    stories = [Story(store, a_handoff(f"h{n}", conversation_id=f"c{n}")) for n in range(5)]
    await asyncio.gather(*(story.start() for story in stories))
    await own_server.execute("UPDATE handoffs SET document = '{\"v\":1,\"d\":{}}' WHERE id = 'h2'", url=url)

    loaded = await asyncio.gather(*(store.load(f"h{n}") for n in range(5)), return_exceptions=True)
    created = await asyncio.gather(
        *(Story(store, a_handoff(f"n{n}", conversation_id=f"c{n}")).start() for n in range(5)),
        return_exceptions=True,
    )

    assert [isinstance(one, StoreError) for one in loaded] == [n == 2 for n in range(5)]
    assert [isinstance(one, StoreError) for one in created] == [n == 2 for n in range(5)]


async def test_an_unknown_handoff_is_told_from_a_database_in_trouble(store: PostgresStore) -> None:
    with pytest.raises(HandoffNotFound):
        await Story(store, a_handoff("nobody")).step()


async def test_without_a_store_key_a_chat_with_secrets_is_refused_and_says_why(url: str) -> None:
    store = PostgresStore(url, now=lambda: NOW)
    await store.open()
    story = Story(store, a_handoff(attempts=(an_attempt(),)))
    await story.start()
    chat = Chat(integration="desk", handoff_id="h1", ref="h1.1", secrets={"token": SecretStr("s3cret")})

    with pytest.raises(StoreError, match="store_key") as caught:
        await story.note(SaveChat(chat=chat))

    assert "s3cret" not in str(caught.value)
    await story.note(SaveChat(chat=chat.model_copy(update={"secrets": {}})))
    await store.close()


async def test_a_value_that_does_not_fit_is_not_repeated_in_the_error(store: PostgresStore) -> None:
    await store.create_tables("desk", 1, ["CREATE TABLE desk_rows (id INTEGER PRIMARY KEY)"])
    with pytest.raises(StoreError) as caught:
        await store.commit([Statement("INSERT INTO desk_rows (id) VALUES (:id)", {"id": "s3cret"})])
    assert "s3cret" not in str(caught.value)
    with pytest.raises(StoreError, match="no value for its parameter 'id'"):
        await store.fetch("SELECT * FROM desk_rows WHERE id = :id")


@pytest.mark.parametrize("role", ["clerk", "reader"])
async def test_commands_make_no_ledger_in_an_empty_database(own_server: PostgresServer, role: str) -> None:
    empty = await own_server.new_database(empty=True)
    store = PostgresStore.clerk(empty) if role == "clerk" else PostgresStore.reader(empty)
    with pytest.raises(StoreError, match="there is no ledger"):
        await store.open()
    with pytest.raises(StoreError, match="not open"):
        await store.load("h1")


async def test_workers_that_start_at_once_make_the_tables_once(own_server: PostgresServer) -> None:
    empty = await own_server.new_database(empty=True)
    stores = [PostgresStore(empty) for _ in range(3)]
    await asyncio.gather(*(store.open() for store in stores))
    await Story(stores[0]).start()
    assert await stores[2].load("h1") == a_handoff()
    for store in stores:
        await store.close()


async def test_a_missing_database_is_a_clear_error(own_server: PostgresServer) -> None:
    with pytest.raises(StoreError, match=r"no such database: .*nowhere"):
        await PostgresStore(own_server.url("nowhere")).open()


async def test_a_newer_schema_is_refused(own_server: PostgresServer, url: str) -> None:
    await own_server.execute("UPDATE meta SET value = '99' WHERE name IN ('schema', 'oldest')", url=url)
    for store in (PostgresStore(url), PostgresStore.clerk(url), PostgresStore.reader(url)):
        with pytest.raises(StoreError, match="schema 99"):
            await store.open()


async def test_a_table_of_another_program_is_not_taken_for_a_ledger(own_server: PostgresServer) -> None:
    empty = await own_server.new_database(empty=True)
    await own_server.execute("CREATE TABLE meta (name TEXT, value TEXT)", url=empty)
    with pytest.raises(StoreError, match="another program"):
        await PostgresStore(empty).open()


async def test_a_reader_reads_and_cannot_write(url: str, store: PostgresStore) -> None:
    await Story(store).start()
    reader = PostgresStore.reader(url)
    await reader.open()
    assert await reader.load("h1") == a_handoff()
    with pytest.raises(StoreError, match="reading only"):
        await Story(reader).note()
    with pytest.raises(StoreError, match="reading only"):
        await reader.commit([Statement("DELETE FROM handoffs")])
    assert list(await reader.claim()) == []
    await reader.close()


async def test_a_ledger_may_live_in_a_schema_of_its_own(own_server: PostgresServer) -> None:
    empty = await own_server.new_database(empty=True)
    await own_server.execute("CREATE SCHEMA chats", url=empty)
    await own_server.execute("CREATE TABLE meta (id INTEGER)", url=empty)  # another program's, elsewhere
    store = PostgresStore(f"{empty}&search_path=chats", now=lambda: NOW)
    await store.open()
    await Story(store).start()
    assert await store.fetch("SELECT COUNT(*) AS n FROM chats.handoffs") == [{"n": 1}]
    await store.close()


async def test_what_was_written_before_the_rest_of_its_group_could_not_be_is_told_and_run(
    own_server: PostgresServer, url: str, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stories = [Story(store, a_handoff(f"h{n}", conversation_id=f"c{n}")) for n in range(10)]
    await asyncio.gather(*(story.start() for story in stories))
    await own_server.execute(
        "ALTER TABLE entries ADD CONSTRAINT no_bad_keys CHECK (message_key <> 'bad')", url=url
    )

    failures = 0

    async def first_only(address: PostgresAddress, *, enable_seqscan: str) -> asyncpg.Connection:
        if failures:
            raise StoreError("no connection")
        return await connect(address, enable_seqscan=enable_seqscan)

    async def rolled_back(connection: asyncpg.Connection) -> asyncpg.Connection | None:
        nonlocal failures
        failures += 1
        if failures == 1:  # of the whole group: its jobs run one by one after this
            return await roll_back(connection)
        connection.terminate()
        return None

    roll_back = writer._rolled_back
    monkeypatch.setattr(writer, "_rolled_back", rolled_back)
    monkeypatch.setattr(writer, "connect", first_only)
    results = await asyncio.gather(
        *(
            story.note(from_user("bad" if number == 4 else "good"), actions=[Decide()])
            for number, story in enumerate(stories)
        ),
        return_exceptions=True,
    )
    monkeypatch.undo()

    handed_out = [len(result.actions) if isinstance(result, Applied) else 0 for result in results]
    assert handed_out == [1] * 4 + [0] * 6
    assert [list(await story.fates()) for story in stories] == [["good"]] * 4 + [[]] * 6
