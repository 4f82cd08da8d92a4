"""Automations that run by themselves: after an end, for a missed request, once, and tickets among them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from typing import Any

import httpx
import pytest

from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Attempt, Candidate, Handoff, HandoffRequest, HandoffState, Route
from livechat_sdk.domain.people import EndUser
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.errors import InvalidInput
from livechat_sdk.http import override_transport
from livechat_sdk.provider.hosting import TicketProgress
from livechat_sdk_helvia.automations.records import AutomationRun
from livechat_sdk_helvia.automations.runs import Ending
from livechat_sdk_helvia.faults import Forbidden, InvalidField, NotFound
from livechat_sdk_helvia.hub import conversation_topic
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.records import Conversation
from providers.helvia.tests.outside import OtherSystem, answering
from providers.helvia.tests.test_automations import draft
from providers.helvia.tests.world import ACCOUNTS, World, conversation_id, make_provider, start

MISSED = EndReason(by="clock", why="timeout")
IDLE = EndReason(by="clock", why="inactivity")
GAVE_UP = EndReason(by="user", why="abandoned")


async def runs_of(world: World, conversation: Conversation | int) -> list[AutomationRun]:
    number = conversation if isinstance(conversation, int) else conversation.id
    return list(await world.desk.automations.runs.of(number))


def handoff(world: World, ref: str, *, live: bool, attempt_ref: str | None = None) -> Handoff:
    """What the dispatcher says of a handoff whose request has been missed at the desk."""
    route = Route(integration="desk", bot="shop-bot")
    candidate = Candidate(route=route, capabilities=HelviaProvider.capabilities)
    return Handoff(
        id=f"handoff-{ref}",
        request=HandoffRequest(
            key=ref, conversation_id=f"conversation-{ref}", bot="shop-bot", user=EndUser(id="u-1")
        ),
        state=HandoffState.ENDING if live else HandoffState.ENDED,
        attempts=(Attempt(number=1, ref=attempt_ref or ref, candidate=candidate, opened=True),),
        created_at=world.clock.now(),
        state_since=world.clock.now(),
    )


# ------------------------------------------------------------------------------------------- the two moments
@pytest.mark.feature("AU-02")
@pytest.mark.parametrize("how", ["agent", "inactivity", "user"])
async def test_it_runs_after_the_end_however_it_ended(world: World, other: OtherSystem, how: str) -> None:
    made = await world.desk.automations.definitions.create(world.ines, draft(on_button=False, on_end=True))
    conversation = await world.accepted()
    if how == "agent":
        await world.desk.conversations.end(world.ada, conversation.id)
    else:
        await world.desk.conversations.close(conversation.id, IDLE if how == "inactivity" else GAVE_UP)
    assert await world.desk.automations.lane.work() == 1
    [done] = await runs_of(world, conversation)
    assert (done.automation_id, done.moment, done.status) == (made.id, "ended", "done")
    [body] = other.bodies
    assert (body["moment"], body["startedBy"], body["conversation"]["status"]) == ("ended", None, "finished")
    assert body["conversation"]["endedBy"] == ("clock" if how == "inactivity" else how)


@pytest.mark.feature("AU-03")
async def test_it_runs_for_a_missed_request_and_not_for_one_that_was_withdrawn(
    world: World, other: OtherSystem
) -> None:
    await world.desk.automations.definitions.create(world.ines, draft(on_button=False, on_missed=True))
    await world.desk.automations.definitions.create(
        world.ines, draft(name="End", on_button=False, on_end=True)
    )
    missed, withdrawn = await world.chat("ref-1"), await world.chat("ref-2")
    await world.provider.close(missed, MISSED)
    await world.provider.close(withdrawn, GAVE_UP)
    await world.desk.automations.lane.work()
    [body] = other.bodies
    assert (body["moment"], body["conversation"]["id"]) == ("missed", conversation_id(missed))
    assert body["conversation"]["handledBy"] is None
    assert await runs_of(world, conversation_id(withdrawn)) == []


@pytest.mark.feature("AU-04")
async def test_each_moment_sets_off_each_automation_once(world: World, other: OtherSystem) -> None:
    for name in ("One", "Two"):
        await world.desk.automations.definitions.create(
            world.ines, draft(name=name, on_button=False, on_end=True, on_missed=True)
        )
    conversation = await world.accepted("ref-1")
    missed = await world.chat("ref-2")
    for _ in range(3):  # as a dispatcher that died before it heard of the first time
        await world.desk.conversations.end(world.ada, conversation.id)
        await world.desk.conversations.close(conversation.id, IDLE)
        await world.provider.close(missed, MISSED)
        await world.desk.automations.lane.work()
    assert sorted((body["automation"]["name"], body["moment"]) for body in other.bodies) == [
        ("One", "ended"),
        ("One", "missed"),
        ("Two", "ended"),
        ("Two", "missed"),
    ]
    assert len(set(other.keys)) == 4


async def test_only_automations_of_the_bot_run(world: World, other: OtherSystem) -> None:
    for name, bots in (("Shop", ("shop-bot",)), ("Night", ("night-bot",))):
        await world.desk.automations.definitions.create(
            world.ines, draft(name=name, everywhere=False, bots=bots, on_end=True)
        )
    conversation = await world.accepted()
    await world.desk.conversations.end(world.ada, conversation.id)
    await world.desk.automations.lane.work()
    assert [body["automation"]["name"] for body in other.bodies] == ["Shop"]


async def test_an_end_that_is_refused_sets_off_nothing(world: World, other: OtherSystem) -> None:
    await world.desk.automations.definitions.create(world.ines, draft(on_end=True))
    conversation = await world.accepted()
    with pytest.raises(Forbidden):
        await world.desk.conversations.end(world.ben, conversation.id)
    assert await world.desk.automations.lane.work() == 0
    assert await runs_of(world, conversation) == []


# ------------------------------------------------------------------------------- trouble, and other processes
async def test_what_fails_for_a_while_is_done_in_the_end_with_one_key(
    world: World, other: OtherSystem
) -> None:
    await world.desk.automations.definitions.create(world.ines, draft(on_end=True))
    conversation = await world.accepted()
    await world.desk.conversations.end(world.ada, conversation.id)
    other.answer = answering(503)
    assert await world.desk.automations.lane.work() == 1
    for pause in (5, 10, 20):
        world.clock.advance(seconds=pause - 0.5)
        assert await world.desk.automations.lane.work() == 0
        world.clock.advance(seconds=0.5)
        assert await world.desk.automations.lane.work() == 1
    [waiting] = await runs_of(world, conversation)
    assert (waiting.status, waiting.error, waiting.tries) == ("waiting", "The other side answered 503.", 4)
    other.answer = answering(200, text="thanks")
    world.clock.advance(minutes=2)
    await world.desk.automations.lane.work()
    [done] = await runs_of(world, conversation)
    assert (done.status, done.result.text, done.error) == ("done", "thanks", None)
    assert len(other.keys) == 5
    assert len(set(other.keys)) == 1


async def test_it_is_given_up_after_an_hour(quick_world: World, other: OtherSystem) -> None:
    await quick_world.desk.automations.definitions.create(quick_world.ines, draft(on_end=True))
    conversation = await quick_world.accepted()
    await quick_world.desk.conversations.end(quick_world.ada, conversation.id)
    other.answer = answering(503)
    for _ in range(40):
        await quick_world.desk.automations.lane.work()
        quick_world.clock.advance(minutes=5)
    [failed] = await runs_of(quick_world, conversation)
    assert (failed.status, failed.error) == ("failed", "The other side answered 503. Given up.")
    assert 8 < failed.tries < 20


async def test_a_run_of_a_process_that_died_is_taken_up_by_another_one(
    world: World, other: OtherSystem
) -> None:
    await world.desk.automations.definitions.create(world.ines, draft(on_end=True))
    conversation = await world.accepted()
    await world.desk.conversations.end(world.ada, conversation.id)
    [run] = await world.desk.automations.runs.due()
    second: HelviaProvider = make_provider(world.clock, accounts=ACCOUNTS)
    await start(second, world.database, world.host)
    assert await world.desk.automations.runs.claim(run), "and then the first process dies"
    assert not await second.desk.automations.runs.claim(run)
    assert await second.desk.automations.lane.work() == 0, "its lease still runs"
    world.clock.advance(seconds=61)
    assert await second.desk.automations.lane.work() == 1
    [done] = await runs_of(world, conversation)
    assert (done.status, done.tries, other.keys) == ("done", 2, [run.key])
    await second.stop()


async def test_a_thawed_process_changes_nothing_any_more(quick_world: World, other: OtherSystem) -> None:
    await quick_world.desk.automations.definitions.create(quick_world.ines, draft(on_end=True))
    conversation = await quick_world.accepted()
    await quick_world.desk.conversations.end(quick_world.ada, conversation.id)
    frozen = quick_world.desk.automations.runs
    [run] = await frozen.due()
    assert await frozen.claim(run)
    quick_world.clock.advance(seconds=61)
    second = await start(make_provider(quick_world.clock, accounts=ACCOUNTS), quick_world.database)
    await second.desk.automations.lane.work()
    assert not await frozen.settle(run, Ending("failed", error="too late"))
    [done] = await runs_of(quick_world, conversation)
    assert done.status == "done"
    await second.stop()


async def test_a_deleted_automation_and_an_erased_conversation_end_their_runs(
    quick_world: World, other: OtherSystem
) -> None:
    made = await quick_world.desk.automations.definitions.create(quick_world.ines, draft(on_end=True))
    first, second = await quick_world.accepted("ref-1"), await quick_world.accepted("ref-2")
    for conversation in (first, second):
        await quick_world.desk.conversations.end(quick_world.ada, conversation.id)
    await quick_world.desk.automations.definitions.delete(quick_world.ines, made.id)
    await quick_world.desk.context.database.commit(
        [quick_world.desk.context.statement("DELETE FROM desk_conversations WHERE id = :id", id=second.id)]
    )
    await quick_world.desk.automations.lane.work()
    assert [(await runs_of(quick_world, one))[0].error for one in (first, second)] == [
        "The automation has been deleted.",
        "The conversation was erased.",
    ]
    assert other.calls == []


# ---------------------------------------------------------------------------------------------------- tickets
def ticket(key: str) -> TicketProgress:
    return TicketProgress(
        "made",
        Ticket(
            source="acme-tickets",
            id="77",
            key=key,
            subject="A chat",
            number="#77",
            url="https://tickets.example/77",
            state="new",
        ),
    )


async def ticket_run(world: World, ref: str = "ref-1", **values: Any) -> tuple[Conversation, AutomationRun]:
    """Ada presses the button of a ticket automation."""
    definitions = world.desk.automations.definitions
    made = await definitions.create(world.ines, draft(name="Ticket", kind="ticket", address="", **values))
    conversation = await world.accepted(ref)
    started = await world.desk.automations.start(world.ada, conversation, made.id, {})
    return conversation, started


@pytest.mark.feature("TK-01", "TK-02")
async def test_a_member_makes_a_ticket_and_sees_its_link(world: World) -> None:
    conversation, _ = await ticket_run(world)
    await world.desk.automations.lane.work()
    [waiting] = await runs_of(world, conversation)
    assert (waiting.status, waiting.ticket_key) == ("waiting", "handoff-ref-1.ticket")
    world.host.progress["handoff-ref-1.ticket"] = ticket("handoff-ref-1.ticket")
    world.clock.advance(seconds=1)
    await world.desk.automations.lane.work()
    [done] = await runs_of(world, conversation)
    assert (done.status, done.result.ticket, done.result.link) == (
        "done",
        "#77",
        "https://tickets.example/77",
    )
    assert world.host.asked == ["handoff-ref-1"]


@pytest.mark.feature("TK-03")
async def test_a_ticket_of_a_missed_request_is_asked_for_when_the_handoff_has_ended(world: World) -> None:
    definitions = world.desk.automations.definitions
    await definitions.create(
        world.ines, draft(name="Ticket", kind="ticket", address="", on_button=False, on_missed=True)
    )
    chat = await world.chat("ref-1")
    await world.provider.close(chat, MISSED)
    world.host.handoffs["handoff-ref-1"] = handoff(world, "ref-1", live=True)
    await world.desk.automations.lane.work()
    assert world.host.asked == [], "else it would be a ticket of a handoff that goes on"
    world.host.handoffs["handoff-ref-1"] = handoff(world, "ref-1", live=False)
    world.host.progress["handoff-ref-1.ticket"] = ticket("handoff-ref-1.ticket")
    world.clock.advance(seconds=1)
    await world.desk.automations.lane.work()
    [done] = await runs_of(world, conversation_id(chat))
    assert (done.status, done.moment, world.host.asked) == ("done", "missed", ["handoff-ref-1"])


async def test_where_another_system_took_over_no_ticket_is_made(quick_world: World) -> None:
    definitions = quick_world.desk.automations.definitions
    await definitions.create(
        quick_world.ines, draft(name="Ticket", kind="ticket", on_button=False, on_missed=True)
    )
    chat = await quick_world.chat("ref-1")
    await quick_world.provider.close(chat, MISSED)
    quick_world.host.handoffs["handoff-ref-1"] = handoff(quick_world, "ref-1", live=True, attempt_ref="ref-9")
    await quick_world.desk.automations.lane.work()
    [failed] = await runs_of(quick_world, conversation_id(chat))
    assert (failed.status, quick_world.host.asked) == ("failed", [])
    assert "took the request over" in (failed.error or "")


@pytest.mark.feature("TK-07")
async def test_without_a_ticket_system_it_fails_visibly_and_the_conversation_goes_on(world: World) -> None:
    world.host.refuses = InvalidInput("bot 'shop-bot' has no ticket system")
    conversation, _ = await ticket_run(world)
    await world.desk.automations.lane.work()
    [failed] = await runs_of(world, conversation)
    assert (failed.status, failed.error) == ("failed", "The bot 'shop-bot' has no ticket system.")
    message, _ = await world.desk.messages.send(world.ada, conversation, "still here")
    assert message.seq > 0


@pytest.mark.parametrize("state", ["failed", "doubtful"])
async def test_what_the_ticket_system_says_in_the_end_is_shown(quick_world: World, state: Any) -> None:
    quick_world.host.progress["handoff-ref-1.ticket"] = TicketProgress(state, error="the token was refused")
    conversation, _ = await ticket_run(quick_world)
    await quick_world.desk.automations.lane.work()
    [run] = await runs_of(quick_world, conversation)
    assert (run.status, run.error) == (state, "the token was refused")


async def test_a_ticket_that_nobody_answers_for_is_given_up_after_a_day(quick_world: World) -> None:
    conversation, _ = await ticket_run(quick_world)
    for _ in range(12):
        await quick_world.desk.automations.lane.work()
        quick_world.clock.advance(hours=3)
    [run] = await runs_of(quick_world, conversation)
    assert (run.status, quick_world.host.asked) == ("doubtful", ["handoff-ref-1"])


# ------------------------------------------------------------------------------------------------------ flows
@pytest.mark.feature("TK-08")
async def test_flow_triggers_are_told_signed_and_counted(world: World, other: OtherSystem) -> None:
    flows = world.desk.automations.flows
    secrets: dict[str, str] = {}
    for kind in ("livechat-request-missed", "livechat-conversation-finished"):
        _, secrets[kind] = await flows.register(world.ines, kind, f"https://flows.example/{kind}")
    conversation, missed = await world.accepted("ref-1"), await world.chat("ref-2")
    await world.desk.conversations.end(world.ada, conversation.id)
    await world.provider.close(missed, MISSED)
    await world.desk.automations.lane.work()
    bodies = {call.url.path.strip("/"): call for call in other.calls}
    assert set(bodies) == set(secrets)
    for kind, call in bodies.items():
        signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode() + call.content
        key = base64.b64decode(secrets[kind].removeprefix("whsec_"))
        proof = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        assert call.headers["webhook-signature"] == f"v1,{proof}"
    told = {body["type"]: body["data"] for body in other.bodies}
    assert told["livechat-request-missed"]["conversation"]["id"] == conversation_id(missed)
    assert told["livechat-conversation-finished"]["conversation"]["handledBy"] == "Ada Marsh"
    assert [(one.delivered, one.failed) for one in await flows.all(world.ines)] == [(1, 0), (1, 0)]
    assert await runs_of(world, conversation) == [], "members do not see them"


async def test_a_flow_trigger_that_refuses_is_counted_as_failed(
    quick_world: World, other: OtherSystem
) -> None:
    flows = quick_world.desk.automations.flows
    made, secret = await flows.register(quick_world.ines, "livechat-request-missed", "https://flows.example/")
    other.answer = answering(410)
    await quick_world.provider.close(await quick_world.chat(), MISSED)
    await quick_world.desk.automations.lane.work()
    [trigger] = await flows.all(quick_world.ines)
    assert (trigger.delivered, trigger.failed, trigger.last_error) == (0, 1, "The other side answered 410.")
    rows = await quick_world.database.fetch("SELECT * FROM desk_flow_triggers")
    assert secret not in repr([dict(row) for row in rows])
    await flows.delete(quick_world.ines, made)
    with pytest.raises(NotFound):
        await flows.delete(quick_world.ines, made)


async def test_flow_triggers_are_for_admins_and_for_known_moments(quick_world: World) -> None:
    flows = quick_world.desk.automations.flows
    with pytest.raises(Forbidden):
        await flows.register(quick_world.ada, "livechat-request-missed", "https://flows.example/")
    with pytest.raises(Forbidden):
        await flows.all(quick_world.ada)
    with pytest.raises(InvalidField):
        await flows.register(quick_world.ines, "survey-completed", "https://flows.example/")
    with pytest.raises(InvalidField):
        await flows.register(quick_world.ines, "livechat-request-missed", "http://10.0.0.1/")


async def test_a_lane_in_the_background_does_what_comes(quick_world: World, other: OtherSystem) -> None:
    await quick_world.desk.automations.definitions.create(quick_world.ines, draft(on_end=True))
    conversation = await quick_world.accepted()
    lane = quick_world.desk.automations.lane
    lane.start()
    with quick_world.desk.hub.subscribe(conversation_topic(conversation.id)) as news:
        await quick_world.desk.conversations.end(quick_world.ada, conversation.id)
        while "automations" not in await news.wait(10):
            pass
    await lane.stop()
    [done] = await runs_of(quick_world, conversation)
    assert (done.status, len(other.calls)) == ("done", 1)


async def test_nobody_waits_for_a_call_that_is_slow(quick_world: World, other: OtherSystem) -> None:
    slow = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if b'"Slow"' in request.content:
            await slow.wait()
        return httpx.Response(204)

    with override_transport(httpx.MockTransport(answer)):
        automations, made = quick_world.desk.automations, {}
        for name in ("Slow", "Quick"):
            made[name] = await automations.definitions.create(quick_world.ines, draft(name=name))
        conversation = await quick_world.accepted()
        automations.lane.start()
        with quick_world.desk.hub.subscribe(conversation_topic(conversation.id)) as news:
            for name in ("Slow", "Quick"):
                await automations.start(quick_world.ada, conversation, made[name].id, {})
            while {run.status for run in await runs_of(quick_world, conversation)} != {"running", "done"}:
                assert await news.wait(10), "the quick one is done while the slow one runs"
            slow.set()
            while await automations.runs.unfinished():
                assert await news.wait(10), "and then the slow one"
        await automations.lane.stop()
