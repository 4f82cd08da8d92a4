"""What comes in by itself, and what was missed, is part of the report."""

from __future__ import annotations

from typing import Any

from livechat_sdk.telemetry.meters import Distribution
from livechat_sdk_testing.hostile.stream import StreamVendor
from tests.inbound.test_streams import CAN_TELL
from tests.inbound.world import POLL, World, Worlds


async def counted(world: World) -> dict[tuple[str, ...], Any]:
    """Values by name and labels."""
    families = await world.dispatcher.metrics()
    return {(one.name, *sample.labels): sample.value for one in families for sample in one.samples}


async def test_repairs_after_a_gap_are_counted_with_their_lateness(worlds: Worlds) -> None:
    world = await worlds.start(CAN_TELL, every=3600.0)
    handoff = await world.request()
    await world.pass_time(100)
    vendor = world.vendor
    assert isinstance(vendor, StreamVendor)
    vendor.break_stream(30)
    await vendor.join(f"{handoff.id}.1")
    await vendor.say(f"{handoff.id}.1", "while nobody listened")
    await world.pass_time(40)
    now = await counted(world)
    assert now["livechat_gaps", vendor.name] == 2
    assert now["livechat_stream_starts", vendor.name] == 1
    assert now["livechat_questions", vendor.name] >= 1
    assert now["livechat_repairs", vendor.name, "message_received"] == 1
    late = now["livechat_repair_lateness_seconds", "message_received"]
    assert isinstance(late, Distribution)
    assert late.count == 1
    assert 25 < late.sum < 45


async def test_polls_are_counted(worlds: Worlds) -> None:
    world = await worlds.start(POLL)
    await world.request()
    await world.pass_time(30)
    now = await counted(world)
    polls = world.counts.polls[world.vendor.name]
    assert now["livechat_polls", world.vendor.name] == polls > 1
    late = now["livechat_poll_lateness_seconds", world.vendor.name]
    assert isinstance(late, Distribution)
    assert polls <= late.count <= polls + 1
    assert late.sum == 0
