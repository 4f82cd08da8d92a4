"""The desk behind a proxy: limits and the audit log know the client, and a forged header changes nothing."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from livechat_sdk.config import GatewaySettings
from livechat_sdk.gateway.outside import Outside
from livechat_sdk_helvia.audit import AuditFilter
from livechat_sdk_helvia.webchat import WebChat
from providers.helvia.tests.browsing import client, csrf_of, mounted
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import PASSWORD, Clock, World

PROXY = "10.1.2.3"
CLIENT = "198.51.100.1"
PER_ADDRESS = 30


def behind(app: ASGIApp, **settings: Any) -> ASGIApp:
    """The application as the gateway serves it with these settings."""
    return Outside(app, GatewaySettings.model_validate(settings))


async def fails(program: httpx.AsyncClient, number: int, headers: dict[str, str]) -> int:
    """A login that cannot succeed, of an account of its own; the status."""
    fields = {"email": f"nobody-{number}@example.org", "password": "not this one"}
    return (await program.post("/desk/api/login", json=fields, headers=headers)).status_code


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
@pytest.mark.parametrize("peer", [CLIENT, PROXY])
async def test_no_forged_header_gets_around_the_limit_of_an_address(
    app: ASGIApp, header: str, peer: str
) -> None:
    """Neither of a stranger, nor what a client has sent before the proxy has added its own."""
    added = f", {'for=' if header == 'Forwarded' else ''}{CLIENT}" if peer == PROXY else ""
    served = behind(app, trusted_proxies=[PROXY], proxy_header=header)
    async with client(served, address=peer) as program:
        for number in range(PER_ADDRESS):
            forged = f"203.0.113.{number}"
            said = f"for={forged}" if header == "Forwarded" else forged
            assert await fails(program, number, {header: said + added}) == 401
        other = {header: f"{'for=' if header == 'Forwarded' else ''}203.0.113.200{added}"}
        assert await fails(program, 99, other) == 429
        assert await fails(program, 99, {"X-Real-IP": "203.0.113.201", **other}) == 429


async def test_two_clients_of_one_proxy_are_told_apart(app: ASGIApp) -> None:
    async with client(behind(app, trusted_proxies=[PROXY]), address=PROXY) as program:
        for number in range(PER_ADDRESS):
            await fails(program, number, {"X-Forwarded-For": CLIENT})
        assert await fails(program, 98, {"X-Forwarded-For": CLIENT}) == 429
        assert await fails(program, 99, {"X-Forwarded-For": "198.51.100.2"}) == 401


@pytest.mark.parametrize(("trusted", "written"), [([PROXY], CLIENT), ([], PROXY)])
async def test_the_audit_log_has_the_address_that_can_be_believed(
    quick_world: World, app: ASGIApp, trusted: list[str], written: str
) -> None:
    async with client(behind(app, trusted_proxies=trusted), address=PROXY) as program:
        fields = {"email": "ada@example.org", "password": "not this one"}
        await program.post("/desk/api/login", json=fields, headers={"X-Forwarded-For": CLIENT})
    entries = await quick_world.desk.audit.entries(quick_world.ines, AuditFilter())
    [refused] = [one for one in entries if one.action == "session.refused"]
    assert refused.facts["address"] == written


async def cookies_of(
    app: ASGIApp, headers: dict[str, str], *, peer: str = PROXY, **settings: Any
) -> SimpleCookie:
    """The cookies of a login."""
    async with client(behind(app, **settings), address=peer) as browser:
        form = await browser.get("/desk/login", headers=headers)
        held = "; ".join(one.partition(";")[0] for one in form.headers.get_list("set-cookie"))
        fields = {"csrf_token": csrf_of(form), "email": "ada@example.org", "password": PASSWORD}
        answer = await browser.post("/desk/login", data=fields, headers=headers | {"cookie": held})
        assert answer.status_code == 303, answer.text
    found = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        found.load(header)
    return found


@pytest.mark.parametrize("said", ["http", "https", "", "http, http"])
@pytest.mark.parametrize("peer", [PROXY, CLIENT])
async def test_with_https_outside_no_header_makes_a_cookie_insecure(
    app: ASGIApp, said: str, peer: str
) -> None:
    found = await cookies_of(
        app,
        {"x-forwarded-proto": said, "forwarded": f"proto={said}"},
        peer=peer,
        public_url="https://chat.example.com",
        trusted_proxies=[PROXY],
    )
    assert found["__Secure-desk_session"]["secure"]
    assert "desk_session" not in found


async def test_a_trusted_proxy_that_speaks_tls_makes_cookies_secure(app: ASGIApp) -> None:
    found = await cookies_of(app, {"x-forwarded-proto": "https"}, trusted_proxies=[PROXY])
    assert found["__Secure-desk_session"]["secure"]


async def test_a_stranger_that_says_so_does_not(app: ASGIApp) -> None:
    found = await cookies_of(app, {"x-forwarded-proto": "https"}, peer=CLIENT, trusted_proxies=[PROXY])
    assert not found["desk_session"]["secure"]


async def test_the_chat_page_counts_clients_and_not_the_proxy(memory: MemoryDatabase, clock: Clock) -> None:
    chat = WebChat(memory, now=clock.now)

    async def bot(_conversation: str, _message: Any) -> None:
        pass

    await chat.start(bot)
    try:
        served = behind(mounted(chat.app(), "/chat"), trusted_proxies=[PROXY])
        async with client(served, address=PROXY) as program:
            statuses = {
                (
                    await program.post(
                        "/chat/api/conversations",
                        json={},
                        headers={"X-Forwarded-For": f"203.0.113.{number}, {CLIENT}"},
                    )
                ).status_code
                for number in range(61)
            }
            assert statuses == {201, 429}
            fresh = {"X-Forwarded-For": "198.51.100.2"}
            assert (await program.post("/chat/api/conversations", json={}, headers=fresh)).status_code == 201
    finally:
        await chat.stop()
