"""The whole bridge in one process: end users' messages over REST, stored, delivered to Zendesk.

Against ``benchmarks/glue``, which is what one writes by hand: first without a store, which loses what it
has answered when it dies (``zendesk_bridge_killed`` counts), then with an outbox, which loses nothing either.
Beside it stands what the server and the vendor call cost alone: no bridge of these parts can be below that.
Ours also keeps the order of each conversation and what became of each message, and sends nothing twice.

The vendor answers after 20 ms; it, the bridge and the load are a process each, and the bridges take turns.
The rate is of messages that have arrived at the vendor, from the first that was sent to the last that
arrived; the cost is the processor time of the bridge.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time

from benchmarks._bridges import Load, Server
from benchmarks._zendesk import Zendesk, a_zendesk

RATE, CPU = 2.0, 0.5
"""The goals."""

ROUNDS = 3
CONVERSATIONS = 50
EACH = 30
DELAY = 0.02
_LONGEST = 60.0


def measure(side: str, vendor: Zendesk) -> tuple[float, float]:
    """Messages a second, and seconds of processor time for one."""
    vendor.forget()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(side, folder, vendor.url, CONVERSATIONS)
        try:
            load = Load()
            asyncio.run(load.run(server, 2))  # makes the connections
            _arrived(vendor, 2 * CONVERSATIONS)
            before, started = server.cost(), time.perf_counter()
            asyncio.run(load.run(server, EACH))
            _arrived(vendor, (2 + EACH) * CONVERSATIONS)
            seconds = time.perf_counter() - started
            time.sleep(0.1)  # what is written down after the last delivery counts, too
            spent = server.cost() - before
        finally:
            server.kill()
    messages = EACH * CONVERSATIONS
    return messages / seconds, spent / messages


def _arrived(vendor: Zendesk, messages: int) -> None:
    until = time.monotonic() + _LONGEST
    while vendor.count() < messages:
        if time.monotonic() > until:
            raise RuntimeError(f"{vendor.count()} of {messages} messages have arrived")
        time.sleep(0.01)


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    sides = ("ours", "glue", "keeping", "bare")
    measured: dict[str, list[tuple[float, float]]] = {side: [] for side in sides}
    with a_zendesk(DELAY) as vendor:
        for _ in range(ROUNDS):
            for side, found in measured.items():
                found.append(measure(side, vendor))
    rate = {side: statistics.median(rate for rate, _ in found) for side, found in measured.items()}
    cost = {side: statistics.median(cost for _, cost in found) for side, found in measured.items()}
    for side in measured:
        print(f"{side}: {rate[side]:.0f} messages/s, {cost[side] * 1e6:.0f} µs each", file=sys.stderr)
    quicker, cheaper = rate["bare"] / rate["glue"], cost["bare"] / cost["glue"]
    alone = f"{quicker:.2f} of the rate of the glue, {cheaper:.2f} of its cost"
    print(f"the server and the vendor call alone: {alone}", file=sys.stderr)
    for name, side in (("zendesk_bridge", "glue"), ("zendesk_bridge_of_keeping", "keeping")):
        quicker, cheaper = rate["ours"] / rate[side], cost["ours"] / cost[side]
        print(f"{name} {quicker:.2f} {RATE} {'met' if quicker >= RATE else 'short'}")
        print(f"{name}_cpu {cheaper:.2f} {CPU} {'met' if cheaper <= CPU else 'short'}")


if __name__ == "__main__":
    main()
