"""How many vendor calls a second the shared client makes with 50 in flight.

The yardstick is ``httpx.AsyncClient`` as it comes, without the limits, credentials and errors that our client
adds. Both post the same message to the same server on this machine, over kept connections, and take turns, so
that a busy moment of the machine hits them alike; the medians are compared.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable

import httpx  # noqa: TID251 - the yardstick
from pydantic import SecretStr

from benchmarks._echo import a_vendor
from livechat_sdk.http import BearerAuth, VendorClient

GOAL = 2.0
ROUNDS = 3
IN_FLIGHT = 50
CALLS = 12
MESSAGE = {"client_key": "k-1", "text": "Where is my order?", "files": []}
PATH = "/v1/chats/c-1/messages"


async def calls_per_second(call: Callable[[], Awaitable[object]]) -> float:
    """``IN_FLIGHT`` callers, each with one call after the other."""

    async def caller() -> None:
        for _ in range(CALLS):
            await call()

    await asyncio.gather(*(call() for _ in range(IN_FLIGHT)))  # connections are made before the time counts
    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    return IN_FLIGHT * CALLS / (time.perf_counter() - started)


async def ours(url: str) -> float:
    """The shared client."""
    async with VendorClient(provider="TOY", base_url=url, auth=BearerAuth(SecretStr("token"))) as client:

        async def call() -> None:
            (await client.request("send", "POST", PATH, json=MESSAGE)).object()

        return await calls_per_second(call)


async def plain(url: str) -> float:
    """The yardstick: httpx with its own transport."""
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": "Bearer token"}) as client:

        async def call() -> None:
            (await client.post(PATH, json=MESSAGE)).raise_for_status().json()

        return await calls_per_second(call)


def main() -> None:
    """Measure, and print the line that ``benchmarks/run.py`` reads."""
    our_rates: list[float] = []
    plain_rates: list[float] = []
    with a_vendor() as url:
        for _ in range(ROUNDS):
            our_rates.append(asyncio.run(ours(url)))
            plain_rates.append(asyncio.run(plain(url)))
    our_rate, plain_rate = statistics.median(our_rates), statistics.median(plain_rates)
    print(
        f"{our_rate:.0f} calls/s with {IN_FLIGHT} in flight, plain httpx {plain_rate:.0f}/s", file=sys.stderr
    )
    ratio = our_rate / plain_rate
    print(f"vendor_calls {ratio:.2f} {GOAL} {'met' if ratio >= GOAL else 'short'}")


if __name__ == "__main__":
    main()
