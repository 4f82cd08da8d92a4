"""A full disk, a locked, damaged or missing file: a clear error, nothing half-written, and then on."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.lifecycle.effects import SendMessage, SetTimer
from tests.ledger.builders import Story, a_handoff, first_step, from_user, later


async def grow(story: Story, first: int, count: int, size: int = 20_000) -> int:
    """Say so many large things; return how many were taken before the store refused one."""
    for number in range(first, first + count):
        key = f"m{number}"
        try:
            await story.step(
                from_user(key, "x" * size),
                SetTimer(name=key, due_at=later(number)),
                actions=[SendMessage(attempt=1, message_key=key)],
                held=(*story.handoff.held, key),
            )
        except StoreError:
            return number - first
    return count


async def assert_whole(store: SqliteStore, story: Story) -> None:
    """The ledger holds exactly what was acknowledged."""
    assert await store.load("h1") == story.handoff
    keys = list(story.handoff.held)
    assert [entry.message.key for entry in await store.entries("h1")] == keys
    assert [getattr(row.action, "message_key", None) for row in await store.actions("h1")] == keys
    assert sorted(timer.name for timer in await store.due_timers(later(1e6), limit=10_000)) == sorted(keys)
    assert len(await store.journal("h1")) == len(keys) + 1
    with closing(sqlite3.connect(store.path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


async def limit_pages(store: SqliteStore, pages: int) -> None:
    assert store._writer is not None
    await store._writer.run(lambda db: db.execute(f"PRAGMA max_page_count = {pages}").fetchone())


async def test_a_full_database_refuses_and_goes_on_when_there_is_space(sqlite: SqliteStore) -> None:
    story = Story(sqlite)
    await story.start()
    await limit_pages(sqlite, 120)

    taken = await grow(story, 0, 100)

    assert 0 < taken < 100
    await assert_whole(sqlite, story)
    with pytest.raises(StoreError, match="no space left"):
        await story.step(from_user("again", "x" * 200_000))
    await limit_pages(sqlite, 100_000)
    assert await grow(story, 100, 10) == 10
    await assert_whole(sqlite, story)


async def test_in_a_full_database_small_writes_beside_a_large_one_still_get_in(sqlite: SqliteStore) -> None:
    story, other = Story(sqlite), Story(sqlite, a_handoff("h2", conversation_id="c2"))
    await story.start()
    await other.start()
    await limit_pages(sqlite, 120)

    results = await asyncio.gather(
        story.step(from_user("large", "x" * 1_000_000)),
        other.step(from_user("small")),
        return_exceptions=True,
    )

    assert isinstance(results[0], StoreError)
    assert not isinstance(results[1], BaseException)
    assert list(await other.fates()) == ["small"]
    assert list(await story.fates()) == []


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Make the system refuse to let files grow beyond ``size`` bytes: a full disk, seen from below."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_refuses_and_goes_on_when_there_is_space(sqlite: SqliteStore) -> None:
    story = Story(sqlite)
    await story.start()

    with no_file_above(400_000):
        taken = await grow(story, 0, 100)
        assert 0 < taken < 100
        with pytest.raises(StoreError):
            await story.step(from_user("again", "x" * 900_000))
        await assert_whole(sqlite, story)

    assert await grow(story, 100, 10) == 10
    await assert_whole(sqlite, story)


async def test_a_full_disk_fails_every_caller_of_the_group_it_hits(sqlite: SqliteStore) -> None:
    stories = [Story(sqlite, a_handoff(f"h{n}", conversation_id=f"c{n}")) for n in range(40)]
    await asyncio.gather(*(story.start() for story in stories))

    with no_file_above(400_000):
        results = await asyncio.gather(
            *(story.step(from_user("m", "x" * 20_000)) for story in stories), return_exceptions=True
        )

    failed = [n for n, result in enumerate(results) if isinstance(result, BaseException)]
    assert failed
    assert all(isinstance(results[n], StoreError) for n in failed)
    for number, story in enumerate(stories):
        assert list(await story.fates()) == ([] if number in failed else ["m"])
        loaded = await sqlite.load(story.handoff.id)
        assert loaded is not None
        assert loaded.version == story.handoff.version


async def test_a_locked_file_refuses_writes_and_lets_read(sqlite: SqliteStore) -> None:
    story = Story(sqlite)
    await story.start()
    with closing(sqlite3.connect(sqlite.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreError, match="locked by another program"):
            await story.step(from_user("m1"))
        assert await sqlite.load("h1") == story.handoff
        other.execute("ROLLBACK")

    await story.step(from_user("m1"))
    assert list(await story.fates()) == ["m1"]


async def test_a_file_that_is_locked_at_the_start_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        store = SqliteStore(path, busy_timeout=0.05)
        with pytest.raises(StoreError, match="locked by another program"):
            await store.open()
        other.execute("ROLLBACK")

    await store.open()
    await store.close()


async def test_a_short_lock_is_waited_for(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "ledger.db", busy_timeout=20)
    await store.open()
    with closing(sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(store.create(first_step(a_handoff())))
        done, _ = await asyncio.wait([writing], timeout=0.05)
        assert not done
        other.execute("ROLLBACK")

        assert (await writing).status == "created"
    await store.close()


async def test_a_file_that_went_away_refuses_until_it_is_back(sqlite: SqliteStore) -> None:
    story = Story(sqlite)
    await story.start()
    elsewhere = sqlite.path.with_name("elsewhere.db")
    sqlite.path.rename(elsewhere)

    for _ in range(2):
        with pytest.raises(StoreError, match="is not there"):
            await story.step(from_user("m1"))
        with pytest.raises(StoreError, match="is not there"):
            await sqlite.load("h1")
    assert not sqlite.path.exists()

    elsewhere.rename(sqlite.path)
    assert await sqlite.load("h1") == story.handoff
    await story.step(from_user("m1"))
    assert list(await story.fates()) == ["m1"]


def make_backup(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(f"{path}.backup")) as backup:
        db.backup(backup)


def restore_backup(path: Path) -> None:
    for name in (f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    path.with_name(f"{path.name}.backup").replace(path)


async def test_a_file_that_was_replaced_is_noticed_and_then_used(sqlite: SqliteStore) -> None:
    story = Story(sqlite)
    await story.start()
    make_backup(sqlite.path)
    await story.step(from_user("after the backup"))
    restore_backup(sqlite.path)

    with pytest.raises(StoreError, match="replaced"):
        await sqlite.create(first_step(a_handoff("h2", conversation_id="c2")))
    assert (await sqlite.create(first_step(a_handoff("h2", conversation_id="c2")))).status == "created"
    assert await sqlite.load("h2") is not None
    assert await sqlite.entries("h1") == []


async def test_an_empty_file_in_place_of_the_ledger_is_not_taken_for_a_new_one(sqlite: SqliteStore) -> None:
    story = Story(sqlite)
    await story.start()
    sqlite.path.rename(sqlite.path.with_name("elsewhere.db"))
    sqlite.path.touch()

    with pytest.raises(StoreError, match="replaced"):
        await story.step(from_user("m1"))
    with pytest.raises(StoreError, match="is empty"):
        await story.step(from_user("m1"))


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 1000, b"SQLite format 3\x00" + b"\xff" * 9000]
)
async def test_a_damaged_file_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    store = SqliteStore(path)

    with pytest.raises(StoreError, match=r"damaged|another program"):
        await store.open()

    with pytest.raises(StoreError, match=r"damaged|another program"):
        await SqliteStore.reader(path).open()
    assert path.read_bytes() == content


async def test_an_sqlite_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE recipes (name TEXT)")
        db.commit()
    store = SqliteStore(path)

    with pytest.raises(StoreError, match="another program"):
        await store.open()

    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("recipes",)]


async def test_a_missing_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="folder of the ledger"):
        await SqliteStore(tmp_path / "missing" / "ledger.db").open()


async def test_a_folder_in_place_of_the_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be reached"):
        await SqliteStore(tmp_path).open()


async def test_a_closed_store_and_one_never_opened_refuse(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "ledger.db")
    with pytest.raises(StoreError, match="not open"):
        await store.load("h1")
    await store.open()
    with pytest.raises(StoreError, match="open already"):
        await store.open()
    await store.close()
    await store.close()

    with pytest.raises(StoreError, match="not open"):
        await store.load("h1")
    with pytest.raises(StoreError, match="not open"):
        await store.create(first_step(a_handoff()))

    await store.open()
    assert (await store.create(first_step(a_handoff()))).status == "created"
    await store.close()
