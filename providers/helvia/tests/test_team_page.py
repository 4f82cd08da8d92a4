"""Admin Panel, "Users and groups": the page and its forms, without a script."""

from __future__ import annotations

import re

import httpx
import pytest
from starlette.types import ASGIApp

from livechat_sdk_helvia.records import Role
from providers.helvia.tests.browsing import client, csrf_of, mounted, sign_in, tags
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import Clock, World, make_world

HERE = "/desk/admin/team"
EVIL = "\"'><script>alert('x')</script>"


@pytest.fixture
async def ines(quick_world: World, browser: httpx.AsyncClient) -> httpx.AsyncClient:
    """The admin's browser, signed in; the CSRF token travels in a header."""
    browser.headers["x-csrf-token"] = await sign_in(browser, "ines")
    return browser


def password_of(page: httpx.Response) -> str:
    found = re.search(r"The password of [^<]+</strong> <code>([^<]+)</code>", page.text)
    assert found, page.text
    return found[1]


async def made(ines: httpx.AsyncClient, **fields: str) -> tuple[str, str]:
    """A new account through the form: the path of its page and its password."""
    answer = await ines.post(
        f"{HERE}/users", data={"email": "zoe@example.org", "name": "Zoe New", "role.agent": "1"} | fields
    )
    assert answer.status_code == 200, answer.text
    action = re.search(r'action="([^"]+)/password"', answer.text)
    assert action
    return action[1], password_of(answer)


@pytest.mark.feature("RO-14")
async def test_an_admin_makes_an_account_and_its_roles_open_the_desk(
    quick_world: World, app: ASGIApp, ines: httpx.AsyncClient
) -> None:
    path, password = await made(ines)
    page = await ines.get(path)
    assert password not in page.text, "the password is shown once"
    async with client(app) as hers:
        form = await hers.get("/desk/login")
        fields = {"csrf_token": csrf_of(form), "email": "zoe@example.org", "password": password}
        assert (await hers.post("/desk/login", data=fields)).status_code == 303
        assert (await hers.get("/desk/inbox/new")).status_code == 200
        assert (await hers.get(HERE)).status_code == 403
        saved = await ines.post(path, data={"name": "Zoe New", "role.admin": "1", "capacity": "4"})
        assert saved.status_code == 303
        assert "in force" in (await ines.get(saved.headers["location"])).text
        assert (await hers.get(HERE)).status_code == 200, "roles hold at once"
        await ines.post(path, data={"name": "Zoe New"})
        assert (await hers.get("/desk/inbox/new")).status_code == 403
        await ines.post(f"{path}/switch", data={"on": "0"})
        assert (await hers.get("/desk/inbox/new")).status_code == 303, "signed out"


@pytest.mark.feature("RO-12")
async def test_a_group_is_made_filled_and_deleted_with_forms(
    quick_world: World, ines: httpx.AsyncClient
) -> None:
    answer = await ines.post(f"{HERE}/groups", data={"id": "vip", "group_name": "VIP team"})
    assert answer.headers["location"] == f"{HERE}/groups/vip?done=made"
    box = f"member.{quick_world.olga.id}"
    assert f'name="{box}"' in (await ines.get(f"{HERE}/groups/vip")).text
    saved = await ines.post(f"{HERE}/groups/vip", data={"group_name": "VIPs", "role.agent": "1", box: "1"})
    assert saved.status_code == 303
    olga = await quick_world.desk.accounts.get(quick_world.olga.id)
    assert olga is not None
    assert olga.effective_roles == {Role.AGENT}
    overview = await ines.get(HERE)
    assert "LiveChat Agent (by group)" in overview.text
    assert "VIPs" in overview.text
    deleted = await ines.post(f"{HERE}/groups/vip/delete", data={"sent": "1"})
    assert deleted.headers["location"] == f"{HERE}?done=deleted"
    assert (await ines.get(f"{HERE}/groups/vip")).status_code == 404


async def test_what_the_settings_file_says_is_read_only_and_the_page_says_so(
    clock: Clock, memory: MemoryDatabase
) -> None:
    world = await make_world(clock, memory, groups=[{"id": "billing", "name": "Billing"}])
    async with client(mounted(world.provider.pages())) as browser:
        browser.headers["x-csrf-token"] = await sign_in(browser, "ines")
        for path in (f"{HERE}/users/{world.ada.id}", f"{HERE}/groups/billing"):
            page = await browser.get(path)
            assert "comes from the settings file" in page.text
            assert f'action="{path}' not in page.text
        for path in (
            f"{HERE}/users/{world.ada.id}",
            f"{HERE}/users/{world.ada.id}/password",
            f"{HERE}/users/{world.ada.id}/switch",
            f"{HERE}/groups/billing",
            f"{HERE}/groups/billing/delete",
        ):
            refused = await browser.post(path, data={"name": "x", "group_name": "x", "on": "0"})
            assert refused.status_code == 403
            assert "comes from the settings" in refused.text


async def test_a_refused_form_keeps_what_was_typed(quick_world: World, ines: httpx.AsyncClient) -> None:
    fields = {"email": "ada@example.org", "name": "Another Ada", "role.admin": "1"}
    answer = await ines.post(f"{HERE}/users", data=fields)
    assert answer.status_code == 422
    assert "already" in answer.text
    assert 'value="Another Ada"' in answer.text
    ticked = [a for tag, a in tags(answer.text) if tag == "input" and a.get("name") == "role.admin"]
    assert "checked" in ticked[0]
    answer = await ines.post(f"{HERE}/groups", data={"id": "a b", "group_name": "Typed name"})
    assert (answer.status_code, 'value="Typed name"' in answer.text) == (422, True)


async def test_names_are_shown_as_text(quick_world: World, ines: httpx.AsyncClient) -> None:
    path, _ = await made(ines, name=EVIL)
    await ines.post(f"{HERE}/groups", data={"id": "evil", "group_name": EVIL})
    for where in (HERE, path, f"{HERE}/groups/evil"):
        page = await ines.get(where)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text


async def test_every_box_and_field_has_a_label(quick_world: World, ines: httpx.AsyncClient) -> None:
    path, _ = await made(ines)
    await ines.post(f"{HERE}/groups", data={"id": "vip", "group_name": "VIP"})
    for where in (HERE, path, f"{HERE}/groups/vip"):
        found = tags((await ines.get(where)).text)
        labelled = {attributes.get("for") for tag, attributes in found if tag == "label"}
        for tag, attributes in found:
            if tag == "input" and attributes.get("type") not in {"hidden", "checkbox"}:
                assert attributes.get("id") in labelled, (where, attributes)
        assert sum(tag == "h1" for tag, _ in found) == 1
        ids = [attributes["id"] for _, attributes in found if attributes.get("id")]
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("users", {"email": "zoe@example.org", "name": "Zoe"}),
        ("groups", {"id": "vip", "group_name": "VIP"}),
    ],
)
async def test_a_form_of_another_site_makes_nothing(
    quick_world: World, browser: httpx.AsyncClient, path: str, fields: dict[str, str]
) -> None:
    await sign_in(browser, "ines")
    answer = await browser.post(f"{HERE}/{path}", data=fields | {"csrf_token": "guess"})
    assert answer.status_code == 403
    assert len(await quick_world.desk.members.all(quick_world.ines)) == 4
    assert await quick_world.desk.groups.all() == []
