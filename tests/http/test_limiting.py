"""A vendor that says slow down is left alone by everybody, and no more calls are under way than it allows."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from livechat_sdk.errors import ProviderError, RejectedError, RetryableError
from livechat_sdk.http import Limiter, Repeat, VendorClient, override_transport
from livechat_sdk.relay.failures import FailureKind, failure_of
from livechat_sdk_testing.clock import VirtualClock

LIMITS = {
    "0x80072322": "Number of requests exceeded the limit of 6000 over the time window of 300 seconds.",
    "0x80072321": "Combined execution time of incoming requests exceeded the limit of 1200000 milliseconds.",
    "0x80072326": "Number of concurrent requests exceeded the limit of 52.",
}
"""Dataverse's three service protection limits (api-limits.md of its documentation)."""


class Busy(httpx.AsyncBaseTransport):
    """Answers what it is told, and counts what is under way."""

    def __init__(self) -> None:
        self.answers: list[httpx.Response] = []
        self.calls = 0
        self.under_way = 0
        self.most = 0
        self.open = asyncio.Event()
        self.open.set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self.open.wait()
            return self.answers.pop(0) if self.answers else httpx.Response(200, json={})
        finally:
            self.under_way -= 1


async def settle() -> None:
    """Let everything happen that can happen without a clock."""
    for _ in range(50):
        await asyncio.sleep(0)


def slow_down(code: str = "0x80072322", after: str = "30") -> httpx.Response:
    error = {"error": {"code": code, "message": LIMITS[code]}}
    return httpx.Response(429, headers={"Retry-After": after}, json=error)


def client_of(limiter: Limiter, clock: VirtualClock) -> VendorClient:
    return VendorClient(provider="TOY", base_url="https://toy.test", limiter=limiter, clock=clock, budget=10)


@pytest.mark.parametrize("code", LIMITS)
async def test_after_a_429_nobody_asks_before_the_time_that_the_vendor_named(code: str) -> None:
    vendor, clock = Busy(), VirtualClock()
    vendor.answers = [slow_down(code)]
    with override_transport(vendor):
        client = client_of(Limiter(at_once=40), clock)
        with pytest.raises(RetryableError, match=code) as refused:
            await client.request("create", "POST", "/incidents")
        assert refused.value.retry_after == 30
        with pytest.raises(RetryableError, match="left alone for 30 s") as held:
            await client.request("read", "GET", "/contacts", repeat=Repeat.SAFE)
        assert vendor.calls == 1, "the second call never left"
        assert (held.value.sent, held.value.retry_after) == (False, 30)
        assert failure_of(held.value).kind is FailureKind.NEVER_LEFT
        await clock.advance(31)
        assert (await client.request("read", "GET", "/contacts")).status == 200
        await client.close()


async def test_a_short_wish_is_waited_for_within_the_budget() -> None:
    vendor, clock = Busy(), VirtualClock()
    vendor.answers = [slow_down(after="2")]
    with override_transport(vendor):
        client = client_of(Limiter(), clock)
        with pytest.raises(RetryableError):
            await client.request("create", "POST", "/incidents", repeat=Repeat.NO)
        waiting = asyncio.create_task(client.request("read", "GET", "/contacts"))
        await settle()
        assert vendor.calls == 1
        await clock.advance(2.5)
        assert (await waiting).status == 200
        await client.close()


async def test_where_limits_differ_by_call_only_calls_of_that_kind_wait() -> None:
    vendor, clock = Busy(), VirtualClock()
    vendor.answers = [slow_down()]
    with override_transport(vendor):
        client = client_of(Limiter(per_operation=True), clock)
        with pytest.raises(RetryableError):
            await client.request("comment", "PUT", "/tickets/1")
        assert (await client.request("create", "POST", "/tickets")).status == 200
        with pytest.raises(RetryableError, match="left alone"):
            await client.request("comment", "PUT", "/tickets/2")
        assert vendor.calls == 2
        await client.close()


async def test_no_more_calls_are_under_way_than_the_vendor_allows() -> None:
    vendor = Busy()
    vendor.open.clear()
    with override_transport(vendor):
        client = client_of(Limiter(at_once=3), VirtualClock())
        calls = [asyncio.create_task(client.request("read", "GET", f"/{number}")) for number in range(12)]
        await settle()
        assert vendor.calls == 3
        vendor.open.set()
        await asyncio.gather(*calls)
        await client.close()
    assert (vendor.calls, vendor.most) == (12, 3)


async def test_a_call_without_a_turn_in_its_time_never_left() -> None:
    vendor = Busy()
    vendor.open.clear()
    with override_transport(vendor):
        client = VendorClient(provider="TOY", base_url="https://toy.test", limiter=Limiter(at_once=1))
        first = asyncio.create_task(client.request("read", "GET", "/1"))
        await settle()
        with pytest.raises(RetryableError, match="too many calls are under way") as late:
            await client.request("read", "GET", "/2", budget=0.05, repeat=Repeat.NO)
        assert late.value.sent is False
        vendor.open.set()
        await first
        assert (await client.request("read", "GET", "/3")).status == 200, "the turn was given back"
        await client.close()


async def test_a_cancelled_call_gives_its_turn_back() -> None:
    vendor = Busy()
    vendor.open.clear()
    with override_transport(vendor):
        client = client_of(Limiter(at_once=1), VirtualClock())
        first = asyncio.create_task(client.request("read", "GET", "/1"))
        await settle()
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        vendor.open.set()
        assert (await client.request("read", "GET", "/2")).status == 200
        await client.close()


def duplicate(status: int, body: bytes) -> type[ProviderError] | None:
    """As Dataverse's duplicate detection has it."""
    code = json.loads(body)["error"]["code"] if body.startswith(b"{") else None
    return RejectedError if (status, code) == (500, "0x80040333") else None


async def test_an_error_whose_status_says_something_else_is_what_its_body_says() -> None:
    vendor = Busy()
    found = {"error": {"code": "0x80040333", "message": "A record was not created: duplicate."}}
    vendor.answers = [httpx.Response(500, json=found), httpx.Response(500, text="broken")]
    with override_transport(vendor):
        client = VendorClient(
            provider="TOY", base_url="https://toy.test", classify=duplicate, clock=VirtualClock()
        )
        with pytest.raises(RejectedError, match=r"refused \(status 500\).*0x80040333"):
            await client.request("create", "POST", "/contacts", repeat=Repeat.SAFE)
        assert vendor.calls == 1, "it is not repeated"
        with pytest.raises(RetryableError, match=r"not now \(status 500\)"):
            await client.request("create", "POST", "/contacts")
        await client.close()
