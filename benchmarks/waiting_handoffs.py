"""What 10 000 handoffs that wait for an agent cost a process that has just started: memory and processor.

The yardstick is the same process with an empty ledger. Memory is what the process holds besides (resident,
in megabytes); processor time is the part of one core that it uses while nothing happens. Lower is better.
"""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._shop import Listener, ask, shop
from livechat_sdk_testing.toy import ToyPlugin

WAITING = 10_000
IDLE_SECONDS = 10
MEMORY_GOAL = 100.0
CORE_GOAL = 1.0


async def make(folder: Path) -> None:
    """Fill a ledger with handoffs that wait."""
    async with shop(folder, ToyPlugin(), Listener()) as dispatcher:
        await ask(dispatcher, range(WAITING))


async def idle(folder: Path) -> tuple[float, float]:
    """Start on a ledger and do nothing: megabytes resident, and per cent of a core."""
    async with shop(folder, ToyPlugin(), Listener()) as dispatcher:
        await dispatcher.wait_idle()
        gc.collect()
        used = time.process_time()
        await asyncio.sleep(IDLE_SECONDS)
        used = time.process_time() - used
        return resident_megabytes(), 100 * used / IDLE_SECONDS


def resident_megabytes() -> float:
    """The memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measured(folder: Path) -> tuple[float, float]:
    """``idle`` in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, str(folder)], stdout=subprocess.PIPE, text=True, check=True
    )
    memory, core = done.stdout.split()
    return float(memory), float(core)


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    if len(sys.argv) > 1:
        print(*asyncio.run(idle(Path(sys.argv[1]))))
        return
    with tempfile.TemporaryDirectory() as empty, tempfile.TemporaryDirectory() as full:
        started = time.perf_counter()
        asyncio.run(make(Path(full)))
        making = time.perf_counter() - started
        bare, _ = measured(Path(empty))
        memory, core = measured(Path(full))
    more = memory - bare
    print(
        f"{WAITING} handoffs made in {making:.0f} s; a process with them holds {memory:.0f} MB, "
        f"one without {bare:.0f} MB; idle it uses {core:.2f} % of a core",
        file=sys.stderr,
    )
    print(f"waiting_10000_mb {more:.1f} {MEMORY_GOAL} {'met' if more < MEMORY_GOAL else 'short'}")
    print(f"waiting_10000_core_percent {core:.2f} {CORE_GOAL} {'met' if core < CORE_GOAL else 'short'}")


if __name__ == "__main__":
    main()
