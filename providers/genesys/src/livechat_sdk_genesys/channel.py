"""One channel of notifications: its socket, its topics, and whether it still lives."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, cast

from livechat_sdk.domain.clock import Clock
from livechat_sdk.errors import ProtocolError, ProviderError
from livechat_sdk.http.sockets import Socket, open_socket
from livechat_sdk_genesys.api import Api

__all__ = ["MOST_TOPICS", "Channel", "Frame"]

MOST_TOPICS: Final = 1000
"""Topics of one channel: more are refused."""

RENEWED_AFTER: Final = timedelta(hours=23)
"""A channel lives for 24 hours."""

_QUIET: Final = timedelta(seconds=45)
"""The vendor's heartbeat comes about every 30 s: after such a silence it is asked for one."""
_LOST: Final = timedelta(seconds=75)
_MOST_FRAMES: Final = 100_000
_PING: Final = json.dumps({"message": "ping"})

Frame = tuple[str, Mapping[str, Any]]
"""Topic and body of a notification."""


class Channel:
    """Made by ``dial``. ``closing``: the vendor, or its age, says that it is to be replaced."""

    def __init__(
        self, api: Api, channel_id: str, socket: Socket, clock: Clock, wake: Callable[[], None]
    ) -> None:
        self.id = channel_id
        self.topics: dict[str, None] = {}
        self.refused: set[str] = set()
        self.heard_at = clock.now()
        self.closing = False
        self.failure: BaseException | None = None
        self.frames: deque[Frame] = deque()
        self._api = api
        self._socket = socket
        self._clock = clock
        self._wake = wake
        self._born = self.heard_at
        self._asked = False
        self._reader = asyncio.create_task(self._read(), name="genesys notifications")

    @classmethod
    async def dial(cls, api: Api, clock: Clock, wake: Callable[[], None]) -> Channel:
        """Make a channel and open its socket. Raises the ``ProviderError`` family."""
        made = await api.channel()
        secure = made.connect_uri.startswith("wss://")
        if not (secure or (api.is_plain and made.connect_uri.startswith("ws://"))):
            raise ProtocolError(
                "the socket of the channel is not over TLS", provider=api.provider, operation="stream"
            )
        socket = await open_socket(made.connect_uri, provider=api.provider)
        return cls(api, made.id, socket, clock, wake)

    async def add(self, topics: Iterable[str]) -> None:
        """Subscribe to more topics, as many as there is room for. Those not granted are in ``refused``."""
        new = [one for one in topics if one not in self.topics and one not in self.refused]
        new = new[: MOST_TOPICS - len(self.topics)]
        if new:
            self._granted(new, await self._api.subscribe(self.id, new))

    async def replace(self, topics: Iterable[str]) -> None:
        """Subscribe to these topics, and to no others."""
        wanted = [one for one in topics if one not in self.refused][:MOST_TOPICS]
        answer = await self._api.subscribe(self.id, wanted, replace=True)
        self.topics.clear()
        self._granted(wanted, answer)

    def _granted(self, asked: Iterable[str], answer: Mapping[str, str | None]) -> None:
        for topic in asked:
            if answer.get(topic) == "Rejected":
                self.refused.add(topic)
            else:
                self.topics[topic] = None

    @property
    def due(self) -> datetime:
        """When it wants to be looked after."""
        return min(self.heard_at + (_LOST if self._asked else _QUIET), self._born + RENEWED_AFTER)

    async def keep(self) -> None:
        """Ask for a heartbeat after a silence, and give up after a long one."""
        now = self._clock.now()
        self.closing = self.closing or now >= self._born + RENEWED_AFTER
        silence = now - self.heard_at
        if silence >= _LOST:
            self._fail(ConnectionError(f"no heartbeat for {silence.total_seconds():g} s"))
        elif silence >= _QUIET and not self._asked:
            self._asked = True
            try:
                await self._socket.send(_PING)
            except ProviderError as error:
                self._fail(error)

    async def close(self) -> None:
        """Close the socket."""
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        with suppress(Exception):  # whatever the network says to a farewell
            await self._socket.close()

    async def _read(self) -> None:
        while True:
            try:
                text = await self._socket.receive()
            except ProviderError as error:
                self._fail(error)
                return
            self.heard_at = self._clock.now()
            self._asked = False
            frame = _frame_of(text)
            if frame is None or frame[0] == "channel.metadata":
                continue
            if frame[0] == "v2.system.socket_closing":
                self.closing = True
            elif len(self.frames) < _MOST_FRAMES:
                self.frames.append(frame)
            else:
                self._fail(ConnectionError("more notifications than can be worked off"))
                return
            self._wake()

    def _fail(self, error: Exception) -> None:
        self.failure = self.failure or error
        self._wake()


def _frame_of(text: str) -> Frame | None:
    """Topic and body; ``None`` for what is neither, like the answer to a subscription."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, dict):
        return None
    known = cast("Mapping[str, Any]", frame)
    topic, body = known.get("topicName"), known.get("eventBody")
    if not isinstance(topic, str) or not isinstance(body, dict):
        return None
    return topic, cast("Mapping[str, Any]", body)
