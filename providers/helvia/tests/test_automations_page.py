"""Automations in a real browser: made by an admin, run by an agent with the keyboard, read in the window."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect
from starlette.types import ASGIApp

from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.http import override_transport
from livechat_sdk.provider.hosting import TicketProgress
from livechat_sdk_helvia.automations.records import AutomationInput, Choice, InputType
from providers.helvia.tests.outside import OtherSystem, answering
from providers.helvia.tests.serving import served, shoot_both
from providers.helvia.tests.test_automations import draft
from providers.helvia.tests.test_tools_page import Windows, live
from providers.helvia.tests.world import World
from tests.end_to_end.browser import browser as chromium_browser
from tests.end_to_end.browser import chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.skipif(
        chromium() is None,
        reason="no Chromium here: install Debian's `chromium`, or name one in LIVECHAT_CHROMIUM",
    ),
]


@pytest.fixture
async def windows(app: ASGIApp) -> AsyncIterator[Windows]:
    async with served(app) as address, chromium_browser() as chrome:
        made = Windows(chrome, address)
        yield made
        assert made.troubles == []


async def run_named(page: Page, name: str, status: str) -> None:
    await expect(page.locator(f'[data-status="{status}"] .who', has_text=name).first).to_be_visible()


@pytest.mark.feature("CV-14", "CV-15", "AU-07", "TK-02")
async def test_an_agent_runs_automations_and_reads_what_came_of_them(
    quick_world: World, windows: Windows
) -> None:
    definitions = quick_world.desk.automations.definitions
    asked = (
        AutomationInput(name="order", type=InputType.NUMBER, prompt="Order number", required=True),
        AutomationInput(
            name="speed",
            type=InputType.CHOICE,
            prompt="How urgent?",
            entries=(Choice(key="n", value="Normal"), Choice(key="h", value="High")),
        ),
        AutomationInput(name="by", type=InputType.DATE, prompt="Call back on"),
    )
    await definitions.create(quick_world.ines, draft(name="Look up order", inputs=asked))
    await definitions.create(quick_world.ines, draft(name="Make a ticket", kind="ticket", address=""))
    await definitions.create(
        quick_world.ines, draft(name="Reset password", address="https://crm.example/reset")
    )
    conversation = await quick_world.accepted()
    key = f"{conversation.handoff_id}.ticket"
    quick_world.host.progress[key] = TicketProgress(
        "made",
        Ticket(
            source="acme-tickets",
            id="77",
            key=key,
            number="#77",
            subject="A chat with Maria",
            url="https://t.example/77",
        ),
    )
    other = OtherSystem(
        answering(json={"state": "on its way", "customer": {"tier": "gold"}, "items": ["A", "B"]})
    )
    with override_transport(other.transport):
        quick_world.desk.automations.lane.start()
        page = await windows.open("ada", f"conversations/{conversation.id}")
        await live(page)
        opener = page.locator("#automations").get_by_text("Look up order…")
        await opener.focus()
        await page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Look up order")
        await expect(dialog).to_be_visible()
        await shoot_both(page, "desk-automation-dialog")
        await dialog.get_by_label("Order number").fill("many")
        await page.keyboard.press("Enter")
        await expect(dialog.get_by_role("alert")).to_contain_text("is no number")
        await dialog.get_by_label("Order number").fill("17")
        await dialog.get_by_label("How urgent?").select_option("High")
        await page.keyboard.press("Tab")
        await dialog.get_by_role("button", name="Run").click()
        await expect(dialog).to_be_hidden()
        await run_named(page, "Look up order", "done")
        await expect(page.locator("#automations")).to_contain_text("gold")
        other.answer = answering(503)
        await page.locator("#automations").get_by_role("button", name="Reset password").click()
        await run_named(page, "Reset password", "failed")
        await page.locator("#automations").get_by_role("button", name="Make a ticket").click()
        await run_named(page, "Make a ticket", "done")
        await expect(page.get_by_role("link", name="#77")).to_have_attribute("href", "https://t.example/77")
        await page.locator("#automations").scroll_into_view_if_needed()
        await shoot_both(page, "desk-automations")
        await quick_world.desk.automations.lane.stop()
    assert other.bodies[0]["inputs"] == {"order": 17, "speed": "h"}


@pytest.mark.feature("AD-13")
async def test_an_admin_makes_one_and_looks_at_what_it_would_send(
    quick_world: World, windows: Windows
) -> None:
    page = await windows.open("ines", "admin/automations")
    await page.get_by_role("link", name="New call").click()
    await page.get_by_label("Name", exact=True).fill("Look up order")
    await page.get_by_label("Address").fill("https://crm.example/orders")
    await page.get_by_label("Name of header 1").fill("X-Key")
    await page.get_by_label("Value of header 1").fill("s3cret")
    await page.get_by_label("Secret").first.check()
    await page.get_by_label("Prompt of input 1").fill("Order number")
    await page.get_by_label("Name of input 1").fill("order")
    await page.get_by_label("Type of input 1").select_option("Number")
    await shoot_both(page, "desk-automation-edit")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("link", name="Look up order", exact=True)).to_be_visible()
    await page.get_by_label("Address").fill("https://flows.example/in")
    await page.get_by_role("button", name="Register").click()
    await expect(page.get_by_text("Its secret is shown only now")).to_be_visible()
    await shoot_both(page, "desk-automations-admin")
    await page.get_by_role("link", name="Try out Look up order").click()
    await page.get_by_label("Order number").fill("17")
    await page.get_by_role("button", name="Show what would be sent").click()
    await expect(page.locator(".look")).to_contain_text('"order": 17')
    await expect(page.locator(".look")).not_to_contain_text("s3cret")
    await shoot_both(page, "desk-automation-try")
