"""The long form: ten thousand handoffs that four processes race for, and workers that freeze again and again.

``python -m tests.races.soak [--races N] [--freezes N] [--seed N]`` shows progress and writes a report. The
exit code is 1 if anything went wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from livechat_sdk_testing.postgres import PostgresServer, running_server
from tests.crash.scenarios import FORGETS
from tests.processes.ledgers import SHORT_LEASE, Ledger
from tests.processes.nursery import Nursery
from tests.processes.stage import staged
from tests.races.racing import Races
from tests.workers.freezing import converse, freeze_one

WORKERS = ("w1", "w2", "w3", "w4")
_BATCH = 250
_TALKS = 8


async def race(server: PostgresServer, nursery: Nursery, count: int, seed: int) -> dict[str, Any]:
    """Play so many races on one database; the report."""
    began = time.monotonic()
    ledger = Ledger(await server.new_database(), lease=60.0)
    folder = Path(tempfile.mkdtemp(prefix="livechat-races-"))
    async with staged(nursery, ledger, folder, FORGETS, names=WORKERS, watched=False) as stage:
        races = Races(stage, seed)
        for done in range(0, count, _BATCH):
            await races.run(done, min(_BATCH, count - done))
            tell(f"{min(done + _BATCH, count)} races, {time.monotonic() - began:.0f} s")
        findings = await races.findings()
        workers = {
            name: sum(call.worker == name for call in stage.world.calls) for name in sorted(stage.workers)
        }
    return {
        "races": races.played,
        "gate": races.gate,
        "calls by worker": workers,
        "seconds": round(time.monotonic() - began, 1),
        "findings": findings,
    }


async def freeze(server: PostgresServer, nursery: Nursery, count: int, seed: int) -> dict[str, Any]:
    """Freeze workers so many times while they serve; the report."""
    began = time.monotonic()
    moments = random.Random(seed)  # noqa: S311  # only has to be the same again
    ledger = Ledger(await server.new_database(), lease=SHORT_LEASE)
    folder = Path(tempfile.mkdtemp(prefix="livechat-freezes-"))
    late: dict[int, int] = {}
    async with staged(nursery, ledger, folder, FORGETS, names=WORKERS[:3]) as stage:
        talks: list[str] = []

        async def talk_on(place: int, over: asyncio.Event) -> None:
            while not over.is_set():
                talks.append(f"c-{place}-{len(talks)}")
                await converse(stage, talks[-1])

        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for place in range(_TALKS):
                group.create_task(talk_on(place, over))
            for number in range(1, count + 1):
                thawed = await freeze_one(stage, moments)
                late[len(thawed.calls)] = late.get(len(thawed.calls), 0) + 1
                if number % 10 == 0:
                    tell(f"{number} freezes, {time.monotonic() - began:.0f} s")
            over.set()
        stage.world.overlaps.clear()  # what a frozen worker has under way, its successor does beside it
        lost = sum(lives.lost_leases for lives in stage.workers.values())
        findings = await stage.findings(dict.fromkeys(talks, ("completed",)), doubts=lost * _TALKS)
    if any(calls > 1 for calls in late):
        findings.append("a worker that thawed did more than one thing")
    return {
        "freezes": count,
        "conversations": len(talks),
        "things that thawed workers still did": {str(calls): times for calls, times in sorted(late.items())},
        "seconds": round(time.monotonic() - began, 1),
        "findings": findings,
    }


def tell(line: str) -> None:
    """Tell whoever waits."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def soak(races: int, freezes: int, seed: int) -> dict[str, Any]:
    """Run both and return the report."""
    with running_server() as server:
        async with Nursery() as nursery:
            return {
                "seed": seed,
                "racing": await race(server, nursery, races, seed),
                "freezing": await freeze(server, nursery, freezes, seed),
            }


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--races", type=int, default=10_000)
    parser.add_argument("--freezes", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    parser.add_argument("--report", type=Path, default=Path("build/soak/races.json"))
    chosen = parser.parse_args()
    report = asyncio.run(soak(chosen.races, chosen.freezes, chosen.seed))
    chosen.report.parent.mkdir(parents=True, exist_ok=True)
    chosen.report.write_text(json.dumps(report, indent=2) + "\n")
    findings = [*report["racing"]["findings"], *report["freezing"]["findings"]]
    tell("\n".join([*findings[:50], f"{len(findings)} wrong, seed {chosen.seed}: {chosen.report}"]))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
