"""Analytics in a real browser: read by an admin, drawn without a script."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.async_api import expect

from providers.helvia.tests.analytics_month import made_up, store
from providers.helvia.tests.browsing import mounted
from providers.helvia.tests.serving import served, shoot_both, sign_in_as
from providers.helvia.tests.world import World
from tests.end_to_end.browser import ARTEFACTS, browser, chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        chromium() is None,
        reason="no Chromium here: install Debian's `chromium`, or name one in LIVECHAT_CHROMIUM",
    ),
]


@pytest.mark.feature("AN-02", "AN-05", "AN-09", "AN-10", "AN-12")
async def test_an_admin_reads_a_month_and_narrows_it(quick_world: World) -> None:
    world = quick_world
    await store(world.desk, made_up(5, 600, [world.ada.id, world.ben.id]))
    reported = {date(2026, 3, 1) + timedelta(n): 40 for n in range(31)}
    world.host.reported = dict.fromkeys(("shop-bot", "night-bot", "bank-bot"), reported)
    async with served(mounted(world.provider.pages())) as address, browser() as chrome:
        context = await chrome.new_context()
        page = await context.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
        await sign_in_as(page, address, "ines")
        await page.get_by_role("navigation", name="LiveChat").get_by_role("link", name="Analytics").click()
        await page.get_by_label("From").fill("2026-03-01")
        await page.get_by_label("To", exact=True).fill("2026-03-31")
        await page.get_by_label("Time zone").fill("Europe/Athens")
        await page.get_by_role("button", name="Show").click()
        await expect(page.get_by_role("img", name="Live chats by day")).to_be_visible()
        await shoot_both(page, "desk-analytics")
        await page.locator("#middle").evaluate("sheet => sheet.closest('.page').scrollTo(0, 900)")
        await page.get_by_text("Table", exact=True).first.click()
        await expect(page.get_by_role("cell", name="2026-03-31").first).to_be_visible()
        await shoot_both(page, "desk-analytics-charts")
        await page.get_by_role("checkbox", name="bank-bot").check()
        await page.get_by_role("button", name="Show").click()
        await expect(page.get_by_role("checkbox", name="bank-bot")).to_be_checked()
        await page.set_viewport_size({"width": 420, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") <= 420
        await shoot_both(page, "desk-analytics-narrow")
        await page.get_by_role("link", name="Analytics").focus()
        assert troubles == []


async def test_on_paper_is_what_it_tells_and_nothing_to_click(quick_world: World) -> None:
    world = quick_world
    await store(world.desk, made_up(5, 200, [world.ada.id, world.ben.id]))
    async with served(mounted(world.provider.pages())) as address, browser() as chrome:
        page = await (await chrome.new_context(viewport={"width": 794, "height": 1123})).new_page()
        await sign_in_as(page, address, "ines")
        await page.goto(f"{address}/desk/analytics?from=2026-03-01&to=2026-03-31&zone=UTC&bot=shop-bot")
        await page.emulate_media(media="print", color_scheme="dark")
        for there in ("Analytics", "Times and messages", "Feedback by member"):
            await expect(page.get_by_role("heading", name=there)).to_be_visible()
        await expect(page.get_by_text("only shop-bot")).to_be_visible()
        await expect(page.get_by_role("img", name="Live chats by day")).to_be_visible()
        tables = page.locator(".chart-table .table")
        assert await tables.count() > 1
        for table in await tables.all():
            await expect(table).to_be_visible()
        for gone in (".topbar", ".filters", ".chart-head .button", ".chart-table summary", ".skip"):
            for one in await page.locator(gone).all():
                await expect(one).to_be_hidden()
        assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert await page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 35, 48)"
        assert await page.evaluate("document.documentElement.scrollWidth") <= 794
        assert await page.evaluate("document.documentElement.scrollHeight") > 2 * 1123, "all of it"
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=ARTEFACTS / "desk-analytics-print.png", full_page=True)
        printed = await page.pdf(path=ARTEFACTS / "desk-analytics.pdf", format="A4", margin={"top": "1cm"})
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 3
