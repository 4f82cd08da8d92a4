"""Grouped commits: what shares a transaction, and what an error of one does to the others."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.sqlite.connection import SqliteFile
from livechat_sdk.ledger.sqlite.writer import GROUP_LIMIT, Job, Writer

T = TypeVar("T")


class Refused(Exception):
    pass


@pytest.fixture
def file(tmp_path: Path) -> SqliteFile:
    file = SqliteFile(tmp_path / "ledger.db", busy_timeout=0.05)
    file.create()
    file.prepare()
    return file


class BriefWriter(Writer):
    """All its jobs are brief, unless it is said that they are not."""

    async def run(self, job: Job[T], *, brief: bool = True) -> T:
        return await super().run(job, brief=brief)


@pytest.fixture(params=[Writer, BriefWriter], ids=["in the thread", "on the loop"])
async def writer(
    request: pytest.FixtureRequest, file: SqliteFile, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Writer]:
    monkeypatch.setattr("livechat_sdk.ledger.sqlite.writer._LOOP_LIMIT", 60.0)  # however busy the machine is
    writer: Writer = request.param(file)
    writer.start()
    await writer.run(lambda db: db.execute("CREATE TABLE t (x INTEGER PRIMARY KEY)"))
    yield writer
    writer.stop()


def insert(number: int) -> Job[int]:
    def job(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO t (x) VALUES (?)", (number,))
        return number

    return job


def insert_and_fail(number: int) -> Job[int]:
    def job(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO t (x) VALUES (?)", (number,))
        raise Refused(str(number))

    return job


async def together(writer: Writer, jobs: Sequence[Job[int]]) -> list[int | BaseException]:
    """Run jobs that all wait while the writer is busy, so that they are taken as one group."""
    busy, go_on = threading.Event(), threading.Event()

    def hold(_: sqlite3.Connection) -> None:
        busy.set()
        go_on.wait(10)

    holding = asyncio.create_task(writer.run(hold, brief=False))
    await asyncio.to_thread(busy.wait, 10)
    tasks = [asyncio.create_task(writer.run(job)) for job in jobs]
    await asyncio.sleep(0)  # every task has run up to its own waiting
    assert len(writer._waiting) == len(jobs)
    go_on.set()
    await holding
    return await asyncio.gather(*tasks, return_exceptions=True)


def rows(file: SqliteFile) -> list[int]:
    with sqlite3.connect(file.path) as db:
        found = [x for (x,) in db.execute("SELECT x FROM t ORDER BY x")]
    db.close()
    return found


async def test_what_waits_shares_one_commit(writer: Writer, file: SqliteFile) -> None:
    statements: list[str] = []
    await writer.run(lambda db: db.set_trace_callback(statements.append))

    results = await together(writer, [insert(number) for number in range(100)])

    assert results == list(range(100))
    assert statements.count("BEGIN IMMEDIATE") == 2  # the job that held the writer, and the group
    assert rows(file) == list(range(100))


async def test_a_group_has_a_limit(writer: Writer) -> None:
    if isinstance(writer, BriefWriter):
        pytest.skip("on the loop it is time that ends a group: see test_sqlite_brief.py")
    statements: list[str] = []
    await writer.run(lambda db: db.set_trace_callback(statements.append))

    await together(writer, [insert(number) for number in range(GROUP_LIMIT + 1)])

    assert statements.count("COMMIT") == 4  # of the tracing job, the one that held the writer, two groups


async def test_a_failing_job_is_undone_alone(writer: Writer, file: SqliteFile) -> None:
    jobs = [insert(number) for number in range(50)]
    jobs[17] = insert_and_fail(17)

    results = await together(writer, jobs)

    assert isinstance(results.pop(17), Refused)
    expected = [number for number in range(50) if number != 17]
    assert results == expected
    assert rows(file) == expected


async def test_an_error_of_the_database_in_one_job_is_undone_alone(writer: Writer, file: SqliteFile) -> None:
    results = await together(writer, [insert(1), insert(1), insert(2)])

    assert isinstance(results[1], StoreError)
    assert rows(file) == [1, 2]


async def test_callers_see_their_write_as_soon_as_they_go_on(writer: Writer, file: SqliteFile) -> None:
    async def write_and_read(number: int) -> bool:
        await writer.run(insert(number))
        return number in rows(file)

    assert all(await asyncio.gather(*(write_and_read(number) for number in range(30))))


async def test_if_the_transaction_is_lost_nobody_of_it_is_told_that_it_was_written(
    writer: Writer, file: SqliteFile
) -> None:
    def lose(db: sqlite3.Connection) -> int:
        db.execute("ROLLBACK")
        raise Refused

    results = await together(writer, [insert(1), insert(2), lose, insert(3)])

    assert [type(result) for result in results] == [StoreError, StoreError, Refused, int]
    assert rows(file) == [3]


async def test_if_the_commit_fails_everybody_fails_and_the_next_one_works(
    writer: Writer, file: SqliteFile
) -> None:
    await writer.run(lambda db: db.execute("PRAGMA foreign_keys = ON"))
    await writer.run(
        lambda db: db.execute("CREATE TABLE c (x INTEGER REFERENCES t (x) DEFERRABLE INITIALLY DEFERRED)")
    )

    def break_the_commit(db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO c (x) VALUES (99)")
        return 99

    # A deferred foreign key is looked at when the outermost savepoint or the transaction ends.
    results = await together(writer, [insert(1), break_the_commit, insert(2)])

    assert [type(result) for result in results] == [StoreError] * 3
    assert rows(file) == []
    assert await writer.run(insert(4)) == 4
    assert rows(file) == [4]


async def test_a_caller_that_gives_up_disturbs_nobody(writer: Writer, file: SqliteFile) -> None:
    patient = asyncio.create_task(writer.run(insert(1)))
    impatient = asyncio.create_task(writer.run(insert(2)))
    await asyncio.sleep(0)
    impatient.cancel()

    assert await patient == 1
    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert await writer.run(insert(3)) == 3
    assert rows(file) == [1, 2, 3]


async def test_a_caller_whose_loop_is_gone_disturbs_nobody(writer: Writer, file: SqliteFile) -> None:
    release = threading.Event()

    def slow(db: sqlite3.Connection) -> int:
        release.wait(10)
        return insert(1)(db)

    async def ask_and_leave() -> None:
        task = asyncio.create_task(writer.run(slow, brief=False))
        await asyncio.sleep(0)
        task.cancel()

    await asyncio.to_thread(asyncio.run, ask_and_leave())
    release.set()

    assert await writer.run(insert(2)) == 2
    assert rows(file) == [1, 2]


async def test_stopping_writes_what_waits_and_refuses_what_comes_after(file: SqliteFile) -> None:
    writer = Writer(file)
    writer.start()
    await writer.run(lambda db: db.execute("CREATE TABLE t (x INTEGER PRIMARY KEY)"))
    tasks = [asyncio.create_task(writer.run(insert(number))) for number in range(20)]
    await asyncio.sleep(0)

    await asyncio.to_thread(writer.stop)

    assert await asyncio.gather(*tasks) == list(range(20))
    assert rows(file) == list(range(20))
    with pytest.raises(StoreError, match="closed"):
        await writer.run(insert(99))
