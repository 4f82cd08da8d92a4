"""How a request looks from outside: who sent it, over which scheme, and below which path.

Behind a proxy the gateway sees the proxy's address and plain HTTP. What the proxy says of the other side
counts only when it comes from one of ``gateway.trusted_proxies``, and only in the one header that the
settings name: whatever else a client sends, it changes nothing. ``gateway.public_url`` says for sure what
the address outside is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import zip_longest
from typing import Final, Literal, Protocol
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Outside", "OutsideSettings"]

_Address = IPv4Address | IPv6Address
_Network = IPv4Network | IPv6Network

_MOST: Final = 20
"""Entries of a header that are looked at, from the gateway's end: more proxies in a row than anybody has."""

_LONGEST: Final = 4096
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')


class OutsideSettings(Protocol):
    """The part of ``gateway`` in the settings that says what is outside."""

    @property
    def public_url(self) -> str | None:
        """The address of the gateway for everybody."""
        ...

    @property
    def trusted_proxies(self) -> Sequence[str]:
        """Addresses and networks whose word about the client counts."""
        ...

    @property
    def proxy_header(self) -> Literal["X-Forwarded-For", "Forwarded"]:
        """The header in which they say who the client is."""
        ...


class Outside:
    """Middleware that puts the client, the scheme and the path from outside into the scope.

    Applications read them from the request as always, and need to know of no proxy.
    """

    def __init__(self, app: ASGIApp, settings: OutsideSettings) -> None:
        public = urlsplit(settings.public_url or "")
        self._app = app
        self._is_https = public.scheme.lower() == "https"
        self._prefix = unquote(public.path).rstrip("/")
        self._raw_prefix = public.path.rstrip("/").encode("utf-8")
        self._trusted: tuple[_Network, ...] = tuple(ip_network(one) for one in settings.trusted_proxies)
        self._standard = settings.proxy_header == "Forwarded"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            scope = self._seen_from_outside(scope)
        await self._app(scope, receive, send)

    def _seen_from_outside(self, scope: Scope) -> Scope:
        seen = dict(scope)
        client = scope.get("client")
        peer = _address(client[0]) if client else None
        if peer is not None and self._trusts(peer):
            found, scheme = self._told(scope, peer)
            if found != peer:
                seen["client"] = (str(found), 0)
            if scheme is not None:
                seen["scheme"] = scheme
        if self._is_https:
            seen["scheme"] = "https"
        if self._prefix and not scope.get("root_path"):
            seen["root_path"] = self._prefix
            path: str = scope["path"]
            if path != self._prefix and not path.startswith(f"{self._prefix}/"):
                seen["path"] = f"{self._prefix}{path}"
                if scope.get("raw_path") is not None:
                    seen["raw_path"] = self._raw_prefix + scope["raw_path"]
        return seen

    def _trusts(self, address: _Address) -> bool:
        return any(address in network for network in self._trusted if network.version == address.version)

    def _told(self, scope: Scope, peer: _Address) -> tuple[_Address, str | None]:
        """The client and the scheme that trusted proxies name; each is believed by the one before it only."""
        client, scheme = peer, None
        for said, proto in self._hops(scope):
            scheme = proto or scheme
            found = _address(said)
            if found is None:
                break  # hidden, or no address: what stands before it was told by somebody unknown
            client = found
            if not self._trusts(found):
                break
        return client, scheme

    def _hops(self, scope: Scope) -> Iterator[tuple[str, str | None]]:
        """What each proxy said of whom it heard, the nearest to us first."""
        if not self._standard:
            protos = _values(scope, b"x-forwarded-proto")
            said = _values(scope, b"x-forwarded-for")
            yield from (
                (one, _scheme(proto)) for one, proto in zip_longest(said or [""], protos, fillvalue="")
            )
            return
        for element in _values(scope, b"forwarded"):
            pairs: dict[str, str] = {}
            for pair in element.split(";"):
                name, _, value = pair.strip().partition("=")
                quoted = _QUOTED.fullmatch(value.strip())
                pairs.setdefault(name.lower(), quoted[1] if quoted else value.strip())
            yield pairs.get("for", ""), _scheme(pairs.get("proto", ""))


def _values(scope: Scope, name: bytes) -> list[str]:
    """The elements of a header that is a list, all its lines together, the last one first."""
    lines = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
    text = ",".join(lines)[-_LONGEST:]
    if not text:
        return []
    return [one.strip() for one in reversed(text.split(","))][:_MOST]


def _scheme(text: str) -> str | None:
    return text.lower() if text.lower() in {"http", "https"} else None


def _address(text: str) -> _Address | None:
    """An address as proxies write it: perhaps with a port, in brackets, or IPv4 inside IPv6."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
