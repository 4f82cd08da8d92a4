"""The desk in somebody else's application: everything is below its prefix, whoever cuts that off or not."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from livechat_sdk_helvia.web.headers import CONTENT_SECURITY_POLICY
from livechat_sdk_helvia.webchat import WebChat
from providers.helvia.tests.browsing import client, csrf_of, sign_in, stream, tags, token_of
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.routes import ENDLESS, every_way
from providers.helvia.tests.test_attacks import places_of
from providers.helvia.tests.world import Clock, World, make_world

PREFIX = "/support/help desk"
SEEN = "/support/help%20desk"
"""The prefix as it stands in addresses."""


async def _theirs(request: Request) -> Response:
    return PlainTextResponse(f"theirs, with {sorted(request.cookies)}")


def by_starlette(desk: ASGIApp) -> ASGIApp:
    """Mounted twice over, beside pages of the application around it."""
    return Starlette(
        routes=[
            Mount("/support", routes=[Mount("/help desk", desk)]),
            Route("/{path:path}", _theirs),
        ]
    )


def by_hand(desk: ASGIApp, *, cut: bool) -> ASGIApp:
    """Without a framework. With ``cut`` the prefix is taken from the path, as servers did once."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if path.startswith(f"{PREFIX}/"):
            inside = path.removeprefix(PREFIX) if cut else path
            await desk({**scope, "root_path": PREFIX, "path": inside}, receive, send)
        else:
            await PlainTextResponse("theirs")(scope, receive, send)

    return app


WAYS: dict[str, Callable[[ASGIApp], ASGIApp]] = {
    "starlette": by_starlette,
    "by hand": lambda desk: by_hand(desk, cut=False),
    "cut off": lambda desk: by_hand(desk, cut=True),
}


@pytest.mark.parametrize("way", WAYS)
async def test_an_agents_day_below_a_prefix(quick_world: World, way: str) -> None:
    app = WAYS[way](quick_world.provider.pages())
    await quick_world.chat()
    async with client(app, base_url="https://host") as browser:
        first = await browser.get(f"{SEEN}/inbox/new")
        assert first.status_code == 303
        assert first.headers["location"] == f"{SEEN}/login?next=inbox%2Fnew"
        form = await browser.get(first.headers["location"])
        csrf = await sign_in(browser, "ada", SEEN)
        for cookie in browser.cookies.jar:
            assert (cookie.path, cookie.secure) == (SEEN, True)
            assert cookie.name.startswith("__Secure-desk_")
        assert form.headers["content-security-policy"] == CONTENT_SECURITY_POLICY

        page = await browser.get(f"{SEEN}/inbox/new")
        [request] = set(re.findall(r"/requests/(\d+)", page.text))
        accepted = await browser.post(f"{SEEN}/requests/{request}/accept", data={"csrf_token": csrf})
        assert accepted.status_code == 303, accepted.text
        place = accepted.headers["location"]
        conversation = place.rpartition("/")[2]
        assert place == f"{SEEN}/conversations/{conversation}"

        sent = await browser.post(
            f"{place}/messages", data={"csrf_token": csrf, "text": "Good morning", "key": "k-1"}
        )
        assert (sent.status_code, urlsplit(sent.headers["location"]).path) == (303, place)
        assert "Good morning" in (await browser.get(place)).text
        cookies = "; ".join(f"{one.name}={one.value}" for one in browser.cookies.jar)
        live = f"{PREFIX}/live?conversation={conversation}"
        async with stream(app, live, cookies=cookies, scheme="https") as events:
            while "Good morning" not in (await events.next("message")).data["html"]:
                pass

        theirs = await browser.get("/elsewhere")
        assert theirs.text.startswith("theirs")
        assert "desk" not in theirs.text, "the session went to the application around the desk"
        out = await browser.post(f"{SEEN}/logout", data={"csrf_token": csrf})
        assert out.headers["location"] == f"{SEEN}/login"
        assert (await browser.get(place)).status_code == 303


@pytest.mark.parametrize("way", WAYS)
async def test_a_program_below_a_prefix(quick_world: World, way: str) -> None:
    async with client(WAYS[way](quick_world.provider.pages())) as program:
        bearer = await token_of(program, "ada", SEEN)
        listed = await program.get(f"{SEEN}/api/requests", headers=bearer)
        assert listed.json() == {"items": []}
        refused = await program.get(f"{SEEN}/api/requests")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "not_signed_in")
        document = await program.get(f"{SEEN}/manager/openapi.json")
        [server] = document.json()["servers"]
        assert urljoin(str(document.url), server["url"]) == f"http://host{SEEN}/manager/"


# ----------------------------------------------------------------------------------- whatever a page leads to
ADDRESSES = frozenset({"href", "src", "action", "formaction", "data-base", "data-src", "data-href", "poster"})


def led_to(page: httpx.Response) -> set[str]:
    """Every address that a page holds, whole."""
    found = {
        urljoin(str(page.url), value)
        for _, attributes in tags(page.text)
        for name, value in attributes.items()
        if name in ADDRESSES and value is not None
    }
    if "location" in page.headers:
        found.add(urljoin(str(page.url), page.headers["location"]))
    return found


def inside(address: str) -> bool:
    parts = urlsplit(address)
    return parts.netloc == "host" and (parts.path == SEEN or parts.path.startswith(f"{SEEN}/"))


async def _crawled(get: Callable[[str], Awaitable[httpx.Response]], begin: set[str]) -> dict[str, int]:
    """Follow every address of every page; what was there, with its status."""
    asked: dict[str, int] = {}
    waiting = sorted(begin)
    while waiting:
        address = waiting.pop()
        where = urlsplit(address)
        plain = where._replace(query="", fragment="").geturl() if where.query else address
        if plain in asked or where.path.removeprefix(SEEN) in ENDLESS:
            continue
        page = await get(address)
        asked[plain] = page.status_code
        assert page.status_code < 500, f"{address}: {page.status_code}"
        if "text/html" not in page.headers.get("content-type", "text/html"):
            continue
        for one in sorted(led_to(page)):
            assert inside(one), f"{address} leads out of the desk: {one}"
            waiting.append(one)
    return asked


@pytest.mark.parametrize("name", ["ada", "ines"])
async def test_no_page_holds_an_address_outside(memory: MemoryDatabase, clock: Clock, name: str) -> None:
    world = await make_world(clock, memory)
    places = await places_of(world)
    app = by_starlette(world.provider.pages())
    async with client(app) as browser:
        await sign_in(browser, name, SEEN)
        begin = {
            f"http://host{SEEN}{way.address(places).removeprefix('/desk')}"
            for way in every_way()
            if way.method == "GET" and not way.for_programs
        }
        asked = await _crawled(browser.get, begin | {f"http://host{SEEN}/nothing", f"http://host{SEEN}/"})
    pages = [path for path, status in asked.items() if status == 200]
    assert len(pages) > 25, sorted(asked)
    lost = {urlsplit(path).path.removeprefix(SEEN) for path, status in asked.items() if status == 404}
    assert lost <= {"/nothing"} | {path.removeprefix(f"http://host{SEEN}") for path in begin}, lost


async def test_the_chat_page_stays_below_its_prefix(memory: MemoryDatabase, clock: Clock) -> None:
    chat = WebChat(memory, now=clock.now)

    async def bot(_conversation: str, _message: Any) -> None:
        pass

    await chat.start(bot)
    try:
        async with client(by_starlette(chat.app()), base_url="https://host") as browser:
            page = await browser.get(f"{SEEN}/")
            [cookie] = browser.cookies.jar
            assert (cookie.name, cookie.path, cookie.secure) == ("__Secure-webchat", SEEN, True)
            fields = {"csrf_token": csrf_of(page), "text": "hello"}
            said = await browser.post(f"{SEEN}/messages", data=fields)
            assert said.headers["location"] == f"{SEEN}/"
            page = await browser.get(f"{SEEN}/")
            assert "hello" in page.text
            assert all(inside(one) for one in led_to(page))
    finally:
        await chat.stop()
