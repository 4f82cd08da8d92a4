"""What was missed is put right by asking the vendor what is true."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from livechat_sdk import Handoff, HandoffState, Message, Outcome
from livechat_sdk.domain.chats import Chat, MessageReceived
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.errors import RejectedError, UnavailableError
from livechat_sdk.inbound.places import ChatKey
from livechat_sdk.ledger.store import InboxEvent
from livechat_sdk.provider.interface import ChatOpening, ChatStatus, PollPace
from livechat_sdk_testing.hostile import Fault, Traits
from livechat_sdk_testing.hostile.provider import HostileProvider
from tests.inbound.world import POLL, STREAM, WEBHOOK, World, Worlds

TELLS = replace(WEBHOOK, status=True, redelivers_for=0.0)
REMEMBERS = replace(TELLS, history=True)


async def queued(worlds: Worlds, traits: Traits = TELLS, **options: object) -> tuple[World, Handoff, str]:
    world = await worlds.start(traits, **options)
    handoff = await world.request()
    return world, handoff, f"{handoff.id}.1"


async def active(worlds: Worlds, traits: Traits = TELLS, **options: object) -> tuple[World, Handoff, str]:
    world, handoff, ref = await queued(worlds, traits, **options)
    await world.vendor.join(ref)
    await world.pump()
    return world, handoff, ref


def repairs(world: World) -> dict[str, int]:
    return {kind: times for (_, kind), times in world.counts.repairs.items()}


def withhold(world: World, *kinds: str) -> None:
    world.vendor.faults.withheld = set(kinds)


ALL_EVENTS = ("agent_joined", "chat_transferred", "message_received", "chat_ended", "agent_left")


@pytest.mark.parametrize("traits", [TELLS, replace(POLL, status=True), replace(STREAM, status=True)])
async def test_a_join_that_was_never_told_is_found_on_the_schedule(worlds: Worlds, traits: Traits) -> None:
    world, handoff, ref = await queued(worlds, traits)
    await world.pass_time(10)
    withhold(world, "agent_joined")
    await world.vendor.join(ref, "Ann")
    await world.pass_time(60)
    joined = await world.reload(handoff)
    assert joined.state is HandoffState.ACTIVE
    assert joined.agent is not None
    assert joined.agent.name == "Ann"
    (line,) = [one for one in await world.journal(handoff) if one.kind == "event.agent_joined"]
    assert line.detail["event"].startswith(f"reconciled:{ref}:joined")
    assert 45 <= line.detail["late_seconds"] <= 60
    assert repairs(world) == {"agent_joined": 1}
    assert world.counts.late_seconds == pytest.approx(line.detail["late_seconds"])


async def test_an_end_that_was_never_told_is_found_and_has_the_vendors_reason(worlds: Worlds) -> None:
    world, handoff, ref = await active(worlds)
    withhold(world, "chat_ended")
    await world.vendor.end(ref, by="agent", why="transferred_away")
    await world.pass_time(60)
    ended = await world.reload(handoff)
    assert ended.outcome is Outcome.COMPLETED
    assert ended.end is not None
    assert (ended.end.reason.by, ended.end.reason.why) == ("agent", "transferred_away")
    (line,) = [one for one in await world.journal(handoff) if one.kind == "event.chat_ended"]
    assert line.detail["event"] == f"reconciled:{ref}:ended"
    assert [one.end.outcome for one in world.channel.ended] == [Outcome.COMPLETED]


async def test_the_late_events_themselves_change_nothing_any_more(worlds: Worlds) -> None:
    world, handoff, ref = await queued(worlds, replace(TELLS, redelivers_for=3600.0))
    for _ in range(8):
        world.vendor.faults.script("event", Fault.LOSE)
    await world.vendor.join(ref, "Ann")
    await world.vendor.end(ref)
    await world.pass_time(1200)
    assert (await world.reload(handoff)).outcome is Outcome.COMPLETED
    assert len(world.channel.ended) == 1
    assert world.channel.moments.count(world.channel.moments[-1]) == 1


async def test_a_transfer_that_was_never_told_is_believed_when_it_is_said_twice(worlds: Worlds) -> None:
    world, handoff, ref = await active(worlds)
    withhold(world, *ALL_EVENTS)
    await world.vendor.join(ref, "Bob")
    questions = world.counts.questions
    before = questions[world.vendor.name]
    while questions[world.vendor.name] == before:
        await world.pass_time(1)
    now = await world.reload(handoff)
    assert now.agent is not None
    assert now.agent.name == "Ann", "one answer may be older than what we know"
    await world.pass_time(6)
    moved = await world.reload(handoff)
    assert moved.state is HandoffState.ACTIVE
    assert moved.agent is not None
    assert moved.agent.name == "Bob"
    assert repairs(world) == {"chat_transferred": 1, "agent_joined": 1}
    await world.pass_time(600)
    assert repairs(world) == {"chat_transferred": 1, "agent_joined": 1}


async def test_a_chat_that_went_back_to_the_queue_is_transferring_until_somebody_joins(
    worlds: Worlds,
) -> None:
    world, handoff, ref = await active(worlds)
    withhold(world, *ALL_EVENTS)
    chat = world.vendor.chat(ref)
    chat.state, chat.agent, chat.since = "queued", None, world.clock.now()
    await world.pass_time(70)
    assert (await world.reload(handoff)).state is HandoffState.TRANSFERRING
    await world.vendor.join(ref, "Cleo")
    await world.pass_time(130)
    found = await world.reload(handoff)
    assert found.state is HandoffState.ACTIVE
    assert found.agent is not None
    assert found.agent.name == "Cleo"


@pytest.mark.parametrize("told", [(), ("agent_joined",), ("chat_ended",), ("agent_joined", "chat_ended")])
async def test_lost_messages_come_from_the_history_once_and_in_order_and_before_the_end(
    worlds: Worlds, told: tuple[str, ...]
) -> None:
    world, handoff, ref = await queued(worlds, REMEMBERS)
    withhold(world, *(kind for kind in ALL_EVENTS if kind not in told))
    await world.vendor.join(ref)
    for text in ("one", "two", "three"):
        await world.vendor.say(ref, text)
    if "chat_ended" not in told:
        await world.vendor.end(ref)
    await world.pass_time(120)
    if "chat_ended" in told:
        await world.vendor.end(ref)
        await world.pass_time(5)
    assert world.channel.texts == ["one", "two", "three"]
    ended = await world.reload(handoff)
    assert ended.outcome is Outcome.COMPLETED, "whoever speaks has joined"
    await world.pass_time(300)
    assert world.channel.texts == ["one", "two", "three"]


async def test_an_end_that_is_found_by_asking_overtakes_nothing_that_waits_in_the_inbox(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, handoff, ref = await active(worlds, TELLS, every=3600.0)
    await world.pass_time(60)
    message = MessageReceived(
        id="e-1",
        integration=world.vendor.name,
        refs=(ref,),
        received_at=world.clock.now(),
        message=Message.text("said before the end", key="m-1"),
    )
    taking = asyncio.Event()
    store, original = world.dispatcher.store, world.dispatcher.store.inbox

    async def slow(limit: int = 100) -> Sequence[InboxEvent]:
        await taking.wait()
        return await original(limit)

    monkeypatch.setattr(store, "inbox", slow)
    await store.commit((), [message])
    world.dispatcher._intake.inbox_changed()
    withhold(world, "chat_ended")
    await world.vendor.end(ref)
    world.dispatcher._inflow.reconciler.ask_now(ChatKey(handoff.id, 1))
    before = world.counts.questions[world.vendor.name]
    async with asyncio.timeout(20):
        while world.counts.questions[world.vendor.name] < before + 3:
            await world.clock.advance(0.5)
            await asyncio.sleep(0.005)
    assert (await world.reload(handoff)).is_live
    taking.set()
    await world.pass_time(2)
    assert world.channel.texts == ["said before the end"]
    assert (await world.reload(handoff)).outcome is Outcome.COMPLETED


async def test_an_event_that_is_stuck_in_the_inbox_does_not_keep_the_truth_out_for_ever(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, handoff, ref = await active(worlds, TELLS)

    async def always(*_: object) -> bool:
        return True

    monkeypatch.setattr("livechat_sdk.inbound.putting_right.has_waiting_events", always)
    withhold(world, "chat_ended")
    await world.vendor.end(ref)
    await world.pass_time(240)
    assert (await world.reload(handoff)).outcome is Outcome.COMPLETED


async def test_an_end_that_is_found_by_asking_does_not_overtake_the_next_poll(worlds: Worlds) -> None:
    slow = PollPace(fastest=600, slowest=600)
    world, handoff, ref = await queued(worlds, replace(POLL, status=True), pace=slow)
    await world.pass_time(1)
    await world.vendor.join(ref)
    await world.vendor.say(ref, "one")
    await world.vendor.say(ref, "two")
    withhold(world, "chat_ended")
    await world.vendor.end(ref)
    await world.pass_time(120)
    assert world.channel.texts == ["one", "two"], "polled at once when the end was heard of"
    assert (await world.reload(handoff)).outcome is Outcome.COMPLETED


async def test_only_what_is_missing_is_taken_from_the_history(worlds: Worlds) -> None:
    world, handoff, ref = await active(worlds, REMEMBERS)
    await world.vendor.say(ref, "one")
    await world.pump()
    world.vendor.faults.script("event", Fault.WITHHOLD)
    await world.vendor.say(ref, "two")
    await world.vendor.say(ref, "three")
    await world.pass_time(61)
    assert world.channel.texts == ["one", "three", "two"], "what came by itself was not held back"
    assert repairs(world) == {"message_received": 1}
    lines = [one for one in await world.journal(handoff) if one.kind == "event.message_received"]
    assert [one.detail.get("late_seconds") for one in lines[:2]] == [None, None]
    assert 40 <= lines[2].detail["late_seconds"] <= 61


async def test_after_downtime_the_vendor_is_asked_at_once(worlds: Worlds) -> None:
    first, handoff, ref = await active(worlds, REMEMBERS)
    await first.kill()
    for text in ("one", "two"):
        await first.vendor.say(ref, text)
    await first.vendor.end(ref)
    await first.clock.advance(600)
    second = await worlds.start(heir_of=first)
    await second.settle()
    assert second.channel.texts == ["one", "two"]
    assert (await second.reload(handoff)).outcome is Outcome.COMPLETED
    lines = await second.journal(handoff)
    late = [one.detail["late_seconds"] for one in lines if "late_seconds" in one.detail]
    assert late == [600.0, 600.0, 600.0]


async def test_a_silence_in_an_active_chat_is_a_reason_to_ask(worlds: Worlds) -> None:
    world, handoff, ref = await active(worlds, REMEMBERS, every=3600.0)
    await world.pass_time(50)  # asked after the first silence
    world.vendor.faults.script("event", Fault.WITHHOLD)
    await world.say(handoff, "hello?")
    await world.vendor.say(ref, "one")
    await world.pass_time(40)
    assert world.channel.texts == []
    await world.pass_time(6)
    assert world.channel.texts == ["one"]


@pytest.mark.parametrize(
    "answer",
    [ChatStatus(state="unknown"), RejectedError("not like this", status=400), RuntimeError("a bug"), "junk"],
)
async def test_a_quiet_chat_is_never_ended_by_anything_but_a_clear_word(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch, answer: object
) -> None:
    world, handoff, _ = await active(worlds)

    async def status(*_: object) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(world.plugins[0].provider_class, "status", status)
    await world.pass_time(3600)
    assert (await world.reload(handoff)).state is HandoffState.ACTIVE
    assert repairs(world) == {}
    errors = world.counts.question_errors[world.vendor.name]
    assert errors == 0 if isinstance(answer, ChatStatus) else errors >= 10


async def test_not_found_ends_a_chat_only_when_it_is_said_twice_a_lag_apart(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, handoff, _ = await active(worlds, replace(TELLS, looks_up_by_key=True, lookup_lag=30.0))
    asked: list[float] = []
    begin = world.clock.now()
    gone = True

    async def status(*_: object) -> ChatStatus:
        asked.append((world.clock.now() - begin).total_seconds())
        if gone:
            raise RejectedError("no such chat", status=404)
        return ChatStatus(state="active")

    monkeypatch.setattr(world.plugins[0].provider_class, "status", status)
    while not asked:
        await world.pass_time(1)
    gone = False  # it was a slip
    await world.pass_time(100)
    gone = True
    count = len(asked)
    while len(asked) == count:
        await world.pass_time(1)
    await world.pass_time(29)
    assert (await world.reload(handoff)).state is HandoffState.ACTIVE
    await world.pass_time(2)
    ended = await world.reload(handoff)
    assert ended.outcome is Outcome.COMPLETED
    assert ended.end is not None
    assert (ended.end.reason.by, ended.end.reason.why) == ("provider", "other")


async def test_a_polled_chat_that_the_vendor_refuses_is_asked_about_at_once(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, handoff, ref = await active(worlds, replace(POLL, status=True), every=3600.0)
    await world.pass_time(30)

    async def gone(*_: object) -> object:
        raise RejectedError("this chat is over", status=404)

    monkeypatch.setattr(world.plugins[0].provider_class, "poll", gone)
    withhold(world, "chat_ended")
    await world.vendor.end(ref)
    await world.pass_time(30)
    assert (await world.reload(handoff)).outcome is Outcome.COMPLETED


async def test_where_nobody_can_be_asked_a_poll_that_finds_no_chat_ends_it_when_it_is_said_twice(
    worlds: Worlds,
) -> None:
    world, handoff, _ = await active(worlds, POLL)
    await world.pass_time(30)
    chats = list(world.vendor.chats)
    errors = world.counts.poll_errors
    world.vendor.chats.clear()
    while not errors[world.vendor.name]:
        await world.pass_time(0.5)
    world.vendor.chats.extend(chats)  # it was a slip
    await world.pass_time(30)
    assert (await world.reload(handoff)).state is HandoffState.ACTIVE
    world.vendor.chats.clear()
    while errors[world.vendor.name] < 2:
        await world.pass_time(0.5)
    assert (await world.reload(handoff)).state is HandoffState.ACTIVE
    await world.pass_time(10)
    assert (await world.reload(handoff)).outcome is Outcome.COMPLETED


async def test_a_poll_that_is_refused_for_another_reason_ends_nothing(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, handoff, _ = await active(worlds, POLL)
    await world.pass_time(30)

    async def refused(*_: object) -> object:
        raise RejectedError("not like this", status=400)

    monkeypatch.setattr(world.plugins[0].provider_class, "poll", refused)
    await world.pass_time(600)
    assert (await world.reload(handoff)).state is HandoffState.ACTIVE


async def test_retry_after_is_obeyed_and_a_vendor_in_trouble_is_asked_less(worlds: Worlds) -> None:
    world, handoff, ref = await queued(worlds)
    withhold(world, "agent_joined")
    await world.vendor.join(ref)
    world.vendor.faults.script("status", *[Fault.THROTTLE] * 3, *[Fault.BREAK] * 3)
    await world.pass_time(1000)
    assert (await world.reload(handoff)).state is HandoffState.ACTIVE
    assert world.counts.question_errors[world.vendor.name] == 6


async def test_a_chat_left_open_is_closed_again_at_a_decent_pace(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, handoff, ref = await active(worlds, WEBHOOK)
    original = HostileProvider.close
    refusing = True
    tried: list[float] = []
    begin = world.clock.now()

    async def close(self: HostileProvider, chat: Chat, reason: EndReason) -> None:
        tried.append((world.clock.now() - begin).total_seconds())
        if refusing:
            raise RejectedError("not now", status=403)
        await original(self, chat, reason)

    monkeypatch.setattr(world.plugins[0].provider_class, "close", close)
    await world.dispatcher.end(handoff.id)
    await world.pass_time(3000)
    ended = await world.reload(handoff)
    assert ended.outcome is Outcome.COMPLETED
    assert ended.open_at_vendor
    assert tried == [0, 60, 120, 420, 1920], "sooner at first, then rarely"
    refusing = False
    await world.pass_time(3 * 3600)
    assert world.vendor.chat(ref).state == "ended"
    assert not (await world.reload(handoff)).open_at_vendor
    assert world.counts.closed_again[world.vendor.name] == len(tried) - 1
    assert "still_open" in [one.kind for one in await world.journal(handoff)]


async def test_a_chat_that_nobody_can_close_is_given_up_after_three_days_and_that_is_recorded(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, handoff, ref = await active(worlds, TELLS)

    async def close(*_: object) -> None:
        raise RejectedError("closing is forbidden", status=403)

    monkeypatch.setattr(world.plugins[0].provider_class, "close", close)
    await world.dispatcher.end(handoff.id)
    for days in (0, 1, 2):
        await world.pass_time(600)
        assert (await world.reload(handoff)).open_at_vendor, f"after {days} days"
        await world.kill()
        await world.clock.advance(86_400)
        world = await worlds.start(heir_of=world)
    await world.settle()
    assert not (await world.reload(handoff)).open_at_vendor
    assert world.vendor.chat(ref).state == "active"
    (line,) = [one for one in await world.journal(handoff) if "given-up" in str(one.detail.get("event"))]
    assert line.kind == "event.chat_ended"
    before = world.counts.questions[world.vendor.name]
    await world.pass_time(3600)
    assert world.counts.questions[world.vendor.name] == before


async def test_the_end_of_a_chat_that_was_left_open_is_found_by_asking(
    worlds: Worlds,
) -> None:
    world, handoff, ref = await active(worlds, replace(TELLS, closes=False))
    await world.dispatcher.end(handoff.id)
    await world.settle()
    withhold(world, "chat_ended")
    await world.vendor.end(ref)
    await world.pass_time(130)
    assert not (await world.reload(handoff)).open_at_vendor


@pytest.mark.parametrize("traits", [REMEMBERS, replace(STREAM, status=True, history=True)])
async def test_an_end_that_comes_by_itself_waits_for_what_was_said_before_it(
    worlds: Worlds, traits: Traits
) -> None:
    world, handoff, ref = await active(worlds, traits)
    world.vendor.faults.script("event", Fault.WITHHOLD, Fault.WITHHOLD)
    await world.vendor.say(ref, "and")
    await world.vendor.say(ref, "good bye")
    await world.vendor.end(ref)
    await world.pump()
    assert (await world.reload(handoff)).outcome is Outcome.COMPLETED
    assert world.channel.texts == ["and", "good bye"]
    shown = [one.kind for one in world.channel.shown]
    assert shown[-4:] == ["message", "message", "system_message", "handoff_ended"]
    entries = [one for one in await world.dispatcher.entries(handoff.id) if one.message.body == "good bye"]
    assert [one.fate for one in entries] == [Fate.SENT]


async def test_an_end_of_a_request_that_an_agent_had_answered_is_no_cancellation(worlds: Worlds) -> None:
    world, handoff, ref = await queued(worlds, REMEMBERS)
    withhold(world, "agent_joined", "message_received")
    await world.vendor.join(ref)
    await world.vendor.say(ref, "closed on Sundays")
    await world.vendor.end(ref)
    await world.pump()
    assert (await world.reload(handoff)).outcome is Outcome.COMPLETED
    assert world.channel.texts == ["closed on Sundays"]


async def test_a_history_that_does_not_answer_delays_an_end_once_and_not_for_long(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livechat_sdk.inbound.reconciling._BEFORE_END", 0.05)
    world = await worlds.start(REMEMBERS)
    handoffs = [await world.request(number) for number in range(3)]
    asked = 0

    async def hang(*_: object) -> object:
        nonlocal asked
        asked += 1
        return await asyncio.Event().wait()

    monkeypatch.setattr(world.plugins[0].provider_class, "history", hang)
    for handoff in handoffs:
        await world.vendor.end(f"{handoff.id}.1")
        await world.pump()
        assert not (await world.reload(handoff)).is_live
    assert asked == 1, "then the vendor is left alone for a while"


async def test_last_words_that_could_not_be_had_in_time_are_recorded_and_shown_to_nobody(
    worlds: Worlds,
) -> None:
    world, handoff, ref = await active(worlds, REMEMBERS)
    world.vendor.faults.script("history", Fault.BREAK)
    world.vendor.faults.script("event", Fault.WITHHOLD)
    await world.vendor.say(ref, "and good bye")
    await world.vendor.end(ref)
    await world.pump()
    assert (await world.reload(handoff)).outcome is Outcome.COMPLETED
    await world.pass_time(60)
    assert world.channel.texts == []
    entries = await world.dispatcher.entries(handoff.id)
    (last,) = [one for one in entries if one.message.body == "and good bye"]
    assert (last.direction, last.fate) == (Direction.TO_USER, Fate.DROPPED)
    before = world.counts.questions[world.vendor.name]
    await world.pass_time(3600)
    assert world.counts.questions[world.vendor.name] == before, "asked once"


async def test_last_words_are_looked_up_by_the_next_process_if_the_first_one_died(worlds: Worlds) -> None:
    first, handoff, ref = await active(worlds, REMEMBERS)
    first.vendor.faults.script("history", Fault.BREAK)
    first.vendor.faults.script("event", Fault.WITHHOLD)
    await first.vendor.say(ref, "and good bye")
    await first.vendor.end(ref)
    await first.pump()
    await first.kill()
    await first.clock.advance(5)
    second = await worlds.start(heir_of=first)
    await second.pass_time(60)
    entries = await second.dispatcher.entries(handoff.id)
    assert "and good bye" in [one.message.body for one in entries]


async def test_a_chat_whose_opening_was_never_answered_is_found_alive_and_closed(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await worlds.start(TELLS, TELLS, livechat={"then": ["vendor1"]})
    original = HostileProvider.open

    async def answer_lost(self: HostileProvider, opening: ChatOpening) -> object:
        await original(self, opening)
        raise TimeoutError

    monkeypatch.setattr(world.plugins[0].provider_class, "open", answer_lost)
    handoff = await world.request()
    await world.pass_time(60)
    handoff = await world.reload(handoff)
    assert [one.integration for one in handoff.attempts] == ["vendor0", "vendor1"]
    assert not handoff.attempts[0].opened
    await world.pass_time(120)
    assert world.vendor.chat(f"{handoff.id}.1").state == "ended"
    assert (await world.reload(handoff)).attempts[0].closed


async def test_a_vendor_that_was_never_reached_is_not_asked_for_ever(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await worlds.start(TELLS, TELLS, livechat={"then": ["vendor1"]})

    async def lost(*_: object) -> object:
        raise TimeoutError

    monkeypatch.setattr(world.plugins[0].provider_class, "open", lost)
    handoff = await world.request()
    await world.pass_time(4 * 3600)
    assert (await world.reload(handoff)).state is HandoffState.QUEUED
    assert 1 <= world.counts.questions["vendor0"] <= 6


async def test_a_refused_opening_leaves_nothing_to_ask_about(
    worlds: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await worlds.start(TELLS, TELLS, livechat={"then": ["vendor1"]})

    async def refused(*_: object) -> object:
        raise UnavailableError("nobody is there")

    monkeypatch.setattr(world.plugins[0].provider_class, "open", refused)
    await world.request()
    await world.pass_time(3600)
    assert world.counts.questions["vendor0"] == 0
