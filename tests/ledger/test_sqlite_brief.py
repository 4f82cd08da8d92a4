"""Brief jobs and questions: on the event loop, and handed to threads when something is in the way."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.documents import UnreadableDocument
from livechat_sdk.ledger.sqlite.connection import SqliteFile
from livechat_sdk.ledger.sqlite.readers import Readers
from livechat_sdk.ledger.sqlite.writer import Job, Writer


@pytest.fixture
def file(tmp_path: Path) -> SqliteFile:
    file = SqliteFile(tmp_path / "ledger.db", busy_timeout=20.0)
    file.create()
    file.prepare()
    return file


@pytest.fixture
async def writer(file: SqliteFile) -> AsyncIterator[Writer]:
    writer = Writer(file)
    writer.start()
    await writer.run(lambda db: db.execute("CREATE TABLE t (x INTEGER PRIMARY KEY AUTOINCREMENT, y TEXT)"))
    yield writer
    writer.stop()


@pytest.fixture
def readers(file: SqliteFile) -> Iterator[Readers]:
    made = Readers(file, threads=1)
    made.check()  # there is a connection
    yield made
    made.stop()


def insert(value: object) -> Job[int]:
    """Insert one row, and return which thread did it."""

    def job(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO t (y) VALUES (?)", (str(value),))
        return threading.get_ident()

    return job


def rows(file: SqliteFile) -> list[str]:
    with closing(sqlite3.connect(file.path)) as db:
        return [y for (y,) in db.execute("SELECT y FROM t ORDER BY x")]


def where(db: sqlite3.Connection) -> int:
    """Which thread asked."""
    db.execute("SELECT * FROM meta").fetchall()
    return threading.get_ident()


# ---------------------------------------------------------------------------------------------------- writing


async def test_brief_jobs_run_here_and_the_others_in_the_thread(writer: Writer, file: SqliteFile) -> None:
    here = threading.get_ident()

    assert await writer.run(insert(1), brief=True) == here
    assert await writer.run(insert(2)) != here
    assert await writer.run(insert(3), brief=True) == here
    assert rows(file) == ["1", "2", "3"]


async def test_the_first_job_waits_for_the_connection_in_the_thread(file: SqliteFile) -> None:
    writer = Writer(file)
    writer.start()
    assert await writer.run(lambda _: threading.get_ident(), brief=True) != threading.get_ident()
    writer.stop()


async def test_jobs_are_written_in_the_order_in_which_they_were_given(
    writer: Writer, file: SqliteFile
) -> None:
    await asyncio.gather(*(writer.run(insert(n), brief=n % 7 != 3) for n in range(100)))
    assert rows(file) == [str(n) for n in range(100)]


async def test_long_groups_let_the_loop_breathe(
    writer: Writer, file: SqliteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livechat_sdk.ledger.sqlite.writer._LOOP_LIMIT", 0.0)
    statements: list[str] = []
    await writer.run(lambda db: db.set_trace_callback(statements.append))

    await asyncio.gather(*(writer.run(insert(n), brief=True) for n in range(5)))

    assert statements.count("BEGIN IMMEDIATE") == 5
    assert rows(file) == [str(n) for n in range(5)]


async def test_the_loop_does_not_wait_for_a_lock(writer: Writer, file: SqliteFile) -> None:
    with closing(sqlite3.connect(file.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(writer.run(insert(1), brief=True))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # it has found the lock, and this goes on all the same
        assert not waiting.done()
        other.execute("INSERT INTO t (y) VALUES ('theirs')")
        other.execute("COMMIT")

    assert await waiting != threading.get_ident()
    assert rows(file) == ["theirs", "1"]


async def test_a_job_that_is_interrupted_leaves_nothing_half_done(writer: Writer, file: SqliteFile) -> None:
    interrupted: list[BaseException] = []
    tries: list[int] = []

    def interrupt_once(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO t (y) VALUES ('once')")
        tries.append(threading.get_ident())
        if len(tries) == 1:
            raise GeneratorExit  # as any that is no error of the job
        return 1

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: interrupted.append(context["exception"]))
    refused: list[str] = []

    def refuse_once(db: sqlite3.Connection) -> int:
        refused.append("")
        if len(refused) == 1:
            raise ValueError("what was true of a transaction that is undone")
        return insert("before")(db)

    before = asyncio.create_task(writer.run(refuse_once, brief=True))
    await asyncio.sleep(0)

    assert await writer.run(interrupt_once, brief=True) == 1
    await before

    assert [type(each) for each in interrupted] == [GeneratorExit]
    assert tries[0] == threading.get_ident() != tries[1]
    assert rows(file) == ["before", "once"]


async def test_a_savepoint_that_cannot_be_made_is_seen_to_by_the_thread(
    writer: Writer, file: SqliteFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt, here = writer._attempt, threading.get_ident()

    def fail_here(connection: sqlite3.Connection, waiting: Any) -> None:
        if threading.get_ident() == here:
            raise sqlite3.OperationalError("disk I/O error")
        attempt(connection, waiting)

    monkeypatch.setattr(writer, "_attempt", fail_here)

    assert await writer.run(insert(1), brief=True) != here
    assert rows(file) == ["1"]


async def test_a_file_that_was_replaced_is_an_error(writer: Writer, file: SqliteFile, tmp_path: Path) -> None:
    away = tmp_path / "away.db"
    file.path.rename(away)
    with pytest.raises(StoreError, match="not there"):
        await writer.run(insert(1), brief=True)
    away.rename(file.path)
    await writer.run(insert(2), brief=True)
    assert rows(file) == ["2"]


async def test_nobody_waits_for_a_loop_that_stands_still(writer: Writer, file: SqliteFile) -> None:
    mine = asyncio.create_task(writer.run(insert("mine"), brief=True))
    await asyncio.sleep(0)  # this loop was asked to write, and has not begun

    theirs: list[int] = []
    other = threading.Thread(
        target=lambda: theirs.append(asyncio.run(writer.run(insert("theirs"), brief=True)))
    )
    other.start()
    other.join(20)  # it stands still

    assert theirs, "the thread wrote for both"
    assert rows(file) == ["mine", "theirs"]
    assert await mine != threading.get_ident()


async def test_a_loop_that_is_closed_before_it_begins_holds_up_nobody(
    writer: Writer, file: SqliteFile
) -> None:
    async def ask_and_leave() -> None:
        task = asyncio.create_task(writer.run(insert("theirs"), brief=True))
        await asyncio.sleep(0)
        task.cancel()

    for _ in range(5):
        await asyncio.to_thread(asyncio.run, ask_and_leave())

    await writer.run(insert("mine"), brief=True)
    assert rows(file)[-1] == "mine"


async def test_stopping_on_the_loop_that_was_asked_writes_what_waits(file: SqliteFile) -> None:
    writer = Writer(file)
    writer.start()
    await writer.run(lambda db: db.execute("CREATE TABLE t (x INTEGER PRIMARY KEY, y TEXT)"))
    tasks = [asyncio.create_task(writer.run(insert(n), brief=True)) for n in range(20)]
    await asyncio.sleep(0)

    writer.stop()  # the loop stands still, and can do nothing itself

    assert rows(file) == [str(n) for n in range(20)]
    await asyncio.gather(*tasks)
    with pytest.raises(StoreError, match="closed"):
        await writer.run(insert(99), brief=True)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.booleans(), max_size=12), min_size=1, max_size=4), st.booleans())
def test_programs_on_several_loops_write_everything_once_and_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, programs: list[list[bool]], stop_early: bool
) -> None:
    file = SqliteFile(tmp_path_factory.mktemp("loops") / "ledger.db", busy_timeout=20.0)
    file.create()
    file.prepare()
    with closing(sqlite3.connect(file.path)) as db:
        db.execute("CREATE TABLE t (x INTEGER PRIMARY KEY AUTOINCREMENT, y TEXT)")
    writer = Writer(file)
    writer.start()
    written: list[str] = []

    async def write(name: str, brief: bool) -> None:
        try:
            await writer.run(insert(name), brief=brief)
        except StoreError:
            assert stop_early
        else:
            written.append(name)

    async def program(number: int) -> None:
        kinds = programs[number]
        async with asyncio.timeout(30):
            half = len(kinds) // 2
            for place, brief in enumerate(kinds[:half]):
                await write(f"{number} {place}", brief)
            rest = enumerate(kinds[half:], half)
            await asyncio.gather(*(write(f"{number} {place}", brief) for place, brief in rest))

    threads = [
        threading.Thread(target=asyncio.run, args=(program(number),)) for number in range(len(programs))
    ]
    for thread in threads:
        thread.start()
    if stop_early:
        writer.stop()
    for thread in threads:
        thread.join(40)
        assert not thread.is_alive()
    writer.stop()

    found = rows(file)
    assert sorted(found) == sorted(written)
    for number in range(len(programs)):
        mine = [int(name.split()[1]) for name in found if name.startswith(f"{number} ")]
        assert mine == sorted(mine)


# ---------------------------------------------------------------------------------------------------- reading


async def test_brief_questions_are_answered_here_and_the_others_in_a_thread(readers: Readers) -> None:
    here = threading.get_ident()
    assert await readers.run(where, brief=True) == here
    assert await readers.run(where) != here


async def test_a_brief_question_sees_what_was_committed_before(
    readers: Readers, writer: Writer, file: SqliteFile
) -> None:
    def count(db: sqlite3.Connection) -> int:
        return int(db.execute("SELECT COUNT(*) FROM t").fetchone()[0])

    for number in range(1, 20):
        await writer.run(insert(number), brief=number % 2 == 0)
        assert await readers.run(count, brief=True) == number


async def test_whoever_asks_again_and_again_lets_the_others_go_on(readers: Readers) -> None:
    others: list[int] = []

    async def another() -> None:
        others.append(await readers.run(where, brief=True))

    task = asyncio.create_task(another())
    asked = 0
    while not others:
        asked += 1
        await readers.run(where, brief=True)
        assert asked < 100
    await task


async def test_a_round_of_the_loop_answers_for_some_milliseconds_only(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await readers.run(where, brief=True)  # it has its connection
    here = threading.get_ident()

    monkeypatch.setattr("livechat_sdk.ledger.sqlite.readers._LOOP_LIMIT", 1e-9)
    answered = await asyncio.gather(*(readers.run(where, brief=True) for _ in range(50)))

    assert [each == here for each in answered] == [True, *[False] * 49]
    assert await readers.run(where, brief=True) == here, "the next round does so again"


async def test_another_loop_asks_a_thread(readers: Readers) -> None:
    assert await readers.run(where, brief=True) == threading.get_ident()

    async def ask() -> bool:
        return await readers.run(where, brief=True) != threading.get_ident()

    assert await asyncio.to_thread(lambda: asyncio.run(ask()))


async def test_what_fails_here_is_asked_again_in_a_thread(readers: Readers) -> None:
    tried: list[int] = []

    def fail_here(db: sqlite3.Connection) -> int:
        tried.append(threading.get_ident())
        if len(tried) == 1:
            raise sqlite3.OperationalError("database is locked")
        return 5

    assert await readers.run(fail_here, brief=True) == 5
    assert len(set(tried)) == 2
    assert await readers.run(where, brief=True) == threading.get_ident(), "and the next one is answered here"


async def test_an_error_of_the_database_is_explained(readers: Readers) -> None:
    with pytest.raises(StoreError, match="refused a statement"):
        await readers.run(lambda db: db.execute("SELECT * FROM nothing"), brief=True)


@pytest.mark.parametrize("error", [ValueError("mine"), UnreadableDocument("one document")])
async def test_what_is_wrong_with_an_answer_is_no_trouble_of_the_database(
    readers: Readers, error: Exception
) -> None:
    asked: list[int] = []

    def wrong(db: sqlite3.Connection) -> None:
        asked.append(1)
        raise error

    with pytest.raises(type(error)):
        await readers.run(wrong, brief=True)
    assert asked == [1]


async def test_a_file_that_is_gone_is_an_error_here_too(
    file: SqliteFile, readers: Readers, tmp_path: Path
) -> None:
    await readers.run(where, brief=True)
    away = tmp_path / "away.db"
    file.path.rename(away)
    with pytest.raises(StoreError, match="not there"):
        await readers.run(where, brief=True)
    away.rename(file.path)
    assert await readers.run(where, brief=True) != threading.get_ident(), "a thread opens it anew"
    assert await readers.run(where, brief=True) == threading.get_ident()


async def test_a_file_that_was_replaced_is_not_read_any_more(
    file: SqliteFile, readers: Readers, tmp_path: Path
) -> None:
    await readers.run(where, brief=True)
    file.path.rename(tmp_path / "away.db")
    file.create()
    with pytest.raises(StoreError, match="empty"):
        await readers.run(where, brief=True)


async def test_whoever_stops_waits_for_the_question_that_is_being_answered(file: SqliteFile) -> None:
    readers = Readers(file, threads=1)
    readers.check()
    stopping = threading.Thread(target=readers.stop)

    def read_while_it_is_stopped(db: sqlite3.Connection) -> int:
        stopping.start()
        stopping.join(0.1)
        assert stopping.is_alive()
        return where(db)

    assert await readers.run(read_while_it_is_stopped, brief=True) == threading.get_ident()
    stopping.join(20)
    assert not stopping.is_alive()


async def test_after_the_end_nothing_is_read(file: SqliteFile) -> None:
    readers = Readers(file, threads=1)
    await readers.run(where, brief=True)
    readers.stop()
    with pytest.raises(StoreError, match="closed"):
        await readers.run(where, brief=True)
