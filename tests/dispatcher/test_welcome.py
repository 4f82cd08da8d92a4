"""Welcome and away texts have one owner: the bot, or the vendor; the end user never reads both."""

from __future__ import annotations

from livechat_sdk import Outcome
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.domain.moments import Moment
from tests.dispatcher.bench import Workbench

WELCOME = "Welcome! Our colleagues will be with you soon."


async def test_while_the_bot_owns_them_a_vendors_own_texts_are_kept_and_not_shown(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.request()
    await one.event("message", text=WELCOME, author="system")
    assert one.channel.texts == []
    assert one.channel.moments == [Moment.WAITING]
    (kept,) = [
        entry
        for entry in await one.dispatcher.entries(handoff.id)
        if entry.direction is Direction.TO_USER and entry.message.body == WELCOME
    ]
    assert kept.fate is Fate.DROPPED
    assert kept.detail is not None
    assert "the bot says itself" in kept.detail


async def test_while_the_vendor_owns_them_the_bot_is_silent(bench: Workbench) -> None:
    one = await bench.start(livechat={"welcome": "vendor"})
    await one.request()
    await one.event("message", text=WELCOME, author="system")
    assert one.channel.texts == [WELCOME]
    assert one.channel.moments == []


async def test_a_vendor_that_has_said_that_nobody_is_there_is_not_repeated(bench: Workbench) -> None:
    one = await bench.start(livechat={"welcome": "vendor"})
    handoff = await one.request()
    await one.event("message", text="Nobody is there now.", author="system")
    await one.event("rejected", reason="closed")
    assert (await one.reload(handoff)).outcome is Outcome.UNAVAILABLE
    assert one.channel.texts == ["Nobody is there now."]
    assert one.channel.moments == []


async def test_a_vendor_that_said_nothing_leaves_nobody_without_an_answer(bench: Workbench) -> None:
    one = await bench.start(livechat={"welcome": "vendor"})
    await one.request()
    await one.event("rejected", reason="closed")
    assert one.channel.moments == [Moment.UNAVAILABLE]


async def test_what_the_first_vendor_said_does_not_silence_the_end_at_the_second(bench: Workbench) -> None:
    one = await bench.start(livechat={"welcome": "vendor"}, chain=("toy", "spare"))
    await one.request()
    await one.event("message", text="Nobody is there now.", author="system")
    await one.event("rejected")
    await one.event("rejected", plugin=one.spare)
    assert one.channel.moments == [Moment.FALLBACK, Moment.UNAVAILABLE]


async def test_once_an_agent_is_there_texts_of_the_vendor_are_part_of_the_chat(bench: Workbench) -> None:
    one = await bench.start()
    await one.active()
    await one.event("message", text="This chat may be recorded.", author="system")
    assert one.channel.texts == ["This chat may be recorded."]


async def test_what_wants_more_than_patience_is_no_greeting(bench: Workbench) -> None:
    one = await bench.start()
    await one.request()
    await one.event("message", text="Terms", author="system", files="https://vendor.example/terms.pdf")
    assert one.channel.texts == ["Terms"]
