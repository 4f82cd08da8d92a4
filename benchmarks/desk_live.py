"""How long a message of an end user takes from the platform's request to an agent's open page at the desk.

One process serves the gateway and the desk on SQLite (synchronous=FULL), with 1,000 live conversations.
50 agents each keep a page open: the live stream of one conversation. 100 messages a second come in
through ``POST /v1/handoffs/{id}/messages`` at random moments; every other one belongs to a conversation
that is open on a page, and is timed until its line has come through that page's stream. Everything on
the way is real: ledger, delivery to the desk, its tables, its stream. The part of one core that this
rate needs (per cent) and the memory of the serving process at the end (resident, in megabytes) are
figures of their own. Lower is better. On a machine with other work to do, the first figure says mostly
how long the process waited for a processor.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from benchmarks._shop import Listener, ask
from livechat_sdk import Dispatcher
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.gateway.app import create_app
from livechat_sdk.gateway.server import GatewayServer
from livechat_sdk_helvia.provider import HelviaProvider

AGENTS = 50
CONVERSATIONS = 1000
MESSAGES_PER_SECOND = 100
SECONDS = 15
GOAL_MS = 300.0
CORE_GOAL = 100.0
MEMORY_GOAL = 400.0
TOKEN = "t" * 64


@dataclass(frozen=True)
class Ready:
    """What the serving process tells: where it is, and what is to be looked at."""

    url: str
    pages: Sequence[tuple[str, int, str]]
    """Cookie, conversation and handoff of each agent's page."""
    handoffs: Sequence[str]


# --------------------------------------------------------------------------------------- the serving process
async def serve(folder: Path) -> None:
    """Make the conversations, serve until a line comes in, and tell what it cost."""
    logging.getLogger("livechat_sdk").setLevel(logging.ERROR)  # not that agents may be away, 1,000 times
    accounts = [
        {"email": f"agent{n}@example.org", "name": f"Agent {n}", "password": "a long enough password"}
        for n in range(AGENTS)
    ]
    settings = LivechatFile.model_validate(
        {
            "store": f"sqlite:///{folder / 'ledger.db'}",
            "integrations": {"desk": {"type": "HELVIA_LIVECHAT", "name": "desk", "accounts": accounts}},
            "bots": {"shop-bot": {"livechat": {"integrations": ["desk"], "request_timeout": "7d"}}},
        }
    )
    async with Dispatcher(settings, channel=Listener()) as dispatcher:
        handoffs = await ask(dispatcher, range(CONVERSATIONS))
        desk = dispatcher.integrations["desk"]
        assert isinstance(desk, HelviaProvider)  # noqa: S101 - the settings say so
        pages = await accept_all(desk)
        await dispatcher.wait_idle()
        server = GatewayServer(create_app(dispatcher, tokens=[SecretStr(TOKEN)]), port=0)
        server.listen()
        running = asyncio.create_task(server.run(signals=False))
        say({"url": server.url, "pages": pages, "handoffs": handoffs})
        await heard()
        say({"cpu": time.process_time()})
        await heard()
        say({"cpu": time.process_time(), "memory": resident_megabytes()})
        server.stop()
        await running


async def accept_all(provider: HelviaProvider) -> list[tuple[str, int, str]]:
    """The agents take the conversations in turn, and each opens the page of one."""
    desk, pages = provider.desk, list[tuple[str, int, str]]()
    rows = await desk.context.fetch(
        """
        SELECT r.id, r.conversation_id, c.handoff_id FROM desk_requests r
        JOIN desk_conversations c ON c.id = r.conversation_id
        WHERE r.workspace = :workspace AND r.integration = :integration ORDER BY r.id
        """
    )
    users = await desk.context.fetch(
        "SELECT id FROM desk_users WHERE workspace = :workspace AND integration = :integration ORDER BY id"
    )
    agents = [await desk.accounts.get(int(str(row["id"]))) for row in users]
    for number, row in enumerate(rows):
        agent = agents[number % len(agents)]
        assert agent is not None  # noqa: S101 - it was read a moment ago
        await desk.accept(agent, int(str(row["id"])))
        if number < AGENTS:
            cookie = await desk.sessions.start(agent, "page")
            pages.append((cookie, int(str(row["conversation_id"])), str(row["handoff_id"])))
    return pages


async def heard() -> None:
    """Wait for a line."""
    await asyncio.to_thread(sys.stdin.readline)


def say(document: dict[str, Any]) -> None:
    """Tell the measuring process."""
    print(json.dumps(document), flush=True)


def resident_megabytes() -> float:
    """The memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


# ------------------------------------------------------------------------------------- the measuring process
async def page(ready: Ready, cookie: str, conversation: int, screen: Screen) -> None:
    """Keep the stream of one page open, and note when each message is there."""
    host, _, port = ready.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=2**20)
    writer.write(
        f"GET /desk/live?conversation={conversation} HTTP/1.1\r\nhost: {host}\r\n"
        f"cookie: desk_session={cookie}\r\n\r\n".encode()
    )
    try:
        if b" 200 " not in await reader.readline():
            raise ConnectionError("the desk does not give the stream")
        async for line in reader:
            if line.startswith(b"data: ") and b'"key"' in line:
                screen.show(json.loads(line[6:])["key"])
    finally:
        writer.close()


class Platform:
    """The platform's side: HTTP as little as this needs, over connections that stay open."""

    def __init__(self, url: str) -> None:
        self._host, _, port = url.removeprefix("http://").partition(":")
        self._port = int(port)
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def say(self, handoff: str, key: str) -> None:
        """Pass on a message of the end user. Raises ``ConnectionError`` when it is not taken."""
        while self._idle:
            streams = self._idle.pop()
            try:
                await self._say(streams, handoff, key)
            except (asyncio.IncompleteReadError, ConnectionResetError):
                streams[1].close()  # the gateway had closed it, for it was idle; one key is one message
            else:
                return
        await self._say(await asyncio.open_connection(self._host, self._port), handoff, key)

    async def _say(
        self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], handoff: str, key: str
    ) -> None:
        body = json.dumps({"key": key, "body": "Where is my order?"}).encode()
        head = (
            f"POST /v1/handoffs/{handoff}/messages HTTP/1.1\r\nhost: {self._host}\r\n"
            f"authorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        streams[1].write(head.encode() + body)
        answer = (await streams[0].readuntil(b"\r\n\r\n")).lower()
        await streams[0].readexactly(int(answer.partition(b"content-length:")[2].split(b"\r\n")[0]))
        if b" 201 " not in answer.split(b"\r\n")[0]:
            raise ConnectionError(f"the gateway does not take a message: {answer[:80]!r}")
        self._idle.append(streams)

    def close(self) -> None:
        """Close the connections."""
        for _, writer in self._idle:
            writer.close()


class Screen:
    """What has come to the pages, and when."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        self._awaited: set[str] = set()
        self._complete = asyncio.Event()

    def show(self, key: str) -> None:
        """A message is on a page."""
        self.arrived.setdefault(key, time.perf_counter())
        self._awaited.discard(key)
        if not self._awaited:
            self._complete.set()

    async def have(self, keys: Iterable[str]) -> None:
        """Wait until all of these messages were shown."""
        self._awaited = set(keys) - self.arrived.keys()
        if self._awaited:
            self._complete.clear()
            async with asyncio.timeout(120):
                await self._complete.wait()


async def talk(ready: Ready, screen: Screen) -> dict[str, float]:
    """Say things at random moments; when each message that is seen on a page was sent."""
    dice, sent = random.Random(7), dict[str, float]()  # noqa: S311 - arrival times, no secret
    platform = Platform(ready.url)

    async def message(number: int) -> None:
        key, seen = f"m-{number}", number % 2 == 0
        handoff = dice.choice(ready.pages)[2] if seen else dice.choice(ready.handoffs)
        if seen:
            sent[key] = time.perf_counter()
        await platform.say(handoff, key)

    tasks: list[asyncio.Task[None]] = []
    due = time.perf_counter()
    for number in range(MESSAGES_PER_SECOND * SECONDS):
        due += dice.expovariate(MESSAGES_PER_SECOND)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(message(number)))
    await asyncio.gather(*tasks)
    await screen.have(sent)
    platform.close()
    return sent


async def measure(folder: Path) -> tuple[list[float], float, float]:
    """Seconds from request to page, sorted; per cent of a core; megabytes."""
    pipe = asyncio.subprocess.PIPE
    server = await asyncio.create_subprocess_exec(
        sys.executable, __file__, str(folder), stdin=pipe, stdout=pipe, limit=2**20
    )
    if server.stdin is None or server.stdout is None:
        raise AssertionError("both are pipes")
    try:
        ready = Ready(**json.loads(await server.stdout.readline()))
        screen = Screen()
        pages = [asyncio.create_task(page(ready, *one[:2], screen)) for one in ready.pages]
        await asyncio.sleep(2)  # every page has what was there before
        server.stdin.write(b"\n")
        before = json.loads(await server.stdout.readline())
        sent = await talk(ready, screen)
        server.stdin.write(b"\n")
        after = json.loads(await server.stdout.readline())
        for one in pages:
            one.cancel()
        await asyncio.gather(*pages, return_exceptions=True)
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()
    found = sorted(screen.arrived[key] - at for key, at in sent.items())
    return found, 100 * (after["cpu"] - before["cpu"]) / SECONDS, after["memory"]


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    with tempfile.TemporaryDirectory() as folder:
        found, cpu, memory = asyncio.run(measure(Path(folder)))
    p50, p95 = 1000 * statistics.median(found), 1000 * found[int(len(found) * 0.95)]
    print(
        f"{AGENTS} open pages, {CONVERSATIONS} conversations, {MESSAGES_PER_SECOND} messages/s: "
        f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, longest {1000 * found[-1]:.0f} ms; "
        f"{cpu:.0f} % of a core, {memory:.0f} MB",
        file=sys.stderr,
    )
    for name, figure, goal in (
        ("desk_message_to_screen_p95_ms", p95, GOAL_MS),
        ("desk_live_core_percent", cpu, CORE_GOAL),
        ("desk_live_mb", memory, MEMORY_GOAL),
    ):
        print(f"{name} {figure:.1f} {goal} {'met' if figure < goal else 'short'}")


if __name__ == "__main__":
    if sys.argv[1:]:
        asyncio.run(serve(Path(sys.argv[1])))
    else:
        main()
