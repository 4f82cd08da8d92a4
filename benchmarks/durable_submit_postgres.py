"""How many steps a second 200 callers of one process get into a ledger on PostgreSQL, each durable.

The yardstick is the driver itself on the same server and as safe (fsync and synchronous_commit on):
single-row inserts over 20 connections, each in a commit of its own. A step of ours locks its handoff, checks
what must hold and writes the handoff, the message, the action that sends it, the journal and a timer. Both
take turns, so that a busy moment of the machine hits them alike, and the medians are compared. The garbage
collector of the process runs as it does in one that serves (``gateway.collecting``), for both.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time

import asyncpg

from benchmarks._steps import steps_per_second
from livechat_sdk.gateway.collecting import collecting_seldom
from livechat_sdk.ledger.postgres import PostgresStore
from livechat_sdk_testing.postgres import PostgresServer, running_server, why_not

GOAL = 0.35
ROUNDS = 9
CALLERS = 200
STEPS = 20
CONNECTIONS = 20
ROWS = 4000


async def our_steps(server: PostgresServer) -> float:
    """Our side: steps a second."""
    store = PostgresStore(await server.new_database())
    await store.open()
    measured = await steps_per_second(store, callers=CALLERS, steps=STEPS)
    await store.close()
    return measured


async def bare_inserts(server: PostgresServer) -> float:
    """The driver's side: rows a second."""
    url = await server.new_database(empty=True)
    connections = [await asyncpg.connect(url) for _ in range(CONNECTIONS)]
    await connections[0].execute("CREATE TABLE messages (id BIGSERIAL PRIMARY KEY, body TEXT)")

    async def insert(connection: asyncpg.Connection) -> None:
        for _ in range(ROWS // CONNECTIONS):
            await connection.execute("INSERT INTO messages (body) VALUES ($1)", "Where is my order?")

    started = time.perf_counter()
    await asyncio.gather(*map(insert, connections))
    seconds = time.perf_counter() - started
    for connection in connections:
        await connection.close()
    return ROWS / seconds


async def measure() -> tuple[float, float]:
    """Both sides in turn: the medians."""
    ours: list[float] = []
    bare: list[float] = []
    with running_server(durable=True) as server, collecting_seldom():
        for _ in range(ROUNDS):
            ours.append(await our_steps(server))
            bare.append(await bare_inserts(server))
    return statistics.median(ours), statistics.median(bare)


def main() -> None:
    """Measure, and print the line that ``benchmarks/run.py`` reads."""
    if reason := why_not():
        print(f"left out: {reason}", file=sys.stderr)
        return
    steps, inserts = asyncio.run(measure())
    print(
        f"{steps:.0f} durable steps/s by {CALLERS} callers, {inserts:.0f} bare inserts/s over {CONNECTIONS} "
        "connections",
        file=sys.stderr,
    )
    ratio = steps / inserts
    print(f"durable_submit_postgres {ratio:.2f} {GOAL} {'met' if ratio >= GOAL else 'short'}")


if __name__ == "__main__":
    main()
