"""An agent's words whose events have passed each other, while the end user's side takes its time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from livechat_sdk.domain.outgoing import Outgoing, UserMessage
from livechat_sdk_testing.channel import RecordingChannel
from livechat_sdk_testing.toy import ToyProvider
from tests.dispatcher.bench import Workbench

PATIENCE = 10.0


class Slow(RecordingChannel):
    """A channel that takes an agent's words only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.busy = asyncio.Event()
        self.free = asyncio.Event()

    async def deliver(self, outgoing: Outgoing) -> None:
        if isinstance(outgoing, UserMessage):
            self.busy.set()
            await self.free.wait()
        await super().deliver(outgoing)


@pytest.mark.parametrize(
    ("tells_order", "shown"),
    [(True, ["one", "two", "three", "four"]), (False, ["one", "four", "two", "three"])],
)
async def test_words_that_wait_are_delivered_in_the_order_that_times_tell(
    bench: Workbench, tells_order: bool, shown: list[str]
) -> None:
    channel = Slow()
    able = ToyProvider.capabilities.model_copy(update={"tells_order": tells_order})
    one = await bench.start(channel=channel, capabilities=able)
    await one.active()
    said = {
        text: one.clock.now() + timedelta(seconds=n) for n, text in enumerate(("one", "two", "three", "four"))
    }

    async def comes(text: str) -> None:
        delivery = one.toy.delivery("message", text=text, said_at=said[text].isoformat())
        assert await one.dispatcher.webhook("toy", delivery) == 1

    await comes("one")
    await asyncio.wait_for(channel.busy.wait(), PATIENCE)
    for text in ("four", "two", "three"):
        await comes(text)
    channel.free.set()
    await one.settle()
    assert channel.texts == shown
