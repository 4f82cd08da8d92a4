"""The page Retention of the Admin Panel, and its call for programs: old conversations are purged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.context import require
from livechat_sdk_helvia.days import day_named, span_of_days, zone_named
from livechat_sdk_helvia.faults import DeskFault, InvalidField
from livechat_sdk_helvia.records import Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of, bearer, check_csrf, desk_of
from livechat_sdk_helvia.web.bodies import Fields, read_form, whole_number
from livechat_sdk_helvia.web.frame import enter, page_values
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["RetentionRoutes", "retention_api_routes"]

_FIELDS = ("scope", "before", "bot", "zone")
_LONGEST = 200


class RetentionRoutes:
    """First it is told how many it would be, then it has to be confirmed."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def routes(self) -> list[BaseRoute]:
        """The routes of the page."""
        return [
            Route("/admin/retention", self._look, methods=["GET"]),
            Route("/admin/retention", self._purge, methods=["POST"]),
        ]

    async def _look(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        query = request.query_params
        if "purged" in query:
            count = whole_number(query["purged"], "purged")
            done = f"{count:,} {'conversation is' if count == 1 else 'conversations are'} deleted."
            return await self._page(request, desk, signed_in, {}, done=done)
        return await self._page(request, desk, signed_in, query, look="scope" in query)

    async def _purge(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        fields = await read_form(request)
        check_csrf(request, signed_in, fields)
        given = {name: fields.text(name, "") for name in _FIELDS}
        try:
            wanted = _wanted(given)
            _confirmed(fields, desk)
        except InvalidField as fault:
            return await self._page(request, desk, signed_in, given, look=True, fault=fault)
        purged = await desk.purge.run(signed_in.user, **wanted)
        return RedirectResponse(f"{base_of(request)}/admin/retention?purged={purged}", status_code=303)

    async def _page(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        given: Mapping[str, str],
        *,
        look: bool = False,
        fault: DeskFault | None = None,
        done: str | None = None,
    ) -> Response:
        count = None
        if look:
            try:
                count = await desk.purge.count(signed_in.user, **_wanted(given))
            except InvalidField as refused:
                fault = refused
        values = page_values(request, desk, signed_in, "admin", admin_page="retention") | {
            "given": {name: given.get(name, "") for name in _FIELDS},
            "count": count,
            "bots": await desk.history.bots(signed_in.user),
            "fault": fault,
            "done": done,
        }
        return self._templates.page("admin_retention.html", status=fault.status if fault else 200, **values)


def retention_api_routes() -> list[BaseRoute]:
    """The route for programs, to be mounted under ``/api``."""
    return [Route("/data-retention", _api_purge, methods=["DELETE"])]


async def _api_purge(request: Request) -> Response:
    """``?before=`` is a moment with a zone, or ``?all=true``; ``?tenantId=`` is a bot."""
    desk, user, query = desk_of(request), (await bearer(request)).user, request.query_params
    require(user, Right.ADMINISTER)
    before, everything = query.get("before", ""), query.get("all", "") == "true"
    if bool(before) == everything:
        raise InvalidField(
            "Say what is to be purged.",
            hint="Send before=2026-01-01T00:00:00Z for what ended before a moment, or all=true.",
        )
    moment = _moment(before) if before else None
    purged = await desk.purge.run(user, before=moment, bot=_bot(query.get("tenantId", "")))
    return JSONResponse({"purged": purged})


def _wanted(given: Mapping[str, str]) -> dict[str, Any]:
    """What the form says. Raises ``InvalidField``."""
    scope = given.get("scope", "")
    if scope not in {"older", "all"}:
        raise InvalidField("Choose what is to be deleted.")
    before = None
    if scope == "older":
        day = day_named(given.get("before", ""), "before")
        if day is None:
            raise InvalidField("Name the day before which they ended.")
        before, _ = span_of_days(day, None, zone_named(given.get("zone", "")))
    return {"before": before, "bot": _bot(given.get("bot", ""))}


def _confirmed(fields: Fields, desk: Desk) -> None:
    if fields.text("confirm", "").strip() != desk.name:
        raise InvalidField(
            "Nothing was deleted: the name of the desk was not typed.", hint=f"It is {desk.name}."
        )


def _bot(given: str) -> str | None:
    if len(given) > _LONGEST:
        raise InvalidField("There is no such bot.")
    return given or None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        why: Exception | None = None
    except (ValueError, OverflowError) as error:
        why = error
    raise InvalidField(
        "'before' is no moment.", hint="Write it with its zone: 2026-01-01T00:00:00Z."
    ) from why
