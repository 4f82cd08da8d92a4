"""Purging: what is over goes for good with all that belongs to it, what runs stays."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from livechat_sdk.domain.ends import EndReason
from livechat_sdk_helvia.audit import AuditFilter
from livechat_sdk_helvia.faults import Forbidden, NotFound
from livechat_sdk_helvia.past import PastFilter
from livechat_sdk_helvia.purge import tables_of_conversations
from livechat_sdk_helvia.records import Conversation
from livechat_sdk_helvia.schemas import SCHEMAS
from providers.helvia.tests.browsing import sign_in, token_of
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import World, conversation_id, make_world, planned

MISSED = EndReason(by="clock", why="timeout")


async def finished(world: World, ref: str, **values: Any) -> Conversation:
    """A conversation that is over, with a message, a note and a history."""
    conversation = await world.accepted(ref, **values)
    await world.desk.messages.take_in(conversation, planned(world.clock, "k", f"canary-{ref}"))
    await world.desk.notes.add(world.ada, conversation.id, f"canary-{ref}")
    return await world.desk.conversations.end(world.ada, conversation.id)


async def past(world: World) -> list[str]:
    page = await world.desk.history.page(world.ines, PastFilter(), take=200)
    return sorted(item.conversation.ref for item in page.items)


@pytest.mark.feature("TR-08")
async def test_everything_that_is_over_goes_and_what_runs_or_waits_stays(world: World) -> None:
    for number in range(3):
        await finished(world, f"r{number}")
    missed = await world.chat("missed")
    await world.provider.close(missed, MISSED)
    running, waiting = await world.accepted("open"), await world.chat("waiting")
    await world.desk.notes.add(world.ada, running.id, "stays")
    await world.desk.messages.send(world.ada, running, "stays too")
    world.clock.advance(days=400)
    assert await world.desk.purge.count(world.ines) == 4
    assert await world.desk.purge.run(world.ines) == 4
    assert await past(world) == []
    assert [note.text for note in await world.desk.notes.of(world.ada, running.id)] == ["stays"]
    assert (await world.desk.messages.page(running.id))[-1].text == "stays too"
    assert len(await world.desk.conversations.history(running.id)) == 2
    counts = await world.desk.inbox.counts()
    assert (counts.new, counts.open, counts.closed) == (1, 1, 0)
    assert await world.desk.conversations.get(conversation_id(waiting))
    with pytest.raises(NotFound):
        await world.desk.conversations.get(conversation_id(missed))
    await world.desk.conversations.end(world.ada, running.id)
    assert await world.desk.purge.run(world.ines) == 1


async def test_nothing_of_them_is_left_in_any_table(
    quick_world: World, memory: MemoryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livechat_sdk_helvia.purge._PORTION", 2)
    gone = [await finished(quick_world, f"gone-{number}") for number in range(5)]
    assert "canary-gone-4" in memory.dump()
    assert await quick_world.desk.purge.run(quick_world.ines) == 5
    left = memory.dump()
    for one in gone:
        for trace in (f"canary-{one.ref}", one.ref, one.handoff_id):
            assert trace not in left
        lines = [line for line in left.splitlines() if str(one.id) in line]
        assert all("desk_audit" in line for line in lines)
    assert "Maria" not in left


@pytest.mark.feature("TR-07")
async def test_what_ended_before_a_day_or_belongs_to_a_bot_goes(world: World) -> None:
    await finished(world, "old-shop")
    await finished(world, "old-night", bot="night-bot")
    world.clock.advance(days=30)
    await finished(world, "new-night", bot="night-bot")
    border = datetime(2026, 3, 20, tzinfo=UTC)
    assert await world.desk.purge.count(world.ines, before=border) == 2
    assert await world.desk.purge.run(world.ines, before=border, bot="night-bot") == 1
    assert await past(world) == ["new-night", "old-shop"]
    assert await world.desk.purge.run(world.ines, bot="nobody") == 0
    assert await world.desk.purge.run(world.ines, before=border) == 1
    assert await past(world) == ["new-night"]
    [first, *_] = await world.desk.audit.entries(world.ines, AuditFilter(area="retention"))
    assert (first.actor_name, first.facts) == (
        "Ines Vidal",
        {"before": "2026-03-20T00:00:00.000000Z", "conversations": 1, "bot": None},
    )


async def test_the_moment_of_the_end_counts_to_the_microsecond(quick_world: World) -> None:
    one = await finished(quick_world, "r")
    assert one.ended_at is not None
    assert await quick_world.desk.purge.run(quick_world.ines, before=one.ended_at) == 0
    later = one.ended_at.replace(microsecond=1)
    assert await quick_world.desk.purge.run(quick_world.ines, before=later) == 1


async def test_another_desk_is_left_alone(quick_world: World, memory: MemoryDatabase) -> None:
    other = await make_world(quick_world.clock, memory, name="other")
    await finished(other, "other")
    await finished(quick_world, "mine")
    assert await quick_world.desk.purge.run(quick_world.ines) == 1
    assert await past(other) == ["other"]


async def test_only_an_admin_purges(quick_world: World, browser: httpx.AsyncClient) -> None:
    await finished(quick_world, "r")
    for name in ("ada", "olga"):
        with pytest.raises(Forbidden):
            await quick_world.desk.purge.run(quick_world.people[name])
        with pytest.raises(Forbidden):
            await quick_world.desk.purge.count(quick_world.people[name])
    headers = await token_of(browser, "ada")
    answer = await browser.delete("/desk/api/data-retention?all=true", headers=headers)
    assert answer.status_code == 403
    assert await past(quick_world) == ["r"]


@pytest.mark.feature("TR-07", "TR-08")
async def test_a_program_purges_by_age_and_bot_or_everything(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    headers = await token_of(browser, "ines")
    address = "/desk/api/data-retention"
    await finished(quick_world, "a", bot="night-bot")
    await finished(quick_world, "b")
    for bad in (
        *("", "?all=1", "?before=yesterday", "?before=2026-04-01", "?before=2026-04-01T00:00:00"),
        *("?all=true&before=2026-04-01T00:00:00Z", "?tenantId=night-bot", f"?all=true&tenantId={'x' * 300}"),
        "?before=0001-01-01T00:00:00%2B14:00",
    ):
        answer = await browser.delete(f"{address}{bad}", headers=headers)
        assert answer.status_code == 422, bad
    for query, purged in (
        ("before=2026-03-02T00:00:00Z", 0),
        ("before=2026-04-01T00:00:00Z&tenantId=night-bot", 1),
        ("all=true", 1),
    ):
        answer = await browser.delete(f"{address}?{query}", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"purged": purged})


@pytest.mark.feature("TR-07", "TR-08")
async def test_an_admin_looks_first_and_has_to_confirm(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await finished(quick_world, "a", bot="night-bot")
    await finished(quick_world, "b")
    token = await sign_in(browser, "ines")
    look = await browser.get(
        "/desk/admin/retention?scope=older&before=2026-03-03&zone=Europe/Athens&bot=night-bot"
    )
    assert "Delete 1 conversation for good?" in look.text
    form = {"csrf_token": token, "scope": "older", "before": "2026-03-03", "zone": "Europe/Athens"}
    form |= {"bot": "night-bot"}
    for confirm in ("", "yes", "Desk"):
        refused = await browser.post("/desk/admin/retention", data=form | {"confirm": confirm})
        assert refused.status_code == 422
        assert "Nothing was deleted" in refused.text
        assert "Delete 1 conversation for good?" in refused.text
    forged = await browser.post("/desk/admin/retention", data=form | {"confirm": "desk", "csrf_token": "x"})
    assert forged.status_code == 403
    assert await past(quick_world) == ["a", "b"]
    done = await browser.post("/desk/admin/retention", data=form | {"confirm": " desk "})
    assert done.headers["location"] == "/desk/admin/retention?purged=1"
    assert "1 conversation is deleted." in (await browser.get(done.headers["location"])).text
    assert await past(quick_world) == ["b"]
    nothing = await browser.get("/desk/admin/retention?scope=older&before=2020-01-01")
    assert "There are no such conversations" in nothing.text
    for bad in ("scope=older", "scope=some", "scope=older&before=x", "scope=all&bot=" + "x" * 201):
        assert (await browser.get(f"/desk/admin/retention?{bad}")).status_code == 422
    await browser.post("/desk/admin/retention", data={"csrf_token": token, "scope": "all", "confirm": "desk"})
    assert await past(quick_world) == []


async def test_every_table_about_end_users_is_purged_by_the_id_of_the_conversation(
    quick_world: World, memory: MemoryDatabase
) -> None:
    tables = tables_of_conversations()
    assert tables[-1] == "desk_conversations"
    assert set(tables) == {table.table for schema in SCHEMAS for table in schema.personal}
    about = {
        str(table)
        for (table,) in memory.run("SELECT name FROM sqlite_master WHERE type = 'table'")
        if "conversation_id" in {str(row[1]) for row in memory.run(f"PRAGMA table_info({table!s})")}
    }
    assert about <= set(tables), "a table about conversations holds personal data: it is declared so"
    for table in tables[:-1]:
        columns = {str(row[1]) for row in memory.run(f"PRAGMA table_info({table!s})")}
        assert {"workspace", "integration", "conversation_id"} <= columns, (
            f"{table}: a table of personal data needs these columns, or the purge has to know of it"
        )
