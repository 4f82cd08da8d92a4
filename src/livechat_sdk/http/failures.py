"""What a failed exchange or an unwelcome status means: the one place that makes a ``ProviderError`` of it.

``sent`` is False only where it is proved that no byte of the request left: no name, no connection, no TLS, no
credentials to send it with. A time-out, a lost connection or a broken answer proves nothing. 429 and 401 have
``sent`` True, because the vendor read the request, and their status says that it was turned away unapplied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx

from livechat_sdk.errors import AuthError, ProtocolError, ProviderError, RejectedError, RetryableError
from livechat_sdk.http.bodies import EXCERPT_BYTES, UnknownEncoding
from livechat_sdk.http.egress import EgressBlocked, EgressRefused
from livechat_sdk.http.redacting import excerpt
from livechat_sdk.http.retry_after import seconds_to_wait

__all__ = [
    "TOO_MANY",
    "UNAUTHORISED",
    "ClientClosed",
    "Place",
    "Reply",
    "failure_of_error",
    "failure_of_status",
    "request_id_of",
]

UNAUTHORISED: Final = 401
TOO_MANY: Final = 429
_AUTH: Final = frozenset({UNAUTHORISED, 403, 407})
_TEMPORARY: Final = frozenset({408, 425, TOO_MANY})
_REQUEST_IDS: Final = (
    b"x-request-id",
    b"request-id",
    b"x-correlation-id",
    b"inin-correlation-id",
    b"x-ms-request-id",
    b"x-ms-service-request-id",
    b"x-zendesk-request-id",
)
_NEVER_LEFT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class ClientClosed(RetryableError):
    """The client was closed before the request left. Another one may serve later; this one will not."""

    def __init__(self, place: Place) -> None:
        super().__init__(
            "the client is closed", provider=place.provider, operation=place.operation, sent=False
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where an error happens: integration type and operation, and what must not be shown."""

    provider: str
    operation: str
    secrets: Callable[[], Iterable[str]] = tuple
    """Asked when an error is made: tokens change."""

    def clean(self, text: str) -> str:
        """``text`` without secrets, as one short line."""
        body = text.encode("utf-8", "replace")
        return excerpt(body[:EXCERPT_BYTES], self.secrets(), cut=len(body) > EXCERPT_BYTES) or ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of whatever status. ``cut``: its body goes on behind what was read."""

    status: int
    headers: httpx.Headers
    content: bytes
    cut: bool = False


def failure_of_error(error: Exception, place: Place, *, answered: bool, seconds: float) -> ProviderError:
    """The error for an exchange that broke. ``answered``: status and headers had been read by then."""
    blocked = _blocked(error)
    if blocked is not None:
        return EgressRefused(place.clean(blocked), provider=place.provider, operation=place.operation)
    kind, what, sent = _kind_of(error, place.clean(str(error)), answered=answered, seconds=seconds)
    return kind(what, provider=place.provider, operation=place.operation, sent=sent)


def _kind_of(
    error: Exception, text: str, *, answered: bool, seconds: float
) -> tuple[type[ProviderError], str, bool | None]:
    if isinstance(error, UnknownEncoding):
        return ProtocolError, f"the answer cannot be unpacked: {text}", True
    too_late = isinstance(error, TimeoutError | httpx.TimeoutException)
    if answered:
        if isinstance(error, httpx.InvalidURL):
            return ProtocolError, "a redirect to an address that cannot be read", True
        return RetryableError, f"the answer broke off: {'too slow' if too_late else text}", True
    if isinstance(error, _NEVER_LEFT):
        return RetryableError, f"no connection: {text.removeprefix('no connection: ')}", False
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return RejectedError, "the address cannot be used", False
    what = f"no answer within {seconds:g} s" if too_late else f"the connection was lost: {text}"
    return RetryableError, what, None


def failure_of_status(
    reply: Reply, place: Place, now: datetime, known: type[ProviderError] | None = None
) -> ProviderError:
    """The error for a status that nobody expected; ``known`` is its class where the body has told."""
    wish = seconds_to_wait(reply.headers.get("retry-after"), now)
    body = excerpt(reply.content, place.secrets(), cut=reply.cut)
    kind, what = _class_of(reply.status)
    if known is not None and known is not kind:
        kind, what = known, _WORDS.get(known, what)
    return kind(
        f"{what} (status {reply.status})" + (f": {body}" if body else ""),
        provider=place.provider,
        operation=place.operation,
        status=reply.status,
        request_id=request_id_of(reply.headers),
        body=body,
        retry_after=wish,
        sent=True,
    )


_WORDS: Final[Mapping[type[ProviderError], str]] = {
    AuthError: "credentials refused",
    ProtocolError: "unexpected answer",
    RejectedError: "refused",
    RetryableError: "not now",
}


def _class_of(status: int) -> tuple[type[ProviderError], str]:
    if status in _AUTH:
        return AuthError, "credentials refused"
    if status in _TEMPORARY or status >= 500:  # noqa: PLR2004 - the server's own errors
        return RetryableError, "not now"
    if status >= 400:  # noqa: PLR2004 - the other errors of a client
        return RejectedError, "refused"
    return ProtocolError, "unexpected answer"


def request_id_of(headers: httpx.Headers) -> str | None:
    """What the vendor calls this request, for its support."""
    # In one pass: each look into httpx's headers goes through all of them.
    named = {name.lower(): value for name, value in reversed(headers.raw) if value}
    found = next((named[name] for name in _REQUEST_IDS if name in named), None)
    return None if found is None else found.decode(headers.encoding)[:200]


def _blocked(error: BaseException | None) -> str | None:
    """Why the egress rule stopped this connection, if it did."""
    for _ in range(10):
        if error is None:
            break
        if isinstance(error, EgressBlocked):
            return str(error)
        error = error.__cause__
    return None
