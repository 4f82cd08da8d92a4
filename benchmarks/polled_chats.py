"""What 2 000 open chats cost that one process polls: processor, memory, and how late their polls begin.

The chats are Cisco's, on a server of this machine that answers at once; an agent says something in each of
them once a minute, and each is polled every two to five seconds, as the adapter does without settings. The
processor's time is per cent of one core; memory is what the process holds (resident) besides what it holds
with a ledger without chats, in kilobytes for each; late is how long after its time a poll begins. Lower is
better.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks._ccp import a_ccp
from benchmarks._shop import Listener
from livechat_sdk import Dispatcher, EndUser, HandoffRequest, Registry
from livechat_sdk.config.models import LivechatFile
from livechat_sdk_cisco import plugin

CHATS = int(os.environ.get("LIVECHAT_BENCH_CHATS", "2000"))
SETTLE_SECONDS = 60
"""A chat is polled ever more slowly after its agent's last word: so long until all are where they stay."""
MEASURED_SECONDS = 60
_AT_ONCE = 50
CORE_GOAL = 80.0
LATE_GOAL = 1.0
MEMORY_GOAL = 40.0


def shop(folder: Path, endpoint: str) -> Dispatcher:
    """A dispatcher with one bot and Cisco, on a ledger in ``folder``. Nothing times out."""
    cisco = {
        "type": "CISCO_LIVECHAT",
        "name": "cisco",
        "endpoint": endpoint,
        "chatId": "1",
        "ccxQueueTag": "Q",
    }
    settings = LivechatFile.model_validate(
        {
            "store": f"sqlite:///{folder / 'ledger.db'}",
            "integrations": {"cisco": cisco},
            "bots": {"shop-bot": {"livechat": {"integrations": ["cisco"], "request_timeout": "7d"}}},
        }
    )
    return Dispatcher(settings, channel=Listener(), registry=Registry({"cisco": plugin}))


def resident_kilobytes() -> float:
    """The memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e3


def waited_for_a_core() -> float:
    """Seconds for which the main thread could have run, and something else of this machine did."""
    return int(Path("/proc/self/schedstat").read_text("ascii").split()[1]) / 1e9


async def measure(folder: Path, endpoint: str) -> tuple[float, list[float], float, float]:
    """Per cent of a core, lateness of each poll in seconds, kilobytes for each chat, polls in a second."""
    async with shop(folder, endpoint) as dispatcher:
        await ask_for(dispatcher, range(1))
        gc.collect()
        before = resident_kilobytes()
        await ask_for(dispatcher, range(1, CHATS + 1))
        await asyncio.sleep(SETTLE_SECONDS)
        gc.collect()
        late: list[float] = []
        counts = dispatcher._inflow.counts  # noqa: SLF001 - what is measured shows only on the inside
        counts.poll_late = lambda _, seconds: late.append(seconds)
        polls = Counter(counts.polls).total()
        waited = waited_for_a_core()
        used, began = time.process_time(), time.monotonic()
        await asyncio.sleep(MEASURED_SECONDS)
        used, took = time.process_time() - used, time.monotonic() - began
        waited = waited_for_a_core() - waited
        print(f"{100 * waited / took:.0f} % of the time it was ready and had no core", file=sys.stderr)
        polls = Counter(counts.polls).total() - polls
        memory = (resident_kilobytes() - before) / CHATS
        return 100 * used / took, late, memory, polls / took


async def ask_for(dispatcher: Dispatcher, numbers: range) -> None:
    """Ask for humans, as a shop's visitors do, not all at once; returns when all their chats are polled."""
    for start in numbers[::_AT_ONCE]:
        requests = [
            HandoffRequest(
                key=f"run-{number}/node",
                conversation_id=f"c-{number}",
                bot="shop-bot",
                user=EndUser(id=f"u-{number}", name="Maria"),
            )
            for number in range(start, min(start + _AT_ONCE, numbers.stop))
        ]
        await asyncio.gather(*(dispatcher.request(request) for request in requests))
    poller = dispatcher._inflow.poller  # noqa: SLF001 - what is measured shows only on the inside
    while poller.rounds.size < numbers.stop:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.5)


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    with tempfile.TemporaryDirectory() as folder, a_ccp() as endpoint:
        core, late, memory, rate = asyncio.run(measure(Path(folder), endpoint))
    late.sort()
    worst, median = late[int(len(late) * 0.99)], late[len(late) // 2]
    print(
        f"{CHATS} chats, {rate:.0f} polls in a second; {core / rate * 10:.2f} ms of the processor for each;"
        f" half of them begin {median * 1000:.0f} ms late or less, 99 of 100 {worst * 1000:.0f} ms",
        file=sys.stderr,
    )
    print(f"polled_{CHATS}_core_percent {core:.1f} {CORE_GOAL} {_verdict(core, CORE_GOAL)}")
    print(f"polled_{CHATS}_late_p99_s {worst:.3f} {LATE_GOAL} {_verdict(worst, LATE_GOAL)}")
    print(f"polled_{CHATS}_chat_kb {memory:.1f} {MEMORY_GOAL} {_verdict(memory, MEMORY_GOAL)}")


def _verdict(found: float, goal: float) -> str:
    return "met" if found <= goal else "short"


if __name__ == "__main__":
    main()
