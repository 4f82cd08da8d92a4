"""Notification channels: made, subscribed, opened, pushed out by newer ones; and what is told on them."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from livechat_sdk_simulators.calls import VendorError
from livechat_sdk_simulators.faults import Fault
from livechat_sdk_simulators.genesys.errors import refusal
from livechat_sdk_simulators.genesys.sockets import Frame, Socket, frame, serve
from livechat_sdk_simulators.genesys.state import new_id
from livechat_sdk_simulators.genesys.topics import family, rights_for
from livechat_sdk_simulators.turns import let_go

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["SOCKET", "Channel", "Channels"]

_UNREAD: Final = 10_000  # frames; who reads none of them is cut off
SOCKET: Final = "/channels/{channel}"
"""Where the socket of a channel is opened."""


@dataclass(slots=True, eq=False, kw_only=True)
class Channel:
    """A channel. Without an open socket, whatever happens on its topics is lost to it."""

    id: str
    client: str
    used_at: datetime
    expires: datetime
    topics: dict[str, None] = field(default_factory=dict[str, None])
    socket: Socket | None = None


class Channels:
    """The channels of all clients."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self._genesys = genesys
        self._channels: dict[str, Channel] = {}
        self._numbers = itertools.count(1)

    def routes(self) -> Sequence[BaseRoute]:
        """Where a real WebSocket is opened."""

        async def connect(connection: WebSocket) -> None:
            try:
                socket = await self.open(str(connection.path_params["channel"]))
            except ConnectionError:
                await connection.close(1008)
                return
            await serve(connection, socket)

        return [WebSocketRoute(SOCKET, connect)]

    # -------------------------------------------------------------------------------------- the sockets
    async def open(self, channel_id: str) -> Socket:
        """Open the socket of a channel.

        Raises ``ConnectionError`` where there is no such channel, or a fault of ``socket`` is scripted.
        """
        fault = self._genesys.faults.of_call("socket")
        if fault is not None and fault.kind != "pass":
            raise ConnectionRefusedError(f"scripted: {fault.words()}")
        channel = self.known.get(channel_id)
        if channel is None:
            raise ConnectionRefusedError("there is no such channel")
        if channel.socket is not None:
            channel.socket.cut()
        settings = self._genesys.settings
        channel.socket = Socket(self, channel, self._genesys.clock, settings.heartbeat_seconds)
        channel.used_at = self._genesys.clock.now()
        return channel.socket

    async def open_url(self, url: str) -> Socket:
        """The same by its ``connectUri``."""
        path = urlsplit(url).path
        if not path.startswith("/channels/"):
            raise ConnectionRefusedError(f"nothing listens at {path}")
        return await self.open(path.removeprefix("/channels/"))

    def left(self, channel: Channel, socket: Socket) -> None:
        """A socket is closed."""
        if channel.socket is socket:
            channel.socket = None

    def cut(self) -> int:
        """Break every open socket, without a warning; returns how many there were."""
        sockets = [one.socket for one in self._channels.values() if one.socket is not None]
        for socket in sockets:
            socket.cut()
        return len(sockets)

    def warn(self) -> int:
        """Say on every open socket that it will end in a minute; returns how many there were."""
        sockets = [one.socket for one in self._channels.values() if one.socket is not None]
        for socket in sockets:
            socket.warn()
        return len(sockets)

    def keep_time(self) -> None:
        """Let what is due in the chats happen, so that it is told."""
        self._genesys.floor.keep_time()

    def next_change(self) -> datetime | None:
        """When something will happen in a chat by itself."""
        return self._genesys.floor.next_change()

    def wake(self) -> None:
        """Let every socket look again: a virtual clock was moved."""
        for one in list(self._channels.values()):
            if one.socket is not None:
                one.socket.wake()

    # -------------------------------------------------------------------------------------- what is told
    def wanted(self, queues: Collection[str], users: Collection[str]) -> bool:
        """Whether anybody listens to one of these queues or users."""
        names = {f"v2.routing.queues.{one}.conversations.messages" for one in queues}
        names |= {f"v2.users.{one}.conversations.messages" for one in users}
        return any(not names.isdisjoint(one.topics) for one in self._channels.values() if one.socket)

    def tell(self, chat: str, told: Sequence[tuple[str, Mapping[str, Any]]], *, faulty: bool = True) -> None:
        """Tell of one moment of a chat. A scripted fault without ``event`` happens to all of the moment."""
        listening = [one for one in self._channels.values() if one.socket is not None]
        heard = [(topic, body) for topic, body in told if any(topic in one.topics for one in listening)]
        faults = self._faults([topic for topic, _ in heard]) if faulty else {}
        texts = [(topic, frame(topic, body, correlated=True)) for topic, body in heard]
        for channel in listening:
            self._put(channel, chat, [one for one in texts if one[0] in channel.topics], faults)

    def _faults(self, topics: Sequence[str]) -> dict[str, Fault]:
        found: dict[str, Fault] = {}
        for topic in topics:
            fault = self._genesys.faults.of_webhook(family(topic) or topic)
            if fault is not None and fault.details["event"] is None:
                return {**dict.fromkeys(topics, fault), **found}
            if fault is not None:
                found[topic] = fault
        return found

    def _put(
        self, channel: Channel, chat: str, texts: Sequence[tuple[str, str]], faults: Mapping[str, Fault]
    ) -> None:
        socket = channel.socket
        if socket is None or not texts:
            return
        now = self._genesys.clock.now()
        made: list[tuple[Frame, Fault | None]] = []
        for topic, text in texts:
            fault = faults.get(topic)
            for _ in range(2 if fault is not None and fault.kind == "repeat" else 1):
                one = Frame(number=next(self._numbers), chat=chat, due=now, text=text)
                made.append((one, fault))
                socket.waiting.append(one)
        if len(socket.waiting) > _UNREAD:
            socket.cut()
            return
        let_go(socket.waiting, made[-1][0])
        for one, fault in made:
            if fault is not None:
                one.suffer(fault)
            if one.withheld:
                socket.waiting.remove(one)
        socket.wake()

    def tell_all(self, topic: str, body: Mapping[str, Any]) -> None:
        """Put a frame of any topic on every open socket."""
        for channel in self._channels.values():
            self._put(channel, "", [(topic, frame(topic, body, correlated=True))], {})

    # --------------------------------------------------------------------------------------- the channels
    @property
    def known(self) -> dict[str, Channel]:
        """The channels that live, by id."""
        now = self._genesys.clock.now()
        for one in [one for one in self._channels.values() if one.expires <= now]:
            if one.socket is not None:
                one.socket.cut()
            del self._channels[one.id]
        return self._channels

    def _remove(self, channel: Channel) -> None:
        if channel.socket is not None:
            channel.socket.cut()
        del self._channels[channel.id]

    def make(self, client: str) -> Channel:
        """A new channel of a client; it pushes out an old one where there are too many, best one unused."""
        settings, now = self._genesys.settings, self._genesys.clock.now()
        mine = [one for one in self.known.values() if one.client == client]
        while len(mine) >= settings.channels:
            oldest = min(mine, key=lambda one: (one.socket is not None, one.used_at))
            mine.remove(oldest)
            self._remove(oldest)
        made = Channel(
            id=f"streaming-5-{new_id()}",
            client=client,
            used_at=now,
            expires=now + timedelta(seconds=settings.channel_seconds),
        )
        self._channels[made.id] = made
        return made

    def judged(self, topic: str, *, lenient: bool) -> dict[str, Any]:
        """Grant a topic, or say why not. Raises ``VendorError`` for a refusal, unless ``lenient``."""
        if family(topic) is None:
            if not lenient:
                raise refusal("notification.invalid.topic")
            return {"id": topic, "state": "Rejected", "rejectionReason": "notification.invalid.topic"}
        missing = [one for one in rights_for(topic) if one in self._genesys.missing_rights]
        if missing:
            if not lenient:
                raise refusal("notification.unauthorized.topic")
            reason = "notification.unauthorized.topic"
            return {
                "id": topic,
                "state": "Rejected",
                "rejectionReason": reason,
                "missingPermissions": missing,
            }
        uri = f"/api/v2/notifications/availabletopics/{topic}"
        return {"id": topic, "state": "Permitted", "selfUri": uri}

    def subscribe(self, channel: Channel, topics: dict[str, None]) -> None:
        """Have these topics and no others; the channel lives on for its time. Raises ``VendorError``."""
        if len(topics) > self._genesys.settings.topics:
            raise refusal("notification.subscription.too.many.subscriptions")
        now = self._genesys.clock.now()
        channel.topics, channel.used_at = topics, now
        channel.expires = now + timedelta(seconds=self._genesys.settings.channel_seconds)
        if channel.socket is not None:
            channel.socket.extended()

    def subscribe_over(self, channel: Channel, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Subscribe by a frame on the socket."""
        answer: dict[str, Any] = {"correlationId": asked.get("correlationId")}
        topics = asked.get("topics")
        try:
            names = [str(one) for one in cast("list[object]", topics)] if isinstance(topics, list) else []
            for one in names:
                self.judged(one, lenient=False)
            if names:
                self.subscribe(channel, {**channel.topics, **dict.fromkeys(names)})
        except VendorError as error:
            return {**answer, "result": str(error.status), "status": error.code}
        if not names:
            return {**answer, "result": "400", "status": "bad request"}
        return {**answer, "result": "200", "status": "subscribed"}
