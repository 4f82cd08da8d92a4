"""Messages that a vendor took and could not deliver: its later word stands, whenever it comes."""

from __future__ import annotations

import pytest

from livechat_sdk import Handoff, Message
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.messages import Direction, Fate, LedgerEntry
from livechat_sdk.provider.interface import PlannedMessage, Sent
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider
from tests.dispatcher.bench import Bench, Workbench

LONG_KEY = "k" * 200


async def entry_of(one: Bench, handoff: Handoff, key: str) -> LedgerEntry:
    entry = await one.dispatcher.store.entry(handoff.id, Direction.TO_PROVIDER, key)
    assert entry is not None
    return entry


async def test_a_failure_after_the_send_is_a_refusal(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    await one.say(handoff, "hello", "m-1")
    await one.event("failed", key="m-1", reason="the agent's window is gone")
    entry = await entry_of(one, handoff, "m-1")
    assert (entry.fate, entry.detail) == (Fate.REFUSED, "the agent's window is gone")


async def test_a_failure_that_comes_before_the_answer_of_its_send_stands(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await bench.start()
    handoff = await one.active()
    send = ToyProvider.send

    async def told_at_once(self: ToyProvider, chat: Chat, message: PlannedMessage) -> Sent:
        sent = await send(self, chat, message)
        await one.event("failed", key=message.key, reason="no such window")
        return sent

    monkeypatch.setattr(ToyProvider, "send", told_at_once)
    await one.say(handoff, "hello", "m-1")
    entry = await entry_of(one, handoff, "m-1")
    assert (entry.fate, entry.detail) == (Fate.REFUSED, "no such window")


@pytest.mark.parametrize("key", ["m-1", "m-1.2", LONG_KEY])
async def test_the_failure_of_a_part_is_the_failure_of_its_message(bench: Workbench, key: str) -> None:
    toy = ToyPlugin(capabilities=ToyProvider.capabilities.model_copy(update={"text_limit": 5}))
    one = await bench.start(toy=toy)
    handoff = await one.active()
    await one.dispatcher.user_message(handoff.id, Message.text("before"))
    await one.dispatcher.user_message(handoff.id, Message.text("11111 22222", key=key))
    await one.settle()
    first_part = one.vendor.received[-2][1]
    assert (first_part.body, first_part.key != key) == ("11111", True)
    await one.event("failed", key=first_part.key, reason="too late")
    entry = await entry_of(one, handoff, key)
    assert (entry.fate, entry.detail) == (Fate.REFUSED, "part 1: too late")


async def test_the_failure_of_a_message_that_nobody_knows_changes_nothing(bench: Workbench) -> None:
    one = await bench.start()
    handoff = await one.active()
    await one.say(handoff, "hello", "m-1")
    for stranger in ("m-2", "m-1.", "m-1.x", "m-1.1.1", "m-1.99999999999", ".1"):
        await one.event("failed", key=stranger)
    assert (await entry_of(one, handoff, "m-1")).fate is Fate.SENT
