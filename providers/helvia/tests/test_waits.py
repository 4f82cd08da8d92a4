"""The inactivity notification: who is alerted, when, and how often, while the clock moves on."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from livechat_sdk.domain.ends import EndReason
from livechat_sdk_helvia.desk_settings import DeskSettings, Mode
from livechat_sdk_helvia.faults import Forbidden
from livechat_sdk_helvia.hub import INBOX
from livechat_sdk_helvia.records import Conversation, DeskUser
from livechat_sdk_helvia.waits import MOST_TRIES
from providers.helvia.tests.browsing import sign_in, stream, token_of
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import World, make_provider, planned, request_id, start

THRESHOLD = 60


async def configure(world: World, threshold: int | None = THRESHOLD, **more: object) -> None:
    given = {"idle_reminder_threshold": threshold, "idle_reminder_team_after": 2} | more
    await world.desk.settings.replace(world.ines, DeskSettings.model_validate(given))


async def after(world: World, seconds: float) -> float:
    """Let time pass and the desk look; seconds until it looks again."""
    world.clock.advance(seconds=seconds)
    return await world.desk.waits.look()


async def heard(world: World, user: DeskUser) -> list[tuple[str, int, bool]]:
    return [(one.user_label, one.tries, one.mine) for one in await world.desk.waits.alerts(user)]


async def writes(world: World, conversation: Conversation, key: str) -> None:
    await world.desk.messages.take_in(conversation, planned(world.clock, key, "hello?"))


# ------------------------------------------------------------------------------------------------- service
@pytest.mark.feature("CV-25", "AD-08")
async def test_the_owner_is_alerted_first_and_the_team_later(world: World) -> None:
    await configure(world)
    talk = await world.accepted()
    await after(world, THRESHOLD - 1)
    assert await heard(world, world.ada) == []
    await after(world, 1)
    assert await heard(world, world.ada) == [("Maria Pappa", 1, True)]
    assert await heard(world, world.ben) == []
    assert await heard(world, world.ines) == []
    await after(world, THRESHOLD)
    assert await heard(world, world.ada) == [("Maria Pappa", 2, True)]
    assert await heard(world, world.ben) == [("Maria Pappa", 2, False)]
    assert await heard(world, world.ines) == [("Maria Pappa", 2, False)]
    assert (await world.reload(talk)).reminders == 2


@pytest.mark.feature("CV-25")
async def test_an_answer_ends_the_wait_and_the_next_question_begins_one(world: World) -> None:
    await configure(world)
    talk = await world.accepted()
    await after(world, THRESHOLD)
    await world.desk.messages.send(world.ada, talk, "Good morning")
    assert await heard(world, world.ada) == []
    await after(world, 10 * THRESHOLD)
    assert await heard(world, world.ada) == [], "an end user who was answered does not wait"
    await writes(world, talk, "u1")
    await after(world, THRESHOLD - 10)
    await writes(world, talk, "u2")
    await after(world, 10)
    [alert] = await world.desk.waits.alerts(world.ada)
    assert alert.tries == 1, "counted from the first message without an answer, anew for each wait"
    assert (world.clock.now() - alert.waiting_since).total_seconds() == THRESHOLD
    assert (await world.reload(talk)).reminders == 2, "the conversation keeps the count of them all"


async def test_before_the_accept_nobody_is_alerted_and_after_the_end_neither(world: World) -> None:
    await configure(world)
    chat = await world.chat()
    await world.provider.send(chat, planned(world.clock, "k1", "hello"))
    await after(world, 5 * THRESHOLD)
    assert await heard(world, world.ines) == []
    talk = await world.desk.conversations.accept(world.ada, request_id(chat))
    await after(world, THRESHOLD - 1)
    assert await heard(world, world.ada) == [], "the wait of the owner begins with the accept"
    await after(world, 1)
    assert len(await heard(world, world.ada)) == 1
    await world.desk.conversations.end(world.ada, talk.id)
    assert await heard(world, world.ada) == []
    second = await world.accepted("ref-2")
    await world.desk.conversations.close(second.id, EndReason(by="user", why="other"))
    await after(world, 5 * THRESHOLD)
    assert await heard(world, world.ada) == []
    assert (await world.reload(second)).reminders == 0


async def test_a_repeated_message_changes_nothing(quick_world: World) -> None:
    await configure(quick_world)
    talk = await quick_world.accepted()
    await quick_world.desk.messages.send(quick_world.ada, talk, "Good morning", key="a1")
    await writes(quick_world, talk, "u1")
    quick_world.clock.advance(seconds=THRESHOLD)
    await writes(quick_world, talk, "u1")
    await quick_world.desk.messages.send(quick_world.ada, talk, "Good morning", key="a1")
    await after(quick_world, 0)
    assert len(await heard(quick_world, quick_world.ada)) == 1


@pytest.mark.feature("CV-25")
async def test_the_count_survives_a_restart_and_goes_on(world: World) -> None:
    await configure(world)
    await world.accepted()
    await after(world, THRESHOLD)
    again = await start(make_provider(world.clock), world.database)
    world.clock.advance(seconds=10 * THRESHOLD)
    await again.desk.waits.look()
    [alert] = await again.desk.waits.alerts(world.ada)
    assert alert.tries == 2, "what was due while nothing ran counts once"


async def test_of_two_processes_one_counts(world: World) -> None:
    await configure(world)
    talk = await world.accepted()
    other = await start(make_provider(world.clock), world.database)
    world.clock.advance(seconds=THRESHOLD)
    await asyncio.gather(world.desk.waits.look(), other.desk.waits.look())
    assert (await world.reload(talk)).reminders == 1


@pytest.mark.feature("AD-08")
async def test_a_change_of_the_threshold_holds_at_once(quick_world: World) -> None:
    await configure(quick_world, None)
    await quick_world.accepted()
    await after(quick_world, 3600)
    assert await heard(quick_world, quick_world.ada) == []
    await configure(quick_world, 600)
    await after(quick_world, 0)
    assert len(await heard(quick_world, quick_world.ada)) == 1
    await configure(quick_world, None)
    assert await heard(quick_world, quick_world.ada) == []


async def test_alerts_of_one_wait_end_some_time(quick_world: World) -> None:
    await configure(quick_world)
    talk = await quick_world.accepted()
    for _ in range(MOST_TRIES + 5):
        await after(quick_world, THRESHOLD)
    assert (await quick_world.reload(talk)).reminders == MOST_TRIES
    assert len(await heard(quick_world, quick_world.ada)) == 1, "the last one stays until somebody answers"


@pytest.mark.feature("IN-11")
async def test_in_private_mode_the_alert_of_the_team_is_for_those_who_see_it(world: World) -> None:
    await configure(world, mode=Mode.PRIVATE)
    await world.accepted()
    await after(world, THRESHOLD)
    await after(world, THRESHOLD)
    assert await heard(world, world.ben) == []
    assert len(await heard(world, world.ines)) == 1
    with pytest.raises(Forbidden):
        await world.desk.waits.alerts(world.olga)


async def test_the_desk_looks_when_something_is_due_and_asks_once_for_all(
    quick_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await configure(quick_world, 10)
    assert await after(quick_world, 0) == 10, "nothing that begins from now on is due before that"
    talk = await quick_world.accepted("ref-1")
    quick_world.clock.advance(seconds=4)
    for number in range(2, 12):
        await quick_world.accepted(f"ref-{number}")
    assert await after(quick_world, 0) == 6
    asked = 0
    fetch = quick_world.database.fetch

    async def counting(*given: Any) -> Any:
        nonlocal asked
        asked += 1
        return await fetch(*given)

    monkeypatch.setattr(quick_world.database, "fetch", counting)
    with quick_world.desk.hub.subscribe(INBOX) as pages:
        assert await after(quick_world, 6) == 4
        assert await pages.wait(1) == {"waits"}
    assert asked <= 3, "not one question for each conversation"
    monkeypatch.undo()
    assert await after(quick_world, 4) == 6
    assert len(await quick_world.desk.waits.alerts(quick_world.ada)) == 11
    assert (await quick_world.reload(talk)).reminders == 1


async def test_in_the_background_the_desk_looks_by_itself(
    quick_world: World, memory: MemoryDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    await configure(quick_world)
    await quick_world.accepted()
    quick_world.clock.advance(seconds=THRESHOLD - 0.05)
    with quick_world.desk.hub.subscribe(INBOX) as pages:
        quick_world.desk.waits.start()
        await asyncio.sleep(0)
        quick_world.clock.advance(seconds=1)
        async with asyncio.timeout(10):
            assert await pages.wait(10) == {"waits"}
        memory.out_of_order = True
        quick_world.desk.hub.publish("settings", "settings")
        for _ in range(20):
            await asyncio.sleep(0)
        memory.out_of_order = False
        assert "looked for again" in caplog.text
        quick_world.clock.advance(seconds=THRESHOLD)
        quick_world.desk.hub.publish("settings", "settings")
        assert await pages.wait(10) == {"waits"}
    await quick_world.desk.waits.stop()
    assert (await quick_world.desk.waits.alerts(quick_world.ada))[0].tries == 2


# ----------------------------------------------------------------------------------------------- page, API
@pytest.mark.feature("CV-25")
async def test_an_open_page_hears_of_it_without_a_reload(
    quick_world: World, app: ASGIApp, browser: httpx.AsyncClient
) -> None:
    await configure(quick_world)
    talk = await quick_world.accepted()
    await sign_in(browser, "ada")
    cookies = f"desk_session={browser.cookies['desk_session']}"
    async with stream(app, "/desk/live", cookies=cookies) as opened:
        assert (await opened.next("waits")).data == {"alerts": []}
        await after(quick_world, THRESHOLD)
        [alert] = (await opened.next("waits")).data["alerts"]
        assert alert == {
            "conversation": talk.id,
            "user": "Maria Pappa",
            "waitingSince": "2026-03-02T09:00:00.000000Z",
            "tries": 1,
            "owner": "Ada Marsh",
            "mine": True,
        }
        await quick_world.desk.messages.send(quick_world.ada, talk, "Good morning")
        assert (await opened.next("waits")).data == {"alerts": []}


async def test_the_inbox_lists_who_waits(quick_world: World, browser: httpx.AsyncClient) -> None:
    await configure(quick_world)
    talk = await quick_world.accepted()
    await sign_in(browser, "ada")
    assert "has waited for an answer" not in (await browser.get("/desk/inbox/new")).text
    await after(quick_world, THRESHOLD)
    page = await browser.get("/desk/inbox/new")
    assert (
        f'<a href="/desk/conversations/{talk.id}" data-id="wait-{talk.id}">Maria Pappa has waited'
        in page.text
    )
    part = await browser.get("/desk/inbox/new?part=waits")
    assert part.text.strip().startswith('<section class="waits"')


async def test_a_program_reads_the_alerts_and_the_count(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await configure(quick_world)
    talk = await quick_world.accepted()
    await after(quick_world, THRESHOLD)
    headers = await token_of(browser, "ada")
    [alert] = (await browser.get("/desk/api/alerts", headers=headers)).json()["items"]
    assert (alert["conversation"], alert["tries"]) == (talk.id, 1)
    shown = await browser.get(f"/desk/api/conversations/{talk.id}", headers=headers)
    assert shown.json()["idleReminderTries"] == 1
    others = await browser.get("/desk/api/alerts", headers=await token_of(browser, "ben"))
    assert others.json()["items"] == []
