"""What one message to Genesys Cloud costs this process, with 50 in flight.

Ours is the adapter's ``send``, from a planned message to the vendor's id of it. The yardsticks are the bare
HTTP client on the same transport, which posts the same document and reads the answer as JSON, and the
vendor's own client in 50 threads, which is how its users send with 50 in flight; its pool holds as many
connections, which is kinder to it than the four that it has by itself. Each is processor time, of all
threads, for one message; the vendor runs in a process of its own. All three take turns, and the medians are
compared.
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

from benchmarks._genesys import CONVERSATION, INTEGRATION, SETTINGS, a_genesys
from benchmarks._yardsticks import leave_out_without
from livechat_sdk.domain.chats import Chat
from livechat_sdk.http.transport import make_transport
from livechat_sdk.provider.interface import PlannedMessage
from livechat_sdk.registry import Registry
from livechat_sdk_genesys import plugin
from livechat_sdk_genesys.provider import GenesysProvider

OF_BARE, OF_SDK = 1.5, 0.5
"""The goals."""

ROUNDS = 7
IN_FLIGHT = 50
MESSAGES = 12
TEXT = "Where is my order? It should have come on Monday."
USER = {"id": "h-1.1", "idType": "Opaque", "nickname": "Maria"}


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
    provider = Registry({"genesys": plugin}).build({**SETTINGS, "apiUrl": url, "loginUrl": url})
    assert isinstance(provider, GenesysProvider)  # noqa: S101 - it is what was built
    now = datetime.now(UTC)
    chat = Chat(
        integration="genesys",
        handoff_id="h-1",
        ref="h-1.1",
        vendor_ref=CONVERSATION,
        state={"from": USER, "opened": now.isoformat()},
    )
    try:
        return await cost(lambda key: provider.send(chat, PlannedMessage(key=key, body=TEXT, sent_at=now)))
    finally:
        await provider.stop()


async def bare(url: str) -> float:
    """The bare HTTP client."""
    base = f"{url}/api/v2/conversations/messages/{INTEGRATION}/inbound/open"
    headers = {"Authorization": "Bearer a-token"}
    async with httpx.AsyncClient(base_url=base, headers=headers, transport=make_transport()) as client:

        async def send(key: str) -> None:
            channel = {"messageId": key, "from": USER, "time": datetime.now(UTC).isoformat()}
            answer = await client.post("/message", json={"channel": channel, "text": TEXT})
            answer.raise_for_status().json()

        return await cost(send)


async def sdk(url: str) -> float:
    """The vendor's own client, in threads and without an event loop."""
    purecloud: Any = importlib.import_module("PureCloudPlatformClientV2")  # dev only; typed as it pleases
    rest: Any = importlib.import_module("PureCloudPlatformClientV2.rest")
    client = purecloud.api_client.ApiClient(host=url)
    client.get_client_credentials_token("client-of-benchmarks", "a-secret-that-opens-nothing")
    pool = rest.RESTClientObject(max_size=IN_FLIGHT)
    client.get_http_client().rest_client = pool
    api = purecloud.ConversationsApi(client)

    def send(place: int, messages: int) -> None:
        for number in range(messages):
            sender = purecloud.OpenMessagingFromRecipient()
            sender.id, sender.id_type, sender.nickname = USER["id"], USER["idType"], USER["nickname"]
            channel = purecloud.OpenInboundMessageMessagingChannel()
            channel.pcFrom, channel.message_id, channel.time = (
                sender,
                f"k-{place}-{number}",
                datetime.now(UTC),
            )
            message = purecloud.OpenInboundNormalizedMessage()
            message.channel, message.text = channel, TEXT
            made = api.post_conversations_message_inbound_open_message(INTEGRATION, message)
            assert made.conversation_id == CONVERSATION  # noqa: S101 - else nothing was measured

    with ThreadPoolExecutor(IN_FLIGHT) as threads:
        list(threads.map(send, range(IN_FLIGHT), [1] * IN_FLIGHT))
        before = time.process_time()
        list(threads.map(send, range(IN_FLIGHT), [MESSAGES] * IN_FLIGHT))
        spent = time.process_time() - before
    pool.pool_manager.clear()
    return spent / (IN_FLIGHT * MESSAGES)


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    leave_out_without("PureCloudPlatformClientV2", "purecloudplatformclientv2")
    sides = {"ours": ours, "bare": bare, "sdk": sdk}
    costs: dict[str, list[float]] = {name: [] for name in sides}
    with a_genesys() as url:
        for _ in range(ROUNDS):
            for name, side in sides.items():
                costs[name].append(asyncio.run(side(url)))
    median = {name: statistics.median(values) for name, values in costs.items()}
    shown = ", ".join(f"{name} {value * 1e6:.0f} µs" for name, value in median.items())
    print(f"a message with {IN_FLIGHT} in flight: {shown}", file=sys.stderr)
    for name, goal in (("bare", OF_BARE), ("sdk", OF_SDK)):
        ratio = median["ours"] / median[name]
        print(f"genesys_send_of_{name}_cpu {ratio:.2f} {goal} {'met' if ratio <= goal else 'short'}")


if __name__ == "__main__":
    main()
