"""Going where an answer sends us (RFC 9110 §15.4), with no more than that place may know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import httpx

from livechat_sdk.errors import ProviderError
from livechat_sdk.http.egress import Egress, EgressRefused
from livechat_sdk.http.failures import Place, Reply, failure_of_error

__all__ = ["Hop", "follow", "next_hop", "origin_of", "redirection"]

Send = Callable[[httpx.Request, Egress | None], Awaitable[Reply]]
"""Makes one exchange, under the rule if there is one."""

_SAME_METHOD: Final = frozenset({307, 308})
_REDIRECTS: Final = frozenset({301, 302, 303}) | _SAME_METHOD
_SEE_OTHER: Final = 303
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_READING: Final = frozenset({"GET", "HEAD"})
_CARRIED: Final = ("accept", "accept-encoding", "user-agent")
"""Headers that another origin gets."""
_OF_BODIES: Final = ("content-type", "content-length", "transfer-encoding")


@dataclass(frozen=True, slots=True)
class Hop:
    """The next address. ``keeps_body``: the request is to be made again as it was."""

    url: httpx.URL
    method: str
    keeps_body: bool


def next_hop(status: int, location: str | None, url: httpx.URL, method: str) -> Hop | None:
    """Where to go on from ``url``, or ``None`` if the answer is no redirect.

    Raises ``httpx.InvalidURL`` if the place cannot be read.
    """
    if status not in _REDIRECTS or not location:
        return None
    try:
        target = url.join(location).copy_with(fragment=None)
    except (ValueError, TypeError) as error:
        raise httpx.InvalidURL(str(error)) from error
    if status in _SAME_METHOD:
        return Hop(target, method, keeps_body=True)
    if method in _READING or (status != _SEE_OTHER and method != "POST"):
        return Hop(target, method, keeps_body=status != _SEE_OTHER)
    return Hop(target, "GET", keeps_body=False)


def origin_of(url: httpx.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port: what credentials are bound to."""
    return url.scheme, url.host.lower(), url.port or _DEFAULT_PORTS.get(url.scheme)


async def follow(
    request: httpx.Request, send: Send, place: Place, *, hops: int, egress: Egress | None
) -> Reply:
    """Send ``request``, and follow up to ``hops`` redirects. Raises ``ProviderError``.

    A redirect that leaves the origin is put to the egress rule; it carries neither credentials nor a body,
    and never leads from https to http.
    """
    reply = await send(request, egress)
    for _ in range(hops):
        further = redirection(reply.status, reply.headers, request, egress, place)
        if further is None:
            break
        if origin_of(further.url) != origin_of(request.url):
            egress = egress or Egress()
        request = further
        try:
            reply = await send(request, egress)
        except ProviderError as error:
            error.sent = True  # the first address has read the request
            raise
    return reply


def redirection(
    status: int, headers: httpx.Headers, request: httpx.Request, egress: Egress | None, place: Place
) -> httpx.Request | None:
    """The request that an answer asks for, or ``None`` if it asks for none.

    Another origin is put to the usual rule where there is no ``egress``. Raises ``EgressRefused``, and
    ``RetryableError`` if the place cannot be read.
    """
    try:
        hop = next_hop(status, headers.get("location"), request.url, request.method)
        if hop is None:
            return None
        if egress is not None or origin_of(hop.url) != origin_of(request.url):
            (egress or Egress()).check(hop.url)
        return _redirected(request, hop)
    except httpx.InvalidURL as error:
        raise failure_of_error(error, place, answered=True, seconds=0) from None
    except EgressRefused as refused:
        raise EgressRefused(refused.reason, provider=place.provider, operation=place.operation) from None


def _redirected(request: httpx.Request, hop: Hop) -> httpx.Request:
    headers = {name: value for name, value in request.headers.items() if name not in {"host", "cookie"}}
    if origin_of(hop.url) != origin_of(request.url):
        if hop.keeps_body and request.content:
            raise EgressRefused("a redirect would carry the body to another origin")
        if request.url.scheme == "https" and hop.url.scheme != "https":
            raise EgressRefused("a redirect would leave https")
        headers = {name: value for name, value in headers.items() if name in _CARRIED}
    if not hop.keeps_body:
        headers = {name: value for name, value in headers.items() if name not in _OF_BODIES}
    return httpx.Request(
        hop.method, hop.url, headers=headers, content=request.content if hop.keeps_body else None
    )
