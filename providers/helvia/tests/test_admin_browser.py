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
