"""Deliveries to the end user's side keep to the lease of their worker, as calls of vendors do."""

from __future__ import annotations

import math
from typing import Any

import pytest

from livechat_sdk.relay.leases import steady_seconds
from tests.dispatcher.bench import Workbench


async def test_a_lease_that_ends_while_a_delivery_is_made_ready_ends_it_before_the_call(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one = await bench.start()
    await one.active()
    guard, store = one.dispatcher._working._guard, one.dispatcher.store
    original = store.entry

    async def entry(*of: Any) -> Any:
        found = await original(*of)
        guard.end()  # it was frozen here for longer than its lease, and others go on with its lanes
        return found

    with monkeypatch.context() as frozen:
        frozen.setattr(store, "entry", entry)
        await one.event("message", id="e-9", key="m-9", text="Good morning")
        await one.settle()
    assert "Good morning" not in one.channel.texts
    assert "it makes no more calls" in caplog.text

    guard.extend(steady_seconds(), math.inf)
    await one.pass_time(2)
    await one.settle()
    assert one.channel.texts.count("Good morning") == 1
