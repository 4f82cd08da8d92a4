"""Which part of the bots' sessions asked for a human: only where the platform reports its sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from livechat_sdk.provider.embedded import SqlValue
from livechat_sdk.provider.hosting import EmbeddedHost
from livechat_sdk_helvia.analytics.figures import Share
from livechat_sdk_helvia.analytics.period import Period
from livechat_sdk_helvia.context import DeskContext

__all__ = ["share_of_sessions"]

# ruff: noqa: S608 - the SQL is put together from constants of the desk; values are parameters

_Day = tuple[str, date]
"""A bot and a day in UTC."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is there of one day: conversations, and the sessions that asked for a human or got one."""

    conversations: int = 0
    sessions: int = 0
    with_live_chat: int = 0


_NOBODY: Final = _Asked()


async def share_of_sessions(desk: DeskContext, host: EmbeddedHost | None, period: Period) -> Share | None:
    """Sessions with and without a human; ``None`` where there is no report, or one that cannot be whole.

    Sessions are reported by days in UTC. So those are the days, of the dates of the period, on which requests
    are counted too. Left out are days of bots without a report, and those of which conversations were
    deleted: what asked for a human would be missing, and the share of what did not would be too good.
    """
    if host is None:
        return None
    asked, opened = await _asked(desk, period), await _opened(desk, period)
    sessions = requests = live_chats = 0
    for bot in period.bots or await _bots(desk):
        for day, count in (await host.sessions(bot, period.first_day, period.last_day)).items():
            if opened.get((bot, day), 0) > asked.get((bot, day), _NOBODY).conversations:
                continue
            there = asked.pop((bot, day), _NOBODY)
            sessions += count
            requests += there.sessions
            live_chats += there.with_live_chat
    if not sessions or requests > sessions:
        return None
    return Share(sessions, requests, live_chats, sum(day.sessions for day in asked.values()))


async def _asked(desk: DeskContext, period: Period) -> dict[_Day, _Asked]:
    """What is there of each day on which somebody asked for a human."""
    where, params = period.where(days_in_utc=True)
    rows = await desk.fetch(
        f"""
        SELECT c.bot, SUBSTR(c.created_at, 1, 10) AS day, COUNT(*) AS conversations,
               COUNT(DISTINCT c.platform_conversation) AS sessions,
               COUNT(DISTINCT CASE WHEN c.started_at IS NOT NULL THEN c.platform_conversation END)
                   AS live_chats
        FROM desk_conversations c WHERE {where}
        GROUP BY c.bot, SUBSTR(c.created_at, 1, 10)
        """,
        **params,
    )
    return {
        (str(row["bot"]), date.fromisoformat(str(row["day"]))): _Asked(
            int(row["conversations"] or 0), int(row["sessions"] or 0), int(row["live_chats"] or 0)
        )
        for row in rows
    }


async def _opened(desk: DeskContext, period: Period) -> Mapping[_Day, int]:
    """How many conversations each day had, those that were deleted since included."""
    until = period.last_day + timedelta(days=1)
    values: dict[str, SqlValue] = {"since": period.first_day.isoformat(), "until": until.isoformat()}
    rows = await desk.fetch(
        """
        SELECT bot, day, opened FROM desk_openings
        WHERE workspace = :workspace AND integration = :integration AND day >= :since AND day < :until
        """,
        **values,
    )
    return {(str(row["bot"]), date.fromisoformat(str(row["day"]))): int(row["opened"] or 0) for row in rows}


async def _bots(desk: DeskContext) -> Sequence[str]:
    """Bots that ever asked for a human here: of others, nobody knows where they ask."""
    rows = await desk.fetch(
        """
        SELECT bot FROM desk_conversations WHERE workspace = :workspace AND integration = :integration
        UNION
        SELECT bot FROM desk_openings WHERE workspace = :workspace AND integration = :integration
        ORDER BY bot
        """
    )
    return [str(row["bot"]) for row in rows]
