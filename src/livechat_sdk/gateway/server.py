"""Runs the gateway with uvicorn: bounded connections, no access log, and a bounded, graceful end.

While it serves, the garbage collector of the process is called less often (``gateway.collecting``).

On SIGTERM or SIGINT the server stops taking connections, ends the event streams, lets requests that
are under way finish for ``drain`` seconds, and returns. Nothing that was accepted needs it: the ledger has
it all. A second SIGINT ends at once.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import uvicorn
from pydantic import SecretStr

from livechat_sdk.errors import ConfigurationError
from livechat_sdk.gateway.app import create_app
from livechat_sdk.gateway.collecting import collecting_seldom
from livechat_sdk.gateway.connections import protocol_with_deadline
from livechat_sdk.provider import AsgiApp

if TYPE_CHECKING:
    from livechat_sdk.dispatcher import Dispatcher

__all__ = ["GatewayServer", "ListenSettings", "serve"]

_log = logging.getLogger("livechat_sdk.gateway")

_BACKLOG = 512


class ListenSettings(Protocol):
    """The part of the settings that the server needs: ``gateway`` in ``livechat.yaml`` has it."""

    @property
    def host(self) -> str:
        """Address or name to listen on."""
        ...

    @property
    def port(self) -> int:
        """Port to listen on; 0 takes a free one."""
        ...

    @property
    def tokens(self) -> Sequence[SecretStr] | None:
        """Bearer tokens of the platform's side."""
        ...

    @property
    def metrics_tokens(self) -> Sequence[SecretStr] | None:
        """Bearer tokens for ``/metrics`` alone."""
        ...


async def serve(
    dispatcher: Dispatcher,
    settings: ListenSettings,
    *,
    mounts: Mapping[str, AsgiApp] | None = None,
    on_started: Callable[[str], object] | None = None,
    drain: float = 15.0,
    signals: bool = True,
) -> None:
    """Serve the gateway of a started dispatcher until a signal comes, then return.

    ``on_started`` is told the address, ``http://127.0.0.1:8080``, once connections are taken. ``mounts``
    are more applications, as for ``create_app``. ``drain`` is in seconds. Raises ``ConfigurationError``
    without a token, or when the address cannot be listened on.
    """
    app = create_app(
        dispatcher,
        tokens=settings.tokens or (),
        metrics_tokens=settings.metrics_tokens or (),
        mounts=mounts,
    )
    server = GatewayServer(app, host=settings.host, port=settings.port, drain=drain)
    server.listen()
    await server.run(on_started=on_started, signals=signals)


class GatewayServer:
    """One server for one ASGI application.

    ``listen`` takes the address, and whoever connects then waits until ``run`` serves; that lasts until
    ``stop`` (or a signal). ``close`` lets go of the address of a server that does not run. In seconds are
    ``header_timeout`` for the headers of a request, and ``drain`` for requests under way at the end.
    ``max_connections`` bounds open connections; whoever comes beyond it gets a 503.
    """

    def __init__(
        self,
        app: AsgiApp,
        *,
        host: str = "127.0.0.1",
        port: int = 8080,
        drain: float = 15.0,
        header_timeout: float = 10.0,
        max_connections: int = 1000,
    ) -> None:
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None
        config = uvicorn.Config(
            app,
            http=protocol_with_deadline(header_timeout),
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=max_connections,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=max(1, round(drain)),
        )
        stopping: Any = getattr(getattr(app, "state", None), "stopping", None)
        self._server = _Server(config, stopping if isinstance(stopping, asyncio.Event) else None)

    @property
    def url(self) -> str:
        """The address it listens on. Raises ``RuntimeError`` before ``listen``."""
        if self._socket is None:
            raise RuntimeError("the server does not listen yet: call listen() first")
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def listen(self) -> None:
        """Take the address. Raises ``ConfigurationError`` when it is taken, unknown or not allowed."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            self._socket = socket.create_server((self._host, self._port), family=family, backlog=_BACKLOG)
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {self._host} port {self._port}: {error.strerror or error}; "
                "set another `gateway.host` or `gateway.port`, or stop whatever listens there"
            ) from error
        self._socket.setblocking(False)

    def close(self) -> None:
        """Let go of the address, for a server that is not run after all; harmless otherwise."""
        if self._socket is not None:
            self._socket.close()

    async def run(self, *, on_started: Callable[[str], object] | None = None, signals: bool = True) -> None:
        """Serve until told to stop. ``signals``: SIGTERM and SIGINT tell it too (main thread only)."""
        if self._socket is None:
            self.listen()
        assert self._socket is not None  # noqa: S101 - listen() has set it
        url = self.url
        self._server.handles_signals = signals
        self._server.when_started = lambda: on_started(url) if on_started else None
        _log.info("listening on %s", url)
        try:
            with collecting_seldom():
                await self._server.serve([self._socket])
        finally:
            self.close()
        _log.info("stopped listening on %s", url)

    def stop(self) -> None:
        """Begin the graceful end; ``run`` returns after it."""
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """uvicorn's server, which ends the event streams first and does not die of the signal that ended it."""

    def __init__(self, config: uvicorn.Config, stopping: asyncio.Event | None) -> None:
        super().__init__(config)
        self._stopping = stopping
        self.handles_signals = True
        self.when_started: Callable[[], object] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.when_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._stopping is not None:
            self._stopping.set()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """As uvicorn's, but a signal is not raised again at the end: the caller has a store to close."""
        if not self.handles_signals or threading.current_thread() is not threading.main_thread():
            yield
            return
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {one: signal.signal(one, self.handle_exit) for one in handled}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
