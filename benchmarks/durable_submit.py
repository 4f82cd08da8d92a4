"""How many steps a second 50 callers get into the ledger, each durable before its caller goes on.

The yardstick is SQLite itself on the same disk and as safe (write-ahead log, synchronous=FULL), with one
small row in each commit. A step of ours writes five rows: the handoff, the message, the action that sends
it, the journal and a timer. Both take turns, so that a busy moment of the machine hits them alike, and the
medians are compared.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks._steps import steps_per_second
from livechat_sdk.ledger.sqlite import SqliteStore

GOAL = 1.0
ROUNDS = 5
CALLERS = 50
STEPS = 60
ROWS = 2000


async def measure(folder: Path) -> float:
    """Our side: steps a second."""
    store = SqliteStore(folder / "ledger.db")
    await store.open()
    measured = await steps_per_second(store, callers=CALLERS, steps=STEPS)
    await store.close()
    return measured


def commits_per_second(folder: Path) -> float:
    """Commit one small row at a time."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, body TEXT)")
        started = time.perf_counter()
        for _ in range(ROWS):
            db.execute("INSERT INTO messages (body) VALUES (?)", ("Where is my order?",))
        return ROWS / (time.perf_counter() - started)


def main() -> None:
    """Measure, and print the line that ``benchmarks/run.py`` reads."""
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            ours.append(asyncio.run(measure(Path(folder))))
            bare.append(commits_per_second(Path(folder)))
    steps, commits = statistics.median(ours), statistics.median(bare)
    print(f"{steps:.0f} durable steps/s by {CALLERS} callers, {commits:.0f} bare commits/s", file=sys.stderr)
    ratio = steps / commits
    print(f"durable_submit {ratio:.2f} {GOAL} {'met' if ratio >= GOAL else 'short'}")


if __name__ == "__main__":
    main()
