"""What the end user reads of the queue, as time passes."""

from __future__ import annotations

import pytest

from livechat_sdk.domain.moments import Moment
from livechat_sdk.domain.outgoing import SystemMessage
from tests.dispatcher.bench import Bench, Workbench


def read(one: Bench) -> list[str]:
    """What was said of the queue."""
    return [
        out.text
        for out in one.channel.shown
        if isinstance(out, SystemMessage) and out.moment is Moment.QUEUE_UPDATE
    ]


async def test_changes_are_read_at_the_interval_of_the_settings(bench: Workbench) -> None:
    one = await bench.start(livechat={"queue": {"every": "20s"}, "request_timeout": "10m"})
    await one.request()
    for position in ("5", "4", "3"):
        await one.event("queue", position=position)
        await one.pass_time(5)
    assert read(one) == ["You are number 5 in the queue."]
    await one.pass_time(5)
    assert read(one) == ["You are number 5 in the queue.", "You are number 3 in the queue."]
    await one.event("queue", position="3")
    await one.pass_time(120)
    assert len(read(one)) == 2


@pytest.mark.parametrize(("fresh_for", "said"), [("30s", []), ("10m", ["You are number 5 in the queue."])])
async def test_news_that_waited_too_long_for_its_turn_is_not_read(
    bench: Workbench, fresh_for: str, said: list[str]
) -> None:
    one = await bench.start(livechat={"queue": {"fresh_for": fresh_for}, "request_timeout": None})
    one.channel.down = True
    await one.request()
    await one.event("queue", position="5")  # behind a word that cannot be delivered
    await one.pass_time(40)
    one.channel.down = False
    await one.pass_time(60)
    assert Moment.WAITING in one.channel.moments
    assert read(one) == said


async def test_news_that_an_agent_has_overtaken_is_not_read(bench: Workbench) -> None:
    one = await bench.start()
    one.channel.down = True
    await one.request()
    await one.event("queue", position="5")
    await one.event("joined", name="Ann")
    one.channel.down = False
    await one.pass_time(60)
    assert one.channel.moments == [Moment.WAITING, Moment.JOINED]


async def test_nothing_is_read_where_it_is_switched_off(bench: Workbench) -> None:
    one = await bench.start(livechat={"queue": {"every": None}})
    await one.request()
    await one.event("queue", position="5")
    assert read(one) == []
    assert Moment.WAITING in one.channel.moments
