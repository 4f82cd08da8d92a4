"""What one process tells the others, and what it hears from them.

Notices go out beside the commits, never within one (that would make commits wait for each other): a few
milliseconds' worth in one notice. A notice may be lost; everybody looks by itself from time to time.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.addresses import PostgresAddress
from livechat_sdk.ledger.postgres.connections import Pool, connect
from livechat_sdk.ledger.store import News

if TYPE_CHECKING:
    from livechat_sdk.ledger.postgres.connections import Connection

__all__ = ["Listener", "Notifier", "channel_of"]

logger = logging.getLogger("livechat_sdk.ledger")

_GATHER = 0.005
"""Seconds for which what is committed is gathered into one notice."""
_MOST_IDS = 100
"""Ids of handoffs in one notice: 8 000 bytes are PostgreSQL's limit."""
_MOST_BYTES = 7900
_MOST_NOTICES = 10
"""Notices in one go; what is beyond them, others find when they look."""
_PAUSE = 1.0
_EVERYTHING = News(actions=True, inbox=True, timers=True, workers=True)


def channel_of(workspace: str) -> str:
    """The channel of a workspace."""
    return f"livechat_{sha256(workspace.encode()).hexdigest()[:16]}"


class Notifier:
    """Tells the other processes what this one has committed."""

    def __init__(self, pool: Pool, workspace: str, sender: str) -> None:
        self._pool = pool
        self._channel = channel_of(workspace)
        self._sender = sender
        self._flags = {"actions": False, "inbox": False, "timers": False, "workers": False}
        self._handoffs: dict[str, None] = {}
        self._task: asyncio.Task[None] | None = None

    def tell(
        self,
        *,
        actions: bool = False,
        inbox: bool = False,
        timers: bool = False,
        workers: bool = False,
        handoff: str | None = None,
    ) -> None:
        """Something was committed. Returns at once; must be called on the event loop."""
        told = {"actions": actions, "inbox": inbox, "timers": timers, "workers": workers}
        self._flags = {name: before or told[name] for name, before in self._flags.items()}
        if handoff is not None:
            self._handoffs[handoff] = None
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._send_all(), name="livechat-ledger-notices")

    async def flush(self) -> None:
        """Wait until everything was told, or could not be."""
        if self._task is not None:
            await self._task

    async def _send_all(self) -> None:
        await asyncio.sleep(_GATHER)
        while self._handoffs or any(self._flags.values()):
            notices = self._notices()
            try:
                for notice in notices:
                    await self._pool.run(partial(self._send, notice=notice))
            except StoreError as error:
                logger.debug("others are not told what was committed: %s", error)
                return
            await asyncio.sleep(_GATHER)

    async def _send(self, db: Connection, *, notice: str) -> None:
        await db.execute("SELECT pg_notify($1, $2)", self._channel, notice)

    def _notices(self) -> list[str]:
        """What is to be told now, as texts that are short enough."""
        flags = "".join(name[0] for name, told in self._flags.items() if told)
        ids = list(self._handoffs)
        self._flags = dict.fromkeys(self._flags, False)
        self._handoffs = {}
        notices: list[str] = []
        while ids or flags:
            some: list[str] = []
            size = 100
            while ids and len(some) < _MOST_IDS and (size := size + len(ids[-1].encode()) + 8) < _MOST_BYTES:
                some.append(ids.pop())
            notices.append(json.dumps({"of": self._sender, "what": flags, "ids": some}, ensure_ascii=False))
            flags = ""
            if len(notices) == _MOST_NOTICES:
                break
        return notices


class Listener:
    """Hears the notices of the others, on a connection of its own; it is opened anew when it is lost."""

    def __init__(
        self, address: PostgresAddress, workspace: str, own: Callable[[], str], tell: Callable[[News], None]
    ) -> None:
        self._address = address
        self._channel = channel_of(workspace)
        self._own = own
        self._tell = tell
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen from now on. Raises ``StoreError``."""
        connection = await self._listen()
        self._task = asyncio.create_task(self._run(connection), name="livechat-ledger-news")

    async def stop(self) -> None:
        """Listen no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _listen(self) -> Connection:
        connection = await connect(self._address)
        self._lost.clear()
        connection.add_termination_listener(self._gone)
        try:
            await connection.add_listener(self._channel, self._heard)
        except BaseException:  # also when it is told to stop in the middle
            connection.terminate()
            raise
        return connection

    def _gone(self, _connection: Connection) -> None:
        self._lost.set()

    async def _run(self, connection: Connection | None) -> None:
        try:
            while True:
                await self._lost.wait()
                connection = None
                while connection is None:
                    with suppress(Exception):
                        connection = await self._listen()
                    if connection is None:
                        await asyncio.sleep(_PAUSE)
                self._tell(_EVERYTHING)  # nobody knows what was said meanwhile
        finally:
            if connection is not None:
                connection.terminate()

    def _heard(self, _connection: Any, _pid: int, _channel: str, notice: object) -> None:
        try:
            told = json.loads(str(notice))
            sender, what, ids = told["of"], told["what"], told["ids"]
        except (ValueError, KeyError, TypeError):
            logger.warning("a notice of another release cannot be read; looking at everything")
            self._tell(_EVERYTHING)
            return
        if sender != self._own():
            self._tell(
                News(
                    actions="a" in what,
                    inbox="i" in what,
                    timers="t" in what,
                    workers="w" in what,
                    handoffs=frozenset(ids),
                )
            )
