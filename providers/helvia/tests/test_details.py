"""The details panel: its sections, its id, and customer data only where the bot has a CRM."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from livechat_sdk import Dispatcher, HandoffRequest, Registry
from livechat_sdk.config import load_mapping, require
from livechat_sdk.domain.people import EndUser
from livechat_sdk_helvia import plugin
from livechat_sdk_helvia.past import PastFilter
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.records import RequestStatus
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.clock import VirtualClock
from providers.helvia.tests.browsing import client, mounted, sign_in, token_of
from providers.helvia.tests.serving import served, shoot_both, sign_in_as
from providers.helvia.tests.world import ACCOUNTS, World
from tests.end_to_end.browser import browser as chromium_browser
from tests.end_to_end.browser import chromium

SECTIONS = ["Conversation", "User details", "Contact info", "Pre-chat survey", "Tags", "Notes", "Metadata"]


@pytest.mark.feature("DP-03")
async def test_the_id_of_the_panel_is_the_one_of_the_api_of_the_history_and_of_the_address(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    conversation = await quick_world.accepted()
    await quick_world.desk.conversations.end(quick_world.ada, conversation.id)
    await sign_in(browser, "ada")
    page = (await browser.get(f"/desk/conversations/{conversation.id}")).text
    [shown] = re.findall(r"<dt>Id</dt><dd><code>(\d+)</code>", page)
    [copied] = re.findall(r'data-copy="(\d+)"', page)
    assert shown == copied == str(conversation.id)
    headers = await token_of(browser, "ada")
    one = (await browser.get(f"/desk/api/conversations/{shown}", headers=headers)).json()
    assert (one["id"], one["platformUserName"]) == (int(shown), "Maria Pappa")
    found = await quick_world.desk.history.page(quick_world.ada, PastFilter(text=shown))
    assert [item.conversation.id for item in found.items] == [conversation.id]


async def test_the_sections_are_in_their_order(quick_world: World, browser: httpx.AsyncClient) -> None:
    conversation = await quick_world.accepted()
    await sign_in(browser, "ada")
    page = (await browser.get(f"/desk/conversations/{conversation.id}")).text
    side = page[page.index('<aside class="side"') :]
    assert re.findall(r"<h2[^>]*>([^<]+?) ?<", side)[: len(SECTIONS)] == SECTIONS


@pytest.fixture
async def desks(tmp_path: Path) -> AsyncIterator[HelviaProvider]:
    """A desk behind a dispatcher: one bot has a CRM, the other has none."""
    people = tmp_path / "people.csv"
    people.write_text("id,name,email,Account status\nC-7,Maria of the file,maria@example.org,Gold\n")
    registry = Registry({"helvia": plugin})
    document = {
        "version": 1,
        "store": f"sqlite:///{tmp_path / 'ledger.db'}",
        "integrations": {
            "desk": {"type": "HELVIA_LIVECHAT", "accounts": ACCOUNTS},
            "people": {"type": "CSV_CONTACTS", "path": str(people)},
        },
        "bots": {
            "with-crm": {"livechat": {"integrations": ["desk"]}, "crm": ["people"]},
            "without": {"livechat": {"integrations": ["desk"]}},
        },
    }
    settings = require(load_mapping(document, types=registry.types))
    dispatcher = Dispatcher(settings, channel=RecordingChannel(), registry=registry, clock=VirtualClock())
    async with dispatcher:
        for bot in ("with-crm", "without"):
            user = EndUser(id=f"u-{bot}", name="Maria", email="maria@example.org")
            await dispatcher.request(HandoffRequest(key=bot, conversation_id=bot, bot=bot, user=user))
        await dispatcher.wait_idle()
        built = dispatcher.integrations["desk"]
        assert isinstance(built, HelviaProvider)
        yield built


@pytest.mark.feature("CRM-01", "DP-06")
async def test_customer_data_show_only_where_the_bot_has_a_crm(desks: HelviaProvider) -> None:
    waiting = await desks.desk.inbox.requests(RequestStatus.NEW)
    by_bot = {one.conversation.bot: one.conversation_id for one in waiting}
    async with client(mounted(desks.pages())) as agent:
        await sign_in(agent, "ada")
        with_crm = (await agent.get(f"/desk/conversations/{by_bot['with-crm']}?part=details")).text
        without = (await agent.get(f"/desk/conversations/{by_bot['without']}?part=details")).text
        headers = await token_of(agent, "ada")
        answer = await agent.get(f"/desk/api/conversations/{by_bot['without']}", headers=headers)
    for text in ("Maria of the file", "Account status", "Gold"):
        assert text in with_crm
        assert text not in without
    assert "No customer record." in without
    assert (answer.status_code, answer.json()["contacts"]) == (200, [])


@pytest.mark.browser
@pytest.mark.timeout(120)
@pytest.mark.skipif(chromium() is None, reason="no Chromium here")
@pytest.mark.feature("DP-01", "DP-03")
async def test_the_panel_is_shown_and_hidden_and_the_desk_remembers_it(quick_world: World) -> None:
    conversation = await quick_world.accepted()
    other = await quick_world.accepted("ref-2")
    async with served(mounted(quick_world.provider.pages())) as address, chromium_browser() as chrome:
        context = await chrome.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = await context.new_page()
        await page.set_viewport_size({"width": 1400, "height": 900})
        await sign_in_as(page, address, "ada")
        await page.goto(f"{address}/desk/conversations/{conversation.id}")
        panel, toggle = page.get_by_role("complementary", name="Details"), page.locator("#side-toggle")
        await expect(panel).to_be_visible()
        await shoot_both(page, "desk-details")
        await page.get_by_role("button", name="Copy the id of the conversation").click()
        await expect(page.locator("#announcer")).to_have_text("Copied.")
        assert await page.evaluate("navigator.clipboard.readText()") == str(conversation.id)
        await toggle.click()
        await expect(panel).to_be_hidden()
        await expect(toggle).to_have_attribute("aria-expanded", "false")
        await page.goto(f"{address}/desk/conversations/{other.id}")
        await expect(toggle).to_have_attribute("aria-expanded", "false")
        await expect(panel).to_be_hidden()
        await page.keyboard.press("d")
        await expect(panel).to_be_visible()
        await page.reload()
        await expect(toggle).to_have_attribute("aria-expanded", "true")
        await expect(panel).to_be_visible()
