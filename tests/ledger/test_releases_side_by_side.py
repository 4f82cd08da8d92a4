"""Workers of an older and of a newer release on one database, under load, as during an upgrade."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from livechat_sdk.ledger import documents
from livechat_sdk.ledger.postgres import PostgresStore
from livechat_sdk.ledger.store import ActionStatus
from livechat_sdk_testing.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
EACH = 12
WORKERS = {"old-a": 1, "old-b": 1, "new-a": 2, "new-b": 2}
TOTAL = EACH * len(WORKERS)


async def run_worker(url: str, name: str, schema: int) -> int:
    """Run a worker process to its end; how many actions were its own whose handoff it could not read."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.ledger.version_worker", url, str(schema), name, str(EACH), str(TOTAL)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, error = await asyncio.wait_for(process.communicate(), 50)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, error.decode()
    return int(out)


async def test_older_workers_leave_newer_documents_alone_and_every_handoff_ends(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await postgres_server.new_database()

    unreadable = await asyncio.gather(*(run_worker(url, *each) for each in WORKERS.items()))

    assert unreadable == [0, 0, 0, 0]
    monkeypatch.setattr(documents, "DOCUMENT_VERSION", 2)
    store = PostgresStore.reader(url)
    await store.open()
    rows = await store.fetch("SELECT id, state, format FROM handoffs")
    assert len(rows) == TOTAL
    assert {row["state"] for row in rows} == {"ended"}
    for row in rows:
        handoff_id = str(row["id"])
        by = [entry.detail["by"] for entry in await store.journal(handoff_id) if entry.kind == "step"]
        assert by == sorted(by), "no older worker wrote a handoff after a newer one had"
        actions = await store.actions(handoff_id)
        assert {action.status for action in actions} == {ActionStatus.DONE}
        assert (await store.ownership(handoff_id)).owner == "bot"
    taken_over = [row for row in rows if str(row["id"]).startswith("old") and row["format"] == 2]
    assert taken_over, "newer workers have changed handoffs of older ones"
    await store.close()
