"""WebSockets of vendors that push their events: one way to open them, and one place to put others in theirs.

    socket = await open_socket(channel.connect_uri, provider=self.type)
    text = await socket.receive()

The library is imported with the first socket. Where credentials go along, they do so in ``headers``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from livechat_sdk.domain.clock import Clock, SystemClock
from livechat_sdk.errors import AuthError, ProtocolError, ProviderError, RejectedError, RetryableError
from livechat_sdk.http.transport import prepared

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

__all__ = ["AnySocket", "Socket", "open_socket", "override_sockets", "socket_clock"]

_AUTH: Final = frozenset({401, 403, 407})
_TEMPORARY: Final = frozenset({408, 425, 429})
_SERVER: Final = 500
_CLIENT: Final = 400


class AnySocket(Protocol):
    """What may stand in the place of a WebSocket: ``None`` from ``receive`` means that it is closed."""

    async def receive(self) -> str | None:
        """The next message."""
        ...

    async def send(self, text: str) -> object:
        """Send a message."""
        ...

    async def close(self) -> object:
        """Close it."""
        ...


Connect = Callable[[str], Awaitable[AnySocket]]


class Socket:
    """A WebSocket to a vendor. Made by ``open_socket``.

    What fails raises the ``ProviderError`` family: a socket that is closed or lost is a ``RetryableError``.
    """

    def __init__(self, inner: AnySocket, provider: str, operation: str) -> None:
        self._inner = inner
        self._provider = provider
        self._operation = operation

    async def receive(self) -> str:
        """The next message, as text."""
        text = await self._inner.receive()
        if text is None:
            raise self._failure("the socket was closed by the other side")
        return text

    async def send(self, text: str) -> None:
        """Send a message."""
        await self._inner.send(text)

    async def close(self) -> None:
        """Close it. A socket that is closed already is no error."""
        with suppress(ProviderError):
            await self._inner.close()

    def _failure(self, what: str) -> RetryableError:
        return RetryableError(what, provider=self._provider, operation=self._operation)


@dataclass(frozen=True, slots=True, eq=False)
class _Override:
    connect: Connect
    clock: Clock | None


_overrides: list[_Override] = []
"""For the whole process, not for a task: see ``transport``."""


@contextmanager
def override_sockets(connect: Connect, *, clock: Clock | None = None) -> Generator[None]:
    """Let every ``open_socket`` of this process use ``connect`` instead of a network.

    The latest that was entered counts. With a ``clock``, whoever listens to sockets waits by it
    (``socket_clock``).
    """
    override = _Override(connect, clock)
    _overrides.append(override)
    try:
        yield
    finally:
        _overrides.remove(override)


def socket_clock() -> Clock:
    """The clock for pauses, heartbeats and time limits of sockets."""
    clock = _overrides[-1].clock if _overrides else None
    return clock or SystemClock()


async def open_socket(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    provider: str = "",
    operation: str = "stream",
    timeout: float = 10.0,  # noqa: ASYNC109 - kept by asyncio.timeout
    max_bytes: int = 1_000_000,
    ping_every: float = 20.0,
) -> Socket:
    """Open a WebSocket.

    ``timeout``: seconds until it must be open. ``max_bytes``: the longest message that is read; a longer one
    closes the socket. ``ping_every``: seconds between two pings of the protocol; a socket whose pings are not
    answered for as long is lost. Redirects are not followed.

    Raises ``AuthError`` (401, 403, 407), ``RejectedError`` (other 4xx, an address that cannot be used),
    ``RetryableError`` (no connection, too late, 5xx) and ``ProtocolError`` (no WebSocket there).
    """
    if urlsplit(url).scheme not in {"ws", "wss"}:
        raise RejectedError(
            "the address is none of a WebSocket", provider=provider, operation=operation, sent=False
        )
    inner: AnySocket
    if _overrides:
        inner = await _overrides[-1].connect(url)
    else:
        inner = await _connect(url, headers or {}, provider, operation, timeout, max_bytes, ping_every)
    return Socket(inner, provider, operation)


async def _connect(
    url: str,
    headers: Mapping[str, str],
    provider: str,
    operation: str,
    seconds: float,
    max_bytes: int,
    ping_every: float,
) -> AnySocket:
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI

    class Straight(connect):
        """Goes where it was sent, and nowhere else."""

        def process_redirect(self, exc: Exception) -> Exception | str:
            return exc

    def failure(kind: type[ProviderError], what: str, status: int | None = None) -> ProviderError:
        return kind(
            what, provider=provider, operation=operation, status=status, sent=status is not None or None
        )

    try:
        async with asyncio.timeout(seconds):
            # The good certificates are those of calls, and read beside the event loop.
            trusted = await prepared() if urlsplit(url).scheme == "wss" else None
            connection = await Straight(
                url,
                ssl=trusted,
                additional_headers=dict(headers),
                open_timeout=None,
                close_timeout=2.0,
                max_size=max_bytes,
                ping_interval=ping_every,
                ping_timeout=ping_every,
            )
    except TimeoutError:
        raise failure(RetryableError, f"no socket within {seconds:g} s") from None
    except InvalidStatus as error:
        status = error.response.status_code
        raise failure(_kind_of(status), f"the socket was refused (status {status})", status) from None
    except InvalidURI:
        raise failure(RejectedError, "the address cannot be used") from None
    except InvalidHandshake:
        raise failure(ProtocolError, "there is no WebSocket at this address") from None
    except OSError as error:
        raise failure(RetryableError, f"no connection: {error.strerror or type(error).__name__}") from None
    return _Real(connection, provider, operation)


def _kind_of(status: int) -> type[ProviderError]:
    if status in _AUTH:
        return AuthError
    if status in _TEMPORARY or status >= _SERVER:
        return RetryableError
    return RejectedError if status >= _CLIENT else ProtocolError


class _Real:
    """A socket of the library, with our errors."""

    def __init__(self, connection: ClientConnection, provider: str, operation: str) -> None:
        self._connection = connection
        self._provider = provider
        self._operation = operation

    async def receive(self) -> str | None:
        from websockets.exceptions import ConnectionClosed

        try:
            message = await self._connection.recv()
        except ConnectionClosed as closed:
            raise self._lost(closed) from None
        return message if isinstance(message, str) else message.decode("utf-8", "replace")

    async def send(self, text: str) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            await self._connection.send(text)
        except ConnectionClosed as closed:
            raise self._lost(closed) from None

    async def close(self) -> None:
        await self._connection.close()

    def _lost(self, closed: Exception) -> RetryableError:
        received = getattr(closed, "rcvd", None)
        code = getattr(received, "code", None)
        what = "the socket was lost" if code is None else f"the socket was closed (code {code})"
        return RetryableError(what, provider=self._provider, operation=self._operation)
