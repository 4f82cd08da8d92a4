"""An ASGI application that goes on while the one behind it is exchanged for another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Final

from starlette.applications import Starlette
from starlette.types import Message, Receive, Scope, Send

from livechat_sdk.errors import StoreError
from livechat_sdk.gateway.refusals import refusal_for

__all__ = ["Switch"]

_log = logging.getLogger("livechat_sdk.gateway")

_PATIENCE: Final = 30.0
"""Seconds for which a request waits that comes in between."""


class _Stopping(asyncio.Event):
    """Tells the application of the moment too."""

    def __init__(self, switch: Switch) -> None:
        super().__init__()
        self._switch = switch

    def set(self) -> None:
        super().set()
        self._switch.tell_stopping()


class Switch:
    """Hands requests to the application of the moment. ``hold`` and ``go_on`` stand around an exchange."""

    def __init__(self) -> None:
        self._app: Starlette | None = None
        self._open = asyncio.Event()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._running: dict[asyncio.Task[None], bool] = {}
        """What is under way, and whether it is a stream, which ends only when it is told to."""
        self.state = SimpleNamespace(stopping=_Stopping(self))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the start and end of the server."""
        if scope["type"] != "http":
            if self._app is not None:
                await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._open.wait()
        except TimeoutError:
            trouble = refusal_for(StoreError("the settings are being reloaded; try again"))
            await trouble.answer()(scope, receive, send)
            return
        await self._run(scope, receive, send)

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        assert app is not None  # noqa: S101 - open only with one
        answer = _Answer(send)
        task = asyncio.ensure_future(app(scope, receive, answer.send))
        self._running[task] = False
        self._quiet.clear()

        def is_stream() -> None:
            self._running[task] = True

        answer.on_stream = is_stream
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.done():  # it is the connection that ends, and the request with it
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                raise
            await answer.end()
        finally:
            del self._running[task]
            if not self._running:
                self._quiet.set()

    def tell_stopping(self) -> None:
        """Tell the application that it is about to stop: its event streams end."""
        if self._app is not None:
            self._app.state.stopping.set()

    async def hold(self, grace: float) -> None:
        """Let new requests wait, end the streams, and give those under way ``grace`` seconds to finish."""
        self._open.clear()
        self.tell_stopping()
        await asyncio.sleep(0)
        for task in [one for one, is_stream in self._running.items() if is_stream]:
            task.cancel()
        try:
            async with asyncio.timeout(grace):
                await self._quiet.wait()
        except TimeoutError:
            _log.warning("%d requests did not finish in %g s and are cut off", len(self._running), grace)
            for task in list(self._running):
                task.cancel()
            await self._quiet.wait()

    def go_on(self, app: Starlette) -> None:
        """Hand requests to this application from now on."""
        self._app = app
        if self.state.stopping.is_set():
            app.state.stopping.set()
        self._open.set()


def _nothing() -> None:
    """What is done for an answer that is no stream."""


class _Answer:
    """What a request has been answered so far."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._started = False
        self._done = False
        self.on_stream: Callable[[], None] = _nothing

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            kinds = [value for name, value in message.get("headers", ()) if name.lower() == b"content-type"]
            if any(kind.startswith(b"text/event-stream") for kind in kinds):
                self.on_stream()
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self._done = True
        await self._send(message)

    async def end(self) -> None:
        """End an answer that was cut off: a stream as if it were complete, everything else with a 503."""
        if self._done:
            return
        if not self._started:
            headers = [(b"retry-after", b"1"), (b"content-length", b"0")]
            await self._send({"type": "http.response.start", "status": 503, "headers": headers})
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
