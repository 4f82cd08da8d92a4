"""What a program does wrong at first, and whether it is told what to do instead."""

from __future__ import annotations

import logging
from typing import Any, cast

import pytest

from livechat_sdk import Dispatcher, EndUser, HandoffRequest, InvalidInput, Outgoing, StoreError, sync
from livechat_sdk_testing.channel import RecordingChannel
from tests.dispatcher.bench import Bench, Workbench

REQUEST = HandoffRequest(key="run-1", conversation_id="c-1", bot="shop-bot", user=EndUser(id="u-1"))


class Broken(RecordingChannel):
    """A channel with a mistake in it."""

    async def deliver(self, outgoing: Outgoing) -> None:
        raise KeyError("session")


async def test_a_call_before_and_after_the_block_names_the_block(bench: Workbench) -> None:
    one = Bench(bench.folder / "ledger.db")
    with pytest.raises(StoreError, match="not open: call it inside `async with Dispatcher"):
        await one.dispatcher.request(REQUEST)
    async with one:
        await one.request()
    with pytest.raises(StoreError, match="inside `async with"):
        await one.dispatcher.request(REQUEST)


async def test_a_block_in_the_block_is_told(bench: Workbench) -> None:
    one = await bench.start()
    with pytest.raises(StoreError, match="enter `async with` once"):
        await one.dispatcher.__aenter__()


@pytest.mark.parametrize("dispatcher", [Dispatcher, sync.Dispatcher])
def test_what_is_no_channel_is_refused_at_once(dispatcher: Any, bench: Workbench) -> None:
    settings = Bench(bench.folder / "ledger.db").settings
    with pytest.raises(TypeError, match=r"the class RecordingChannel: give an object, \w+\(\)"):
        dispatcher(settings, channel=RecordingChannel)
    with pytest.raises(TypeError, match="is a dict without a method `deliver`"):
        dispatcher(settings, channel={})


@pytest.mark.parametrize(
    ("call", "given", "wanted"),
    [
        ("request", ({"bot": "shop-bot"},), r"ask with a HandoffRequest\(.*; a dict was given"),
        ("user_message", ("h-1", "Hello"), r"such as Message.text\('Hello'\); a str was given"),
        ("handoff", (REQUEST,), r"named by its id, as in `handoff.id`; a HandoffRequest was given"),
        ("user_left", (REQUEST,), r"named by its id, as in `handoff.id`; a HandoffRequest was given"),
    ],
)
async def test_a_wrong_argument_is_told_by_what_to_give(
    bench: Workbench, call: str, given: tuple[object, ...], wanted: str
) -> None:
    one = await bench.start()
    with pytest.raises(TypeError, match=wanted):
        await getattr(one.dispatcher, call)(*given)


async def test_words_of_an_end_that_nobody_knows(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.request()
    with pytest.raises(InvalidInput, match=r"by is one of user, agent, .* not 'me'"):
        await one.dispatcher.end(handoff.id, by=cast("Any", "me"))
    with pytest.raises(InvalidInput, match=r"why is one of resolved, .* not 'bored'"):
        await one.dispatcher.end(handoff.id, why=cast("Any", "bored"))
    assert (await one.reload(handoff)).is_live


async def test_a_channel_with_a_mistake_is_told_of_once_with_its_line(
    bench: Workbench, caplog: pytest.LogCaptureFixture
) -> None:
    one = await bench.start(channel=Broken())
    with caplog.at_level(logging.INFO, "livechat_sdk.relay"):
        await one.request()
        await one.pass_time(10)
    tries = [record for record in caplog.records if "say" in record.getMessage()]
    assert len(tries) > 1
    assert [record.levelno for record in tries] == [logging.WARNING] + [logging.INFO] * (len(tries) - 1)
    assert f"KeyError: 'session', at {__file__}:" in tries[0].getMessage()
    assert " in deliver; again in " in tries[0].getMessage()
