"""What a send changes in the state of its chat: kept, seen by the next call, undoing no other change."""

from __future__ import annotations

import pytest

from livechat_sdk.domain.chats import Chat
from livechat_sdk.provider.interface import PlannedMessage, Sent
from livechat_sdk_testing.toy import ToyPlugin, ToyProvider
from tests.dispatcher.bench import Bench, Workbench

SHORT_TEXTS = ToyProvider.capabilities.model_copy(update={"text_limit": 5})


def counting(monkeypatch: pytest.MonkeyPatch, toy: ToyPlugin) -> list[int]:
    """Let sends number themselves in the state of the chat; returns the numbers that they found there."""
    found: list[int] = []
    original = ToyProvider.send

    async def send(self: ToyProvider, chat: Chat, message: PlannedMessage) -> Sent:
        number = int(chat.state.get("sequence", 0))
        found.append(number)
        sent = await original(self, chat, message)
        return sent.model_copy(update={"patch": {"sequence": number + 1}})

    monkeypatch.setattr(toy.provider_class, "send", send)
    return found


async def state_of(one: Bench, handoff_id: str) -> dict[str, object]:
    chat = await one.dispatcher.store.chat(handoff_id, 1)
    assert chat is not None
    return chat.state


async def test_each_send_sees_what_the_one_before_it_changed(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = ToyPlugin()
    found = counting(monkeypatch, toy)
    one = await bench.start(toy=toy)
    handoff = await one.active()
    await one.say(handoff, "one")
    await one.say(handoff, "two")
    assert found == [0, 1]
    assert await state_of(one, handoff.id) == {"sequence": 2}


async def test_each_part_of_a_split_message_sees_what_the_part_before_it_changed(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = ToyPlugin(capabilities=SHORT_TEXTS)
    found = counting(monkeypatch, toy)
    one = await bench.start(toy=toy)
    handoff = await one.active()
    await one.say(handoff, "12345 12345 12345")
    assert found == [0, 1, 2]
    assert await state_of(one, handoff.id) == {"sequence": 3}


async def test_a_poll_that_moves_the_cursor_during_a_send_is_not_undone(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = ToyPlugin()
    counting(monkeypatch, toy)
    one = await bench.start(toy=toy)
    handoff = await one.active()
    send = toy.provider_class.send

    async def with_a_poll_meanwhile(self: ToyProvider, chat: Chat, message: PlannedMessage) -> Sent:
        polled = chat.model_copy(update={"state": {**chat.state, "cursor": message.body}})
        assert await one.dispatcher.store.save_poll(chat, polled, ())
        return await send(self, chat, message)

    monkeypatch.setattr(toy.provider_class, "send", with_a_poll_meanwhile)
    await one.say(handoff, "one")
    assert await state_of(one, handoff.id) == {"sequence": 1, "cursor": "one"}
    await one.say(handoff, "two")
    assert await state_of(one, handoff.id) == {"sequence": 2, "cursor": "two"}
