"""Settings of the whole desk: read and replaced as a whole, by LiveChat Admins, through page and API."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from livechat_sdk.config.models import LivechatSettings
from livechat_sdk_helvia.desk_settings import AssistantSettings, DeskSettings, Mode, SettingsStore
from livechat_sdk_helvia.faults import Changed, Forbidden
from livechat_sdk_helvia.hub import SETTINGS
from providers.helvia.tests.browsing import csrf_of, sign_in, tags, token_of
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.world import World, make_provider, start

FORM: dict[str, str] = {
    "mode": "semi-private",
    "member_language": "el",
    "timezone": "Europe/Athens",
    "translation": "1",
    "assistant_enabled": "1",
    "assistant_bot": "helper",
    "assistant_deployment": "production",
    "idle_reminder_threshold": "90",
    "idle_reminder_team_after": "2",
}

DOCUMENT: dict[str, Any] = {
    "livechatMode": "semi-private",
    "agentDefaultLanguage": "el",
    "timezone": "Europe/Athens",
    "isTranslationEnabled": True,
    "idleReminderThreshold": 90,
    "idleReminderTeamAfter": 2,
    "botAssistantSettings": {"enabled": True, "tenantId": "helper", "botDeploymentId": "production"},
}

SAVED = DeskSettings(
    mode=Mode.PRIVATE,
    member_language="el",
    timezone="Europe/Athens",
    translation=True,
    assistant=AssistantSettings(enabled=True, bot="helper", deployment="production"),
    idle_reminder_threshold=90,
    idle_reminder_team_after=2,
)


async def saved(world: World) -> DeskSettings:
    return await world.desk.settings.get()


# ------------------------------------------------------------------------------------------------- service
@pytest.mark.feature("AD-03", "AD-04")
async def test_settings_are_stored_and_replaced_as_a_whole(world: World) -> None:
    assert await saved(world) == DeskSettings()
    assert (await saved(world)).mode is Mode.PUBLIC
    first = await world.desk.settings.replace(world.ines, SAVED)
    assert (first.revision, await saved(world)) == (1, SAVED)
    second = await world.desk.settings.replace(world.ines, DeskSettings(member_language="pt-br"))
    assert (second.revision, await saved(world)) == (2, DeskSettings(member_language="pt-br"))


@pytest.mark.feature("AD-01", "RO-09")
async def test_only_an_admin_replaces_them(quick_world: World) -> None:
    for user in (quick_world.ada, quick_world.olga):
        with pytest.raises(Forbidden):
            await quick_world.desk.settings.replace(user, SAVED)
    assert await saved(quick_world) == DeskSettings()


async def test_whoever_saves_over_an_unseen_change_is_told(world: World) -> None:
    await world.desk.settings.replace(world.ines, SAVED, revision=0)
    with pytest.raises(Changed):
        await world.desk.settings.replace(world.ines, DeskSettings(), revision=0)
    assert await saved(world) == SAVED
    await world.desk.settings.replace(world.ines, DeskSettings(), revision=1)
    assert await saved(world) == DeskSettings()


async def test_two_at_once_do_not_both_win(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have read the same revision; the second commit finds another one."""
    before = await world.desk.settings.stored()
    await world.desk.settings.replace(world.ines, SAVED)

    async def stale(_: SettingsStore) -> Any:
        return before

    monkeypatch.setattr(SettingsStore, "stored", stale)
    with pytest.raises(Changed):
        await world.desk.settings.replace(world.ines, DeskSettings(translation=True))
    monkeypatch.undo()
    assert await saved(world) == SAVED


@pytest.mark.feature("AD-02")
async def test_they_hold_for_the_whole_desk_and_for_no_other(world: World) -> None:
    await world.desk.settings.replace(world.ines, SAVED)
    same = await start(make_provider(world.clock), world.database)
    assert await same.desk.settings.get() == SAVED
    others = [make_provider(world.clock, name="desk-2"), make_provider(world.clock, workspace="elsewhere")]
    for other in others:
        assert await (await start(other, world.database)).desk.settings.get() == DeskSettings()


async def test_pages_that_listen_hear_of_a_change(quick_world: World) -> None:
    with quick_world.desk.hub.subscribe(SETTINGS) as subscription:
        await quick_world.desk.settings.replace(quick_world.ines, SAVED)
        assert await subscription.wait(1) == {"settings"}


async def test_what_a_newer_desk_wrote_beside_does_not_stop_an_older_one(
    quick_world: World, memory: MemoryDatabase
) -> None:
    await quick_world.desk.settings.replace(quick_world.ines, SAVED)
    memory.run("""UPDATE desk_settings SET document = replace(document, '{"mode"', '{"new":1,"mode"')""")
    assert '"new":1' in memory.dump()
    assert await saved(quick_world) == SAVED


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "private"},
        {"member_language": ""},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../etc/passwd"},
        {"member_language": "english please"},
        {"idle_reminder_threshold": 9},
        {"idle_reminder_threshold": 86_401},
        {"idle_reminder_team_after": 0},
        {"assistant": {"enabled": True, "bot": "x" * 201}},
    ],
)
def test_values_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DeskSettings.model_validate(wrong)


# ---------------------------------------------------------------------------------------------------- page
@pytest.mark.feature("AD-01", "RO-10")
async def test_the_admin_panel_is_there_for_admins_only(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await sign_in(browser, "ada")
    assert "/desk/admin" not in (await browser.get("/desk/inbox/new")).text
    for path in ("admin", "admin/general", "admin/audit"):
        assert (await browser.get(f"/desk/{path}")).status_code == 403
    browser.cookies.clear()
    await sign_in(browser, "ines")
    assert 'href="/desk/admin/general"' in (await browser.get("/desk/inbox/new")).text
    home = await browser.get("/desk/admin")
    assert (home.status_code, home.headers["location"]) == (303, "/desk/admin/general")
    assert (await browser.get("/desk/admin/general")).status_code == 200


@pytest.mark.feature("AD-03", "AD-05", "AD-06", "AD-08")
async def test_an_admin_saves_the_page_and_sees_what_was_saved(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    token = await sign_in(browser, "ines")
    answer = await browser.post(
        "/desk/admin/general", data=FORM | {"csrf_token": token, "revision": "0"}, follow_redirects=True
    )
    assert await saved(quick_world) == SAVED
    assert "The settings are saved." in answer.text
    for shown in ('value="semi-private" checked', 'value="el"', 'value="90"', 'value="helper"'):
        assert shown in answer.text
    bare = {name: value for name, value in FORM.items() if name not in {"translation", "assistant_enabled"}}
    bare |= {"mode": "public", "idle_reminder_threshold": "", "csrf_token": token, "revision": "1"}
    assert (await browser.post("/desk/admin/general", data=bare)).status_code == 303
    now = await saved(quick_world)
    assert (now.translation, now.assistant.enabled, now.idle_reminder_threshold) == (False, False, None)


async def test_what_cannot_be_saved_stays_in_the_form(quick_world: World, browser: httpx.AsyncClient) -> None:
    token = await sign_in(browser, "ines")
    given = FORM | {"csrf_token": token, "revision": "0", "member_language": "<b>no"}
    answer = await browser.post("/desk/admin/general", data=given)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'value="&lt;b&gt;no"' in answer.text
    assert 'value="helper"' in answer.text
    assert await saved(quick_world) == DeskSettings()
    given = FORM | {"csrf_token": token, "revision": "0", "timezone": "Athens"}
    elsewhere = await browser.post("/desk/admin/general", data=given)
    assert "did you mean &#39;Europe/Athens&#39;?</strong>" in elsewhere.text
    assert "Value error" not in elsewhere.text
    await quick_world.desk.settings.replace(quick_world.ines, SAVED)
    clash = await browser.post(
        "/desk/admin/general", data=FORM | {"csrf_token": token, "revision": "0", "member_language": "fr"}
    )
    assert clash.status_code == 409
    assert "Somebody else changed these settings" in clash.text
    assert await saved(quick_world) == SAVED


@pytest.mark.feature("AD-01")
async def test_a_form_of_another_site_saves_nothing(quick_world: World, browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "ines")
    answer = await browser.post("/desk/admin/general", data=FORM | {"csrf_token": "guess", "revision": "0"})
    assert answer.status_code == 403
    assert await saved(quick_world) == DeskSettings()


@pytest.mark.feature("PL-09")
async def test_what_the_settings_file_says_has_no_field_in_the_panel(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    await quick_world.chat()
    await sign_in(browser, "ines")
    names: set[str] = set()
    for path in ("general", "bots?bot=shop-bot", "hours"):
        page = await browser.get(f"/desk/admin/{path}")
        fields = [given for tag, given in tags(page.text) if tag in {"input", "select", "textarea"}]
        names |= {given["name"] or "" for given in fields if "name" in given}
    assert len(names) > 20
    fixed = set(LivechatSettings.model_fields) | {"remind_after", "close_after", "release_after"}
    assert names & fixed == {"language"}, "which language's words are shown"


async def test_signing_in_leads_back_to_the_page_that_was_asked_for(browser: httpx.AsyncClient) -> None:
    sent = await browser.get("/desk/admin/audit")
    assert sent.headers["location"] == "/desk/login?next=admin%2Faudit"
    form = await browser.get(sent.headers["location"])
    assert 'name="next" value="admin/audit"' in form.text
    assert csrf_of(form)


# ----------------------------------------------------------------------------------------------------- API
@pytest.mark.feature("AD-03", "AD-04", "AD-05", "AD-06", "AD-08")
async def test_a_program_reads_and_replaces_the_record(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    headers = await token_of(browser, "ines")
    before = (await browser.get("/desk/api/settings", headers=headers)).json()
    assert (before["revision"], before["livechatMode"]) == (0, "public")
    answer = await browser.put("/desk/api/settings", json=DOCUMENT, headers=headers)
    assert answer.status_code == 200
    assert answer.json() == DOCUMENT | {"revision": 1}
    assert await saved(quick_world) == SAVED
    again = await browser.put("/desk/api/settings", json=before, headers=headers)
    assert again.status_code == 409
    assert again.json()["error"]["code"] == "changed"
    back = await browser.put("/desk/api/settings", json=before | {"revision": 1}, headers=headers)
    assert back.status_code == 200
    assert await saved(quick_world) == DeskSettings()


@pytest.mark.feature("AD-03")
@pytest.mark.parametrize(
    "name", ["livechatMode", "agentDefaultLanguage", "isTranslationEnabled", "idleReminderThreshold"]
)
async def test_half_a_record_is_refused(quick_world: World, browser: httpx.AsyncClient, name: str) -> None:
    headers = await token_of(browser, "ines")
    half = {key: value for key, value in DOCUMENT.items() if key != name}
    answer = await browser.put("/desk/api/settings", json=half, headers=headers)
    assert answer.status_code == 422
    assert name in answer.json()["error"]["message"]
    assert await saved(quick_world) == DeskSettings()


async def test_a_wrong_value_is_named_and_not_repeated(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    headers = await token_of(browser, "ines")
    cases: list[tuple[dict[str, Any], str]] = [
        ({"livechatMode": "<script>"}, "mode"),
        ({"idleReminderThreshold": -1}, "idle_reminder_threshold"),
        ({"botAssistantSettings": [1]}, "botAssistantSettings"),
    ]
    for wrong, told in cases:
        answer = await browser.put("/desk/api/settings", json=DOCUMENT | wrong, headers=headers)
        assert answer.status_code == 422
        assert told in answer.json()["error"]["message"]
        assert "<script>" not in answer.text
    assert await saved(quick_world) == DeskSettings()
