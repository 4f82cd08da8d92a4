"""Admin Panel and API: the business hours of groups, row by row as the published manager has them."""

from __future__ import annotations

import re
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.faults import DeskFault, InvalidField
from livechat_sdk_helvia.group_hours import HoursRow
from livechat_sdk_helvia.records import DeskUser, Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of, check_csrf
from livechat_sdk_helvia.web.bodies import Fields, read_form, read_json, whole_number
from livechat_sdk_helvia.web.frame import enter, page_values
from livechat_sdk_helvia.web.programs import for_programs
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["DAYS", "HOURS_FIELDS", "HoursRoutes", "hours_api_routes", "hours_document"]

DAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
"""The weekdays by the number that a row has."""

_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])", re.ASCII)
HOURS_FIELDS: Final = {"day": "day", "opensAt": "opens_at", "closesAt": "closes_at"}


class HoursRoutes:
    """The page Business hours. Only a LiveChat Admin gets in."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def routes(self) -> list[BaseRoute]:
        """The routes of the page."""
        return [
            Route("/admin/hours", self._show, methods=["GET"]),
            Route("/admin/hours", self._save, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        done = "The business hours are saved." if "saved" in request.query_params else None
        return await self._page(request, desk, signed_in, done=done)

    async def _save(self, request: Request) -> Response:
        """One form for each row and one for a new row; ``do`` says what is to be done."""
        desk, signed_in = await enter(request, Right.ADMINISTER)
        fields = await read_form(request)
        check_csrf(request, signed_in, fields)
        group, user = fields.text("group"), signed_in.user
        do = fields.text("do", "add")
        try:
            match do:
                case "delete":
                    await desk.hours.delete(user, group, fields.number("id"))
                case "change":
                    await desk.hours.change(user, group, fields.number("id"), _from_form(fields))
                case _:
                    await desk.hours.add(user, group, _from_form(fields))
        except InvalidField as fault:
            return await self._page(
                request, desk, signed_in, fault=fault, form=fields if do == "add" else None
            )
        return RedirectResponse(f"{base_of(request)}/admin/hours?saved", status_code=303)

    async def _page(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        *,
        fault: DeskFault | None = None,
        done: str | None = None,
        form: Fields | None = None,
    ) -> Response:
        rows = await desk.hours.all(signed_in.user)
        groups = {group.id: group.name for group in await desk.groups.all()}
        values = page_values(request, desk, signed_in, "admin", admin_page="hours")
        values |= {
            "listed": [
                (group, groups.get(group), [row for row in rows if row.group_id == group])
                for group in sorted({row.group_id for row in rows})
            ],
            "groups": groups,
            "days": DAYS,
            "clock": _clock,
            "timezone": (await desk.settings.get()).timezone,
            "form": {
                name: form.text(name, default) if form else default
                for name, default in [("group", ""), ("day", "1"), ("opens", "09:00"), ("closes", "17:00")]
            },
            "fault": fault,
            "done": done,
        }
        return self._templates.page("admin_hours.html", status=fault.status if fault else 200, **values)


def hours_api_routes() -> list[BaseRoute]:
    """The routes for programs, to be mounted under ``/api``."""
    rows, row = "/user-groups/{group:path}/business-hours", "/user-groups/{group:path}/business-hours/{id}"
    return [
        Route(rows, for_programs(_list, Right.ADMINISTER), methods=["GET"]),
        Route(rows, for_programs(_add, Right.ADMINISTER), methods=["POST"]),
        Route(row, for_programs(_change, Right.ADMINISTER), methods=["PATCH"]),
        Route(row, for_programs(_delete, Right.ADMINISTER), methods=["DELETE"]),
    ]


async def _list(request: Request, desk: Desk, user: DeskUser) -> Response:
    rows = await desk.hours.of(user, _group(request))
    return JSONResponse({"items": [hours_document(row) for row in rows]})


async def _add(request: Request, desk: Desk, user: DeskUser) -> Response:
    given = (await read_json(request)).known(HOURS_FIELDS)
    return JSONResponse(hours_document(await desk.hours.add(user, _group(request), given)), status_code=201)


async def _change(request: Request, desk: Desk, user: DeskUser) -> Response:
    given = (await read_json(request)).known(HOURS_FIELDS)
    return JSONResponse(hours_document(await desk.hours.change(user, _group(request), _id(request), given)))


async def _delete(request: Request, desk: Desk, user: DeskUser) -> Response:
    await desk.hours.delete(user, _group(request), _id(request))
    return Response(status_code=204)


def hours_document(row: HoursRow) -> dict[str, Any]:
    """A ``BusinessHours`` (``hbf-lcm.openapi.json``)."""
    return {
        "id": row.id,
        "userGroupId": row.group_id,
        "day": row.day,
        "opensAt": row.opens_at,
        "closesAt": row.closes_at,
    }


def _group(request: Request) -> str:
    return str(request.path_params["group"])


def _id(request: Request) -> int:
    return whole_number(str(request.path_params["id"]), "id")


def _from_form(fields: Fields) -> dict[str, int]:
    return {
        "day": fields.number("day"),
        "opens_at": _minutes(fields.text("opens")),
        "closes_at": _minutes(fields.text("closes")),
    }


def _minutes(text: str) -> int:
    """Minutes of the day from a time such as ``09:30``; the end of the day is ``24:00``."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise InvalidField(f"{text[:20]!r} is no time of the day, such as 09:30 or 24:00.")
    return int(found[1]) * 60 + int(found[2])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
