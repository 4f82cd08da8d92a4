"""The WebSocket of one notification channel: what waits on it, heartbeats, and its end.

One in this process and one over a real connection are the same thing: ``serve`` only carries its frames.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from livechat_sdk_simulators.clock import Clock, is_virtual
from livechat_sdk_simulators.genesys.state import new_id
from livechat_sdk_simulators.turns import Turn

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.channels import Channel, Channels

__all__ = ["CLOSING", "Frame", "Socket", "frame", "pause", "serve"]

CLOSING: Final = "v2.system.socket_closing"
"""What is said about a minute before a socket ends."""

_WARNING: Final = timedelta(seconds=60)
_NORMAL: Final = 1000
_RESTART: Final = 1012
_LONGEST: Final = 64_000


@dataclass(slots=True, eq=False, kw_only=True)
class Frame(Turn):
    """A frame that waits for its turn."""

    text: str


def frame(topic: str, body: object, *, correlated: bool = False) -> str:
    """A frame as the vendor writes it."""
    shown: dict[str, object] = {"topicName": topic}
    if correlated:
        shown |= {"version": "2", "eventBody": body, "metadata": {"CorrelationId": new_id()}}
    else:
        shown["eventBody"] = body
    return json.dumps(shown, ensure_ascii=False)


class Socket:
    """The open socket of a channel. There is one at most: who opens another one ends this."""

    def __init__(self, channels: Channels, channel: Channel, clock: Clock, heartbeat: float) -> None:
        self._channels = channels
        self._channel = channel
        self._clock = clock
        self._heartbeat = timedelta(seconds=heartbeat)
        self._next_beat = clock.now() + self._heartbeat
        self._warned = False
        self._frames: list[Frame] = []
        self._at_once: list[str] = []
        self._changed = asyncio.Event()
        self.closed = False
        self.code = _NORMAL

    @property
    def waiting(self) -> list[Frame]:
        """What has not been received."""
        return self._frames

    # ------------------------------------------------------------------------------- the caller's side
    async def receive(self) -> str | None:
        """The next frame, as soon as there is one; ``None`` when the socket is closed."""
        while True:
            changed = self._changed
            text = self._next()
            if text is not None or self.closed:
                return text
            await pause(self._clock, changed, self._due())

    async def send(self, text: str) -> None:
        """Take a frame of the caller: a ping, or topics to subscribe to. Raises ``ConnectionError``."""
        self._keep_time(self._clock.now())
        if self.closed:
            raise ConnectionError("the socket is closed")
        try:
            value: Any = json.loads(text)
        except ValueError:
            value = None
        asked: dict[str, Any] = value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]
        if asked.get("message") == "ping":
            self._at_once.append(frame("channel.metadata", {"message": "pong"}))
        elif asked.get("message") == "subscribe":
            self._at_once.append(json.dumps(self._channels.subscribe_over(self._channel, asked)))
        else:
            self._at_once.append(json.dumps({"result": "400", "status": "bad request"}))
        self.wake()

    async def close(self) -> None:
        """Close it."""
        self.cut(_NORMAL)

    # ------------------------------------------------------------------------------- the vendor's side
    def cut(self, code: int = _RESTART) -> None:
        """End the connection: what waits is lost. ``code`` is what a real connection is closed with."""
        self.closed, self.code = True, code
        self._frames.clear()
        self._at_once.clear()
        self._channels.left(self._channel, self)
        self.wake()

    def warn(self) -> None:
        """Say that the socket will end in about a minute."""
        self._warned = True
        self._at_once.append(frame(CLOSING, {"message": "The WebSocket will close in 60 seconds."}))
        self.wake()

    def wake(self) -> None:
        """Let whoever receives look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _keep_time(self, now: datetime) -> None:
        """Do what the time demands: warn, beat, end."""
        self._channels.keep_time()
        if not self.closed and now >= self._channel.expires:
            self.cut(_NORMAL)
        if self.closed:
            return
        if not self._warned and now >= self._channel.expires - _WARNING:
            self.warn()
        if now >= self._next_beat:
            self._next_beat = now + self._heartbeat
            self._at_once.append(frame("channel.metadata", {"message": "WebSocket Heartbeat"}))

    def _next(self) -> str | None:
        now = self._clock.now()
        self._keep_time(now)
        due = [one for one in self._frames if one.due <= now]
        if due:
            first = min(due, key=lambda one: one.turn)
            self._frames.remove(first)
            return first.text
        return self._at_once.pop(0) if self._at_once else None

    def _due(self) -> datetime:
        warning = [] if self._warned else [self._channel.expires - _WARNING]
        ringing = self._channels.next_change()
        changes = [] if ringing is None else [ringing]
        due = (one.due for one in self._frames)
        return min([self._next_beat, self._channel.expires, *warning, *changes, *due])

    def extended(self) -> None:
        """The channel lives longer than it would have: a warning may come again."""
        self._warned = False
        self.wake()


async def pause(clock: Clock, changed: asyncio.Event, due: datetime) -> None:
    """Wait until something changes, or the clock has reached ``due``.

    A virtual clock that can be slept on (``sleep_until``) wakes by itself; another one needs ``wake``.
    """
    untyped: Any = clock
    sleep: Any = getattr(untyped, "sleep_until", None)
    if callable(sleep):
        sleeping = sleep(due)
        if inspect.isawaitable(sleeping):
            tasks = [asyncio.ensure_future(changed.wait()), asyncio.ensure_future(sleeping)]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in tasks:
                    one.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            return
    seconds = None if is_virtual(clock) else max(0.0, (due - clock.now()).total_seconds())
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await changed.wait()


async def serve(connection: WebSocket, socket: Socket) -> None:
    """Carry the frames of ``socket`` over a real connection, until either side ends."""
    await connection.accept()
    sending = asyncio.create_task(_send(connection, socket))
    receiving = asyncio.create_task(_receive(connection, socket))
    try:
        await asyncio.wait([sending, receiving], return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not socket.closed:
            socket.cut(_NORMAL)
        for one in (sending, receiving):
            one.cancel()
        await asyncio.gather(sending, receiving, return_exceptions=True)
    with suppress(RuntimeError, WebSocketDisconnect):  # the caller may have gone first
        await connection.close(socket.code)


async def _send(connection: WebSocket, socket: Socket) -> None:
    while (text := await socket.receive()) is not None:
        await connection.send_text(text)


async def _receive(connection: WebSocket, socket: Socket) -> None:
    while True:
        message = await connection.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text is None or len(text) > _LONGEST:
            return
        await socket.send(text)
