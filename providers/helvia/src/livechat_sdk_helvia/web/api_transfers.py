"""Transfers and invitations for programs, under the names of the published API (``LivechatRequest``)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk.domain.base import utc_text
from livechat_sdk_helvia.handing import Handing
from livechat_sdk_helvia.records import DeskUser
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.bodies import Fields, read_json, whole_number
from livechat_sdk_helvia.web.programs import for_programs

__all__ = ["transfer_api_routes"]


def transfer_api_routes() -> list[BaseRoute]:
    """The routes, to be mounted under ``/api``."""
    return [
        Route("/conversations/{id}/targets", for_programs(_targets), methods=["GET"]),
        Route("/conversations/{id}/handings", for_programs(_handings), methods=["GET"]),
        Route("/conversations/{id}/transfers", for_programs(_transfer), methods=["POST"]),
        Route("/conversations/{id}/invitations", for_programs(_invite), methods=["POST"]),
        Route("/conversations/{id}/leave", for_programs(_leave), methods=["POST"]),
        Route("/requests/{id}/decline", for_programs(_decline), methods=["POST"]),
        Route("/requests/{id}/cancel", for_programs(_cancel), methods=["POST"]),
    ]


async def _targets(request: Request, desk: Desk, user: DeskUser) -> Response:
    conversation = await desk.conversations.seen(user, _id(request))
    to_own = request.query_params.get("type", "transfer") == "transfer"
    found = await desk.targets.listed(user, conversation, to_own=to_own)
    items = [
        {
            "name": target.name,
            "targetUserId": None if target.agent is None else str(target.agent),
            "targetGroupId": target.group,
            "members": target.size,
            "available": target.present,
        }
        for target in found
    ]
    return JSONResponse({"items": items})


async def _handings(request: Request, desk: Desk, user: DeskUser) -> Response:
    conversation = await desk.conversations.seen(user, _id(request))
    found = await desk.transfers.of(user, conversation.id)
    return JSONResponse({"items": [_document(handing) for handing in found]})


async def _transfer(request: Request, desk: Desk, user: DeskUser) -> Response:
    fields = await read_json(request)
    handing = await desk.transfers.transfer(
        user,
        _id(request),
        **_target(fields),
        note=fields.text("note", ""),
        leave_on_accept=fields.flag("leaveOnAccept") if fields.has("leaveOnAccept") else True,
    )
    return JSONResponse(_document(handing), status_code=201)


async def _invite(request: Request, desk: Desk, user: DeskUser) -> Response:
    fields = await read_json(request)
    handing = await desk.transfers.invite(user, _id(request), **_target(fields), note=fields.text("note", ""))
    return JSONResponse(_document(handing), status_code=201)


async def _leave(request: Request, desk: Desk, user: DeskUser) -> Response:
    await desk.transfers.leave(user, _id(request))
    return Response(status_code=204)


async def _decline(request: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse(_document(await desk.transfers.decline(user, _id(request))))


async def _cancel(request: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse(_document(await desk.transfers.cancel(user, _id(request))))


def _target(fields: Fields) -> dict[str, Any]:
    agent = fields.optional_text("targetUserId")
    return {
        "agent": None if agent is None else whole_number(agent, "targetUserId"),
        "group": fields.optional_text("targetGroupId"),
    }


def _document(handing: Handing) -> dict[str, Any]:
    return {
        "id": handing.request_id,
        "type": handing.type,
        "livechatConversation": {"id": handing.conversation_id},
        "from": {"id": handing.from_id, "fullName": handing.from_name, "participantType": "agent"},
        "targetUserId": handing.target_agent,
        "targetGroupId": handing.target_group,
        "targetName": handing.target_name,
        "leaveOnAccept": handing.leave_on_accept,
        "requestedDate": utc_text(handing.requested_at),
        "expiresDate": utc_text(handing.expires_at),
        "outcome": handing.outcome,
        "settledDate": None if handing.settled_at is None else utc_text(handing.settled_at),
        "settledBy": handing.settled_name,
    }


def _id(request: Request) -> int:
    return whole_number(str(request.path_params["id"]), "id")
