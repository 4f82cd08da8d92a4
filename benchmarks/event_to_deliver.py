"""How long an agent's message takes from the vendor's webhook to ``channel.deliver``, at 200 events a second.

Everything on the way is real: the signature is checked, the event and its step are committed to SQLite
(synchronous=FULL), the delivery is an action of its own, and its result is committed too. Events arrive at
random moments (Poisson), as they do from many chats at once. The figure is in milliseconds; lower is better.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks._shop import Listener, ask, shop
from livechat_sdk.domain.outgoing import Outgoing, UserMessage
from livechat_sdk_testing.toy import ToyPlugin

GOAL_MS = 25.0
EVENTS_PER_SECOND = 200
SECONDS = 10
HANDOFFS = 50


async def latencies(folder: Path) -> list[float]:
    """Seconds from webhook to delivery, one for each event, sorted."""
    toy, dice = ToyPlugin(), random.Random(7)  # noqa: S311 - arrival times, no secret
    arrived: dict[str, float] = {}

    def heard(outgoing: Outgoing) -> None:
        if isinstance(outgoing, UserMessage):
            arrived[outgoing.message.key] = time.perf_counter()

    async with shop(folder, toy, Listener(heard)) as dispatcher:
        await ask(dispatcher, range(HANDOFFS))
        refs = list(toy.vendor.opened)
        for ref in refs:
            await dispatcher.webhook("toy", toy.delivery("joined", ref=ref))
        await dispatcher.wait_idle()
        sent: dict[str, float] = {}

        async def event(number: int) -> None:
            key = f"m-{number}"
            delivery = toy.delivery(
                "message", ref=dice.choice(refs), key=key, text="Your order is on its way."
            )
            sent[key] = time.perf_counter()
            await dispatcher.webhook("toy", delivery)

        tasks: list[asyncio.Task[None]] = []
        due = time.perf_counter()
        for number in range(EVENTS_PER_SECOND * SECONDS):
            due += dice.expovariate(EVENTS_PER_SECOND)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(event(number)))
        await asyncio.gather(*tasks)
        await dispatcher.wait_idle()
        return sorted(arrived[key] - at for key, at in sent.items())


def main() -> None:
    """Measure, and print the line that ``benchmarks/run.py`` reads."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(latencies(Path(folder)))
    p50, p99 = 1000 * statistics.median(found), 1000 * found[int(len(found) * 0.99)]
    print(
        f"{len(found)} events at {EVENTS_PER_SECOND}/s: p50 {p50:.1f} ms, p99 {p99:.1f} ms", file=sys.stderr
    )
    print(f"event_to_deliver_p99_ms {p99:.1f} {GOAL_MS} {'met' if p99 < GOAL_MS else 'short'}")


if __name__ == "__main__":
    main()
