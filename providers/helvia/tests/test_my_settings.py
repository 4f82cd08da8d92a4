"""My settings: what one member sets, for themselves alone."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from livechat_sdk_helvia.faults import Forbidden
from livechat_sdk_helvia.my_settings import MySettings
from providers.helvia.tests.browsing import client, sign_in, stream, tags, token_of
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import Clock, World, make_world, planned, request_id

QUIET = MySettings(message_sound=False, request_sound=False, notices=True, enter_sends=False)
FORM = {"enter_sends": "1"}


@pytest.mark.feature("MS-01", "MS-02", "MS-03", "MS-04")
async def test_every_setting_is_kept_apart_from_the_others(world: World) -> None:
    store = world.desk.my_settings
    assert await store.get(world.ada) == MySettings(
        message_sound=True, request_sound=True, notices=False, enter_sends=True
    )
    for name in MySettings.model_fields:
        changed = MySettings().model_copy(update={name: not getattr(MySettings(), name)})
        await store.save(world.ada, changed)
        assert await store.get(world.ada) == changed


@pytest.mark.feature("MS-05")
async def test_what_one_member_sets_changes_nothing_for_another(world: World) -> None:
    await world.desk.my_settings.save(world.ada, QUIET)
    assert await world.desk.my_settings.get(world.ada) == QUIET
    for other in (world.ben, world.ines):
        assert await world.desk.my_settings.get(other) == MySettings()


async def test_they_outlive_a_start(clock: Clock, memory: MemoryDatabase) -> None:
    world = await make_world(clock, memory)
    await world.desk.my_settings.save(world.ada, QUIET)
    again = await make_world(clock, memory)
    assert await again.desk.my_settings.get(again.ada) == QUIET


@pytest.mark.feature("MS-06", "RO-06")
async def test_agents_and_admins_have_them_and_others_do_not(quick_world: World, app: ASGIApp) -> None:
    for name in ("ada", "ines"):
        async with client(app) as browser:
            token = await sign_in(browser, name)
            assert "My settings" in (await browser.get("/desk/settings")).text
            saved = await browser.post("/desk/settings", data=FORM | {"csrf_token": token, "notices": "1"})
            assert saved.headers["location"] == "/desk/settings?saved=1"
            assert (await quick_world.desk.my_settings.get(quick_world.people[name])).notices
    with pytest.raises(Forbidden):
        await quick_world.desk.my_settings.get(quick_world.olga)
    with pytest.raises(Forbidden):
        await quick_world.desk.my_settings.save(quick_world.olga, QUIET)


@pytest.mark.feature("MS-01", "MS-02", "MS-03", "MS-04")
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, MySettings(message_sound=False, request_sound=False)),
        ({"message_sound": "1"}, MySettings(request_sound=False)),
        ({"request_sound": "1"}, MySettings(message_sound=False)),
        ({"notices": "1"}, MySettings(message_sound=False, request_sound=False, notices=True)),
        (
            {"message_sound": "1", "request_sound": "1", "enter_sends": "0"},
            MySettings(enter_sends=False),
        ),
    ],
)
async def test_the_form_saves_them_and_the_inbox_carries_them_out(
    quick_world: World, browser: httpx.AsyncClient, fields: dict[str, str], expected: MySettings
) -> None:
    talk = await quick_world.accepted()
    browser.headers["x-csrf-token"] = await sign_in(browser, "ada")
    await browser.post("/desk/settings", data=FORM | fields)
    assert await quick_world.desk.my_settings.get(quick_world.ada) == expected
    page = await browser.get("/desk/settings?saved=1")
    assert "Your settings are saved." in page.text
    boxes = {a.get("name"): "checked" in a for tag, a in tags(page.text) if a.get("type") == "checkbox"}
    assert boxes["message_sound"] is expected.message_sound
    assert boxes["request_sound"] is expected.request_sound
    assert boxes["notices"] is expected.notices
    window = (await browser.get(f"/desk/conversations/{talk.id}")).text
    [found] = [a for _, a in tags(window) if a.get("id") == "page"]
    words = {True: "on", False: "off"}
    assert found["data-message-sound"] == words[expected.message_sound]
    assert found["data-request-sound"] == words[expected.request_sound]
    assert found["data-notices"] == words[expected.notices]
    assert found["data-enter"] == ("sends" if expected.enter_sends else "breaks")
    composer = (await browser.get(f"/desk/conversations/{talk.id}?part=composer")).text
    assert ("the button sends" in composer) is not expected.enter_sends


async def test_a_form_without_the_choice_or_of_another_site_changes_nothing(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    token = await sign_in(browser, "ada")
    for fields, status in (({"csrf_token": token}, 422), (FORM | {"csrf_token": "guess"}, 403)):
        assert (await browser.post("/desk/settings", data=fields)).status_code == status
    assert await quick_world.desk.my_settings.get(quick_world.ada) == MySettings()


async def test_a_program_reads_and_replaces_them(quick_world: World, browser: httpx.AsyncClient) -> None:
    headers = await token_of(browser, "ada")
    address = "/desk/api/me/settings"
    read = (await browser.get(address, headers=headers)).json()
    assert read == {
        "messageSound": True,
        "requestSound": True,
        "browserNotifications": False,
        "enterSends": True,
    }
    changed = read | {"messageSound": False}
    assert (await browser.put(address, json=changed, headers=headers)).json() == changed
    wrong: list[dict[str, Any]] = [{}, {"enterSends": True}, read | {"enterSends": "yes"}]
    for body in wrong:
        assert (await browser.put(address, json=body, headers=headers)).status_code == 422
    assert (await browser.get(address, headers=headers)).json() == changed


async def test_an_open_inbox_learns_of_messages_in_ones_own_conversations_only(
    quick_world: World, app: ASGIApp, browser: httpx.AsyncClient
) -> None:
    chats = [await quick_world.chat(f"ref-{number}") for number in range(2)]
    mine = await quick_world.desk.conversations.accept(quick_world.ada, request_id(chats[0]))
    await quick_world.desk.conversations.accept(quick_world.ben, request_id(chats[1]))
    await sign_in(browser, "ada")
    cookie = f"desk_session={browser.cookies['desk_session']}"
    async with stream(app, "/desk/live", cookies=cookie) as live:
        assert (await live.next("unread")).data == {"count": 0}
        await quick_world.provider.send(chats[1], planned(quick_world.clock, "k1", "to Ben"))
        assert (await live.next("unread")).data == {"count": 0}
        await quick_world.provider.send(chats[0], planned(quick_world.clock, "k2", "to Ada"))
        assert (await live.next("unread")).data == {"count": 1}
        await quick_world.desk.reading.read(quick_world.ada, mine, 99)
        assert (await live.next("unread")).data == {"count": 0}
