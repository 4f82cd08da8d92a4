"""Which part of the bots' sessions asked for a human: only where the platform reports its sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from livechat_sdk.provider.hosting import EmbeddedHost
from livechat_sdk_helvia.analytics.figures import Share
from livechat_sdk_helvia.analytics.period import Period
from livechat_sdk_helvia.context import DeskContext

__all__ = ["share_of_sessions"]

# ruff: noqa: S608 - the SQL is put together from constants of the desk; values are parameters


async def share_of_sessions(desk: DeskContext, host: EmbeddedHost | None, period: Period) -> Share | None:
    """Sessions with and without a human; ``None`` where there is no report, or one that cannot be whole.

    Sessions are reported by days in UTC. So those are the days, of the dates of the period, on which requests
    are counted too; and only days of bots that have a report.
    """
    if host is None:
        return None
    asked = await _sessions_that_asked(desk, period)
    sessions = requests = live_chats = 0
    for bot in period.bots or await _bots(desk):
        for day, count in (await host.sessions(bot, period.first_day, period.last_day)).items():
            sessions += count
            with_request, with_live_chat = asked.pop((bot, day), (0, 0))
            requests += with_request
            live_chats += with_live_chat
    if not sessions or requests > sessions:
        return None
    return Share(sessions, requests, live_chats, sum(with_request for with_request, _ in asked.values()))


async def _sessions_that_asked(desk: DeskContext, period: Period) -> dict[tuple[str, date], tuple[int, int]]:
    """By bot and day in UTC: sessions that asked for a human, and those that got one."""
    where, params = period.where(days_in_utc=True)
    rows = await desk.fetch(
        f"""
        SELECT c.bot, SUBSTR(c.created_at, 1, 10) AS day, COUNT(DISTINCT c.platform_conversation) AS requests,
               COUNT(DISTINCT CASE WHEN c.started_at IS NOT NULL THEN c.platform_conversation END)
                   AS live_chats
        FROM desk_conversations c WHERE {where}
        GROUP BY c.bot, SUBSTR(c.created_at, 1, 10)
        """,
        **params,
    )
    return {
        (str(row["bot"]), date.fromisoformat(str(row["day"]))): (
            int(row["requests"] or 0),
            int(row["live_chats"] or 0),
        )
        for row in rows
    }


async def _bots(desk: DeskContext) -> Sequence[str]:
    """Bots that ever asked for a human here: of others, nobody knows where they ask."""
    rows = await desk.fetch(
        """
        SELECT DISTINCT bot FROM desk_conversations
        WHERE workspace = :workspace AND integration = :integration ORDER BY bot
        """
    )
    return [str(row["bot"]) for row in rows]
