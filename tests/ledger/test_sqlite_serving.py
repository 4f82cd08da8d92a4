"""One serving process per file; readers beside it; files of newer releases."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.errors import StoreError, StoreLocked
from livechat_sdk.ledger.schema import SCHEMA_VERSION
from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.lifecycle.effects import Decide, FindContact
from tests.ledger.builders import Story, a_handoff, content_of, first_step, from_user

SERVE = """
import asyncio, sys
from livechat_sdk.ledger.sqlite import SqliteStore

async def main():
    await SqliteStore(sys.argv[1]).open()
    print("open", flush=True)
    sys.stdin.read()

asyncio.run(main())
"""


def serving(path: Path) -> subprocess.Popen[str]:
    """Another process that serves the file until its input ends."""
    command = [sys.executable, "-c", SERVE, str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


async def test_a_second_store_on_the_same_file_is_refused_and_names_the_process(sqlite: SqliteStore) -> None:
    with pytest.raises(StoreLocked, match=rf"served by process {os.getpid()} already"):
        await SqliteStore(sqlite.path).open()


async def test_the_lock_names_its_process_whatever_stood_in_the_file_before(tmp_path: Path) -> None:
    (tmp_path / "ledger.db.lock").write_text("9876543210\n")
    store = SqliteStore(tmp_path / "ledger.db")
    await store.open()

    assert (tmp_path / "ledger.db.lock").read_text() == f"{os.getpid()}\n"

    await store.close()


async def test_another_path_to_the_same_file_is_refused_too(sqlite: SqliteStore, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(sqlite.path)

    with pytest.raises(StoreLocked):
        await SqliteStore(tmp_path / "link.db").open()


async def test_the_lock_of_another_process_is_seen_and_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with serving(path) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        store = SqliteStore(path)

        with pytest.raises(StoreLocked, match=rf"process {other.pid} already"):
            await store.open()
        other.kill()

    await store.open()
    await store.close()


async def test_closing_lets_the_next_one_in(sqlite: SqliteStore) -> None:
    await sqlite.close()
    following = SqliteStore(sqlite.path)

    await following.open()

    await following.close()


async def test_files_can_be_read_by_their_owner_only(sqlite: SqliteStore) -> None:
    await sqlite.create(first_step(a_handoff()))

    files = sorted(path for path in sqlite.path.parent.iterdir())

    assert {path.name for path in files} >= {"ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.lock"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


async def test_a_reader_reads_beside_a_server_that_writes(sqlite: SqliteStore) -> None:
    story = Story(sqlite)
    await story.start()
    reader = SqliteStore.reader(sqlite.path)
    await reader.open()
    counts: list[int] = []

    async def read() -> None:
        while not counts or counts[-1] < 100:
            counts.append(len(await reader.entries("h1")))

    reading = asyncio.create_task(read())
    for number in range(100):
        await story.step(from_user(f"m{number}"))
    await reading

    assert counts == sorted(counts)
    assert await reader.load("h1") == story.handoff
    await reader.close()


async def test_a_reader_reads_without_a_server(sqlite: SqliteStore) -> None:
    await sqlite.create(first_step(a_handoff()))
    await sqlite.close()
    reader = SqliteStore.reader(sqlite.path)

    await reader.open()

    assert await reader.load("h1") == a_handoff()
    await reader.close()


async def test_a_reader_cannot_write_and_says_so(sqlite: SqliteStore) -> None:
    created = await Story(sqlite).start(actions=[Decide()])
    reader = SqliteStore.reader(sqlite.path)
    await reader.open()

    with pytest.raises(StoreError, match="opened for reading only"):
        await reader.create(first_step(a_handoff()))
    with pytest.raises(StoreError, match="opened for reading only"):
        await reader.store_words(created.actions[0], SystemMessage(text="One moment"))

    await reader.close()


async def test_a_clerk_writes_beside_the_server_which_claims_what_it_wrote(sqlite: SqliteStore) -> None:
    await Story(sqlite).start()
    clerk = SqliteStore.clerk(sqlite.path)
    await clerk.open()

    applied = await Story(clerk).step(actions=[Decide(), FindContact()])

    assert list(applied.actions) == []
    claimed = await sqlite.claim()
    assert [(row.handoff_id, row.lane) for row in claimed] == [("h1", "decide"), ("h1", "contact")]
    await clerk.close()


async def test_a_clerk_makes_no_database(tmp_path: Path) -> None:
    clerk = SqliteStore.clerk(tmp_path / "ledger.db")

    with pytest.raises(StoreError, match="there is no ledger"):
        await clerk.open()

    assert content_of(tmp_path) == b""


async def test_a_reader_makes_no_file(tmp_path: Path) -> None:
    reader = SqliteStore.reader(tmp_path / "ledger.db")

    with pytest.raises(StoreError, match="there is no ledger"):
        await reader.open()

    assert not reader.path.exists()
    assert content_of(tmp_path) == b""


def set_schema(path: Path, version: object) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE meta SET value = ? WHERE name IN ('schema', 'oldest')", (str(version),))
        db.commit()


async def test_a_newer_schema_is_refused_by_servers_and_readers(sqlite: SqliteStore) -> None:
    await sqlite.close()
    set_schema(sqlite.path, SCHEMA_VERSION + 1)

    for store in (SqliteStore(sqlite.path), SqliteStore.reader(sqlite.path)):
        with pytest.raises(StoreError, match=rf"schema {SCHEMA_VERSION + 1}, this release knows up to"):
            await store.open()

    set_schema(sqlite.path, SCHEMA_VERSION)
    await sqlite.open()


async def test_a_schema_number_that_is_none_is_refused(sqlite: SqliteStore) -> None:
    await sqlite.close()
    set_schema(sqlite.path, "many")

    with pytest.raises(StoreError, match="another program"):
        await SqliteStore(sqlite.path).open()


async def test_a_document_of_a_newer_release_is_refused(sqlite: SqliteStore) -> None:
    story = Story(sqlite)
    await story.start(from_user("m1"))
    with closing(sqlite3.connect(sqlite.path)) as db:
        db.execute("UPDATE entries SET message = replace(message, '{\"v\":1,', '{\"v\":2,')")
        db.commit()

    with pytest.raises(StoreError, match="schema 2, this release reads up to 1"):
        await sqlite.entries("h1")


async def test_a_document_that_other_hands_changed_is_refused_without_its_content(
    sqlite: SqliteStore,
) -> None:
    story = Story(sqlite)
    await story.start(from_user("m1", "private words"))
    with closing(sqlite3.connect(sqlite.path)) as db:
        db.execute("""UPDATE entries SET message = '{"v":1,"d":{"key":"private words","body":7}}'""")
        db.commit()

    with pytest.raises(StoreError, match=r"Message cannot be read \(body\)") as caught:
        await sqlite.entries("h1")

    assert "private" not in str(caught.value)


async def test_a_long_transcript_is_not_written_again_with_every_message(sqlite: SqliteStore) -> None:
    from livechat_sdk.domain.messages import TranscriptEntry

    transcript = tuple(TranscriptEntry(author="user", body="x" * 200) for _ in range(5000))
    story = Story(sqlite, a_handoff(transcript=transcript))
    await story.start()
    wal = sqlite.path.with_name("ledger.db-wal")
    assert sqlite._writer is not None
    await sqlite._writer.run(lambda db: db.execute("PRAGMA wal_autocheckpoint = 0").fetchone())
    before = wal.stat().st_size

    for number in range(10):
        await story.step(from_user(f"m{number}"))

    grown = wal.stat().st_size - before
    assert 0 < grown < 800_000  # the transcript alone has over a megabyte


@pytest.mark.parametrize("rounds", range(4))
async def test_an_opening_that_is_interrupted_leaves_the_file_to_the_next_one(
    tmp_path: Path, rounds: int
) -> None:
    store = SqliteStore(tmp_path / "ledger.db")
    opening = asyncio.create_task(store.open())
    for _ in range(rounds):
        await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await store.open()
    await store.close()
