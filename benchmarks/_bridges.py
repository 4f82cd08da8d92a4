"""Bridges from a platform to Zendesk, each as a server in a process of its own, and what loads them.

``ours`` is the gateway with the adapter on an SQLite ledger; ``glue`` and ``keeping`` are what one writes by
hand (``benchmarks/glue``), without and with an outbox on SQLite. All take messages of end users over HTTP,
for conversations that were handed over before. ``bare`` is no bridge that anybody can use: see its module.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks._flood import a_post
from benchmarks._zendesk import APP

if TYPE_CHECKING:
    from benchmarks.glue.bridge import Bridge

__all__ = ["Load", "Server", "serve"]

TOKEN = "a-token-of-thirty-two-characters"  # noqa: S105 - of nothing
KEY_ID, SECRET = "app_5ebee0975ac5304b664a12fb", "a-secret-that-opens-nothing"
TEXT = "Where is my order? It should have come on Monday."

_Tell = Callable[[str, Sequence[str]], None]


# ---- in the process of a server


def serve(side: str, folder: str, vendor: str, conversations: int) -> None:
    """Serve one side. Its address and its conversations are told when it takes messages.

    Each line on standard input is answered with the processor time that was used so far. All sides are
    served by uvicorn, with the same of its parts.
    """

    def costs() -> None:
        for _ in sys.stdin:
            print(json.dumps(time.process_time()), flush=True)

    def tell(url: str, paths: Sequence[str]) -> None:
        print(json.dumps({"url": url, "paths": list(paths)}), flush=True)
        threading.Thread(target=costs, daemon=True).start()

    run = {"ours": _ours, "glue": _glue, "keeping": _keeping, "bare": _bare}[side]
    asyncio.run(run(Path(folder), vendor, conversations, tell))


async def _ours(folder: Path, vendor: str, conversations: int, tell: _Tell) -> None:
    from pydantic import SecretStr

    from benchmarks._shop import Listener
    from livechat_sdk import Dispatcher, EndUser, HandoffRequest
    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.gateway import create_app
    from livechat_sdk.gateway.server import GatewayServer

    zendesk = {
        "type": "ZENDESK_LIVECHAT",
        "baseUrl": f"{vendor}/sc",
        "appId": APP,
        "keyId": KEY_ID,
        "secret": SECRET,
        "webhookKey": "a-webhook-key-of-thirty-two-characters",
    }
    settings = LivechatFile.model_validate(
        {
            "store": f"sqlite:///{folder / 'ledger.db'}",
            "integrations": {"zendesk": zendesk},
            "bots": {"shop-bot": {"livechat": {"integrations": ["zendesk"], "request_timeout": "7d"}}},
        }
    )
    async with Dispatcher(settings, channel=Listener()) as dispatcher:
        requests = [
            HandoffRequest(
                key=f"k-{number}",
                conversation_id=f"c-{number}",
                bot="shop-bot",
                user=EndUser(id=f"u-{number}", name="Maria"),
            )
            for number in range(conversations)
        ]
        handoffs = await asyncio.gather(*(dispatcher.request(request) for request in requests))
        paths = [f"/v1/handoffs/{handoff.id}/messages" for handoff in handoffs]
        server = GatewayServer(create_app(dispatcher, tokens=[SecretStr(TOKEN)]), port=0)
        server.listen()
        await server.run(on_started=lambda url: tell(url, paths))


async def _glue(folder: Path, vendor: str, conversations: int, tell: _Tell) -> None:
    from benchmarks.glue.bridge import Bridge

    await _by_hand(Bridge(folder, f"{vendor}/sc", APP, KEY_ID, SECRET), conversations, tell)


async def _keeping(folder: Path, vendor: str, conversations: int, tell: _Tell) -> None:
    from benchmarks.glue.keeping import KeepingBridge

    await _by_hand(KeepingBridge(folder, f"{vendor}/sc", APP, KEY_ID, SECRET), conversations, tell)


async def _bare(folder: Path, vendor: str, conversations: int, tell: _Tell) -> None:
    from benchmarks.glue.bare import make_app, zendesk_client

    del folder  # it keeps nothing
    async with zendesk_client(f"{vendor}/sc", KEY_ID, SECRET) as client:
        await _serve(make_app(client, APP), conversations, tell)


async def _by_hand(bridge: Bridge, conversations: int, tell: _Tell) -> None:
    from benchmarks.glue.bridge import Opening, make_app

    for number in range(conversations):
        if f"c-{number}" not in bridge.chats:
            bridge.open(Opening(conversation_id=f"c-{number}", user_id=f"u-{number}", name="Maria"))
    await _serve(make_app(bridge, TOKEN), conversations, tell)


async def _serve(app: Any, conversations: int, tell: _Tell) -> None:
    import socket

    import uvicorn

    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    paths = [f"/conversations/c-{number}/messages" for number in range(conversations)]
    tell(f"http://127.0.0.1:{listener.getsockname()[1]}", paths)
    config = uvicorn.Config(app, log_level="error", access_log=False)
    await uvicorn.Server(config).serve(sockets=[listener])


# ---- in the process that measures


class Server:
    """One side in a process of its own, with its data in ``folder``."""

    def __init__(self, side: str, folder: str, vendor: str, conversations: int) -> None:
        self.side = side
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks._bridges", side, folder, vendor, str(conversations)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        told = json.loads(self._line())
        self.url: str = told["url"]
        self.paths: list[str] = told["paths"]

    def _line(self) -> str:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        return self._process.stdout.readline()

    def cost(self) -> float:
        """Seconds of processor time that it has used so far."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(json.loads(self._line()))

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """SIGTERM, and its end."""
        self._process.terminate()
        self._process.wait()


class Load:
    """Many end users at once, each with one message after the other in a conversation of their own.

    ``answered`` are the texts of messages that were answered with success. A message whose connection broke
    before its answer came is sent again by the next ``run``, under the same key, as a platform does.
    """

    def __init__(self) -> None:
        self.answered: set[str] = set()
        self._left: dict[int, str] = {}
        self._numbers = itertools.count()

    async def run(self, server: Server, each: int | None = None) -> None:
        """``each`` messages in each conversation; or on and on, until the server dies."""
        turns = range(each) if each is not None else itertools.count()
        await asyncio.gather(*(self._talk(server, place, iter(turns)) for place in range(len(server.paths))))

    async def _talk(self, server: Server, place: int, turns: Iterator[int]) -> None:
        host, _, port = server.url.removeprefix("http://").rpartition(":")
        writer: asyncio.StreamWriter | None = None
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
            for _ in turns:
                text = self._left.setdefault(place, f"{TEXT} ({next(self._numbers)})")
                writer.write(_request(server, place, text))
                head = await reader.readuntil(b"\r\n\r\n")
                status = head.split(b" ", 2)[1].decode()
                if status not in {"200", "201", "202"}:
                    raise RuntimeError(f"{server.side} answered {status}")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length))
                self.answered.add(self._left.pop(place))
        except (OSError, EOFError):  # it died
            return
        finally:
            if writer is not None:
                writer.close()


def _request(server: Server, place: int, text: str) -> bytes:
    document = {"key": text, "body" if server.side == "ours" else "text": text}
    headers = {"content-type": "application/json", "authorization": f"Bearer {TOKEN}"}
    return a_post(server.paths[place], json.dumps(document).encode(), headers)


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
