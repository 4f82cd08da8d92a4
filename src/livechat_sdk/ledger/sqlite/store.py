"""``SqliteStore``: the ledger of one workspace on one SQLite file."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from livechat_sdk.domain.chats import Chat, ProviderEvent
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.errors import StoreError
from livechat_sdk.ledger import tombstones
from livechat_sdk.ledger.cooldowns import Cooldown
from livechat_sdk.ledger.queries import Queries, Query
from livechat_sdk.ledger.reading import LedgerReading
from livechat_sdk.ledger.secrets import SecretBox, StoreKeys, key_file_of, read_key_file
from livechat_sdk.ledger.shards import ALL_SHARDS
from livechat_sdk.ledger.sqlite import actions, cooldowns, embedded, inbox
from livechat_sdk.ledger.sqlite.asking import ask
from livechat_sdk.ledger.sqlite.changes import ApplyChange, CreateHandoff
from livechat_sdk.ledger.sqlite.connection import SqliteFile
from livechat_sdk.ledger.sqlite.lock import ServingLock
from livechat_sdk.ledger.sqlite.polls import SavePoll
from livechat_sdk.ledger.sqlite.readers import Readers
from livechat_sdk.ledger.sqlite.scrubbing import scrub
from livechat_sdk.ledger.sqlite.upgrading import upgrade_if_older
from livechat_sdk.ledger.sqlite.writer import Job, Writer
from livechat_sdk.ledger.store import (
    CALL_INSIDE,
    ActionRow,
    ActionStatus,
    Applied,
    Change,
    Created,
    Lease,
    News,
)
from livechat_sdk.lifecycle.effects import AddToTicket, CreateTicket, SendMessage
from livechat_sdk.provider.embedded import Row, SqlValue, Statement

__all__ = ["SqliteStore"]

T = TypeVar("T")

_Role = Literal["worker", "clerk", "reader"]

_FEW = 16
"""A step that writes no more than this is brief (see ``Writer``)."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SqliteStore(LedgerReading):
    """A ``Store`` on one SQLite file, served by one process.

    ``key`` encrypts the credentials of chats; without it a key file ``<database>.key`` is made beside the
    file at the first need. ``busy_timeout`` is how many seconds a write waits while another program holds the
    file. ``now`` is asked where a method is given no time of its own. Every method raises ``StoreError`` when
    the file cannot be read or written; when the reason is gone, the next call works again.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        workspace: str = "default",
        key: StoreKeys | None = None,
        busy_timeout: float = 5.0,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        super().__init__(Queries(workspace), SecretBox(self._find_keys))
        self.path = Path(path).resolve()
        self.workspace = workspace
        self._keys = key
        self._now = now
        self._file = SqliteFile(self.path, busy_timeout=busy_timeout)
        self._patience = busy_timeout
        self._role: _Role = "worker"
        self.worker = uuid.uuid4().hex
        """Id of this worker. There is only one on an SQLite file, so its lease never ends."""
        self._lock: ServingLock | None = None
        self._writer: Writer | None = None
        self._readers: Readers | None = None

    @classmethod
    def reader(cls, path: str | Path, *, workspace: str = "default", key: StoreKeys | None = None) -> Self:
        """A store that can only read, beside the process that serves the file. It takes no lock."""
        store = cls(path, workspace=workspace, key=key)
        store._role = "reader"
        return store

    @classmethod
    def clerk(
        cls,
        path: str | Path,
        *,
        workspace: str = "default",
        key: StoreKeys | None = None,
        busy_timeout: float = 5.0,
        now: Callable[[], datetime] = _utc_now,
    ) -> Self:
        """A store that writes beside the process that serves the file, for commands. It runs no actions."""
        store = cls(path, workspace=workspace, key=key, busy_timeout=busy_timeout, now=now)
        store._role = "clerk"
        return store

    # ------------------------------------------------------------------------------------ opening, closing
    async def open(self) -> None:
        """Lock the file, bring the schema up to date, start the threads.

        Raises ``StoreLocked`` when another process serves it, ``StoreError`` when it cannot be used.
        """
        if self._readers is not None:
            raise StoreError(f"the ledger {self.path} is open already: enter `async with` once")
        opening = asyncio.create_task(asyncio.to_thread(self._open))
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            await asyncio.gather(opening, return_exceptions=True)  # a thread cannot be interrupted
            await self.close()
            raise

    def _open(self) -> None:
        if self._role != "worker":
            self._open_beside()
            return
        lock = ServingLock(self.path)
        lock.acquire()
        try:
            self._file.create()
            upgrade_if_older(self._file)
            self._file.prepare()
            self._file.check()
        except BaseException:
            lock.release()
            raise
        self._lock = lock
        self.worker = uuid.uuid4().hex
        self._readers = Readers(self._file)
        self._writer = Writer(self._file)
        self._writer.start()

    def _open_beside(self) -> None:
        if not self.path.exists():
            raise StoreError(
                f"there is no ledger {self.path}; check `store` in the settings, or start the server once"
            )
        readers = Readers(self._file, threads=1)
        try:
            readers.check()
        except BaseException:
            readers.stop()
            raise
        self._readers = readers
        if self._role == "clerk":
            self._writer = Writer(self._file)
            self._writer.start()

    async def close(self) -> None:
        """Write what waits, end the threads, let go of the lock. Harmless when it is closed already."""
        readers, self._readers = self._readers, None
        writer, self._writer = self._writer, None
        lock, self._lock = self._lock, None
        await asyncio.to_thread(_close, readers, writer, lock)

    # --------------------------------------------------------------------------------------------- working
    def on_news(self, tell: Callable[[News], None]) -> None:
        """Commands cannot tell; ``claim`` finds what they have written."""

    async def keep_alive(self) -> Lease:
        """The only worker of a file holds everything for as long as it lives."""
        return Lease(math.inf, ALL_SHARDS)

    async def rejoin(self) -> Lease:
        """As ``keep_alive``: a lease on a file is never lost."""
        return await self.keep_alive()

    async def release(self) -> None:
        """Closing lets go of everything."""

    async def claim(self, limit: int = 1000) -> Sequence[ActionRow]:
        """Open actions that an earlier process or a command has left, in order."""
        if not await self._ask(self._queries.unclaimed_actions(self.worker, 1)):
            return ()
        return await self._write(lambda db: actions.claim(db, self.workspace, self.worker, limit))

    # ----------------------------------------------------------------------------------------------- steps
    async def create(self, change: Change) -> Created:
        """Store a new handoff with its first step, unless it or a live one is there already."""
        return await self._write(CreateHandoff(self.workspace, change, self._box, self._runner))

    async def apply(self, change: Change) -> Applied:
        """Store one step of an existing handoff.

        Raises ``VersionConflict``, ``DuplicateEvent``, ``DuplicateMessage``, ``TimerGone``, ``NotParked``,
        and ``HandoffNotFound`` for a handoff that was never created; nothing is written then.
        """
        job = ApplyChange(self.workspace, change, self._box, self._runner)
        return await self._write(job, brief=len(change.writes) + len(change.actions) <= _FEW)

    # ------------------------------------------------------------------------- actions, chats and events
    async def save_poll(self, before: Chat, after: Chat, events: Sequence[ProviderEvent]) -> bool:
        """Store what a poll brought; false when somebody else has changed the same keys meanwhile."""
        if not events and (after is before or after == before):
            return True
        return await self._write(SavePoll(self.workspace, before, after, tuple(events), self._box))

    async def start_action(self, row: ActionRow, noted: CreateTicket | AddToTicket | None = None) -> bool:
        """Note that the call is about to leave. False when the action was withdrawn or is finished."""
        return await self._write(
            lambda db: actions.start(db, self.workspace, row.id, self._now(), noted), brief=True
        )

    async def postpone_action(
        self, row: ActionRow, *, not_before: datetime, error: str, started: bool = False
    ) -> None:
        """Put off a tried action; counts the try. It is pending again, unless it may have arrived."""
        status = ActionStatus.STARTED if started else ActionStatus.PENDING
        await self._write(
            lambda db: actions.postpone(db, self.workspace, row.id, status, not_before, error, self._now())
        )

    async def save_progress(self, row: ActionRow, send: SendMessage, patch: Mapping[str, Any]) -> None:
        """Store which parts of a split message have arrived, and what that changed in the chat's state."""
        await self._write(
            lambda db: actions.save_progress(db, self.workspace, row, send, dict(patch), self._now())
        )

    async def store_words(self, row: ActionRow, message: SystemMessage) -> None:
        """Store the words of a ``Say``, and the entry in the ledger unless the text is empty."""
        await self._write(lambda db: actions.store_words(db, self.workspace, row.id, message, self._now()))

    async def keep_unmatched(self, event: ProviderEvent, received_at: datetime) -> bool:
        """Keep an event that matches no chat (once per event id); False when it is kept or seen already."""
        return await self._write(lambda db: inbox.keep_unmatched(db, self.workspace, event, received_at))

    async def forget_inbox(self, inbox_id: int) -> None:
        """Drop an inbox event that no handoff will ever take."""
        await self._write(lambda db: inbox.forget(db, self.workspace, inbox_id))

    async def forget_unmatched(self, before: datetime) -> Mapping[str, int]:
        """Drop events that were kept before this time and never matched; how many, by integration."""
        return await self._write(lambda db: inbox.forget_unmatched(db, self.workspace, before))

    # ------------------------------------------------------------------------------------------ cool-downs
    async def save_cooldown(
        self, integration: str, *, before: Cooldown | None, after: Cooldown | None
    ) -> bool:
        """Replace what is known of an integration; false when somebody else has done so."""
        return await self._write(lambda db: cooldowns.save(db, self.workspace, integration, before, after))

    # ------------------------------------------------------------------------------------- owning the data
    async def is_erased(self, integration: str, refs: Sequence[str]) -> bool:
        """Whether one of these references belonged to a chat that was erased."""
        return await tombstones.is_erased(self, self.workspace, integration, refs)

    async def scrub(self, *, compact: bool = False) -> bool:
        """Empty the write-ahead log; with ``compact`` write the file anew before that (``VACUUM``).

        False when other programs read an older state for longer than the busy timeout.
        """
        if self._writer is None:
            raise self._cannot_write()
        return await asyncio.to_thread(scrub, self._file, compact=compact, patience=self._patience)

    # ---------------------------------------------------------------------------------- embedded providers
    async def create_tables(self, name: str, version: int, ddl: Sequence[str]) -> None:
        """Bring the tables of schema ``name`` to ``version``. Raises ``StoreError`` for a newer one."""
        await self._write(lambda db: embedded.create_tables(db, name, version, ddl))

    async def commit(self, statements: Sequence[Statement], events: Sequence[ProviderEvent] = ()) -> None:
        """Run the statements and take in the events in one transaction; returns after the commit.

        Raises ``Expect`` when a statement changed another number of rows than it had to, ``Conflict`` when
        one broke a constraint; nothing is written then.
        """
        job = embedded.Commit(self.workspace, tuple(statements), tuple(events))
        # What is taken in from vendors is brief; statements of others may change any number of rows.
        await self._write(job, brief=not statements and len(events) <= _FEW)

    async def fetch(self, sql: str, params: Mapping[str, SqlValue] | None = None) -> Sequence[Row]:
        """Read rows; sees everything that was committed before the call."""
        return await self._read(lambda db: embedded.fetch(db, sql, params or {}))

    # --------------------------------------------------------------------------------------------- plumbing
    @property
    def _runner(self) -> str | None:
        """Who runs the actions that a step of this store decides: this worker, or whoever claims them."""
        return self.worker if self._role == "worker" else None

    async def _write(self, job: Job[T], *, brief: bool = False) -> T:
        if self._writer is None:
            raise self._cannot_write()
        return await self._writer.run(job, brief=brief)

    def _cannot_write(self) -> StoreError:
        if self._role == "reader" and self._readers is not None:
            return StoreError(f"the ledger {self.path} was opened for reading only")
        return self._not_open()

    def _not_open(self) -> StoreError:
        return StoreError(f"the ledger {self.path} is not open: {CALL_INSIDE}")

    async def _ask(self, query: Query[T]) -> T:
        return await self._read(lambda db: ask(db, query), brief=query.brief)

    async def _read(self, query: Callable[[sqlite3.Connection], T], *, brief: bool = False) -> T:
        if self._readers is None:
            raise self._not_open()
        return await self._readers.run(query, brief=brief)

    def _find_keys(self) -> StoreKeys:
        if self._keys is None:
            self._keys = read_key_file(key_file_of(self.path), create=self._role == "worker")
        return self._keys


def _close(readers: Readers | None, writer: Writer | None, lock: ServingLock | None) -> None:
    if readers is not None:
        readers.stop()
    if writer is not None:
        writer.stop()
    if lock is not None:
        lock.release()
