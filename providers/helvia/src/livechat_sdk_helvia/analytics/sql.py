"""Time in the SQL that SQLite and PostgreSQL share: both count here with whole numbers, so both are exact."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

__all__ = ["EVENT_TYPE", "QUARTER", "RESPONSES", "beginning_of", "seconds_between"]

# ruff: noqa: S608 - the SQL is put together from constants of this module only

QUARTER: Final = (
    "SUBSTR(c.created_at, 1, 14) || CAST(CAST(SUBSTR(c.created_at, 15, 2) AS BIGINT) / 15 AS TEXT)"
)
"""The quarter of an hour of a request: clocks everywhere differ from UTC by whole quarters, so that days of
any zone are made of these."""


def beginning_of(quarter: str) -> datetime:
    """The moment at which what ``QUARTER`` made begins."""
    hour, _, number = quarter.rpartition(":")
    return datetime.fromisoformat(hour + ":00:00").replace(minute=15 * int(number), tzinfo=UTC)


def _number(column: str, start: int, length: int) -> str:
    return f"CAST(SUBSTR({column}, {start}, {length}) AS BIGINT)"


def _microseconds(column: str) -> str:
    """ISO text of a moment as microseconds since a day long ago. Years begin in March: leap days are last."""
    year = f"({_number(column, 1, 4)} - CASE WHEN SUBSTR({column}, 6, 2) <= '02' THEN 1 ELSE 0 END)"
    month = f"(({_number(column, 6, 2)} + 9) % 12)"
    days = (
        f"(365 * {year} + {year} / 4 - {year} / 100 + {year} / 400 + (153 * {month} + 2) / 5"
        f" + {_number(column, 9, 2)})"
    )
    minutes = f"(({days} * 24 + {_number(column, 12, 2)}) * 60 + {_number(column, 15, 2)})"
    return f"(({minutes} * 60 + {_number(column, 18, 2)}) * 1000000 + {_number(column, 21, 6)})"


def seconds_between(start: str, end: str) -> str:
    """Whole seconds from one column to another, cut down; 0 where the clocks of two systems disagree."""
    difference = f"({_microseconds(end)} - {_microseconds(start)}) / 1000000"
    return f"CASE WHEN {end} <= {start} THEN 0 WHEN {end} > {start} THEN {difference} END"


EVENT_TYPE: Final = """
    CASE WHEN c.status = 'pending' THEN 'LIVECHAT_REQUESTED'
         WHEN c.status = 'started' THEN 'LIVECHAT_REQUEST_ACCEPTED'
         WHEN c.status = 'unserved' AND c.ended_by = 'clock' AND c.ended_why = 'timeout'
             THEN 'LIVECHAT_REQUEST_MISSED'
         WHEN c.status = 'unserved' THEN 'LIVECHAT_REQUEST_CLOSED'
         WHEN c.ended_by = 'user' OR c.ended_why = 'inactivity' THEN 'LIVECHAT_ABANDONED'
         ELSE 'LIVECHAT_TERMINATED' END
"""
"""Where ``desk_conversations c`` has come to, in the published names."""

RESPONSES: Final = f"""
    SELECT id, created_at, turn, {seconds_between("since", "answered")} AS seconds
    FROM (
        SELECT id, created_at, turn, MIN(CASE WHEN author = 'agent' THEN sent_at END) AS answered,
               CASE WHEN turn = 0 THEN MIN(started_at)
                    ELSE MIN(CASE WHEN author = 'end-user' THEN sent_at END) END AS since
        FROM (
            SELECT c.id, c.created_at, c.started_at, m.author, m.sent_at,
                   COALESCE(SUM(CASE WHEN m.author = 'agent' THEN 1 ELSE 0 END) OVER (
                       PARTITION BY m.conversation_id ORDER BY m.seq
                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS turn
            FROM desk_conversations c
            JOIN desk_messages m ON m.workspace = c.workspace AND m.integration = c.integration
             AND m.conversation_id = c.id AND m.author IN ('agent', 'end-user')
            WHERE {{where}}
        ) spoken
        GROUP BY id, created_at, turn
    ) turns
    WHERE since IS NOT NULL AND answered IS NOT NULL
"""
"""One row for each time that an end user waited for an answer and got one. ``turn`` counts the messages of
members before it: a turn is what the end user said since then, and the answer."""
