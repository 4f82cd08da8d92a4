"""No truth lives in memory: a new process goes on where the last one stopped."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from livechat_sdk import HandoffState, Message, Outcome
from livechat_sdk.domain.answers import Accepted, NotLive
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.ledger.store import ActionStatus
from livechat_sdk.provider.interface import PlannedMessage, Sent
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider
from tests.dispatcher.bench import Bench, Workbench

DEDUPES = ToyProvider.capabilities
FORGETS = ToyProvider.capabilities.model_copy(update={"dedupes_by_key": False})
LOOKS_UP = FORGETS.model_copy(update={"looks_up_by_key": True})


def heirs_of(one: Bench) -> dict[str, Any]:
    """What survives the process: the vendors, the end user's side, the time."""
    return {"toy": one.toy, "spare": one.spare, "channel": one.channel, "clock": one.clock}


async def test_a_conversation_goes_on_after_a_restart(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    await one.say(handoff, "before")
    await one.kill()
    two = await bench.start(**heirs_of(one))
    await two.say(handoff, "after")
    await two.event("message", text="still here")
    await two.event("ended")
    assert two.vendor.texts() == ["before", "after"]
    assert two.channel.texts == ["still here"]
    assert (await two.reload(handoff)).outcome is Outcome.COMPLETED
    assert len(two.vendor.opened) == 1


async def test_a_message_that_is_repeated_after_the_end_is_still_known(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    await one.say(handoff, "hello", key="m-1")
    await one.kill()  # the answer was lost
    two = await bench.start(**heirs_of(one))
    await two.event("ended")
    assert await two.say(handoff, "hello", key="m-1") == Accepted("m-1", duplicate=True)
    assert isinstance(await two.say(handoff, "too late", key="m-2"), NotLive)
    assert await two.fates(handoff) == {"hello": Fate.SENT}


async def test_a_decision_that_was_interrupted_is_taken_up_again(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start()
    reached = asyncio.Event()

    async def never(*_: object, **__: object) -> None:
        reached.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(one.dispatcher._decider, "decide", never)
    pending = asyncio.create_task(one.request())
    await reached.wait()
    pending.cancel()
    await asyncio.gather(pending, return_exceptions=True)
    await one.kill()
    two = await bench.start(**heirs_of(one))
    await two.settle()
    (handoff,) = await two.dispatcher.store.handoffs()
    assert handoff.state is HandoffState.QUEUED
    assert two.channel.moments == ["waiting"]


async def test_timers_survive_a_restart(bench: Workbench) -> None:
    one = await bench.start(livechat={"request_timeout": "2m"})
    handoff = await one.request()
    await one.pass_time(100)
    await one.kill()
    two = await bench.start(livechat={"request_timeout": "2m"}, **heirs_of(one))
    await two.pass_time(19)
    assert (await two.reload(handoff)).is_live
    await two.pass_time(2)
    assert (await two.reload(handoff)).outcome is Outcome.MISSED


async def test_a_timer_that_ran_out_while_nobody_was_there_fires_at_the_start(bench: Workbench) -> None:
    one = await bench.start(livechat={"request_timeout": "2m"})
    handoff = await one.request()
    await one.kill()
    await one.clock.advance(3600)
    two = await bench.start(**heirs_of(one))
    await two.settle()
    assert (await two.reload(handoff)).outcome is Outcome.MISSED


async def killed_during_a_send(bench: Workbench, toy: ToyPlugin, *, applied: bool) -> Bench:
    """A dispatcher that is killed while the vendor has a send in its hands."""
    one = await bench.start(toy=toy)
    handoff = await one.active()
    reached = asyncio.Event()
    original = ToyProvider.send

    async def hanging(self: ToyProvider, chat: Any, message: PlannedMessage) -> Sent:
        if applied:
            await original(self, chat, message)
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError("never")

    toy.provider_class.send = hanging  # type: ignore[method-assign]
    await one.dispatcher.user_message(handoff.id, Message.text("hello", key="m-1"))
    await reached.wait()
    await one.kill()
    toy.provider_class.send = original  # type: ignore[method-assign]
    return one


@pytest.mark.parametrize("applied", [True, False], ids=["vendor-had-it", "vendor-never-had-it"])
async def test_an_interrupted_send_is_repeated_where_the_vendor_dedupes(
    bench: Workbench, *, applied: bool
) -> None:
    one = await killed_during_a_send(bench, ToyPlugin(capabilities=DEDUPES), applied=applied)
    two = await bench.start(**heirs_of(one))
    await two.settle()
    (handoff,) = await two.dispatcher.store.handoffs()
    assert two.vendor.texts() == ["hello"]
    assert await two.fates(handoff) == {"hello": Fate.SENT}


@pytest.mark.parametrize("applied", [True, False], ids=["vendor-had-it", "vendor-never-had-it"])
async def test_an_interrupted_send_is_looked_up_where_the_vendor_can_tell(
    bench: Workbench, *, applied: bool
) -> None:
    one = await killed_during_a_send(bench, ToyPlugin(capabilities=LOOKS_UP), applied=applied)
    two = await bench.start(**heirs_of(one))
    await two.settle()
    (handoff,) = await two.dispatcher.store.handoffs()
    assert [part.body for _, part in two.vendor.received] == ["hello"], "never applied twice"
    assert await two.fates(handoff) == {"hello": Fate.SENT}


async def test_an_interrupted_send_is_doubtful_where_nobody_can_tell(bench: Workbench) -> None:
    one = await killed_during_a_send(bench, ToyPlugin(capabilities=FORGETS), applied=True)
    two = await bench.start(**heirs_of(one))
    await two.settle()
    (handoff,) = await two.dispatcher.store.handoffs()
    assert [part.body for _, part in two.vendor.received] == ["hello"], "not repeated"
    assert await two.fates(handoff) == {"hello": Fate.DOUBTFUL}
    await two.say(handoff, "and now?")
    assert await two.fates(handoff) == {"hello": Fate.DOUBTFUL, "and now?": Fate.SENT}


async def test_an_open_that_was_interrupted_is_repeated_with_the_same_reference(bench: Workbench) -> None:
    toy = ToyPlugin()
    one = await bench.start(toy=toy)
    reached = asyncio.Event()
    original = ToyProvider.open

    async def hanging(self: ToyProvider, opening: Any) -> Any:
        await original(self, opening)
        reached.set()
        await asyncio.Event().wait()

    toy.provider_class.open = hanging  # type: ignore[method-assign]
    pending = asyncio.create_task(one.request())
    await reached.wait()
    pending.cancel()
    await asyncio.gather(pending, return_exceptions=True)
    await one.kill()
    toy.provider_class.open = original  # type: ignore[method-assign]
    two = await bench.start(**heirs_of(one))
    await two.settle()
    assert len(two.vendor.opened) == 1
    assert two.vendor.calls.count("open") == 2
    (handoff,) = await two.dispatcher.store.handoffs()
    assert handoff.state is HandoffState.QUEUED


async def test_a_delivery_that_was_interrupted_is_repeated_with_the_same_key(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    one.channel.down = True
    await one.event("message", text="hi")
    assert one.channel.texts == []
    await one.kill()
    one.channel.down = False
    two = await bench.start(**heirs_of(one))
    await two.pass_time(120)
    assert two.channel.texts == ["hi"]
    entries = [e for e in await two.dispatcher.entries(handoff.id) if e.direction is Direction.TO_USER]
    assert {e.fate for e in entries} == {Fate.SENT}


async def test_words_are_rendered_once_and_said_again_the_same(bench: Workbench) -> None:
    one = await bench.start(livechat={"system_messages": {"en": {"waiting": "First words."}}})
    one.channel.down = True
    await one.request()
    await one.kill()
    one.channel.down = False
    changed = {"system_messages": {"en": {"waiting": "Other words."}}}
    two = await bench.start(livechat=changed, **heirs_of(one))
    await two.pass_time(60)
    texts = [getattr(outgoing, "text", "") for outgoing in two.channel.shown]
    assert texts == ["First words."]


@pytest.mark.parametrize("after", range(0, 60, 3))
async def test_a_caller_that_is_cancelled_leaves_nothing_half_done(bench: Workbench, after: int) -> None:
    one = await bench.start()
    pending = asyncio.create_task(one.request())
    for _ in range(after):
        await asyncio.sleep(0)
    pending.cancel()
    await asyncio.gather(pending, return_exceptions=True)
    await one.settle()
    for handoff in await one.dispatcher.store.handoffs():
        assert handoff.state is HandoffState.QUEUED, "what was committed is carried out"


async def test_nothing_is_left_open_when_all_is_said(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    await one.say(handoff, "hello")
    await one.event("ended")
    actions = await one.dispatcher.actions(handoff.id)
    assert {row.status for row in actions} == {ActionStatus.DONE}
    assert await one.dispatcher.store.open_actions() == []
    assert await one.dispatcher.store.next_timer() is None
