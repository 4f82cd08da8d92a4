"""What agents work with, in a real browser: canned responses, transfers and invitations."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect
from starlette.types import ASGIApp

from livechat_sdk_helvia.canned import CannedDraft
from livechat_sdk_helvia.desk_settings import AssistantSettings, DeskSettings
from providers.helvia.tests.serving import served, shoot_both, sign_in_as
from providers.helvia.tests.world import World, planned
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


class Windows:
    """Windows of people who are signed in. What goes wrong in one of them is kept."""

    def __init__(self, chrome: Browser, address: str) -> None:
        self._chrome = chrome
        self._address = address
        self.troubles: list[str] = []

    async def open(self, name: str, path: str) -> Page:
        page = await (await self._chrome.new_context(viewport={"width": 1280, "height": 800})).new_page()
        page.on("pageerror", lambda error: self.troubles.append(f"{name}: {error}"))
        await sign_in_as(page, self._address, name)
        await page.goto(f"{self._address}/desk/{path}")
        return page


@pytest.fixture
async def windows(app: ASGIApp) -> AsyncIterator[Windows]:
    async with served(app) as address, chromium_browser() as chrome:
        made = Windows(chrome, address)
        yield made
        assert made.troubles == []


async def live(page: Page) -> None:
    """Wait until the page has its stream: its scripts run now."""
    await expect(page.locator("#live-state")).to_have_attribute("data-state", "live")


async def responses(world: World) -> None:
    for name, text, categories in [
        ("Greeting", "Hello {{user_first_name}}, this is {{agent_name}}. How can I help?", ("Start",)),
        ("Call back", "May we call you at {{user_phone}}?", ("Start", "Phone")),
        ("Goodbye", "Thank you for writing to us. Have a good day!", ("Ending",)),
    ]:
        await world.desk.canned.create(world.ines, CannedDraft(name=name, text=text, categories=categories))


@pytest.mark.feature("CV-03")
async def test_a_response_is_found_and_put_into_the_reply_with_the_keyboard_alone(
    quick_world: World, windows: Windows
) -> None:
    await responses(quick_world)
    conversation = await quick_world.accepted()
    page = await windows.open("ada", f"conversations/{conversation.id}")
    await live(page)
    reply, picker = page.get_by_label("Message to"), page.get_by_role("dialog", name="Canned responses")
    await page.keyboard.press("/")
    await expect(picker.locator("#canned").get_by_role("option")).to_have_count(3)
    await shoot_both(page, "desk-canned-picker")
    await page.keyboard.type("good d")
    await expect(picker.locator("#canned").get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(picker).to_be_hidden()
    await expect(reply).to_be_focused()
    await page.keyboard.press("/")
    await expect(picker.locator("#canned").get_by_role("option")).to_have_count(3)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(picker.locator("#canned").get_by_role("option", selected=True)).to_contain_text("Greeting")
    await page.keyboard.press("Enter")
    await expect(reply).to_have_value("Hello Maria, this is Ada. How can I help?")
    await expect(reply).to_be_focused()
    assert len(await quick_world.desk.messages.page(conversation.id)) == 1, "it is not sent"
    await page.keyboard.press("Enter")
    await expect(page.locator("#timeline").get_by_text("How can I help?")).to_be_visible()


async def test_a_response_is_chosen_by_category_and_goes_where_the_cursor_is(
    quick_world: World, windows: Windows
) -> None:
    await responses(quick_world)
    chat = await quick_world.accepted("ref-1", user={"id": "u-2"})
    page = await windows.open("ada", f"conversations/{chat.id}")
    await live(page)
    reply, picker = page.get_by_label("Message to"), page.get_by_role("dialog", name="Canned responses")
    await reply.fill("One thing: ")
    await page.get_by_role("link", name="Canned responses").click()
    await picker.get_by_label("Category").select_option("Phone")
    await picker.locator("#canned").get_by_role("option", name="Call back").click()
    await expect(reply).to_have_value("One thing: May we call you at {{user_phone}}?")
    await page.keyboard.type("your office")  # what is missing is selected
    await expect(reply).to_have_value("One thing: May we call you at your office?")
    await reply.fill("")
    await page.keyboard.press("/")
    await page.keyboard.press("/")
    await expect(reply).to_have_value("/")  # whoever wants a slash types it twice


@pytest.mark.feature("AD-09")
async def test_the_pages_of_the_admin_panel(quick_world: World, windows: Windows) -> None:
    await responses(quick_world)
    await quick_world.chat()
    page = await windows.open("ines", "admin/canned")
    await expect(page.get_by_role("row", name="Greeting")).to_be_visible()
    await shoot_both(page, "desk-admin-canned")
    await page.get_by_role("link", name="New canned response").click()
    await page.get_by_label("Name").fill("Voucher")
    await page.get_by_label("Text").fill("Dear {{user_nmae}}")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("{{user_nmae}}")
    await shoot_both(page, "desk-admin-canned-form")
    await page.get_by_label("Text").fill("Dear {{user_name}}, here is a voucher.")
    await page.get_by_label("Conversations from these bots only").check()
    await page.get_by_label("Bots, one on a line").fill("shop-bot")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("link", name="Voucher").click()
    await page.get_by_text("Delete this canned response").click()
    await page.get_by_role("button", name="Delete for good").click()
    await expect(page.get_by_role("row", name="Goodbye")).to_be_visible()
    await expect(page.get_by_role("row", name="Voucher")).to_have_count(0)


@pytest.mark.feature("CV-08", "CV-10", "CV-11", "CV-12")
async def test_two_agents_hand_a_conversation_over_while_both_look_at_it(
    quick_world: World, windows: Windows
) -> None:
    world = quick_world
    await world.desk.groups.create(world.ines, "invoices", "Invoices", [], [world.ben.id, world.ines.id])
    talk = await world.accepted()
    await world.desk.messages.send(world.ada, talk, "Let me ask a colleague.")
    ben = await windows.open("ben", "inbox/new")
    ada = await windows.open("ada", f"conversations/{talk.id}")
    await live(ada)
    await live(ben)
    dialog = ada.get_by_role("dialog", name="Transfer the conversation")
    await ada.keyboard.press("t")
    await expect(dialog.get_by_role("radio", name="Ben Okoro")).to_be_focused()
    await expect(dialog.get_by_role("radio", name="Ines Vidal")).to_be_disabled()
    await dialog.get_by_label("Note for them").fill("Wants a refund, be kind.")
    await shoot_both(ada, "desk-transfer")
    await dialog.get_by_role("radio", name="Ben Okoro").check()
    await dialog.get_by_role("button", name="Ask to take over").click()
    await expect(ada.get_by_text("Ben Okoro is asked to take over.")).to_be_visible()
    await expect(ada.get_by_label("Message to")).to_be_visible()
    await shoot_both(ada, "desk-transfer-waits")

    row = ben.get_by_role("navigation", name="Inbox").get_by_role("link", name="Transfer from Ada Marsh")
    await expect(row).to_be_visible()  # by itself: nobody reloaded the page
    await row.click()
    await expect(ben.locator(".told-note").get_by_text("Wants a refund, be kind.")).to_be_visible()
    await shoot_both(ben, "desk-transfer-preview")
    await live(ada)
    await ben.get_by_role("button", name="Take over").click()
    await expect(ben.get_by_label("Message to")).to_be_visible()
    await expect(ada.get_by_text("Ben Okoro handles this conversation.")).to_be_visible()
    await expect(ada.get_by_label("Message to")).to_have_count(0)
    await expect(ada.get_by_text("is asked to take over.")).to_have_count(0)

    await live(ben)
    await ben.keyboard.press("v")
    invite = ben.get_by_role("dialog", name="Invite somebody")
    await invite.get_by_role("radio", name="Ada Marsh").check()
    await invite.get_by_role("button", name="Invite").click()
    await expect(ben.get_by_text("Ada Marsh is invited.")).to_be_visible()
    asked = (await world.desk.transfers.of(world.ada, talk.id))[-1]
    await live(ben)
    await world.desk.accept(world.ada, asked.request_id)
    await expect(ada.get_by_label("Message to")).to_be_visible()  # she may write again
    await expect(ada.get_by_role("button", name="Leave")).to_be_visible()
    await ada.get_by_label("Message to").fill("I am still here.")
    await ada.keyboard.press("Enter")
    await expect(ben.locator("#timeline").get_by_text("I am still here.")).to_be_visible()
    await shoot_both(ada, "desk-guest")


@pytest.mark.feature("CV-13")
async def test_a_tag_is_put_on_and_taken_off_without_leaving_the_page(
    quick_world: World, windows: Windows
) -> None:
    talk = await quick_world.accepted()
    await quick_world.desk.tags.create(quick_world.ben, "Angry")
    page = await windows.open("ada", f"conversations/{talk.id}")
    await live(page)
    await page.get_by_label("Message to").fill("half a sentence")
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.type("Angry")
    await page.keyboard.press("Enter")
    await expect(page.locator("#tags .tag").get_by_text("Angry")).to_be_visible()
    await page.get_by_role("button", name="Take off the tag vip").click()
    await expect(page.locator("#tags").get_by_text("vip")).to_have_count(0)
    await quick_world.desk.tags.add(quick_world.ben, talk.id, "from a colleague")
    await expect(page.locator("#tags").get_by_text("from a colleague")).to_be_visible()
    await expect(page.get_by_label("Message to")).to_have_value("half a sentence")
    assert (await quick_world.reload(talk)).tags == ("Angry", "from a colleague")
    await shoot_both(page, "desk-tags")


@pytest.mark.feature("CV-16")
@pytest.mark.feature("CV-17")
async def test_members_read_their_language_and_take_a_suggestion_or_not(
    quick_world: World, windows: Windows
) -> None:
    helper = quick_world.host.assistance
    helper.phrases = {("Πού είναι;", "en"): "Where is it?", ("On its way.", "el"): "Έρχεται."}
    on = DeskSettings(translation=True, assistant=AssistantSettings(enabled=True))
    await quick_world.desk.settings.replace(quick_world.ines, on)
    chat = await quick_world.chat()
    talk = await quick_world.desk.conversations.accept(quick_world.ada, int(chat.state["request_id"]))
    page = await windows.open("ada", f"conversations/{talk.id}")
    await live(page)
    await quick_world.provider.send(chat, planned(quick_world.clock, "m-1", "Πού είναι;"))
    await quick_world.provider.send(chat, planned(quick_world.clock, "m-2", "Άγνωστο"))
    log = page.get_by_role("log")
    await expect(log.get_by_text("Where is it?")).to_be_visible()
    await expect(log.get_by_text("Not translated (el to en)")).to_be_visible()
    await expect(log.get_by_text("Πού είναι;")).to_be_hidden()
    await log.get_by_text("Show the original (el)").click()
    await expect(log.get_by_text("Πού είναι;")).to_be_visible()
    reply, button = page.get_by_label("Message to"), page.get_by_role("button", name="Suggest a reply")
    await reply.fill("Hello!")
    await button.click()
    await expect(page.locator("#reply-help")).to_contain_text("has no suggestion")
    await expect(reply).to_have_value("Hello!")
    await reply.fill("")
    helper.suggestion = "On its way."
    await button.click()
    await expect(reply).to_have_value("On its way.")
    await expect(reply).to_be_focused()
    await shoot_both(page, "desk-assistance")
    assert "On its way." not in [one.text for one in await quick_world.desk.messages.page(talk.id)]
    await page.keyboard.press("Enter")
    await expect(log.get_by_text("Show what was sent (el)")).to_be_visible()
