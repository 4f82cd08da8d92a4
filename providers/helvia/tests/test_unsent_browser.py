"""What an agent wrote and the server did not take, in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from providers.helvia.tests.browsing import mounted
from providers.helvia.tests.serving import served, sign_in_as
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

TEXT = "It comes tomorrow."


async def refused_with(page: Page, status: int) -> None:
    """The desk answers the next messages with an error."""
    error = {"error": {"code": "refused", "message": "The desk is starting or stopping."}}
    await page.route("**/messages", lambda route: route.fulfill(status=status, json=error))


@pytest.mark.parametrize(("status", "by_itself"), [(503, True), (502, True), (504, True), (409, False)])
async def test_what_a_starting_server_did_not_take_goes_with_the_next_connection(
    quick_world: World, status: int, by_itself: bool
) -> None:
    talk = await quick_world.accepted(by="ada")
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page = await (await chrome.new_context()).new_page()
        await sign_in_as(page, address, "ada")
        await page.goto(f"{address}/desk/conversations/{talk.id}")
        await expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
        await refused_with(page, status)
        await page.get_by_label("Message to").fill(TEXT)
        await page.keyboard.press("Enter")
        told = page.locator("#pending").get_by_text("Not sent: The desk is starting or stopping.")
        await expect(told).to_be_visible()
        await page.unroute("**/messages")
        await page.evaluate("document.dispatchEvent(new Event('live:back'))")
        if not by_itself:
            await expect(told).to_be_visible()
            await page.get_by_role("button", name="Try again").click()
        await expect(page.locator("#timeline").get_by_text(TEXT, exact=True)).to_have_count(1)
        await expect(page.locator("#pending > li")).to_have_count(0)
    texts = [one.text for one in await quick_world.desk.messages.page(talk.id)]
    assert texts.count(TEXT) == 1
