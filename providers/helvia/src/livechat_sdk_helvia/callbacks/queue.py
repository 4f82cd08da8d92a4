"""Callbacks as rows: written with what they tell of, claimed by one process at a time, in order.

Of each conversation only the oldest one can be claimed. Two are never under way at the same time, and none
is passed over, whichever processes take part; what was given up makes way for the next one, and stays to be
seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import BeforeValidator

from livechat_sdk.domain.base import Model, Timestamp, new_key, utc_text
from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import SqlValue, Statement
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.records import from_row, parsed_json

# ruff: noqa: S608 - the SQL is put together from constants of the desk only

__all__ = ["LEASE", "Callback", "Queue", "Waiting", "queueing_statements"]

LEASE: Final = 30.0
"""Seconds that a callback belongs to the process that claimed it; longer than a delivery may take."""

_AT_ONCE: Final = 50
_MOST_SIGNS: Final = 20
"""Callbacks of a conversation that wait; behind so many, nobody is told of typing."""
_MAX_ERROR: Final = 300

_FIRST: Final = """
    q.workspace = :workspace AND q.integration = :integration AND q.given_up_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM desk_callbacks e
        WHERE e.workspace = q.workspace AND e.integration = q.integration
          AND e.conversation_id = q.conversation_id AND e.seq < q.seq AND e.given_up_at IS NULL)
"""
"""The oldest of its conversation."""

_MINE: Final = """
    WHERE workspace = :workspace AND integration = :integration AND conversation_id = :conversation_id
      AND seq = :seq AND event_id = :event_id AND leased_by = :me
"""


class Callback(Model):
    """A callback that waits."""

    conversation_id: int
    seq: int
    event_id: str
    event: Annotated[ProviderEvent, BeforeValidator(parsed_json)]
    tries: int
    created_at: Timestamp


class Waiting(Model):
    """How it stands with the callbacks of a desk."""

    waiting: int
    given_up: int
    oldest: Timestamp | None
    """Since when the oldest one waits."""
    error: str | None
    """What the last try of it came to."""


def queueing_statements(
    workspace: str, integration: str, events: Sequence[ProviderEvent], now: str
) -> list[Statement]:
    """Put callbacks behind those that wait for their conversations, in the commit of what they tell of.

    The database lets in one commit at a time, so that two commits are told in their order.
    """
    where: dict[str, SqlValue] = {"workspace": workspace, "integration": integration}
    return [_queueing(where, event, now) for event in events]


def _queueing(where: dict[str, SqlValue], event: ProviderEvent, now: str) -> Statement:
    most = ""
    if event.kind == "typing_changed":
        most = f"""
          AND (SELECT COUNT(*) FROM desk_callbacks o
               WHERE o.workspace = c.workspace AND o.integration = c.integration
                 AND o.conversation_id = c.id AND o.given_up_at IS NULL) < {_MOST_SIGNS}
        """
    return Statement(
        f"""
        INSERT INTO desk_callbacks (workspace, integration, conversation_id, seq, handoff_id, event_id, event,
                                    tries, due_at, created_at)
        SELECT c.workspace, c.integration, c.id,
               (SELECT COALESCE(MAX(o.seq), 0) + 1 FROM desk_callbacks o
                WHERE o.workspace = c.workspace AND o.integration = c.integration
                  AND o.conversation_id = c.id),
               c.handoff_id, CAST(:event_id AS TEXT), CAST(:event AS TEXT), 0, CAST(:now AS TEXT),
               CAST(:now AS TEXT)
        FROM desk_conversations c
        WHERE c.workspace = :workspace AND c.integration = :integration AND c.ref = :ref {most}
        """,
        {
            **where,
            "ref": event.refs[0],
            "event_id": event.id,
            "event": event.model_dump_json(),
            "now": now,
        },
    )


class Queue:
    """The callbacks of a desk that wait."""

    def __init__(self, desk: DeskContext) -> None:
        self._desk = desk
        self._me = new_key()

    async def due(self) -> Sequence[int]:
        """Conversations with a callback that can be delivered now, the longest due first."""
        rows = await self._desk.fetch(
            f"""
            SELECT q.conversation_id FROM desk_callbacks q
            WHERE {_FIRST} AND q.due_at <= :now AND (q.leased_until IS NULL OR q.leased_until <= :now)
            ORDER BY q.due_at LIMIT :most
            """,
            now=self._desk.now_text(),
            most=_AT_ONCE,
        )
        return [int(str(row["conversation_id"])) for row in rows]

    async def next_due(self) -> datetime | None:
        """When the next one can be delivered; ``None`` while none waits."""
        row = await self._desk.first(
            f"""
            SELECT MIN(CASE WHEN q.leased_until > q.due_at THEN q.leased_until ELSE q.due_at END) AS at
            FROM desk_callbacks q WHERE {_FIRST}
            """
        )
        return datetime.fromisoformat(str(row["at"])) if row and row["at"] is not None else None

    async def claim(self, conversation_id: int) -> Callback | None:
        """Take the oldest callback of a conversation for this process; ``None`` if none can be had now."""
        desk, now = self._desk, self._desk.now()
        row = await desk.first(
            f"""
            SELECT q.* FROM desk_callbacks q
            WHERE {_FIRST} AND q.conversation_id = :conversation_id AND q.due_at <= :now
              AND (q.leased_until IS NULL OR q.leased_until <= :now)
            """,
            conversation_id=conversation_id,
            now=utc_text(now),
        )
        if row is None:
            return None
        found = from_row(Callback, row)
        update = desk.statement(
            """
            UPDATE desk_callbacks SET tries = tries + 1, leased_by = :me, leased_until = :until
            WHERE workspace = :workspace AND integration = :integration
              AND conversation_id = :conversation_id AND seq = :seq AND event_id = :event_id
              AND tries = :tries AND given_up_at IS NULL AND (leased_until IS NULL OR leased_until <= :now)
            """,
            expect=1,
            conversation_id=found.conversation_id,
            seq=found.seq,
            event_id=found.event_id,
            tries=found.tries,
            me=self._me,
            until=utc_text(now + timedelta(seconds=LEASE)),
            now=utc_text(now),
        )
        try:
            await desk.database.commit([update])
        except Expect:
            return None
        return found.model_copy(update={"tries": found.tries + 1})

    async def done(self, callback: Callback) -> None:
        """It was taken, or is out of date: it waits no longer."""
        await self._settle(callback, "DELETE FROM desk_callbacks")

    async def later(self, callback: Callback, seconds: float, error: str) -> None:
        """It is tried again after ``seconds``."""
        await self._settle(
            callback,
            """
            UPDATE desk_callbacks
            SET leased_by = NULL, leased_until = NULL, due_at = :due_at, error = :error
            """,
            due_at=utc_text(self._desk.now() + timedelta(seconds=seconds)),
            error=error[:_MAX_ERROR],
        )

    async def give_up(self, callback: Callback, error: str) -> None:
        """It is not tried again, and the next one of its conversation is."""
        await self._settle(
            callback,
            """
            UPDATE desk_callbacks
            SET leased_by = NULL, leased_until = NULL, given_up_at = :now, error = :error
            """,
            now=self._desk.now_text(),
            error=error[:_MAX_ERROR],
        )

    async def let_go(self) -> None:
        """Leave what this process has claimed to whoever comes next."""
        release = self._desk.statement(
            """
            UPDATE desk_callbacks SET leased_by = NULL, leased_until = NULL
            WHERE workspace = :workspace AND integration = :integration AND leased_by = :me
            """,
            me=self._me,
        )
        await self._desk.database.commit([release])

    async def standing(self) -> Waiting:
        """How many wait, since when, and what is wrong."""
        counts = await self._desk.first(
            """
            SELECT COUNT(*) - COUNT(given_up_at) AS waiting, COUNT(given_up_at) AS given_up,
                   MIN(CASE WHEN given_up_at IS NULL THEN created_at END) AS oldest
            FROM desk_callbacks WHERE workspace = :workspace AND integration = :integration
            """
        )
        failing = await self._desk.first(
            f"""
            SELECT q.error FROM desk_callbacks q WHERE {_FIRST} AND q.error IS NOT NULL
            ORDER BY q.created_at LIMIT 1
            """
        )
        return from_row(Waiting, counts or {}, error=failing["error"] if failing else None)

    async def _settle(self, callback: Callback, change: str, **values: SqlValue) -> None:
        """Nothing happens when another process has taken it meanwhile."""
        params = self._desk.params(
            conversation_id=callback.conversation_id,
            seq=callback.seq,
            event_id=callback.event_id,
            me=self._me,
            **values,
        )
        await self._desk.database.commit([Statement(change + _MINE, params)])
