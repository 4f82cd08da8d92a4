"""Settings of single bots: stored as a whole, changed by LiveChat Admins, through page and API."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from livechat_sdk.domain.moments import SILENT, Moment
from livechat_sdk.errors import UnavailableError
from livechat_sdk_helvia.bots import Bots, BotSettings, MemberNames, Words
from livechat_sdk_helvia.faults import Changed, Forbidden, InvalidField
from providers.helvia.tests.browsing import sign_in, token_of
from providers.helvia.tests.world import World, make_provider, opening, start

BOT = "shop-bot"

SAVED = BotSettings(
    available=False,
    names=MemberNames.TEAM_NAME,
    team_name="The Shop",
    system_messages={"el": {"waiting": "Ένα λεπτό…", "ended": None}},
)

DOCUMENT: dict[str, Any] = {
    "available": False,
    "agentNames": "TEAM_NAME",
    "teamName": "The Shop",
    "systemMessages": {"el": {"waiting": "Ένα λεπτό…", "ended": None}},
}

EVIL = "<script>alert(1)</script>/../?&=%"


# ------------------------------------------------------------------------------------------------- service
async def test_settings_of_a_bot_are_stored_and_replaced_as_a_whole(world: World) -> None:
    bots = world.desk.bots
    assert await bots.get(BOT) == BotSettings()
    assert (await bots.replace(world.ines, BOT, SAVED)).revision == 1
    assert await bots.get(BOT) == SAVED
    assert await bots.get("another") == BotSettings()
    assert (await bots.replace(world.ines, BOT, BotSettings())).revision == 2
    assert await bots.get(BOT) == BotSettings()
    with pytest.raises(Changed):
        await bots.replace(world.ines, BOT, SAVED, revision=1)
    other = await start(make_provider(world.clock, name="desk-2"), world.database)
    assert (await other.desk.bots.stored(BOT)).revision == 0


async def test_two_at_once_do_not_both_win(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await world.desk.bots.stored(BOT)
    await world.desk.bots.replace(world.ines, BOT, SAVED)

    async def stale(_: Bots, __: str) -> Any:
        return before

    monkeypatch.setattr(Bots, "stored", stale)
    with pytest.raises(Changed):
        await world.desk.bots.replace(world.ines, BOT, BotSettings())
    monkeypatch.undo()
    assert await world.desk.bots.get(BOT) == SAVED


@pytest.mark.feature("AD-01")
async def test_only_an_admin_replaces_them(quick_world: World) -> None:
    for user in (quick_world.ada, quick_world.olga):
        with pytest.raises(Forbidden):
            await quick_world.desk.bots.replace(user, BOT, SAVED)
    assert await quick_world.desk.bots.get(BOT) == BotSettings()


async def test_the_known_bots_are_those_that_asked_and_those_with_settings(world: World) -> None:
    await world.chat("ref-1", bot="shop-bot")
    await world.chat("ref-2", bot="shop-bot")
    await world.desk.bots.replace(world.ines, "night-bot", BotSettings())
    assert list(await world.desk.bots.known()) == ["night-bot", "shop-bot"]


async def test_a_change_is_in_the_audit_log(quick_world: World) -> None:
    await quick_world.desk.bots.replace(quick_world.ines, BOT, SAVED)
    [entry] = await quick_world.desk.audit.entries(quick_world.ines)
    assert (entry.action, entry.subject, entry.actor_name) == ("bot.changed", "bot:shop-bot", "Ines Vidal")
    assert entry.facts == {"changed": "available, names, system_messages, team_name", "available": False}


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "x" * 201])
async def test_a_name_that_no_bot_can_have_is_refused(quick_world: World, name: str) -> None:
    with pytest.raises(InvalidField):
        await quick_world.desk.bots.replace(quick_world.ines, name, SAVED)


@pytest.mark.parametrize(
    "wrong",
    [
        {"names": "NICKNAME"},
        {"names": "TEAM_NAME"},
        {"team_name": " "},
        {"system_messages": {"not a language": {"waiting": "x"}}},
        {"system_messages": {"en": {"wating": "x"}}},
        {"system_messages": {"en": {"waiting": "{agent} comes"}}},
        {"system_messages": {"en": {"waiting": "x" * 2001}}},
        {"system_messages": {"en": {"waiting": ""}}},
        {"system_messages": {"pt-BR": {"waiting": "a"}, "pt_br": {"waiting": "b"}}},
    ],
)
def test_values_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BotSettings.model_validate(wrong)


async def test_words_are_found_in_the_language_or_in_a_wider_one(quick_world: World) -> None:
    words: Words = {
        "pt": {"waiting": "pt", "joined": "pt {agent}"},
        "pt-BR": {"waiting": "br", "ended": None},
    }
    await quick_world.desk.bots.replace(quick_world.ines, BOT, BotSettings(system_messages=words))

    async def found(moment: Moment, language: str) -> object:
        return await quick_world.desk.bots.words(BOT, moment, language)

    assert await found(Moment.WAITING, "pt-BR") == ("pt-br", "br")
    assert await found(Moment.ENDED, "pt_BR") == ("pt-br", SILENT)
    assert await found(Moment.ENDED, "pt") is None
    assert await found(Moment.WAITING, "pt-PT") == ("pt", "pt")
    assert await found(Moment.WAITING, "en") is None
    assert await found(Moment.MISSED, "pt") is None


# ------------------------------------------------------------------------------------------------ provider
@pytest.mark.feature("AD-14")
async def test_a_bot_that_is_switched_off_has_nobody_there_and_opens_nothing(world: World) -> None:
    route = opening(world.clock).route
    chat = await world.chat("ref-1")
    await world.desk.bots.replace(world.ines, BOT, BotSettings(available=False))
    assert (await world.provider.availability(route)).agents == "no"
    with pytest.raises(UnavailableError, match="switched off for 'shop-bot'"):
        await world.chat("ref-2")
    assert await world.chat("ref-1") == chat, "what was open is still found by its reference"
    assert (await world.desk.inbox.counts()).new == 1
    other = route.model_copy(update={"bot": "night-bot"})
    assert (await world.provider.availability(other)).agents != "no"
    await world.chat("ref-3", bot="night-bot")
    await world.desk.bots.replace(world.ines, BOT, BotSettings(available=True))
    await world.chat("ref-2")
    assert (await world.desk.inbox.counts()).new == 3


# ---------------------------------------------------------------------------------------------------- page
@pytest.mark.feature("AD-14", "AD-15", "AD-17")
async def test_an_admin_changes_a_bot_with_the_forms_of_its_page(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await quick_world.chat()
    token = await sign_in(browser, "ines")
    assert "/desk/admin/bots?bot=shop-bot" in (await browser.get("/desk/admin/bots")).text
    basics = {"csrf_token": token, "bot": BOT, "revision": "0", "names": "TEAM_NAME", "team_name": "The Shop"}
    answer = await browser.post("/desk/admin/bots", data=basics, follow_redirects=True)
    assert "The settings are saved." in answer.text
    assert 'value="TEAM_NAME" checked' in answer.text
    words = {"csrf_token": token, "bot": BOT, "revision": "1", "language": "el"}
    words |= {"words-waiting": "Ένα λεπτό…", "words-ended": "SILENT", "words-missed": ""}
    answer = await browser.post("/desk/admin/bots/words", data=words, follow_redirects=True)
    assert ">Ένα λεπτό…</textarea>" in answer.text
    assert await quick_world.desk.bots.get(BOT) == SAVED, "each form leaves the other's part as it is"
    english = words | {"revision": "2", "language": "en", "words-waiting": "One moment", "words-ended": ""}
    await browser.post("/desk/admin/bots/words", data=english)
    del words["words-ended"], words["words-waiting"]
    await browser.post("/desk/admin/bots/words", data=words | {"revision": "3"})
    now = await quick_world.desk.bots.get(BOT)
    assert now.system_messages == {"en": {"waiting": "One moment"}}
    listed = (await browser.get("/desk/admin/bots")).text
    assert "<strong>off</strong>" in listed
    assert "name of the team" in listed


async def test_the_page_shows_the_words_that_hold_otherwise(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await sign_in(browser, "ines")
    page = (await browser.get("/desk/admin/bots?bot=shop-bot&language=en")).text
    assert page.count("<textarea") == len(Moment)
    assert "Otherwise: “" in page
    assert "<code>{next_opening}</code>" in page


async def test_what_cannot_be_saved_stays_in_its_form(quick_world: World, browser: httpx.AsyncClient) -> None:
    token = await sign_in(browser, "ines")
    common = {"csrf_token": token, "bot": BOT, "revision": "0"}
    answer = await browser.post("/desk/admin/bots", data=common | {"names": "TEAM_NAME", "available": "1"})
    assert answer.status_code == 422
    assert "The name of the team is missing" in answer.text
    assert 'value="TEAM_NAME" checked' in answer.text
    wrong = common | {"language": "en", "words-waiting": "{agent} <b>comes"}
    answer = await browser.post("/desk/admin/bots/words", data=wrong)
    assert answer.status_code == 422
    assert ">{agent} &lt;b&gt;comes</textarea>" in answer.text
    stale = await browser.post("/desk/admin/bots", data=common | {"available": "1", "revision": "7"})
    assert stale.status_code == 409
    assert (await quick_world.desk.bots.stored(BOT)).revision == 0


async def test_a_bot_may_be_called_anything(quick_world: World, browser: httpx.AsyncClient) -> None:
    await quick_world.chat(bot=EVIL)
    token = await sign_in(browser, "ines")
    page = await browser.get("/desk/admin/bots")
    assert "<script>alert" not in page.text
    link = page.text.split('href="/desk/admin/bots?bot=')[1].partition('"')[0]
    shown = await browser.get(f"/desk/admin/bots?bot={link}")
    assert "<script>alert" not in shown.text
    form = {"csrf_token": token, "bot": EVIL, "revision": "0", "names": "FULL_NAME"}
    answer = await browser.post("/desk/admin/bots", data=form, follow_redirects=True)
    assert "The settings are saved." in answer.text
    assert (await quick_world.desk.bots.get(EVIL)).names is MemberNames.FULL_NAME


# ----------------------------------------------------------------------------------------------------- API
async def test_a_program_reads_and_replaces_them(quick_world: World, browser: httpx.AsyncClient) -> None:
    headers = await token_of(browser, "ines")
    address = "/desk/api/bots/shop-bot/settings"
    before = (await browser.get(address, headers=headers)).json()
    assert before == {
        "tenantId": BOT,
        "revision": 0,
        "available": True,
        "agentNames": None,
        "teamName": None,
        "systemMessages": {},
    }
    answer = await browser.put(address, json=DOCUMENT, headers=headers)
    assert answer.json() == {"tenantId": BOT, "revision": 1} | DOCUMENT
    assert await quick_world.desk.bots.get(BOT) == SAVED
    assert (await browser.put(address, json=before, headers=headers)).status_code == 409
    assert (await browser.put(address, json={"agentNames": None}, headers=headers)).status_code == 422
    wrong = await browser.put(address, json=DOCUMENT | {"agentNames": EVIL}, headers=headers)
    assert wrong.status_code == 422
    assert EVIL not in wrong.text
    listed = (await browser.get("/desk/api/bots", headers=headers)).json()["items"]
    assert [one["tenantId"] for one in listed] == [BOT]
    slashed = "/desk/api/bots/a%2Fb/settings"
    assert (await browser.put(slashed, json={"available": True}, headers=headers)).status_code == 200
    assert (await browser.get(slashed, headers=headers)).json()["tenantId"] == "a/b"
