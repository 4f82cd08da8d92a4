"""httpx's API over aiohttp, with errors that tell whether a request can have left.

Imported at the first call only. ``httpx-aiohttp`` reports every lost connection as a ``ConnectTimeout``, also
one that was lost after the request had been read; here each error of aiohttp becomes the class of httpx that
says the same. ``ConnectError`` and ``ConnectTimeout`` mean that no byte of the request was written.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from typing import Final

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from httpx_aiohttp import AiohttpTransport

from livechat_sdk.http.addresses import parse_address
from livechat_sdk.http.egress import Egress, EgressBlocked, EgressRefused

__all__ = ["VendorTransport"]

_KEEP_ALIVE: Final = 4.0
"""Seconds that an idle connection is kept. A vendor that closes it in the moment of a send makes the send
doubtful; most servers keep one for 5 s or longer, so we are the ones who close."""

_PIECE: Final = 65_536

_AddressInfo = tuple[
    int | socket.AddressFamily,
    int | socket.SocketKind,
    int,
    str,
    tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes],
]


class VendorTransport(AiohttpTransport):
    """One pool of connections. With an ``egress`` rule no socket is made to an address that it forbids.

    ``pinned`` is the SHA-256 of the only certificate that is good; then ``verify`` looks at nothing.
    """

    def __init__(
        self,
        *,
        verify: ssl.SSLContext,
        connections: int,
        pinned: bytes | None = None,
        egress: Egress | None = None,
        reuse: bool = True,
    ) -> None:
        self._pinned = pinned
        self._connections = connections
        self._egress = egress
        self._reuse = reuse
        super().__init__(verify=verify, client=self._session)

    def _session(self) -> aiohttp.ClientSession:
        guard = None if self._egress is None else _Guard(self._egress)
        connector = _Connector(
            ssl=self.ssl_context if self._pinned is None else aiohttp.Fingerprint(self._pinned),
            limit=self._connections,
            force_close=not self._reuse,
            keepalive_timeout=_KEEP_ALIVE if self._reuse else None,
            use_dns_cache=guard is None,
            resolver=guard,
            socket_factory=None if guard is None else guard.socket,
        )
        session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        # aiohttp repeats GET, PUT and DELETE by itself when a connection is lost; what is repeated is decided
        # here.
        session._retry_connection = False  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        return session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the body of the answer is still to be read."""
        try:
            return await super().handle_async_request(_in_pieces(request))
        except httpx.TransportError as error:
            raise _as_httpx(error.__cause__ or error) from error.__cause__
        except (aiohttp.ClientError, OSError) as error:
            raise _as_httpx(error) from error


class _Connector(aiohttp.TCPConnector):
    """Takes no idle connection on which the other side has spoken unasked.

    aiohttp would take what was said for the answer to the next request.
    """

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's own signature
    ) -> Connection:
        """A connection for one request."""
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            if protocol is None or not protocol.should_close:
                return connection
            connection.close()


class _Pieces(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._content), _PIECE):
            yield self._content[start : start + _PIECE]


def _in_pieces(request: httpx.Request) -> httpx.Request:
    """The same request, with a large body given to the socket piece by piece: the loop goes on meanwhile."""
    if len(request.content) <= _PIECE:
        return request
    return httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        stream=_Pieces(request.content),
        extensions=request.extensions,
    )


def _as_httpx(error: BaseException) -> httpx.TransportError:  # noqa: PLR0911 - one line for each kind
    """The error of httpx that says the same. The texts hold no link: those may carry secrets."""
    match error:
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout("no connection in time")
        case aiohttp.NonHttpUrlClientError() | aiohttp.InvalidURL():
            return httpx.UnsupportedProtocol("the address cannot be used")
        case aiohttp.ClientConnectorCertificateError():
            return httpx.ConnectError(f"certificate refused: {error.certificate_error}")
        case aiohttp.ServerFingerprintMismatch():
            return httpx.ConnectError("certificate refused: it is not the pinned one")
        case aiohttp.ClientConnectorError():
            return httpx.ConnectError(f"no connection: {error.os_error}")
        case aiohttp.ServerTimeoutError():
            return httpx.ReadTimeout("no answer in time")
        case aiohttp.ClientResponseError():
            return httpx.RemoteProtocolError(f"the answer is not HTTP: {error.message}"[:200])
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError():
            return httpx.RemoteProtocolError("the connection was closed without an answer")
        case httpx.TransportError():
            return error
        case _:
            return httpx.ReadError(f"the connection was lost ({type(error).__name__})")


class _Guard(AbstractResolver):
    """Asks the egress rule about the addresses of a name, and again about each socket before it is made."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._vouched: set[str] = set()
        """Addresses of names that are allowed by name."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        try:
            found = await self._egress.addresses(host, port)
        except EgressRefused as refused:
            raise EgressBlocked(refused.reason) from refused
        if self._egress.allows_name(host.lower().removesuffix("."), port):
            self._vouched.update(found)
        results = [
            ResolveResult(
                hostname=host,
                host=text,
                port=port,
                family=socket.AF_INET6 if ":" in text else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for text in found
        ]
        if not results:
            raise OSError(None, f"no address for {host}")
        return results

    def socket(self, info: _AddressInfo) -> socket.socket:
        """Make the socket for one address, if the rule allows it. Whatever came before, this is used."""
        family, kind, protocol, _, place = info
        text = str(place[0])
        address = parse_address(text)
        if address is None:
            raise EgressBlocked("an address that cannot be read")
        if text not in self._vouched and not self._egress.allows_name(str(address), int(place[1])):
            try:
                self._egress.check_address(address, text)
            except EgressRefused as refused:
                raise EgressBlocked(refused.reason) from refused
        return socket.socket(family=family, type=kind, proto=protocol)

    async def close(self) -> None:
        """Nothing is held."""
