"""Users and groups, and My settings, in a real browser."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, expect

from livechat_sdk_helvia.my_settings import MySettings
from livechat_sdk_helvia.records import Role
from providers.helvia.tests.browsing import mounted
from providers.helvia.tests.serving import served, shoot_both, sign_in_as
from providers.helvia.tests.world import World, planned, request_id
from tests.end_to_end.browser import browser, chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        chromium() is None,
        reason="no Chromium here: install Debian's `chromium`, or name one in LIVECHAT_CHROMIUM",
    ),
]

HEAR = """
  window.told = [];
  document.addEventListener("desk:told", (event) => window.told.push(event.detail.kind));
  window.notices = [];
  window.Notification = class {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor(title) { window.notices.push(title); }
    close() {}
  };
"""
"""Collects what the page tells its reader, in the place of a screen and of a loudspeaker."""

BEHIND = """
  Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
  document.hasFocus = () => false;
"""
"""Another tab is in front."""

_TOLD = """count => new Promise((done) => {
  const look = () => (window.told.length >= count ? done() : setTimeout(look, 50));
  look();
})"""
"""Waits in the page: its policy lets Playwright's own waiting not evaluate anything later."""


async def live(page: Page) -> None:
    await expect(page.locator("#live-state")).to_have_attribute("data-state", "live")


async def told(page: Page, count: int) -> list[str]:
    """What was told, once there are ``count``; the pause between two sounds has passed then."""
    await page.evaluate(_TOLD, count)
    await asyncio.sleep(1.6)
    found: list[str] = await page.evaluate("window.told")
    return found


@pytest.mark.feature("RO-14")
async def test_an_admin_makes_a_user_and_a_group(quick_world: World) -> None:
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page = await (await chrome.new_context()).new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await sign_in_as(page, address, "ines")
        await page.goto(f"{address}/desk/admin/team")
        await page.get_by_text("New group").click()
        await page.get_by_label("Name", exact=True).fill("Billing")
        await page.get_by_label("Id", exact=True).fill("billing")
        await page.get_by_role("button", name="Make the group").click()
        await page.get_by_label("Ada Marsh").check()
        await page.get_by_label("LiveChat Admin").check()
        await shoot_both(page, "desk-admin-group")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("saved and in force")).to_be_visible()
        await page.get_by_role("link", name="← Users and groups").click()
        await page.get_by_text("New user").click()
        await page.get_by_label("Email").fill("zoe@example.org")
        await page.get_by_label("Full name").fill("Zoe New")
        await page.get_by_label("Billing").check()
        await page.get_by_role("button", name="Make the account").click()
        await expect(page.get_by_text("It is shown only now.")).to_be_visible()
        await shoot_both(page, "desk-admin-account")
        await page.get_by_role("link", name="← Users and groups").click()
        row = page.get_by_role("row").filter(has_text="zoe@example.org")
        await expect(row).to_contain_text("LiveChat Admin (by group)")
        await shoot_both(page, "desk-admin-team")
        await page.set_viewport_size({"width": 420, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") <= 420
        await shoot_both(page, "desk-admin-team-narrow")
        assert troubles == []
    ada = await quick_world.desk.accounts.get(quick_world.ada.id)
    assert ada is not None
    assert ada.effective_roles == {Role.AGENT, Role.ADMIN}


@pytest.mark.feature("MS-01", "MS-02")
async def test_sounds_come_for_what_is_new_and_each_can_be_switched_off(quick_world: World) -> None:
    chat = await quick_world.chat("ref-1")
    await quick_world.desk.conversations.accept(quick_world.ada, request_id(chat))
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page = await (await chrome.new_context()).new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await page.add_init_script(HEAR)
        await sign_in_as(page, address, "ada")
        await live(page)
        await page.locator("body").click()
        await quick_world.chat("ref-2")
        assert await told(page, 1) == ["request"]
        await quick_world.provider.send(chat, planned(quick_world.clock, "k1", "Are you there?"))
        assert await told(page, 2) == ["request", "message"]
        await quick_world.desk.my_settings.save(quick_world.ada, MySettings(request_sound=False))
        await page.reload()
        await live(page)
        await quick_world.chat("ref-3")
        await quick_world.provider.send(chat, planned(quick_world.clock, "k2", "Hello?"))
        assert await told(page, 1) == ["message"]
        assert await page.evaluate("window.notices") == []
        assert troubles == []


@pytest.mark.feature("MS-03")
async def test_notices_come_while_another_tab_is_in_front(quick_world: World) -> None:
    await quick_world.desk.my_settings.save(
        quick_world.ada, MySettings(message_sound=False, request_sound=False, notices=True)
    )
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page = await (await chrome.new_context()).new_page()
        await page.add_init_script(HEAR)
        await sign_in_as(page, address, "ada")
        await live(page)
        await page.bring_to_front()
        await quick_world.chat("ref-1")
        await told(page, 1)
        assert await page.evaluate("window.notices") == [], "who looks at the page needs no notice"
        await page.evaluate(BEHIND)
        await quick_world.chat("ref-2")
        await told(page, 2)
        assert await page.evaluate("window.notices") == ["2 requests are waiting"]


@pytest.mark.feature("MS-04")
async def test_enter_sends_or_only_the_button_does(quick_world: World) -> None:
    talk = await quick_world.accepted()
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page = await (await chrome.new_context()).new_page()
        await sign_in_as(page, address, "ada")
        for enter_sends in (True, False):
            await page.goto(f"{address}/desk/settings")
            choice = "Enter sends" if enter_sends else "Enter begins a new line, only"
            await page.get_by_role("radio", name=choice).check()
            if not enter_sends:
                await shoot_both(page, "desk-my-settings")
            await page.get_by_role("button", name="Save").click()
            await expect(page.get_by_text("Your settings are saved.")).to_be_visible()
            await page.goto(f"{address}/desk/conversations/{talk.id}")
            await live(page)
            field = page.get_by_label("Message to")
            await field.fill("one")
            await field.press("Enter")
            said = page.locator("#timeline .message-agent")
            if enter_sends:
                await expect(said).to_have_count(1)
                continue
            await field.press_sequentially("two")
            assert await field.input_value() == "one\ntwo"
            await expect(said).to_have_count(1)
            await page.get_by_role("button", name="Send").click()
            await expect(said).to_have_count(2)
            await expect(said.last).to_contain_text("two")


async def test_a_changed_password_signs_out_the_other_window(quick_world: World) -> None:
    _, password = await quick_world.desk.members.create(
        quick_world.ines, "zoe@example.org", "Zoe New", roles=[Role.AGENT]
    )
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        here, there = [await (await chrome.new_context()).new_page() for _ in range(2)]
        for page in (here, there):
            await sign_in_as(page, address, "zoe", password)
        await live(there)
        await here.get_by_role("link", name="My settings").click()
        await here.get_by_label("Present password").fill("a guess of somebody")
        for label in ("New password", "New password once more"):
            await here.get_by_label(label, exact=True).fill("four unrelated words")
        await here.get_by_role("button", name="Change the password").click()
        await expect(here.get_by_role("alert")).to_contain_text("This is not your present password.")
        await shoot_both(here, "desk-own-password-wrong")
        await here.get_by_label("Present password").fill(password)
        for label in ("New password", "New password once more"):
            await here.get_by_label(label, exact=True).fill("four unrelated words")
        await here.get_by_role("button", name="Change the password").click()
        await expect(here.get_by_text("Your password is changed.")).to_be_visible()
        await here.get_by_role("heading", name="Password", exact=True).scroll_into_view_if_needed()
        await shoot_both(here, "desk-own-password")
        await expect(there.get_by_text("Signed out. What you wrote is kept.")).to_be_visible()
        await sign_in_as(there, address, "zoe", "four unrelated words")
