"""Signing in at the pages: the cookie, its rotation, foreign forms, and where one lands."""

from __future__ import annotations

from http.cookies import SimpleCookie

import httpx
import pytest
from starlette.types import ASGIApp

from providers.helvia.tests.browsing import client, csrf_of, sign_in
from providers.helvia.tests.world import PASSWORD, World


async def post_login(browser: httpx.AsyncClient, *, password: str = PASSWORD, **more: str) -> httpx.Response:
    form = await browser.get("/desk/login")
    fields = {"csrf_token": csrf_of(form), "email": "ada@example.org", "password": password}
    return await browser.post("/desk/login", data=fields | more)


def cookies(answer: httpx.Response) -> SimpleCookie:
    found = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        found.load(header)
    return found


async def test_the_session_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(
    browser: httpx.AsyncClient,
) -> None:
    answer = await post_login(browser)
    assert answer.headers["location"] == "/desk/inbox/new"
    session = cookies(answer)["desk_session"]
    assert session["httponly"]
    assert session["samesite"] == "lax"
    assert session["path"] == "/desk"
    assert not session["secure"]


async def test_over_https_the_cookie_is_secure(app: ASGIApp) -> None:
    async with client(app, base_url="https://host") as browser:
        answer = await post_login(browser)
        assert cookies(answer)["__Secure-desk_session"]["secure"]
        again = cookies(await browser.get("/desk/login?again=1"))["__Secure-desk_login"]
        assert again["secure"]
        assert again["samesite"] == "strict"


async def test_a_cookie_that_was_planted_over_plain_http_counts_nothing_over_https(app: ASGIApp) -> None:
    async with client(app) as plain:
        await sign_in(plain, "ada")
        token = plain.cookies["desk_session"]
    async with client(app, base_url="https://host") as browser:
        for name in ("desk_session", "__Host-desk_session"):
            browser.cookies.set(name, token, domain="host.local", path="/desk")
        assert (await browser.get("/desk/inbox/new")).status_code == 303
        browser.cookies.set("__Secure-desk_session", token, domain="host.local", path="/desk")
        assert (await browser.get("/desk/inbox/new")).status_code == 200


async def test_a_desk_that_is_a_whole_host_binds_its_cookies_to_it(quick_world: World) -> None:
    async with client(quick_world.provider.pages(), base_url="https://host") as browser:
        csrf = await sign_in(browser, "ada", "")
        assert "__Host-desk_session" in browser.cookies
        assert {cookie.path for cookie in browser.cookies.jar} == {"/"}
        out = await browser.post("/logout", data={"csrf_token": csrf})
        assert cookies(out)["__Host-desk_session"]["secure"]
        assert "__Host-desk_session" not in browser.cookies


async def test_a_login_starts_a_fresh_session_and_ends_the_one_before(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await sign_in(browser, "ada")
    first = browser.cookies["desk_session"]
    form = await browser.get("/desk/login?again=1")
    await browser.post(
        "/desk/login",
        data={"csrf_token": csrf_of(form), "email": "ben@example.org", "password": PASSWORD},
    )
    second = browser.cookies["desk_session"]
    assert first != second
    async with httpx.AsyncClient(transport=browser._transport, base_url="http://host") as thief:
        thief.cookies.set("desk_session", first, path="/desk")
        assert (await thief.get("/desk/inbox/new")).status_code == 303


async def test_a_session_that_somebody_else_planted_is_not_taken_over(browser: httpx.AsyncClient) -> None:
    browser.cookies.set("desk_session", "planted-by-an-attacker", domain="host.local", path="/desk")
    answer = await post_login(browser)
    assert cookies(answer)["desk_session"].value != "planted-by-an-attacker"


async def test_a_wrong_password_keeps_the_email_and_says_what_to_do(browser: httpx.AsyncClient) -> None:
    answer = await post_login(browser, password="canary-of-a-password")
    assert answer.status_code == 401
    assert "do not fit together" in answer.text
    assert 'value="ada@example.org"' in answer.text
    assert "canary-of-a-password" not in answer.text
    assert "desk_session" not in cookies(answer)


async def test_the_sixth_wrong_password_has_to_wait(browser: httpx.AsyncClient) -> None:
    for _ in range(5):
        await post_login(browser, password="wrong")
    answer = await post_login(browser)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "300"
    assert "Too many failed attempts" in answer.text


async def test_a_login_form_of_another_site_is_refused(app: ASGIApp, browser: httpx.AsyncClient) -> None:
    fields = {"email": "ada@example.org", "password": PASSWORD}
    for token in ("", "guess"):
        answer = await browser.post("/desk/login", data=fields | {"csrf_token": token})
        assert answer.status_code == 403
    async with client(app) as attacker:
        foreign = csrf_of(await attacker.get("/desk/login"))
    await browser.get("/desk/login")
    answer = await browser.post("/desk/login", data=fields | {"csrf_token": foreign})
    assert answer.status_code == 403
    own = csrf_of(await browser.get("/desk/login"))
    answer = await browser.post(
        "/desk/login", data=fields | {"csrf_token": own}, headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert "desk_session" not in browser.cookies


@pytest.mark.parametrize(
    ("wanted", "lands"),
    [
        ("inbox/open", "/desk/inbox/open"),
        ("conversations/12", "/desk/conversations/12"),
        ("requests/7", "/desk/requests/7"),
        ("https://evil.example", "/desk/inbox/new"),
        ("//evil.example", "/desk/inbox/new"),
        ("/../evil", "/desk/inbox/new"),
        ("inbox/new\r\nset-cookie: a=b", "/desk/inbox/new"),
        ("logout", "/desk/inbox/new"),
        ("", "/desk/inbox/new"),
    ],
)
async def test_after_signing_in_one_lands_on_one_of_our_pages(
    browser: httpx.AsyncClient, wanted: str, lands: str
) -> None:
    answer = await post_login(browser, next=wanted)
    assert answer.headers["location"] == lands


async def test_whoever_is_sent_to_sign_in_comes_back_to_where_they_were(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/desk/inbox/closed")
    assert answer.status_code == 303
    form = await browser.get(answer.headers["location"])
    assert 'name="next" value="inbox/closed"' in form.text


async def test_whoever_is_signed_in_does_not_see_the_form(browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "ada")
    answer = await browser.get("/desk/login")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/")
    assert (await browser.get("/desk/login?again=1")).status_code == 200


async def test_signing_out_needs_the_token_and_ends_the_session(browser: httpx.AsyncClient) -> None:
    token = await sign_in(browser, "ada")
    session = browser.cookies["desk_session"]
    assert (await browser.post("/desk/logout", data={"csrf_token": "guess"})).status_code == 403
    assert (await browser.get("/desk/inbox/new")).status_code == 200
    answer = await browser.post("/desk/logout", data={"csrf_token": token})
    assert answer.headers["location"] == "/desk/login"
    browser.cookies.set("desk_session", session, domain="host.local", path="/desk")
    assert (await browser.get("/desk/inbox/new")).status_code == 303


async def test_a_session_expires_under_an_open_page(quick_world: World, browser: httpx.AsyncClient) -> None:
    token = await sign_in(browser, "ada")
    quick_world.clock.advance(hours=13)
    assert (await browser.get("/desk/inbox/new")).status_code == 303
    answer = await browser.post(
        "/desk/conversations/1/notes",
        data={"csrf_token": token, "text": "kept by the page"},
        headers={"accept": "application/json"},
    )
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_signed_in"
