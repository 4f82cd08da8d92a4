"""A person plays an agent of Parley in a real browser, with the keyboard where that is quicker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from contrib.simulators.tests.bench import OPENING
from contrib.simulators.tests.test_serving import serving
from contrib.simulators.tests.test_webhooks import receiver
from livechat_sdk_simulators.clock import VirtualClock
from tests.end_to_end.browser import browser, chromium, shoot

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        chromium() is None,
        reason="no Chromium here: install Debian's `chromium`, or name one in LIVECHAT_CHROMIUM",
    ),
]


@pytest.fixture
async def chrome() -> AsyncIterator[Browser]:
    async with browser() as running:
        yield running


class Desk:
    """Parley with a chat and a message in it, and its page."""

    def __init__(
        self, page: Page, client: httpx.AsyncClient, chat: str, bodies: asyncio.Queue[bytes]
    ) -> None:
        self.page = page
        self.client = client
        self.chat = chat
        self.bodies = bodies
        self.messages = page.get_by_label("Messages")
        self.state = page.locator("#chat-state")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    async def send(self, text: str) -> httpx.Response:
        message = {"client_key": "k", "text": text, "files": []}
        return await self.client.post(f"/v1/chats/{self.chat}/messages", json=message)


@pytest.fixture
async def desk(chrome: Browser) -> AsyncIterator[Desk]:
    troubles: list[str] = []
    async with receiver(200) as (url, bodies), serving(url, VirtualClock()) as (parley, client):
        page = await chrome.new_page(viewport={"width": 1400, "height": 1000})
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        await page.goto(f"{parley.settings.base_url}/_sim/")
        await expect(page.get_by_text("No chat was opened yet.")).to_be_visible()
        chat = (await client.post("/v1/chats", json=OPENING)).json()["id"]
        yield Desk(page, client, chat, bodies)
        await page.close()
    assert not [trouble for trouble in troubles if "409" not in trouble]


async def test_agent_plays_a_whole_chat(desk: Desk, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("Thank you", "utf-8")
    page = desk.page
    await desk.send("<b>my order</b>")
    await desk.button("h-1.1 (queued)").focus()  # it shows by itself
    await page.keyboard.press("Enter")
    await expect(desk.messages).to_contain_text("<b>my order</b>")

    await page.get_by_label("Agent", exact=True).fill("Eleni")
    await desk.button("Accept").click()
    await expect(desk.state).to_have_text("queued, Eleni")
    await desk.button("Join").click()
    await expect(desk.state).to_have_text("active, Eleni")
    await expect(desk.messages).to_contain_text("delivered")
    await desk.button("Read everything").click()
    await expect(desk.messages).to_contain_text("read")
    await desk.button("Type").click()
    await desk.button("Stop typing").click()

    say = page.locator("#say")
    await page.get_by_label("Quick replies").fill("yes, no")
    await say.get_by_label("Message").fill("Is it blue?")
    await say.get_by_label("Message").press("Enter")
    await expect(desk.messages).to_contain_text("[yes] [no]")
    await say.get_by_label("File").set_input_files(note)
    await desk.button("Send").click()
    await expect(desk.messages).to_contain_text("note.txt")

    await desk.button("Join").click()
    await expect(page.get_by_role("alert")).to_contain_text("Eleni is in the chat 'h-1.1' already")
    await shoot(page, "simulator-parley")
    await desk.button("End").click()
    await expect(desk.button("h-1.1 (ended)")).to_be_visible()
    history = (await desk.client.get(f"/v1/chats/{desk.chat}/messages")).json()["messages"]
    assert [one["text"] for one in history] == ["<b>my order</b>", "Is it blue?", ""]
    assert (await desk.client.get(history[2]["files"][0]["url"])).text == "Thank you"


async def test_somebody_makes_things_go_wrong_and_looks_at_what_happened(desk: Desk) -> None:
    page = desk.page
    faults = page.locator("#fault")
    await faults.get_by_label("Operation").select_option("send")
    await faults.get_by_label("Fault").select_option("status")
    await faults.get_by_label("status", exact=True).fill("429")
    await desk.button("Script").click()
    await expect(page.get_by_label("Scripted faults")).to_contain_text("send: status status=429")
    assert (await desk.send("hello")).status_code == 429
    await expect(page.locator("#requests tr", has_text="429 (status status=429").first).to_be_visible()
    await expect(page.get_by_label("Scripted faults")).to_be_empty()

    assert b'"chat.queued"' in await asyncio.wait_for(desk.bodies.get(), 20)
    await page.get_by_role("button", name="Deliver chat.queued again").click()
    assert b'"chat.queued"' in await asyncio.wait_for(desk.bodies.get(), 20)
    await expect(page.locator("#webhooks tr", has_text="200, 09:00:00 200")).to_be_visible()

    await page.get_by_label("Seconds").fill("3600")
    await desk.button("Move the clock").click()
    await expect(page.locator("#clock")).to_contain_text("10:00:00 UTC, a virtual clock")
    assert (await desk.send("hello")).status_code == 401
    await page.get_by_label("Agents", exact=True).fill("0")
    await desk.button("Set").click()
    await expect(page.get_by_role("alert")).to_be_hidden()
