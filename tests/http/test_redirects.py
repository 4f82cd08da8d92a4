"""Redirects: followed when asked, as far as the rule allows, without what the next place may not know."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from livechat_sdk.errors import ProtocolError, ProviderError
from livechat_sdk.http import Answer, BearerAuth, Egress, EgressRefused, VendorClient, override_transport
from tests.http.loopback import Connection, loopback

BASE = "https://toy.test"


class Places(httpx.AsyncBaseTransport):
    """Answers by address."""

    def __init__(self, places: Mapping[str, httpx.Response | Exception]) -> None:
        self.places = places
        self.seen: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        found = self.places.get(str(request.url), httpx.Response(404))
        if isinstance(found, Exception):
            raise found
        return httpx.Response(found.status_code, headers=found.headers, content=found.content)

    @property
    def trail(self) -> list[tuple[str, str]]:
        return [(one.method, str(one.url)) for one in self.seen]


def to(place: str, status: int = 302) -> httpx.Response:
    return httpx.Response(status, headers={"location": place})


GOOD = httpx.Response(200, text="here")


async def call(
    places: Mapping[str, httpx.Response | Exception], method: str = "GET", **more: Any
) -> tuple[Places, Answer | ProviderError]:
    transport = Places(places)
    client = VendorClient(
        provider="TOY",
        base_url=BASE,
        auth=BearerAuth(SecretStr("the-token")),
        headers={"X-Api-Key": "the-key"},
        egress=more.pop("egress", None),
    )
    with override_transport(transport):
        try:
            return transport, await client.request("read", method, "/a", **{"redirects": 5, **more})
        except ProviderError as error:
            return transport, error


async def test_a_redirect_that_nobody_asked_to_follow_is_a_broken_protocol() -> None:
    transport, outcome = await call({f"{BASE}/a": to("/b")}, redirects=0)
    assert isinstance(outcome, ProtocolError)
    assert outcome.status == 302
    assert len(transport.seen) == 1


async def test_a_caller_may_expect_the_redirect_itself() -> None:
    _, outcome = await call({f"{BASE}/a": to("/b")}, redirects=0, expect=(302,))
    assert isinstance(outcome, Answer)
    assert outcome.headers["location"] == "/b"


async def test_within_the_origin_credentials_go_along() -> None:
    transport, outcome = await call({f"{BASE}/a": to("/b?x=1"), f"{BASE}/b?x=1": GOOD})
    assert isinstance(outcome, Answer)
    assert transport.seen[1].headers["authorization"] == "Bearer the-token"


@pytest.mark.parametrize(
    "place", ["https://cdn.example/f", "//cdn.example/f", "https://toy.test:8443/f", "https://sub.toy.test/f"]
)
async def test_another_origin_gets_no_credentials(place: str) -> None:
    whole = place if place.startswith("https:") else "https:" + place
    egress = Egress(["toy.test", "*.toy.test"])
    transport, outcome = await call({f"{BASE}/a": to(place), whole: GOOD}, egress=egress)
    assert isinstance(outcome, Answer)
    sent = transport.seen[1].headers
    assert sorted(sent) == ["accept", "accept-encoding", "host", "user-agent"]


async def test_the_way_back_to_the_origin_gets_no_credentials_either() -> None:
    transport, outcome = await call(
        {
            f"{BASE}/a": to("https://cdn.example/f"),
            "https://cdn.example/f": to(f"{BASE}/b"),
            f"{BASE}/b": GOOD,
        }
    )
    assert isinstance(outcome, Answer)
    assert "authorization" not in transport.seen[2].headers
    assert "x-api-key" not in transport.seen[2].headers


@pytest.mark.parametrize(
    "place",
    [
        "http://10.0.0.1/",
        "http://127.0.0.1/",
        "https://169.254.169.254/x",
        "ftp://cdn.example/",
        "https://u:p@cdn.example/",
    ],
)
async def test_another_origin_is_put_to_the_rule_even_for_a_client_without_one(place: str) -> None:
    transport, outcome = await call({f"{BASE}/a": to(place)})
    assert isinstance(outcome, EgressRefused)
    assert outcome.provider == "TOY"
    assert len(transport.seen) == 1


async def test_a_redirect_never_leaves_https() -> None:
    transport, outcome = await call({f"{BASE}/a": to("http://toy.test/b")})
    assert isinstance(outcome, EgressRefused)
    assert len(transport.seen) == 1


async def test_a_body_is_not_carried_to_another_origin() -> None:
    transport, outcome = await call(
        {f"{BASE}/a": to("https://cdn.example/f", 307)}, "POST", json={"text": "private"}
    )
    assert isinstance(outcome, EgressRefused)
    assert len(transport.seen) == 1


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("PUT", 302, "PUT"),
        ("PUT", 303, "GET"),
        ("GET", 302, "GET"),
        ("HEAD", 303, "HEAD"),
    ],
)
async def test_the_method_and_body_of_the_next_request(method: str, status: int, then: str) -> None:
    more: Any = {} if method in ("GET", "HEAD") else {"json": {"a": 1}}
    transport, outcome = await call({f"{BASE}/a": to("/b", status), f"{BASE}/b": GOOD}, method, **more)
    assert isinstance(outcome, Answer)
    assert transport.trail == [(method, f"{BASE}/a"), (then, f"{BASE}/b")]
    kept = then == method and bool(more)
    assert transport.seen[1].content == (b'{"a":1}' if kept else b"")
    assert ("content-type" in transport.seen[1].headers) is kept


async def test_a_circle_ends() -> None:
    transport, outcome = await call({f"{BASE}/a": to("/b"), f"{BASE}/b": to("/a")}, redirects=4)
    assert isinstance(outcome, ProtocolError)
    assert len(transport.seen) == 5


async def test_a_place_that_cannot_be_read_is_a_broken_protocol() -> None:
    for place in ("http://[", "https://toy.test:port/", "https://\x00/"):
        _, outcome = await call({f"{BASE}/a": to(place)})
        assert isinstance(outcome, ProtocolError | EgressRefused), place


async def test_a_failure_behind_a_redirect_does_not_say_that_the_request_never_left() -> None:
    transport, outcome = await call({f"{BASE}/a": to("/b", 303), f"{BASE}/b": httpx.ConnectError("")}, "POST")
    assert isinstance(outcome, ProviderError)
    assert outcome.sent is True
    assert len(transport.seen) == 2


async def test_a_redirect_is_put_to_the_rule_when_its_name_is_looked_up_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def redirect(connection: Connection) -> None:
        await connection.request()
        await connection.answer(302, b"", {"location": "http://innocent.example/"})

    async def look_up(host: str, port: int, **_: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    async with loopback(redirect) as server, VendorClient(provider="TOY", base_url=server.url) as client:
        with pytest.raises(EgressRefused, match="innocent"):
            await client.request("read", "GET", "/", redirects=1)
