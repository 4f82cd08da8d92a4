"""The tables of Analytics as CSV, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk_helvia.analytics.figures import ContentedShare, MemberFeedback, Record, Report
from livechat_sdk_helvia.transcripts import safe_cell

__all__ = ["csv_text", "feedback_rows", "record_pieces", "series_of", "series_rows", "summary_rows"]

_BOM: Final = "\ufeff"

_RECORD_HEAD: Final = (
    "conversation",
    "requested",
    "bot",
    "event",
    "waiting_seconds",
    "duration_seconds",
    "response_seconds",
    "updated",
    "last_end_user_message",
    "last_sender",
    "agents",
    "tags",
)

_Cell = str | int | float | None


def csv_text(rows: Iterable[Sequence[_Cell]], *, head: bool = True) -> str:
    """Rows as CSV. Text that a spreadsheet would take for a formula is made harmless."""
    written = io.StringIO()
    csv.writer(written).writerows([[_cell(cell) for cell in row] for row in rows])
    return (_BOM if head else "") + written.getvalue()


def summary_rows(report: Report) -> list[tuple[_Cell, ...]]:
    """The figures of a whole period, under the published names. What is not known is empty."""
    first, response, duration = report.first_response.whole, report.response.whole, report.duration.whole
    share = report.share
    return [
        ("figure", "value"),
        ("liveChatRequests", report.requests),
        ("liveChats", report.live_chats),
        ("missedLiveChats", report.missed),
        ("missedChatsPercentage", report.missed_share),
        ("withdrawnRequests", report.withdrawn),
        ("waitingRequests", report.waiting),
        ("sessions", share.sessions if share else None),
        ("leftOutSessions", share.left_out if share else None),
        ("liveChatPercentage", share.live_chats if share else None),
        ("containmentRate", share.containment if share else None),
        ("agentMessages", report.agent_messages),
        ("endUserMessages", report.user_messages),
        ("avgFirstResponse", first.average),
        ("longestFirstResponse", first.longest),
        ("shortestFirstResponse", first.shortest),
        ("avgResponse", response.average),
        ("longestResponse", response.longest),
        ("shortestResponse", response.shortest),
        ("avgDuration", duration.average),
        ("longestDuration", duration.longest),
        ("shortestDuration", duration.shortest),
    ]


def series_of(report: Report) -> dict[str, Mapping[date, int]]:
    """Every series by day, under its published name."""
    return {
        "liveChatsPerDay": report.live_chats_by_day,
        "avgFirstResponsePerDay": report.first_response.averages(),
        "avgResponsePerDay": report.response.averages(),
        "avgDurationPerDay": report.duration.averages(),
    }


def series_rows(name: str, values: Mapping[date, int]) -> list[tuple[_Cell, ...]]:
    """One series by day."""
    return [("day", name), *((day.isoformat(), value) for day, value in values.items())]


def feedback_rows(whole: ContentedShare, members: Sequence[MemberFeedback]) -> list[tuple[_Cell, ...]]:
    """Feedback for each member, and in all."""
    named = [(member.name, member.email, member.feedback) for member in members]
    return [
        ("member", "email", "positive", "negative", "total", "positivePercentage"),
        *((n, e, one.positive, one.negative, one.total, one.share) for n, e, one in named),
        ("All", None, whole.positive, whole.negative, whole.total, whole.share),
    ]


async def record_pieces(records: AsyncIterator[Record]) -> AsyncIterator[str]:
    """The record of each live chat, written while it is read."""
    yield csv_text([_RECORD_HEAD])
    async for record in records:
        yield csv_text([_record(record)], head=False)


def _record(record: Record) -> Sequence[_Cell]:
    return (
        str(record.conversation_id),
        utc_text(record.place.at),
        record.bot,
        record.event_type,
        record.waiting_time,
        record.duration,
        " ".join(map(str, record.response_times)),
        utc_text(record.updated_at),
        _moment(record.last_user_message_at),
        record.last_sender,
        ", ".join(record.agents.values()),
        ", ".join(record.tags),
    )


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)


def _cell(cell: _Cell) -> _Cell:
    return safe_cell(cell) if isinstance(cell, str) else cell
