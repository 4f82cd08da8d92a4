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
from datetime import UTC, datetime
from pathlib import Path

from livechat_sdk.domain.handoff import Handoff, HandoffRequest
from livechat_sdk.domain.messages import Direction, Fate, Message
from livechat_sdk.domain.people import EndUser
from livechat_sdk.ledger.sqlite import SqliteStore
from livechat_sdk.ledger.store import Change
from livechat_sdk.lifecycle.effects import ChangeOwner, RecordMessage, SendMessage, SetTimer

GOAL = 1.0
ROUNDS = 5
CALLERS = 50
STEPS = 60
ROWS = 2000


def request(number: int, now: datetime) -> Change:
    """The first step of a handoff."""
    handoff = Handoff(
        id=f"handoff-{number}",
        request=HandoffRequest(
            key=f"request-{number}",
            conversation_id=f"conversation-{number}",
            bot="shop-bot",
            user=EndUser(id=f"user-{number}"),
        ),
        version=1,
        created_at=now,
        state_since=now,
    )
    return Change(handoff, 0, "requested", now, writes=[ChangeOwner(owner="human", number=1)])


def message(handoff: Handoff, number: int, now: datetime) -> Change:
    """The step in which the end user says something."""
    text = Message.text("Where is my order? It should have come on Monday.", key=f"message-{number}")
    return Change(
        handoff.model_copy(update={"version": handoff.version + 1}),
        handoff.version,
        "user_said",
        now,
        writes=[
            RecordMessage(message=text, direction=Direction.TO_PROVIDER, author="user", fate=Fate.PLANNED),
            SetTimer(name="agent_remind", due_at=now),
        ],
        actions=[SendMessage(attempt=1, message_key=text.key)],
    )


async def steps_per_second(folder: Path) -> float:
    """Let every caller talk in a handoff of its own, as fast as the ledger takes it."""
    store = SqliteStore(folder / "ledger.db")
    await store.open()
    now = datetime.now(UTC)
    created = await asyncio.gather(*(store.create(request(number, now)) for number in range(CALLERS)))

    async def talk(handoff: Handoff) -> None:
        for number in range(STEPS):
            change = message(handoff, number, now)
            await store.apply(change)
            handoff = change.handoff

    started = time.perf_counter()
    await asyncio.gather(*(talk(each.handoff) for each in created))
    seconds = time.perf_counter() - started
    await store.close()
    return CALLERS * STEPS / seconds


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
            ours.append(asyncio.run(steps_per_second(Path(folder))))
            bare.append(commits_per_second(Path(folder)))
    steps, commits = statistics.median(ours), statistics.median(bare)
    print(f"{steps:.0f} durable steps/s by {CALLERS} callers, {commits:.0f} bare commits/s", file=sys.stderr)
    ratio = steps / commits
    print(f"durable_submit {ratio:.2f} {GOAL} {'met' if ratio >= GOAL else 'short'}")


if __name__ == "__main__":
    main()
