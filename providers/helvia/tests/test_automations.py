"""Automations: what an admin may define, what a member is asked for, and what is sent and shown."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from livechat_sdk_helvia.automations.answers import MAX_FACTS, read_answer
from livechat_sdk_helvia.automations.checking import read_answers
from livechat_sdk_helvia.automations.records import (
    Automation,
    AutomationDraft,
    AutomationInput,
    AutomationRun,
    Choice,
    Header,
    InputType,
)
from livechat_sdk_helvia.faults import Forbidden, InvalidField, NotFound, RequestGone
from livechat_sdk_helvia.records import Conversation
from providers.helvia.tests.outside import OtherSystem, answering
from providers.helvia.tests.world import World

ADDRESS = "https://crm.example/look-up"


def draft(**values: Any) -> AutomationDraft:
    return AutomationDraft.model_validate({"name": "Look up", "address": ADDRESS} | values)


async def run(
    world: World, conversation: Conversation, automation: Automation, **answers: str
) -> AutomationRun:
    """Ada presses the button, and the lane works."""
    automations = world.desk.automations
    started = await automations.start(world.ada, conversation, automation.id, answers)
    await automations.lane.work()
    done = await automations.runs.get(started.key)
    assert done is not None
    return done


# ------------------------------------------------------------------------------------------- definitions
@pytest.mark.feature("AD-13", "AU-05")
async def test_an_admin_makes_changes_and_deletes_an_automation(world: World) -> None:
    definitions = world.desk.automations.definitions
    wanted = draft(
        headers=(Header(name="X-Team", value="shop"), Header(name="X-Key", value="s3cret", secret=True)),
        inputs=(
            AutomationInput(name="order", prompt="Order number", required=True),
            AutomationInput(
                name="size",
                type=InputType.CHOICE,
                prompt="Size",
                entries=(Choice(key="s", value="Small"), Choice(key="l", value="Large")),
            ),
        ),
        categories=("orders", "crm"),
        everywhere=False,
        bots=("shop-bot",),
    )
    made = await definitions.create(world.ines, wanted)
    assert (made.name, made.kind, made.address) == ("Look up", "http", ADDRESS)
    assert made.inputs == wanted.inputs
    assert (made.categories, made.bots, made.everywhere) == (("orders", "crm"), ("shop-bot",), False)
    assert made.headers == (Header(name="X-Team", value="shop"), Header(name="X-Key", secret=True))

    await definitions.change(world.ines, made.id, draft(name="Other", everywhere=True, headers=made.headers))
    [changed] = await definitions.all(world.ines)
    assert (changed.name, changed.everywhere, changed.bots, changed.inputs) == ("Other", True, (), ())
    opened = definitions.headers(await definitions.stored(made.id))
    assert opened == {"X-Team": "shop", "X-Key": "s3cret"}, "a secret without a new value stays"

    await definitions.delete(world.ines, made.id)
    assert await definitions.all(world.ines) == []
    with pytest.raises(NotFound):
        await definitions.delete(world.ines, made.id)


@pytest.mark.feature("AD-13")
async def test_only_an_admin_manages_automations(quick_world: World) -> None:
    definitions = quick_world.desk.automations.definitions
    made = await definitions.create(quick_world.ines, draft())
    for actor in (quick_world.ada, quick_world.olga):
        with pytest.raises(Forbidden):
            await definitions.all(actor)
        with pytest.raises(Forbidden):
            await definitions.create(actor, draft())
        with pytest.raises(Forbidden):
            await definitions.change(actor, made.id, draft())
        with pytest.raises(Forbidden):
            await definitions.delete(actor, made.id)


async def test_the_value_of_a_secret_header_is_nowhere_in_clear(quick_world: World) -> None:
    definitions = quick_world.desk.automations.definitions
    secret = Header(name="Authorization", value="Bearer canary-7391", secret=True)
    made = await definitions.create(quick_world.ines, draft(headers=(secret,)))
    rows = await quick_world.database.fetch("SELECT * FROM desk_automations")
    assert "canary-7391" not in repr([dict(row) for row in rows])
    assert "canary-7391" not in repr(made) + repr(await definitions.all(quick_world.ines)) + repr(secret)
    look = await quick_world.desk.automations.dry_look(
        quick_world.ines, made.id, {}, await quick_world.accepted()
    )
    assert look.headers["Authorization"] == "(secret)"


async def test_a_secret_that_was_sealed_with_another_key_is_told(
    quick_world: World, other: OtherSystem
) -> None:
    secret = Header(name="X-Key", value="s3cret", secret=True)
    made = await quick_world.desk.automations.definitions.create(quick_world.ines, draft(headers=(secret,)))
    quick_world.host.store_keys = (b"n" * 32, b"k" * 32)
    done = await run(quick_world, await quick_world.accepted("ref-1"), made)
    assert (done.status, other.calls[0].headers["x-key"]) == ("done", "s3cret"), "the old key still opens"
    quick_world.host.store_keys = (b"n" * 32,)
    failed = await run(quick_world, await quick_world.accepted("ref-2"), made)
    assert failed.status == "failed"
    assert "set it again" in (failed.error or "")
    assert len(other.calls) == 1
    quick_world.host.store_keys = ()
    with pytest.raises(InvalidField, match="no key"):
        await quick_world.desk.automations.definitions.create(quick_world.ines, draft(headers=(secret,)))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": "  "}, "name is empty"),
        ({"name": "n" * 81}, "limit is 80"),
        ({"address": ""}, "address is empty"),
        ({"address": "ftp://crm.example"}, "scheme"),
        ({"address": "http://127.0.0.1/x"}, "cannot be called"),
        ({"address": "http://localhost/x"}, "local name"),
        ({"address": "https://user:pass@crm.example/"}, "user name"),
        ({"headers": (Header(name="bad name", value="x"),)}, "no name of a header"),
        ({"headers": (Header(name="Host", value="x"),)}, "set by the desk"),
        ({"headers": (Header(name="X-A", value="a\r\nX-B: b"),)}, "printable"),
        ({"headers": (Header(name="X-A", value="1"), Header(name="x-a", value="2"))}, "twice"),
        ({"headers": (Header(name="X-A", secret=True),)}, "needs a value"),
        ({"inputs": (AutomationInput(name="1st", prompt="x"),)}, "cannot be the name"),
        ({"inputs": (AutomationInput(name="a", prompt="x"),) * 2}, "Two inputs"),
        ({"inputs": (AutomationInput(name="a", prompt="x", type=InputType.CHOICE),)}, "1 to 50 entries"),
        ({"on_button": False}, "never run"),
        ({"everywhere": False}, "at least one bot"),
        (
            {"on_missed": True, "inputs": (AutomationInput(name="a", prompt="Order", required=True),)},
            "nobody can be asked",
        ),
        ({"categories": tuple(f"c{number}" for number in range(11))}, "10 of them"),
    ],
)
async def test_what_cannot_work_is_refused_with_the_reason(
    quick_world: World, wrong: dict[str, Any], words: str
) -> None:
    definitions = quick_world.desk.automations.definitions
    with pytest.raises(InvalidField, match=words):
        await definitions.create(quick_world.ines, draft(**wrong))
    assert await definitions.all(quick_world.ines) == []


# -------------------------------------------------------------------------------------------------- inputs
@pytest.mark.feature("AU-06", "CV-15")
@pytest.mark.parametrize(
    ("kind", "good", "value", "bad"),
    [
        ("plain_text", " hello ", "hello", "x" * 2001),
        ("email", "maria@example.org", "maria@example.org", "maria"),
        ("number", "1250", 1250, "twelve"),
        ("number", "12,50", 12.5, "1e9"),
        ("number", "-3.25", -3.25, "1.2.3"),
        ("phone_number", "+30 210 1234567", "+30 210 1234567", "call me"),
        ("date", "2026-02-28", "2026-02-28", "2026-02-30"),
        ("date", "2026-02-28", "2026-02-28", "28/02/2026"),
        ("choice", "l", "l", "xl"),
    ],
)
def test_each_type_of_input_is_checked(kind: str, good: str, value: Any, bad: str) -> None:
    entries = (Choice(key="s", value="Small"), Choice(key="l", value="Large"))
    one = AutomationInput(name="it", type=InputType(kind), prompt="Which?", required=True, entries=entries)
    answers = read_answers((one,), {"it": good, "other": "ignored"})
    assert answers == {"it": value}
    assert type(answers["it"]) is type(value)
    for wrong in (bad, "", "   ", "\x00"):
        with pytest.raises(InvalidField, match="Which"):
            read_answers((one,), {"it": wrong})
    optional = one.model_copy(update={"required": False})
    assert read_answers((optional,), {}) == {}


@pytest.mark.feature("CV-15")
async def test_a_required_input_is_enforced_by_the_server(world: World, other: OtherSystem) -> None:
    asked = AutomationInput(name="order", prompt="Order number", required=True)
    made = await world.desk.automations.definitions.create(world.ines, draft(inputs=(asked,)))
    conversation = await world.accepted()
    with pytest.raises(InvalidField, match="Order number: an answer is needed"):
        await world.desk.automations.start(world.ada, conversation, made.id, {})
    assert await world.desk.automations.lane.work() == 0
    assert other.calls == []


# ------------------------------------------------------------------------------------------------- running
@pytest.mark.feature("AU-01", "AU-07", "CV-14")
async def test_a_button_calls_the_address_and_shows_the_answer(world: World, other: OtherSystem) -> None:
    other.answer = answering(
        json={
            "customer": {"tier": "gold", "since": 2019, "vip": True},
            "orders": ["A-1", "A-2"],
            "note": None,
        }
    )
    asked = AutomationInput(name="order", type=InputType.NUMBER, prompt="Order number", required=True)
    made = await world.desk.automations.definitions.create(
        world.ines, draft(inputs=(asked,), headers=(Header(name="X-Team", value="shop"),))
    )
    conversation = await world.accepted()
    [button] = await world.desk.automations.buttons(world.ada, conversation)
    assert button.name == "Look up"

    done = await run(world, conversation, made, order="17")

    assert (done.status, done.error, done.starter_name) == ("done", None, "Ada Marsh")
    assert [(fact.label, fact.value) for fact in done.result.facts] == [
        ("customer.tier", "gold"),
        ("customer.since", "2019"),
        ("customer.vip", "yes"),
        ("orders", "A-1, A-2"),
        ("note", "–"),
    ]
    [call] = other.calls
    assert (call.method, str(call.url), call.headers["x-team"]) == ("POST", ADDRESS, "shop")
    assert call.headers["idempotency-key"] == done.key
    [body] = other.bodies
    assert body["inputs"] == {"order": 17}
    assert body["startedBy"]["email"] == "ada@example.org"
    assert (body["moment"], body["user"]["email"]) == ("button", "maria@example.org")
    assert body["conversation"]["id"] == conversation.id
    assert body["conversation"]["survey"] == [{"question": "What is it about?", "answer": "My order"}]
    assert [one.key for one in await world.desk.automations.of(world.ada, conversation)] == [done.key]


async def test_no_message_and_no_note_is_sent_along(quick_world: World, other: OtherSystem) -> None:
    made = await quick_world.desk.automations.definitions.create(quick_world.ines, draft())
    conversation = await quick_world.accepted()
    await quick_world.desk.notes.add(quick_world.ada, conversation.id, "canary of a note")
    await quick_world.desk.messages.send(quick_world.ada, conversation, "canary of a message")
    await run(quick_world, conversation, made)
    sent = other.calls[0].content.decode()
    assert "canary" not in sent
    assert "Where is my order?" not in sent


@pytest.mark.feature("AU-01")
@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (answering(404), "failed", "answered 404"),
        (answering(401), "failed", "refused our credentials"),
        (answering(503), "failed", "answered 503"),
        (answering(302, headers={"location": "http://127.0.0.1/"}), "failed", "302"),
    ],
)
async def test_a_failure_is_shown_and_nothing_else_happens(
    quick_world: World, other: OtherSystem, answer: Any, status: str, words: str
) -> None:
    other.answer = answer
    made = await quick_world.desk.automations.definitions.create(quick_world.ines, draft())
    conversation = await quick_world.accepted()
    done = await run(quick_world, conversation, made)
    assert done.status == status
    assert words in (done.error or "")
    assert await quick_world.desk.automations.lane.work() == 0
    assert len(other.calls) == 1, "a member decides whether it is tried again"
    message, _ = await quick_world.desk.messages.send(quick_world.ada, conversation, "we go on")
    assert message.seq > 0


async def test_an_answer_that_is_too_large_counts_as_done(quick_world: World, other: OtherSystem) -> None:
    other.answer = answering(200, content=b"x" * 300_000)
    made = await quick_world.desk.automations.definitions.create(quick_world.ines, draft())
    done = await run(quick_world, await quick_world.accepted(), made)
    assert (done.status, done.error) == ("done", None)
    assert "too large" in done.result.text


async def test_an_answer_that_never_comes_leaves_a_doubt(quick_world: World, other: OtherSystem) -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("no answer", request=request)

    other.answer = lost
    made = await quick_world.desk.automations.definitions.create(quick_world.ines, draft())
    done = await run(quick_world, await quick_world.accepted(), made)
    assert (done.status, done.error) == ("doubtful", "The other side did not answer in time.")


async def test_the_egress_rule_is_asked_again_when_it_runs(quick_world: World, other: OtherSystem) -> None:
    quick_world.host.egress_allowed = ("crm.internal",)
    made = await quick_world.desk.automations.definitions.create(
        quick_world.ines, draft(address="https://crm.internal/x")
    )
    conversation = await quick_world.accepted()
    assert (await run(quick_world, conversation, made)).status == "done"
    quick_world.host.egress_allowed = ()
    refused = await run(quick_world, conversation, made)
    assert refused.status == "failed"
    assert "may not be called" in (refused.error or "")
    assert len(other.calls) == 1


async def test_one_press_is_one_run(quick_world: World, other: OtherSystem) -> None:
    automations = quick_world.desk.automations
    made = await automations.definitions.create(quick_world.ines, draft())
    conversation = await quick_world.accepted()
    first = await automations.start(quick_world.ada, conversation, made.id, {}, key="press1")
    await automations.lane.work()
    second = await automations.start(quick_world.ada, conversation, made.id, {}, key="press1")
    assert await automations.lane.work() == 0
    assert (first.key, second.status, len(other.calls)) == (second.key, "done", 1)


async def test_buttons_are_for_whoever_handles_the_conversation(quick_world: World) -> None:
    automations = quick_world.desk.automations
    made = await automations.definitions.create(quick_world.ines, draft())
    elsewhere = await automations.definitions.create(
        quick_world.ines, draft(name="Other bot", everywhere=False, bots=("night-bot",))
    )
    silent = await automations.definitions.create(
        quick_world.ines, draft(name="Silent", on_button=False, on_end=True)
    )
    conversation = await quick_world.accepted()
    for actor, names in (
        (quick_world.ada, ["Look up"]),
        (quick_world.ines, ["Look up"]),
        (quick_world.ben, []),
    ):
        assert [one.name for one in await automations.buttons(actor, conversation)] == names
    with pytest.raises(Forbidden, match="Ada Marsh"):
        await automations.start(quick_world.ben, conversation, made.id, {})
    with pytest.raises(Forbidden):
        await automations.start(quick_world.olga, conversation, made.id, {})
    for other_one in (elsewhere, silent):
        with pytest.raises(NotFound):
            await automations.start(quick_world.ada, conversation, other_one.id, {})
    waiting = await quick_world.chat("ref-2")
    pending = await quick_world.desk.conversations.get(int(waiting.state["conversation_id"]))
    with pytest.raises(RequestGone):
        await automations.start(quick_world.ada, pending, made.id, {})


async def test_a_call_that_was_cut_off_in_the_middle_is_not_made_again_for_a_button(
    quick_world: World, other: OtherSystem
) -> None:
    automations = quick_world.desk.automations
    made = await automations.definitions.create(quick_world.ines, draft())
    conversation = await quick_world.accepted()
    started = await automations.start(quick_world.ada, conversation, made.id, {})
    assert await automations.runs.claim(started), "and then the process dies"
    assert await automations.lane.work() == 0
    quick_world.clock.advance(seconds=61)
    assert await automations.lane.work() == 1
    found = await automations.runs.get(started.key)
    assert found is not None
    assert (found.status, other.calls) == ("doubtful", [])


@pytest.mark.feature("AD-13")
async def test_a_dry_look_shows_what_would_be_sent_and_sends_nothing(
    quick_world: World, other: OtherSystem
) -> None:
    asked = AutomationInput(name="order", prompt="Order number", required=True)
    made = await quick_world.desk.automations.definitions.create(quick_world.ines, draft(inputs=(asked,)))
    conversation = await quick_world.accepted()
    look = await quick_world.desk.automations.dry_look(
        quick_world.ines, made.id, {"order": "17"}, conversation
    )
    assert (look.method, look.address) == ("POST", ADDRESS)
    assert json.loads(look.body)["inputs"] == {"order": "17"}
    assert other.calls == []
    with pytest.raises(InvalidField):
        await quick_world.desk.automations.dry_look(quick_world.ines, made.id, {}, conversation)
    with pytest.raises(Forbidden):
        await quick_world.desk.automations.dry_look(quick_world.ada, made.id, {"order": "17"}, conversation)


def test_whatever_is_answered_becomes_lines_or_text() -> None:
    assert read_answer(200, b"").text == ""
    assert read_answer(200, b"plain \xff words").text == "plain � words"
    assert read_answer(200, b"{broken").text == "{broken"
    assert read_answer(200, b"[" * 100_000).text.startswith("[[")
    many = read_answer(200, json.dumps({f"f{number}": number for number in range(100)}).encode())
    assert (len(many.facts), many.left_out) == (MAX_FACTS, 100 - MAX_FACTS)
    listed = read_answer(200, b'[{"a": 1}, {"a": [1, {"b": 2}]}, {}]')
    assert [(one.label, one.value) for one in listed.facts] == [
        ("1.a", "1"),
        ("2.a.1", "1"),
        ("2.a.2.b", "2"),
        ("3", "{}"),
    ]
    assert read_answer(200, b'{"a": "half \\ud800 \\u0000"}').facts[0].value == "half ? "
