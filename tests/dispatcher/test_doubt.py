"""Sends whose answer was lost: found out, repeated only where that is right, else doubtful."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from livechat_sdk import Handoff, Message, RejectedError, RetryableError
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.messages import Direction, Fate, LedgerEntry
from livechat_sdk.errors import AuthError
from livechat_sdk.ledger.store import ActionStatus
from livechat_sdk.provider.interface import PlannedMessage, Sent
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider
from tests.dispatcher.bench import Bench, Workbench

DEDUPES = ToyProvider.capabilities
FORGETS = DEDUPES.model_copy(update={"dedupes_by_key": False})
LOOKS_UP = FORGETS.model_copy(update={"looks_up_by_key": True})
LAGS = LOOKS_UP.model_copy(update={"lookup_lag": 5.0})
LAG = 5.0


class Vendor:
    """A toy whose look-ups see a message only when it is ``LAG`` seconds old, and whose sends can hang."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capabilities: Any = LAGS, **fields: Any) -> None:
        self.clock = VirtualClock()
        self.toy = ToyPlugin(capabilities=capabilities.model_copy(update=fields))
        self.arrived_at: dict[str, datetime] = {}
        self.look_ups = 0
        self.answers: list[bool | Exception | None] = []
        """What the next look-ups say instead of the truth."""
        self.hangs: asyncio.Event | None = None
        """Set when a send has come that will never be answered."""
        self.hangs_at: str | None = None
        """The text at which that happens; ``None``: any."""
        self.applies = True
        monkeypatch.setattr(self.toy.provider_class, "was_sent", self._was_sent)
        monkeypatch.setattr(self.toy.provider_class, "send", self._send)

    async def _was_sent(self, chat: Chat, key: str) -> bool | None:
        self.look_ups += 1
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        at = self.arrived_at.get(key)
        lag = self.toy.provider_class.capabilities.lookup_lag
        return at is not None and self.clock.now() >= at + timedelta(seconds=lag)

    async def _send(self, chat: Chat, message: PlannedMessage) -> Sent:
        if self.hangs is not None and self.hangs_at in {None, message.body}:
            if self.applies:
                self._apply(chat, message)
            self.hangs.set()
            await asyncio.Event().wait()
        waiting = self.toy.vendor.fail.get("send")
        error = waiting.pop(0) if waiting else None
        self.toy.vendor.calls.append("send")
        if error is None or (self.applies and not isinstance(error, RejectedError)):
            self._apply(chat, message)
        if error is not None:
            raise error
        return Sent(vendor_id=f"toy-{message.key}")

    def _apply(self, chat: Chat, message: PlannedMessage) -> None:
        self.arrived_at.setdefault(message.key, self.clock.now())
        self.toy.vendor.received.append((chat.ref, message))

    @property
    def bodies(self) -> list[str]:
        """What was applied, repetitions included."""
        return [part.body for _, part in self.toy.vendor.received]

    def loses_answers(self, *, applied: bool, times: int = 1) -> None:
        """The next sends get no answer."""
        self.applies = applied
        self.toy.vendor.fail["send"] = [TimeoutError() for _ in range(times)]

    async def start(self, bench: Workbench, **options: Any) -> Bench:
        """A process; what an earlier one left in the ledger goes on."""
        return await bench.start(toy=self.toy, clock=self.clock, **options)


async def entry_of(one: Bench, handoff: Handoff, body: str = "hello") -> LedgerEntry:
    entries = await one.dispatcher.entries(handoff.id)
    return next(e for e in entries if e.direction is Direction.TO_PROVIDER and e.message.body == body)


async def the_handoff(one: Bench) -> Handoff:
    (handoff,) = await one.dispatcher.store.handoffs()
    return handoff


async def killed_in_a_send(
    bench: Workbench, vendor: Vendor, *, applied: bool, text: str = "hello", **options: Any
) -> None:
    """A process dies while the vendor has a send in its hands."""
    one = await vendor.start(bench, **options)
    handoff = await one.active()
    vendor.hangs, vendor.applies = asyncio.Event(), applied
    await one.dispatcher.user_message(handoff.id, Message.text(text, key="m-1"))
    await vendor.hangs.wait()
    await one.kill()
    vendor.hangs = None
    vendor.applies = True


# --------------------------------------------------------------------------------- look-up with a lag
async def test_what_arrived_is_found_when_the_lag_has_passed(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch)
    one = await vendor.start(bench)
    handoff = await one.active()
    vendor.loses_answers(applied=True)
    await one.say(handoff, "hello")
    await one.say(handoff, "next")
    assert await one.fates(handoff) == {"hello": Fate.PLANNED, "next": Fate.PLANNED}
    (send, _) = [row for row in await one.dispatcher.actions(handoff.id) if row.lane == "provider.1"][-2:]
    assert send.status is ActionStatus.STARTED, "it may have arrived: nobody may withdraw it"
    await one.pass_time(LAG + 1)
    assert vendor.bodies == ["hello", "next"]
    assert await one.fates(handoff) == {"hello": Fate.SENT, "next": Fate.SENT}


async def test_what_is_absent_after_the_lag_is_sent_again_and_never_before(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch)
    one = await vendor.start(bench)
    handoff = await one.active()
    vendor.loses_answers(applied=False)
    await one.say(handoff, "hello")
    vendor.applies = True
    await one.pass_time(LAG - 0.1)
    assert vendor.bodies == []
    await one.pass_time(1)
    assert vendor.bodies == ["hello"]
    assert await one.fates(handoff) == {"hello": Fate.SENT}


@pytest.mark.parametrize("applied", [True, False], ids=["vendor-had-it", "vendor-never-had-it"])
async def test_after_a_crash_the_lag_counts_from_the_look_up_of_the_heir(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, *, applied: bool
) -> None:
    vendor = Vendor(monkeypatch)
    await killed_in_a_send(bench, vendor, applied=applied)
    two = await vendor.start(bench)
    await two.settle()
    assert vendor.look_ups == 1
    assert len(vendor.bodies) == applied
    await two.pass_time(LAG - 0.1)
    assert len(vendor.bodies) == applied
    await two.kill()
    three = await vendor.start(bench)  # the wait goes on where it was
    await three.pass_time(1)
    assert vendor.bodies == ["hello"]
    assert await three.fates(await the_handoff(three)) == {"hello": Fate.SENT}


async def test_a_second_crash_during_the_second_send_begins_a_new_wait(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch)
    await killed_in_a_send(bench, vendor, applied=False)
    two = await vendor.start(bench)
    await two.settle()
    vendor.hangs = asyncio.Event()
    await two.clock.advance(LAG)
    await vendor.hangs.wait()  # absent after the lag: it is sent again, arrives, and the process dies
    await two.kill()
    vendor.hangs = None
    three = await vendor.start(bench)
    await three.settle()
    assert vendor.bodies == ["hello"], "absent so far proves nothing about the second one"
    await three.pass_time(LAG + 1)
    assert vendor.bodies == ["hello"]
    assert await three.fates(await the_handoff(three)) == {"hello": Fate.SENT}


async def test_a_vendor_that_cannot_tell_yet_is_asked_again(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch, LOOKS_UP)
    one = await vendor.start(bench)
    handoff = await one.active()
    vendor.loses_answers(applied=True)
    vendor.answers = [None, RetryableError("503"), AuthError("expired"), None]
    await one.say(handoff, "hello")
    assert await one.fates(handoff) == {"hello": Fate.PLANNED}
    await one.pass_time(60)
    assert vendor.bodies == ["hello"]
    assert await one.fates(handoff) == {"hello": Fate.SENT}


async def test_a_vendor_that_wants_to_be_left_alone_is_not_even_asked_before(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch, LOOKS_UP)
    one = await vendor.start(bench)
    handoff = await one.active()
    vendor.toy.vendor.fail["send"] = [RetryableError("503", status=503, retry_after=30)]
    await one.say(handoff, "hello")
    await one.pass_time(29.9)
    assert vendor.look_ups == 0
    await one.pass_time(10)
    assert vendor.bodies == ["hello"]
    assert await one.fates(handoff) == {"hello": Fate.SENT}


async def test_no_after_no_answer_proves_nothing_until_the_lag_has_passed(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch)
    one = await vendor.start(bench)
    handoff = await one.active()
    vendor.loses_answers(applied=True)
    vendor.answers = [None]
    await one.say(handoff, "hello")
    await one.pass_time(LAG + 1)
    assert vendor.bodies == ["hello"]
    assert await one.fates(handoff) == {"hello": Fate.SENT}


async def test_a_vendor_that_never_tells_leaves_it_doubtful_and_the_rest_goes_on(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch, LOOKS_UP)
    one = await vendor.start(bench)
    handoff = await one.active()
    vendor.loses_answers(applied=True)
    vendor.answers = [None] * 1000
    await one.say(handoff, "hello")
    await one.say(handoff, "next")
    await one.pass_time(1000)
    assert await one.fates(handoff) == {"hello": Fate.DOUBTFUL, "next": Fate.SENT}
    assert vendor.bodies == ["hello", "next"]
    detail = (await entry_of(one, handoff)).detail or ""
    assert "the vendor cannot tell yet" in detail


async def test_a_vendor_that_may_not_tell_holds_the_rest_up_for_little_more_than_its_lag(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch)
    one = await vendor.start(bench)
    handoff = await one.active()
    vendor.loses_answers(applied=True)
    vendor.answers = [None] * 1000
    await one.say(handoff, "hello")
    await one.say(handoff, "next")
    await one.pass_time(LAG + 30)
    assert await one.fates(handoff) == {"hello": Fate.PLANNED, "next": Fate.PLANNED}
    await one.pass_time(90)
    assert await one.fates(handoff) == {"hello": Fate.DOUBTFUL, "next": Fate.SENT}
    assert vendor.bodies == ["hello", "next"]


async def test_a_look_up_that_fails_is_no_word_that_nobody_can_tell(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch)
    one = await vendor.start(bench)
    handoff = await one.active()
    vendor.loses_answers(applied=True)
    failing: list[bool | Exception | None] = [RetryableError("503", status=503) for _ in range(8)]
    vendor.answers = failing
    await one.say(handoff, "hello")
    await one.pass_time(120)
    assert await one.fates(handoff) == {"hello": Fate.PLANNED}
    await one.pass_time(400)
    assert await one.fates(handoff) == {"hello": Fate.SENT}


async def test_a_lag_that_is_longer_than_the_time_there_is_leaves_it_doubtful_at_once(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch, lookup_lag=3600)
    one = await vendor.start(bench)
    handoff = await one.active()
    vendor.loses_answers(applied=True)
    await one.say(handoff, "hello")
    assert await one.fates(handoff) == {"hello": Fate.DOUBTFUL}


# ------------------------------------------------------------------------------------ split messages
SPLIT = {"text_limit": 5}
TEXT = "11111 22222 33333"
PARTS = ["11111", "22222", "33333"]


@pytest.mark.parametrize("applied", [True, False], ids=["vendor-had-it", "vendor-never-had-it"])
@pytest.mark.parametrize("part", [0, 1, 2])
async def test_only_the_missing_parts_are_sent_again(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, *, applied: bool, part: int
) -> None:
    vendor = Vendor(monkeypatch, **SPLIT)
    one = await vendor.start(bench)
    handoff = await one.active()
    sent = 0
    original = vendor._apply

    def apply(chat: Chat, message: PlannedMessage) -> None:
        nonlocal sent
        sent += 1
        if sent == part + 1:
            if applied:
                original(chat, message)
            raise TimeoutError
        original(chat, message)

    monkeypatch.setattr(vendor, "_apply", apply)
    await one.say(handoff, TEXT)
    await one.pass_time(LAG + 2)
    assert vendor.bodies == PARTS
    assert await one.fates(handoff) == {TEXT: Fate.SENT}


@pytest.mark.parametrize("applied", [True, False], ids=["vendor-had-it", "vendor-never-had-it"])
async def test_a_crash_between_parts_doubles_none(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, *, applied: bool
) -> None:
    vendor = Vendor(monkeypatch, **SPLIT)
    vendor.hangs_at = "22222"
    await killed_in_a_send(bench, vendor, applied=applied, text=TEXT)
    two = await vendor.start(bench)
    await two.pass_time(LAG + 2)
    assert vendor.bodies == PARTS
    assert vendor.look_ups == 2, "one part was in doubt; the first one is known to have arrived"
    assert await two.fates(await the_handoff(two)) == {TEXT: Fate.SENT}


async def test_a_doubtful_part_makes_the_message_doubtful_and_says_how_far_it_came(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch, FORGETS, **SPLIT)
    one = await vendor.start(bench)
    handoff = await one.active()
    original = vendor._apply

    def apply(chat: Chat, message: PlannedMessage) -> None:
        original(chat, message)
        if message.body == "22222":
            raise TimeoutError

    monkeypatch.setattr(vendor, "_apply", apply)
    await one.say(handoff, TEXT)
    await one.say(handoff, "next")
    assert vendor.bodies == ["11111", "22222", "next"], "the rest of it waits for a person"
    entry = await entry_of(one, handoff, TEXT)
    assert entry.fate is Fate.DOUBTFUL
    assert (entry.detail or "").startswith("1 of 3 parts arrived; TimeoutError")


async def test_a_part_that_is_refused_after_others_arrived_leaves_it_doubtful(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch, **SPLIT)
    one = await vendor.start(bench)
    handoff = await one.active()
    original = vendor._apply

    def apply(chat: Chat, message: PlannedMessage) -> None:
        if message.body == "33333":
            raise RejectedError("no")
        original(chat, message)

    monkeypatch.setattr(vendor, "_apply", apply)
    await one.say(handoff, TEXT)
    entry = await entry_of(one, handoff, TEXT)
    assert (entry.fate, entry.detail) == (Fate.DOUBTFUL, "2 of 3 parts arrived; RejectedError: no")


# -------------------------------------------------------------------------------------- repeat, refuse
async def test_policy_repeat_says_so(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = Vendor(monkeypatch, FORGETS)
    one = await vendor.start(bench, livechat={"doubtful": "repeat"})
    handoff = await one.active()
    vendor.loses_answers(applied=True)
    await one.say(handoff, "hello")
    await one.say(handoff, "next")
    await one.pass_time(5)
    assert vendor.bodies == ["hello", "hello", "next"]
    assert (await entry_of(one, handoff)).detail == "sent again though it may have arrived (doubtful: repeat)"
    assert (await entry_of(one, handoff, "next")).detail is None


async def test_what_was_repeated_and_is_proved_absent_leaves_no_doubt(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch, LOOKS_UP)
    one = await vendor.start(bench, livechat={"doubtful": "repeat"})
    handoff = await one.active()
    vendor.applies = False
    vendor.toy.vendor.fail["send"] = [TimeoutError(), TimeoutError(), RejectedError("no")]
    # Two look-ups answer nothing, so the policy repeats it; that one is lost too, and then it is looked up.
    vendor.answers = [RetryableError("later"), RetryableError("later"), False]
    await one.say(handoff, "hello")
    await one.pass_time(30)
    assert vendor.bodies == []
    entry = await entry_of(one, handoff)
    assert (entry.fate, entry.detail) == (Fate.REFUSED, "RejectedError: no")


async def test_policy_repeat_after_a_crash_says_so(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = Vendor(monkeypatch, FORGETS)
    await killed_in_a_send(bench, vendor, applied=True, livechat={"doubtful": "repeat"})
    two = await vendor.start(bench, livechat={"doubtful": "repeat"})
    await two.settle()
    assert vendor.bodies == ["hello", "hello"]
    entry = await entry_of(two, await the_handoff(two))
    assert (entry.fate, entry.detail) == (
        Fate.SENT,
        "sent again though it may have arrived (doubtful: repeat)",
    )


async def test_a_refusal_after_a_lost_answer_is_no_proof(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch, DEDUPES)
    one = await vendor.start(bench)
    handoff = await one.active()
    vendor.toy.vendor.fail["send"] = [TimeoutError(), RejectedError("the chat is full")]
    await one.say(handoff, "hello")
    await one.pass_time(5)
    assert await one.fates(handoff) == {"hello": Fate.DOUBTFUL}


async def test_a_refusal_after_a_crash_is_proof_when_the_look_up_has_had_its_lag(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch, DEDUPES, looks_up_by_key=True, lookup_lag=LAG)
    await killed_in_a_send(bench, vendor, applied=False)
    vendor.toy.vendor.fail["send"] = [RejectedError("the chat is full") for _ in range(5)]
    two = await vendor.start(bench)
    await two.settle()
    handoff = await the_handoff(two)
    assert await two.fates(handoff) == {"hello": Fate.PLANNED}
    await two.pass_time(LAG + 1)
    assert await two.fates(handoff) == {"hello": Fate.REFUSED}
    assert vendor.bodies == []


async def test_a_throttled_send_is_no_doubt_whatever_the_vendor(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = Vendor(monkeypatch, FORGETS)
    one = await vendor.start(bench)
    handoff = await one.active()
    vendor.applies = False
    vendor.toy.vendor.fail["send"] = [RetryableError("429", status=429, retry_after=20)]
    await one.say(handoff, "hello")
    vendor.applies = True
    await one.pass_time(19.9)
    assert vendor.bodies == []
    await one.pass_time(1)
    assert vendor.bodies == ["hello"]
    assert await one.fates(handoff) == {"hello": Fate.SENT}


# -------------------------------------------------------------------------------- the end meanwhile
@pytest.mark.parametrize(
    ("applied", "fate"), [(True, Fate.SENT), (False, Fate.REFUSED)], ids=["vendor-had-it", "never"]
)
async def test_doubt_is_settled_after_the_end_too_and_nothing_is_sent_any_more(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, *, applied: bool, fate: Fate
) -> None:
    vendor = Vendor(monkeypatch)
    one = await vendor.start(bench)
    handoff = await one.active()
    vendor.loses_answers(applied=applied)
    await one.say(handoff, "hello")
    vendor.applies = True
    await one.event("ended")
    (ended,) = one.channel.ended
    assert ended.undelivered == (), "it may have arrived: the bot does not get it as unanswered"
    await one.pass_time(LAG + 1)
    assert await one.fates(handoff) == {"hello": fate}
    assert len(vendor.bodies) == applied


async def test_a_chat_that_ends_before_the_lag_has_passed_does_not_hide_what_arrived(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where the vendor dedupes, the next try comes before the lag has passed; then the chat is over, and only
    # a look-up can tell. Its first "no" proves nothing.
    vendor = Vendor(monkeypatch, LAGS, dedupes_by_key=True)
    one = await vendor.start(bench)
    handoff = await one.active()
    vendor.loses_answers(applied=True)
    await one.say(handoff, "hello")
    await one.event("ended")
    await one.pass_time(1)
    assert vendor.look_ups == 1
    assert (await entry_of(one, handoff)).fate is not Fate.REFUSED
    await one.pass_time(2 * LAG)
    assert (await entry_of(one, handoff)).fate is Fate.SENT
    assert vendor.bodies == ["hello"]


@pytest.mark.parametrize("applied", [True, False], ids=["vendor-had-it", "vendor-never-had-it"])
async def test_a_refusal_after_a_crash_is_looked_up_where_the_vendor_can_tell(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, *, applied: bool
) -> None:
    vendor = Vendor(monkeypatch, LOOKS_UP, dedupes_by_key=True)
    await killed_in_a_send(bench, vendor, applied=applied)
    vendor.hangs = None
    vendor.toy.vendor.fail["send"] = [RejectedError("the chat is over")]
    two = await vendor.start(bench)
    await two.settle()
    fate = Fate.SENT if applied else Fate.REFUSED
    assert await two.fates(await the_handoff(two)) == {"hello": fate}
    assert vendor.bodies == (["hello"] if applied else [])
