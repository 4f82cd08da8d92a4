from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk_simulators.clock import VirtualClock
from livechat_sdk_simulators.faults import FaultSwitch
from livechat_sdk_simulators.webhooks import (
    Attempt,
    Receiver,
    RepeatRule,
    WebhookCall,
    Webhooks,
    on_schedule,
)

TWICE = on_schedule(5, 30)


class Target:
    """Webhooks in process: what was emitted, what came."""

    def __init__(self, repeat: RepeatRule = TWICE) -> None:
        self.clock = VirtualClock()
        self.faults = FaultSwitch([])
        self.webhooks = Webhooks(
            self.clock, self.faults, lambda body, at: {"Signed-At": at.isoformat()}, repeat, path="/here"
        )
        self.webhooks.deliver = self._take
        self.answers: list[int] = []
        self.calls: list[WebhookCall] = []

    async def _take(self, call: WebhookCall) -> int:
        self.calls.append(call)
        return self.answers.pop(0) if self.answers else 200

    def emit(self, name: str, event: str = "said") -> None:
        self.webhooks.emit(f"id-{name}", event, name.encode(), "chat-1")

    async def came(self) -> str:
        await self.webhooks.pump()
        came, self.calls = self.calls, []
        return " ".join(call.body.decode() for call in came)


async def test_events_come_in_order_once_and_signed_at_the_attempt() -> None:
    target = Target()
    target.emit("a")
    target.emit("b")
    assert await target.webhooks.pump() == 2
    assert [(call.method, call.path, call.body) for call in target.calls] == [
        ("POST", "/here", b"a"),
        ("POST", "/here", b"b"),
    ]
    assert target.calls[0].headers["Signed-At"] == target.clock.now().isoformat()
    assert await target.webhooks.pump() == 0


async def test_failures_are_repeated_and_given_up_in_the_end() -> None:
    target = Target()
    target.answers = [500, 302, 404]
    target.emit("a")
    assert await target.came() == "a"
    assert target.webhooks.next_due() == target.clock.now() + timedelta(seconds=5)
    target.clock.advance(5)
    assert await target.came() == "a"
    target.clock.advance(30)
    assert await target.came() == "a"
    [delivery] = target.webhooks.deliveries
    assert (delivery.state, [one.status for one in delivery.attempts]) == ("given_up", [500, 302, 404])
    assert target.webhooks.next_due() is None


async def test_receiver_of_its_own_has_its_address_its_proof_and_its_repeats() -> None:
    target = Target()
    target.answers = [500, 500]
    to = Receiver(path="/there", sign=lambda body, _at: {"Key": body.decode()}, repeat=on_schedule())
    target.faults.script("webhook", "repeat")
    target.webhooks.emit("id-a", "said", b"a", "chat-1", to)
    target.emit("b")
    assert await target.webhooks.pump() == 3
    assert [(call.path, call.headers.get("Key")) for call in target.calls] == [
        ("/there", "a"),
        ("/there", "a"),
        ("/here", None),
    ]
    states = [(one.id, one.state) for one in target.webhooks.deliveries]
    assert states == [("id-a", "given_up"), ("id-a", "given_up"), ("id-b", "delivered")]


async def test_event_for_a_target_of_its_own_is_due_though_nobody_else_listens() -> None:
    target = Target()
    target.webhooks.deliver = None
    target.emit("a")
    assert (target.webhooks.listening, target.webhooks.next_due()) == (False, None)
    to = Receiver(target="http://127.0.0.1:9/there", repeat=on_schedule())
    target.webhooks.emit("id-b", "said", b"b", "chat-1", to)
    assert (target.webhooks.listening, target.webhooks.next_due()) == (True, target.clock.now())
    assert await target.webhooks.pump() == 1
    states = [(one.id, one.state) for one in target.webhooks.deliveries]
    assert states == [("id-a", "waiting"), ("id-b", "given_up")]
    await target.webhooks.close()


async def test_delivered_again_by_hand_begins_a_new_schedule() -> None:
    target = Target()
    target.answers = [500, 500, 500, 500]
    target.emit("a")
    for pause in (0, 5, 30):
        target.clock.advance(pause)
        await target.came()
    [delivery] = target.webhooks.deliveries
    target.webhooks.again(delivery)
    assert await target.came() == "a"
    target.clock.advance(5)
    assert await target.came() == "a"
    assert delivery.state == "delivered"
    target.webhooks.again(delivery)
    assert await target.came() == "a"


async def test_vendor_may_have_a_rule_of_its_own_for_repeats() -> None:
    def rule(attempts: Sequence[Attempt]) -> float | None:
        return 1.0 if attempts[-1].status == 409 and len(attempts) < 3 else None

    target = Target(rule)
    target.answers = [409, 500, 200]
    target.emit("a")
    target.emit("b")
    assert await target.came() == "a b"
    target.clock.advance(1)
    assert await target.came() == "a"


async def test_events_wait_until_somebody_listens() -> None:
    target = Target()
    deliver, target.webhooks.deliver = target.webhooks.deliver, None
    target.emit("a")
    assert await target.webhooks.pump() == 0
    target.webhooks.deliver = deliver
    assert await target.came() == "a"


async def test_withheld_event_never_comes_until_it_is_delivered_by_hand() -> None:
    target = Target()
    target.faults.script("webhook", "withhold", event="ended")
    target.emit("a")
    target.emit("b", "ended")
    assert await target.came() == "a"
    target.clock.advance(100_000)
    assert await target.came() == ""
    target.webhooks.again(target.webhooks.deliveries[1])
    assert await target.came() == "b"


async def test_repeated_event_comes_twice_with_one_id() -> None:
    target = Target()
    target.faults.script("webhook", "repeat")
    target.emit("a")
    target.emit("b")
    assert await target.came() == "a a b"
    assert [delivery.id for delivery in target.webhooks.deliveries] == ["id-a", "id-a", "id-b"]
    assert len({delivery.number for delivery in target.webhooks.deliveries}) == 3


async def test_delayed_event_comes_late_and_others_pass_it() -> None:
    target = Target()
    target.faults.script("webhook", "delay", seconds=10)
    target.emit("a")
    target.emit("b")
    assert await target.came() == "b"
    target.clock.advance(10)
    assert await target.came() == "a"


@pytest.mark.parametrize("pump_between", [False, True])
async def test_reordered_event_changes_places_with_the_next(pump_between: bool) -> None:
    target = Target()
    target.faults.script("webhook", "reorder")
    target.emit("a")
    if pump_between:
        assert await target.came() == ""
    target.emit("b")
    target.emit("c")
    assert await target.came() == "b a c"


async def test_reordered_event_with_nothing_after_it_comes_after_a_second() -> None:
    target = Target()
    target.faults.script("webhook", "reorder")
    target.emit("a")
    assert await target.came() == ""
    target.clock.advance(1)
    assert await target.came() == "a"


async def test_only_early_events_come_in_an_early_pump() -> None:
    target = Target()
    target.emit("a")
    target.faults.script("webhook", "early")
    target.emit("b")
    assert await target.webhooks.pump(early_only=True) == 1
    assert target.calls.pop().body == b"b"
    assert await target.came() == "a"


async def test_receiver_that_crashes_is_heard_and_tried_again() -> None:
    target = Target()

    async def crash(call: WebhookCall) -> int:
        raise ZeroDivisionError(len(call.body))

    deliver, target.webhooks.deliver = target.webhooks.deliver, crash
    target.emit("a")
    with pytest.raises(ZeroDivisionError):
        await target.webhooks.pump()
    target.webhooks.deliver = deliver
    target.clock.advance(5)
    assert await target.came() == "a"
    assert target.webhooks.deliveries[0].attempts[0].problem == "the receiver crashed"


async def test_two_pumps_at_once_attempt_each_event_once() -> None:
    target = Target()
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slow(call: WebhookCall) -> int:
        target.calls.append(call)
        inside.set()
        await go_on.wait()
        return 200

    target.webhooks.deliver = slow
    target.emit("a")
    first = asyncio.create_task(target.webhooks.pump())
    await inside.wait()
    assert await target.webhooks.pump() == 0
    assert target.webhooks.next_due() is None
    go_on.set()
    assert await first == 1
    assert len(target.calls) == 1


async def test_old_deliveries_are_forgotten_but_none_that_waits() -> None:
    target = Target()
    target.faults.script("webhook", "delay", seconds=60)
    target.emit("late")
    for number in range(1200):
        target.emit(f"{number}")
        if number % 100 == 0:
            await target.came()
    await target.came()
    target.emit("last")
    assert len(target.webhooks.deliveries) == 1000
    await target.came()
    target.clock.advance(60)
    assert await target.came() == "late"


@given(
    faults=st.lists(
        st.sampled_from(["pass", "withhold", "repeat", "delay", "reorder", "early"]), max_size=20
    ),
    statuses=st.lists(st.sampled_from([200, 500]), max_size=20),
    pumps=st.lists(st.integers(0, 20), max_size=10),
)
async def test_whatever_goes_wrong_every_event_that_is_not_withheld_comes_in_the_end(
    faults: list[str], statuses: list[int], pumps: list[int]
) -> None:
    target = Target(on_schedule(*[10] * 100))
    target.answers = statuses
    taken: list[str] = []
    for number, fault in enumerate(faults):
        target.faults.script("webhook", fault)
        target.emit(f"{number}")
        for _ in range(pumps.count(number)):
            target.clock.advance(1)
            await target.webhooks.pump()
    for _ in range(200):
        await target.webhooks.pump()
        target.clock.advance(10)
    for one in target.webhooks.deliveries:
        if one.state == "delivered":
            taken.append(one.body.decode())
            assert one.attempts[-1].status == 200
    wanted = {"withhold": 0, "repeat": 2}
    assert [taken.count(f"{number}") for number in range(len(faults))] == [
        wanted.get(one, 1) for one in faults
    ]
    assert target.webhooks.next_due() is None


@asynccontextmanager
async def receiver(status: int | None) -> AsyncIterator[tuple[str, asyncio.Queue[bytes]]]:
    """A real receiver; ``None`` never answers."""
    bodies: asyncio.Queue[bytes] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        )
        bodies.put_nowait(await reader.readexactly(length))
        if status is not None:
            writer.write(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\nRetry-After: 9\r\n\r\n" % status)
            await writer.drain()
        else:
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/webhooks/x", bodies
    finally:
        server.close()


def _over_http(target: str, *, timeout: float = 5.0) -> Webhooks:
    clock = VirtualClock()
    return Webhooks(
        clock, FaultSwitch([]), lambda body, at: {}, on_schedule(5), target=target, timeout=timeout
    )


@pytest.mark.parametrize(("status", "state"), [(204, "delivered"), (503, "waiting"), (307, "waiting")])
async def test_target_over_http_is_called_and_its_status_counts(status: int, state: str) -> None:
    async with receiver(status) as (url, bodies):
        webhooks = _over_http(url)
        webhooks.emit("id", "said", b"{}")
        assert await webhooks.pump() == 1
        [delivery] = webhooks.deliveries
        assert delivery.state == state
        assert (delivery.attempts[0].status, delivery.attempts[0].retry_after) == (status, 9.0)
        assert bodies.get_nowait() == b"{}"
        await webhooks.close()


async def test_silent_and_missing_targets_are_failed_attempts() -> None:
    async with receiver(None) as (url, _):
        webhooks = _over_http(url, timeout=0.05)
        webhooks.emit("id", "said", b"{}")
        await webhooks.pump()
        assert webhooks.deliveries[0].attempts[0].problem == "no answer within 0.05 s"
        await webhooks.close()
    webhooks = _over_http("http://127.0.0.1:1/x")
    webhooks.emit("id", "said", b"{}")
    await webhooks.pump()
    assert webhooks.deliveries[0].attempts[0].problem == "ConnectError"
    await webhooks.close()
