"""What is repeated, after which pause, and for how long. No test waits: the clock is a virtual one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from livechat_sdk.errors import (
    AuthError,
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
)
from livechat_sdk.http import Answer, Repeat, VendorClient, override_transport
from livechat_sdk.relay.failures import FailureKind, failure_of
from livechat_sdk_testing.clock import VirtualClock
from tests.http.loopback import Connection, loopback, unused_port


class TellingClock(VirtualClock):
    """Tells when somebody sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.fallen_asleep = asyncio.Event()

    async def sleep_until(self, when: datetime) -> None:
        self.fallen_asleep.set()
        await super().sleep_until(when)


Step = httpx.Response | type[httpx.TransportError]


class Script(httpx.AsyncBaseTransport):
    """Answers as it was told, one step after the other; the last step again and again."""

    def __init__(self, steps: Sequence[Step], clock: VirtualClock) -> None:
        self.steps = list(steps)
        self.clock = clock
        self.times: list[float] = []
        self.requests: list[httpx.Request] = []
        self.started = clock.now()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.times.append((self.clock.now() - self.started).total_seconds())
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, httpx.Response):
            return httpx.Response(step.status_code, headers=step.headers, content=step.content)
        raise step("scripted")


def answer(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(
        status, headers={name.replace("_", "-"): value for name, value in headers.items()}, content=b"{}"
    )


async def call(
    steps: Sequence[Step], repeat: Repeat, *, budget: float = 20.0, **more: Any
) -> tuple[Script, Answer | ProviderError]:
    """One call, and how it ended when the clock had gone on for long enough."""
    clock = VirtualClock()
    script = Script(steps, clock)
    client = VendorClient(provider="TOY", base_url="https://toy.test", clock=clock, budget=budget)
    with override_transport(script):
        task = asyncio.create_task(client.request("send", "POST", "/m", json={}, repeat=repeat, **more))
        for _ in range(100):
            if task.done():
                break
            await clock.advance(1.0)
        [outcome] = await asyncio.gather(task, return_exceptions=True)
    await client.close()
    assert isinstance(outcome, Answer | ProviderError)
    return script, outcome


NEVER_LEFT: Sequence[type[httpx.TransportError]] = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
)
UNCLEAR: Sequence[type[httpx.TransportError]] = (
    httpx.ReadError,
    httpx.ReadTimeout,
    httpx.WriteError,
    httpx.WriteTimeout,
    httpx.CloseError,
    httpx.RemoteProtocolError,
    httpx.LocalProtocolError,
    httpx.ProxyError,
)


@pytest.mark.parametrize("error", NEVER_LEFT)
@pytest.mark.parametrize("repeat", [Repeat.NEVER_LEFT, Repeat.SAFE])
async def test_what_never_left_is_repeated(error: type[httpx.TransportError], repeat: Repeat) -> None:
    script, outcome = await call([error, error, answer(201)], repeat)
    assert isinstance(outcome, Answer)
    assert outcome.status == 201
    assert len(script.requests) == 3


@pytest.mark.parametrize("error", UNCLEAR)
async def test_what_may_have_left_is_repeated_only_if_that_is_safe(error: type[httpx.TransportError]) -> None:
    script, outcome = await call([error, answer(201)], Repeat.NEVER_LEFT)
    assert isinstance(outcome, RetryableError)
    assert outcome.sent is None
    assert len(script.requests) == 1
    script, outcome = await call([error, answer(201)], Repeat.SAFE)
    assert isinstance(outcome, Answer)
    assert len(script.requests) == 2


@pytest.mark.parametrize("step", [httpx.ConnectError, httpx.ReadTimeout, answer(503), answer(429)])
async def test_one_attempt_is_one_attempt(step: Step) -> None:
    script, outcome = await call([step, answer(200)], Repeat.NO)
    assert isinstance(outcome, RetryableError)
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 529])
async def test_passing_statuses_are_repeated_only_if_that_is_safe(status: int) -> None:
    script, outcome = await call([answer(status), answer(200)], Repeat.NEVER_LEFT)
    assert isinstance(outcome, RetryableError)
    assert outcome.status == status
    assert outcome.sent is True
    assert len(script.requests) == 1
    script, outcome = await call([answer(status), answer(200)], Repeat.SAFE)
    assert isinstance(outcome, Answer)
    assert len(script.requests) == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, ProtocolError),
        (304, ProtocolError),
        (400, RejectedError),
        (401, AuthError),
        (403, AuthError),
        (404, RejectedError),
        (407, AuthError),
        (409, RejectedError),
        (410, RejectedError),
        (413, RejectedError),
        (415, RejectedError),
        (422, RejectedError),
    ],
)
async def test_other_statuses_are_never_repeated(status: int, kind: type[ProviderError]) -> None:
    script, outcome = await call([answer(status, x_request_id="r-1")], Repeat.SAFE)
    assert type(outcome) is kind
    assert (outcome.status, outcome.request_id, outcome.operation) == (status, "r-1", "send")
    assert len(script.requests) == 1


async def test_a_caller_may_expect_a_refusal_and_nothing_else() -> None:
    _, outcome = await call([answer(409)], Repeat.SAFE, expect=(201, 409))
    assert isinstance(outcome, Answer)
    _, outcome = await call([answer(200)], Repeat.SAFE, expect=(201, 409))
    assert isinstance(outcome, ProtocolError)


async def test_the_relay_knows_a_429_as_turned_away_and_a_lost_answer_as_unclear() -> None:
    for steps, kind, certain in (
        ([answer(429, retry_after="7")], FailureKind.THROTTLED, True),
        ([httpx.ConnectError], FailureKind.NEVER_LEFT, True),
        ([httpx.ReadTimeout], FailureKind.UNCLEAR, False),
        ([answer(503)], FailureKind.UNCLEAR, False),
    ):
        _, outcome = await call(steps, Repeat.NO)
        assert isinstance(outcome, ProviderError)
        failure = failure_of(outcome)
        assert (failure.kind, failure.certain) == (kind, certain)


# --------------------------------------------------------------------------- pauses
async def test_pauses_double_and_jitter() -> None:
    script, _ = await call([answer(503)], Repeat.SAFE, budget=100.0)
    pauses = [later - earlier for earlier, later in zip(script.times, script.times[1:], strict=False)]
    assert len(pauses) == 5
    for pause, longest in zip(pauses, (0.25, 0.5, 1.0, 2.0, 4.0), strict=True):
        assert longest / 2 <= pause <= longest


async def test_the_vendors_wish_is_obeyed() -> None:
    script, outcome = await call([answer(429, retry_after="3"), answer(200)], Repeat.SAFE)
    assert isinstance(outcome, Answer)
    assert script.times == [0.0, 3.0]


async def test_a_wish_given_as_a_date_is_obeyed() -> None:
    when = format_datetime(VirtualClock().now() + timedelta(seconds=5), usegmt=True)
    script, outcome = await call([answer(503, retry_after=when), answer(200)], Repeat.SAFE)
    assert isinstance(outcome, Answer)
    assert script.times == [0.0, 5.0]


async def test_a_wish_beyond_the_budget_is_handed_on_at_once() -> None:
    script, outcome = await call([answer(429, retry_after="60"), answer(200)], Repeat.SAFE)
    assert isinstance(outcome, RetryableError)
    assert outcome.retry_after == 60.0
    assert script.times == [0.0]


async def test_the_budget_bounds_all_repeats_and_the_last_error_is_raised() -> None:
    script, outcome = await call([answer(500), answer(502), answer(503)], Repeat.SAFE, budget=1.0)
    assert isinstance(outcome, RetryableError)
    assert outcome.status == 503
    assert script.times[-1] < 1.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        (" 12 ", 12.0),
        ("1.5", 1.5),
        ("Tue, 24 Nov 2026 09:00:30 GMT", 30.0),
        ("Tuesday, 24-Nov-26 09:00:30 GMT", 30.0),
        ("Tue Nov 24 09:00:30 2026", 30.0),
        ("Mon, 23 Nov 2026 09:00:00 GMT", 0.0),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("1e9", None),
        ("inf", None),
        ("nan", None),
        ("9" * 400, None),
        ("١٢", None),
    ],
)
async def test_how_retry_after_is_read(text: str, seconds: float | None) -> None:
    response = httpx.Response(429, headers=[(b"retry-after", text.encode())])
    _, outcome = await call([response], Repeat.NO)
    assert isinstance(outcome, RetryableError)
    assert outcome.retry_after == seconds


# --------------------------------------------------------------------------- the real transport
async def test_a_vendor_that_comes_back_is_reached_again() -> None:
    port = unused_port()
    clock = TellingClock()

    async def behaviour(connection: Connection) -> None:
        await connection.request()
        await connection.answer(201)

    async with VendorClient(provider="TOY", base_url=f"http://127.0.0.1:{port}", clock=clock) as client:
        task = asyncio.create_task(client.request("send", "POST", "/m", json={}))
        await clock.fallen_asleep.wait()  # the first attempt has failed
        async with loopback(behaviour, port=port) as server:
            await clock.advance(1.0)
            assert (await task).status == 201
    assert len(server.requests) == 1


def test_what_only_a_call_needs_is_not_loaded_before() -> None:
    program = "import livechat_sdk.http, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "httpx" in loaded
    assert not {"aiohttp", "httpx_aiohttp", "tenacity"} & loaded
