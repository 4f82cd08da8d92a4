"""Downloading a file from a link that came from outside, under the egress rule and within limits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from typing import Final
from urllib.parse import unquote

import httpx

from livechat_sdk.errors import ProviderError, RejectedError
from livechat_sdk.http.bodies import read_start, unpacked
from livechat_sdk.http.egress import Egress, EgressRefused
from livechat_sdk.http.exchange import BROKEN, close_quietly, time_limits
from livechat_sdk.http.failures import Place, Reply, failure_of_error, failure_of_status
from livechat_sdk.http.redacting import secret_headers
from livechat_sdk.http.redirects import redirection
from livechat_sdk.http.transport import make_transport, overriding_transport, prepared

__all__ = ["Download", "FetchLimits", "fetch"]

_SUCCESS: Final = 2
_UNKNOWN_KIND: Final = "application/octet-stream"
_LONGEST_NAME: Final = 255
_LONGEST_NUMBER: Final = 16
_HEADERS: Final = {"User-Agent": "livechat-sdk", "Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a download may be. ``kinds``: media types (``image/png``, ``image/*``); every one if empty.

    ``max_bytes`` counts the file as it is when unpacked; ``seconds`` everything from the first look-up to the
    last byte.
    """

    max_bytes: int = 20_000_000
    seconds: float = 30.0
    kinds: Collection[str] = ()
    redirects: int = 5

    def take(self, kind: str) -> bool:
        """Whether a file of this media type may come."""
        return not self.kinds or kind in self.kinds or kind.partition("/")[0] + "/*" in self.kinds


@dataclass(slots=True)
class Download:
    """A file that is coming. What the other side says about it is a claim, no more.

    ``media_type`` is in lower case and without parameters. ``size``: bytes, where it is stated and not
    packed.
    """

    url: str = field(repr=False)
    media_type: str
    name: str | None
    size: int | None
    _response: httpx.Response = field(repr=False)
    _limits: FetchLimits = field(repr=False)
    _deadline: float = field(repr=False)
    _place: Place = field(repr=False)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The file piece by piece, once.

        Raises ``RejectedError`` when it is larger than the limit and ``RetryableError`` when it breaks off or
        the time is over: what came until then is not the file.
        """
        pieces = unpacked(self._response)
        received = 0
        while True:
            try:
                async with asyncio.timeout_at(self._deadline):
                    piece = await anext(pieces, None)
            except BROKEN as error:
                raise self._broken(error) from None
            if piece is None:
                return
            received += len(piece)
            if received > self._limits.max_bytes:
                raise _too_large(self._place, self._limits)
            yield piece

    async def read(self) -> bytes:
        """The whole file. Raises as ``chunks`` does."""
        return b"".join([piece async for piece in self.chunks()])

    def _broken(self, error: Exception) -> ProviderError:
        return failure_of_error(error, self._place, answered=True, seconds=self._limits.seconds)


@asynccontextmanager
async def fetch(
    url: str,
    egress: Egress,
    limits: FetchLimits | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    operation: str = "fetch",
) -> AsyncGenerator[Download]:
    """Begin to download ``url``.

    ``async with fetch(link, egress) as file: async for piece in file.chunks(): ...``

    Every hop is put to the rule; ``headers`` stay with the origin of ``url``. Nothing is repeated.

    Raises ``EgressRefused``, ``RejectedError`` (4xx, too large, another kind, too many redirects),
    ``RetryableError`` (no connection, time-out, broken off, 408, 425, 429, 5xx), ``AuthError`` and
    ``ProtocolError``.
    """
    limits = limits or FetchLimits()
    place = Place("", operation, lambda: secret_headers(headers or {}))
    deadline = asyncio.get_running_loop().time() + limits.seconds
    async with contextlib.AsyncExitStack() as stack:
        transport = overriding_transport()
        if transport is None:
            await prepared()
            transport = make_transport(egress=egress, connections=2, reuse=False)
            stack.push_async_callback(transport.aclose)
        request = httpx.Request(
            "GET", _checked_url(url, egress, place), headers=_HEADERS | dict(headers or {})
        )
        for _ in range(limits.redirects + 1):
            response = await _open(transport, request, place, deadline, limits)
            stack.push_async_callback(close_quietly, response)
            further = redirection(response.status_code, response.headers, request, egress, place)
            if further is None:
                break
            await close_quietly(response)
            request = further
        else:
            raise _refused("too many redirects", place)
        if response.status_code // 100 != _SUCCESS:
            raise await _failure(response, place, deadline)
        yield _download(response, request.url, limits, deadline, place)


async def _open(
    transport: httpx.AsyncBaseTransport,
    request: httpx.Request,
    place: Place,
    deadline: float,
    limits: FetchLimits,
) -> httpx.Response:
    request.extensions["timeout"] = time_limits(limits.seconds)
    try:
        async with asyncio.timeout_at(deadline):
            return await transport.handle_async_request(request)
    except BROKEN as error:
        raise failure_of_error(error, place, answered=False, seconds=limits.seconds) from None


def _download(
    response: httpx.Response, url: httpx.URL, limits: FetchLimits, deadline: float, place: Place
) -> Download:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower() or _UNKNOWN_KIND
    if not limits.take(kind):
        raise _refused(f"files of the kind {kind[:100]!r} are not taken", place)
    stated = response.headers.get("content-length", "")
    packed = "content-encoding" in response.headers
    size = int(stated) if stated.isdecimal() and len(stated) < _LONGEST_NUMBER and not packed else None
    if size is not None and size > limits.max_bytes:
        raise _too_large(place, limits)
    return Download(str(url), kind, _name(response.headers, url), size, response, limits, deadline, place)


def _name(headers: httpx.Headers, url: httpx.URL) -> str | None:
    """The file's name as the server or else the link gives it, without any folder."""
    message = Message()
    message["content-disposition"] = " ".join(headers.get("content-disposition", "").splitlines())
    name = message.get_filename() or unquote(url.path)
    name = name.replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in name if one.isprintable()).strip(" .")[-_LONGEST_NAME:] or None


async def _failure(response: httpx.Response, place: Place, deadline: float) -> ProviderError:
    content, cut = b"", True
    with contextlib.suppress(*BROKEN):
        async with asyncio.timeout_at(deadline):
            content, cut = await read_start(response)
    return failure_of_status(
        Reply(response.status_code, response.headers, content, cut=cut), place, datetime.now(UTC)
    )


def _checked_url(url: str, egress: Egress, place: Place) -> httpx.URL:
    try:
        return egress.check(url)
    except EgressRefused as refused:
        raise EgressRefused(refused.reason, operation=place.operation) from None


def _too_large(place: Place, limits: FetchLimits) -> RejectedError:
    return _refused(f"the file is larger than {limits.max_bytes:,} bytes", place)


def _refused(why: str, place: Place) -> RejectedError:
    return RejectedError(why, operation=place.operation, sent=True)
