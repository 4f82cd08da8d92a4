"""The API of Analytics, with the published names of its figures (``hbf-core.openapi.json``)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk.domain.base import utc_text
from livechat_sdk_helvia.analytics.figures import ContentedShare, Record, Report
from livechat_sdk_helvia.analytics.period import Period
from livechat_sdk_helvia.context import require
from livechat_sdk_helvia.faults import InvalidField
from livechat_sdk_helvia.manager.tokens import SERVICE
from livechat_sdk_helvia.records import DeskUser, Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import bearer, bearer_token, desk_of
from livechat_sdk_helvia.web.analytics_csv import series_of
from livechat_sdk_helvia.web.bodies import read_json, whole_number
from livechat_sdk_helvia.web.filters import given_place

__all__ = ["analytics_api_routes"]


def analytics_api_routes() -> list[BaseRoute]:
    """The routes, to be mounted under ``/api``."""
    return [
        Route("/analytics", _report, methods=["GET"]),
        Route("/analytics/live-chat", _report, methods=["GET"]),
        Route("/analytics/user-feedback", _feedback, methods=["GET"]),
        Route("/analytics/conversations", _records, methods=["GET"]),
        Route("/feedback", _rate, methods=["POST"]),
    ]


async def _report(request: Request) -> Response:
    desk, user = await _admin(request)
    return JSONResponse(_report_document(await desk.analytics.report(user, _period(request))))


async def _feedback(request: Request) -> Response:
    desk, user = await _admin(request)
    whole, members = await desk.analytics.feedback(user, _period(request))
    return JSONResponse(
        {
            "liveChatFeedback": _feedback_document(whole),
            "liveChatAgentsFeedback": [
                {
                    "agent": member.email,
                    "fullName": member.name,
                    "feedback": _feedback_document(member.feedback),
                }
                for member in members
            ],
        }
    )


async def _records(request: Request) -> Response:
    desk, user = await _admin(request)
    take = whole_number(request.query_params.get("take", "50"), "take")
    found = await desk.analytics.records(
        user, _period(request), take=take, after=given_place(request.query_params, "after")
    )
    following = str(found[-1].place) if len(found) == take else None
    return JSONResponse({"items": [_record_document(one) for one in found], "after": following})


async def _rate(request: Request) -> Response:
    desk = desk_of(request)
    user = SERVICE if desk.manager.tokens.is_service(bearer_token(request)) else (await _admin(request))[1]
    fields = await read_json(request)
    await desk.analytics.keep_feedback(user, fields.text("handoffId"), positive=fields.flag("positive"))
    return Response(status_code=204)


async def _admin(request: Request) -> tuple[Desk, DeskUser]:
    """Whoever asks, before anything of the request is looked at."""
    desk, user = desk_of(request), (await bearer(request)).user
    require(user, Right.ADMINISTER)
    return desk, user


def _period(request: Request) -> Period:
    """The period of an address. Bots are named once each, or with commas between them."""
    query = request.query_params
    for name in ("startDate", "endDate", "timeZone"):
        if not query.get(name, "").strip():
            raise InvalidField(f"The parameter {name!r} is missing.")
    bots = [bot for given in query.getlist("tenants") for bot in given.split(",")]
    return Period.between(query["startDate"], query["endDate"], query["timeZone"], bots)


def _report_document(report: Report) -> dict[str, Any]:
    first, response, duration = report.first_response.whole, report.response.whole, report.duration.whole
    series = {name: _buckets(values) for name, values in series_of(report).items()}
    share = report.share
    return {
        "usage": {
            "liveChats": report.live_chats,
            "liveChatPercentage": share.live_chats if share else None,
            "agentMessages": report.agent_messages,
            "endUserMessages": report.user_messages,
            "liveChatsPerDay": series["liveChatsPerDay"],
            "containmentRate": share.containment if share else None,
            "sessions": share.sessions if share else None,
            "leftOutSessions": share.left_out if share else None,
        },
        "missedChats": {
            "liveChatRequests": report.requests,
            "liveChats": report.live_chats,
            "missedLiveChats": report.missed,
            "missedChatsPercentage": report.missed_share,
            "withdrawnRequests": report.withdrawn,
            "waitingRequests": report.waiting,
        },
        "responseTimes": {
            "avgFirstResponse": first.average,
            "longestFirstResponse": first.longest,
            "shortestFirstResponse": first.shortest,
            "avgResponse": response.average,
            "longestResponse": response.longest,
            "shortestResponse": response.shortest,
            "avgFirstResponsePerDay": series["avgFirstResponsePerDay"],
            "avgResponsePerDay": series["avgResponsePerDay"],
        },
        "duration": {
            "avgDuration": duration.average,
            "longestDuration": duration.longest,
            "shortestDuration": duration.shortest,
            "avgDurationPerDay": series["avgDurationPerDay"],
        },
    }


def _buckets(values: Mapping[date, int]) -> list[dict[str, Any]]:
    return [{"string_date": day.isoformat(), "count": value} for day, value in values.items()]


def _feedback_document(feedback: ContentedShare) -> dict[str, Any]:
    return {
        "positive": feedback.positive,
        "negative": feedback.negative,
        "total": feedback.total,
        "positivePercentage": feedback.share,
    }


def _record_document(record: Record) -> dict[str, Any]:
    said_at = record.last_user_message_at
    return {
        "conversationId": str(record.conversation_id),
        "tenantId": record.bot,
        "requestedDate": utc_text(record.place.at),
        "liveChatEventType": record.event_type,
        "waitingTime": record.waiting_time,
        "duration": record.duration,
        "responseTime": list(record.response_times),
        "updatedAt": utc_text(record.updated_at),
        "lastEndUserMessageAt": utc_text(said_at) if said_at else None,
        "lastSender": record.last_sender,
        "agents": sorted(record.agents),
        "tags": list(record.tags),
    }
