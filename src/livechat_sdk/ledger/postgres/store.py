"""``PostgresStore``: the ledger of one workspace on PostgreSQL, for any number of processes."""

from __future__ import annotations

import asyncio
import logging
import math
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal, Self, TypeVar

from livechat_sdk.domain.chats import Chat, ProviderEvent
from livechat_sdk.domain.clock import steady_seconds
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.errors import StoreError
from livechat_sdk.ledger import documents, tombstones
from livechat_sdk.ledger.addresses import PostgresAddress
from livechat_sdk.ledger.cooldowns import Cooldown
from livechat_sdk.ledger.postgres import claims, cooldowns, embedded, inbox, leases
from livechat_sdk.ledger.postgres.connections import Connection, Pool
from livechat_sdk.ledger.postgres.jobs import Job, Me, Outcome
from livechat_sdk.ledger.postgres.lane_jobs import Postpone, SaveProgress, Start, StoreWords
from livechat_sdk.ledger.postgres.loading import Loader
from livechat_sdk.ledger.postgres.news import Listener, Notifier
from livechat_sdk.ledger.postgres.polls import save_poll
from livechat_sdk.ledger.postgres.preparing import create_or_check, require_schema
from livechat_sdk.ledger.postgres.scrubbing import write_anew
from livechat_sdk.ledger.postgres.sql import translate, values_for
from livechat_sdk.ledger.postgres.steps import ApplyChange, CreateHandoff
from livechat_sdk.ledger.postgres.writer import Writer
from livechat_sdk.ledger.queries import Queries, Query
from livechat_sdk.ledger.reading import LedgerReading
from livechat_sdk.ledger.secrets import SecretBox, StoreKeys
from livechat_sdk.ledger.store import (
    CALL_INSIDE,
    ActionRow,
    ActionStatus,
    Applied,
    Change,
    Created,
    DuplicateMessage,
    LaneId,
    Lease,
    LeaseLost,
    News,
)
from livechat_sdk.lifecycle.effects import AddToTicket, CreateTicket, SendMessage
from livechat_sdk.provider.embedded import Row, SqlValue, Statement

__all__ = ["PostgresStore"]

logger = logging.getLogger("livechat_sdk.ledger")

T = TypeVar("T")

_Role = Literal["worker", "clerk", "reader"]

_FENCE = """
    COALESCE((
        SELECT l.fence FROM lanes AS l
        WHERE l.workspace = a.workspace AND l.handoff_id = a.handoff_id AND l.name = a.lane
    ), 0)
"""
_FAREWELL = 5.0
"""Seconds for which closing waits for a database that does not answer."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class PostgresStore(LedgerReading):
    """A ``Store`` on PostgreSQL. Any number of processes may serve one database, each as a worker.

    ``key`` encrypts the credentials of chats; it must come from the settings, since every process needs the
    same. ``lease`` is for how many seconds a worker keeps what it holds without a sign of life. ``now`` is
    asked where a method is given no time of its own; leases go by the database's clock.

    Every method raises ``StoreError`` when the database cannot be reached; when it is back, the next call
    works again. Nothing was written then, with one exception: the connection may be lost after COMMIT was
    sent and before the answer came. Whoever calls again gets the answer of somebody who came second, and
    nothing is done twice: a request has its key (``same_key``), a message its key (``DuplicateMessage``), an
    event its id (``DuplicateEvent``), a timer fires once (``TimerGone``), the result of an action that this
    worker has finished already changes nothing. Actions that such a commit had handed to this worker are
    returned by the next ``claim``.
    """

    def __init__(
        self,
        url: str,
        *,
        workspace: str = "default",
        key: StoreKeys | None = None,
        lease: float = 60.0,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        super().__init__(Queries(workspace, fence=_FENCE), SecretBox(self._find_keys))
        self.address = PostgresAddress.parse(url)
        self.workspace = workspace
        self._keys = key
        self._lease_seconds = lease
        self._now = now
        self._role: _Role = "worker"
        self.worker = uuid.uuid4().hex
        """Id of this worker: a new one after every start, and after a lost lease."""
        self.sender = uuid.uuid4().hex
        """Tells this store's own notices from those of others."""
        self._until = -math.inf
        self._shards: frozenset[int] = frozenset()
        self._unheard: set[int] = set()
        self._claiming: set[LaneId] = set()
        self._listeners: list[Callable[[News], None]] = []
        self._open: _Open | None = None

    @classmethod
    def reader(cls, url: str, *, workspace: str = "default", key: StoreKeys | None = None) -> Self:
        """A store that can only read, beside the workers."""
        store = cls(url, workspace=workspace, key=key)
        store._role = "reader"
        return store

    @classmethod
    def clerk(
        cls,
        url: str,
        *,
        workspace: str = "default",
        key: StoreKeys | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> Self:
        """A store that writes beside the workers, for commands. It runs no actions and holds nothing."""
        store = cls(url, workspace=workspace, key=key, now=now)
        store._role = "clerk"
        return store

    # ------------------------------------------------------------------------------------ opening, closing
    async def open(self) -> None:
        """Connect, make the tables in an empty database, begin a lease. Raises ``StoreError``."""
        if self._open is not None:
            raise StoreError(f"the ledger at {self.address.label} is open already: enter `async with` once")
        opened = _Open(self)
        try:
            if self._role == "worker":
                await opened.writing.transact(lambda db: create_or_check(db, self.address))
            else:
                await opened.reading.run(lambda db: require_schema(db, self.address))
            self._open = opened
            if self._role == "worker":
                await self.rejoin()
                await opened.listener.start()
            if self._role != "reader":
                opened.writer.start()
        except BaseException:
            self._open = None
            await opened.close()
            raise

    async def close(self) -> None:
        """Write what waits, let go of what is held, close the connections. Harmless when it is closed."""
        opened = self._open
        if opened is None:
            return
        await opened.writer.stop()
        if self._until > -math.inf:
            with suppress(StoreError, TimeoutError):
                async with asyncio.timeout(_FAREWELL):
                    await self.release()
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                await opened.notifier.flush()
        self._open = None
        await opened.close()

    # --------------------------------------------------------------------------------------------- working
    def on_news(self, tell: Callable[[News], None]) -> None:
        """Call ``tell`` when others have committed something."""
        self._listeners.append(tell)

    async def keep_alive(self) -> Lease:
        """Extend this worker's lease and take its share of the shards. Raises ``LeaseLost``."""

        async def extend(db: Connection) -> leases.Share:
            await leases.extend(db, self.workspace, self.worker, self._lease_seconds)
            return await leases.share(db, self.workspace, self.worker)

        try:
            return await self._hold(extend)
        except LeaseLost:
            self._let_go()
            raise

    async def rejoin(self) -> Lease:
        """Begin anew as another worker. Nothing that was held before counts."""
        self._let_go()
        self.worker = uuid.uuid4().hex

        async def join(db: Connection) -> leases.Share:
            await leases.join(db, self.workspace, self.worker, self._lease_seconds)
            return await leases.share(db, self.workspace, self.worker)

        lease = await self._hold(join)
        self._tell_workers()  # those who hold more than their share now give it up at once
        return lease

    async def release(self) -> None:
        """Let go of lanes, shards and lease, and tell the others. Nothing is taken until it rejoins."""
        self._let_go()
        await self._writing(lambda db: leases.give_up(db, self.workspace, self.worker))
        self._opened.notifier.tell(actions=True, inbox=True, timers=True, workers=True)

    async def claim(self, limit: int = 1000) -> Sequence[ActionRow]:
        """Take over lanes that nobody runs, and what others have put into lanes of this worker."""
        worker = self.me().worker
        if worker is None:
            return ()
        try:
            return await self._claim(worker, limit)
        finally:  # whoever asked gets them before anything else runs: nothing is awaited after this
            self._claiming.clear()

    async def _claim(self, worker: str, limit: int) -> Sequence[ActionRow]:
        await self._disown_unheard(worker)
        if await self._writing(lambda db: claims.bury(db, self.workspace)):
            self._tell_workers()  # the shards of the dead are free, for this one as well
            self._opened.loop.call_soon_threadsafe(self.heard, News(workers=True))
        free = await self._claimed(lambda db: claims.claim_free(db, self.workspace, worker, limit))
        if len(free) >= limit:
            return free
        own = await self._claimed(lambda db: claims.claim_own(db, self.workspace, worker, limit - len(free)))
        return sorted((*free, *own), key=lambda row: row.id)

    async def _claimed(
        self, claim: Callable[[Connection], Awaitable[Sequence[ActionRow]]]
    ) -> Sequence[ActionRow]:
        async def work(db: Connection) -> Sequence[ActionRow]:
            found = await claim(db)
            self._unheard.update(row.id for row in found)  # until the answer of the commit is here
            self._claiming.update(row.lane_id for row in found)  # a step's answer may come before that
            return found

        found = await self._writing(work)
        self._unheard.difference_update(row.id for row in found)
        return found

    async def _disown_unheard(self, worker: str) -> None:
        writer = self._opened.writer
        unheard = sorted(self._unheard | writer.unheard)
        if unheard:
            await self._writing(lambda db: claims.disown(db, self.workspace, worker, unheard))
            self._unheard.difference_update(unheard)
            writer.unheard.difference_update(unheard)

    async def _hold(self, work: Callable[[Connection], Awaitable[leases.Share]]) -> Lease:
        asked_at = steady_seconds()
        share = await self._writing(work)
        self._shards = share.held
        self._until = asked_at + self._lease_seconds
        if share.freed:  # what nobody holds waits: others must not find it at their next renewal only
            self._tell_workers()
        return Lease(self._lease_seconds, self._shards)

    def _let_go(self) -> None:
        self._until = -math.inf
        self._shards = frozenset()

    def me(self) -> Me:
        """Who writes at this moment: nobody runs anything while the lease is over."""
        living = self._role == "worker" and steady_seconds() < self._until
        return Me(self.worker if living else None, self._shards, claiming=self._claiming)

    # ----------------------------------------------------------------------------------------------- steps
    async def create(self, change: Change) -> Created:
        """Store a new handoff with its first step, unless it or a live one is there already."""
        created: Created = await self._write(CreateHandoff(self.workspace, change, self._box))
        return created

    async def apply(self, change: Change) -> Applied:
        """Store one step of an existing handoff.

        Raises ``VersionConflict``, ``DuplicateEvent``, ``DuplicateMessage``, ``TimerGone``, ``LaneLost``,
        ``NotParked``, and ``HandoffNotFound`` for a handoff that was never created; nothing is written then.
        """
        try:
            applied: Applied = await self._write(ApplyChange(self.workspace, change, self._box))
        except DuplicateMessage as error:
            mine = error.entry
            entry = await self.entry(mine.handoff_id, mine.direction, mine.message.key)
            raise DuplicateMessage(entry or mine) from None
        return applied

    async def start_action(self, row: ActionRow, noted: CreateTicket | AddToTicket | None = None) -> bool:
        """Note that the call is about to leave. False when the action was withdrawn or is finished.

        Raises ``LaneLost``.
        """
        started: bool = await self._write(Start(row, self._now(), noted))
        return started

    async def postpone_action(
        self, row: ActionRow, *, not_before: datetime, error: str, started: bool = False
    ) -> None:
        """Put off a tried action; counts the try. Raises ``LaneLost``."""
        status = ActionStatus.STARTED if started else ActionStatus.PENDING
        await self._write(Postpone(row, self._now(), status, not_before, error))

    async def save_progress(self, row: ActionRow, send: SendMessage, patch: Mapping[str, Any]) -> None:
        """Store which parts of a split message have arrived. Raises ``LaneLost``."""
        await self._write(SaveProgress(row, self._now(), send, dict(patch)))

    async def store_words(self, row: ActionRow, message: SystemMessage) -> None:
        """Store the words of a ``Say``, and the entry in the ledger unless the text is empty.

        Raises ``LaneLost``.
        """
        await self._write(StoreWords(row, self._now(), message))

    # --------------------------------------------------------------------------------------------- reading
    async def load(self, handoff_id: str) -> Handoff | None:
        """One handoff, or ``None``. Callers that wait at the same time share one question."""
        return await self._here(self._opened.loader.load(handoff_id))

    async def _ask(self, query: Query[T]) -> T:
        sql, names = translate(query.sql)
        values = values_for(names, query.params)
        reading = self._opened.reading
        return query.read(await self._here(reading.run(lambda db: db.fetch(sql, *values))))

    @property
    def _own_shards(self) -> Sequence[int] | None:
        return sorted(self._shards) if self._role == "worker" else None

    @property
    def _newest_document(self) -> int | None:
        return documents.DOCUMENT_VERSION

    # -------------------------------------------------------------------------------- chats, events, others
    async def save_poll(self, before: Chat, after: Chat, events: Sequence[ProviderEvent]) -> bool:
        """Store what a poll brought; false when somebody else has changed the same keys meanwhile."""
        if not events and (after is before or after == before):
            return True
        saved = await self._writing(
            lambda db: save_poll(db, self.workspace, before, after, events, self._box)
        )
        if saved and events:
            self._tell_inbox()
        return saved

    async def keep_unmatched(self, event: ProviderEvent, received_at: datetime) -> bool:
        """Keep an event that matches no chat (once per event id); False when it is kept or seen already."""
        return await self._writing(lambda db: inbox.keep_unmatched(db, self.workspace, event, received_at))

    async def forget_inbox(self, inbox_id: int) -> None:
        """Drop an inbox event that no handoff will ever take."""
        await self._writing(lambda db: inbox.forget(db, self.workspace, inbox_id))

    async def forget_unmatched(self, before: datetime) -> Mapping[str, int]:
        """Drop events that were kept before this time and never matched; how many, by integration."""
        return await self._writing(lambda db: inbox.forget_unmatched(db, self.workspace, before))

    async def save_cooldown(
        self, integration: str, *, before: Cooldown | None, after: Cooldown | None
    ) -> bool:
        """Replace what is known of an integration; false when somebody else has done so."""
        return await self._writing(lambda db: cooldowns.save(db, self.workspace, integration, before, after))

    # ------------------------------------------------------------------------------------- owning the data
    async def is_erased(self, integration: str, refs: Sequence[str]) -> bool:
        """Whether one of these references belonged to a chat that was erased."""
        return await tombstones.is_erased(self, self.workspace, integration, refs)

    async def scrub(self, *, compact: bool = False) -> None:
        """Nothing: autovacuum frees the space of deleted rows. With ``compact`` write the tables anew.

        What backups, replicas and the write-ahead log still hold is for their own retention.
        """
        self._may_write()
        if compact:
            await self._here(self._opened.writing.run(write_anew))

    # ---------------------------------------------------------------------------------- embedded providers
    async def create_tables(self, name: str, version: int, ddl: Sequence[str]) -> None:
        """Bring the tables of schema ``name`` to ``version``. Raises ``StoreError`` for a newer one."""
        await self._writing(lambda db: embedded.create_tables(db, name, version, ddl))

    async def commit(self, statements: Sequence[Statement], events: Sequence[ProviderEvent] = ()) -> None:
        """Run the statements and take in the events in one transaction; returns after the commit.

        Raises ``Expect`` when a statement changed another number of rows than it had to, ``Conflict`` when
        one broke a constraint; nothing is written then.
        """
        await self._here(self._in_turn(statements, events))
        if events:
            self._tell_inbox()

    async def _in_turn(self, statements: Sequence[Statement], events: Sequence[ProviderEvent]) -> None:
        async with self._opened.turn:  # in the order of the calls
            await self._writing(lambda db: embedded.commit(db, self.workspace, statements, events))

    async def fetch(self, sql: str, params: Mapping[str, SqlValue] | None = None) -> Sequence[Row]:
        """Read rows; sees everything that was committed before the call."""
        reading = self._opened.reading
        return await self._here(reading.run(lambda db: embedded.fetch(db, sql, params or {})))

    # --------------------------------------------------------------------------------------------- plumbing
    @property
    def _opened(self) -> _Open:
        if self._open is None:
            raise StoreError(f"the ledger at {self.address.label} is not open: {CALL_INSIDE}")
        return self._open

    async def _write(self, job: Job) -> Any:
        self._may_write()
        opened = self._opened
        if asyncio.get_running_loop() is opened.loop:
            return await opened.writer.run(job)

        async def run() -> Any:
            return await opened.writer.run(job)

        return await self._here(run())

    async def _writing(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        self._may_write()
        return await self._here(self._opened.writing.transact(work))

    async def _here(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it on the event loop that the store was opened on, whichever loop asks."""
        home = self._opened.loop
        if asyncio.get_running_loop() is home:
            return await work
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, home))

    def _may_write(self) -> None:
        if self._role == "reader":
            raise StoreError(f"the ledger at {self.address.label} was opened for reading only")

    def committed(self, outcome: Outcome) -> None:
        """Tell whoever must know that a job was written."""
        if outcome.left_for_others or outcome.timers_for_others or outcome.changed is not None:
            self._opened.notifier.tell(
                actions=outcome.left_for_others, timers=outcome.timers_for_others, handoff=outcome.changed
            )
        if outcome.left_for_me:
            asyncio.get_running_loop().call_soon(self.heard, News(actions=True))

    def _tell_workers(self) -> None:
        opened = self._opened
        opened.loop.call_soon_threadsafe(lambda: opened.notifier.tell(workers=True))

    def _tell_inbox(self) -> None:
        opened = self._opened
        opened.loop.call_soon_threadsafe(lambda: opened.notifier.tell(inbox=True))

    def heard(self, news: News) -> None:
        """Pass on what others have committed."""
        for tell in self._listeners:
            try:
                tell(news)
            except Exception:
                logger.exception("somebody who listens to news has failed")

    def _find_keys(self) -> StoreKeys:
        if self._keys is None:
            raise StoreError(
                "the credentials of a chat cannot be kept, nor links to files signed: on PostgreSQL the "
                "settings must have a `store_key`, the same one for every process"
            )
        return self._keys


class _Open:
    """What an open store works with."""

    def __init__(self, store: PostgresStore) -> None:
        address, workspace = store.address, store.workspace
        self.loop = asyncio.get_running_loop()
        self.turn = asyncio.Lock()
        self.reading = Pool(address, 4, default_transaction_read_only="on")
        self.writing = Pool(address, 4)
        self.loader = Loader(self.reading, workspace)
        self.notifier = Notifier(self.writing, workspace, store.sender)
        self.listener = Listener(address, workspace, lambda: store.sender, store.heard)
        self.writer = Writer(address, workspace, me=store.me, committed=store.committed)

    async def close(self) -> None:
        """Close every connection."""
        await self.listener.stop()
        await self.writer.stop()
        await self.reading.close()
        await self.writing.close()
