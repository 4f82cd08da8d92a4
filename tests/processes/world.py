"""The world outside the workers: vendors and their agents, end users, bots. It holds what really happened.

Everybody here behaves as such a party does in life: a client repeats a call with the same key until it is
answered, a vendor repeats a webhook until somebody takes it, an agent says one thing after the other.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from livechat_sdk_testing.toy import ToyPlugin
from tests.processes.desks import Desk
from tests.processes.systems import SimulatedDesk
from tests.processes.wire import LINE_LIMIT, Gone, Handler, Peer, Refused

PATIENCE = 30.0
"""Seconds after which a wait for something that must come gives up."""


_VENDOR_CALLS = ("open", "send", "poll", "was_sent", "update", "close")


class Stalled(AssertionError):
    """Something that had to happen has not happened."""


@dataclass
class Chat:
    """One chat as its vendor knows it."""

    ref: str
    handoff: str
    transcript: list[dict[str, Any]]
    token: str
    received: list[str] = field(default_factory=list[str])
    """Keys of the end user's messages, in the order in which they were applied, repetitions included."""
    said: list[str] = field(default_factory=list[str])
    """Keys of the agent's messages that our side has taken, in order."""
    closed: bool = False
    """We closed it."""
    ended: bool = False
    """The vendor ended it."""
    outbox: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """What a vendor that is polled keeps for whoever asks."""
    cursor: int = 0
    """How far somebody who asked had come."""


@dataclass(frozen=True)
class Call:
    """Something that a worker asked the world for. ``lane`` is where its like must come one by one."""

    worker: str
    what: str
    lane: str
    key: str


class Vendor:
    """A live-chat system with people in it."""

    def __init__(self, world: World, name: str, capabilities: Mapping[str, Any]) -> None:
        self.name = name
        self.capabilities = dict(capabilities)
        self.chats: dict[str, Chat] = {}
        self.refuses_chats = False
        """Answer every ``open`` with "nobody here"."""
        self.hides_answer_of: set[str] = set()
        """Keys of messages that are applied and then answered with an error, once each."""
        self.hidden: set[str] = set()
        """Keys for which that has happened."""
        self.while_sending: dict[str, Callable[[], Awaitable[object]]] = {}
        """What else happens between taking a message, by its key, and answering."""
        self._world = world
        self._toy = ToyPlugin()
        self._event_ids = itertools.count(1)

    @property
    def settings(self) -> dict[str, Any]:
        """What a worker must know of this vendor."""
        return {"capabilities": self.capabilities, "key": self._toy.key}

    def chat_of(self, handoff: str) -> Chat | None:
        """The newest chat of a handoff."""
        return next((chat for chat in reversed(self.chats.values()) if chat.handoff == handoff), None)

    # ---------------------------------------------------------------------------------- what workers call
    async def open(self, ref: str, handoff: str, transcript: list[dict[str, Any]]) -> dict[str, Any]:
        if self.refuses_chats:
            raise Refused("UnavailableError", "nobody is here")
        chat = self.chats.setdefault(ref, Chat(ref, handoff, transcript, token=f"token of {ref}"))
        await self._world.changed()
        return {"vendor_ref": f"{self.name}-{ref}", "token": chat.token}

    async def send(self, ref: str, key: str, body: str, token: str) -> dict[str, Any]:
        chat = self._chat(ref)
        if token != chat.token:
            raise Refused("AuthError", "this is not the token of this chat")
        if not (self.capabilities.get("dedupes_by_key") and key in chat.received):
            chat.received.append(key)
        await self._world.changed()
        if key in self.while_sending:
            await self.while_sending[key]()
        if key in self.hides_answer_of and key not in self.hidden:
            self.hidden.add(key)
            raise Refused("RetryableError", "504: the answer was lost", {"status": 504})
        return {"vendor_id": f"{self.name}-{key}"}

    async def poll(self, ref: str, cursor: int) -> list[dict[str, Any]]:
        chat = self._chat(ref)
        if cursor > chat.cursor:
            chat.cursor = cursor
            await self._world.changed()
        return chat.outbox[cursor:]

    async def was_sent(self, ref: str, key: str) -> bool:
        return key in self._chat(ref).received

    async def update(self, ref: str, details: dict[str, Any]) -> None:
        self._chat(ref)

    async def close(self, ref: str, reason: dict[str, Any]) -> None:
        self._chat(ref).closed = True
        await self._world.changed()

    def _chat(self, ref: str) -> Chat:
        if ref not in self.chats:
            raise Refused("RejectedError", f"there is no chat {ref}")
        return self.chats[ref]

    # ------------------------------------------------------------------------------------ what its people do
    async def tell(self, chat: Chat, event: str, **fields: str) -> None:
        """Send a webhook, again and again until somebody takes it."""
        if self.capabilities["inbound"] == "poll":
            await self._keep(chat, event, fields)
        else:
            await self._world.call("webhook", **self._webhook(chat, event, fields))

    async def _keep(self, chat: Chat, event: str, fields: Mapping[str, str]) -> None:
        """Keep an event until somebody asks from beyond it; nobody may after the end."""
        chat.outbox.append(json.loads(self._webhook(chat, event, fields)["body"]))
        place = len(chat.outbox)
        if event != "ended":
            await self._world.until(
                lambda: chat.cursor >= place or chat.closed, f"{event} of {chat.ref} is polled"
            )

    async def accept(self, worker: str, chat: Chat, agent: str) -> bool:
        """An agent takes a chat at a desk that is embedded in a worker; whether they got it."""
        body = self._webhook(chat, "joined", {"name": agent, "agent": agent})["body"]
        got = await self._world.call(
            "accept", worker=worker, name=self.name, ref=chat.ref, agent=agent, body=body
        )
        return bool(got)

    def tell_each(
        self, workers: Sequence[str], chat: Chat, event: str, **fields: str
    ) -> list[Coroutine[Any, Any, int]]:
        """Send one webhook to each of these workers; each tells how many events were new to it."""
        webhook = self._webhook(chat, event, fields)
        return [self._world.call("webhook", worker=worker, **webhook) for worker in workers]

    def _webhook(self, chat: Chat, event: str, fields: Mapping[str, str]) -> dict[str, Any]:
        event_id = f"{self.name}-event-{next(self._event_ids)}"
        delivery = self._toy.delivery(event, ref=chat.ref, id=event_id, **fields)
        return {
            "name": self.name,
            "path": delivery.path,
            "headers": dict(delivery.headers),
            "body": delivery.body.decode(),
        }

    async def say(self, chat: Chat, key: str, text: str = "") -> None:
        """The agent says something."""
        await self.tell(chat, "message", key=key, text=text or key)
        chat.said.append(key)
        await self._world.changed()

    async def end(self, chat: Chat, by: str = "agent", why: str = "resolved") -> None:
        """The vendor's side ends the chat."""
        chat.ended = True
        await self.tell(chat, "ended", by=by, why=why)


@dataclass
class Talk:
    """A conversation as the end user and the bot know it."""

    world: World
    id: str
    bot: str = "shop-bot"
    requests: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Keys of the bot's requests with the handoff that each gave."""
    said: list[tuple[str, str, bool]] = field(default_factory=list[tuple[str, str, bool]])
    """Handoff, key and whether it was accepted, of each message of the end user, in order."""

    @property
    def handoff(self) -> str:
        """The newest handoff."""
        return self.requests[-1][1]

    async def request(self) -> str:
        """The bot asks for a human."""
        key = f"{self.id}/request-{len(self.requests) + 1}"
        answer = await self.world.call("request", key=key, conversation=self.id, bot=self.bot)
        self.requests.append((key, answer["id"]))
        return self.handoff

    async def say(self, *keys: str) -> None:
        """The end user says things, one after the other."""
        for key in keys:
            answer = await self.world.call("say", handoff=self.handoff, key=key, text=f"text of {key}")
            self.said.append((self.handoff, key, answer["accepted"]))

    async def end(self, by: str = "user") -> None:
        """Our side ends it."""
        await self.world.call("end", handoff=self.handoff, by=by)

    async def settle(self) -> None:
        """Wait until everything is done that can be done now."""
        await self.world.call("settled", handoff=self.handoff)

    async def handed_back(self) -> dict[str, Any]:
        """The end as it was delivered first, when it has been."""
        end: dict[str, Any] = await self.world.until(
            lambda: next(iter(self.world.delivered(self.handoff, "handoff_ended")), None),
            f"the end of {self.id} is delivered",
        )
        return end


class World:
    """Everything outside the workers, reachable at ``socket``."""

    def __init__(
        self, vendors: Mapping[str, Mapping[str, Any]], desk: Mapping[str, Any] | None = None
    ) -> None:
        kind: type[Desk | SimulatedDesk] = SimulatedDesk if desk and "vendor" in desk else Desk
        self.desk = None if desk is None else kind(self.changed, **desk)
        """The ticket system, if there is one."""
        self.folder = Path(tempfile.mkdtemp(prefix="lc-"))  # short: the address of a socket has 100 bytes
        self.socket = self.folder / "world"
        self.vendors = {name: Vendor(self, name, able) for name, able in vendors.items()}
        self.deliveries: dict[str, list[dict[str, Any]]] = {}
        """Everything that the channel was given for each handoff, repetitions included, in order."""
        self.calls: list[Call] = []
        """Everything that workers have asked for, in the order in which it arrived."""
        self.overlaps: list[str] = []
        """What was asked for in a lane that had another call under way: two were writing at once."""
        self.talks: dict[str, Talk] = {}
        self.workers: dict[str, Peer] = {}
        """Workers that are ready, by name."""
        self.connected: dict[str, Peer] = {}
        """Workers that are connected, ready or not; a dead one until all it had asked for is done."""
        self.stopping: set[str] = set()
        """Workers that are to stop; one that has just been started is told when it is ready."""
        self.failure: BaseException | None = None
        """Why nothing more can be expected, once there is a reason."""
        self._condition = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = itertools.count()
        self._under_way: dict[str, Call] = {}
        self.resting: set[str] = set()
        """Workers that are not asked unless they are named."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._serve, self.socket, limit=LINE_LIMIT)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for peer in self.connected.values():
            peer.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        shutil.rmtree(self.folder)

    def talk(self, conversation: str, *, bot: str = "shop-bot") -> Talk:
        """A conversation, begun now or before."""
        return self.talks.setdefault(conversation, Talk(self, conversation, bot))

    def delivered(self, handoff: str, kind: str) -> list[dict[str, Any]]:
        """What the channel was given of one kind for one handoff."""
        return [one for one in self.deliveries.get(handoff, ()) if one["kind"] == kind]

    # ---------------------------------------------------------------------------------------- calling workers
    async def call(self, method: str, *, worker: str | None = None, **params: Any) -> Any:
        """Ask a worker (any, in turn, or the named one) and repeat it until one answers.

        A ledger that cannot be reached just now is asked again too. Raises ``Refused`` for any other error.
        """
        async with _Patience(f"{method} is answered"):
            while True:
                name, peer = await self._some_worker(worker)
                try:
                    return await peer.call(method, **params)
                except Gone:
                    if self.workers.get(name) is peer:  # the one who reads from it will notice in a moment
                        del self.workers[name]
                except Refused as refusal:
                    if refusal.kind not in {"StoreError", "StoreLocked", "LaneLost"}:
                        raise
                    await asyncio.sleep(0.02)

    async def gone(self, worker: str) -> None:
        """Wait until a worker takes no more calls: it is stopping, or dead."""
        await self.until(lambda: worker not in self.workers, f"{worker} takes no more calls")

    async def ask(self, method: str, *, worker: str = "w", **params: Any) -> Any:
        """Ask the named worker once. Raises ``Gone`` or ``Refused``."""
        _, peer = await self._some_worker(worker)
        async with _Patience(f"{method} is answered"):
            return await peer.call(method, **params)

    async def until(self, reached: Callable[[], Any], what: str) -> Any:
        """Wait until ``reached`` gives something true, and return it. A failure names ``what``."""
        async with _Patience(what), self._condition:
            while not (found := reached()):
                if self.failure is not None:
                    raise Stalled(f"{what}: will not come") from self.failure
                await self._condition.wait()
            return found

    async def changed(self) -> None:
        """Something happened: whoever waits looks again."""
        async with self._condition:
            self._condition.notify_all()

    async def fail(self, why: BaseException) -> None:
        """Nothing more can be expected."""
        self.failure = self.failure or why
        await self.changed()

    async def _some_worker(self, name: str | None) -> tuple[str, Peer]:
        def ready() -> tuple[str, Peer] | None:
            if name is not None:
                return (name, self.workers[name]) if name in self.workers else None
            names = [other for other in self.workers if other not in self.resting]
            turn = names[next(self._turn) % len(names)] if names else ""
            return (turn, self.workers[turn]) if names else None

        found: tuple[str, Peer] = await self.until(ready, f"worker {name or 'of any name'} is ready")
        return found

    # ------------------------------------------------------------------------------------ what workers call
    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a connection is served in a task")
        self._tasks.add(task)
        names: list[str] = []

        async def arrive(worker: str) -> None:
            names.append(worker)
            self.connected[worker] = peer

        async def ready(worker: str) -> bool:
            self.workers[worker] = peer
            await self.changed()
            return worker in self.stopping

        async def draining(worker: str) -> None:
            self.workers.pop(worker, None)
            await self.changed()

        handlers: dict[str, Handler] = {what: self._vendor_call(what, names) for what in _VENDOR_CALLS}
        handlers.update(arrive=arrive, ready=ready, draining=draining, deliver=self._delivery(names))
        if self.desk is not None:
            handlers.update(self.desk.handlers)
        peer = Peer(reader, writer, handlers, lambda: self._left(self.workers, peer))
        try:
            await peer.run()
        finally:
            self._tasks.discard(task)
            await self._left(self.connected, peer)

    async def _left(self, peers: dict[str, Peer], gone: Peer) -> None:
        for name in [name for name, peer in peers.items() if peer is gone]:
            del peers[name]
        await self.changed()

    def _vendor_call(self, what: str, names: Sequence[str]) -> Handler:
        async def call(name: str, **params: Any) -> Any:
            async with self._noted(Call(names[-1], what, f"{name} {params['ref']}", params.get("key", ""))):
                return await getattr(self.vendors[name], what)(**params)

        return call

    def _delivery(self, names: Sequence[str]) -> Handler:
        async def deliver(name: str, outgoing: dict[str, Any]) -> None:
            handoff = outgoing["handoff_id"]
            async with self._noted(Call(names[-1], f"deliver {name}", handoff, outgoing["key"])):
                self.deliveries.setdefault(handoff, []).append(outgoing)
                await self.changed()

        return deliver

    @asynccontextmanager
    async def _noted(self, call: Call) -> AsyncGenerator[None]:
        self.calls.append(call)
        if call.what in {"deliver typing", "deliver receipt", "poll"}:  # these go beside the lanes
            yield
            return
        other = self._under_way.get(call.lane)
        if other is not None:
            self.overlaps.append(f"{call} while {other}")
        self._under_way[call.lane] = call
        try:
            yield
        finally:
            if self._under_way.get(call.lane) is call:
                del self._under_way[call.lane]


class _Patience:
    """A time limit that says what was waited for."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._limit = asyncio.timeout(PATIENCE)

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError:
            raise Stalled(f"after {PATIENCE:.0f} s: {self._what}") from error
