from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from livechat_sdk.dispatcher.observing import Observers
from livechat_sdk.dispatcher.stepping import Committed


class Hooks:
    """Observers who take their time over some changes."""

    def __init__(self, slow: asyncio.Event) -> None:
        self.slow = slow
        self.told: list[tuple[str, str]] = []

    async def handoff_changed(self, before: Any, after: Any, cause: str) -> None:
        if cause == "slow":
            await self.slow.wait()
        if cause == "bug":
            raise ValueError("of ours")
        self.told.append((after.id, cause))


class Change:
    """As much of a change as is told."""

    def __init__(self, handoff_id: str, cause: str) -> None:
        self.before = None
        self.after = self
        self.id = handoff_id
        self.cause = cause


def _tell(observers: Observers, handoff_id: str, cause: str) -> None:
    observers.tell(cast("Committed", Change(handoff_id, cause)))


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_changes_of_a_handoff_are_told_in_order_and_hold_up_no_other() -> None:
    hooks = Hooks(asyncio.Event())
    observers = Observers(cast("Any", hooks))
    for handoff_id, cause in (("h-1", "slow"), ("h-1", "second"), ("h-2", "first")):
        _tell(observers, handoff_id, cause)
    await _settle()
    assert hooks.told == [("h-2", "first")]
    _tell(observers, "h-1", "third")
    hooks.slow.set()
    await _settle()
    assert hooks.told[1:] == [("h-1", "slow"), ("h-1", "second"), ("h-1", "third")]
    _tell(observers, "h-1", "later")
    await _settle()
    assert hooks.told[-1] == ("h-1", "later")
    await observers.stop()


async def test_what_is_not_told_at_the_end_is_forgotten() -> None:
    hooks = Hooks(asyncio.Event())
    observers = Observers(cast("Any", hooks))
    _tell(observers, "h-1", "slow")
    _tell(observers, "h-1", "second")
    await _settle()
    await observers.stop()
    hooks.slow.set()
    await _settle()
    assert hooks.told == []


async def test_bug_in_telling_of_one_change_leaves_the_next(caplog: pytest.LogCaptureFixture) -> None:
    hooks = Hooks(asyncio.Event())
    observers = Observers(cast("Any", hooks))
    _tell(observers, "h-1", "bug")
    _tell(observers, "h-1", "second")
    await _settle()
    assert hooks.told == [("h-1", "second")]
    assert "handoff h-1: observers were not told of bug" in caplog.text
    await observers.stop()
