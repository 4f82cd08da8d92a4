"""Questions to the SQLite ledger travel together, and each gets its own answer."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.sqlite.connection import SqliteFile
from livechat_sdk.ledger.sqlite.readers import Readers


@pytest.fixture
def file(tmp_path: Path) -> SqliteFile:
    made = SqliteFile(tmp_path / "livechat.db", busy_timeout=1.0)
    made.create()
    made.prepare()
    return made


@pytest.fixture
def readers(file: SqliteFile) -> Iterator[Readers]:
    made = Readers(file, threads=2)
    yield made
    made.stop()


def number(value: int) -> Callable[[sqlite3.Connection], int]:
    return lambda db: int(db.execute("SELECT ?", (value,)).fetchone()[0])


async def test_every_question_gets_its_own_answer(readers: Readers) -> None:
    answers = await asyncio.gather(*(readers.run(number(value)) for value in range(200)))
    assert answers == list(range(200))


async def test_questions_of_one_round_travel_together(readers: Readers) -> None:
    used: list[int] = []

    def in_thread(db: sqlite3.Connection) -> int:
        used.append(id(db))
        return threading.get_ident()

    threads = await asyncio.gather(*(readers.run(in_thread) for _ in range(10)))
    assert len(set(threads)) == len(set(used)) == 1


async def test_an_error_is_the_answer_of_its_own_question_alone(readers: Readers) -> None:
    def wrong(db: sqlite3.Connection) -> int:
        raise ValueError("mine")

    answers = await asyncio.gather(
        readers.run(number(1)),
        readers.run(wrong),
        readers.run(lambda db: db.execute("SELECT * FROM nothing")),
        readers.run(number(2)),
        return_exceptions=True,
    )
    assert (answers[0], answers[3]) == (1, 2)
    assert isinstance(answers[1], ValueError)
    assert isinstance(answers[2], StoreError)


async def test_a_slow_question_holds_up_no_later_round(readers: Readers) -> None:
    free, begun = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(db: sqlite3.Connection) -> int:
        loop.call_soon_threadsafe(begun.set)
        free.wait(20)
        return 0

    waiting = asyncio.ensure_future(readers.run(slow))
    await begun.wait()
    assert await readers.run(number(7)) == 7, "another thread answers"
    assert not waiting.done()
    free.set()
    assert await waiting == 0


async def test_whoever_gave_up_waiting_is_left_out(readers: Readers) -> None:
    asked: list[str] = []

    def note(db: sqlite3.Connection) -> None:
        asked.append("cancelled")

    gone = asyncio.ensure_future(readers.run(note))
    await asyncio.sleep(0)
    gone.cancel()
    assert await readers.run(number(3)) == 3
    assert asked == []
    assert gone.cancelled()


def test_programs_on_several_event_loops_ask_the_same_readers(readers: Readers) -> None:
    answers: dict[int, list[int]] = {}

    async def ask(base: int) -> list[int]:
        return [await readers.run(number(base + each)) for each in range(50)]

    def program(base: int) -> None:
        answers[base] = asyncio.run(ask(base))

    threads = [threading.Thread(target=program, args=(base,)) for base in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == {base: list(range(base, base + 50)) for base in (100, 200, 300)}


async def test_what_waits_when_it_is_stopped_is_told_so(file: SqliteFile) -> None:
    readers = Readers(file, threads=1)
    waiting = asyncio.ensure_future(readers.run(number(1)))
    await asyncio.sleep(0)
    readers.stop()
    outcome = (await asyncio.gather(waiting, return_exceptions=True))[0]
    assert outcome == 1 or isinstance(outcome, StoreError)
    with pytest.raises(StoreError, match="closed"):
        await readers.run(number(1))


async def test_a_file_that_is_gone_is_an_error_and_one_that_is_back_is_read(
    file: SqliteFile, readers: Readers, tmp_path: Path
) -> None:
    assert await readers.run(number(1)) == 1
    away = tmp_path / "away.db"
    file.path.rename(away)
    with pytest.raises(StoreError):
        await readers.run(number(2))
    away.rename(file.path)
    assert await readers.run(number(3)) == 3
