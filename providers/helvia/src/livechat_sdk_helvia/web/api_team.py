"""The API for programs: who is at the desk, the groups, and one's own presence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.presence import Colleague
from livechat_sdk_helvia.records import DeskUser, Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.bodies import read_json
from livechat_sdk_helvia.web.programs import for_programs

__all__ = ["team_api_routes"]


def team_api_routes() -> list[BaseRoute]:
    """The routes, to be mounted under ``/api``."""
    return [
        Route("/team", for_programs(_team, Right.HANDLE), methods=["GET"]),
        Route("/groups", for_programs(_groups, Right.HANDLE), methods=["GET"]),
        Route("/me/presence", for_programs(_presence, Right.HANDLE), methods=["PUT"]),
    ]


async def _team(_: Request, desk: Desk, user: DeskUser) -> Response:
    now = desk.context.now()
    return JSONResponse({"items": [_colleague(one, now) for one in await desk.team.colleagues(user)]})


async def _groups(_: Request, desk: Desk, __: DeskUser) -> Response:
    items = [
        {
            "id": group.id,
            "name": group.name,
            "organizationRoles": sorted(role.api_name for role in group.roles),
            "userIds": [member.id for member in await desk.team.members(group.id)],
        }
        for group in await desk.team.groups()
    ]
    return JSONResponse({"items": items})


async def _presence(request: Request, desk: Desk, user: DeskUser) -> Response:
    await desk.presence.switch_away(user, away=(await read_json(request)).flag("away"))
    return Response(status_code=204)


def _colleague(one: Colleague, now: datetime) -> dict[str, Any]:
    return {
        "id": one.id,
        "fullName": one.name,
        "presence": one.state(now).value,
        "open": one.open,
        "capacity": one.capacity,
        "full": one.full,
    }
