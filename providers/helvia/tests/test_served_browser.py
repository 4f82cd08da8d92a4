"""``livechat serve`` as a process of its own, with everybody at their pages: killed, and all at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, expect

from livechat_sdk_testing.postgres import PostgresServer
from providers.helvia.tests.browsing import token_of
from providers.helvia.tests.serving import sign_in_as
from providers.helvia.tests.shop import ASKS, ServedShop
from tests.end_to_end.browser import browser, chromium, shoot

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        chromium() is None,
        reason="no Chromium here: install Debian's `chromium`, or name one in LIVECHAT_CHROMIUM",
    ),
]

SOON = 75_000
"""Milliseconds in which a page shows what happened. Most of them pass unused: on PostgreSQL, what a killed
process was about to do waits until its lease has run out.
"""

NOTE = "The courier was late twice; offer a voucher."


@asynccontextmanager
async def serving(folder: Path, store: str | None = None) -> AsyncIterator[ServedShop]:
    process = ServedShop(folder, store)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


class People:
    """Their windows, each with cookies of its own, and what went wrong in them."""

    def __init__(self, chrome: Browser, shop: ServedShop) -> None:
        self._chrome = chrome
        self._shop = shop
        self.troubles: list[str] = []

    async def member(self, name: str) -> Page:
        page = await self._window()
        await sign_in_as(page, self._shop.url, name)
        await live(page)
        return page

    async def end_user(self) -> Page:
        page = await self._window()
        await page.goto(self._shop.chat)
        await expect(page.locator("#lost")).to_be_hidden()
        return page

    async def _window(self) -> Page:
        page = await (await self._chrome.new_context()).new_page()
        page.set_default_timeout(SOON)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", self._heard)
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "net::ERR" not in message.text:
            self.troubles.append(message.text)


async def live(page: Page) -> None:
    """The page has its stream: its scripts run."""
    await expect(page.locator("#live-state")).to_have_attribute("data-state", "live", timeout=SOON)


async def says(user: Page, text: str) -> None:
    await user.get_by_label("Your message").fill(text)
    await user.get_by_role("button", name="Send").click()


async def replies(agent: Page, text: str) -> None:
    await agent.get_by_label("Message to").fill(text)
    await agent.keyboard.press("Enter")


async def shows(page: Page, text: str) -> None:
    """The conversation on the page has this line, once."""
    line = page.locator("#timeline").get_by_text(text, exact=True)
    await expect(line).to_have_count(1, timeout=SOON)


def count(agent: Page, tab: str) -> Locator:
    return agent.locator(f'[data-count="{tab}"]')


def request_of(agent: Page) -> Locator:
    return agent.get_by_role("navigation", name="Inbox").get_by_role("link", name="Maria")


async def stays(page: Page) -> None:
    """Mark the page: the mark is gone when it is loaded again."""
    await page.evaluate("document.body.dataset.stays = 'yes'")


async def stayed(page: Page) -> bool:
    return bool(await page.evaluate("document.body.dataset.stays === 'yes'"))


async def said_in(shop: ServedShop) -> list[str]:
    """What the desk has of the one open conversation."""
    async with httpx.AsyncClient(base_url=shop.url, timeout=20, trust_env=False) as program:
        headers = await token_of(program, "ines")
        found = (await program.get("/desk/api/conversations", headers=headers)).json()["items"]
        [number] = [one["id"] for one in found if one["status"] == "started"]
        read = await program.get(f"/desk/api/conversations/{number}/messages", headers=headers)
        items: list[dict[str, Any]] = read.json()["items"]
        return [one["text"] for one in items if one["type"] == "text"]


# ------------------------------------------------------------------------------------------------- kill -9
BEFORE = ("Where is my order?", "I look.")
UNSENT = ("Sent in the last moment", "Written to a dead server", "Are you still there?")
DRAFTS = ("half an answer", "half a question")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_open_pages_live_through_a_kill(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    store = None
    if kind == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        store = await server.new_database()
    async with serving(tmp_path, store) as shop, browser() as chrome:
        people = People(chrome, shop)
        ada, user = await people.member("ada"), await people.end_user()
        await they_talk(ada, user)
        for page in (ada, user):
            await stays(page)
        await ada.get_by_label("Message to").fill(UNSENT[0])
        await asyncio.gather(ada.keyboard.press("Enter"), shop.kill())
        await they_write_to_nobody(ada, user)
        await shoot(ada, f"desk-server-gone-{kind}")
        await shoot(user, f"end-user-server-gone-{kind}")

        await shop.start()
        second = await people.end_user()
        await says(second, ASKS)
        for page in (ada, user):
            await caught_up(page)
        await expect(count(ada, "new")).to_have_text("1", timeout=SOON)
        await expect(count(ada, "open")).to_have_text("1")
        await their_drafts_are_there(ada, user)
        await shoot(ada, f"desk-server-back-{kind}")
        assert await stayed(ada), "nobody loaded the page again"
        assert await stayed(user)
        assert sorted(await said_in(shop)) == sorted([*BEFORE, *UNSENT, *DRAFTS])
        assert people.troubles == []


async def they_talk(ada: Page, user: Page) -> None:
    await says(user, ASKS)
    await request_of(ada).click()
    await ada.get_by_role("button", name="Accept").click()
    await expect(ada.get_by_label("Message to")).to_be_visible()
    await live(ada)
    await says(user, BEFORE[0])
    await shows(ada, BEFORE[0])
    await replies(ada, BEFORE[1])
    await shows(user, BEFORE[1])
    await expect(count(ada, "new")).to_have_text("0")


async def they_write_to_nobody(ada: Page, user: Page) -> None:
    """Each sends something, is told that it is not sent, and begins something else."""
    for page in (ada, user):
        await expect(page.get_by_text("Connection lost")).to_be_visible()
    await replies(ada, UNSENT[1])
    await says(user, UNSENT[2])
    for page in (ada, user):
        told = page.locator("#pending").get_by_text("Not sent: no connection.")
        await expect(told.first).to_be_visible()
        await expect(page.get_by_role("button", name="Try again").first).to_be_visible()
    await ada.get_by_label("New internal note").fill(NOTE)
    await ada.get_by_role("button", name="Save note").click()
    await expect(ada.get_by_text("Not saved: no connection.")).to_be_visible()
    await ada.get_by_label("Message to").fill(DRAFTS[0])
    await user.get_by_label("Your message").fill(DRAFTS[1])


async def caught_up(page: Page) -> None:
    """By itself: what was unsent is sent, and everything is there once."""
    await expect(page.get_by_text("Connection lost")).to_be_hidden(timeout=SOON)
    for text in (*BEFORE, *UNSENT):
        await shows(page, text)
    await expect(page.locator("#pending > li")).to_have_count(0)


async def their_drafts_are_there(ada: Page, user: Page) -> None:
    """And can be sent now."""
    assert await ada.get_by_label("Message to").input_value() == DRAFTS[0]
    assert await user.get_by_label("Your message").input_value() == DRAFTS[1]
    assert await ada.get_by_label("New internal note").input_value() == NOTE
    await ada.get_by_role("button", name="Save note").click()
    await expect(ada.locator("#notes .prose").get_by_text(NOTE)).to_have_count(1)
    await ada.get_by_label("Message to").press("Enter")
    await shows(user, DRAFTS[0])
    await user.get_by_role("button", name="Send").click()
    await shows(ada, DRAFTS[1])


# --------------------------------------------------------------------------------------------- all at once
@pytest.mark.feature("IN-07", "CV-05", "CV-08", "CV-10", "IN-12")
async def test_two_agents_an_admin_and_an_end_user_at_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as shop, browser() as chrome:
        people = People(chrome, shop)
        ada, ben, ines = [await people.member(name) for name in ("ada", "ben", "ines")]
        user = await people.end_user()
        await says(user, ASKS)
        await expect(user.get_by_text("Waiting for a member of our team")).to_be_visible()
        await one_wins(ada, ben, ines)
        await shows(user, "You are now chatting with Ada.")
        await says(user, "Where is my order?")
        await shows(ada, "Where is my order?")
        await ada.get_by_label("Message to").press_sequentially("One")
        await expect(user.get_by_text("is typing")).to_be_visible()
        await replies(ada, "One moment, Ben knows.")
        await shows(user, "One moment, Ben knows.")
        await expect(user.get_by_text("You are talking with Ada")).to_be_visible()

        await handed_over(ada, ben)
        await shows(user, "You are now chatting with Ben.")
        await replies(ben, "It comes tomorrow.")
        for page in (user, ada):
            await shows(page, "It comes tomorrow.")
        await expect(user.get_by_text("You are talking with Ben")).to_be_visible()

        await the_admin_looks(ines, shop)
        await ines.goto(f"{shop.url}/desk/admin/general")
        await ines.get_by_label("Private").check()
        await ines.get_by_role("button", name="Save").click()
        await ada.wait_for_url("**/desk/inbox/**")  # it is not for her any more
        await expect(count(ada, "open")).to_have_text("0", timeout=SOON)
        await expect(count(ben, "open")).to_have_text("1")
        await says(user, "Thank you!")
        await shows(ben, "Thank you!")

        await ended_with_confirmation(ben, user)
        assert "voucher" not in await user.content(), "a note never reaches the end user's page"
        await user.reload()
        await shows(user, "It comes tomorrow.")
        assert "voucher" not in await user.content()
        assert people.troubles == []


async def one_wins(ada: Page, ben: Page, ines: Page) -> None:
    """Everybody sees the request, Ada accepts it, and everybody knows."""
    for agent in (ada, ben, ines):
        await expect(count(agent, "new")).to_have_text("1", timeout=SOON)
        await expect(request_of(agent)).to_be_visible()
    for agent in (ada, ben):
        await request_of(agent).click()
        await expect(agent.get_by_role("button", name="Accept")).to_be_visible()
        await live(agent)
    await ada.get_by_role("button", name="Accept").click()
    await expect(ben.get_by_text("This request was taken by Ada Marsh.")).to_be_visible(timeout=SOON)
    await expect(ben.get_by_role("button", name="Accept")).to_have_count(0)
    for agent in (ada, ben, ines):
        await expect(count(agent, "new")).to_have_text("0")
        await expect(count(agent, "open")).to_have_text("1")
    await expect(ada.get_by_label("Message to")).to_be_visible()
    await live(ada)
    await shoot(ben, "together-taken")


async def handed_over(ada: Page, ben: Page) -> None:
    """Ada asks Ben with a note, and he takes over."""
    await ada.get_by_role("link", name="Transfer").click()
    dialog = ada.get_by_role("dialog", name="Transfer the conversation")
    await dialog.get_by_label("Ben Okoro").check()
    await dialog.get_by_label("Note for them").fill(NOTE)
    await dialog.get_by_role("button", name="Ask to take over").click()
    await expect(ada.get_by_text("Ben Okoro is asked to take over")).to_be_visible()
    row = ben.get_by_role("navigation", name="Inbox").get_by_role("link", name="Transfer from Ada Marsh")
    await row.click()
    await expect(ben.get_by_text(NOTE)).to_be_visible()
    await ben.get_by_role("button", name="Take over").click()
    await expect(ben.get_by_label("Message to")).to_be_visible()
    await live(ben)
    await expect(ada.get_by_label("Message to")).to_have_count(0)


async def the_admin_looks(ines: Page, shop: ServedShop) -> None:
    """In the Inbox, in the audit log and in Analytics."""
    await ines.get_by_role("navigation", name="Inbox").get_by_role("link", name="Open").click()
    row = request_of(ines)
    await expect(row).to_contain_text("Ben Okoro")
    await row.click()
    await shows(ines, "It comes tomorrow.")
    await ines.goto(f"{shop.url}/desk/admin/audit")
    for words in ("request accepted", "transfer asked", "transfer accepted"):
        await expect(ines.get_by_role("cell", name=words, exact=True)).to_have_count(1)
    assert "voucher" not in await ines.content(), "the log tells of acts, not of what was said"
    await ines.goto(f"{shop.url}/desk/analytics")
    tile = ines.locator(".tile", has_text="Live chats")
    await expect(tile).to_contain_text("of 1 request")


async def ended_with_confirmation(ben: Page, user: Page) -> None:
    """The first time he thinks better of it."""
    await ben.get_by_role("link", name="End conversation").click()
    dialog = ben.get_by_role("dialog", name="End this conversation?")
    await dialog.get_by_role("button", name="Keep talking").click()
    await expect(user.get_by_text("You are talking with Ben")).to_be_visible()
    await ben.get_by_role("link", name="End conversation").click()
    await dialog.get_by_role("button", name="End conversation").click()
    await expect(user.get_by_text("You are talking with our assistant")).to_be_visible(timeout=SOON)
    await expect(count(ben, "open")).to_have_text("0")
    await expect(count(ben, "closed")).to_have_text("1")
    await shoot(user, "together-ended")
