"""One owner: the gate answers from one consistent read; every word carries the number it is said under."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from livechat_sdk import EndUser, HandoffRequest
from livechat_sdk.domain.messages import UserReceipt
from livechat_sdk.domain.outgoing import HandoffEnded
from tests.dispatcher.bench import Bench, Workbench


def a_request(number: int = 1, conversation: str = "c-1") -> HandoffRequest:
    return HandoffRequest(
        key=f"k-{number}", conversation_id=conversation, bot="shop-bot", user=EndUser(id="u-1")
    )


class Bot:
    """Asks the gate all the time, and remembers which of its questions were asked after a commit."""

    def __init__(self, one: Bench, conversation: str, number: int) -> None:
        self._gate = one.dispatcher.bot_may_send
        self._conversation = conversation
        self.number = number
        self.committed = False
        self.passed_after: list[int] = []
        self.asked_after = 0
        self.stopping = False

    async def speak(self) -> None:
        while not self.stopping:
            after = self.committed
            answer = await self._gate(self._conversation, self.number)
            if after:
                self.asked_after += 1
                if answer.allowed:
                    self.passed_after.append(answer.owner_number)


def tell_of_commit(
    one: Bench, monkeypatch: pytest.MonkeyPatch, method: str, bots: list[Bot], kind: str
) -> None:
    """Let the bots know the moment at which a step of this kind is in the ledger."""
    original = getattr(one.dispatcher.store, method)

    async def write(change: Any) -> Any:
        done = await original(change)
        if change.kind == kind:
            for bot in bots:
                bot.committed = True
        return done

    monkeypatch.setattr(one.dispatcher.store, method, write)


@pytest.mark.parametrize("waiting", [False, True], ids=["mute", "may-speak-while-waiting"])
async def test_after_the_request_is_committed_no_bot_message_under_the_old_number_passes(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, *, waiting: bool
) -> None:
    one = await bench.start(livechat={"allow_bot_while_waiting": waiting})
    bots = [Bot(one, "c-1", 0) for _ in range(5)]
    tell_of_commit(one, monkeypatch, "create", bots, "requested")
    tasks = [asyncio.create_task(bot.speak()) for bot in bots]
    await asyncio.sleep(0.01)
    await one.dispatcher.request(a_request())
    await one.settle()
    await one.event("joined")
    for bot in bots:
        bot.stopping = True
    await asyncio.gather(*tasks)
    assert sum(bot.asked_after for bot in bots) > 20
    assert [bot.passed_after for bot in bots] == [[]] * len(bots)


async def test_after_the_end_is_committed_only_the_new_number_passes(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start()
    await one.active()
    old, human, new = (Bot(one, "c-1", number) for number in (0, 1, 2))
    tell_of_commit(one, monkeypatch, "apply", [old, human, new], "event.chat_ended")
    assert not (await one.dispatcher.bot_may_send("c-1", 2)).allowed, "a number that nobody gave out yet"
    tasks = [asyncio.create_task(bot.speak()) for bot in (old, human, new)]
    await asyncio.sleep(0.01)
    await one.event("ended")
    for bot in (old, human, new):
        bot.stopping = True
    await asyncio.gather(*tasks)
    assert (old.passed_after, human.passed_after) == ([], [])
    assert len(new.passed_after) == new.asked_after > 5


async def test_the_gate_never_mixes_two_moments(bench: Workbench) -> None:
    """While handoffs come and go, an owner and a live handoff in one answer always belong together."""
    one = await bench.start()
    stopping = False
    answers: list[Any] = []

    async def ask() -> None:
        while not stopping:
            answers.append(await one.dispatcher.store.ownership("c-1"))

    asking = asyncio.create_task(ask())
    for number in range(10):
        handoff = await one.dispatcher.request(a_request(number))
        await one.dispatcher.end(handoff.id, by="user")
        await one.dispatcher.until_ended(handoff.id, wait=5)
    stopping = True
    await asking
    assert {answer.owner for answer in answers} == {"bot", "human"}
    for answer in answers:
        assert (answer.owner == "human") == (answer.live_handoff is not None) == (answer.number % 2 == 1)
        assert (answer.live_state is None) == (answer.live_handoff is None)


async def test_everything_that_is_said_carries_the_number_it_is_said_under(bench: Workbench) -> None:
    one = await bench.start()
    for round_, under in ((1, 1), (2, 3)):
        handoff = await one.active(key=f"k-{round_}")
        await one.event("typing", on="yes")
        await one.event("message", text=f"hi {round_}")
        await one.say(handoff, f"hello {round_}")
        await one.dispatcher.user_receipt(handoff.id, UserReceipt(message_key=f"hi {round_}", status="read"))
        before = [outgoing for outgoing in one.channel.deliveries if outgoing.handoff_id == handoff.id]
        assert {"system_message", "message", "typing"} <= {outgoing.kind for outgoing in before}
        assert {outgoing.owner_number for outgoing in before} == {under}
        await one.event("ended")
        said = [outgoing for outgoing in one.channel.deliveries if outgoing.handoff_id == handoff.id]
        assert [o.owner_number for o in said if isinstance(o, HandoffEnded)] == [under + 1]
        assert {o.owner_number for o in said if not isinstance(o, HandoffEnded)} == {under}


async def test_a_delivery_that_comes_late_keeps_its_old_number(bench: Workbench) -> None:
    one = await bench.start()
    await one.active()
    one.channel.down = True
    await one.event("message", text="late")
    await one.event("ended")
    one.channel.down = False
    await one.pass_time(60)
    late = next(o for o in one.channel.shown if o.kind == "message")
    assert late.owner_number == 1, "the platform can tell that it belongs to an ownership that is over"
