"""How many sessions each bot had on each day, as the platform reports it: for containment.

A session is one conversation with the bot, whether a human came or not; the ledger knows only the handoffs.
Reports add up. Each has a key, so that one that is sent again after a lost answer counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import EmbeddedDatabase, Statement

__all__ = ["KEYS_KEPT", "DayOfSessions", "SessionCounts", "SessionReport"]

KEYS_KEPT: Final = timedelta(days=7)
"""How long the key of a report is remembered."""

_SCHEMA = "sessions"
_SCHEMA_VERSION = 1
_DDL = (
    """CREATE TABLE IF NOT EXISTS session_counts (
        workspace TEXT NOT NULL, bot TEXT NOT NULL, day TEXT NOT NULL, sessions BIGINT NOT NULL,
        PRIMARY KEY (workspace, bot, day))""",
    """CREATE TABLE IF NOT EXISTS session_reports (
        workspace TEXT NOT NULL, report_key TEXT NOT NULL, content TEXT NOT NULL, reported_at TEXT NOT NULL,
        PRIMARY KEY (workspace, report_key))""",
    """CREATE INDEX IF NOT EXISTS session_reports_by_age ON session_reports (workspace, reported_at)""",
)
_FORGET = "DELETE FROM session_reports WHERE workspace = :workspace AND reported_at < :before"
_REPORT = """INSERT INTO session_reports (workspace, report_key, content, reported_at)
    VALUES (:workspace, :key, :content, :now) ON CONFLICT (workspace, report_key) DO NOTHING"""
_COUNT = """INSERT INTO session_counts (workspace, bot, day, sessions)
    VALUES (:workspace, :bot, :day, :sessions)
    ON CONFLICT (workspace, bot, day) DO UPDATE SET sessions = session_counts.sessions + excluded.sessions"""
_KNOWN = "SELECT content FROM session_reports WHERE workspace = :workspace AND report_key = :key"
_DAYS = """SELECT bot, day, sessions FROM session_counts
    WHERE workspace = :workspace AND bot = :bot AND day >= :first AND day <= :last ORDER BY day"""


@dataclass(frozen=True, slots=True)
class SessionReport:
    """So many sessions of a bot began. ``day`` is in UTC; without one it is the day of the report."""

    key: str
    bot: str
    sessions: int
    day: date | None = None

    @property
    def content(self) -> str:
        """What two reports with the same key must agree on."""
        return f"{self.sessions} {self.day or '-'} {self.bot}"


@dataclass(frozen=True, slots=True)
class DayOfSessions:
    """The sessions of a bot on one day, in UTC."""

    bot: str
    day: date
    sessions: int


class SessionCounts:
    """The counts of one workspace. Every method raises ``StoreError``."""

    def __init__(self, database: EmbeddedDatabase, workspace: str) -> None:
        self._database = database
        self._workspace = workspace
        self._ready = False

    async def add(self, report: SessionReport, now: datetime) -> bool | None:
        """Count a report, durably.

        False when it was counted before, ``None`` when its key was used for another one: nothing is counted
        then.
        """
        await self._prepare()
        key = {"workspace": self._workspace, "key": report.key}
        row = {**key, "content": report.content, "now": utc_text(now)}
        day = report.day or date.fromisoformat(utc_text(now)[:10])
        count = {"workspace": self._workspace, "bot": report.bot, "day": day.isoformat()}
        try:
            await self._database.commit(
                [
                    Statement(_FORGET, {"workspace": self._workspace, "before": utc_text(now - KEYS_KEPT)}),
                    Statement(_REPORT, row, expect=1),
                    Statement(_COUNT, {**count, "sessions": report.sessions}),
                ]
            )
        except Expect:
            known = await self._database.fetch(_KNOWN, key)
            return None if not known or known[0]["content"] != report.content else False
        return True

    async def days(self, bot: str, first: date, last: date) -> Sequence[DayOfSessions]:
        """The days from ``first`` to ``last`` on which a bot had sessions, in order."""
        await self._prepare()
        rows = await self._database.fetch(
            _DAYS,
            {
                "workspace": self._workspace,
                "bot": bot,
                "first": first.isoformat(),
                "last": last.isoformat(),
            },
        )
        return [
            DayOfSessions(str(row["bot"]), date.fromisoformat(str(row["day"])), int(row["sessions"] or 0))
            for row in rows
        ]

    async def _prepare(self) -> None:
        if not self._ready:
            await self._database.create_tables(_SCHEMA, _SCHEMA_VERSION, _DDL)
            self._ready = True
