"""Whether a message costs the same however many handoffs are open, and however many messages are stored.

A message of the end user is taken, committed, sent to the vendor and its fate committed. The ratio is the
processor time of one such message in a full ledger over that in a nearly empty one: 1.0 is flat.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks._shop import Listener, ask, shop
from livechat_sdk import Dispatcher, Message
from livechat_sdk_testing.toy import ToyPlugin

GOAL = 1.3
MESSAGES = 400
ROUNDS = 5
FEW_HANDOFFS, MANY_HANDOFFS = 10, 10_000
FEW_MESSAGES, MANY_MESSAGES = 1_000, 1_000_000
PER_HANDOFF = 100


async def cost(dispatcher: Dispatcher, handoffs: Sequence[str], dice: random.Random) -> float:
    """Milliseconds of processor time for one message, the median of some rounds."""
    rounds: list[float] = []
    for _ in range(ROUNDS):
        chosen = [dice.choice(handoffs) for _ in range(MESSAGES)]
        used = time.process_time()
        for start in range(0, MESSAGES, 20):
            await asyncio.gather(
                *(
                    dispatcher.user_message(one, Message.text("Where is my order?"))
                    for one in chosen[start : start + 20]
                )
            )
        await dispatcher.wait_idle()
        rounds.append(1000 * (time.process_time() - used) / MESSAGES)
    return statistics.median(rounds)


COPY_HANDOFF = """
    INSERT INTO handoffs SELECT * FROM (
        SELECT workspace, :id AS id, :id AS request_key, conversation_id, 'ended' AS state, version, bot,
            user_id, format, created_at, updated_at, ended_at, document
        FROM handoffs WHERE workspace = 'default' AND id = :source
    )
"""
COPY_REQUEST = """
    INSERT INTO requests
    SELECT workspace, :id, document FROM requests WHERE workspace = 'default' AND handoff_id = :source
"""
COPY_ENTRIES = """
    WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < :messages)
    INSERT INTO entries
    SELECT e.workspace, :id, n.value, e.direction, 'old-' || n.value, e.author, e.agent_name, e.fate,
        e.detail, e.attempt, e.vendor_id, e.message, e.created_at, e.updated_at
    FROM n, entries AS e WHERE e.workspace = 'default' AND e.handoff_id = :source AND e.seq = 1
"""


def store_messages(folder: Path, total: int) -> None:
    """Copy a handoff, as one that has ended, until the ledger has ``total`` messages."""
    with closing(sqlite3.connect(folder / "ledger.db", timeout=30)) as db, db:
        db.execute("PRAGMA synchronous = OFF")
        (there,) = db.execute("SELECT count(*) FROM entries").fetchone()
        (source,) = db.execute("SELECT id FROM handoffs ORDER BY created_at LIMIT 1").fetchone()
        for number in range(there // PER_HANDOFF, total // PER_HANDOFF):
            values = {"id": f"old-{number}", "source": source, "messages": PER_HANDOFF}
            for statement in (COPY_HANDOFF, COPY_REQUEST, COPY_ENTRIES):
                db.execute(statement, values)


async def over_handoffs(folder: Path) -> tuple[float, float]:
    """Cost of a message with few, then with many open handoffs."""
    dice = random.Random(3)  # noqa: S311 - which handoff talks, no secret
    async with shop(folder, ToyPlugin(), Listener()) as dispatcher:
        handoffs = await ask(dispatcher, range(FEW_HANDOFFS))
        few = await cost(dispatcher, handoffs, dice)
        handoffs += await ask(dispatcher, range(FEW_HANDOFFS, MANY_HANDOFFS))
        return few, await cost(dispatcher, handoffs, dice)


async def over_messages(folder: Path) -> tuple[float, float]:
    """Cost of a message with few, then with many stored messages, in fresh handoffs each time."""
    dice = random.Random(3)  # noqa: S311 - which handoff talks, no secret
    found: list[float] = []
    for turn, total in enumerate((FEW_MESSAGES, MANY_MESSAGES)):
        async with shop(folder, ToyPlugin(), Listener()) as dispatcher:
            handoffs = await ask(dispatcher, range(turn * 100, turn * 100 + 100))
            await asyncio.to_thread(store_messages, folder, total)
            found.append(await cost(dispatcher, handoffs, dice))
    return found[0], found[1]


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    for name, measure, what in (
        ("flat_over_handoffs", over_handoffs, f"{FEW_HANDOFFS} and {MANY_HANDOFFS} open handoffs"),
        ("flat_over_messages", over_messages, f"{FEW_MESSAGES} and {MANY_MESSAGES} stored messages"),
    ):
        with tempfile.TemporaryDirectory() as folder:
            few, many = asyncio.run(measure(Path(folder)))
        ratio = many / few
        print(f"a message with {what}: {few:.2f} and {many:.2f} ms of processor time", file=sys.stderr)
        print(f"{name} {ratio:.2f} {GOAL} {'met' if ratio <= GOAL else 'short'}", flush=True)


if __name__ == "__main__":
    main()
