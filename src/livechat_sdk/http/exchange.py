"""One request and its answer, within limits of time and size."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import httpx

from livechat_sdk.errors import ProtocolError
from livechat_sdk.http.bodies import BodyTooLarge, UnknownEncoding, read_body, read_start
from livechat_sdk.http.failures import Place, Reply, failure_of_error, request_id_of
from livechat_sdk.http.listening import tell_listener

__all__ = ["BROKEN", "close_quietly", "exchange", "time_limits"]

_LONGEST_CONNECT: Final = 5.0
_CLOSING: Final = 1.0

BROKEN: Final = (httpx.TransportError, httpx.StreamError, httpx.InvalidURL, UnknownEncoding, OSError)
"""How an exchange breaks. ``TimeoutError`` is an ``OSError``."""


def time_limits(seconds: float) -> dict[str, float]:
    """Limits for one request, as transports read them (the extension ``timeout`` of httpx).

    Connecting gets half of the time at most, so that a vendor that cannot be reached is known as such before
    the whole time is over: the request never left, then.
    """
    connect = min(_LONGEST_CONNECT, seconds / 2)
    return {"connect": connect, "pool": connect, "read": seconds, "write": seconds}


async def exchange(
    transport: httpx.AsyncBaseTransport,
    request: httpx.Request,
    place: Place,
    *,
    seconds: float,
    limit: int,
    expected: Callable[[int], bool],
) -> Reply:
    """Send ``request`` once and read its answer.

    The body of an expected status is read up to ``limit`` bytes, of another one only what an error may quote.
    Raises ``ProviderError``.
    """
    request.extensions["timeout"] = time_limits(seconds)
    response: httpx.Response | None = None
    try:
        async with asyncio.timeout(seconds):
            response = await transport.handle_async_request(request)
            tell_listener(request, response)
            if expected(response.status_code):
                content = await read_body(response, limit)
                return Reply(response.status_code, response.headers, content)
            return await _read_refusal(response, seconds)
    except BodyTooLarge:
        assert response is not None  # noqa: S101 - for the type checkers: a body has an answer
        raise ProtocolError(
            f"the answer is larger than {limit:,} bytes",
            provider=place.provider,
            operation=place.operation,
            status=response.status_code,
            request_id=request_id_of(response.headers),
            sent=True,
        ) from None
    except BROKEN as error:
        # The cause stays out: the texts of HTTP libraries hold links, and those may carry secrets.
        raise failure_of_error(error, place, answered=response is not None, seconds=seconds) from None
    finally:
        if response is not None:
            await close_quietly(response)


async def _read_refusal(response: httpx.Response, seconds: float) -> Reply:
    """The status is what counts: a body that breaks off, trickles or cannot be unpacked does not hide it."""
    content, cut = b"", True
    with contextlib.suppress(*BROKEN):
        async with asyncio.timeout(seconds / 2):
            content, cut = await read_start(response)
    return Reply(response.status_code, response.headers, content, cut=cut)


async def close_quietly(response: httpx.Response) -> None:
    """Give the connection back or close it. What was read counts, so a failure here is nobody's."""
    if response.is_closed:  # it was read to its end
        return
    with contextlib.suppress(*BROKEN):
        async with asyncio.timeout(_CLOSING):
            await response.aclose()
