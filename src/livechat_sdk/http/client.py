"""The client through which an adapter speaks to its vendor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import httpx

from livechat_sdk.domain.clock import Clock, SystemClock
from livechat_sdk.errors import ProviderError, RetryableError
from livechat_sdk.http.answer import Answer
from livechat_sdk.http.auth import Auth
from livechat_sdk.http.bodies import ACCEPTED_ENCODINGS
from livechat_sdk.http.egress import Egress, EgressRefused
from livechat_sdk.http.exchange import exchange
from livechat_sdk.http.failures import (
    TOO_MANY,
    UNAUTHORISED,
    ClientClosed,
    Place,
    Reply,
    failure_of_error,
    failure_of_status,
    request_id_of,
)
from livechat_sdk.http.limiting import Limiter
from livechat_sdk.http.redacting import secret_headers
from livechat_sdk.http.redirects import follow, origin_of
from livechat_sdk.http.repeating import Repeat, call_repeatedly
from livechat_sdk.http.targets import Params, base_of, target_of
from livechat_sdk.http.transport import (
    Trust,
    make_transport,
    overriding_clock,
    overriding_transport,
    prepared,
)

__all__ = ["Classify", "VendorClient"]

Classify = Callable[[int, bytes], type[ProviderError] | None]
"""From the status and the body of an unwelcome answer: the class of its error, where the status alone would
say something else; ``None`` where the status is right."""

_SHORTEST: Final = 0.05
"""Seconds that an attempt gets at least."""

_SUCCESS: Final = 2

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Call:
    """What one call asks for, the same for each of its attempts."""

    place: Place
    method: str
    url: httpx.URL
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    accepted: Collection[int] | None
    redirects: int
    timeout: float
    limit: int
    signed: bool

    def expects(self, status: int) -> bool:
        """Whether the caller can read an answer with this status."""
        return status in self.accepted if self.accepted is not None else status // 100 == _SUCCESS


class VendorClient:
    """One integration's calls to its vendor, over one pool of connections.

    Made without an event loop, and used by one, which is the one that made the first call.

    ``base_url``: what paths are relative to; from the settings, so the egress rule does not question it
    unless ``egress`` is given. ``timeout``: seconds for one attempt, everything included. ``budget``: seconds
    for a call with its repeats. ``max_bytes``: how much of an answer is read, unpacked. ``connections``: how
    many are open at once. ``ca_bundle``, ``certificate_sha256``, ``verify``: see ``transport.Trust``.
    ``classify``: what an error means whose status says something else. ``limiter``: how many calls may be
    under way, and who waits after a 429.
    """

    def __init__(  # noqa: PLR0913 - an integration has that many sides
        self,
        *,
        provider: str,
        base_url: str,
        auth: Auth | None = None,
        timeout: float = 10.0,
        budget: float = 20.0,
        egress: Egress | None = None,
        headers: Mapping[str, str] | None = None,
        ca_bundle: Path | None = None,
        certificate_sha256: str | None = None,
        verify: bool = True,
        clock: Clock | None = None,
        max_bytes: int = 5_000_000,
        connections: int = 100,
        classify: Classify | None = None,
        limiter: Limiter | None = None,
    ) -> None:
        self.provider = provider
        self._classify = classify
        self._limiter = limiter
        self._base = base_of(base_url, provider)
        self._auth = auth
        self._timeout = timeout
        self._budget = budget
        self._egress = egress
        self._headers = {
            "User-Agent": f"livechat-sdk/{version('livechat-sdk')}",
            "Accept": "application/json",
            "Accept-Encoding": ACCEPTED_ENCODINGS,
            **(headers or {}),
        }
        self._trust = Trust(ca_bundle, certificate_sha256, verify)
        self._clock = clock or SystemClock()
        self._max_bytes = max_bytes
        self._connections = connections
        self._pools: dict[Egress | None, httpx.AsyncBaseTransport] = {}
        self._closed = False

    def __repr__(self) -> str:
        return f"VendorClient({self.provider!r}, {self._base.host!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def clock(self) -> Clock:
        """The clock that pauses and the age of tokens are measured with."""
        return overriding_clock() or self._clock

    async def request(  # noqa: PLR0913 - a request has that many sides
        self,
        operation: str,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Any = None,
        form: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        files: Any = None,
        headers: Mapping[str, str] | None = None,
        repeat: Repeat = Repeat.NEVER_LEFT,
        expect: Collection[int] | None = None,
        redirects: int = 0,
        timeout: float | None = None,  # noqa: ASYNC109 - kept by asyncio.timeout
        budget: float | None = None,
        max_bytes: int | None = None,
        auth: bool = True,
    ) -> Answer:
        """Call the vendor and return its answer, read to the end.

        ``operation`` names the call in errors. ``path`` is relative to the base URL, or a whole URL;
        credentials go to the origin of the base URL alone. One of ``json``, ``form``, ``content`` and
        ``files`` (as httpx takes them) is the body. ``expect``: the statuses that the caller can read; all
        2xx if not given. ``redirects``: how many are followed at most; see ``redirects.follow``. After a 401
        the call is made once more if there is a newer token, whatever ``repeat`` says: the first was not
        applied.

        Raises ``AuthError`` (401, 403, 407), ``RetryableError`` (no connection, time-out, lost connection,
        408, 425, 429, 5xx), ``RejectedError`` (other 4xx, the egress rule) and ``ProtocolError`` (other
        statuses, an answer that is too large or cannot be unpacked). ``sent`` is False only if the request
        provably never left.
        """
        place = Place(self.provider, operation, lambda: self._secrets(headers or {}))
        call = _Call(
            place=place,
            method=method.upper(),
            url=self._url(path, params, place),
            body={"json": json, "data": form, "content": content, "files": files},
            headers={**self._headers, **(headers or {})},
            accepted=expect,
            redirects=redirects,
            timeout=timeout or self._timeout,
            limit=max_bytes or self._max_bytes,
            signed=auth,
        )
        return await call_repeatedly(
            lambda deadline: self._attempt(call, deadline),
            repeat,
            clock=self.clock,
            budget=budget or self._budget,
        )

    async def close(self) -> None:
        """Close all connections. Calls under way fail, later ones too."""
        self._closed = True
        if self._auth is not None:
            await self._auth.close()
        while self._pools:
            _, pool = self._pools.popitem()
            await pool.aclose()

    def _url(self, path: str, params: Params | None, place: Place) -> httpx.URL:
        try:
            url = target_of(self._base, path, params)
            return url if self._egress is None else self._egress.check(url)
        except httpx.InvalidURL as error:
            raise failure_of_error(error, place, answered=False, seconds=0) from None
        except EgressRefused as refused:
            raise EgressRefused(refused.reason, provider=place.provider, operation=place.operation) from None

    def _secrets(self, headers: Mapping[str, str]) -> Iterable[str]:
        own = () if self._auth is None else self._auth.secrets()
        return [*own, *secret_headers(self._headers), *secret_headers(headers)]

    async def _attempt(self, call: _Call, deadline: datetime) -> Answer:
        auth = self._auth if call.signed and origin_of(call.url) == origin_of(self._base) else None
        signature: Mapping[str, str] = {}
        if auth is not None:
            at_hand = auth.at_hand()
            signature = await self._first(call, deadline, auth.headers(self)) if at_hand is None else at_hand
        reply = await self._follow(call, signature, deadline)
        if (
            reply.status == UNAUTHORISED
            and auth is not None
            and await self._first(call, deadline, auth.renew(self, signature))
        ):
            signature = await self._first(call, deadline, auth.headers(self))
            reply = await self._follow(call, signature, deadline)
        if not call.expects(reply.status):
            raise self._failure(reply, call.place)
        return Answer(
            status=reply.status,
            headers=reply.headers,
            content=reply.content,
            provider=self.provider,
            operation=call.place.operation,
            request_id=request_id_of(reply.headers),
        )

    def _failure(self, reply: Reply, place: Place) -> ProviderError:
        now = self.clock.now()
        kind = None if self._classify is None else self._classify(reply.status, reply.content)
        failure = failure_of_status(reply, place, now, kind)
        if self._limiter is not None and reply.status == TOO_MANY and failure.retry_after is not None:
            self._limiter.slow_down(place.operation, failure.retry_after, now)
        return failure

    async def _first(self, call: _Call, deadline: datetime, needed: Awaitable[_T]) -> _T:
        """What must be had before the call can leave: if it fails, the call never left."""
        try:
            async with asyncio.timeout(self._left(deadline)):
                return await needed
        except asyncio.CancelledError:
            if self._closed and not _is_cancelled():
                raise ClientClosed(call.place) from None
            raise
        except TimeoutError:
            raise RetryableError(
                "no credentials in time", provider=self.provider, operation=call.place.operation, sent=False
            ) from None
        except ProviderError as error:
            error.sent = False
            raise

    async def _follow(self, call: _Call, signature: Mapping[str, str], deadline: datetime) -> Reply:
        async def send(request: httpx.Request, egress: Egress | None) -> Reply:
            if self._limiter is None:
                return await exchanged(request, egress)
            async with self._limiter.turn(call.place, self.clock.now(), self._left(deadline)):
                return await exchanged(request, egress)

        async def exchanged(request: httpx.Request, egress: Egress | None) -> Reply:
            return await exchange(
                await self._transport(egress, call.place),
                request,
                call.place,
                seconds=min(call.timeout, self._left(deadline)),
                limit=call.limit,
                expected=call.expects,
            )

        headers = {**call.headers, **signature}
        request = httpx.Request(call.method, call.url, headers=headers, **call.body)
        await request.aread()
        return await follow(request, send, call.place, hops=call.redirects, egress=self._egress)

    def _left(self, deadline: datetime) -> float:
        return max((deadline - self.clock.now()).total_seconds(), _SHORTEST)

    async def _transport(self, egress: Egress | None, place: Place) -> httpx.AsyncBaseTransport:
        transport = overriding_transport()
        if transport is None and egress not in self._pools:
            await prepared(self._trust)
        if self._closed:
            raise ClientClosed(place)
        if transport is None:  # whatever it is worth as a truth value
            transport = self._pools.get(egress)
        if transport is None:
            transport = make_transport(trust=self._trust, connections=self._connections, egress=egress)
            self._pools[egress] = transport
        return transport


def _is_cancelled() -> bool:
    """Whether it is this task that somebody cancelled, and not only what it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
