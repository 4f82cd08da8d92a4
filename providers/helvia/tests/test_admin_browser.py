"""The Admin Panel in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from livechat_sdk_helvia.bots import BotSettings
from providers.helvia.tests.browsing import mounted
from providers.helvia.tests.serving import served, shoot_both, sign_in_as
from providers.helvia.tests.world import World
from tests.end_to_end.browser import browser, chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        chromium() is None,
        reason="no Chromium here: install Debian's `chromium`, or name one in LIVECHAT_CHROMIUM",
    ),
]


@pytest.mark.feature("AD-03", "AD-14", "AD-17")
async def test_an_admin_goes_through_the_panel(quick_world: World) -> None:
    talk = await quick_world.accepted()
    await quick_world.desk.notes.add(quick_world.ada, talk.id, "The courier was late.")
    await quick_world.chat("ref-2", bot="night-bot")
    off = BotSettings(available=False, system_messages={"el": {"waiting": "Ένα λεπτό…"}})
    await quick_world.desk.bots.replace(quick_world.ines, "night-bot", off)
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page = await (await chrome.new_context()).new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await sign_in_as(page, address, "ines")
        await page.get_by_role("navigation", name="LiveChat").get_by_role("link", name="Admin").click()
        await expect(page.get_by_role("heading", name="General settings")).to_be_visible()
        await shoot_both(page, "admin-general")
        await page.get_by_label("Private").check()
        await page.get_by_label("Default language of the team").fill("el")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("The settings are saved.")).to_be_visible()
        await expect(page.get_by_label("Private")).to_be_checked()
        menu = page.get_by_role("navigation", name="Admin Panel")
        await menu.get_by_role("link", name="Bots").click()
        await shoot_both(page, "admin-bots")
        await page.get_by_role("link", name="shop-bot").click()
        await page.get_by_label("The name of the team, in place of their own").check()
        await page.get_by_label("Name of the team", exact=True).fill("The Shop")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_text("The settings are saved.")).to_be_visible()
        await page.get_by_label("Language").select_option("de")
        await page.get_by_role("button", name="Show").click()
        await page.get_by_label("Waiting", exact=True).fill("Einen Moment…")
        await shoot_both(page, "admin-bot")
        await page.get_by_role("button", name="Save the words in de").click()
        await expect(page.get_by_text("Own words in: de.")).to_be_visible()
        await menu.get_by_role("link", name="Audit log").click()
        await expect(page.get_by_role("row")).to_have_count(8)
        await shoot_both(page, "admin-audit")
        await page.get_by_label("About").select_option("bot")
        await page.get_by_role("button", name="Show").click()
        await expect(page.get_by_role("row")).to_have_count(4)
        await page.set_viewport_size({"width": 420, "height": 800})
        for path in ("general", "bots", "bots?bot=shop-bot", "audit"):
            await page.goto(f"{address}/desk/admin/{path}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= 420
        await shoot_both(page, "admin-audit-narrow")
        assert troubles == []
    saved = await quick_world.desk.bots.get("shop-bot")
    assert saved.team_name == "The Shop"
    assert saved.system_messages == {"de": {"waiting": "Einen Moment…"}}


@pytest.mark.feature("AD-07")
async def test_an_admin_keeps_hours_of_groups(quick_world: World) -> None:
    await quick_world.desk.groups.create(quick_world.ines, "billing", "Billing", [], [quick_world.ben.id])
    for day in (1, 2):
        row = {"day": day, "opens_at": 540, "closes_at": 1020}
        await quick_world.desk.hours.add(quick_world.ines, "billing", row)
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page = await (await chrome.new_context()).new_page()
        await sign_in_as(page, address, "ines")
        await page.goto(f"{address}/desk/admin/hours")
        await page.get_by_role("region", name="Add hours").get_by_label("Group").fill("billing")
        await page.get_by_role("button", name="Add").click()
        await expect(page.get_by_text("The business hours are saved.")).to_be_visible()
        await expect(page.get_by_role("form", name="Monday 09:00 to 17:00")).to_have_count(2)
        tuesday = page.get_by_role("form", name="Tuesday 09:00 to 17:00")
        await tuesday.get_by_role("button", name="Delete").click()
        await expect(tuesday).to_have_count(0)
        await shoot_both(page, "admin-hours")
        await page.set_viewport_size({"width": 420, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") <= 420
    assert len(await quick_world.desk.hours.all(quick_world.ines)) == 2


@pytest.mark.feature("CV-25")
async def test_an_open_window_tells_of_a_user_who_waits_too_long(quick_world: World) -> None:
    talk = await quick_world.accepted()
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page = await (await chrome.new_context()).new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await page.add_init_script("document.addEventListener('desk:told', (e) => (window.told = e.detail))")
        await sign_in_as(page, address, "ada")
        await expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
        waiting = page.get_by_role("region", name="Waiting for an answer")
        await expect(waiting).to_have_count(0)
        quick_world.clock.advance(seconds=300)
        await quick_world.desk.waits.look()
        await expect(waiting.get_by_role("link", name="Maria Pappa")).to_be_visible()
        await expect(page.locator("#announcer")).to_contain_text("Maria Pappa has waited")
        assert (await page.evaluate("window.told"))["kind"] == "wait"
        await shoot_both(page, "desk-waiting")
        await page.reload()
        await expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
        await expect(waiting).to_be_visible()
        await expect(page.locator("#announcer")).to_be_empty()
        await waiting.get_by_role("link", name="Maria Pappa").click()
        await page.wait_for_url(f"**/desk/conversations/{talk.id}")
        await expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
        await page.get_by_label("Message to").fill("Good morning")
        await page.keyboard.press("Enter")
        await expect(waiting).to_have_count(0)
        assert troubles == []
