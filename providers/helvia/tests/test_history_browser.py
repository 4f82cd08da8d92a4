"""The History and what belongs to it in a real browser."""

from __future__ import annotations

import zipfile

import pytest
from playwright.async_api import expect

from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.people import EndUser
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


async def a_past(world: World) -> int:
    """Some requests that are over; the id of the conversation of the first one."""
    first = await world.accepted("r-1", by="ada")
    await world.desk.notes.add(world.ada, first.id, "The courier was late.")
    await world.desk.conversations.end(world.ada, first.id)
    reasons = [("clock", "timeout"), ("user", "abandoned"), ("clock", "inactivity"), ("agent", "resolved")]
    for number, (by, why) in enumerate(reasons):
        world.clock.advance(hours=7)
        name = ("Nikos Laskaris", "Eleni Vlachou", "Jonas Weber", "Amélie Roux")[number]
        user = EndUser(id=f"u-{number}", name=name, email=f"u{number}@example.org")
        chat = await world.chat(f"r{number}", user=user, bot="night-bot" if number % 2 else "shop-bot")
        if number > 1:
            await world.desk.conversations.accept(world.ben, int(chat.state["request_id"]))
        await world.provider.close(chat, EndReason.model_validate({"by": by, "why": why}))
    return first.id


@pytest.mark.feature("HI-01", "HI-03")
async def test_an_agent_finds_a_past_request_and_opens_it_in_the_inbox(quick_world: World) -> None:
    first = await a_past(quick_world)
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        context = await chrome.new_context(timezone_id="Europe/Athens")
        page = await context.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await sign_in_as(page, address, "ada")
        await page.get_by_role("navigation", name="LiveChat").get_by_role("link", name="History").click()
        await expect(page.get_by_label("Time zone")).to_have_value("Europe/Athens")
        await expect(page.get_by_role("row")).to_have_count(6)
        await shoot_both(page, "desk-history")
        await page.get_by_label("Outcome").select_option("missed")
        await page.get_by_role("button", name="Show").click()
        await expect(page.get_by_role("row")).to_have_count(2)
        await page.get_by_role("link", name="Show all").click()
        await page.get_by_label("Text").fill("maria")
        await page.keyboard.press("Enter")
        await page.get_by_role("link", name="Maria Pappa", exact=True).click()
        await expect(page.get_by_text("The courier was late.")).to_be_visible()
        await shoot_both(page, "desk-past-request")
        await page.get_by_role("link", name="Open in the Inbox").click()
        await page.wait_for_url(f"**/desk/conversations/{first}")
        await expect(page.get_by_role("navigation", name="Inbox")).to_be_visible()
        await page.set_viewport_size({"width": 420, "height": 800})
        await page.goto(f"{address}/desk/history")
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= 420
        await shoot_both(page, "desk-history-narrow")
        assert troubles == []


@pytest.mark.feature("TR-01", "AD-18")
async def test_an_admin_downloads_transcripts_and_sees_how_far_it_is(quick_world: World) -> None:
    await a_past(quick_world)
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        context = await chrome.new_context(timezone_id="Europe/Athens")
        page = await context.new_page()
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        await sign_in_as(page, address, "ines")
        await page.goto(f"{address}/desk/admin/transcripts")
        await page.get_by_label("Handled by").select_option(label="Ben Okoro")
        await page.get_by_role("button", name="Find").click()
        await expect(page.get_by_role("heading", name="2 conversations")).to_be_visible()
        async with page.expect_download() as downloading:
            await page.get_by_role("link", name="Download the zip").click()
        download = await downloading.value
        assert download.suggested_filename.endswith(".zip")
        with zipfile.ZipFile(await download.path()) as archive:
            assert len(archive.namelist()) == 2
        await expect(page.get_by_text("Done: 2 conversations.")).to_be_visible()
        await shoot_both(page, "desk-admin-transcripts")
        assert troubles == []


@pytest.mark.feature("TR-07")
async def test_an_admin_purges_after_looking_and_confirming(quick_world: World) -> None:
    await a_past(quick_world)
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page = await chrome.new_page()
        await sign_in_as(page, address, "ines")
        await page.get_by_role("navigation", name="LiveChat").get_by_role("link", name="Admin").click()
        await page.get_by_role("link", name="Retention").click()
        await page.get_by_label("Ended before", exact=True).fill("2026-03-03")
        await page.get_by_role("button", name="Look how many they are").click()
        await expect(page.get_by_role("heading", name="Delete 3 conversations for good?")).to_be_visible()
        await shoot_both(page, "desk-admin-retention")
        await page.get_by_label("Type the name of this desk").fill("desk")
        await page.get_by_role("button", name="Delete for good").click()
        await expect(page.get_by_text("3 conversations are deleted.")).to_be_visible()
