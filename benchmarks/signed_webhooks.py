"""How many signed webhooks a second one process of the gateway stores before it answers.

Each is a message of an agent: verified, translated, matched to its chat, and applied to its handoff in one
transaction (handoff, message, action, journal, timers); and the messages are delivered meanwhile. The
yardstick is a bare Starlette application behind the same server that puts the body into one row, with the
same grouped commits, and does nothing else: no signature, no reading. Both run in a process of their own,
take turns, and get the same requests from the same load generator in this process.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks._flood import a_post, posts_per_second

GOAL = 0.5
ROUNDS = 3
CONNECTIONS = 50
EACH = 60
KEY = "a-webhook-key-of-thirty-two-characters"
PATH = "/webhooks/acme"


async def ours(folder: Path, tell: Callable[[str, Sequence[str]], None]) -> None:
    """Serve the gateway; tell its address and one chat for each connection."""
    from pydantic import SecretStr

    from benchmarks._shop import Listener
    from livechat_sdk import Dispatcher, EndUser, HandoffRequest, Registry
    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.gateway import create_app
    from livechat_sdk.gateway.server import GatewayServer
    from livechat_sdk_testing.hostile import HostilePlugin, Traits, hostile_vendor

    plugin = HostilePlugin(hostile_vendor(Traits(), name="acme"))
    settings = LivechatFile.model_validate(
        {
            "store": f"sqlite:///{folder / 'ledger.db'}",
            "integrations": {"acme": {**plugin.settings, "webhookKey": KEY}},
            "bots": {"shop-bot": {"livechat": {"integrations": ["acme"], "request_timeout": "7d"}}},
        }
    )
    async with Dispatcher(settings, channel=Listener(), registry=Registry({"acme": plugin})) as dispatcher:
        refs: list[str] = []
        for number in range(CONNECTIONS):
            handoff = await dispatcher.request(
                HandoffRequest(
                    key=f"k-{number}", conversation_id=f"c-{number}", bot="shop-bot", user=EndUser(id="u")
                )
            )
            await dispatcher.wait_idle()
            chat = await dispatcher.store.chat(handoff.id, 1)
            refs.append(chat.ref if chat is not None else "")
        app = create_app(dispatcher, tokens=[SecretStr("a-token-of-thirty-two-characters")])
        server = GatewayServer(app, port=0)
        server.listen()
        await server.run(on_started=lambda url: tell(url, refs))


async def plain(folder: Path, tell: Callable[[str, Sequence[str]], None]) -> None:
    """Serve the yardstick."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    from livechat_sdk.gateway.server import GatewayServer
    from livechat_sdk.ledger.sqlite import SqliteStore
    from livechat_sdk.provider import Statement

    numbers = itertools.count()
    insert = "INSERT INTO bodies (id, body) VALUES (:id, :body)"

    store = SqliteStore(folder / "bare.db")
    await store.open()
    await store.create_tables("bodies", 1, ["CREATE TABLE bodies (id INTEGER PRIMARY KEY, body BLOB)"])

    async def take(request: Request) -> Response:
        await store.commit([Statement(insert, {"id": next(numbers), "body": await request.body()})])
        return JSONResponse({"events": 1})

    server = GatewayServer(Starlette(routes=[Route(PATH, take, methods=["POST"])]), port=0)
    server.listen()
    await server.run(on_started=lambda url: tell(url, ["ref"] * CONNECTIONS))
    await store.close()


def flood(refs: Sequence[str]) -> list[list[bytes]]:
    """The signed webhooks of each connection: messages of the agent in one chat."""
    return [[_message(f"{place}-{number}", ref) for number in range(EACH)] for place, ref in enumerate(refs)]


def _message(name: str, ref: str) -> bytes:
    document = {
        "id": f"evt-{name}",
        "kind": "message_received",
        "refs": [ref],
        "at": datetime.now(UTC).isoformat(),
        "fields": {"message": {"key": f"m-{name}", "body": "Your order leaves our house on Monday."}},
    }
    body = json.dumps(document).encode()
    signature = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    return a_post(PATH, body, {"content-type": "application/json", "x-hostile-signature": signature})


def measure(which: str) -> float:
    """Webhooks a second that a server in a process of its own takes."""
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, __file__, which, folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            told = json.loads((server.stdout or sys.stdin).readline())
            return asyncio.run(posts_per_second(told["url"], flood(told["refs"])))
        finally:
            server.terminate()
            server.wait()


def serve(which: str, folder: str) -> None:
    """What the process of a server does."""

    def tell(url: str, refs: Sequence[str]) -> None:
        print(json.dumps({"url": url, "refs": list(refs)}), flush=True)

    asyncio.run({"ours": ours, "plain": plain}[which](Path(folder), tell))


def main() -> None:
    """Measure, and print the line that ``benchmarks/run.py`` reads."""
    if len(sys.argv) > 1:
        serve(sys.argv[1], sys.argv[2])
        return
    our_rates: list[float] = []
    plain_rates: list[float] = []
    for _ in range(ROUNDS):
        our_rates.append(measure("ours"))
        plain_rates.append(measure("plain"))
    our_rate, plain_rate = statistics.median(our_rates), statistics.median(plain_rates)
    print(
        f"{our_rate:.0f} signed webhooks/s over {CONNECTIONS} connections, bare Starlette {plain_rate:.0f}/s",
        file=sys.stderr,
    )
    ratio = our_rate / plain_rate
    print(f"signed_webhooks {ratio:.2f} {GOAL} {'met' if ratio >= GOAL else 'short'}")


if __name__ == "__main__":
    main()
