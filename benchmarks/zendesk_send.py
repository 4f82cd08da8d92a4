"""What one message to Zendesk costs this process, with 50 in flight.

Ours is the adapter's ``send``, from a planned message to the vendor's id of it. The yardsticks are the bare
HTTP client on the same transport, which posts the same document and reads the answer as JSON, and the
vendor's own client in 50 threads, which is how its users send with 50 in flight. Each is processor time, of
all threads, for one message; the vendor runs in a process of its own. All three take turns, and the medians
are compared.
"""

from __future__ import annotations

import asyncio
import importlib
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx  # noqa: TID251 - a yardstick

from benchmarks._yardsticks import leave_out_without
from benchmarks._zendesk import APP, a_zendesk
from livechat_sdk.domain.chats import Chat
from livechat_sdk.http.transport import make_transport
from livechat_sdk.provider.interface import PlannedMessage
from livechat_sdk.registry import Registry
from livechat_sdk_zendesk import plugin
from livechat_sdk_zendesk.provider import ZendeskProvider

OF_BARE, OF_SDK = 1.5, 0.6
"""The goals."""

ROUNDS = 7
IN_FLIGHT = 50
MESSAGES = 12
TEXT = "Where is my order? It should have come on Monday."
KEY_ID, SECRET = "app_5ebee0975ac5304b664a12fb", "a-secret-that-opens-nothing"
USER, CONVERSATION = "67a11490f0305f4a391e9f8a", "67a0ecf8f0305f4a391e9db1"


async def cost(send: Callable[[str], Awaitable[object]]) -> float:
    """Seconds of processor time for one message, with ``IN_FLIGHT`` who send one after the other."""

    async def sender(place: int, messages: int) -> None:
        for number in range(messages):
            await send(f"k-{place}-{number}")

    await asyncio.gather(*(sender(place, 1) for place in range(IN_FLIGHT)))  # makes the connections
    before = time.process_time()
    await asyncio.gather(*(sender(place, MESSAGES) for place in range(IN_FLIGHT)))
    return (time.process_time() - before) / (IN_FLIGHT * MESSAGES)


async def ours(url: str) -> float:
    """The adapter."""
    provider = Registry({"zendesk": plugin}).build(
        {
            "type": "ZENDESK_LIVECHAT",
            "name": "zendesk",
            "baseUrl": f"{url}/sc",
            "appId": APP,
            "keyId": KEY_ID,
            "secret": SECRET,
            "webhookKey": "a-webhook-key-of-thirty-two-characters",
        }
    )
    assert isinstance(provider, ZendeskProvider)  # noqa: S101 - it is what was built
    now = datetime.now(UTC)
    chat = Chat(
        integration="zendesk", handoff_id="h-1", ref="h-1.1", vendor_ref=CONVERSATION, state={"user": USER}
    )
    try:
        return await cost(lambda key: provider.send(chat, PlannedMessage(key=key, body=TEXT, sent_at=now)))
    finally:
        await provider.stop()


async def bare(url: str) -> float:
    """The bare HTTP client."""
    base = f"{url}/sc/v2/apps/{APP}"
    async with httpx.AsyncClient(base_url=base, auth=(KEY_ID, SECRET), transport=make_transport()) as client:

        async def send(key: str) -> None:
            body = {
                "author": {"type": "user", "userId": USER},
                "content": {"type": "text", "text": TEXT},
                "metadata": {"livechat_key": key},
            }
            answer = await client.post(f"/conversations/{CONVERSATION}/messages", json=body)
            answer.raise_for_status().json()

        return await cost(send)


async def sdk(url: str) -> float:
    """The vendor's own client, in threads and without an event loop."""
    sunco: Any = importlib.import_module("sunshine_conversations_client")  # dev only; typed as it pleases
    configuration = sunco.Configuration(host=f"{url}/sc", username=KEY_ID, password=SECRET)
    configuration.connection_pool_maxsize = IN_FLIGHT
    client = sunco.ApiClient(configuration)
    api = sunco.MessagesApi(client)

    def send(place: int, messages: int) -> None:
        for number in range(messages):
            message = sunco.MessagePost(
                author=sunco.Author(type="user", userId=USER),
                content=sunco.Content(sunco.TextMessage(type="text", text=TEXT)),
                metadata={"livechat_key": f"k-{place}-{number}"},
            )
            api.post_message(APP, CONVERSATION, message)

    with ThreadPoolExecutor(IN_FLIGHT) as threads:
        list(threads.map(send, range(IN_FLIGHT), [1] * IN_FLIGHT))
        before = time.process_time()
        list(threads.map(send, range(IN_FLIGHT), [MESSAGES] * IN_FLIGHT))
        spent = time.process_time() - before
    client.rest_client.pool_manager.clear()
    return spent / (IN_FLIGHT * MESSAGES)


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    leave_out_without("sunshine_conversations_client", "sunshine-conversations-client")
    sides = {"ours": ours, "bare": bare, "sdk": sdk}
    costs: dict[str, list[float]] = {name: [] for name in sides}
    with a_zendesk() as zendesk:
        for _ in range(ROUNDS):
            for name, side in sides.items():
                costs[name].append(asyncio.run(side(zendesk.url)))
    median = {name: statistics.median(values) for name, values in costs.items()}
    shown = ", ".join(f"{name} {value * 1e6:.0f} µs" for name, value in median.items())
    print(f"a message with {IN_FLIGHT} in flight: {shown}", file=sys.stderr)
    for name, goal in (("bare", OF_BARE), ("sdk", OF_SDK)):
        ratio = median["ours"] / median[name]
        print(f"zendesk_send_of_{name}_cpu {ratio:.2f} {goal} {'met' if ratio <= goal else 'short'}")


if __name__ == "__main__":
    main()
