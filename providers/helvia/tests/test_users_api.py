"""Accounts and groups for programs: what the page of the Admin Panel does, with the same rules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from livechat_sdk_helvia.audit import AuditFilter
from providers.helvia.tests.browsing import client, mounted, token_of
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import ACCOUNTS, PASSWORD, Clock, World, make_world

AGENT, ADMIN = "HBF_ORG_LIVE_AGENT", "HBF_ORG_LIVECHAT_ADMIN"
NEW: dict[str, Any] = {"email": "zoe@example.org", "fullName": "Zoe New", "organizationRoles": [AGENT]}


class Program:
    """A program that an admin runs."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._http, self._headers = http, headers

    async def __call__(self, method: str, path: str, wanted: int = 200, **body: Any) -> Any:
        sent = body if method in {"POST", "PATCH"} else None
        answer = await self._http.request(method, f"/desk/api{path}", headers=self._headers, json=sent)
        assert answer.status_code == wanted, answer.text
        return answer.json() if answer.content else None

    async def signs_in(self, email: str, password: str) -> int:
        """The status of a login."""
        fields = {"email": email, "password": password}
        return (await self._http.post("/desk/api/login", json=fields)).status_code


@pytest.fixture
async def ines(quick_world: World) -> AsyncIterator[Program]:
    async with client(mounted(quick_world.provider.pages())) as http:
        yield Program(http, await token_of(http, "ines"))


async def told(world: World) -> list[tuple[str, str]]:
    entries = await world.desk.audit.entries(world.ines, AuditFilter())
    return [(one.action, one.subject) for one in entries if one.action.startswith(("user.", "group."))][::-1]


async def test_an_account_from_its_first_day_to_its_last(quick_world: World, ines: Program) -> None:
    made = await ines("POST", "/users", 201, **NEW, capacity=3)
    password = made.pop("password")
    place = f"/users/{made['id']}"
    assert made == NEW | {
        "id": made["id"],
        "groupIds": [],
        "capacity": 3,
        "active": True,
        "editable": True,
    }
    assert await ines("GET", place) == made
    assert made in (await ines("GET", "/users"))["items"]
    assert await ines.signs_in(NEW["email"], password) == 200

    changed = await ines("PATCH", place, fullName="Zoe Newer", organizationRoles=[ADMIN, AGENT])
    assert changed == made | {"fullName": "Zoe Newer", "organizationRoles": [ADMIN, AGENT]}
    assert (await ines("PATCH", place, capacity=None))["capacity"] is None
    assert (await ines("PATCH", place))["organizationRoles"] == [ADMIN, AGENT], (
        "nothing sent, nothing changed"
    )

    newer = (await ines("POST", f"{place}/password"))["password"]
    assert await ines.signs_in(NEW["email"], password) == 401
    assert await ines.signs_in(NEW["email"], newer) == 200
    assert not (await ines("POST", f"{place}/switch", on=False))["active"]
    assert await ines.signs_in(NEW["email"], newer) == 401
    assert (await ines("POST", f"{place}/switch", on=True))["active"]

    subject = f"user:{made['id']}"
    verbs = ["created", "changed", "changed", "changed", "password_reset", "deactivated", "activated"]
    assert await told(quick_world) == [(f"user.{verb}", subject) for verb in verbs]
    assert password not in repr(await quick_world.desk.audit.entries(quick_world.ines, AuditFilter()))


async def test_a_group_gives_its_roles_to_its_members(quick_world: World, ines: Program) -> None:
    zoe = await ines("POST", "/users", 201, **NEW | {"organizationRoles": []})
    made = await ines("POST", "/groups", 201, id="vip", name="VIP", userIds=[zoe["id"]])
    assert made == {
        "id": "vip",
        "name": "VIP",
        "organizationRoles": [],
        "userIds": [zoe["id"]],
        "editable": True,
    }
    await ines("PATCH", "/groups/vip", organizationRoles=[AGENT])
    account = await quick_world.desk.accounts.get(zoe["id"])
    assert account is not None
    assert {role.api_name for role in account.group_roles} == {AGENT}
    assert (await ines("GET", f"/users/{zoe['id']}"))["groupIds"] == ["vip"]

    both = await ines("PATCH", "/groups/vip", userIds=[zoe["id"], quick_world.ada.id])
    assert both["userIds"] == sorted([zoe["id"], quick_world.ada.id])
    assert (await ines("PATCH", f"/users/{zoe['id']}", groupIds=[]))["groupIds"] == []
    assert (await ines("GET", "/groups/vip"))["userIds"] == [quick_world.ada.id]
    await ines("DELETE", "/groups/vip", 204)
    await ines("GET", "/groups/vip", 404)
    verbs = [action for action, subject in await told(quick_world) if subject == "group:vip"]
    assert verbs == ["group.created", "group.changed", "group.changed", "group.deleted"]


async def test_who_is_switched_off_stays_in_their_groups(ines: Program) -> None:
    zoe = await ines("POST", "/users", 201, **NEW)
    await ines("POST", "/groups", 201, id="vip", name="VIP", userIds=[zoe["id"]])
    await ines("POST", f"/users/{zoe['id']}/switch", on=False)
    assert (await ines("PATCH", "/groups/vip", name="Very important"))["userIds"] == [zoe["id"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "no address"},
        {"email": "ADA@example.org"},
        {"fullName": "  "},
        {"fullName": "x" * 121},
        {"organizationRoles": ["HBF_ORG_OWNER"]},
        {"organizationRoles": [1]},
        {"groupIds": ["nowhere"]},
        {"groupIds": ["x"] * 2001},
        {"groupIds": {"a": 1}},
        {"capacity": 0},
        {"capacity": "many"},
    ],
)
async def test_an_account_that_cannot_be_is_not_made(
    quick_world: World, ines: Program, wrong: dict[str, Any]
) -> None:
    await ines("POST", "/users", 422, **NEW | wrong)
    assert NEW["email"] not in {one.email for one in await quick_world.desk.members.all(quick_world.ines)}
    assert await told(quick_world) == []


@pytest.mark.parametrize(
    "wrong", [{"id": "two words"}, {"name": ""}, {"userIds": [1]}, {"userIds": ["one"]}, {"userIds": 7}]
)
async def test_a_group_that_cannot_be_is_not_made(ines: Program, wrong: dict[str, Any]) -> None:
    await ines("POST", "/groups", 422, **{"id": "vip", "name": "VIP"} | wrong)
    await ines("GET", "/groups/vip", 404)


async def test_what_the_settings_say_is_shown_and_not_changed(ines: Program, quick_world: World) -> None:
    place = f"/users/{quick_world.ada.id}"
    assert not (await ines("GET", place))["editable"]
    await ines("PATCH", place, 403, fullName="Somebody Else")
    await ines("POST", f"{place}/switch", 403, on=False)
    await ines("POST", f"{place}/password", 403)
    await ines("GET", "/users/1", 404)
    await ines("PATCH", "/groups/nowhere", 404, name="Nobody")


async def test_no_admin_takes_the_role_from_themselves(quick_world: World, ines: Program) -> None:
    made = await ines("POST", "/users", 201, **NEW | {"organizationRoles": [ADMIN]})
    token = await quick_world.desk.sessions.start(
        await quick_world.desk.accounts.sign_in(NEW["email"], made["password"], address="test"), "api"
    )
    async with client(mounted(quick_world.provider.pages())) as http:
        zoe = Program(http, {"authorization": f"Bearer {token}"})
        await zoe("PATCH", f"/users/{made['id']}", 403, organizationRoles=[AGENT])
        await zoe("POST", f"/users/{made['id']}/switch", 403, on=False)


async def test_a_service_reports_feedback_and_nothing_else_of_an_admin(
    memory: MemoryDatabase, clock: Clock
) -> None:
    token = "a token of a service, of 32 characters or more"
    world = await make_world(clock, memory, accounts=ACCOUNTS, serviceTokens=[token])
    await world.accepted("ref-1")
    async with client(mounted(world.provider.pages())) as http:
        service = Program(http, {"authorization": f"Bearer {token}"})
        await service("POST", "/feedback", 204, handoffId="handoff-ref-1", positive=True)
        await service("POST", "/feedback", 404, handoffId="handoff-none", positive=True)
        await service("GET", "/users", 401)
        await service("GET", "/analytics/user-feedback", 401)
    assert PASSWORD not in token
    assert memory.run("SELECT positive FROM desk_feedback") == [(1,)]
