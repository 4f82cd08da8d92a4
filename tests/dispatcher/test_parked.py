"""What was given up stays listed until a person tries it again or drops it."""

from __future__ import annotations

import asyncio

import pytest

from livechat_sdk import AuthError, HandoffNotFound, InvalidInput, Outcome, RejectedError
from livechat_sdk.dispatcher.parking import ParkedActions
from livechat_sdk.dispatcher.stepping import Stepper
from livechat_sdk.domain.chats import MessageDelivered
from livechat_sdk.domain.messages import Fate
from livechat_sdk.ledger.sqlite.store import SqliteStore
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider
from tests.dispatcher.bench import Bench, Workbench

FORGETS = ToyProvider.capabilities.model_copy(update={"dedupes_by_key": False})
LOOKS_UP = FORGETS.model_copy(update={"looks_up_by_key": True})


async def kinds(one: Bench, handoff_id: str | None = None) -> list[tuple[str, bool]]:
    return [(parked.kind, parked.doubtful) for parked in await one.dispatcher.parked(handoff_id)]


async def test_refused_message_stays_listed_and_is_sent_again(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    one.vendor.fail["send"] = [AuthError("the token has expired")]
    await one.say(handoff, "hello")
    (parked,) = await one.dispatcher.parked()
    assert (parked.handoff_id, parked.kind, parked.doubtful) == (handoff.id, "send_message", False)
    assert (parked.message_key, parked.refusal) == ("hello", None)
    assert "the token has expired" in parked.error
    (answer,) = await one.dispatcher.retry(handoff.id, parked.action_id)
    assert answer.refused is None
    await one.settle()
    assert one.vendor.texts() == ["hello"]
    assert await one.fates(handoff) == {"hello": Fate.SENT}
    assert await one.dispatcher.parked() == []


async def test_everything_of_a_handoff_is_tried_again_in_order(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    other = await one.request(key="k-2", conversation="c-2")
    await one.event("joined")
    one.vendor.fail["send"] = [AuthError("expired")] * 4
    for text in ("one", "two", "three"):
        await one.say(handoff, text)
    await one.say(other, "another")
    answers = await one.dispatcher.retry(handoff.id)
    assert [answer.refused for answer in answers] == [None] * 3
    await one.settle()
    assert one.vendor.texts() == ["one", "two", "three"]
    assert [parked.handoff_id for parked in await one.dispatcher.parked()] == [other.id]


async def test_doubtful_message_is_sent_again_on_request_and_says_so(bench: Workbench) -> None:
    one = await bench.start(capabilities=FORGETS)
    handoff = await one.active()
    one.vendor.fail["send"] = [TimeoutError()]
    await one.say(handoff, "hello")
    assert await kinds(one) == [("send_message", True)]
    await one.dispatcher.retry(handoff.id)
    await one.settle()
    assert one.vendor.texts() == ["hello"]
    (entry,) = [e for e in await one.dispatcher.entries(handoff.id) if e.message.body == "hello"]
    assert entry.fate is Fate.SENT
    assert entry.detail == "sent again though it may have arrived: a person wanted it"


async def test_doubtful_message_is_looked_up_before_it_is_sent_again(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start(toy=ToyPlugin(capabilities=LOOKS_UP))
    handoff = await one.active()
    one.vendor.apply_before_failing = True
    one.vendor.fail["send"] = [TimeoutError()]
    monkeypatch.setattr(one.toy.provider_class, "was_sent", _cannot_tell)
    await one.say(handoff, "hello")
    await one.pass_time(1000)
    assert await kinds(one) == [("send_message", True)]
    monkeypatch.undo()
    await one.dispatcher.retry(handoff.id)
    await one.settle()
    assert len(one.vendor.received) == 1
    assert await one.fates(handoff) == {"hello": Fate.SENT}


async def _cannot_tell(*_: object) -> None:
    return None


async def test_a_doubtful_message_that_turns_out_to_have_arrived_is_not_listed(bench: Workbench) -> None:
    one = await bench.start(capabilities=FORGETS)
    handoff = await one.active()
    one.vendor.fail["send"] = [TimeoutError()]
    await one.say(handoff, "hello")
    assert await kinds(one) == [("send_message", True)]
    event = MessageDelivered(
        id="receipt-1",
        integration="toy",
        refs=(one.vendor.ref,),
        received_at=one.clock.now(),
        message_key="hello",
    )
    await one.dispatcher._intake.take_event(event)
    assert await kinds(one) == []


async def test_a_message_to_a_chat_that_is_over_is_refused_with_the_reason_and_stays_listed(
    bench: Workbench,
) -> None:
    one = await bench.start()
    handoff = await one.active()
    one.vendor.fail["send"] = [RejectedError("no")]
    await one.say(handoff, "hello")
    await one.event("ended")
    (parked,) = await one.dispatcher.parked(handoff.id)
    assert parked.refusal == "the chat is over"
    (answer,) = await one.dispatcher.retry(handoff.id)
    assert answer.refused == "the chat is over"
    assert await kinds(one) == [("send_message", False)]
    entry = (await one.dispatcher.journal(handoff.id))[-1]
    assert (entry.kind, entry.refused) == ("retry_requested", "retry_requested: the chat is over")
    await one.dispatcher.drop(handoff.id)
    assert await kinds(one) == []
    assert await one.fates(handoff) == {"hello": Fate.REFUSED}


async def test_dropped_doubt_stays_doubtful_and_says_who_gave_it_up(bench: Workbench) -> None:
    one = await bench.start(capabilities=FORGETS)
    handoff = await one.active()
    one.vendor.fail["send"] = [TimeoutError()]
    await one.say(handoff, "hello")
    (answer,) = await one.dispatcher.drop(handoff.id)
    assert answer.refused is None
    assert await kinds(one) == []
    (entry,) = [e for e in await one.dispatcher.entries(handoff.id) if e.message.body == "hello"]
    assert (entry.fate, entry.detail) == (Fate.DOUBTFUL, "given up by a person; TimeoutError")


async def test_a_delivery_that_was_given_up_is_made_again_with_the_same_words(bench: Workbench) -> None:
    one = await bench.start(livechat={"system_messages": {"en": {"joined": "Now with {agent}."}}})
    handoff = await one.request()
    one.channel.down = True
    await one.event("joined", name="Ann")
    await one.event("message", text="hi")
    await one.pass_time(7 * 3600)
    assert [kind for kind, _ in await kinds(one)] == ["say", "deliver_message"]
    one.channel.down = False
    await one.dispatcher.retry(handoff.id)
    await one.settle()
    assert one.channel.texts == ["hi"]
    assert getattr(one.channel.shown[-2], "text", "") == "Now with Ann."
    assert await kinds(one) == []


async def test_a_close_that_was_given_up_is_tried_again_after_the_end(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    one.vendor.fail["close"] = [AuthError("expired")]
    await one.dispatcher.end(handoff.id, by="user")
    await one.settle()
    assert (await one.reload(handoff)).open_at_vendor
    assert await kinds(one) == [("close_chat", False)]
    await one.dispatcher.retry(handoff.id)
    await one.settle()
    assert not (await one.reload(handoff)).open_at_vendor
    assert len(one.vendor.closed) == 1
    assert await kinds(one) == []


async def test_a_ticket_that_was_given_up_is_made_again(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start(
        livechat={"tickets_on": ["completed"]},
        bot={"ticketing": "tickets"},
        integrations={"tickets": {"type": "LOCAL_TICKETING", "name": "tickets"}},
    )
    handoff = await one.active()
    create = one.dispatcher.hooks.create_ticket

    async def refused(*_: object, **__: object) -> None:
        raise RejectedError("no such queue")

    monkeypatch.setattr(one.dispatcher.hooks, "create_ticket", refused)
    await one.event("ended")
    assert await kinds(one) == [("create_ticket", False)]
    monkeypatch.setattr(one.dispatcher.hooks, "create_ticket", create)
    await one.dispatcher.retry(handoff.id)
    await one.settle()
    assert len(await one.dispatcher.tickets(handoff.id)) == 1
    assert await kinds(one) == []


async def test_what_went_to_the_next_provider_is_not_listed(bench: Workbench) -> None:
    one = await bench.start(chain=("toy", "spare"))
    handoff = await one.active()
    one.vendor.fail["send"] = [AuthError("expired")]
    await one.say(handoff, "hello")
    await one.event("ended", by="provider", why="error")
    await one.dispatcher.retry(handoff.id)
    await one.settle()
    assert one.spare.vendor.texts() == ["hello"], "tried again where the conversation is now"
    assert await kinds(one) == []


async def test_two_people_at_once_have_it_done_once(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    one.vendor.fail["send"] = [AuthError("expired")]
    await one.say(handoff, "hello")
    first, second = await asyncio.gather(one.dispatcher.retry(handoff.id), one.dispatcher.retry(handoff.id))
    await one.settle()
    refusals = [answer.refused for answer in (*first, *second)]
    assert None in refusals
    assert len([one for one in refusals if one is not None]) == len(refusals) - 1
    assert len(one.vendor.received) == 1


async def test_what_is_not_listed_or_not_there_is_an_error(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    with pytest.raises(InvalidInput, match="action 999 of handoff"):
        await one.dispatcher.retry(handoff.id, 999)
    with pytest.raises(HandoffNotFound):
        await one.dispatcher.drop("nobody")
    assert await one.dispatcher.retry(handoff.id) == []


async def test_a_command_beside_the_server_has_it_done_by_the_server(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    one.vendor.fail["send"] = [AuthError("expired")]
    await one.say(handoff, "hello")
    assert isinstance(one.dispatcher.store, SqliteStore)
    clerk = SqliteStore.clerk(one.dispatcher.store.path, now=one.clock.now)
    await clerk.open()
    stepper = Stepper(clerk, one.clock, lambda _: None)
    answers = await ParkedActions(clerk, stepper).retry(handoff.id)
    await clerk.close()
    assert [answer.refused for answer in answers] == [None]
    async with asyncio.timeout(20):  # the server looks by itself every few seconds
        while not one.vendor.texts():  # noqa: ASYNC110  (another process has written: there is no event)
            await asyncio.sleep(0.05)
    await one.settle()
    assert one.vendor.texts() == ["hello"]
    assert (await one.reload(handoff)).outcome is not Outcome.FAILED
