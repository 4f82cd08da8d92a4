"""A member changes their own password: with the present one, and nobody else's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from livechat_sdk_helvia.auth import SignedIn, token_hash
from livechat_sdk_helvia.faults import Changed, Forbidden, InvalidField, NotSignedIn, TooManyAttempts
from livechat_sdk_helvia.records import DeskUser, Role
from providers.helvia.tests.browsing import client, csrf_of
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import World, make_provider, start

HERE = "203.0.113.7"
NEW = "four unrelated words"
EMAIL = "zoe@example.org"


@dataclass
class Member:
    """Zoe, whose account an admin made, signed in on a page."""

    user: DeskUser
    password: str
    token: str
    session: SignedIn


async def zoe_of(world: World, roles: tuple[Role, ...] = (Role.AGENT,)) -> Member:
    _, password = await world.desk.members.create(world.ines, EMAIL, "Zoe New", roles=roles)
    user = await world.desk.accounts.sign_in(EMAIL, password, address=HERE)
    token = await world.desk.sessions.start(user, "page")
    return Member(user, password, token, await world.desk.sessions.find(token, "page"))


async def enters(world: World, password: str) -> bool:
    try:
        await world.desk.accounts.sign_in(EMAIL, password, address="198.51.100.1")
    except NotSignedIn:
        return False
    return True


@pytest.mark.feature("MS-06")
@pytest.mark.parametrize("role", list(Role))
async def test_the_new_password_opens_and_the_old_one_does_not(world: World, role: Role) -> None:
    zoe = await zoe_of(world, (role,))
    assert await world.desk.own_password.changeable(zoe.user)
    await world.desk.own_password.change(zoe.session, zoe.password, NEW, address=HERE)
    assert await enters(world, NEW)
    assert not await enters(world, zoe.password)


async def test_every_other_session_ends_and_this_one_goes_on(world: World) -> None:
    zoe = await zoe_of(world)
    others = [await world.desk.sessions.start(zoe.user, kind) for kind in ("page", "api")]
    colleague = await world.desk.sessions.start(world.ada, "page")
    with world.desk.hub.subscribe(f"session:{token_hash(others[0])}") as told:
        await world.desk.own_password.change(zoe.session, zoe.password, NEW, address=HERE)
        assert await told.wait(0.1) == {"ended"}, "an open page learns of it"
    for token, kind in zip(others, ("page", "api"), strict=True):
        with pytest.raises(NotSignedIn):
            await world.desk.sessions.find(token, "page" if kind == "page" else "api")
    assert (await world.desk.sessions.find(zoe.token, "page")).user.id == zoe.user.id
    assert (await world.desk.sessions.find(colleague, "page")).user.id == world.ada.id


async def test_programs_do_not_renew_a_session_that_has_ended(quick_world: World, app: ASGIApp) -> None:
    zoe = await zoe_of(quick_world)
    async with client(app) as program:
        fields = {"email": EMAIL, "password": zoe.password}
        login = await program.post("/desk/manager/login", json=fields)
        assert login.status_code in {200, 201}, login.text
        await quick_world.desk.own_password.change(zoe.session, zoe.password, NEW, address=HERE)
        rows = await quick_world.desk.context.fetch(
            """
            SELECT * FROM desk_refresh_tokens
            WHERE workspace = :workspace AND integration = :integration AND user_id = :user_id
            """,
            user_id=zoe.user.id,
        )
        assert rows == []


@pytest.mark.parametrize(
    ("present", "new", "words"),
    [
        ("guess", NEW, "not your present password"),
        ("", NEW, "not your present password"),
        (None, "short words", "11 characters"),
        (None, "", "0 characters"),
        (None, "x" * 1001, "1,001 characters"),
        (None, None, "is the present one"),
    ],
)
async def test_what_is_wrong_changes_nothing(
    quick_world: World, present: str | None, new: str | None, words: str
) -> None:
    zoe = await zoe_of(quick_world)
    other = await quick_world.desk.sessions.start(zoe.user, "page")
    given = zoe.password if present is None else present
    with pytest.raises(InvalidField, match=words):
        await quick_world.desk.own_password.change(
            zoe.session, given, zoe.password if new is None else new, address=HERE
        )
    assert (await quick_world.desk.sessions.find(other, "page")).user.id == zoe.user.id
    assert await enters(quick_world, zoe.password)


async def test_passwords_of_the_settings_file_are_changed_there(quick_world: World) -> None:
    desk = quick_world.desk
    token = await desk.sessions.start(quick_world.ada, "page")
    signed_in = await desk.sessions.find(token, "page")
    assert not await desk.own_password.changeable(quick_world.ada)
    with pytest.raises(Forbidden, match="settings file"):
        await desk.own_password.change(signed_in, "a long enough password", NEW, address=HERE)


async def test_accounts_of_the_first_start_get_a_password_of_their_own(
    quick_world: World, memory: MemoryDatabase
) -> None:
    announced: list[str] = []
    provider = await start(make_provider(quick_world.clock, announced, name="fresh"), memory)
    line = next(line for line in announced[0].splitlines() if "admin@desk.local" in line)
    password = line.split()[1]
    admin = await provider.desk.accounts.sign_in("admin@desk.local", password, address=HERE)
    signed_in = await provider.desk.sessions.find(await provider.desk.sessions.start(admin, "page"), "page")
    await provider.desk.own_password.change(signed_in, password, NEW, address=HERE)
    again = await start(make_provider(quick_world.clock, announced, name="fresh"), memory)
    assert (await again.desk.accounts.sign_in("admin@desk.local", NEW, address=HERE)).id == admin.id
    assert len(announced) == 1


async def test_without_a_role_there_is_nothing_to_change(quick_world: World) -> None:
    zoe = await zoe_of(quick_world, ())
    with pytest.raises(Forbidden):
        await quick_world.desk.own_password.changeable(zoe.user)
    with pytest.raises(Forbidden):
        await quick_world.desk.own_password.change(zoe.session, zoe.password, NEW, address=HERE)
    assert await enters(quick_world, zoe.password)


async def test_guesses_are_limited_together_with_those_at_the_sign_in(quick_world: World) -> None:
    zoe, desk = await zoe_of(quick_world), quick_world.desk
    for _ in range(3):
        with pytest.raises(InvalidField):
            await desk.own_password.change(zoe.session, "guess", NEW, address=HERE)
    for _ in range(2):
        with pytest.raises(NotSignedIn):
            await desk.accounts.sign_in(EMAIL, "guess", address="198.51.100.1")
    with pytest.raises(TooManyAttempts):
        await desk.own_password.change(zoe.session, zoe.password, NEW, address=HERE)
    with pytest.raises(TooManyAttempts):
        await desk.accounts.sign_in(EMAIL, zoe.password, address=HERE)
    quick_world.clock.advance(minutes=6)
    await desk.own_password.change(zoe.session, zoe.password, NEW, address=HERE)


async def test_guesses_at_once_do_not_pass_the_limit(quick_world: World) -> None:
    zoe, own = await zoe_of(quick_world), quick_world.desk.own_password
    tries = [own.change(zoe.session, f"guess {n}", NEW, address=HERE) for n in range(12)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, InvalidField) for one in outcomes) <= 5
    assert all(isinstance(one, InvalidField | TooManyAttempts) for one in outcomes)


async def test_two_changes_at_once_leave_one_password(world: World) -> None:
    zoe = await zoe_of(world)
    words = [f"{NEW} {number}" for number in range(3)]
    outcomes = await asyncio.gather(
        *(world.desk.own_password.change(zoe.session, zoe.password, new, address=HERE) for new in words),
        return_exceptions=True,
    )
    assert [one for one in outcomes if one is not None and not isinstance(one, Changed | InvalidField)] == []
    opens = [await enters(world, new) for new in words]
    assert opens == [one is None for one in outcomes]
    assert sum(opens) == 1


async def test_the_audit_log_tells_of_it_without_any_password(
    quick_world: World, memory: MemoryDatabase
) -> None:
    zoe, desk = await zoe_of(quick_world), quick_world.desk
    with pytest.raises(InvalidField):
        await desk.own_password.change(zoe.session, "a wrong guess", NEW, address=HERE)
    await desk.own_password.change(zoe.session, zoe.password, NEW, address=HERE)
    entries = [one for one in await desk.audit.entries(quick_world.ines) if one.actor_id == zoe.user.id]
    told = [(entry.action, entry.subject) for entry in reversed(entries)]
    subject = f"user:{zoe.user.id}"
    assert told == [
        ("session.started", subject),
        ("user.password_refused", subject),
        ("user.password_changed", subject),
    ]
    for secret in (NEW, zoe.password, "a wrong guess"):
        assert secret not in memory.dump()


# ----------------------------------------------------------------------------------------- pages and programs
async def come_in(http: httpx.AsyncClient, password: str) -> str:
    """Zoe signs in through the form; the CSRF token of her session."""
    form = await http.get("/desk/login")
    fields = {"csrf_token": csrf_of(form), "email": EMAIL, "password": password}
    assert (await http.post("/desk/login", data=fields)).status_code == 303
    return csrf_of(await http.get("/desk/settings"))


def fields_of(present: str, new: str = NEW, again: str | None = None) -> dict[str, str]:
    return {
        "present_password": present,
        "new_password": new,
        "new_password_again": new if again is None else again,
    }


async def test_the_form_changes_it_and_the_page_goes_on(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    zoe = await zoe_of(quick_world)
    token = await come_in(browser, zoe.password)
    answer = await browser.post(
        "/desk/settings/password", data=fields_of(zoe.password) | {"csrf_token": token}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/settings?password=1")
    page = await browser.get(answer.headers["location"])
    assert "Your password is changed." in page.text
    assert await enters(quick_world, NEW)


async def test_the_form_says_what_is_wrong_and_shows_no_password(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    zoe = await zoe_of(quick_world)
    token = {"csrf_token": await come_in(browser, zoe.password)}
    cases: list[tuple[dict[str, str], int, str]] = [
        (fields_of("guess"), 422, "This is not your present password."),
        (fields_of(zoe.password, again="four other words"), 422, "its repetition differ"),
        (fields_of(zoe.password, "short"), 422, "5 characters"),
        ({}, 422, "new_password"),
    ]
    for fields, status, words in cases:
        answer = await browser.post("/desk/settings/password", data=fields | token)
        assert answer.status_code == status
        assert words in answer.text
        assert zoe.password not in answer.text
        assert NEW not in answer.text
    for _ in range(4):
        answer = await browser.post("/desk/settings/password", data=fields_of("guess") | token)
        assert answer.status_code == 422
    answer = await browser.post("/desk/settings/password", data=fields_of(zoe.password) | token)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 200


async def test_a_form_of_another_site_is_refused(quick_world: World, browser: httpx.AsyncClient) -> None:
    zoe = await zoe_of(quick_world)
    await come_in(browser, zoe.password)
    for token in ("", "guess"):
        fields = fields_of(zoe.password) | {"csrf_token": token}
        assert (await browser.post("/desk/settings/password", data=fields)).status_code == 403
    assert await enters(quick_world, zoe.password)


async def test_whose_account_is_in_the_settings_file_finds_no_form(
    browser: httpx.AsyncClient, quick_world: World
) -> None:
    from providers.helvia.tests.browsing import sign_in

    token = await sign_in(browser, "ada")
    page = (await browser.get("/desk/settings")).text
    assert "comes from the settings file" in page
    assert 'name="present_password"' not in page
    fields = fields_of("a long enough password") | {"csrf_token": token}
    answer = await browser.post("/desk/settings/password", data=fields)
    assert answer.status_code == 403
    assert await quick_world.desk.accounts.sign_in("ada@example.org", "a long enough password", address=HERE)


async def test_a_program_changes_it_and_keeps_its_token(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    zoe = await zoe_of(quick_world)
    login = await browser.post("/desk/api/login", json={"email": EMAIL, "password": zoe.password})
    headers = {"authorization": f"Bearer {login.json()['token']}"}
    wrong: list[dict[str, Any]] = [{}, {"newPassword": NEW}, {"presentPassword": 1, "newPassword": NEW}]
    for body in [*wrong, {"presentPassword": "guess", "newPassword": NEW}]:
        answer = await browser.post("/desk/api/me/password", json=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
    body = {"presentPassword": zoe.password, "newPassword": NEW}
    assert (await browser.post("/desk/api/me/password", json=body, headers=headers)).status_code == 204
    assert (await browser.get("/desk/api/me", headers=headers)).json()["email"] == EMAIL
    with pytest.raises(NotSignedIn):
        await quick_world.desk.sessions.find(zoe.token, "page")
