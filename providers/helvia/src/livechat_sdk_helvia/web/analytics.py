"""The section Analytics: figures of a period, a chart for each series, and every table as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.analytics.figures import ContentedShare, Report
from livechat_sdk_helvia.analytics.period import Period
from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.days import zone_named
from livechat_sdk_helvia.faults import InvalidField, NotFound
from livechat_sdk_helvia.records import Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.analytics_csv import (
    csv_text,
    feedback_rows,
    record_pieces,
    series_of,
    series_rows,
    summary_rows,
)
from livechat_sdk_helvia.web.charts import Chart, chart_of
from livechat_sdk_helvia.web.frame import enter, page_values
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["AnalyticsRoutes", "long_time", "percent_words"]

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAYS_SHOWN: Final = 30
_LEAST: Final = 0.1

_CHARTS: Final = (
    ("liveChatsPerDay", "Live chats by day", "Live chats"),
    ("avgFirstResponsePerDay", "First response by day (average)", "First response"),
    ("avgResponsePerDay", "Response by day (average)", "Response"),
    ("avgDurationPerDay", "Duration by day (average)", "Duration"),
)


def long_time(seconds: float) -> str:
    """A time for people: ``48 s``, ``3 min 05 s``, ``1 h 02 min``."""
    whole = int(seconds + 0.5)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    return f"{whole // _HOUR:,} h {whole % _HOUR // _MINUTE:02} min"


class AnalyticsRoutes:
    """The page, and its downloads."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def routes(self) -> list[BaseRoute]:
        """The routes of the section."""
        return [
            Route("/analytics", self._page, methods=["GET"]),
            Route("/analytics/{table}.csv", self._csv, methods=["GET"]),
        ]

    async def _page(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        given = await _given(request, desk)
        fault, shown = None, dict[str, Any]()
        try:
            shown = await self._shown(desk, signed_in, given, _period(request, given))
        except InvalidField as refused:
            fault = refused
        bots = set(request.query_params.getlist("bot"))
        values = page_values(request, desk, signed_in, "analytics") | {
            "given": given,
            "bots": [(bot, bot in bots) for bot in await desk.history.bots(signed_in.user)],
            "long_time": long_time,
            "percent": percent_words,
            "fault": fault,
            "shown": shown,
        }
        return self._templates.page("analytics.html", status=fault.status if fault else 200, **values)

    async def _shown(
        self, desk: Desk, signed_in: SignedIn, given: Mapping[str, str], period: Period
    ) -> dict[str, Any]:
        report = await desk.analytics.report(signed_in.user, period)
        feedback, members = await desk.analytics.feedback(signed_in.user, period)
        return {
            "report": report,
            "charts": _charts(report, period),
            "feedback": feedback,
            "members": members,
            "tiles": _tiles(report, feedback),
            "times": [
                ("First response", report.first_response.whole),
                ("Response", report.response.whole),
                ("Duration", report.duration.whole),
            ],
            "downloads": {
                name: _download(name, given, period)
                for name in ("summary", "members", "conversations", *(chart[0] for chart in _CHARTS))
            },
        }

    async def _csv(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        table = str(request.path_params["table"])
        given = await _given(request, desk)
        period = _period(request, given)
        name = f"{table}-{period.first_day}-{period.last_day}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        if table == "conversations":
            pieces = record_pieces(desk.analytics.all_records(signed_in.user, period))
            return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=headers)
        if table == "members":
            rows = feedback_rows(*await desk.analytics.feedback(signed_in.user, period))
        else:
            report = await desk.analytics.report(signed_in.user, period)
            series = series_of(report)
            if table != "summary" and table not in series:
                raise NotFound("There is no such table.")
            rows = summary_rows(report) if table == "summary" else series_rows(table, series[table])
        return Response(csv_text(rows), media_type="text/csv; charset=utf-8", headers=headers)


async def _given(request: Request, desk: Desk) -> dict[str, str]:
    """What somebody filled in; at first the last days on the desk's own clocks."""
    query = request.query_params
    if "from" in query or "to" in query or "zone" in query:
        return {name: query.get(name, "").strip() for name in ("from", "to", "zone")}
    zone = (await desk.settings.get()).timezone
    today = desk.context.now().astimezone(zone_named(zone)).date()
    first = today - timedelta(days=_DAYS_SHOWN - 1)
    return {"from": first.isoformat(), "to": today.isoformat(), "zone": zone}


def _period(request: Request, given: Mapping[str, str]) -> Period:
    bots = request.query_params.getlist("bot")
    return Period.of_days(given["from"], given["to"], given["zone"], bots)


def _download(name: str, given: Mapping[str, str], period: Period) -> str:
    fields = [*given.items(), *(("bot", bot) for bot in period.bots)]
    return f"analytics/{name}.csv?{urlencode(fields)}"


def _charts(report: Report, period: Period) -> list[Chart]:
    series, days = series_of(report), period.days()
    return [
        chart_of(
            name,
            title,
            heading,
            days=days,
            values=series[name],
            shown=_count if name == "liveChatsPerDay" else long_time,
        )
        for name, title, heading in _CHARTS
    ]


def _tiles(report: Report, feedback: ContentedShare) -> list[tuple[str, str, str]]:
    """The figures that come first: what, how much, and what it is made of."""
    share = report.share
    unknown = "No sessions were reported of days that are whole, or fewer than asked for a human."
    sessions = f"of {_count(share.sessions)} sessions" if share else unknown
    if share and share.left_out:
        sessions += f"; {_count(share.left_out)} more asked for a human on days that are left out"
    return [
        ("Live chats", _count(report.live_chats), f"of {_count(report.requests)} requests"),
        (
            "Missed",
            percent_words(report.missed_share),
            f"{_count(report.missed)} of {_count(report.requests)} requests",
        ),
        ("First response", long_time(report.first_response.whole.average), "average, from the accept"),
        ("Response", long_time(report.response.whole.average), "average of every wait for an answer"),
        ("Duration", long_time(report.duration.whole.average), "average, from the accept to the end"),
        ("Containment", percent_words(share.containment) if share else "No data", sessions),
        ("Sessions with a live chat", percent_words(share.live_chats) if share else "No data", sessions),
        (
            "Positive feedback",
            percent_words(feedback.share) if feedback.total else "No data",
            f"of {_count(feedback.total)} answers" if feedback.total else "No end user gave any.",
        ),
    ]


def _count(value: int) -> str:
    return f"{value:,}"


def percent_words(share: float) -> str:
    """A share for people. None and all are said of none and all only, never of what is nearly so."""
    if 0 < share < _LEAST:
        return f"< {_LEAST} %"
    if 100 - _LEAST < share < 100:  # noqa: PLR2004 - all of it
        return f"> {100 - _LEAST} %"
    return f"{share:.1f} %"
