"""Counting a period: a few statements that give one row for each quarter of an hour, whatever was said."""

from __future__ import annotations

from livechat_sdk.provider.embedded import Row
from livechat_sdk_helvia.analytics.figures import Report, TimesByDay
from livechat_sdk_helvia.analytics.period import Period
from livechat_sdk_helvia.analytics.sql import EVENT_TYPE, QUARTER, RESPONSES, beginning_of, seconds_between
from livechat_sdk_helvia.context import DeskContext

__all__ = ["count_period"]

# ruff: noqa: S608 - the SQL is put together from constants of the desk; values are parameters


async def count_period(desk: DeskContext, period: Period) -> Report:
    """Everything but what needs the sessions of the bots."""
    report = Report()
    await _count_requests(desk, period, report)
    await _count_messages(desk, period, report)
    await _count_responses(desk, period, report)
    return report


async def _count_requests(desk: DeskContext, period: Period, report: Report) -> None:
    where, params = period.where()
    rows = await desk.fetch(
        f"""
        SELECT quarter, COUNT(*) AS requests, COUNT(started_at) AS live_chats,
               COUNT(CASE WHEN event = 'LIVECHAT_REQUEST_MISSED' THEN 1 END) AS missed,
               COUNT(CASE WHEN event = 'LIVECHAT_REQUEST_CLOSED' THEN 1 END) AS withdrawn,
               COUNT(CASE WHEN event = 'LIVECHAT_REQUESTED' THEN 1 END) AS waiting,
               COUNT(seconds) AS times, SUM(seconds) AS total, MIN(seconds) AS shortest,
               MAX(seconds) AS longest
        FROM (SELECT {QUARTER} AS quarter, {EVENT_TYPE} AS event, c.started_at,
                     CASE WHEN c.status = 'finished' THEN {seconds_between("c.started_at", "c.ended_at")} END
                         AS seconds
              FROM desk_conversations c WHERE {where}) chats
        GROUP BY quarter
        """,
        **params,
    )
    by_day = report.live_chats_by_day
    for row in sorted(rows, key=lambda row: str(row["quarter"])):
        day = period.day_of(beginning_of(str(row["quarter"])))
        live_chats = _whole(row, "live_chats")
        report.requests += _whole(row, "requests")
        report.live_chats += live_chats
        report.missed += _whole(row, "missed")
        report.withdrawn += _whole(row, "withdrawn")
        report.waiting += _whole(row, "waiting")
        if live_chats:
            by_day[day] = by_day.get(day, 0) + live_chats
        report.duration.add(day, *_times(row))


async def _count_messages(desk: DeskContext, period: Period, report: Report) -> None:
    where, params = period.where()
    row = await desk.first(
        f"""
        SELECT COUNT(CASE WHEN m.author = 'agent' THEN 1 END) AS agents,
               COUNT(CASE WHEN m.author = 'end-user' THEN 1 END) AS users
        FROM desk_conversations c
        JOIN desk_messages m
          ON m.workspace = c.workspace AND m.integration = c.integration AND m.conversation_id = c.id
        WHERE {where}
        """,
        **params,
    )
    if row is not None:
        report.agent_messages, report.user_messages = _whole(row, "agents"), _whole(row, "users")


async def _count_responses(desk: DeskContext, period: Period, report: Report) -> None:
    where, params = period.where()
    rows = await desk.fetch(
        f"""
        SELECT {QUARTER} AS quarter, CASE WHEN turn = 0 THEN 1 ELSE 0 END AS is_first, COUNT(*) AS times,
               SUM(seconds) AS total, MIN(seconds) AS shortest, MAX(seconds) AS longest
        FROM ({RESPONSES.format(where=where)}) c
        GROUP BY {QUARTER}, CASE WHEN turn = 0 THEN 1 ELSE 0 END
        """,
        **params,
    )
    for row in rows:
        day = period.day_of(beginning_of(str(row["quarter"])))
        kinds: list[TimesByDay] = [report.response]
        if _whole(row, "is_first"):
            kinds.append(report.first_response)
        for kind in kinds:
            kind.add(day, *_times(row))


def _times(row: Row) -> tuple[int, int, int, int]:
    return (_whole(row, "times"), _whole(row, "total"), _whole(row, "shortest"), _whole(row, "longest"))


def _whole(row: Row, name: str) -> int:
    """A number of a row; a sum of large numbers is a decimal at PostgreSQL, and nothing for no rows."""
    return int(row[name] or 0)
