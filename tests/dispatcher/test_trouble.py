"""Vendors that fail, channels that are down, agents that do not come: what the end user gets all the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from livechat_sdk import (
    AuthError,
    HandoffState,
    Outcome,
    RejectedError,
    RetryableError,
    UnavailableError,
    hookimpl,
)
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.messages import Fate
from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.people import Contact
from livechat_sdk.provider.interface import Availability, ChatOpening
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider
from tests.dispatcher.bench import Workbench

FORGETS = ToyProvider.capabilities.model_copy(update={"dedupes_by_key": False})
LOOKS_UP = FORGETS.model_copy(update={"looks_up_by_key": True})


@pytest.mark.feature("PL-05", "SM-05")
async def test_nobody_takes_it_in_time(bench: Workbench) -> None:
    one = await bench.start(livechat={"request_timeout": "2m"})
    handoff = await one.request()
    await one.pass_time(119)
    assert (await one.reload(handoff)).state is HandoffState.QUEUED
    await one.pass_time(2)
    handoff = await one.reload(handoff)
    assert handoff.outcome is Outcome.MISSED
    assert one.channel.moments[-1] is Moment.MISSED
    assert [reason.why for _, reason in one.vendor.closed] == ["timeout"]


@pytest.mark.feature("HO-13", "HO-18", "PL-01", "PL-04", "SM-06")
async def test_closed_now_says_when_it_opens(bench: Workbench) -> None:
    hours = {"timezone": "Europe/Athens", "weekly": {"wed": ["09:00-13:00"]}}
    one = await bench.start(livechat={"business_hours": hours})  # the clock stands on a Tuesday
    handoff = await one.request()
    assert handoff.outcome is Outcome.OUT_OF_HOURS
    assert handoff.end is not None
    assert handoff.end.next_opening is not None
    assert handoff.end.next_opening.isoformat() == "2026-11-25T09:00:00+02:00"
    assert one.vendor.opened == {}
    (said,) = [getattr(o, "text", "") for o in one.channel.shown if o.kind == "system_message"]
    assert "25 November" in said
    assert "09:00" in said
    assert (await one.dispatcher.availability("shop-bot")).open is False


async def test_closing_time_never_cuts_a_running_chat(bench: Workbench) -> None:
    hours = {"timezone": "UTC", "weekly": {"tue": ["08:00-10:00"]}}
    one = await bench.start(livechat={"business_hours": hours})
    handoff = await one.active()
    await one.pass_time(2 * 3600)
    await one.say(handoff, "still there?")
    assert (await one.reload(handoff)).state is HandoffState.ACTIVE
    assert one.vendor.texts() == ["still there?"]


@pytest.mark.feature("HO-14", "SM-09")
async def test_live_chat_switched_off(bench: Workbench) -> None:
    one = await bench.start(livechat={"enabled": False})
    handoff = await one.request()
    assert handoff.outcome is Outcome.UNAVAILABLE
    assert one.channel.moments == [Moment.UNAVAILABLE]


async def test_nobody_at_the_desk(bench: Workbench) -> None:
    one = await bench.start()
    one.vendor.availability = Availability(agents="no")
    handoff = await one.request()
    assert handoff.outcome is Outcome.UNAVAILABLE
    assert one.vendor.opened == {}


async def test_the_next_provider_takes_over_and_the_user_is_told_once(bench: Workbench) -> None:
    one = await bench.start(chain=("toy", "spare"))
    one.vendor.fail["open"] = [UnavailableError("queue full")]
    handoff = await one.request()
    assert handoff.integration == "spare"
    assert handoff.state is HandoffState.QUEUED
    assert one.channel.moments == [Moment.FALLBACK, Moment.WAITING]
    await one.event("joined", plugin=one.spare)
    await one.say(handoff, "hello")
    assert one.spare.vendor.texts() == ["hello"]


async def test_a_provider_that_breaks_in_the_middle_is_replaced_with_the_transcript(bench: Workbench) -> None:
    one = await bench.start(chain=("toy", "spare"))
    handoff = await one.active()
    await one.say(handoff, "my parcel is lost")
    await one.event("message", text="let me look")
    await one.event("ended", by="provider", why="error")
    handoff = await one.reload(handoff)
    assert handoff.integration == "spare"
    transcript = one.spare.vendor.opened[one.spare.vendor.ref].transcript
    assert [(line.author, line.body) for line in transcript] == [
        ("user", "my parcel is lost"),
        ("agent", "let me look"),
    ]


@pytest.mark.feature("HO-15")
@pytest.mark.parametrize(
    ("errors", "outcome"),
    [
        ((UnavailableError("closed"), UnavailableError("closed")), Outcome.UNAVAILABLE),
        ((UnavailableError("closed"), AuthError("bad key")), Outcome.FAILED),
        ((RejectedError("no"), AuthError("bad key")), Outcome.FAILED),
    ],
)
async def test_when_the_chain_is_at_its_end(
    bench: Workbench, errors: tuple[Exception, Exception], outcome: Outcome
) -> None:
    one = await bench.start(chain=("toy", "spare"))
    one.vendor.fail["open"] = [errors[0]]
    one.spare.vendor.fail["open"] = [errors[1]]
    handoff = await one.request()
    assert handoff.outcome is outcome
    assert len(one.channel.ended) == 1
    assert len(handoff.failures) == 2


async def test_an_open_that_fails_for_a_moment_is_tried_again(bench: Workbench) -> None:
    one = await bench.start()
    one.vendor.fail["open"] = [RetryableError("503", status=503), TimeoutError()]
    handoff = await one.request()
    assert handoff.state is HandoffState.STARTING
    await one.pass_time(5)
    assert (await one.reload(handoff)).state is HandoffState.QUEUED
    assert len(one.vendor.opened) == 1


async def test_an_open_that_nobody_can_tell_about_is_looked_up_for_five_seconds_then_the_next_one_is_asked(
    bench: Workbench,
) -> None:
    one = await bench.start(chain=("toy", "spare"))
    one.vendor.apply_before_failing = True
    one.vendor.fail["open"] = [TimeoutError()] * 50
    handoff = await one.request()
    assert handoff.state is HandoffState.STARTING
    await one.pass_time(5)
    handoff = await one.reload(handoff)
    assert (handoff.integration, handoff.state) == ("spare", HandoffState.QUEUED)
    assert handoff.attempts[0].abandoned
    assert one.vendor.calls.count("open") >= 3
    one.vendor.fail["open"] = []
    first = next(iter(one.vendor.opened))
    await one.event("joined", plugin=one.spare, ref=one.spare.vendor.ref)
    await one.event("joined", ref=first, name="Too Late")
    assert [ref for ref, _ in one.vendor.closed] == [first], "closed at its first sign of life"
    assert one.channel.moments.count(Moment.JOINED) == 1


async def test_a_doubtful_message_travels_to_the_next_provider_marked(bench: Workbench) -> None:
    one = await bench.start(chain=("toy", "spare"), capabilities=FORGETS)
    handoff = await one.active()
    await one.say(handoff, "sure")
    one.vendor.fail["send"] = [TimeoutError()]
    await one.say(handoff, "perhaps")
    await one.event("ended", by="provider", why="error")
    transcript = one.spare.vendor.opened[one.spare.vendor.ref].transcript
    assert [(line.body, line.doubtful) for line in transcript] == [("sure", False), ("perhaps", True)]
    assert (await one.reload(handoff)).integration == "spare"


async def test_retry_after_is_obeyed(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    one.vendor.fail["send"] = [RetryableError("slow down", status=429, retry_after=30)]
    await one.say(handoff, "hello")
    await one.pass_time(29)
    assert one.vendor.texts() == []
    await one.pass_time(2)
    assert one.vendor.texts() == ["hello"]


async def test_a_refused_message_is_recorded_and_the_user_is_told(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    one.vendor.fail["send"] = [RejectedError("emoji are not allowed")]
    await one.say(handoff, "🎈")
    await one.say(handoff, "hello")
    assert await one.fates(handoff) == {"🎈": Fate.REFUSED, "hello": Fate.SENT}
    entry = next(e for e in await one.dispatcher.entries(handoff.id) if e.message.body == "🎈")
    assert "emoji are not allowed" in (entry.detail or "")
    assert Moment.UNSUPPORTED in one.channel.moments


async def test_a_send_whose_answer_was_lost_is_not_doubled(bench: Workbench) -> None:
    for capabilities, fate in ((FORGETS, Fate.DOUBTFUL), (LOOKS_UP, Fate.SENT)):
        toy = ToyPlugin(capabilities=capabilities)
        one = await bench.start(toy=toy)
        handoff = await one.active(key=f"k-{fate}", conversation=f"c-{fate}")
        one.vendor.apply_before_failing = True
        one.vendor.fail["send"] = [TimeoutError("no answer")]
        await one.say(handoff, "hello")
        await one.pass_time(600)
        assert await one.fates(handoff) == {"hello": fate}
        assert len(one.vendor.received) == 1, "applied once"
        await one.kill()


async def test_a_send_that_never_left_is_repeated_whatever_the_vendor(bench: Workbench) -> None:
    one = await bench.start(capabilities=FORGETS)
    handoff = await one.active()
    one.vendor.fail["send"] = [RetryableError("no connection", sent=False)]
    await one.say(handoff, "hello")
    await one.pass_time(60)
    assert await one.fates(handoff) == {"hello": Fate.SENT}


async def test_policy_repeat_repeats_what_is_doubtful(bench: Workbench) -> None:
    one = await bench.start(capabilities=FORGETS, livechat={"doubtful": "repeat"})
    handoff = await one.active()
    one.vendor.fail["send"] = [TimeoutError("no answer")]
    await one.say(handoff, "hello")
    await one.pass_time(60)
    assert await one.fates(handoff) == {"hello": Fate.SENT}


async def test_an_end_overtakes_a_send_that_waits_for_another_try(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    one.vendor.fail["send"] = [RetryableError("no connection", sent=False)] * 50
    await one.say(handoff, "hello")
    await one.dispatcher.end(handoff.id, by="user")
    await one.settle()
    assert (await one.reload(handoff)).outcome is Outcome.COMPLETED
    (ended,) = one.channel.ended
    assert [message.body for message in ended.undelivered] == ["hello"], "the bot gets it back"
    assert await one.fates(handoff) == {"hello": Fate.DROPPED}


async def test_a_send_that_may_have_arrived_when_the_end_comes_is_doubtful_and_not_given_back(
    bench: Workbench,
) -> None:
    one = await bench.start()
    handoff = await one.active()
    one.vendor.fail["send"] = [RetryableError("503", status=503)] * 50
    await one.say(handoff, "hello")
    await one.dispatcher.end(handoff.id, by="user")
    await one.settle()
    assert (await one.reload(handoff)).outcome is Outcome.COMPLETED
    (ended,) = one.channel.ended
    assert ended.undelivered == ()
    await one.pass_time(2)
    assert await one.fates(handoff) == {"hello": Fate.DOUBTFUL}
    assert one.vendor.calls.count("send") == 1, "nothing is sent to a chat that is over"


async def test_a_vendor_that_never_confirms_the_end_does_not_keep_the_bot_waiting(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    one.vendor.fail["close"] = [RetryableError("503")] * 6
    await one.dispatcher.end(handoff.id, by="user")
    await one.settle()
    assert (await one.reload(handoff)).state is HandoffState.ENDING
    await one.pass_time(11)
    ended = await one.reload(handoff)
    assert ended.outcome is Outcome.COMPLETED
    assert ended.open_at_vendor
    await one.pass_time(300)
    assert not (await one.reload(handoff)).open_at_vendor, "closing went on beside it"


async def test_a_channel_that_is_down_loses_nothing_and_keeps_the_order(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    one.channel.down = True
    await one.event("message", text="one")
    await one.event("message", text="two")
    await one.event("ended")
    assert (await one.reload(handoff)).outcome is Outcome.COMPLETED
    one.channel.down = False
    await one.pass_time(120)
    assert one.channel.texts == ["one", "two"]
    kinds = [outgoing.kind for outgoing in one.channel.shown]
    assert kinds[-1] == "handoff_ended", "the bot gets control after the last message"


async def test_an_event_before_the_open_returned_finds_its_handoff(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = ToyPlugin()
    one = await bench.start(toy=toy)
    original = ToyProvider.open

    async def joined_at_once(self: ToyProvider, opening: ChatOpening) -> Chat:
        chat = await original(self, opening)
        await one.dispatcher.webhook("toy", toy.delivery("joined", name="Ann"))
        await one.dispatcher.webhook("toy", toy.delivery("message", text="hi", ref=str(chat.vendor_ref)))
        return chat

    monkeypatch.setattr(toy.provider_class, "open", joined_at_once)
    handoff = await one.request()
    assert handoff.state is HandoffState.ACTIVE
    assert one.channel.texts == ["hi"], "an event with the vendor's own id waits until that id is known"


@pytest.mark.feature("PL-06", "PV-12", "CV-24", "SM-12")
async def test_silence_is_noticed_on_both_sides(bench: Workbench) -> None:
    livechat = {
        "inactivity": {"remind_after": "5m", "close_after": "15m"},
        "agent_silence": {"remind_after": "1m"},
    }
    one = await bench.start(livechat=livechat)
    handoff = await one.active()
    await one.say(handoff, "hello")
    await one.pass_time(61)
    assert one.channel.moments[-1:] == [Moment.AGENT_SILENT]
    await one.event("message", text="how can I help?")
    await one.pass_time(301)
    assert one.channel.moments[-1:] == [Moment.IDLE_REMINDER]
    await one.pass_time(600)
    handoff = await one.reload(handoff)
    assert handoff.outcome is Outcome.COMPLETED
    assert handoff.end is not None
    assert (handoff.end.reason.by, handoff.end.reason.why) == ("clock", "inactivity")
    assert [reason.why for _, reason in one.vendor.closed] == ["inactivity"]
    assert one.channel.moments[-1:] == [Moment.IDLE_CLOSED]


async def test_plugins_are_asked_before_our_own_policies_and_cannot_hurt(bench: Workbench) -> None:
    seen: list[str] = []

    class Rude:
        @hookimpl
        async def livechat_route(self, request: object, candidates: object) -> None:
            raise RuntimeError("no idea")

        @hookimpl
        def livechat_handoff_changed(self, after: object, cause: str) -> None:
            seen.append(cause)
            raise RuntimeError("I never work")

    one = await bench.start(plugins=[Rude()])
    handoff = await one.request()
    assert handoff.state is HandoffState.QUEUED
    assert seen[0] == "requested"
    failures = {(s.plugin.split(".")[0], s.hook): s.failures for s in one.dispatcher.hooks.stats()}
    assert failures["Rude", "livechat_route"] == 1


async def test_a_missed_handoff_makes_a_ticket_where_the_settings_want_it(bench: Workbench) -> None:
    one = await bench.start(
        livechat={"request_timeout": "1m", "tickets_on": ["missed"]},
        bot={"ticketing": "tickets"},
        integrations={"tickets": {"type": "LOCAL_TICKETING", "name": "tickets"}},
    )
    handoff = await one.request(summary="The parcel is lost")
    await one.say(handoff, "hello?")
    await one.pass_time(61)
    (ticket,) = await one.dispatcher.tickets(handoff.id)
    assert ticket.source == "tickets"
    assert [t.id for t in await one.dispatcher.hooks.list_tickets(handoff, plugin="tickets")] == [ticket.id]


async def test_the_crm_is_asked_beside_the_decision_and_its_answer_is_passed_on(bench: Workbench) -> None:
    people = bench.folder / "people.csv"
    people.write_text("id,name,email,tier\nu-1,Maria Papadaki,maria@example.org,gold\n")
    one = await bench.start(
        bot={"crm": ["people"]},
        integrations={"people": {"type": "CSV_CONTACTS", "name": "people", "path": str(people)}},
    )
    handoff = await one.request()
    (contact,) = handoff.contacts
    assert (contact.source, contact.name) == ("people", "Maria Papadaki")
    carried = [c.name for _, details in one.vendor.details for c in details.contacts]
    opened = [c.name for c in one.vendor.opened[one.vendor.ref].contacts]
    assert "Maria Papadaki" in carried + opened


async def test_ready_names_what_is_wrong(bench: Workbench) -> None:
    one = await bench.start()
    assert await one.dispatcher.ready() == {}
    await one.kill()
    problems = await one.dispatcher.ready()
    assert problems["dispatcher"] == "not started"
    assert "store" in problems


async def test_a_timer_that_cannot_fire_holds_back_no_other(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start(livechat={"request_timeout": "1m"})
    first = await one.request(key="k-1", conversation="c-1")
    second = await one.request(key="k-2", conversation="c-2")
    submit = one.dispatcher._stepper.submit

    async def poisoned(handoff_id: str, *args: Any, **options: Any) -> Any:
        if handoff_id == first.id:
            raise ZeroDivisionError
        return await submit(handoff_id, *args, **options)

    monkeypatch.setattr(one.dispatcher._stepper, "submit", poisoned)
    await one.clock.advance(61)
    ended = await one.dispatcher.until_ended(second.id, wait=5)
    assert ended.outcome is Outcome.MISSED
    assert (await one.reload(first)).is_live


async def test_a_slow_crm_is_waited_for_a_moment_so_that_the_contact_travels_with_the_opening(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start(livechat={"wait_for_contact": "2s"})
    answer = asyncio.Event()

    async def slow(*_: object, **__: object) -> list[Contact]:
        await answer.wait()
        return [Contact(source="people", id="7", name="Maria Papadaki")]

    monkeypatch.setattr(one.dispatcher.hooks, "find_contacts", slow)
    asking = asyncio.create_task(one.request())
    await asyncio.sleep(0.05)
    assert one.vendor.opened == {}
    answer.set()
    handoff = await asking
    assert handoff.state is HandoffState.QUEUED
    assert [c.name for c in one.vendor.opened[one.vendor.ref].contacts] == ["Maria Papadaki"]
    assert one.vendor.details == []
