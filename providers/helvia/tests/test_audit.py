"""The audit log: every act has an entry in the same commit, and no entry says what anybody wrote."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from livechat_sdk.errors import Expect, StoreError
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.audit import AuditEntry, AuditFilter
from livechat_sdk_helvia.bots import BotSettings
from livechat_sdk_helvia.canned import CannedDraft
from livechat_sdk_helvia.desk_settings import DeskSettings, Mode
from livechat_sdk_helvia.faults import Forbidden, InvalidField, NotSignedIn
from providers.helvia.tests.browsing import sign_in, token_of
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import PASSWORD, START, World

CANARY = "CANARY-in-words"


async def entries(world: World, **wanted: object) -> list[AuditEntry]:
    return list(await world.desk.audit.entries(world.ines, AuditFilter.model_validate(wanted)))


async def acts(world: World) -> list[tuple[str, str, str]]:
    """Who, what and about what, oldest first."""
    return [(e.actor_name, e.action, e.subject) for e in reversed(await entries(world))]


async def test_every_act_of_the_desk_has_an_entry(world: World) -> None:
    token = await world.desk.sessions.start(world.ada, "page")
    talk = await world.accepted()
    about = f"conversation:{talk.id}"
    note = await world.desk.notes.add(world.ada, talk.id, CANARY)
    await world.desk.notes.change(world.ada, talk.id, note.id, CANARY)
    await world.desk.notes.delete(world.ada, talk.id, note.id)
    await world.desk.messages.send(world.ada, talk, CANARY)
    await world.desk.conversations.end(world.ada, talk.id)
    await world.desk.settings.replace(world.ines, DeskSettings(mode=Mode.PRIVATE))
    await world.desk.sessions.end(token, world.ada)
    assert await acts(world) == [
        ("Ada Marsh", "session.started", f"user:{world.ada.id}"),
        ("Ada Marsh", "request.accepted", about),
        ("Ada Marsh", "note.added", about),
        ("Ada Marsh", "note.changed", about),
        ("Ada Marsh", "note.deleted", about),
        ("Ada Marsh", "conversation.ended", about),
        ("Ines Vidal", "settings.changed", "settings"),
        ("Ada Marsh", "session.ended", f"user:{world.ada.id}"),
    ]
    facts = {entry.action: entry.facts for entry in await entries(world)}
    assert facts["settings.changed"] == {"changed": "mode"}
    assert facts["note.added"] == {"note": note.id}
    assert CANARY not in repr(facts)
    assert {entry.at for entry in await entries(world)} == {START}


async def test_a_failed_sign_in_is_told_without_what_was_typed(
    quick_world: World, memory: MemoryDatabase
) -> None:
    for email, password in [("ada@example.org", CANARY), (CANARY, PASSWORD)]:
        with pytest.raises(NotSignedIn):
            await quick_world.desk.accounts.sign_in(email, password, address="203.0.113.9")
    assert await acts(quick_world) == [
        ("–", "session.refused", f"user:{quick_world.ada.id}"),
        ("–", "session.refused", "user:unknown"),
    ]
    assert {str(entry.facts["address"]) for entry in await entries(quick_world)} == {"203.0.113.9"}
    assert CANARY.lower() not in memory.dump().lower()


async def test_what_did_not_happen_has_no_entry(quick_world: World, memory: MemoryDatabase) -> None:
    talk = await quick_world.accepted()
    before = await acts(quick_world)
    memory.out_of_order = True
    with pytest.raises(StoreError):
        await quick_world.desk.notes.add(quick_world.ada, talk.id, "hello")
    memory.out_of_order = False
    with pytest.raises(Forbidden):
        await quick_world.desk.conversations.end(quick_world.ben, talk.id)
    nothing = Statement("UPDATE desk_users SET name = name WHERE id = -1", {}, 1)
    entry = quick_world.desk.audit.entry(quick_world.ada, "note.added", "nowhere")
    with pytest.raises(Expect):
        await quick_world.database.commit([entry, nothing])
    assert await acts(quick_world) == before


@pytest.mark.feature("AD-01")
async def test_only_an_admin_reads_the_log(quick_world: World) -> None:
    for user in (quick_world.ada, quick_world.olga):
        with pytest.raises(Forbidden):
            await quick_world.desk.audit.entries(user)
        with pytest.raises(Forbidden):
            await quick_world.desk.audit.areas(user)
        with pytest.raises(Forbidden):
            await quick_world.desk.audit.actors(user)


async def test_the_log_is_filtered_by_who_what_and_when(world: World) -> None:
    talk = await world.accepted()
    await world.desk.notes.add(world.ada, talk.id, "one")
    world.clock.advance(days=1)
    await world.desk.notes.add(world.ben, talk.id, "two")
    tomorrow = START + timedelta(days=1)
    cases: list[tuple[dict[str, object], int]] = [
        ({"actor_id": world.ben.id}, 1),
        ({"area": "note"}, 2),
        ({"area": "note", "actor_id": world.ada.id}, 1),
        ({"since": tomorrow}, 1),
        ({"until": tomorrow}, 2),
        ({"since": START, "until": START}, 0),
        ({"area": "nothing"}, 0),
    ]
    for wanted, count in cases:
        assert len(await entries(world, **wanted)) == count, wanted
    assert list(await world.desk.audit.areas(world.ines)) == ["note", "request"]
    named = await world.desk.audit.actors(world.ines)
    assert list(named) == [(world.ada.id, "Ada Marsh"), (world.ben.id, "Ben Okoro")]


async def test_pages_of_the_log_follow_on_each_other_while_it_grows(world: World) -> None:
    talk = await world.accepted()
    for number in range(7):
        await world.desk.notes.add(world.ada, talk.id, str(number))
    seen: list[int] = []
    page = await world.desk.audit.entries(world.ines, take=3)
    while page:
        seen += [entry.id for entry in page]
        await world.desk.notes.add(world.ben, talk.id, "meanwhile")
        page = await world.desk.audit.entries(world.ines, before=seen[-1], take=3)
    assert len(seen) == len(set(seen)) == 8
    assert seen == sorted(seen, reverse=True)
    with pytest.raises(InvalidField):
        await world.desk.audit.entries(world.ines, take=0)


def test_an_action_has_an_area_and_a_verb(quick_world: World) -> None:
    for wrong in ("", "note", "Note.Added", "note.added.twice", "note.added\n"):
        with pytest.raises(ValueError, match=r"area\.verb"):
            quick_world.desk.audit.entry(None, wrong, "x")


# ------------------------------------------------------------------------------------------------ page, API
async def test_the_page_shows_the_log_by_pages_and_filters(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    talk = await quick_world.accepted()
    for _ in range(60):
        await quick_world.desk.notes.add(quick_world.ben, talk.id, CANARY)
    await sign_in(browser, "ines")
    page = await browser.get("/desk/admin/audit")
    assert page.text.count("<tr>") == 51
    assert CANARY not in page.text
    assert f'href="/desk/conversations/{talk.id}"' in page.text
    older = page.text.split('href="/desk/admin/audit?before=')[1].partition('"')[0]
    rest = await browser.get(f"/desk/admin/audit?before={older}")
    assert rest.text.count("<tr>") == 13
    assert "request accepted" in rest.text
    assert "Newest" in rest.text
    mine = await browser.get(f"/desk/admin/audit?actor={quick_world.ada.id}&area=request&since=2026-03-02")
    assert mine.text.count("<tr>") == 2
    empty = await browser.get("/desk/admin/audit?until=2026-03-01")
    assert "No entries." in empty.text
    wrong = await browser.get("/desk/admin/audit?since=yesterday<b>")
    assert wrong.status_code == 422
    assert "<b>" not in wrong.text


async def test_the_page_names_what_there_still_is_and_leads_there(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    desk, ines = quick_world.desk, quick_world.ines
    await desk.groups.create(ines, "billing", "Billing <team>", [], [])
    await desk.bots.replace(ines, "shop/bot&x=1", BotSettings(available=False))
    gone = await desk.canned.create(ines, CannedDraft(name="Gone", text="words"))
    await desk.canned.delete(ines, gone.id)
    await sign_in(browser, "ines")
    page = (await browser.get("/desk/admin/audit")).text
    for path, words in (
        (f"team/users/{ines.id}", "user Ines Vidal"),
        ("team/groups/billing", "group Billing &lt;team&gt;"),
        ("bots?bot=shop%2Fbot%26x%3D1", "bot shop/bot&amp;x=1"),
    ):
        assert f'<a href="/desk/admin/{path}">{words}</a>' in page
        assert (await browser.get(f"/desk/admin/{path}")).status_code == 200
    assert f"canned {gone.id}" in page
    assert f"admin/canned/{gone.id}" not in page


async def test_an_entry_is_shown_as_text(quick_world: World, browser: httpx.AsyncClient) -> None:
    evil = "<script>alert(1)</script>"
    entry = quick_world.desk.audit.entry(quick_world.ada, "odd.thing", evil, name=evil)
    await quick_world.database.commit([entry])
    await sign_in(browser, "ines")
    page = await browser.get("/desk/admin/audit")
    assert evil not in page.text
    assert page.text.count("&lt;script&gt;alert(1)") == 2


async def test_a_program_of_an_admin_reads_the_log(quick_world: World, browser: httpx.AsyncClient) -> None:
    talk = await quick_world.accepted()
    headers = await token_of(browser, "ines")
    answer = await browser.get("/desk/api/audit?area=request", headers=headers)
    [entry] = answer.json()["items"]
    assert entry["by"] == {"id": quick_world.ada.id, "fullName": "Ada Marsh"}
    assert (entry["action"], entry["subject"]) == ("request.accepted", f"conversation:{talk.id}")
    assert entry["date"].startswith("2026-03-02T09:00")
    assert (await browser.get("/desk/api/audit", headers=await token_of(browser, "ada"))).status_code == 403
