"""Every role times every action, on the pages and in the API: refused or allowed, by the server."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from livechat_sdk.domain.handoff import Route
from livechat_sdk.files import one_piece
from livechat_sdk_helvia.automations.records import AutomationDraft
from livechat_sdk_helvia.canned import CannedDraft
from livechat_sdk_helvia.desk_settings import AssistantSettings, DeskSettings
from livechat_sdk_helvia.faults import Forbidden
from livechat_sdk_helvia.records import Conversation, Right, Role
from providers.helvia.tests.browsing import client, mounted, sign_in, token_of
from providers.helvia.tests.kept_files import PNG
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import (
    ACCOUNTS,
    PASSWORD,
    Clock,
    World,
    make_provider,
    make_world,
    opening,
    request_id,
    start,
)

PAGES = [
    ("GET", "inbox/new"),
    ("GET", "inbox/open"),
    ("GET", "inbox/closed"),
    ("GET", "requests/{request}"),
    ("GET", "conversations/{conversation}"),
    ("GET", "conversations/{conversation}?part=notes"),
    ("GET", "conversations/{conversation}/history"),
    ("GET", "conversations/{conversation}/end"),
    ("GET", "conversations/{conversation}/canned"),
    ("GET", "conversations/{conversation}/canned?part=canned"),
    ("GET", "conversations/{conversation}?part=automations"),
    ("GET", "conversations/{conversation}/automations/{automation}"),
    ("POST", "conversations/{conversation}/automations/{automation}"),
    ("GET", "history"),
    ("GET", "history/{past}"),
    ("GET", "conversations/{conversation}/transcript"),
    ("GET", "settings"),
    ("POST", "settings"),
    ("POST", "presence"),
    ("GET", "conversations/{conversation}/files/2/0"),
    ("POST", "conversations/{conversation}/tags"),
    ("POST", "conversations/{conversation}/tags/remove"),
    ("POST", "requests/{request}/accept"),
    ("POST", "conversations/{conversation}/messages"),
    ("POST", "conversations/{conversation}/suggestion"),
    ("POST", "conversations/{conversation}/notes"),
    ("POST", "conversations/{conversation}/notes/{note}"),
    ("POST", "conversations/{conversation}/typing"),
    ("POST", "conversations/{conversation}/read"),
    ("POST", "conversations/{conversation}/notes/{note}/delete"),
    ("POST", "conversations/{conversation}/end"),
]

API = [
    ("GET", "api/me"),
    ("GET", "api/counts"),
    ("GET", "api/alerts"),
    ("GET", "api/requests"),
    ("GET", "api/requests/{request}"),
    ("GET", "api/conversations"),
    ("GET", "api/conversations/{conversation}"),
    ("GET", "api/conversations/{conversation}/history"),
    ("GET", "api/conversations/{conversation}/messages"),
    ("GET", "api/conversations/{conversation}/notes"),
    ("GET", "api/canned"),
    ("GET", "api/canned/{canned}"),
    ("GET", "api/conversations/{conversation}/canned/{canned}"),
    ("GET", "api/conversations/{conversation}/automations"),
    ("GET", "api/conversations/{conversation}/runs"),
    ("GET", "api/tickets?associatedId={conversation}"),
    ("POST", "api/conversations/{conversation}/automations/{automation}"),
    ("GET", "api/history"),
    ("GET", "api/history/{past}"),
    ("GET", "api/conversations/{conversation}/transcript"),
    ("GET", "api/team"),
    ("GET", "api/groups"),
    ("PUT", "api/me/presence"),
    ("GET", "api/me/settings"),
    ("PUT", "api/me/settings"),
    ("GET", "api/conversations/{conversation}/files"),
    ("GET", "api/conversations/{conversation}/files/2/0"),
    ("GET", "api/tags"),
    ("POST", "api/tags"),
    ("PATCH", "api/conversations/{conversation}/tags"),
    ("POST", "api/requests/{request}/accept"),
    ("POST", "api/conversations/{conversation}/messages"),
    ("POST", "api/conversations/{conversation}/notes"),
    ("PATCH", "api/conversations/{conversation}/notes/{note}"),
    ("POST", "api/conversations/{conversation}/files?name=a.json"),
    ("POST", "api/conversations/{conversation}/typing"),
    ("POST", "api/conversations/{conversation}/read"),
    ("DELETE", "api/conversations/{conversation}/notes/{note}"),
    ("POST", "api/conversations/{conversation}/end"),
]

ADMIN = [
    ("GET", "admin"),
    ("GET", "admin/general"),
    ("POST", "admin/general"),
    ("GET", "admin/team"),
    ("GET", "admin/team/users/{user}"),
    ("GET", "admin/team/groups/{group}"),
    ("POST", "admin/team/users"),
    ("POST", "admin/team/users/{user}"),
    ("POST", "admin/team/users/{user}/password"),
    ("POST", "admin/team/users/{user}/switch"),
    ("POST", "admin/team/groups"),
    ("POST", "admin/team/groups/{group}"),
    ("POST", "admin/team/groups/{group}/delete"),
    ("GET", "admin/audit"),
    ("GET", "admin/canned"),
    ("GET", "admin/canned/new"),
    ("GET", "admin/canned/{canned}"),
    ("POST", "admin/canned"),
    ("POST", "admin/canned/{canned}"),
    ("POST", "admin/canned/{canned}/delete"),
    ("GET", "admin/automations"),
    ("GET", "admin/automations/new"),
    ("GET", "admin/automations/{automation}"),
    ("GET", "admin/automations/{automation}/try"),
    ("POST", "admin/automations"),
    ("POST", "admin/automations/{automation}"),
    ("POST", "admin/automations/{automation}/delete"),
    ("POST", "admin/automations/flows"),
    ("POST", "admin/automations/flows/{flow}/delete"),
    ("GET", "admin/transcripts"),
    ("GET", "admin/transcripts/download?job=0123456789abcdef"),
    ("GET", "admin/hours"),
    ("POST", "admin/hours"),
    ("GET", "admin/bots"),
    ("GET", "admin/bots?bot=shop-bot"),
    ("POST", "admin/bots"),
    ("POST", "admin/bots/words"),
    ("GET", "admin/retention"),
    ("POST", "admin/retention"),
    ("GET", "analytics"),
    ("GET", "analytics/summary.csv"),
    ("GET", "analytics/conversations.csv"),
]
"""Pages for LiveChat Admins only."""

ADMIN_API = [
    ("GET", "api/settings"),
    ("PUT", "api/settings"),
    ("GET", "api/audit"),
    ("GET", "api/callbacks"),
    ("POST", "api/canned"),
    ("PATCH", "api/canned/{canned}"),
    ("DELETE", "api/canned/{canned}"),
    ("GET", "api/automations"),
    ("POST", "api/automations"),
    ("GET", "api/automations/{automation}"),
    ("PUT", "api/automations/{automation}"),
    ("DELETE", "api/automations/{automation}"),
    ("GET", "api/transcripts"),
    ("GET", "api/user-groups/billing/business-hours"),
    ("POST", "api/user-groups/billing/business-hours"),
    ("PATCH", "api/user-groups/billing/business-hours/1"),
    ("DELETE", "api/user-groups/billing/business-hours/1"),
    ("GET", "api/bots"),
    ("GET", "api/bots/shop-bot/settings"),
    ("PUT", "api/bots/shop-bot/settings"),
    ("DELETE", "api/data-retention?before=2020-01-01T00:00:00Z"),
    ("GET", "api/analytics?startDate=2026-03-01&endDate=2026-03-31&timeZone=UTC"),
    ("GET", "api/analytics/live-chat?startDate=2026-03-01&endDate=2026-03-31&timeZone=UTC"),
    ("GET", "api/analytics/user-feedback?startDate=2026-03-01&endDate=2026-03-31&timeZone=UTC"),
    ("GET", "api/analytics/conversations?startDate=2026-03-01&endDate=2026-03-31&timeZone=UTC"),
    ("POST", "api/feedback"),
    ("GET", "api/users"),
    ("POST", "api/users"),
    ("GET", "api/users/{user}"),
    ("PATCH", "api/users/{user}"),
    ("POST", "api/users/{user}/password"),
    ("POST", "api/users/{user}/switch"),
    ("POST", "api/groups"),
    ("GET", "api/groups/{group}"),
    ("PATCH", "api/groups/{group}"),
    ("DELETE", "api/groups/{group}"),
]

OWN_PASSWORD = [("POST", "settings/password")]
OWN_PASSWORD_API = [("POST", "api/me/password")]
"""Both roles have it; what it takes is in test_own_password.py."""

HANDING = [
    ("GET", "conversations/{conversation}/transfer"),
    ("GET", "conversations/{conversation}/invite"),
    ("POST", "conversations/{conversation}/transfer"),
    ("POST", "conversations/{conversation}/invite"),
    ("POST", "conversations/{conversation}/leave"),
    ("POST", "requests/{asked}/decline"),
    ("POST", "requests/{asked}/cancel"),
]
"""Pages for whoever is in the conversation, or was asked to be."""

HANDING_API = [
    ("GET", "api/conversations/{conversation}/targets"),
    ("GET", "api/conversations/{conversation}/handings"),
    ("POST", "api/conversations/{conversation}/transfers"),
    ("POST", "api/conversations/{conversation}/invitations"),
    ("POST", "api/conversations/{conversation}/leave"),
    ("POST", "api/requests/{asked}/decline"),
    ("POST", "api/requests/{asked}/cancel"),
]

FIELDS = {
    "text": "hello",
    "on": "1",
    "seq": "1",
    "email": "new@example.org",
    "name": "New Person",
    "id": "new",
    "group_name": "New group",
    "fullName": "New Person",
    "label": "a tag",
    "target": "member:1",
    "targetUserId": "1",
    "enter_sends": "1",
    "away": "0",
    "messageSound": True,
    "requestSound": True,
    "browserNotifications": True,
    "enterSends": True,
}

OWN = ("messages", "suggestion", "typing", "read", "notes/", "automations/", "/end", "files?")
"""Parts of addresses that only the owner (or the author of the note) may use."""


async def places(world: World) -> dict[str, Any]:
    """A waiting request, a past and a present conversation, a note of Ada's, and what admins manage."""
    conversation = await world.accepted("ref-1", by="ada")
    await a_file(world, conversation, by="ada")
    note = await world.desk.notes.add(world.ada, conversation.id, "a note")
    waiting = await world.chat("ref-2")
    await assisted(world)
    made, _ = await world.desk.members.create(world.ines, "zoe@example.org", "Zoe New")
    return {
        "user": made.id,
        "group": (await world.desk.groups.create(world.ines, "vip", "VIP")).id,
        "conversation": conversation.id,
        "note": note.id,
        "past": await over(world),
        "canned": await canned(world),
        **await automation(world),
        "asked": await asked(world, conversation.id),
        "request": request_id(waiting),
    }


async def assisted(world: World) -> None:
    """An assistant suggests replies."""
    await world.desk.settings.replace(world.ines, DeskSettings(assistant=AssistantSettings(enabled=True)))
    world.host.assistance.suggestion = "a suggestion"


async def a_file(world: World, conversation: Conversation, by: str) -> None:
    """The second message of the conversation has a file."""
    person = world.people[by]
    file = await world.desk.files.upload(person, conversation, one_piece(PNG), name="a.png")
    await world.desk.messages.send(person, conversation, "a file", files=[file.id])


async def asked(world: World, conversation: int) -> int:
    """Ines is invited to a conversation of Ada's."""
    await world.desk.presence.seen(world.ines)
    return (await world.desk.transfers.invite(world.ada, conversation, agent=world.ines.id)).request_id


async def over(world: World) -> int:
    """A conversation that is over."""
    past = await world.accepted("ref-past", by="ada")
    return (await world.desk.conversations.end(world.ada, past.id)).id


async def automation(world: World) -> dict[str, int]:
    """An automation and a flow trigger."""
    automations = world.desk.automations
    made = await automations.definitions.create(
        world.ines, AutomationDraft(name="call", address="https://crm.example/")
    )
    flow, _ = await automations.flows.register(world.ines, "livechat-request-missed", "https://crm.example/")
    return {"automation": made.id, "flow": flow}


async def canned(world: World) -> int:
    """A canned response."""
    return (await world.desk.canned.create(world.ines, CannedDraft(name="canned", text="text"))).id


async def on_page(browser: httpx.AsyncClient, method: str, path: str, token: str) -> httpx.Response:
    if method == "GET":
        return await browser.get(f"/desk/{path}")
    return await browser.post(f"/desk/{path}", data=FIELDS | {"csrf_token": token})


async def in_api(
    program: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]
) -> httpx.Response:
    body = None if method in {"GET", "DELETE"} else FIELDS
    return await program.request(method, f"/desk/{path}", json=body, headers=headers)


@pytest.mark.parametrize(("method", "path"), PAGES + OWN_PASSWORD + HANDING + ADMIN)
async def test_nobody_sees_or_does_anything_without_signing_in(
    quick_world: World, browser: httpx.AsyncClient, method: str, path: str
) -> None:
    before = quick_world.database
    where = path.format(**await places(quick_world))
    told = len(await before.committed_events())
    answer = await on_page(browser, method, where, "guess")
    assert answer.status_code == 303
    assert "/desk/login" in answer.headers["location"]
    assert "Maria" not in answer.text
    assert len(await before.committed_events()) == told


@pytest.mark.parametrize(("method", "path"), API + OWN_PASSWORD_API + HANDING_API + ADMIN_API)
async def test_no_program_does_anything_without_a_token(
    quick_world: World, browser: httpx.AsyncClient, method: str, path: str
) -> None:
    where = path.format(**await places(quick_world))
    await sign_in(browser, "ada")  # the cookie of a page is not enough
    for headers in ({}, {"authorization": "Bearer guess"}, {"authorization": "Basic YTpi"}):
        answer = await in_api(browser, method, where, headers)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "not_signed_in"
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.feature("RO-04")
@pytest.mark.parametrize(("method", "path"), PAGES + OWN_PASSWORD + HANDING + ADMIN)
async def test_an_account_without_a_role_is_refused_on_every_page(
    quick_world: World, browser: httpx.AsyncClient, app: ASGIApp, method: str, path: str
) -> None:
    where = path.format(**await places(quick_world))
    await sign_in_roleless(browser)
    token = await csrf_of_session(quick_world, browser)
    answer = await on_page(browser, method, where, token)
    assert answer.status_code == 403
    assert "Maria" not in answer.text


@pytest.mark.parametrize(("method", "path"), API + OWN_PASSWORD_API + HANDING_API + ADMIN_API)
async def test_a_program_of_an_account_without_a_role_is_refused(
    quick_world: World, browser: httpx.AsyncClient, method: str, path: str
) -> None:
    where = path.format(**await places(quick_world))
    answer = await in_api(browser, method, where, await token_of(browser, "olga"))
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden"


@pytest.mark.feature("RO-04", "RO-05")
@pytest.mark.parametrize("role", ["ada", "ines"])
async def test_agent_and_admin_may_do_everything_with_what_is_theirs(
    quick_world: World, browser: httpx.AsyncClient, app: ASGIApp, role: str
) -> None:
    conversation = await quick_world.accepted("ref-1", by=role)
    await a_file(quick_world, conversation, by=role)
    await assisted(quick_world)
    note = await quick_world.desk.notes.add(quick_world.people[role], conversation.id, "mine")
    other = await quick_world.desk.notes.add(quick_world.people[role], conversation.id, "mine too")
    waiting, second = await quick_world.chat("ref-2"), await quick_world.chat("ref-3")
    where = {
        "conversation": conversation.id,
        "note": note.id,
        "past": await over(quick_world),
        "canned": await canned(quick_world),
        **await automation(quick_world),
        "request": request_id(waiting),
    }
    token = await sign_in(browser, role)
    for method, path in PAGES[:-1]:
        answer = await on_page(browser, method, path.format(**where), token)
        assert answer.status_code in {200, 204, 303}, (path, answer.text)
        assert "login" not in answer.headers.get("location", "")
    where |= {"note": other.id, "request": request_id(second)}
    async with client(app) as program:
        headers = await token_of(program, role)
        for method, path in API:
            answer = await in_api(program, method, path.format(**where), headers)
            assert answer.status_code in {200, 201, 204}, (path, answer.text)


@pytest.mark.feature("RO-01")
@pytest.mark.parametrize(("method", "path"), [case for case in PAGES + API if case[0] != "GET"])
async def test_what_belongs_to_a_colleague_is_refused_by_the_server(
    quick_world: World, browser: httpx.AsyncClient, method: str, path: str
) -> None:
    where = path.format(**await places(quick_world))
    if path.startswith("api/"):
        answer = await in_api(browser, method, where, await token_of(browser, "ben"))
    else:
        answer = await on_page(browser, method, where, await sign_in(browser, "ben"))
    if any(part in path for part in OWN):
        assert answer.status_code == 403, answer.text
    else:
        assert answer.status_code in {200, 201, 204, 303}


@pytest.mark.parametrize(("method", "path"), [case for case in HANDING + HANDING_API if case[0] != "GET"])
async def test_whoever_is_not_in_a_conversation_nor_asked_hands_nothing_over(
    quick_world: World, browser: httpx.AsyncClient, method: str, path: str
) -> None:
    where = path.format(**await places(quick_world))
    if path.startswith("api/"):
        answer = await in_api(browser, method, where, await token_of(browser, "ben"))
    else:
        answer = await on_page(browser, method, where, await sign_in(browser, "ben"))
    assert answer.status_code in {403, 404}, answer.text


@pytest.mark.parametrize("role", [Role.AGENT, Role.ADMIN])
async def test_both_roles_change_their_own_password(
    quick_world: World, browser: httpx.AsyncClient, role: Role
) -> None:
    _, password = await quick_world.desk.members.create(
        quick_world.ines, "zoe@example.org", "Zoe New", roles=[role]
    )
    zoe = await quick_world.desk.accounts.sign_in("zoe@example.org", password, address="test")
    for method, path in OWN_PASSWORD:
        browser.cookies.set("desk_session", await quick_world.desk.sessions.start(zoe, "page"))
        token, new = await csrf_of_session(quick_world, browser), f"{password} newer"
        fields = {"present_password": password, "new_password": new, "new_password_again": new}
        answer = await browser.request(method, f"/desk/{path}", data=fields | {"csrf_token": token})
        assert answer.status_code == 303, answer.text
        password = new
    for method, path in OWN_PASSWORD_API:
        bearer = {"authorization": f"Bearer {await quick_world.desk.sessions.start(zoe, 'api')}"}
        body = {"presentPassword": password, "newPassword": f"{password} still"}
        answer = await browser.request(method, f"/desk/{path}", json=body, headers=bearer)
        assert answer.status_code == 204, answer.text
        password = body["newPassword"]
    assert await quick_world.desk.accounts.sign_in("zoe@example.org", password, address="test")


@pytest.mark.feature("RO-01")
async def test_an_admin_ends_the_conversation_of_a_colleague(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    where = await places(quick_world)
    headers = await token_of(browser, "ines")
    answer = await browser.post(f"/desk/api/conversations/{where['conversation']}/end", headers=headers)
    assert answer.json()["status"] == "finished"


@pytest.mark.feature("AD-01", "RO-10")
@pytest.mark.parametrize(("method", "path"), ADMIN + ADMIN_API)
async def test_what_admins_manage_is_refused_to_agents(
    quick_world: World, browser: httpx.AsyncClient, method: str, path: str
) -> None:
    where = path.format(**await places(quick_world))
    if path.startswith("api/"):
        refused = await in_api(browser, method, where, await token_of(browser, "ada"))
        allowed = await in_api(browser, method, where, await token_of(browser, "ines"))
    else:
        refused = await on_page(browser, method, where, await sign_in(browser, "ada"))
        browser.cookies.clear()
        allowed = await on_page(browser, method, where, await sign_in(browser, "ines"))
    assert refused.status_code == 403, refused.text
    # 422: let in, and told that the fields of this test are not what is needed here
    assert allowed.status_code in {200, 201, 204, 303, 404, 422}, allowed.text
    assert "login" not in allowed.headers.get("location", "")


@pytest.mark.feature("RO-02")
async def test_roles_add_up_and_without_any_nothing_is_allowed(clock: Clock, memory: MemoryDatabase) -> None:
    both = {"email": "bea@example.org", "name": "Bea Both", "roles": ["agent", "admin"], "password": PASSWORD}
    provider = await start(make_provider(clock, accounts=[*ACCOUNTS, both]), memory)
    expected = {
        "ada": {"HBF_ORG_LIVE_AGENT"},
        "ines": {"HBF_ORG_LIVECHAT_ADMIN"},
        "bea": {"HBF_ORG_LIVE_AGENT", "HBF_ORG_LIVECHAT_ADMIN"},
    }
    async with client(mounted(provider.pages())) as program:
        for name, roles in expected.items():
            answer = await program.get("/desk/api/me", headers=await token_of(program, name))
            assert set(answer.json()["roles"]) == roles
        nobody = await token_of(program, "olga")
        assert (await program.get("/desk/api/requests", headers=nobody)).status_code == 403
        of_both, of_one = await token_of(program, "bea"), await token_of(program, "ada")
        for headers, status in ((of_both, 200), (of_one, 403)):
            chat = await provider.open(opening(clock, f"ref-{status}"))
            taken = await provider.desk.conversations.accept(
                await provider.desk.accounts.sign_in("ben@example.org", PASSWORD, address="test"),
                request_id(chat),
            )
            ended = await program.post(f"/desk/api/conversations/{taken.id}/end", headers=headers)
            assert ended.status_code == status, "what only an admin may: to end the conversation of another"


async def test_the_admin_panel_shows_in_the_navigation_of_admins_only(
    quick_world: World, app: ASGIApp
) -> None:
    for name, expected in (("ada", False), ("ines", True)):
        async with client(app) as browser:
            await sign_in(browser, name)
            page = await browser.get("/desk/inbox/new")
            assert ("/desk/admin" in page.text) is expected


async def sign_in_roleless(browser: httpx.AsyncClient) -> None:
    """Olga gets a session; every page of hers is refused, so that there is no form to read."""
    await sign_in_as(browser, "olga")


async def sign_in_as(browser: httpx.AsyncClient, name: str) -> None:
    """A session for somebody who may or may not see any page."""
    from providers.helvia.tests.browsing import csrf_of

    form = await browser.get("/desk/login")
    fields = {"csrf_token": csrf_of(form), "email": f"{name}@example.org", "password": PASSWORD}
    assert (await browser.post("/desk/login", data=fields)).status_code == 303


async def csrf_of_session(world: World, browser: httpx.AsyncClient) -> str:
    found = await world.desk.sessions.find(browser.cookies["desk_session"], "page")
    return found.session.csrf_token


@pytest.mark.feature("RO-03")
async def test_nothing_but_the_two_roles_gives_a_right_and_they_give_no_other(
    clock: Clock, memory: MemoryDatabase
) -> None:
    """A group without roles, an own conversation, a request by name: none of them makes a role."""
    groups = [{"id": "operators", "name": "Operators", "members": ["olga@example.org", "ada@example.org"]}]
    world = await make_world(clock, memory, groups=groups)
    olga, ada = world.olga, world.ada
    assert (olga.may(Right.HANDLE), olga.may(Right.ADMINISTER)) == (False, False)
    assert (ada.may(Right.HANDLE), ada.may(Right.ADMINISTER)) == (True, False)
    route = Route(integration="desk", bot="shop-bot", group="operators", agent=str(olga.id))
    chat = await world.chat("ref-1", route=route)
    with pytest.raises(Forbidden):
        await world.desk.conversations.accept(olga, request_id(chat))
    talk = await world.accepted("ref-2", by="ada")
    update = world.desk.context.statement(
        """
        UPDATE desk_conversations SET owner_id = :owner
        WHERE workspace = :workspace AND integration = :integration AND id = :id
        """,
        owner=olga.id,
        id=talk.id,
    )
    await world.desk.context.database.commit([update])
    owned = await world.desk.conversations.get(talk.id)
    with pytest.raises(Forbidden):
        await world.desk.messages.send(olga, owned, "mine?")
    with pytest.raises(Forbidden):
        await world.desk.conversations.end(olga, talk.id)
    other = await make_world(clock, memory, name="other", accounts=[ACCOUNTS[0]])
    async with client(mounted(other.provider.pages(), "/other")) as program:
        fields = {"email": "ines@example.org", "password": PASSWORD}
        answer = await program.post("/other/api/login", json=fields)
        assert answer.status_code == 401, "an admin of one desk is nobody at another"
