"""Messages that the bridge has answered with success and that never arrive at Zendesk, when it is killed.

Both bridges of ``zendesk_bridge`` are killed (SIGKILL) six times under load and started again, and what had
no answer is sent again under its key, as a platform does. What was answered is then looked for at the vendor,
until it is there or nothing has arrived for a while. A message that is there twice is counted, too.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter

from benchmarks._bridges import Load, Server
from benchmarks._zendesk import Zendesk, a_zendesk

KILLS = 6
CONVERSATIONS = 50
DELAY = 0.02
_QUIET = 15.0
"""Seconds without an arrival after which nothing comes any more: longer than the bridge waits to look up what
may have arrived."""


async def _until_killed(server: Server, load: Load, seconds: float) -> None:
    talking = asyncio.create_task(load.run(server))
    await asyncio.sleep(seconds)
    server.kill()
    await talking


def missing(side: str, vendor: Zendesk) -> tuple[int, int, int]:
    """How many were answered, how many of them are not at the vendor, and how many are there twice."""
    vendor.forget()
    chance, load = random.Random(side), Load()  # noqa: S311 - moments, not secrets
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(KILLS):
            server = Server(side, folder, vendor.url, CONVERSATIONS)
            asyncio.run(_until_killed(server, load, chance.uniform(0.5, 1.5)))
        server = Server(side, folder, vendor.url, CONVERSATIONS)
        try:
            asyncio.run(load.run(server, 1))
            taken = _settled(vendor, load)
        finally:
            server.kill()
    lost = load.answered - taken.keys()
    return len(load.answered), len(lost), sum(count > 1 for count in taken.values())


def _settled(vendor: Zendesk, load: Load) -> Counter[str]:
    count, changed = vendor.count(), time.monotonic()
    while time.monotonic() - changed < _QUIET:
        time.sleep(0.1)
        if (now := vendor.count()) != count:
            count, changed = now, time.monotonic()
            if now >= len(load.answered) and load.answered <= set(vendor.taken()):
                break
    return Counter(vendor.taken())


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    with a_zendesk(DELAY) as vendor:
        found = {side: missing(side, vendor) for side in ("ours", "glue")}
    for side, (answered, lost, twice) in found.items():
        print(f"{side}: {answered} answered, {lost} of them lost, {twice} doubled", file=sys.stderr)
    _, lost, twice = found["ours"]
    print(f"zendesk_bridge_lost {lost} 0 {'short' if lost else 'met'}")
    print(f"zendesk_bridge_doubled {twice} 0 {'short' if twice else 'met'}")


if __name__ == "__main__":
    main()
