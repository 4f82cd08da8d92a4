"""Events whose chat is not known: kept, matched later, dropped after a day and counted."""

from __future__ import annotations

import logging

import pytest

from livechat_sdk import HandoffState
from livechat_sdk.domain.chats import AgentJoined, ProviderEvent
from livechat_sdk.domain.people import Agent
from tests.inbound.world import WEBHOOK, World, Worlds


def joined(world: World, ref: str, event_id: str) -> ProviderEvent:
    now = world.clock.now()
    return AgentJoined(
        id=event_id, integration=world.vendor.name, refs=(ref,), received_at=now, agent=Agent(id="ann")
    )


async def test_what_never_matches_is_dropped_after_a_day_with_a_word_in_the_log(
    worlds: Worlds, caplog: pytest.LogCaptureFixture
) -> None:
    world = await worlds.start(WEBHOOK)
    store = world.dispatcher.store
    for number in range(3):
        await store.keep_unmatched(joined(world, f"nobody-{number}", f"e-{number}"), world.clock.now())
    await world.pass_time(23.5 * 3600)
    assert len(await store.unmatched(world.vendor.name, ["nobody-0"])) == 1
    with caplog.at_level(logging.WARNING):
        await world.pass_time(1.6 * 3600)
    assert await store.unmatched(world.vendor.name, ["nobody-0"]) == []
    assert world.counts.unmatched_dropped == {world.vendor.name: 3}
    assert f"3 events of {world.vendor.name} matched no chat for a day" in caplog.text


async def test_what_a_crash_left_unmatched_is_applied_at_the_next_start(worlds: Worlds) -> None:
    first = await worlds.start(WEBHOOK)
    handoff = await first.request()
    # The event was kept before the chat was stored, and the process died before it looked for such events.
    await first.dispatcher.store.keep_unmatched(joined(first, f"{handoff.id}.1", "e-1"), first.clock.now())
    await first.kill()
    second = await worlds.start(heir_of=first)
    await second.settle()
    assert (await second.reload(handoff)).state is HandoffState.ACTIVE


async def test_what_another_worker_left_unmatched_is_found_by_and_by(worlds: Worlds) -> None:
    world = await worlds.start(WEBHOOK)
    handoff = await world.request()
    await world.dispatcher.store.keep_unmatched(joined(world, f"{handoff.id}.1", "e-1"), world.clock.now())
    await world.pass_time(3601)
    assert (await world.reload(handoff)).state is HandoffState.ACTIVE
