from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from livechat_sdk.errors import AuthError
from livechat_sdk.http import VendorClient, override_transport
from livechat_sdk.http.listening import Heard, listen_to_calls


def answering(status: int = 200, date: str | None = None) -> httpx.MockTransport:
    headers = {} if date is None else {"Date": date}
    return httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, json={}))


async def heard_of(transport: httpx.MockTransport, base_url: str = "https://vendor.example") -> list[Heard]:
    """What is heard of one call in a task of its own."""
    heard: list[Heard] = []
    with override_transport(transport):
        async with VendorClient(provider="vendor", base_url=base_url) as client:
            with listen_to_calls(heard.append):
                await asyncio.create_task(client.request("check", "GET", "me?secret=1"))
            await client.request("check", "GET", "afterwards")
    return heard


async def test_answer_is_heard_with_its_host_and_the_time_of_its_server() -> None:
    before = datetime.now(UTC)
    (one,) = await heard_of(answering(date="Tue, 24 Nov 2026 09:00:00 GMT"))
    assert (one.method, one.scheme, one.host, one.port, one.status) == (
        "GET",
        "https",
        "vendor.example",
        443,
        200,
    )
    assert one.date == datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert before <= one.at <= before + timedelta(seconds=30)
    assert "secret" not in repr(one)


@pytest.mark.parametrize(
    ("date", "read"),
    [
        (None, None),
        ("yesterday", None),
        ("", None),
        ("Tue, 24 Nov 2026 11:00:00 +0200", datetime(2026, 11, 24, 9, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 09:00:00 -0000", datetime(2026, 11, 24, 9, tzinfo=UTC)),
        ("Tue, 99 Nov 2026 09:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
    ],
)
async def test_time_that_cannot_be_read_is_none(date: str | None, read: datetime | None) -> None:
    (one,) = await heard_of(answering(date=date))
    assert one.date == read


async def test_port_of_the_address_counts() -> None:
    (plain,) = await heard_of(answering(), "http://vendor.example")
    (own,) = await heard_of(answering(), "https://vendor.example:8443")
    assert (plain.port, own.port) == (80, 8443)


async def test_refusals_are_heard_too_and_two_listeners_hear_their_own_calls() -> None:
    heard: dict[int, list[Heard]] = {1: [], 2: []}

    async def call(number: int) -> None:
        async with VendorClient(provider="vendor", base_url=f"https://vendor-{number}.example") as client:
            with listen_to_calls(heard[number].append), pytest.raises(AuthError):
                await client.request("check", "GET", "me")

    with override_transport(answering(status=401)):
        await asyncio.gather(call(1), call(2))
    assert {number: [(one.host, one.status) for one in calls] for number, calls in heard.items()} == {
        1: [("vendor-1.example", 401)],
        2: [("vendor-2.example", 401)],
    }
