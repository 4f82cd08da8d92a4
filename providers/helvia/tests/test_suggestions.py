"""The assistant: a button that fills the composer where it is switched on, and sends nothing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk.errors import HandoffNotFound
from livechat_sdk_helvia.desk_settings import AssistantSettings, DeskSettings
from livechat_sdk_helvia.faults import ConversationOver, Forbidden, NotFound
from livechat_sdk_helvia.messages import MAX_MESSAGE_TEXT
from providers.helvia.tests.browsing import sign_in
from providers.helvia.tests.world import World, planned


async def switched_on(
    world: World, suggestion: str | None = "It is <b>on its way</b>.", **values: Any
) -> None:
    """The assistant is on and has a suggestion."""
    chosen = AssistantSettings.model_validate({"enabled": True} | values)
    await world.desk.settings.replace(world.ines, DeskSettings(assistant=chosen))
    world.host.assistance.suggestion = suggestion


@pytest.mark.feature("CV-16")
@pytest.mark.feature("AD-06")
async def test_the_chosen_bot_is_asked_with_what_was_said(world: World) -> None:
    await switched_on(world, bot="helper", deployment="production")
    chat = await world.chat()
    await world.provider.send(chat, planned(world.clock, "m-1", "Where is it?"))
    talk = await world.desk.conversations.accept(world.ada, int(chat.state["request_id"]))
    await world.desk.messages.send(world.ada, talk, "One moment")
    assert await world.desk.suggestions.suggest(world.ada, talk.id) == "It is <b>on its way</b>."
    said = (("user", "Where is it?"), ("agent", "One moment"))
    assert world.host.assistance.suggesting == [(talk.handoff_id, said, "helper", "production")]


@pytest.mark.feature("CV-16")
async def test_suggestion_is_put_behind_what_was_written_and_not_sent(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    talk = await quick_world.accepted()
    token = {"csrf_token": await sign_in(browser, "ada")}
    path = f"/desk/conversations/{talk.id}"
    assert "Suggest a reply" not in (await browser.get(path)).text, "off until somebody switches it on"
    off = await browser.post(f"{path}/suggestion", data=token)
    assert (off.status_code, "switched off" in off.text) == (404, True)
    assert quick_world.host.assistance.suggesting == []
    await switched_on(quick_world)
    assert "Suggest a reply" in (await browser.get(path)).text
    page = await browser.post(f"{path}/suggestion", data=token | {"text": "Hello!"})
    assert page.status_code == 200
    assert "Hello!\nIt is &lt;b&gt;on its way&lt;/b&gt;.</textarea>" in page.text
    answer = await browser.post(f"{path}/suggestion", data=token, headers={"accept": "application/json"})
    assert answer.json() == {"text": "It is <b>on its way</b>."}
    assert not [event for event in await quick_world.events() if isinstance(event, MessageReceived)]
    assert (await browser.post(f"{path}/suggestion", data={"text": "x"})).status_code == 403, "no token"


@pytest.mark.parametrize("suggestion", [None, " \x00", "x" * (MAX_MESSAGE_TEXT + 1)])
async def test_without_a_suggestion_it_is_said_and_nothing_written_is_lost(
    quick_world: World, browser: httpx.AsyncClient, suggestion: str | None
) -> None:
    await switched_on(quick_world, suggestion)
    talk = await quick_world.accepted()
    token = {"csrf_token": await sign_in(browser, "ada")}
    page = await browser.post(f"/desk/conversations/{talk.id}/suggestion", data=token | {"text": "My words"})
    assert page.status_code == 404
    assert "The assistant has no suggestion." in page.text
    assert "My words</textarea>" in page.text


async def test_who_is_not_in_it_gets_none_and_errors_are_none(
    quick_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(handoff_id: str, *_: Any, **__: Any) -> str:
        raise HandoffNotFound(handoff_id)

    await switched_on(quick_world)
    talk = await quick_world.accepted()
    for person in (quick_world.ben, quick_world.olga):
        with pytest.raises((Forbidden, NotFound)):
            await quick_world.desk.suggestions.suggest(person, talk.id)
    assert quick_world.host.assistance.suggesting == []
    monkeypatch.setattr(quick_world.host.assistance, "suggest_reply", fails)
    with pytest.raises(NotFound, match="no suggestion"):
        await quick_world.desk.suggestions.suggest(quick_world.ada, talk.id)
    await quick_world.desk.conversations.end(quick_world.ada, talk.id)
    with pytest.raises(ConversationOver):
        await quick_world.desk.suggestions.suggest(quick_world.ada, talk.id)
