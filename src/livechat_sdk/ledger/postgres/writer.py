"""Writing in groups: what waits goes into one transaction, with one statement for all rows of a kind.

A commit costs one flush of the log and a statement costs one journey to the server, however many callers
share them, so that throughput grows with load. A job that is refused writes nothing and leaves its neighbours
alone: it is decided in memory before anything is written. When the database itself refuses the group (others
were in the way in a manner that locks cannot prevent), it is undone and its jobs run one by one.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.addresses import PostgresAddress
from livechat_sdk.ledger.postgres.connections import Connection, connect
from livechat_sdk.ledger.postgres.errors import explain, is_lost, is_race
from livechat_sdk.ledger.postgres.jobs import Job, Me, NewAction, NewLane, Outcome
from livechat_sdk.ledger.postgres.operations import IN_ORDER, Writes
from livechat_sdk.ledger.postgres.picture import Needs, read_all_actions, read_picture

__all__ = ["GROUP_LIMIT", "SMALL_GROUP", "Writer", "share"]

logger = logging.getLogger("livechat_sdk.ledger")

GROUP_LIMIT = 200
"""At most this many jobs share a transaction, so that nobody waits for ever for a commit."""

SMALL_GROUP = 16
"""So few jobs are not divided: their share of a transaction would cost more than it gains."""

_TRIES = 4

_LANES = """
    INSERT INTO lanes (workspace, handoff_id, name, worker, fence)
    SELECT $1, u.id, u.name, u.worker, nextval('lane_fences')
    FROM unnest($2::text[], $3::text[], $4::text[]) AS u (id, name, worker)
    RETURNING handoff_id, name, fence
"""
_ACTIONS = """
    INSERT INTO actions (
        workspace, handoff_id, lane, kind, status, document, worker, created_at, updated_at
    )
    SELECT $1, u.id, u.lane, u.kind, 'pending', u.document, u.worker, u.at, u.at
    FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
        WITH ORDINALITY AS u (id, lane, kind, document, worker, at, nth)
    ORDER BY u.nth
    RETURNING id
"""


@dataclass(eq=False, slots=True)
class _Waiting:
    job: Job
    future: asyncio.Future[Any]
    outcome: Outcome | None = None
    error: Exception | None = None


@dataclass(slots=True)
class _Group:
    """Jobs that share a transaction. ``committing``: COMMIT has been sent, nobody knows what became of it."""

    waiting: Sequence[_Waiting]
    committing: bool = False
    new_actions: list[NewAction] = field(default_factory=list[NewAction])


class Writer:
    """Writes the jobs of one process. It connects again by itself when a connection was lost.

    ``me`` tells who writes. ``committed`` hears of every job that was written, before its caller goes on.
    """

    def __init__(
        self,
        address: PostgresAddress,
        workspace: str,
        *,
        me: Callable[[], Me],
        committed: Callable[[Outcome], None],
        connections: int = 2,
    ) -> None:
        self._address = address
        self._workspace = workspace
        self._me = me
        self._committed = committed
        self._connections = connections
        self._waiting: deque[_Waiting] = deque()
        self._changed = asyncio.Event()
        self._stopping = False
        self._busy = 0
        self._tasks: list[asyncio.Task[None]] = []
        self.unheard: set[int] = set()
        """Actions of commits whose answer was lost: they may be there, handed to this worker, and nobody
        knows of them."""

    def start(self) -> None:
        """Start to write."""
        self._tasks = [
            asyncio.create_task(self._run(), name=f"livechat-ledger-writer-{number}")
            for number in range(self._connections)
        ]

    def run(self, job: Job) -> asyncio.Future[Any]:
        """Write a job; its answer comes after the commit, or what it raised, or a ``StoreError``.

        Raises ``StoreError`` at once when nothing is written any more. Must be called on the event loop.
        """
        if self._stopping or not self._tasks:
            raise StoreError(f"the ledger at {self._address.label} is closed")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(job, future))
        self._changed.set()
        return future

    async def stop(self) -> None:
        """Write what waits, then end."""
        self._stopping = True
        self._changed.set()
        await asyncio.gather(*self._tasks)
        self._tasks = []

    async def _run(self) -> None:
        connection: Connection | None = None
        while group := await self._next_group():
            self._busy += 1
            try:
                connection = await self._write(connection, group)
            except Exception as error:  # noqa: BLE001  # whatever happens, callers must hear of it
                for waiting in group:
                    if waiting.outcome is None:  # else it was written, before the others could not be
                        waiting.error = waiting.error or error
                if connection is not None:
                    connection.terminate()
                    connection = None
            self._busy -= 1
            for waiting in group:
                _settle(waiting)
        if connection is not None:
            connection.terminate() if connection.is_closed() else await connection.close(timeout=1.0)

    async def _next_group(self) -> list[_Waiting]:
        """What this connection writes next; the others that have nothing to do get their share."""
        while not self._waiting:
            if self._stopping:
                return []
            self._changed.clear()
            await self._changed.wait()
        group: list[_Waiting] = []
        taken: set[Hashable] = set()
        later: deque[_Waiting] = deque()
        most = share(len(self._waiting), self._connections - self._busy)
        while self._waiting and len(group) < most:
            waiting = self._waiting.popleft()
            keys = waiting.job.keys
            (group if taken.isdisjoint(keys) else later).append(waiting)
            taken |= keys
        self._waiting.extendleft(reversed(later))
        return group

    async def _write(self, connection: Connection | None, group: Sequence[_Waiting]) -> Connection | None:
        """Write a group; one by one if that fails. Returns the connection to go on with."""
        for tries in count(1):
            attempt = _Group(group)
            if connection is None or connection.is_closed():
                connection = await connect(self._address, enable_seqscan="off")
            try:
                await self._transact(connection, attempt)
            except Exception as error:  # noqa: BLE001  # whatever it is, callers must hear of it
                connection = await _rolled_back(connection)
                self._reset(attempt)
                again = self._what_next(attempt, error, tries)
                if again == "together":
                    continue
                if again == "singly":
                    for waiting in group:
                        connection = await self._write(connection, [waiting])
                    return connection
                for waiting in group:
                    waiting.error = explain(error, self._address.label)
            break
        return connection

    def _what_next(
        self, attempt: _Group, error: Exception, tries: int
    ) -> Literal["together", "singly", "failed"]:
        """What to do after a group was not written, or nobody knows whether it was."""
        alone = len(attempt.waiting) == 1
        if attempt.committing:
            self.unheard |= {new.id for new in attempt.new_actions if new.worker is not None}
        elif tries < _TRIES and (is_lost(error) or (is_race(error) and alone)):
            return "together"
        elif not is_lost(error) and not alone:
            logger.debug("%d jobs are written one by one: %s", len(attempt.waiting), type(error).__name__)
            return "singly"
        return "failed"

    async def _transact(self, db: Connection, group: _Group) -> None:
        needs = Needs()
        for waiting in group.waiting:
            waiting.job.need(needs)
        await db.execute("BEGIN")
        picture = await read_picture(db, self._workspace, needs)
        more = {of for waiting in group.waiting if (of := waiting.job.needs_all_actions(picture)) is not None}
        if more:
            await read_all_actions(db, self._workspace, more, picture)
        me, writes = self._me(), Writes()
        outcomes: list[Outcome] = []
        for waiting in group.waiting:
            try:
                outcome = waiting.job.decide(picture, me)
            except Exception as error:  # noqa: BLE001  # what a job raises belongs to its caller
                waiting.error = error
                continue
            waiting.outcome = outcome
            writes.take_over(outcome.writes)
            outcomes.append(outcome)
        await self._flush(db, writes, outcomes, group)
        group.committing = True
        await db.execute("COMMIT")
        for outcome in outcomes:
            self._committed(outcome)
        group.committing = False

    async def _flush(
        self, db: Connection, writes: Writes, outcomes: Sequence[Outcome], group: _Group
    ) -> None:
        before, after = IN_ORDER
        for sql, columns in writes.of(before):
            await db.execute(sql, self._workspace, *columns)
        await self._insert_lanes(db, [lane for outcome in outcomes for lane in outcome.lanes], outcomes)
        group.new_actions = [new for outcome in outcomes for new in outcome.actions]
        await self._insert_actions(db, group.new_actions)
        for sql, columns in writes.of(after):
            await db.execute(sql, self._workspace, *columns)

    async def _insert_lanes(
        self, db: Connection, lanes: Sequence[NewLane], outcomes: Sequence[Outcome]
    ) -> None:
        if not lanes:
            return
        columns = zip(*((lane.handoff_id, lane.name, lane.worker) for lane in lanes), strict=True)
        found = await db.fetch(_LANES, self._workspace, *map(list, columns))
        fences = {(row[0], row[1]): row[2] for row in found}
        for outcome in outcomes:
            for new in outcome.actions:
                if new.worker is not None:
                    new.fence = fences.get((new.handoff_id, new.lane), new.fence)

    async def _insert_actions(self, db: Connection, actions: Sequence[NewAction]) -> None:
        if not actions:
            return
        rows = (
            (new.handoff_id, new.lane, new.action.kind, new.document, new.worker, new.at_text)
            for new in actions
        )
        found = await db.fetch(_ACTIONS, self._workspace, *map(list, zip(*rows, strict=True)))
        for new, row in zip(actions, found, strict=True):
            new.id = row[0]

    @staticmethod
    def _reset(group: _Group) -> None:
        for waiting in group.waiting:
            waiting.outcome = waiting.error = None


def share(waiting: int, free: int) -> int:
    """How many of the waiting jobs one of the free connections takes.

    While the server works on the group of one connection, this process decides the next one: two halves are
    written sooner than one whole.
    """
    return min(GROUP_LIMIT, max(SMALL_GROUP, -(-waiting // max(1, free))))


async def _rolled_back(connection: Connection | None) -> Connection | None:
    """The connection, ready for the next transaction; ``None`` when it is of no use any more."""
    if connection is None or connection.is_closed():
        return None
    try:
        await connection.execute("ROLLBACK")
    except Exception:  # noqa: BLE001  # then another one is opened
        connection.terminate()
        return None
    return connection


def _settle(waiting: _Waiting) -> None:
    if waiting.future.done():  # the caller was cancelled meanwhile; the write stands
        return
    if waiting.error is not None:
        waiting.future.set_exception(waiting.error)
    elif waiting.outcome is not None:
        waiting.future.set_result(waiting.outcome.answer())
