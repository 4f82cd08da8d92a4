"""Attacks on every route that the desk has: each is refused, none is answered with a fault of ours.

The routes come from the application. A new one is attacked from its first day, and a parameter that the list
of ``routes.py`` does not know fails the first test here.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.types import ASGIApp

from livechat_sdk.domain.people import EndUser
from livechat_sdk.files import one_piece
from livechat_sdk_helvia.faults import DeskFault
from livechat_sdk_helvia.web.headers import CONTENT_SECURITY_POLICY
from livechat_sdk_helvia.web.manager.routes import OPERATIONS
from providers.helvia.tests import test_rights
from providers.helvia.tests.browsing import client, csrf_of, mounted, sign_in, tags, token_of
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.routes import ENDLESS, OPEN, Way, every_name, every_way
from providers.helvia.tests.world import PASSWORD, Clock, World, make_world

WAYS = every_way()
NAMES = every_name()
AREAS = ["api", "manager", "admin", "desk"]
NOT_SERVED = {(one.method, f"/manager{one.path}") for one in OPERATIONS if one.handler is None}
SIGN_OUT = {"/logout", "/api/logout"}
SERVICE_TOKEN = "a service token of the tests, 32 characters or more"

SCRIPT = "\"'><script>alert('x')</script><img src=x onerror=alert(1)>"
HOSTILE = [
    SCRIPT,
    "x\r\nset-cookie: planted=1\r\nx-planted: 1\r\n\r\n<script>alert(1)</script>",
    "../../../../etc/passwd",
    "//evil.example/",
    "javascript:alert(1)",
    "x'); DROP TABLE desk_users; --",
    "\x00\x01\x7f\u202e",
    "-1",
    "99999999999999999999999999",
    "\u0661\u0662",
    "nan",
    "9999-12-31T23:59:59.999999+14:00",
]
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    2**80,
    1e308,
    "\ud800",
    [],
    {},
    [[]],
    [{}],
    [None],
    {"id": {}},
    ["x"] * 500,
]


@pytest.fixture
async def quick_world(memory: MemoryDatabase, clock: Clock) -> World:
    """A desk that knows a service too."""
    return await make_world(clock, memory, serviceTokens=[SERVICE_TOKEN])


@pytest.fixture
async def places(quick_world: World) -> dict[str, Any]:
    """What there is at the desk, by the names of ``routes.py``."""
    return await places_of(quick_world)


async def places_of(world: World) -> dict[str, Any]:
    made = await test_rights.places(world)
    row = {"day": 1, "opens_at": 540, "closes_at": 1020}
    hours = await world.desk.hours.add(world.ines, str(made["group"]), row)
    return made | {
        "hours": hours.id,
        "ticket": f"{made['conversation']}",
        "bot": "shop-bot",
        "seq": 2,
        "workspace": world.desk.context.workspace,
        "session": "conversation-ref-1",
        "contact": "u-1",
        "static": "desk.js",
        "tab": "new",
        "table": "summary",
        "index": 0,
    }


def asked_safely(way: Way) -> bool:
    """Whether an attack by somebody who may come in can be read to its end."""
    return way.path not in ENDLESS


def checked(answer: httpx.Response, way: Way) -> httpx.Response:
    """What holds for every answer, whatever was asked."""
    what = f"{way.method} {way.path} <- {str(answer.request.url)[:300]}: {answer.status_code}"
    if answer.status_code != 501 or (way.method, way.path) not in NOT_SERVED:
        assert answer.status_code < 500, f"{what}\n{answer.text[:500]}"
    assert "Traceback" not in answer.text, what
    assert "planted" not in answer.headers.get("set-cookie", ""), what
    assert "x-planted" not in answer.headers, what
    if answer.status_code == 404 and (answer.text == "Not Found" or way.method == "HEAD"):
        return answer  # no address below ours (a line break in it, say): the application around us answers
    policy = answer.headers["content-security-policy"]
    assert policy == CONTENT_SECURITY_POLICY or "sandbox" in policy, what
    assert answer.headers["x-content-type-options"] == "nosniff", what
    location = answer.headers.get("location")
    if location is not None:
        assert location.startswith("/desk/"), f"{what} leads to {location}"
        assert ".." not in location, what
    if answer.headers.get("content-type", "").startswith("text/html"):
        for tag, attributes in tags(answer.text):
            assert tag not in {"style", "iframe", "object", "embed", "base"}, what
            if tag in {"script", "img"}:
                source = attributes.get("src") or ""
                assert source.startswith(("/desk/static/", "/desk/conversations/")), what
            for name, value in attributes.items():
                assert not name.startswith("on"), (what, name)
                if name in {"href", "src", "action", "formaction"}:
                    assert not (value or "").strip().lower().startswith(("javascript:", "data:")), (
                        what,
                        name,
                    )
    return answer


class Attacker:
    """Somebody at a browser and at a program, with or without a session."""

    def __init__(self, http: httpx.AsyncClient, *, csrf: str = "", bearer: str = "") -> None:
        self.http, self.csrf, self.bearer = http, csrf, bearer

    async def ask(self, way: Way, address: str, fields: Mapping[str, Any] | None = None) -> httpx.Response:
        """The way as its own page or program asks, with these fields."""
        given = dict(fields or {})
        if way.for_programs:
            headers = {"authorization": f"Bearer {self.bearer}"} if self.bearer else {}
            body = json.dumps(given).encode() if way.writes else b""
            headers |= {"content-type": "application/json"} if way.writes else {}
            answer = await self.http.request(way.method, address, content=body, headers=headers)
        elif way.writes:
            headers = {"x-csrf-token": self.csrf} if self.csrf else {}
            answer = await self.http.request(way.method, address, data=given, headers=headers)
        else:
            answer = await self.http.request(way.method, address)
        return checked(answer, way)


async def come_in(http: httpx.AsyncClient, name: str) -> Attacker:
    """Somebody of the team."""
    csrf = await sign_in(http, name)
    token = (await token_of(http, name))["authorization"].removeprefix("Bearer ")
    return Attacker(http, csrf=csrf, bearer=token)


def stored(memory: MemoryDatabase) -> list[str]:
    """Everything that is stored, without what tells that somebody was seen, signed in or read."""
    quiet = (
        "desk_sessions",
        "desk_audit",
        "desk_members",
        "desk_reads",
        "desk_exports",
        "desk_manager_tokens",
        "desk_presence",
    )
    lines = memory.dump().splitlines()
    return [line for line in lines if not any(f'INSERT INTO "{name}' in line for name in quiet)]


# ------------------------------------------------------------------------------------- every route has a case
async def test_every_route_has_an_address_that_is_attacked(places: Mapping[str, Any]) -> None:
    assert len(WAYS) > 150
    for way in WAYS:
        assert "{" not in way.address(places), f"{way}: tell routes.py what its parameter is"
    assert {(way.method, way.path) for way in WAYS} >= OPEN


def test_every_page_and_call_is_in_the_table_of_rights() -> None:
    rights = test_rights
    table = [
        *rights.PAGES,
        *rights.API,
        *rights.OWN_PASSWORD,
        *rights.OWN_PASSWORD_API,
        *rights.HANDING,
        *rights.HANDING_API,
        *rights.ADMIN,
        *rights.ADMIN_API,
    ]
    known = {(method, shape(path.partition("?")[0])) for method, path in table}
    elsewhere = {
        *OPEN,
        ("POST", "/logout"),
        ("POST", "/api/logout"),
        ("GET", "/api/tickets/{ticket}"),  # test_automation_pages.py
        ("POST", "/conversations/{id}/files"),  # test_files.py
        ("GET", "/admin/transcripts/progress"),  # test_transcripts.py
        ("GET", "/live"),  # test_live.py, test_sight.py
    }
    missing = [
        way
        for way in WAYS
        if (way.method, way.path) not in elsewhere
        and not way.path.startswith("/manager/")  # tests/test_manager.py has the same of its own
        and (way.method, shape(way.path)) not in known
    ]
    assert missing == [], "add them to test_rights.py"


def shape(path: str) -> str:
    """A path with a mark in the place of each number or name that can vary."""
    fixed = {"shop-bot", "billing", "summary.csv", "conversations.csv", "{table}.csv", "2", "0", "1"}
    inboxes = {"inbox/new", "inbox/open", "inbox/closed"}
    path = "inbox/*" if path in inboxes else path.strip("/")
    return "/".join("*" if part.startswith("{") or part in fixed else part for part in path.split("/"))


# ------------------------------------------------------------------------------------------------- no session
async def test_without_a_session_no_route_tells_or_changes_anything(
    places: Mapping[str, Any], memory: MemoryDatabase, app: ASGIApp
) -> None:
    before = stored(memory)
    for way in WAYS:
        if way.is_open:
            continue
        for session in ("", "guess", "x" * 5000):
            async with client(app) as http:
                http.cookies.set("desk_session", session)
                answer = await Attacker(http, csrf="guess", bearer=session).ask(way, way.address(places))
                assert answer.status_code == (401 if way.for_programs else 303), (
                    f"{way}: {answer.status_code}"
                )
                assert "Maria" not in answer.text
    assert stored(memory) == before


async def test_what_signing_in_gives_is_new_and_what_was_planted_is_worthless(
    quick_world: World, app: ASGIApp
) -> None:
    async with client(app) as http:
        await sign_in(http, "ada")
        first = http.cookies["desk_session"]
        await sign_in_again(http, "ben")
        assert http.cookies["desk_session"] != first
    async with client(app) as thief:
        for planted in (first, "planted-by-somebody"):
            thief.cookies.set("desk_session", planted)
            for way in WAYS:
                if not way.for_programs and not way.is_open and asked_safely(way):
                    answer = await thief.get("/desk/inbox/new")
                    assert answer.status_code == 303


async def sign_in_again(http: httpx.AsyncClient, name: str) -> None:
    form = await http.get("/desk/login?again=1")
    fields = {"csrf_token": csrf_of(form), "email": f"{name}@example.org", "password": PASSWORD}
    assert (await http.post("/desk/login", data=fields)).status_code == 303


# ------------------------------------------------------------------------------------------------------- CSRF
@pytest.mark.parametrize("name", ["ada", "ines"])
async def test_no_form_is_taken_without_the_token_of_its_own_session(
    places: Mapping[str, Any], memory: MemoryDatabase, app: ASGIApp, name: str
) -> None:
    async with client(app) as http, client(app) as other:
        own, foreign = await sign_in(http, name), await sign_in(other, name)
        before = stored(memory)
        for way in WAYS:
            if way.for_programs or way.is_open or not way.writes:
                continue
            for token in ("", "guess", foreign, own[:-1], own + "x"):
                fields = dict(test_rights.FIELDS) | {"csrf_token": token}
                answer = await Attacker(http, csrf=token).ask(way, way.address(places), fields)
                assert answer.status_code == 403, f"{way} took the token {token!r}: {answer.status_code}"
            bare = await http.post(way.address(places), content=b"", headers={"content-type": "text/plain"})
            assert bare.status_code in {403, 415}, f"{way}: {bare.status_code}"
        assert stored(memory) == before


@pytest.mark.parametrize("name", ["ada", "ines"])
async def test_no_address_that_is_only_read_changes_anything(
    places: Mapping[str, Any], memory: MemoryDatabase, app: ASGIApp, name: str
) -> None:
    async with client(app) as http:
        attacker = await come_in(http, name)
        before = stored(memory)
        for way in WAYS:
            if not way.writes and asked_safely(way):
                await attacker.ask(way, way.address(places))
                assert stored(memory) == before, f"{way} changed something"


# ------------------------------------------------------------------------------------------- forced browsing
@pytest.mark.parametrize(("name", "workspace"), [("other", "default"), ("desk", "elsewhere")])
async def test_nothing_of_one_desk_is_seen_or_touched_from_another(
    places: Mapping[str, Any], memory: MemoryDatabase, clock: Clock, app: ASGIApp, name: str, workspace: str
) -> None:
    elsewhere = await make_world(clock, memory, name=name, workspace=workspace, serviceTokens=[SERVICE_TOKEN])
    before = stored(memory)
    async with client(app) as here, client(mounted(elsewhere.provider.pages())) as there:
        stranger = await come_in(here, "ines")
        there.cookies.update(here.cookies)
        for way in WAYS:  # a session of here is nobody there
            if not way.is_open:
                answer = await Attacker(there, csrf=stranger.csrf, bearer=stranger.bearer).ask(
                    way, way.address(places), test_rights.FIELDS
                )
                assert answer.status_code == (401 if way.for_programs else 303), (
                    f"{way}: {answer.status_code}"
                )
        assert stored(memory) == before
        there.cookies.clear()
        member = await come_in(there, "ines")
        mine = [line for line in stored(memory) if f"'{workspace}'" not in line or f"'{name}'" not in line]
        for way in WAYS:
            if way.is_open or not asked_safely(way) or way.path in SIGN_OUT:
                continue
            for values in ({}, test_rights.FIELDS):
                answer = await member.ask(way, way.address(places), values)
                assert "Maria" not in answer.text, f"{way} told of the other desk"
                assert "ref-1" not in answer.text, way
        after = [line for line in stored(memory) if f"'{workspace}'" not in line or f"'{name}'" not in line]
        assert after == mine


# ------------------------------------------------------------------------------------------- hostile input
def hostile_addresses(way: Way, places: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys(way.parameters()):
        for value in HOSTILE:
            yield way.address({**places, name: quote(value[:3000], safe="")})


@pytest.mark.parametrize("area", AREAS)
async def test_no_part_of_an_address_does_harm(places: Mapping[str, Any], app: ASGIApp, area: str) -> None:
    async with client(app) as http:
        attacker = await come_in(http, "ines")
        for way in WAYS:
            if asked_safely(way) and way.area == area:
                for address in hostile_addresses(way, places):
                    await attacker.ask(way, address, {"text": "x"})


@pytest.mark.parametrize("area", AREAS)
async def test_no_query_does_harm(places: Mapping[str, Any], app: ASGIApp, area: str) -> None:
    async with client(app) as http:
        attacker = await come_in(http, "ines")
        for way in WAYS:
            if not way.writes and asked_safely(way) and way.area == area:
                for value in HOSTILE[:4]:
                    short = value[:60]
                    query = "&".join(f"{name}={quote(short, safe='')}" for name in NAMES)
                    await attacker.ask(way, f"{way.address(places)}?{query}")


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("name", ["ada", "ines"])
async def test_no_field_does_harm(places: Mapping[str, Any], app: ASGIApp, name: str, area: str) -> None:
    async with client(app) as http:
        attacker = await come_in(http, name)
        for way in WAYS:
            if way.writes and way.area == area and way.path not in SIGN_OUT:
                for value in HOSTILE[::2]:
                    for names in [NAMES] if way.for_programs else [NAMES[:49], NAMES[49:98], NAMES[98:]]:
                        await attacker.ask(way, way.address(places), dict.fromkeys(names, value))


async def test_no_field_with_a_value_of_another_type_does_harm(
    places: Mapping[str, Any], app: ASGIApp
) -> None:
    async with client(app) as http:
        attacker = await come_in(http, "ines")
        for way in WAYS:
            if way.writes and way.for_programs and way.path not in SIGN_OUT:
                for value in ODD:
                    await attacker.ask(way, way.address(places), dict.fromkeys(NAMES, value))
                for body in (
                    b"",
                    b"[]",
                    b"null",
                    b"{",
                    b"\xff\xfe",
                    b"[" * 100_000,
                    b'{"a":1e999999}',
                    b"9" * 9000,
                ):
                    headers = {
                        "authorization": f"Bearer {attacker.bearer}",
                        "content-type": "application/json",
                    }
                    sent = await http.request(way.method, way.address(places), content=body, headers=headers)
                    checked(sent, way)


async def test_services_do_no_harm_either(places: Mapping[str, Any], app: ASGIApp) -> None:
    async with client(app) as http:
        service = Attacker(http, bearer=SERVICE_TOKEN)
        for way in WAYS:
            if way.path.startswith("/manager/"):
                for address in hostile_addresses(way, places):
                    await service.ask(way, address, {})
                for value in [*HOSTILE[::3], *ODD[::2]]:
                    await service.ask(way, way.address(places), dict.fromkeys(NAMES, value))


# ------------------------------------------------------------------------------------- too large, wrong kind
async def test_what_is_too_large_is_refused(
    places: Mapping[str, Any], memory: MemoryDatabase, app: ASGIApp
) -> None:
    big = b"a=" + b"x" * 300_000
    async with client(app) as http:
        attacker = await come_in(http, "ines")
        before = stored(memory)
        for way in WAYS:
            if not way.writes or way.path in SIGN_OUT:
                continue
            kind = "application/json" if way.for_programs else "application/x-www-form-urlencoded"
            headers = {
                "content-type": kind,
                "x-csrf-token": attacker.csrf,
                "authorization": "Bearer " + attacker.bearer,
            }
            address = way.address(places)
            for content in (big, endless()):
                answer = await http.request(way.method, address, content=content, headers=headers)
                if (
                    way.method == "DELETE"
                    or answer.status_code in {403, 404, 409, 422, 501}
                    or reads_no_body(way)
                ):
                    continue
                assert checked(answer, way).status_code in {400, 413, 415}, f"{way}: {answer.status_code}"
        assert [line for line in stored(memory) if "x" * 1000 in line] == []
        assert len(stored(memory)) <= len(before) + 2


def reads_no_body(way: Way) -> bool:
    """What a program does by asking alone."""
    return way.for_programs and way.path.endswith(
        ("/accept", "/end", "/leave", "/decline", "/cancel", "/typing", "/users/{id}/password")
    )


async def endless() -> AsyncIterator[bytes]:
    for _ in range(40):
        yield b"x" * 10_000


@pytest.mark.parametrize("area", AREAS)
async def test_long_headers_cookies_and_queries_do_no_harm(
    places: Mapping[str, Any], app: ASGIApp, area: str
) -> None:
    async with client(app) as http:
        attacker = await come_in(http, "ines")
        long = "x" * 70_000
        for way in WAYS:
            if asked_safely(way) and way.area == area and way.path not in SIGN_OUT:
                headers = {
                    "x-csrf-token": long,
                    "accept-language": long,
                    "accept": long,
                    "if-none-match": long,
                }
                await attacker.ask(way, f"{way.address(places)}?name={long[:60_000]}")
                for more in ({"authorization": f"Bearer {long}"}, {"cookie": f"desk_session={long}"}):
                    sent = await http.request(way.method, way.address(places), headers=headers | more)
                    checked(sent, way)


async def test_other_methods_are_not_answered(places: Mapping[str, Any], app: ASGIApp) -> None:
    async with client(app) as http:
        attacker = await come_in(http, "ines")
        headers = {"authorization": f"Bearer {attacker.bearer}", "x-csrf-token": attacker.csrf}
        by_path: dict[str, set[str]] = {}
        for way in WAYS:
            by_path.setdefault(way.path, set()).update(
                {way.method, "HEAD"} if way.method == "GET" else {way.method}
            )
        for path, methods in by_path.items():
            address = Way("GET", path).address(places)
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"} - methods:
                if any(other.path != path and answers(other, method, address, places) for other in WAYS):
                    continue  # the same address is that of another route, too
                answer = await http.request(method, address, headers=headers)
                assert checked(answer, Way(method, path)).status_code in {404, 405}, f"{method} {path}"


def answers(way: Way, method: str, address: str, places: Mapping[str, Any]) -> bool:
    """Whether this route answers that method at that address."""
    pattern = way.path.split("/")
    given = address.removeprefix("/desk").split("/")
    same = len(pattern) == len(given) or ":path}" in way.path
    return (
        way.method == method
        and same
        and all("{" in a or a == b for a, b in zip(pattern, given, strict=False))
    )


async def test_a_host_of_somebody_elses_leads_nowhere(places: Mapping[str, Any], app: ASGIApp) -> None:
    async with client(app) as http:
        attacker = await come_in(http, "ines")
        http.headers.update({"host": "evil.example", "x-forwarded-host": "evil.example"})
        for way in WAYS:
            if asked_safely(way) and way.path not in SIGN_OUT:
                answer = await attacker.ask(way, way.address(places), test_rights.FIELDS)
                assert "evil.example" not in answer.text, way
                assert "evil.example" not in str(answer.headers), way


# ------------------------------------------------------------------------------------------ files and tables
ACTIVE = {
    "page.html": (b"<!doctype html><script>alert(1)</script>", "text/html"),
    "picture.svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "image/svg+xml"),
    "picture.png": (b"<script>alert(1)</script>", "image/png"),
    "both.gif": (b"GIF89a/*<script>alert(1)</script>*/=1", "text/html"),
    "../../../etc/cron.d/x.txt": (b"* * * * * root true", "text/plain"),
    "x\r\nset-cookie: planted=1.txt": (b"hello", "text/plain"),
    "x\x00.txt": (b"hello", "text/plain"),
    "n" * 900 + ".txt": (b"hello", "text/plain"),
}


@pytest.mark.parametrize("name", sorted(ACTIVE))
async def test_no_file_becomes_something_that_a_browser_runs(
    quick_world: World, app: ASGIApp, name: str
) -> None:
    content, kind = ACTIVE[name]
    talk = await quick_world.accepted()
    way = Way("GET", "/conversations/{id}/files/{seq}/{index}")
    try:
        file = await quick_world.desk.files.upload(
            quick_world.ada, talk, one_piece(content), name=name, media_type=kind
        )
    except DeskFault as refused:
        if refused.status not in {413, 415, 422}:
            raise
        return
    sent, _ = await quick_world.desk.messages.send(quick_world.ada, talk, "see", files=[file.id])
    async with client(app) as http:
        await sign_in(http, "ada")
        for query in ("", "?show", "?show=1"):
            answer = await http.get(f"/desk/conversations/{talk.id}/files/{sent.seq}/0{query}")
            assert checked(answer, way).status_code == 200
            assert "sandbox" in answer.headers["content-security-policy"]
            disposition = answer.headers["content-disposition"]
            if answer.headers["content-type"] != "image/gif":
                assert answer.headers["content-type"] == "application/octet-stream"
                assert disposition.startswith("attachment;")
            assert "/" not in disposition
            assert "\r" not in disposition


async def test_no_cell_of_a_table_is_a_formula(quick_world: World, app: ASGIApp) -> None:
    evil, talks = '=HYPERLINK("https://evil.example")', list[int]()
    for sign in ("=", "+", "-", "@"):
        person = EndUser(id=f"u{ord(sign[0])}", name=sign + evil, email=sign + evil, language=sign + evil)
        talk = await quick_world.accepted(f"ref{ord(sign[0])}{len(sign)}", user=person, reason=sign + evil)
        await quick_world.desk.messages.send(quick_world.ada, talk, sign + evil)
        await quick_world.desk.conversations.end(quick_world.ada, talk.id)
        talks.append(talk.id)
    async with client(app) as http:
        await sign_in(http, "ines")
        days = "from=2026-03-01&to=2026-03-31&zone=UTC"
        for address in (
            f"analytics/summary.csv?{days}",
            f"analytics/conversations.csv?{days}",
            *(f"conversations/{talk}/transcript" for talk in talks),
        ):
            answer = await http.get(f"/desk/{address}")
            assert answer.status_code == 200, address
            for row in csv.reader(io.StringIO(answer.text)):
                for cell in row:
                    harmless = cell.lstrip("-").replace(".", "", 1).isdigit()
                    assert harmless or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), (address, cell)


def test_the_database_of_these_tests_can_be_read_whole() -> None:
    """``stored`` would prove nothing over tables that it does not see."""
    with closing(MemoryDatabase()) as memory:
        memory.run("CREATE TABLE desk_any (a TEXT)")
        memory.run("INSERT INTO desk_any VALUES ('x')")
        assert any("'x'" in line for line in stored(memory))
