"""Translation: both ways where it is switched on, once for each message, and never in the way of one."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk_helvia.bots import MemberNames
from livechat_sdk_helvia.desk_settings import DeskSettings
from livechat_sdk_helvia.records import DeskMessage
from livechat_sdk_helvia.translation import MAX_TRANSLATION
from providers.helvia.tests.browsing import sign_in
from providers.helvia.tests.world import START, World, planned

THEIRS, OURS = "Πού είναι;", "Where is it?"
REPLY, SENT = "On its <b>way</b>", "Έρχεται <b>τώρα</b>"


async def switched_on(world: World, **values: Any) -> None:
    """Translation is on, and the translator knows the phrases of this file."""
    await world.desk.settings.replace(world.ines, DeskSettings.model_validate({"translation": True} | values))
    world.host.assistance.phrases = {(THEIRS, "en"): OURS, (REPLY, "el"): SENT}


async def said(world: World, key: str = "m-1", text: str = THEIRS, **values: Any) -> Any:
    """A chat in which the end user has said something."""
    chat = await world.chat(**values)
    await world.provider.send(chat, planned(world.clock, key, text))
    return chat


async def told(world: World) -> list[str]:
    """What has gone to the end user."""
    return [event.message.body for event in await world.events() if isinstance(event, MessageReceived)]


async def accepted(world: World, chat: Any) -> Any:
    return await world.desk.conversations.accept(world.ada, int(chat.state["request_id"]))


def facts(message: DeskMessage) -> tuple[str | None, ...]:
    return (message.text, message.translated, message.translated_from, message.translated_into)


@pytest.mark.feature("CV-17")
@pytest.mark.feature("AD-05")
async def test_messages_are_translated_both_ways_and_the_originals_kept(world: World) -> None:
    await switched_on(world)
    chat = await said(world)
    talk = await accepted(world, chat)
    reply, is_new = await world.desk.messages.send(world.ada, talk, REPLY, key="k-1")
    assert is_new
    assert await told(world) == [SENT], "the end user gets their own language"
    kept = await world.desk.messages.page(talk.id)
    assert [facts(one) for one in kept if one.author != "system"] == [
        (THEIRS, OURS, "el", "en"),
        (REPLY, SENT, "en", "el"),
    ]
    assert facts(reply) == (REPLY, SENT, "en", "el")
    history = await world.provider.history(chat, START)
    assert [one.message.body for one in history] == [SENT], "as the events had it"


async def test_nothing_is_translated_twice(quick_world: World) -> None:
    await switched_on(quick_world)
    chat = await said(quick_world)
    await quick_world.provider.send(chat, planned(quick_world.clock, "m-1", THEIRS))
    talk = await accepted(quick_world, chat)
    for _ in range(2):
        await quick_world.desk.messages.send(quick_world.ada, talk, REPLY, key="k-1")
        await quick_world.desk.messages.page(talk.id)
    asked = quick_world.host.assistance.translating
    assert asked == [(THEIRS, "el", "en"), (REPLY, "en", "el")]


@pytest.mark.parametrize(
    ("settings", "language"),
    [
        ({"translation": False}, "el"),
        ({"member_language": "el"}, "el"),
        ({"member_language": "el"}, "EL_gr"),
        ({}, "en-GB"),
        ({}, None),
    ],
)
async def test_where_there_is_nothing_to_translate_nobody_is_asked(
    quick_world: World, settings: dict[str, Any], language: str | None
) -> None:
    await switched_on(quick_world, **settings)
    chat = await said(quick_world, user={"id": "u-1", "language": language})
    talk = await accepted(quick_world, chat)
    message, _ = await quick_world.desk.messages.send(quick_world.ada, talk, REPLY)
    assert quick_world.host.assistance.translating == []
    assert facts(message) == (REPLY, None, None, None)
    assert await told(quick_world) == [REPLY]


async def test_translation_is_off_until_somebody_switches_it_on(quick_world: World) -> None:
    await said(quick_world)
    assert quick_world.host.assistance.translating == []


@pytest.mark.parametrize("answer", ["nobody", "late", "long", "blank"])
async def test_message_goes_as_it_is_when_nobody_translates_it(
    quick_world: World, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    async def translate(text: str, source: str, target: str) -> str | None:
        if answer == "late":
            await asyncio.Event().wait()
        return {"long": "x" * (MAX_TRANSLATION + 1), "blank": " \x00"}.get(answer)

    await switched_on(quick_world)
    monkeypatch.setattr("livechat_sdk_helvia.translation._PATIENCE", 0.01)
    monkeypatch.setattr(quick_world.host.assistance, "translate", translate)
    talk = await accepted(quick_world, await said(quick_world))
    message, _ = await quick_world.desk.messages.send(quick_world.ada, talk, REPLY)
    assert facts(message) == (REPLY, None, "en", "el")
    assert await told(quick_world) == [REPLY]
    await sign_in(browser, "ada")
    page = (await browser.get(f"/desk/conversations/{talk.id}")).text
    assert "Not translated (el to en)" in page
    assert "Not translated (en to el)" in page
    assert f'<p class="bubble prose" dir="auto">{THEIRS}</p>' in page


@pytest.mark.feature("CV-17")
async def test_member_reads_their_own_language_with_the_original_one_click_away(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await switched_on(quick_world)
    chat = await said(quick_world)
    await sign_in(browser, "ada")
    preview = (await browser.get(f"/desk/requests/{chat.state['request_id']}")).text
    assert f'<p class="bubble prose" dir="auto" lang="en">{OURS}</p>' in preview
    talk = await accepted(quick_world, chat)
    await quick_world.desk.messages.send(quick_world.ada, talk, REPLY)
    page = (await browser.get(f"/desk/conversations/{talk.id}")).text
    assert f'<p class="bubble prose" dir="auto" lang="en">{OURS}</p>' in page
    assert f'(el)</summary><p class="prose" dir="auto" lang="el">{THEIRS}</p></details>' in page
    assert "On its &lt;b&gt;way&lt;/b&gt;" in page
    assert "Show what was sent (el)" in page
    assert "Έρχεται &lt;b&gt;τώρα&lt;/b&gt;" in page


async def test_names_of_members_stay_hidden_whatever_the_translator_writes(quick_world: World) -> None:
    await switched_on(quick_world)
    helper = quick_world.host.assistance
    bot = (await quick_world.desk.bots.get("shop-bot")).model_copy(update={"names": MemberNames.FIRST_NAME})
    await quick_world.desk.bots.replace(quick_world.ines, "shop-bot", bot)
    talk = await accepted(quick_world, await said(quick_world))
    helper.phrases["I am Ada", "el"] = "Είμαι η Ada Marsh"
    await quick_world.desk.messages.send(quick_world.ada, talk, "I am Ada Marsh")
    assert helper.translating[-1] == ("I am Ada", "en", "el"), "the translator learns no full name"
    assert await told(quick_world) == ["Είμαι η Ada"]


async def test_host_without_plugins_that_assist_holds_nothing_up(quick_world: World) -> None:
    await switched_on(quick_world)
    quick_world.desk.messages._translations._assistance = None
    talk = await accepted(quick_world, await said(quick_world))
    message, _ = await quick_world.desk.messages.send(quick_world.ada, talk, REPLY)
    assert facts(message) == (REPLY, None, "en", "el")
