"""Automations on the pages and in the API: forms that work without a script, and give nothing away."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.provider.hosting import TicketProgress
from livechat_sdk_helvia.automations.records import AutomationInput, Choice, Header, InputType
from providers.helvia.tests.browsing import csrf_of, sign_in, tags, token_of
from providers.helvia.tests.outside import OtherSystem, answering
from providers.helvia.tests.test_automations import ADDRESS, draft
from providers.helvia.tests.test_automations_by_themselves import handoff
from providers.helvia.tests.test_pages import EVIL, assert_harmless
from providers.helvia.tests.world import World, conversation_id

SURE = {"sure": "1"}

FORM = {
    "name": "Look up",
    "kind": "http",
    "address": ADDRESS,
    "on_button": "1",
    "header_0_name": "X-Key",
    "header_0_value": "canary-of-a-secret",
    "header_0_secret": "1",
    "input_0_name": "order",
    "input_0_prompt": "Order number",
    "input_0_type": "number",
    "input_0_required": "1",
    "input_1_name": "size",
    "input_1_prompt": "Size",
    "input_1_type": "choice",
    "input_1_entries": "s = Small\nl = Large\nxl",
    "everywhere": "0",
    "bots": "shop-bot\nnight-bot",
    "categories": "orders, crm",
}


@pytest.fixture
async def ines(quick_world: World, browser: httpx.AsyncClient) -> httpx.AsyncClient:
    """An admin's browser, signed in; its CSRF token travels in a header."""
    browser.headers["x-csrf-token"] = await sign_in(browser, "ines")
    return browser


@pytest.mark.feature("AD-13", "AU-05", "AU-06")
async def test_an_admin_makes_an_automation_with_the_form_and_changes_it(
    quick_world: World, ines: httpx.AsyncClient
) -> None:
    assert "no automations yet" in (await ines.get("/desk/admin/automations")).text
    answer = await ines.post("/desk/admin/automations", data=FORM)
    assert answer.status_code == 303
    assert "The automation was made." in (await ines.get(answer.headers["location"])).text
    [made] = await quick_world.desk.automations.definitions.all(quick_world.ines)
    assert made.inputs == (
        AutomationInput(name="order", type=InputType.NUMBER, prompt="Order number", required=True),
        AutomationInput(
            name="size",
            type=InputType.CHOICE,
            prompt="Size",
            entries=(
                Choice(key="s", value="Small"),
                Choice(key="l", value="Large"),
                Choice(key="xl", value="xl"),
            ),
        ),
    )
    assert (made.bots, made.categories) == (("night-bot", "shop-bot"), ("orders", "crm"))
    page = await ines.get(f"/desk/admin/automations/{made.id}")
    listed = await ines.get("/desk/admin/automations")
    assert "canary-of-a-secret" not in page.text + listed.text
    assert "s = Small" in page.text
    # The form as the browser sends it back: the secret's field is empty, and the secret stays.
    again = FORM | {"name": "Changed", "header_0_value": ""}
    assert (await ines.post(f"/desk/admin/automations/{made.id}", data=again)).status_code == 303
    definitions = quick_world.desk.automations.definitions
    stored = await definitions.stored(made.id)
    assert (stored.name, definitions.headers(stored)) == ("Changed", {"X-Key": "canary-of-a-secret"})
    assert (await ines.post(f"/desk/admin/automations/{made.id}/delete", data=SURE)).status_code == 303
    assert await definitions.all(quick_world.ines) == []


async def test_what_does_not_fit_is_shown_again_in_its_field(
    quick_world: World, ines: httpx.AsyncClient
) -> None:
    wrong = FORM | {"address": "http://127.0.0.1/", "name": EVIL[:70]}
    page = await ines.post("/desk/admin/automations", data=wrong)
    assert page.status_code == 422
    assert "cannot be called" in page.text
    assert "http://127.0.0.1/" in page.text
    assert "Order number" in page.text
    assert "canary-of-a-secret" not in page.text
    assert_harmless(page.text)
    bad_type = await ines.post("/desk/admin/automations", data=FORM | {"input_0_type": "nothing"})
    assert bad_type.status_code == 422


async def test_a_form_of_another_site_changes_nothing(quick_world: World, browser: httpx.AsyncClient) -> None:
    await sign_in(browser, "ines")
    made = await quick_world.desk.automations.definitions.create(quick_world.ines, draft())
    conversation = await quick_world.accepted(by="ines")
    for path in (
        "admin/automations",
        f"admin/automations/{made.id}",
        f"admin/automations/{made.id}/delete",
        "admin/automations/flows",
        f"conversations/{conversation.id}/automations/{made.id}",
    ):
        answer = await browser.post(f"/desk/{path}", data=FORM | {"csrf_token": "guess"})
        assert answer.status_code == 403, path
    assert len(await quick_world.desk.automations.definitions.all(quick_world.ines)) == 1
    assert await quick_world.desk.automations.runs.unfinished() == 0


@pytest.mark.feature("AD-13")
async def test_trying_out_shows_the_call_and_makes_none(
    quick_world: World, ines: httpx.AsyncClient, other: OtherSystem
) -> None:
    await ines.post("/desk/admin/automations", data=FORM | {"on_end": "1", "input_0_required": ""})
    made_none = await quick_world.desk.automations.definitions.all(quick_world.ines)
    assert list(made_none) == [], "an empty box is a ticked one: required inputs cannot run by themselves"
    optional = {name: value for name, value in FORM.items() if name != "input_0_required"}
    await ines.post("/desk/admin/automations", data=optional | {"on_end": "1"})
    [made] = await quick_world.desk.automations.definitions.all(quick_world.ines)
    bare = await ines.get(f"/desk/admin/automations/{made.id}/try")
    assert "What would be sent" not in bare.text.replace("Show what would be sent", "")
    path = f"/desk/admin/automations/{made.id}/try?look=1&moment=button&input_order=17&input_size=l"
    page = await ines.get(path)
    assert "POST https://crm.example/look-up" in page.text
    assert "X-Key: (secret)" in page.text
    assert "&#34;order&#34;: 17" in page.text
    ended = await ines.get(f"/desk/admin/automations/{made.id}/try?look=1&moment=ended")
    assert "&#34;endedBy&#34;: &#34;agent&#34;" in ended.text
    wrong = await ines.get(f"/desk/admin/automations/{made.id}/try?look=1&input_order=many")
    assert wrong.status_code == 422
    assert "is no number" in wrong.text
    assert other.calls == []


@pytest.mark.feature("TK-08")
async def test_a_flow_trigger_shows_its_secret_once(quick_world: World, ines: httpx.AsyncClient) -> None:
    fields = {"trigger_type": "livechat-request-missed", "address": "https://flows.example/in"}
    page = await ines.post("/desk/admin/automations/flows", data=fields)
    assert "whsec_" in page.text
    later = await ines.get("/desk/admin/automations")
    assert "whsec_" not in later.text
    assert "https://flows.example/in" in later.text
    [flow] = await quick_world.desk.automations.flows.all(quick_world.ines)
    refused = await ines.post("/desk/admin/automations/flows", data=fields | {"address": "http://localhost/"})
    assert refused.status_code == 422
    await ines.post(f"/desk/admin/automations/flows/{flow.id}/delete", data=SURE)
    assert await quick_world.desk.automations.flows.all(quick_world.ines) == []


# -------------------------------------------------------------------------------------------- conversations
@pytest.mark.feature("CV-14", "CV-15", "AU-01", "AU-07")
async def test_an_agent_runs_one_without_a_script_and_reads_the_answer(
    quick_world: World, browser: httpx.AsyncClient, other: OtherSystem
) -> None:
    asked = AutomationInput(name="order", type=InputType.NUMBER, prompt="Order number", required=True)
    made = await quick_world.desk.automations.definitions.create(
        quick_world.ines, draft(inputs=(asked,), headers=(Header(name="X-T", value="canary-of-a-header"),))
    )
    other.answer = answering(json={"tier": "gold", "page": "https://crm.example/17"})
    conversation = await quick_world.accepted()
    await sign_in(browser, "ada")
    window = await browser.get(f"/desk/conversations/{conversation.id}")
    where = f"/desk/conversations/{conversation.id}/automations/{made.id}"
    assert f'href="{where}"' in window.text
    assert "canary-of-a-header" not in window.text
    assert ADDRESS not in window.text
    ask = await browser.get(where)
    refused = await browser.post(where, data={"csrf_token": csrf_of(ask), "input_order": "many"})
    assert refused.status_code == 422
    assert "is no number" in refused.text
    assert 'value="many"' in refused.text
    sent = await browser.post(where, data={"csrf_token": csrf_of(ask), "key": "k1", "input_order": "17"})
    assert (sent.status_code, sent.headers["location"]) == (
        303,
        f"/desk/conversations/{conversation.id}#automations",
    )
    await quick_world.desk.automations.lane.work()
    window = await browser.get(f"/desk/conversations/{conversation.id}?part=automations")
    assert "gold" in window.text
    links = [attributes.get("href") for tag, attributes in tags(window.text) if tag == "a"]
    assert "https://crm.example/17" in links
    assert other.bodies[0]["inputs"] == {"order": 17}


async def test_what_others_say_is_shown_as_text(
    quick_world: World, browser: httpx.AsyncClient, other: OtherSystem
) -> None:
    asked = AutomationInput(
        name="a", type=InputType.CHOICE, prompt=EVIL, entries=(Choice(key=EVIL, value=EVIL),)
    )
    definitions = quick_world.desk.automations.definitions
    made = await definitions.create(
        quick_world.ines, draft(name=EVIL[:80], inputs=(asked,), categories=(EVIL[:50],))
    )
    plain = await definitions.create(quick_world.ines, draft(name="plain"))
    tickets = await definitions.create(quick_world.ines, draft(name="t", kind="ticket", address=""))
    conversation = await quick_world.accepted()
    automations = quick_world.desk.automations
    other.answer = answering(json={EVIL: EVIL, "link": "javascript:alert(1)"})
    await automations.start(quick_world.ada, conversation, made.id, {"a": EVIL})
    await automations.lane.work()
    other.answer = answering(text=EVIL)
    await automations.start(quick_world.ada, conversation, plain.id, {})
    await automations.lane.work()
    key = f"{conversation.handoff_id}.ticket"
    quick_world.host.progress[key] = TicketProgress(
        "made", Ticket(source=EVIL, id=EVIL, key=key, subject=EVIL, url="javascript:alert(1)", status=EVIL)
    )
    await automations.start(quick_world.ada, conversation, tickets.id, {})
    await automations.lane.work()
    await sign_in(browser, "ines")
    for path in (
        f"conversations/{conversation.id}",
        f"conversations/{conversation.id}?part=automations",
        f"conversations/{conversation.id}/automations/{made.id}",
        "admin/automations",
        f"admin/automations/{made.id}",
        f"admin/automations/{made.id}/try?look=1&input_a=x",
    ):
        page = await browser.get(f"/desk/{path}")
        assert page.status_code in {200, 422}, path
        assert_harmless(page.text)
        assert "javascript:" not in "".join(
            attributes.get("href") or "" for tag, attributes in tags(page.text) if tag == "a"
        )


@pytest.mark.feature("AU-03", "TK-03")
async def test_the_history_shows_what_was_made_of_a_missed_request(
    quick_world: World, ines: httpx.AsyncClient
) -> None:
    ticket = draft(name="Ticket for missed", kind="ticket", address="", on_button=False, on_missed=True)
    await quick_world.desk.automations.definitions.create(quick_world.ines, ticket)
    chat = await quick_world.chat()
    number = conversation_id(chat)
    await quick_world.provider.close(chat, EndReason(by="clock", why="timeout"))
    waiting = (await ines.get(f"/desk/history/{number}")).text
    assert "Ticket for missed" in waiting
    assert 'data-status="waiting"' in waiting
    key = "handoff-ref-1.ticket"
    quick_world.host.handoffs["handoff-ref-1"] = handoff(quick_world, "ref-1", live=False)
    quick_world.host.progress[key] = TicketProgress(
        "made", Ticket(source="book", id="T-4711", key=key, subject="Missed", url="https://book.example/4711")
    )
    quick_world.clock.advance(seconds=1)
    await quick_world.desk.automations.lane.work()
    over = (await ines.get(f"/desk/history/{number}")).text
    assert 'href="https://book.example/4711"' in over
    assert "T-4711" in over
    assert "/automations/" not in over, "nothing can be started from here"


# ------------------------------------------------------------------------------------------------------ API
@pytest.mark.feature("AD-13", "CV-14")
async def test_a_program_manages_and_starts_automations(
    quick_world: World, browser: httpx.AsyncClient, other: OtherSystem
) -> None:
    document: dict[str, Any] = {
        "name": "Look up",
        "url": ADDRESS,
        "headers": [{"key": "X-Key", "value": "canary-of-a-secret", "secret": True}],
        "agentInput": [{"name": "order", "type": "number", "prompt": "Order", "isRequired": True}],
        "organizationWide": True,
        "categories": ["crm"],
    }
    admin, agent = await token_of(browser, "ines"), await token_of(browser, "ada")
    made = await browser.post("/desk/api/automations", json=document, headers=admin)
    assert made.status_code == 201, made.text
    assert "canary-of-a-secret" not in made.text
    number = made.json()["id"]
    assert made.json()["agentInput"][0]["isRequired"] is True
    changed = await browser.put(
        f"/desk/api/automations/{number}",
        json=document | {"name": "New", "headers": [{"key": "X-Key", "secret": True}]},
        headers=admin,
    )
    assert changed.json()["name"] == "New"
    for wrong in (
        {"headers": "x"},
        {"headers": [1]},
        {"agentInput": [{"name": "a", "type": "b"}]},
        {"name": 1},
    ):
        refused = await browser.post("/desk/api/automations", json=document | wrong, headers=admin)
        assert refused.status_code == 422, wrong
    conversation = await quick_world.accepted()
    buttons = await browser.get(f"/desk/api/conversations/{conversation.id}/automations", headers=agent)
    assert [one["name"] for one in buttons.json()["items"]] == ["New"]
    assert ADDRESS not in buttons.text
    where = f"/desk/api/conversations/{conversation.id}/automations/{number}"
    assert (await browser.post(where, json={}, headers=agent)).status_code == 422
    started = await browser.post(where, json={"inputs": {"order": "17"}, "key": "k1"}, headers=agent)
    assert (started.status_code, started.json()["status"]) == (201, "waiting")
    await quick_world.desk.automations.lane.work()
    runs = await browser.get(f"/desk/api/conversations/{conversation.id}/runs", headers=agent)
    assert [one["status"] for one in runs.json()["items"]] == ["done"]
    assert other.calls[0].headers["x-key"] == "canary-of-a-secret"
    gone = await browser.delete(f"/desk/api/automations/{number}", headers=admin)
    assert gone.status_code == 204
    assert (await browser.get(f"/desk/api/automations/{number}", headers=admin)).status_code == 404


@pytest.mark.feature("TK-05", "TK-06")
async def test_a_program_lists_and_reads_the_tickets_of_a_conversation(
    quick_world: World, browser: httpx.AsyncClient
) -> None:
    conversation = await quick_world.accepted()
    for number in range(3):
        key = f"{conversation.handoff_id}.{number}"
        quick_world.host.progress[key] = TicketProgress(
            "made",
            Ticket(
                source="book",
                id=str(number),
                key=key,
                number=f"#{number}",
                subject=f"Ticket {number}",
                url=f"https://tickets.example/{number}",
                created_at=quick_world.clock.now(),
            ),
        )
    agent = await token_of(browser, "ada")
    where = f"/desk/api/tickets?associatedId={conversation.id}"
    page = await browser.get(f"{where}&page=1&pageSize=2", headers=agent)
    assert page.json() == {
        "items": [
            {
                "id": "2",
                "associatedId": str(conversation.id),
                "name": "#2",
                "description": "Ticket 2",
                "url": "https://tickets.example/2",
                "createdAt": "2026-03-02T09:00:00.000000Z",
            }
        ],
        "page": 1,
        "pageSize": 2,
        "total": 3,
    }
    one = await browser.get(f"/desk/api/tickets/1?associatedId={conversation.id}", headers=agent)
    assert one.json()["name"] == "#1"
    missing = await browser.get(f"/desk/api/tickets/9?associatedId={conversation.id}", headers=agent)
    assert missing.status_code == 404
    assert (await browser.get("/desk/api/tickets", headers=agent)).status_code == 422
