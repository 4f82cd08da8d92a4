"""Browsers and programs without a network: httpx over ASGI, and a reader of endless event streams."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Scope

from providers.helvia.tests.world import PASSWORD

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


def mounted(app: ASGIApp, at: str = "/desk") -> ASGIApp:
    """``app`` as the gateway mounts it."""
    return Starlette(routes=[Mount(at, app)])


def client(app: ASGIApp, *, address: str = "203.0.113.7", base_url: str = "http://host") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 50_000), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=base_url)


def csrf_of(page: httpx.Response) -> str:
    found = CSRF.search(page.text)
    assert found, page.text[:300]
    return found[1]


async def sign_in(browser: httpx.AsyncClient, name: str, base: str = "/desk") -> str:
    """Sign in through the form; the CSRF token of the new session."""
    form = await browser.get(f"{base}/login")
    fields = {"csrf_token": csrf_of(form), "email": f"{name}@example.org", "password": PASSWORD}
    answer = await browser.post(f"{base}/login", data=fields)
    assert answer.status_code == 303, answer.text
    return csrf_of(await browser.get(f"{base}/inbox/new"))


async def token_of(program: httpx.AsyncClient, name: str, base: str = "/desk") -> dict[str, str]:
    """The header of a program that has logged in."""
    fields = {"email": f"{name}@example.org", "password": PASSWORD}
    answer = await program.post(f"{base}/api/login", json=fields)
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['token']}"}


@dataclass(frozen=True)
class SentEvent:
    name: str
    data: Any
    id: str | None


@dataclass
class Stream:
    """An open event stream."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    events: asyncio.Queue[SentEvent] = field(default_factory=asyncio.Queue)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _rest: str = ""

    def feed(self, text: str) -> None:
        *whole, self._rest = (self._rest + text).split("\n\n")
        for block in whole:
            values = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if "event" in values:
                event = SentEvent(values["event"], json.loads(values["data"]), values.get("id"))
                self.events.put_nowait(event)

    async def next(self, name: str) -> SentEvent:
        """The next event of this name; others before it are passed over."""
        async with asyncio.timeout(10):
            while True:
                event = await self.events.get()
                if event.name == name:
                    return event

    async def settled(self) -> list[SentEvent]:
        """Everything that came until nothing more comes for a moment."""
        for _ in range(50):
            await asyncio.sleep(0)
        seen: list[SentEvent] = []
        while not self.events.empty():
            seen.append(self.events.get_nowait())
        return seen


@asynccontextmanager
async def following(
    browser: httpx.AsyncClient, path: str, headers: Mapping[str, str] | None = None
) -> AsyncIterator[Stream]:
    """An open page that hears of everything over the network, from a process of its own."""
    live = Stream()
    async with browser.stream("GET", path, headers=headers, timeout=60) as answer:
        assert answer.status_code == 200

        async def read() -> None:
            async for text in answer.aiter_text():
                live.feed(text)

        task = asyncio.create_task(read())
        try:
            yield live
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def stream(
    app: ASGIApp,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    cookies: str = "",
    scheme: str = "http",
) -> AsyncIterator[Stream]:
    """Open ``path`` as a browser's EventSource does; gone when the block ends."""
    opened, started, gone = Stream(), asyncio.Event(), asyncio.Event()
    bare, _, query = path.partition("?")
    sent = dict(headers or {}) | ({"cookie": cookies} if cookies else {})
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": scheme,
        "path": bare,
        "raw_path": bare.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "client": ("203.0.113.7", 50_000),
        "server": ("host", 80),
    }
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            opened.status = message["status"]
            opened.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            started.set()
        elif message["type"] == "http.response.body":
            opened.feed(message.get("body", b"").decode())
            if not message.get("more_body"):
                opened.ended.set()

    task = asyncio.create_task(_call(app, scope, receive, send))
    try:
        async with asyncio.timeout(10):
            await started.wait()
        yield opened
    finally:
        gone.set()
        await asyncio.wait({task}, timeout=5)
        task.cancel()


async def _call(app: ASGIApp, scope: Scope, receive: Any, send: Any) -> None:
    await app(scope, receive, send)


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    """Every tag of a page with its attributes, as a browser's parser sees them."""
    parser = _Markup()
    parser.feed(html)
    return parser.tags
