"""``kill -9`` in the middle of writing, again and again: every acknowledged write is there, and whole."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from livechat_sdk.ledger.sqlite import SqliteStore
from tests.ledger.builders import content_of, later

ROOT = Path(__file__).resolve().parents[2]
KILLS = 6


def write_and_kill(database: Path, round_number: int, lines: int) -> list[list[str]]:
    """Let the writer acknowledge some writes, kill it, and return all that it acknowledged."""
    command = [sys.executable, str(ROOT / "tests/ledger/crash_writer.py"), str(database), str(round_number)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(lines)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += writer.stdout.readlines()
    assert writer.returncode == -signal.SIGKILL, "the writer ended by itself; its words are above"
    return [line.split() for line in acknowledged if line.endswith("\n")]


async def assert_whole(database: Path, acknowledged: list[list[str]]) -> None:
    """Each step is there with all it wrote or not at all; each acknowledged one is there."""
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    store = SqliteStore(database)
    await store.open()
    try:
        messages: set[str] = set()
        timers = {
            (timer.handoff_id, timer.name) for timer in await store.due_timers(later(1e6), limit=100_000)
        }
        for handoff in await store.handoffs():
            keys = list(handoff.held)
            assert handoff.version == len(keys) + 1
            entries = await store.entries(handoff.id, limit=100_000)
            assert [entry.message.key for entry in entries] == keys
            assert [entry.seq for entry in entries] == list(range(1, len(keys) + 1))
            actions = await store.actions(handoff.id)
            assert [getattr(row.action, "message_key", None) for row in actions] == keys
            journal = await store.journal(handoff.id, limit=100_000)
            assert [entry.seq for entry in journal] == list(range(1, len(keys) + 2))
            assert {name for of, name in timers if of == handoff.id} == set(keys)
            chat = await store.chat(handoff.id, 1)
            assert (chat is None) is (not keys)
            if chat is not None:
                assert chat.state == {"last": keys[-1]}
                assert chat.secrets["token"].get_secret_value() == f"canary-{keys[-1]}"
            messages |= {f"{handoff.id} {key}" for key in keys}
        rows = {str(row["id"]) for row in await store.fetch("SELECT id FROM desk_rows")}
        events = {waiting.event.id for waiting in await store.inbox(limit=100_000)}
        assert rows == events
        for kind, handoff_id, name in acknowledged:
            assert name in rows if kind == "row" else f"{handoff_id} {name}" in messages
    finally:
        await store.close()


@pytest.mark.slow
async def test_every_acknowledged_write_survives_being_killed(tmp_path: Path) -> None:
    database = tmp_path / "ledger.db"
    moments = random.Random(20260302)  # noqa: S311  # only has to be the same in every run
    acknowledged: list[list[str]] = []
    for kill in range(KILLS):
        acknowledged += write_and_kill(database, kill, moments.randint(1, 150))
        await assert_whole(database, acknowledged)

    assert len({round_.split("-")[0] for kind, _, round_ in acknowledged if kind == "message"}) == KILLS
    assert b"canary" not in content_of(tmp_path)
