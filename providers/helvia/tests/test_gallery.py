"""Every page of the desk in a real browser: seen by axe, in both colours, wide and narrow."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from livechat_sdk.domain.messages import Message
from livechat_sdk.domain.people import EndUser
from livechat_sdk_helvia.records import Conversation
from livechat_sdk_helvia.webchat import WebChat
from providers.helvia.tests import test_rights
from providers.helvia.tests.browsing import mounted
from providers.helvia.tests.memory_database import MemoryDatabase
from providers.helvia.tests.routes import ENDLESS, every_way
from providers.helvia.tests.serving import served, sign_in_as
from providers.helvia.tests.test_webchat_page import agent_says
from providers.helvia.tests.world import Clock, World, planned, request_id
from tests.end_to_end.browser import ARTEFACTS, browser, chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        chromium() is None,
        reason="no Chromium here: install Debian's `chromium`, or name one in LIVECHAT_CHROMIUM",
    ),
]

AXE_SCRIPT: str = importlib.import_module("axe_playwright_python.base").AXE_SCRIPT
"""axe-core, as the package carries it; the package itself has no types."""

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff Maximiliana of the northern branch office"
ARABIC = "مرحبا، أين طلبي رقم 4711؟ شكرًا لكم!"

AGENT_PAGES = {
    "inbox-new": "inbox/new",
    "inbox-open": "inbox/open",
    "inbox-closed": "inbox/closed",
    "request": "requests/{request}",
    "conversation": "conversations/{conversation}",
    "conversation-history": "conversations/{conversation}/history",
    "end": "conversations/{conversation}/end",
    "canned-choice": "conversations/{conversation}/canned",
    "automation-ask": "conversations/{conversation}/automations/{automation}",
    "transfer": "conversations/{conversation}/transfer",
    "invite": "conversations/{conversation}/invite",
    "history": "history",
    "past": "history/{past}",
    "my-settings": "settings",
    "not-there": "requests/1",
}
ADMIN_PAGES = {
    "admin-general": "admin/general",
    "admin-audit": "admin/audit",
    "admin-bots": "admin/bots",
    "admin-bot": "admin/bots?bot=shop-bot",
    "admin-hours": "admin/hours",
    "admin-canned": "admin/canned",
    "admin-canned-new": "admin/canned/new",
    "admin-canned-edit": "admin/canned/{canned}",
    "admin-automations": "admin/automations",
    "admin-automation-new": "admin/automations/new",
    "admin-automation": "admin/automations/{automation}",
    "admin-automation-try": "admin/automations/{automation}/try",
    "admin-automation-look": "admin/automations/{automation}/try?look=1",
    "admin-automation-ticket": "admin/automations/new?kind=ticket",
    "admin-team": "admin/team",
    "admin-user": "admin/team/users/{user}",
    "admin-group": "admin/team/groups/{group}",
    "admin-transcripts": "admin/transcripts",
    "admin-transcripts-found": "admin/transcripts?status=",
    "admin-retention": "admin/retention",
    "admin-retention-confirm": "admin/retention?scope=all",
    "analytics": "analytics",
    "analytics-refused": "analytics?from=2026-03-01&to=2026-02-01&zone=UTC",
}
NO_PAGES = {
    "/",  # leads to the Inbox
    "/admin",  # leads to the first page of the panel
    "/static/{name}",
    "/conversations/{id}/files/{seq}/{index}",
    "/conversations/{id}/transcript",
    "/admin/transcripts/download",
    "/analytics/{table}.csv",
    *ENDLESS,
}

HIDDEN_BELOW = """() => Math.max(0, ...[...document.querySelectorAll('html, body *')].filter(
  (one) => one === document.documentElement || ['auto', 'scroll'].includes(getComputedStyle(one).overflowY)
).map((one) => one.scrollHeight - one.clientHeight))"""
"""How much of the page lies below what a window shows, in whichever part of it scrolls."""

TALLEST = 6000

AXE = """async () => {
  const found = await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
    'best-practice']});
  return found.violations.map((one) => ({
    id: one.id, impact: one.impact, help: one.help,
    nodes: one.nodes.slice(0, 6).map((node) =>
      node.target.join(' ') + ' ' + (node.any[0] ? node.any[0].message : ''))
  }));
}"""

CUT_OFF = """() => [...document.querySelectorAll(
  'a, button, input, select, textarea, summary')].filter((one) => {
  const box = one.getBoundingClientRect();
  if (!box.width || !one.checkVisibility() || one.closest('.skip, .visually-hidden, table')) return false;
  return box.left < -1 || box.right > window.innerWidth + 1;
}).map((one) => one.outerHTML.slice(0, 160))"""


INNER_SCROLL = """() => [...document.querySelectorAll('.table-wrap')].filter(
  (one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.ariaLabel)"""
"""Tables that scroll up and down in a frame of their own, beside the page."""

BEYOND = """() => document.body.matches('.app')
  && document.documentElement.scrollHeight > window.innerHeight"""
"""Whether the window scrolls too, into nothing, where its panes are what scrolls."""


def shape(path: str) -> str:
    return re.sub(r"\{\w+(?::\w+)?\}", "*", path.strip("/"))


def test_the_gallery_has_every_page() -> None:
    shown = {path.partition("?")[0] for path in (*AGENT_PAGES.values(), *ADMIN_PAGES.values(), "login")}
    shapes = {shape(path).replace("inbox/new", "inbox/*") for path in shown}
    missing = [
        way.path
        for way in every_way()
        if way.method == "GET"
        and not way.for_programs
        and way.path not in NO_PAGES
        and shape(way.path) not in shapes
    ]
    assert missing == []


async def places_of(world: World) -> dict[str, Any]:
    """A desk in use, with names and texts that are hard to show."""
    places = await test_rights.places(world)
    await world.desk.groups.create(world.ines, "billing", "Billing", [], [world.ada.id, world.ben.id])
    await world.desk.presence.seen(world.ben)
    person = EndUser(id="u-9", name=LONG_NAME, email=f"{'maximiliana' * 6}@example.org", language="ar")
    chat = await world.chat("ref-long", user=person, reason=ARABIC)
    talk = await world.desk.conversations.accept(world.ada, request_id(chat))
    await talk_in(world, talk)
    await world.provider.send(chat, planned(world.clock, "k-1", ARABIC))
    await world.provider.send(chat, planned(world.clock, "k-2", "x" * 300))
    waiting = await world.chat("ref-waits")
    await world.provider.send(waiting, planned(world.clock, "k-3", "Is anybody there?"))
    await world.chat("ref-rtl", user=EndUser(id="u-8", name="ليلى", language="ar"), reason=ARABIC)
    return places | {"conversation": talk.id, "request": request_id(waiting)}


async def talk_in(world: World, talk: Conversation) -> None:
    await world.desk.messages.send(world.ada, talk, "Good morning! I look it up, one moment please.")
    await world.desk.notes.add(world.ada, talk.id, "The courier was late.")


async def window(chrome: Browser, address: str, name: str) -> tuple[Page, list[str]]:
    page, troubles = await blank_window(chrome)
    await sign_in_as(page, address, name)
    return page, troubles


async def blank_window(chrome: Browser) -> tuple[Page, list[str]]:
    page = await (
        await chrome.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)
    ).new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    await page.add_init_script(AXE_SCRIPT)
    return page, troubles


async def look_at(page: Page, name: str) -> list[str]:
    """What is wrong with the open page, in both colours, wide and narrow. Keeps its screenshots."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")):
        await page.emulate_media(
            color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
        )
        await page.set_viewport_size({"width": width, "height": 800})
        below = min(int(await page.evaluate(HIDDEN_BELOW)), TALLEST)
        await page.set_viewport_size({"width": width, "height": 800 + below})
        await page.screenshot(path=ARTEFACTS / f"gallery-{name}-{width}-{scheme}.png")
        await page.set_viewport_size({"width": width, "height": 800})
        where = f"{name} {width} {scheme}"
        wrong += [
            f"{where}: {found['id']} ({found['help']}): {found['nodes']}"
            for found in await page.evaluate(AXE)
            if found["impact"] in {"serious", "critical"}
        ]
        wrong += [f"{where}: cut off: {one}" for one in await page.evaluate(CUT_OFF)]
        wrong += [f"{where}: scrolls inside: {one}" for one in await page.evaluate(INNER_SCROLL)]
        if await page.evaluate(BEYOND):
            wrong.append(f"{where}: scrolls beyond its end")
        if await page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{where}: scrolls sideways")
    await page.set_viewport_size({"width": 1280, "height": 800})
    return wrong


@pytest.mark.parametrize("name", [*AGENT_PAGES, *ADMIN_PAGES])
async def test_every_page_is_readable_and_whole(quick_world: World, name: str) -> None:
    places = await places_of(quick_world)
    path = (AGENT_PAGES | ADMIN_PAGES)[name].format(**places)
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page, troubles = await window(chrome, address, "ada" if name in AGENT_PAGES else "ines")
        await page.goto(f"{address}/desk/{path}")
        await expect(page.locator("h1").first).to_be_attached()
        if await page.locator("#live-state").count():
            await expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
        wrong = await look_at(page, name)
        assert troubles == []
    assert wrong == [], "\n".join(wrong)


async def test_what_the_panel_answers_is_readable_and_whole(quick_world: World) -> None:
    await places_of(quick_world)
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page, troubles = await window(chrome, address, "ines")
        panel = f"{address}/desk/admin"
        await page.goto(f"{panel}/team")
        await page.get_by_text("New user").click()
        await page.locator("#new-email").fill("eleni@example.org")
        await page.locator("#new-name").fill("Eleni Markou")
        await page.get_by_role("button", name="Make the account").click()
        await expect(page.get_by_text("It is shown only now")).to_be_visible()
        wrong = await look_at(page, "admin-user-made")
        await page.goto(f"{panel}/canned/new")
        await page.get_by_label("Name", exact=True).fill("Greeting")
        await page.get_by_label("Text", exact=True).fill("Dear {{nobody}}")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("alert")).to_contain_text("nobody can fill in")
        wrong += await look_at(page, "admin-canned-refused")
        await page.get_by_label("Text", exact=True).fill("Dear {{user_name}}")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("The canned response was made.")).to_be_visible()
        wrong += await look_at(page, "admin-canned-made")
        await page.goto(f"{panel}/automations")
        await page.get_by_label("Address").fill("https://flows.example/in")
        await page.get_by_role("button", name="Register").click()
        await expect(page.get_by_text("Its secret is shown only now")).to_be_visible()
        wrong += await look_at(page, "admin-flow-made")
        assert troubles == []
    assert wrong == [], "\n".join(wrong)


async def test_signing_in_is_readable_and_whole(quick_world: World) -> None:
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page, troubles = await blank_window(chrome)
        await page.goto(f"{address}/desk/login")
        wrong = await look_at(page, "login")
        await page.get_by_label("Email").fill("ada@example.org")
        await page.get_by_label("Password").fill("a guess")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        wrong += await look_at(page, "login-refused")
        assert troubles == []
    assert wrong == [], "\n".join(wrong)


async def test_the_end_users_page_is_readable_and_whole(memory: MemoryDatabase, clock: Clock) -> None:
    chat = WebChat(memory, bots=("shop",), title="Chat with the shop", now=clock.now)

    async def heard(conversation_id: str, message: Message) -> None:
        await chat.bot_says(conversation_id, key="b-1", text="Shall I fetch a human?", choices=("Yes", "No"))

    await chat.start(heard)
    try:
        async with served(mounted(chat.app(), "/chat")) as address, browser() as chrome:
            page, troubles = await blank_window(chrome)
            await page.goto(f"{address}/chat/")
            await expect(page.get_by_text("How can we help?")).to_be_visible()
            wrong = await look_at(page, "chat-new")
            await page.get_by_label("Your message").fill("x" * 200)
            await page.get_by_role("button", name="Send").click()
            await expect(page.get_by_role("button", name="Yes")).to_be_visible()
            wrong += await look_at(page, "chat-bot")
            conversation = await page.locator("#page").get_attribute("data-conversation")
            assert conversation
            for number, text in enumerate(("Good morning!", ARABIC)):
                await chat.deliver(agent_says(conversation, f"a-{number}", text))
            await expect(page.get_by_text("4711")).to_be_visible()
            assert await page.locator(".bubble", has_text="4711").evaluate(DIRECTION) == "rtl"
            assert await page.locator(".bubble", has_text="Good morning").evaluate(DIRECTION) == "ltr"
            await expect(page.get_by_text("How can we help?")).to_be_hidden()
            wrong += await look_at(page, "chat-agent")
            assert troubles == []
    finally:
        await chat.stop()
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("width", [1280, 1100, 1000, 800, 390])
async def test_the_head_of_a_conversation_shows_its_title_and_every_action(
    quick_world: World, width: int
) -> None:
    places = await places_of(quick_world)
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page, _ = await window(chrome, address, "ada")
        await page.set_viewport_size({"width": width, "height": 800})
        await page.goto(f"{address}/desk/conversations/{places['conversation']}")
        head = await page.locator(".pane-head").bounding_box()
        title = await page.locator(".pane-title h1").bounding_box()
        assert head
        assert title
        assert title["width"] >= 200
        actions = page.locator(".pane-actions .button")
        assert await actions.count() == 6
        for one in await actions.all():
            box = await one.bounding_box()
            assert box
            assert box["x"] >= head["x"]
            assert box["x"] + box["width"] <= head["x"] + head["width"]
            assert await one.evaluate("(b) => b.scrollWidth <= b.clientWidth"), "its words are whole"


async def test_details_do_not_lie_over_the_messages_of_a_window_that_became_narrow(
    quick_world: World,
) -> None:
    talk = await quick_world.accepted(by="ada")
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page, _ = await window(chrome, address, "ada")
        await page.goto(f"{address}/desk/conversations/{talk.id}")
        details = page.get_by_role("complementary", name="Details")
        await expect(details).to_be_visible()
        await page.set_viewport_size({"width": 800, "height": 800})
        await expect(details).to_be_hidden()
        await page.get_by_role("button", name="Details", exact=True).click()
        await expect(details).to_be_visible()
        await page.set_viewport_size({"width": 1280, "height": 800})
        await expect(details).to_be_visible()


async def test_on_paper_is_the_whole_conversation_and_no_note(quick_world: World) -> None:
    world = quick_world
    talk = await world.accepted(by="ada")
    for number in range(60):
        await world.desk.messages.send(world.ada, talk, f"line {number} of many")
    await world.desk.notes.add(world.ada, talk.id, "for the team alone")
    await world.desk.conversations.end(world.ada, talk.id)
    async with served(mounted(world.provider.pages())) as address, browser() as chrome:
        page, _ = await window(chrome, address, "ada")
        for path in (f"conversations/{talk.id}", f"history/{talk.id}"):
            await page.emulate_media(media="print", color_scheme="dark")
            await page.goto(f"{address}/desk/{path}")
            await expect(page.get_by_role("heading", name="Maria Pappa")).to_be_visible()
            await expect(page.get_by_text("maria@example.org")).to_be_visible()
            for gone in (".topbar", ".inbox", ".pane-actions", ".composer-closed", ".notes", ".copy"):
                for one in await page.locator(gone).all():
                    await expect(one).to_be_hidden()
            await expect(page.get_by_text("for the team alone").first).to_be_hidden()
        await page.goto(f"{address}/desk/conversations/{talk.id}")
        said = page.locator("#timeline .bubble")
        assert await said.count() >= 50
        dark = await said.last.evaluate("(one) => getComputedStyle(one).color")
        assert dark == "rgb(27, 35, 48)", "paper has no dark ground"
        await page.set_viewport_size({"width": 794, "height": 1123})
        tall = await page.evaluate("document.documentElement.scrollHeight")
        assert tall > 2 * 1123, "all of it, not what a window shows"
        await page.screenshot(path=ARTEFACTS / "desk-conversation-print.png", full_page=True)
        printed = await page.pdf(format="A4")
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) >= 2


async def test_what_end_users_write_runs_in_its_own_direction(quick_world: World) -> None:
    places = await places_of(quick_world)
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page, _ = await window(chrome, address, "ada")
        await page.goto(f"{address}/desk/conversations/{places['conversation']}")
        theirs, ours = (
            page.locator(".bubble", has_text="4711"),
            page.locator(".bubble", has_text="Good morning"),
        )
        assert await theirs.evaluate(DIRECTION) == "rtl"
        assert await ours.evaluate(DIRECTION) == "ltr"


DIRECTION = (
    "(one) => getComputedStyle(one.matches('[dir]') ? one : one.querySelector('[dir]') || one).direction"
)


async def test_a_conversation_from_accept_to_end_by_the_keyboard_alone(quick_world: World) -> None:
    chat = await quick_world.chat()
    await quick_world.desk.presence.seen(quick_world.ben)
    async with served(mounted(quick_world.provider.pages())) as address, browser() as chrome:
        page, troubles = await window(chrome, address, "ada")
        live = page.locator("#live-state")
        keys = page.keyboard
        await page.goto(f"{address}/desk/inbox/new")
        await expect(live).to_have_attribute("data-state", "live")
        await keys.press("j")
        await keys.press("Enter")
        await page.wait_for_url(f"**/requests/{request_id(chat)}**")
        await expect(live).to_have_attribute("data-state", "live")
        await keys.press("a")
        await page.wait_for_url("**/conversations/**")
        await expect(live).to_have_attribute("data-state", "live")
        await keys.press("r")
        await keys.type("Good morning")
        await keys.press("Enter")
        await expect(page.locator("#timeline .bubble", has_text="Good morning")).to_be_visible()
        await keys.press("Escape")
        await keys.press("t")
        await expect(page.locator("#ask-dialog")).to_be_visible()
        for _ in range(12):
            await keys.press("Tab")
            seen = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            nowhere = await page.evaluate("document.activeElement === document.body")  # the browser's own bar
            assert nowhere or seen != "none", await page.evaluate(
                "document.activeElement.outerHTML.slice(0, 200)"
            )
            if await page.evaluate("document.activeElement.type === 'radio'"):
                break
        await keys.press("Space")
        await keys.press("Escape")
        await expect(page.locator("#ask-dialog")).to_be_hidden()
        assert await page.evaluate(
            "document.activeElement.dataset.ask || document.activeElement.tagName"
        ) in {
            "transfer",
            "BODY",
        }
        await keys.press("e")
        await expect(page.locator("#end-dialog")).to_be_visible()
        for _ in range(4):
            if await page.evaluate("document.activeElement.dataset.key === 'confirm-end'"):
                break
            await keys.press("Tab")
        await keys.press("Enter")
        await expect(page.get_by_text("This conversation has ended")).to_be_visible()
        assert troubles == []
