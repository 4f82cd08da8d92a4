"""Serves a simulator over sockets with uvicorn, and delivers its webhooks as they fall due.

On SIGINT or SIGTERM no more connections are taken, requests under way finish, webhooks that are due get their
attempt, and ``serve`` returns. A second SIGINT ends at once.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, Final, cast

import h11
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from livechat_sdk_simulators.certificates import SelfSigned
from livechat_sdk_simulators.clock import is_virtual
from livechat_sdk_simulators.control import LOCAL_ONLY
from livechat_sdk_simulators.cuts import Cut
from livechat_sdk_simulators.simulator import Simulator

__all__ = ["SimulatorServer", "address_of", "listen"]

HEADER_SECONDS = 10.0
"""Seconds that a caller has for the headers of a request."""

_CUT: Final = "livechat_sdk_simulators.cut"
_SILENCE: Final = 60.0
_CONNECTIONS: Final = 500


def listen(port: int = 0, host: str = "127.0.0.1") -> socket.socket:
    """Take an address of this machine; port 0 takes a free one. Raises ``OSError``.

    It comes first, because a simulator is told its own address when it is made.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    listener.setblocking(False)
    return listener


def address_of(listener: socket.socket, *, tls: bool = False) -> str:
    """The address as callers write it: ``http://127.0.0.1:8090``, or with ``https``."""
    host, port = listener.getsockname()[:2]
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


class SimulatorServer:
    """One simulator on one listening socket, over TLS when there is a ``certificate``.

    ``drain`` is in seconds, for requests under way at the end.
    """

    def __init__(
        self,
        simulator: Simulator,
        listener: socket.socket,
        *,
        drain: float = 5.0,
        certificate: SelfSigned | None = None,
    ) -> None:
        self._simulator = simulator
        self._listener = listener
        self._drain = drain
        self._tls = certificate is not None
        config = uvicorn.Config(
            _Breakable(simulator.app),
            http=_CuttableProtocol,
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=max(1, round(drain)),
        )
        if certificate is not None:
            config.load()
            config.ssl = certificate.context()
        self._server = _Server(config)

    async def run(self, *, on_started: Callable[[str], object] | None = None, signals: bool = True) -> None:
        """Serve until ``stop``, or a signal when ``signals`` is set (main thread only)."""
        url = address_of(self._listener, tls=self._tls)
        self._server.handles_signals = signals
        self._server.when_started = lambda: on_started(url) if on_started else None
        pumping = asyncio.create_task(self._pump_for_ever(), name="webhooks")
        pumping.add_done_callback(lambda _: self.stop())
        try:
            await self._server.serve([self._listener])
        finally:
            self._listener.close()
            if not pumping.done():
                pumping.cancel()
            with suppress(asyncio.CancelledError):
                await pumping
            with suppress(TimeoutError):
                async with asyncio.timeout(self._drain):
                    await self._simulator.pump()
            await self._simulator.close()

    async def _pump_for_ever(self) -> None:
        webhooks, clock = self._simulator.webhooks, self._simulator.clock
        while True:
            webhooks.changed.clear()
            await self._simulator.pump()
            due = webhooks.next_due()
            pause = None if due is None or is_virtual(clock) else (due - clock.now()).total_seconds()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if pause is None else max(0.0, pause)):
                    await webhooks.changed.wait()

    def stop(self) -> None:
        """Begin the graceful end; ``run`` returns after it."""
        self._server.should_exit = True


class _Breakable:
    """Does to a real connection what a scripted fault wants."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[LOCAL_ONLY] = True
        try:
            await self._app(scope, receive, send)
        except Cut as cut:
            if cut.kind in {"silent", "silent_connect"}:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_SILENCE):
                        await _until_gone(receive)
            cast("Callable[[], None]", scope[_CUT])()
            await _until_gone(receive)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _CuttableProtocol(H11Protocol):
    """A connection that the application can close without an answer, and whose headers must come in time."""

    _deadline: asyncio.TimerHandle | None = None
    _upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._watch()
        inner: Any = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope[_CUT] = transport.close
            await inner(scope, receive, send)

        self.app = app

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_watching()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Let go of the connection: from now on a WebSocket speaks on it, for as long as it likes."""
        self._upgraded = True
        self._stop_watching()
        super().handle_websocket_upgrade(event)

    def _watch(self) -> None:
        """Give up a connection on which no request is under way, and none arrives in time."""
        under_way = bool(self.cycle) and not self.cycle.response_complete  # before the first there is none
        if under_way or self._upgraded:
            self._stop_watching()
        elif self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _stop_watching(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Server(uvicorn.Server):
    """uvicorn's server, which does not die of the signal that ended it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.handles_signals = True
        self.when_started: Callable[[], object] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.when_started()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """As uvicorn's, but the signal is not raised again at the end."""
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
