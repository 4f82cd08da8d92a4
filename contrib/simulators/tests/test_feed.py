from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from livechat_sdk_simulators.clock import RealClock, VirtualClock
from livechat_sdk_simulators.faults import FaultSwitch
from livechat_sdk_simulators.feed import Feed


class Vendor:
    """A feed by a virtual clock."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.faults = FaultSwitch([])
        self.feed = Feed(self.clock, self.faults)

    def emit(self, *names: str, chat: str = "c") -> None:
        for name in names:
            self.feed.emit(f"id-{name}", "said", name, chat)

    def after(self, place: int = 0) -> list[tuple[int, str]]:
        return [(one.place, one.data) for one in self.feed.after(place)]


def test_events_are_fetched_after_a_cursor_of_all_chats_or_of_one() -> None:
    vendor = Vendor()
    vendor.emit("a", "b")
    vendor.emit("x", chat="other")
    assert vendor.after() == [(1, "a"), (2, "b"), (3, "x")]
    assert vendor.after(2) == [(3, "x")]
    assert [one.data for one in vendor.feed.after(1, chat="c")] == ["b"]
    assert vendor.after(3) == []


def test_delayed_event_stands_behind_those_that_were_quicker() -> None:
    vendor = Vendor()
    vendor.faults.script("webhook", "delay", seconds=10)
    vendor.emit("late", "quick")
    assert vendor.after() == [(1, "quick")]
    vendor.clock.advance(10)
    assert vendor.after(1) == [(2, "late")]
    assert vendor.feed.after(1)[0].at == vendor.clock.now() - timedelta(seconds=10)


@pytest.mark.parametrize(
    ("fault", "shown"),
    [("repeat", ["a", "a", "b"]), ("withhold", ["b"]), ("reorder", ["b", "a"]), ("pass", ["a", "b"])],
)
def test_faults_of_webhooks_happen_to_fetched_events(fault: str, shown: list[str]) -> None:
    vendor = Vendor()
    vendor.faults.script("webhook", fault)
    vendor.emit("a", "b")
    assert [name for _, name in vendor.after()] == shown


def test_no_fault_happens_to_what_only_tells_a_caller_of_itself() -> None:
    vendor = Vendor()
    vendor.faults.script("webhook", "withhold")
    vendor.feed.emit("id-own", "said", "own", "c", faulty=False)
    vendor.emit("a", "b")
    assert [name for _, name in vendor.after()] == ["own", "b"]


def test_event_changes_places_within_its_chat_only() -> None:
    vendor = Vendor()
    vendor.faults.script("webhook", "reorder")
    vendor.emit("a")
    vendor.emit("x", chat="other")
    vendor.emit("b", "c")
    assert [name for _, name in vendor.after()] == ["x", "b", "a", "c"]


async def test_stream_sends_what_was_and_then_what_comes() -> None:
    vendor = Vendor()
    vendor.emit("a")
    stream = vendor.feed.stream()
    assert (await anext(stream)).data == "a"
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    vendor.faults.script("webhook", "delay", seconds=5)
    vendor.emit("b")
    vendor.clock.advance(5)
    vendor.feed.wake()
    async with asyncio.timeout(20):
        assert (await waiting).data == "b"
    await stream.aclose()


async def test_stream_by_a_real_clock_wakes_when_an_event_is_due() -> None:
    faults = FaultSwitch([])
    feed = Feed(RealClock(), faults)
    faults.script("webhook", "delay", seconds=0.01)
    feed.emit("id", "said", "late")
    stream = feed.stream()
    async with asyncio.timeout(20):
        assert (await anext(stream)).data == "late"
    await stream.aclose()
