"""A person on each side, in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from tests.end_to_end.browser import browser, chromium, shoot
from tests.end_to_end.demo_process import DemoProcess

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        chromium() is None,
        reason="no Chromium here: install Debian's `chromium`, or name one in LIVECHAT_CHROMIUM",
    ),
]

NOTE = "Courier was late twice this month; offer a voucher."
expect.set_options(timeout=15_000)


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[DemoProcess]:
    process = DemoProcess(tmp_path)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


@pytest.fixture
async def chrome() -> AsyncIterator[Browser]:
    async with browser() as running:
        yield running


class People:
    """Opens windows for people, each with cookies of its own, and collects what goes wrong in them."""

    def __init__(self, chrome: Browser, url: str) -> None:
        self._chrome = chrome
        self._url = url
        self.troubles: list[str] = []

    async def window(self, path: str, **options: Any) -> Page:
        context = await self._chrome.new_context(**options)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(f"{path}: {error}"))
        page.on("console", lambda message: self._heard(path, message))
        await page.goto(self._url + path)
        return page

    async def end_user(self, **options: Any) -> Page:
        return await self.window("/chat/", **options)

    async def agent(self, name: str, **options: Any) -> Page:
        page = await self.window("/desk/", **options)
        await page.get_by_label("Email").fill(f"{name}@demo.example")
        await page.get_by_label("Password").fill(f"demo-agent-{name}")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("navigation", name="Inbox")).to_be_visible()
        return page

    def _heard(self, path: str, message: ConsoleMessage) -> None:
        if message.type == "error" and "net::ERR" not in message.text:
            self.troubles.append(f"{path}: {message.text}")


async def says(page: Page, text: str) -> None:
    await page.get_by_label("Your message").fill(text)
    await page.get_by_role("button", name="Send").click()


async def live(page: Page) -> None:
    """Wait until the page has its stream: its scripts run now."""
    await expect(page.locator("#live-state")).to_have_attribute("data-state", "live")


async def replies(page: Page, text: str) -> None:
    await live(page)
    await page.get_by_label("Message to").fill(text)
    await page.keyboard.press("Enter")


async def shows(page: Page, text: str, times: int = 1) -> None:
    await expect(page.locator("#timeline").get_by_text(text, exact=True)).to_have_count(times)


@pytest.mark.feature("HO-05", "IN-04", "IN-06", "CV-22", "DP-08")
async def test_a_conversation_through_the_pages(demo: DemoProcess, chrome: Browser) -> None:
    people = People(chrome, demo.url)
    ada = await people.agent("ada")
    user = await people.end_user()
    await expect(ada.get_by_text("Nobody is waiting.")).to_be_visible()
    await says(user, "Hello")
    await shows(user, "I am a small demo bot and know little. Shall I fetch a human?")
    await user.get_by_role("button", name="Talk to a human").click()
    await expect(user.get_by_text("Waiting for a member of our team")).to_be_visible()
    await user.get_by_role("button", name="My order").click()
    await shoot(user, "end-user-waiting")

    row = ada.get_by_role("navigation", name="Inbox").get_by_role("link", name="Maria")
    await expect(row).to_be_visible()  # by itself: nobody reloaded the page
    await row.click()
    await expect(ada.get_by_role("heading", name="Pre-chat survey")).to_be_visible()
    await expect(ada.get_by_text("Shall I fetch a human?")).to_be_visible()
    await shoot(ada, "desk-preview")
    await ada.get_by_role("button", name="Accept").click()
    await expect(user.get_by_text("You are now chatting with Ada.")).to_be_visible()

    for number, (asks, answers) in enumerate(
        [("Where is it?", "What is the number?"), ("4711", "It comes tomorrow."), ("Thanks!", "Bye!")]
    ):
        await says(user, asks)
        await shows(ada, asks)
        await replies(ada, answers)
        await shows(user, answers)
        if number == 0:
            await ada.get_by_label("New internal note").fill(NOTE)
            await ada.get_by_role("button", name="Save note").click()
            await expect(ada.locator("#notes .prose").get_by_text(NOTE)).to_be_visible()
    await shoot(ada, "desk-conversation")
    await shoot(user, "end-user-talking")

    await ada.get_by_role("link", name="End conversation").click()
    await expect(ada.get_by_role("dialog", name="End this conversation?")).to_be_visible()
    await shoot(ada, "desk-end-dialog")
    await ada.get_by_role("button", name="Keep talking").click()
    await expect(user.get_by_text("You are talking with Ada")).to_be_visible()
    await ada.get_by_role("link", name="End conversation").click()
    await ada.get_by_role("dialog").get_by_role("button", name="End conversation").click()
    await shows(user, "I am back. I hope my colleague could help. Is there anything else?")
    await expect(user.get_by_text("You are talking with our assistant")).to_be_visible()
    await shoot(user, "end-user-after")

    await ada.get_by_role("navigation", name="Inbox").get_by_role("link", name="Closed").click()
    await ada.get_by_role("link", name="Maria").click()
    await expect(ada.locator("#notes .prose").get_by_text(NOTE)).to_be_visible()
    await shoot(ada, "desk-closed")
    for _ in range(2):
        assert "voucher" not in await user.content(), "a note never reaches the end user's page"
        await user.reload()
    await shows(user, "It comes tomorrow.")
    assert people.troubles == []


@pytest.mark.feature("IN-07")
async def test_two_agents_accept_at_once_and_one_owns_it(demo: DemoProcess, chrome: Browser) -> None:
    people = People(chrome, demo.url)
    agents = [await people.agent("ada"), await people.agent("ben")]
    user = await people.end_user()
    await says(user, "I want to talk to a human")
    for page in agents:
        await page.get_by_role("navigation", name="Inbox").get_by_role("link", name="Maria").click()
        await expect(page.get_by_role("button", name="Accept")).to_be_visible()
    await asyncio.gather(
        *(page.get_by_role("button", name="Accept").click(no_wait_after=True) for page in agents),
        return_exceptions=True,  # a button may vanish under the second click: that is the point
    )
    told = user.locator("#timeline").get_by_text("You are now chatting with")
    await expect(told).to_have_count(1)
    winner, loser = agents if "Ada" in await told.inner_text() else reversed(agents)
    await expect(winner.get_by_label("Message to")).to_be_visible()
    await expect(
        loser.get_by_text("taken by").or_(loser.get_by_text("handles this conversation")).first
    ).to_be_visible()
    await expect(loser.get_by_label("Message to")).to_have_count(0)
    await shoot(loser, "desk-taken-by-another")
    await replies(winner, "Hello, I have it.")
    await shows(user, "Hello, I have it.")


async def test_the_pages_recover_from_a_killed_server(demo: DemoProcess, chrome: Browser) -> None:
    people = People(chrome, demo.url)
    ada, user = await people.agent("ada"), await people.end_user()
    await says(user, "I want to talk to a human")
    await ada.get_by_role("navigation", name="Inbox").get_by_role("link", name="Maria").click()
    await ada.get_by_role("button", name="Accept").click()
    await expect(user.get_by_text("You are now chatting with Ada.")).to_be_visible()
    await replies(ada, "before")
    await shows(user, "before")
    await ada.get_by_label("Message to").fill("half a sentence")
    await demo.kill()
    await expect(user.get_by_text("Connection lost")).to_be_visible()
    await shoot(user, "end-user-connection-lost")
    await demo.start()
    await expect(user.get_by_text("Connection lost")).to_be_hidden()
    assert await ada.get_by_label("Message to").input_value() == "half a sentence", "unsent text is kept"
    await says(user, "after")
    await shows(ada, "after")
    await replies(ada, "still here")
    await shows(user, "still here")
    await shows(user, "before")


async def test_the_desk_works_by_keyboard_and_in_the_dark(demo: DemoProcess, chrome: Browser) -> None:
    people = People(chrome, demo.url)
    user = await people.end_user(viewport={"width": 400, "height": 780}, color_scheme="dark")
    await says(user, "I want to talk to a human")
    ada = await people.agent("ada", color_scheme="dark")
    await expect(ada.get_by_role("link", name="Maria")).to_be_visible()
    await live(ada)
    await ada.keyboard.press("j")
    await ada.keyboard.press("Enter")
    await expect(ada.get_by_role("button", name="Accept")).to_be_visible()
    await live(ada)
    await ada.keyboard.press("a")
    await expect(ada.get_by_label("Message to")).to_be_visible()
    await live(ada)
    await ada.keyboard.press("r")
    await ada.keyboard.type("typed without a mouse")
    await ada.keyboard.press("Enter")
    await shows(user, "typed without a mouse")
    await ada.keyboard.press("Escape")
    await ada.keyboard.press("?")
    await expect(ada.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await shoot(ada, "desk-shortcuts-dark")
    await ada.keyboard.press("Escape")
    await shoot(ada, "desk-conversation-dark")
    await shoot(user, "end-user-narrow-dark")
    assert people.troubles == []
