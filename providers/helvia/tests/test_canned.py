"""Canned responses: who writes them, where they are offered, and what they become in a reply."""

from __future__ import annotations

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp

from livechat_sdk.domain.people import EndUser
from livechat_sdk_helvia.canned import MAX_CANNED, VARIABLES, CannedDraft, CannedResponse, fill
from livechat_sdk_helvia.faults import Forbidden, InvalidField, NotFound
from livechat_sdk_helvia.messages import MAX_MESSAGE_TEXT
from providers.helvia.tests.browsing import client, sign_in, token_of
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import World

GREETING = "Hello {{user_first_name}}, this is {{agent_name}}."


def draft(name: str = "Greeting", text: str = GREETING, **values: object) -> CannedDraft:
    return CannedDraft.model_validate({"name": name, "text": text, **values})


async def names(world: World, **wanted: str) -> list[str]:
    return [response.name for response in await world.desk.canned.listed(world.ada, **wanted)]


@pytest.mark.feature("AD-09")
async def test_an_admin_creates_changes_and_deletes_and_everybody_reads(world: World) -> None:
    desk = world.desk.canned
    made = await desk.create(world.ines, draft("  Greeting  ", "  Hello  ", categories=("Start", "Start ")))
    assert (made.name, made.text, made.categories) == ("Greeting", "Hello", ("Start",))
    assert (made.owner_id, made.owner_name) == (world.ines.id, "Ines Vidal")
    assert await desk.get(world.ada, made.id) == made
    world.clock.advance(minutes=1)
    changed = await desk.change(world.ines, made.id, draft("Welcome", "Good morning"))
    assert (changed.name, changed.text, changed.categories) == ("Welcome", "Good morning", ())
    assert (changed.created_at, changed.updated_at) == (made.created_at, world.clock.now())
    assert await names(world) == ["Welcome"]
    await desk.delete(world.ines, made.id)
    assert await names(world) == []
    for gone in (desk.delete(world.ines, made.id), desk.change(world.ines, made.id, draft())):
        with pytest.raises(NotFound):
            await gone
    with pytest.raises(NotFound):
        await desk.get(world.ada, made.id)
    told = await world.desk.audit.entries(world.ines)
    assert [entry.action for entry in told if entry.subject == f"canned:{made.id}"] == [
        "canned.deleted",
        "canned.changed",
        "canned.created",
    ]


@pytest.mark.feature("RO-07")
async def test_an_agent_uses_them_and_does_not_write_them(quick_world: World) -> None:
    desk = quick_world.desk.canned
    made = await desk.create(quick_world.ines, draft())
    for refused in (
        desk.create(quick_world.ada, draft()),
        desk.change(quick_world.ada, made.id, draft()),
        desk.delete(quick_world.ada, made.id),
        desk.listed(quick_world.olga),
        desk.get(quick_world.olga, made.id),
    ):
        with pytest.raises(Forbidden):
            await refused
    assert await desk.listed(quick_world.ada) == [made]


@pytest.mark.feature("AD-11", "AD-12")
async def test_a_bot_is_offered_those_of_the_workspace_and_its_own(world: World) -> None:
    desk = world.desk.canned
    await desk.create(world.ines, draft("everywhere"))
    await desk.create(world.ines, draft("shop", workspace_wide=False, bots=("shop-bot", "night-bot")))
    await desk.create(world.ines, draft("other", workspace_wide=False, bots=("other-bot",)))
    assert await names(world) == ["everywhere", "other", "shop"]
    assert await names(world, bot="shop-bot") == ["everywhere", "shop"]
    assert await names(world, bot="other-bot") == ["everywhere", "other"]
    assert await names(world, bot="a-new-bot") == ["everywhere"]
    with pytest.raises(InvalidField, match="offered nowhere"):
        await desk.create(world.ines, draft(workspace_wide=False))


@pytest.mark.feature("AD-10")
async def test_they_are_found_by_category_and_by_what_they_say(world: World) -> None:
    desk = world.desk.canned
    await desk.create(world.ines, draft("Übergabe", "One moment", categories=("Waiting", "German")))
    await desk.create(world.ines, draft("Bye", "Until SOON", categories=("Ending",)))
    assert await names(world, category="Waiting") == await names(world, category="German") == ["Übergabe"]
    assert await names(world, category="wait") == []
    assert await names(world, search="über") == ["Übergabe"]
    assert await names(world, search=" soon ") == ["Bye"]
    assert await names(world, search="%") == []
    assert await names(world, search="o", category="Ending") == ["Bye"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (draft(" "), "name is empty"),
        (draft("n" * 121), "limit is 120"),
        (draft(text=" \n"), "text is empty"),
        (draft(text="x" * (MAX_MESSAGE_TEXT + 1)), "limit is 8,000"),
        (draft(text="Dear {{user_nmae}}"), r"\{\{user_nmae\}\}"),
        (draft(text="{{}}"), "nobody can fill in"),
        (draft(text="{{user.name}}"), "nobody can fill in"),
        (draft(categories=("x" * 61,)), "limit is 60"),
        (draft(categories=("a,b",)), "no comma"),
        (draft(categories=tuple("abcdefghijklmnopqrstu")), "category"),
        (draft(workspace_wide=False, bots=("b" * 201,)), "limit is 200"),
    ],
)
async def test_what_cannot_be_used_is_not_stored(quick_world: World, wrong: CannedDraft, words: str) -> None:
    with pytest.raises(InvalidField, match=words):
        await quick_world.desk.canned.create(quick_world.ines, wrong)
    made = await quick_world.desk.canned.create(quick_world.ines, draft())
    with pytest.raises(InvalidField, match=words):
        await quick_world.desk.canned.change(quick_world.ines, made.id, wrong)
    assert await quick_world.desk.canned.listed(quick_world.ines) == [made]


async def test_there_is_a_most(quick_world: World, memory: MemoryDatabase) -> None:
    await quick_world.desk.canned.create(quick_world.ines, draft())
    memory.run(
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
        INSERT INTO desk_canned SELECT workspace, integration, i, name, text, categories, workspace_wide,
               bots, owner_id, created_at, updated_at FROM desk_canned, n
        """,
        MAX_CANNED - 1,
    )
    with pytest.raises(InvalidField, match="2,000"):
        await quick_world.desk.canned.create(quick_world.ines, draft())


@pytest.mark.feature("CV-03")
async def test_a_reply_is_filled_with_what_is_known_of_the_conversation(quick_world: World) -> None:
    conversation = await quick_world.accepted()
    everything = " | ".join(f"{{{{{name}}}}}" for name in VARIABLES)
    made = await quick_world.desk.canned.create(quick_world.ines, draft(text=everything))
    [text] = await quick_world.desk.canned.filled(quick_world.ada, conversation, made)
    assert text == (
        "Maria Pappa | Maria | maria@example.org | +30 210 1 | Ada | shop-bot | " + str(conversation.id)
    ), "the agent's name is what the end user sees"
    assert await quick_world.kinds() == ["chat_accepted", "agent_joined"], "nothing is sent by itself"


async def test_what_is_not_known_stays_in_its_braces(quick_world: World) -> None:
    conversation = await quick_world.accepted(user=EndUser(id="u-2"))
    made = await quick_world.desk.canned.create(
        quick_world.ines, draft(text="Dear {{ user_name }}, we call {{user_phone}}.")
    )
    [filled] = await quick_world.desk.canned.filled(quick_world.ada, conversation, made)
    assert filled == "Dear {{ user_name }}, we call {{user_phone}}."


@given(name=st.text(), phone=st.text())
def test_what_an_end_user_is_called_is_never_looked_into(name: str, phone: str) -> None:
    values = {"user_name": name, "user_phone": phone}
    expected = (name or "{{user_name}}") + "/" + (phone or "{{user_phone}}")
    assert fill("{{user_name}}/{{user_phone}}", values) == expected


# ------------------------------------------------------------------------------------------------- pages
async def stored(world: World) -> list[CannedResponse]:
    return list(await world.desk.canned.listed(world.ines))


@pytest.mark.feature("AD-09", "AD-10", "AD-11")
async def test_the_admin_panel_with_links_and_forms_only(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await quick_world.chat()
    token = {"csrf_token": await sign_in(browser, "ines")}
    assert "There are no canned responses yet" in (await browser.get("/desk/admin/canned")).text
    form = await browser.get("/desk/admin/canned/new")
    for text in ("{{user_first_name}}", "Seen at this desk: shop-bot"):
        assert text in form.text
    fields = {"name": "Greeting", "text": GREETING, "categories": "Start, Short,, ", "workspace_wide": "1"}
    assert (await browser.post("/desk/admin/canned", data=token | fields)).status_code == 303
    fields |= {"name": "Shop", "workspace_wide": "0", "bots": "shop-bot\r\n\r\nnight-bot\r\n"}
    assert (await browser.post("/desk/admin/canned", data=token | fields)).status_code == 303
    [first, second] = await stored(quick_world)
    assert first.categories == ("Start", "Short")
    assert second.bots == ("shop-bot", "night-bot")
    listed = await browser.get("/desk/admin/canned?search=shop&category=Short")
    assert f"/desk/admin/canned/{second.id}" in listed.text
    assert f"/desk/admin/canned/{first.id}" not in listed.text
    assert "No canned response fits" in (await browser.get("/desk/admin/canned?search=nothing")).text
    path = f"/desk/admin/canned/{second.id}"
    assert "shop-bot\nnight-bot" in (await browser.get(path)).text
    wrong = await browser.post(path, data=token | fields | {"text": "Dear {{nobody}}"})
    assert wrong.status_code == 422
    assert "Dear {{nobody}}" in wrong.text, "what was written is not lost"
    assert (await browser.post(path, data=token | fields | {"text": "Better"})).status_code == 303
    assert (await stored(quick_world))[1].text == "Better"
    gone = await browser.post(f"{path}/delete", data=token)
    assert "The canned response was deleted." in (await browser.get(gone.headers["location"])).text
    assert [response.id for response in await stored(quick_world)] == [first.id]


@pytest.mark.parametrize("path", ["admin/canned", "admin/canned/{id}", "admin/canned/{id}/delete"])
async def test_a_form_of_another_site_writes_no_response(
    quick_world: World, browser: httpx.AsyncClient, path: str
) -> None:
    made = await quick_world.desk.canned.create(quick_world.ines, draft())
    await sign_in(browser, "ines")
    answer = await browser.post(
        f"/desk/{path.format(id=made.id)}", data={"csrf_token": "guess", "name": "x", "text": "y"}
    )
    assert answer.status_code == 403
    assert await stored(quick_world) == [made]


@pytest.mark.feature("CV-03")
async def test_an_agent_puts_one_into_the_reply_without_a_script(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    conversation = await quick_world.accepted()
    desk = quick_world.desk.canned
    made = await desk.create(quick_world.ines, draft(categories=("Start",)))
    await desk.create(quick_world.ines, draft("Hidden", workspace_wide=False, bots=("other-bot",)))
    await sign_in(browser, "ada")
    path = f"/desk/conversations/{conversation.id}"
    assert f'href="{path}/canned"' in (await browser.get(path)).text
    choice = await browser.get(f"{path}/canned?search=hello&category=Start")
    assert "Hello Maria, this is Ada." in choice.text
    assert "Hidden" not in choice.text
    address = f"{path}?canned={made.id}"
    assert f'href="{address}"' in choice.text
    filled = await browser.get(address)
    assert re.search(r"<textarea[^>]*>Hello Maria, this is Ada.</textarea>", filled.text)
    assert len(await quick_world.desk.messages.page(conversation.id)) == 1, "it is not sent"
    part = await browser.get(f"{path}/canned?part=canned")
    assert part.text.lstrip().startswith("<ul")
    assert 'role="option"' in part.text
    assert (await browser.get(f"{path}?canned=1")).status_code == 404


# --------------------------------------------------------------------------------------------------- API
@pytest.mark.feature("AD-12")
async def test_programs_use_the_published_names(quick_world: World, app: ASGIApp) -> None:
    conversation = await quick_world.accepted()
    async with client(app) as program:
        admin, agent = await token_of(program, "ines"), await token_of(program, "ada")
        body = {"name": "Greeting", "text": GREETING, "categories": ["Start"], "tenantIds": ["shop-bot"]}
        refused = await program.post("/desk/api/canned", json=body, headers=agent)
        assert refused.status_code == 403
        answer = await program.post("/desk/api/canned", json=body, headers=admin)
        assert answer.status_code == 201
        made = answer.json()
        assert made | body == made
        assert (made["organizationWide"], made["platformUserId"]) == (False, str(quick_world.ines.id))
        path = f"/desk/api/canned/{made['id']}"
        changed = (await program.patch(path, json={"organizationWide": True}, headers=admin)).json()
        assert (changed["organizationWide"], changed["tenantIds"], changed["text"]) == (True, [], GREETING)
        again = (await program.patch(path, json={"tenantIds": ["other-bot"]}, headers=admin)).json()
        assert (again["organizationWide"], again["tenantIds"]) == (False, ["other-bot"])
        for scope, count in {"shop-bot": 0, "other-bot": 1}.items():
            listed = await program.get(f"/desk/api/canned?tenantScope={scope}", headers=agent)
            assert len(listed.json()["items"]) == count
        text = await program.get(
            f"/desk/api/conversations/{conversation.id}/canned/{made['id']}", headers=agent
        )
        assert text.json()["text"] == "Hello Maria, this is Ada."
        bad: list[dict[str, object]] = [{"categories": [1]}, {"categories": {}}, {"name": 1}]
        for wrong in [*bad, {"organizationWide": "perhaps"}]:
            assert (await program.patch(path, json=wrong, headers=admin)).status_code == 422
        assert (await program.delete(path, headers=agent)).status_code == 403
        assert (await program.delete(path, headers=admin)).status_code == 204
        assert (await program.get(path, headers=agent)).status_code == 404
