"""The Admin Panel: settings that hold for the whole team, and the audit log."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.audit import AuditFilter
from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.desk_settings import (
    MAX_THRESHOLD,
    MIN_THRESHOLD,
    Mode,
    StoredSettings,
    made_settings,
)
from livechat_sdk_helvia.faults import Changed, DeskFault, InvalidField
from livechat_sdk_helvia.ids import MAX_ID
from livechat_sdk_helvia.records import Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of, check_csrf
from livechat_sdk_helvia.web.audit_subjects import subjects_of
from livechat_sdk_helvia.web.bodies import Fields, read_form, whole_number
from livechat_sdk_helvia.web.frame import enter, page_values
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["AUDIT_PAGE", "AdminRoutes", "audit_filter"]

AUDIT_PAGE: Final = 50


class AdminRoutes:
    """The pages General and Audit log. Only a LiveChat Admin gets in."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def routes(self) -> list[BaseRoute]:
        """The routes of the pages."""
        return [
            Route("/admin", self._home, methods=["GET"]),
            Route("/admin/general", self._general, methods=["GET"]),
            Route("/admin/general", self._save_general, methods=["POST"]),
            Route("/admin/audit", self._audit, methods=["GET"]),
        ]

    async def _home(self, request: Request) -> Response:
        await enter(request, Right.ADMINISTER)
        return RedirectResponse(f"{base_of(request)}/admin/general", status_code=303)

    # ---------------------------------------------------------------------------------------------- general
    async def _general(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        done = "The settings are saved." if "saved" in request.query_params else None
        stored = await desk.settings.stored()
        return await self._general_page(request, desk, signed_in, stored, _as_form(stored), done=done)

    async def _save_general(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        fields = await read_form(request)
        check_csrf(request, signed_in, fields)
        stored = await desk.settings.stored()
        try:
            settings = made_settings(_from_form(fields))
            await desk.settings.replace(signed_in.user, settings, revision=fields.number("revision"))
        except (InvalidField, Changed) as fault:
            form = {name: fields.text(name, "") for name in _as_form(stored)}
            return await self._general_page(request, desk, signed_in, stored, form, fault=fault)
        return RedirectResponse(f"{base_of(request)}/admin/general?saved", status_code=303)

    async def _general_page(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        stored: StoredSettings,
        form: dict[str, str],
        *,
        fault: DeskFault | None = None,
        done: str | None = None,
    ) -> Response:
        values = page_values(request, desk, signed_in, "admin", admin_page="general")
        values |= {
            "form": form,
            "revision": stored.revision,
            "modes": list(Mode),
            "bounds": (MIN_THRESHOLD, MAX_THRESHOLD),
            "fault": fault,
            "done": done,
        }
        return self._templates.page("admin_general.html", status=fault.status if fault else 200, **values)

    # -------------------------------------------------------------------------------------------- audit log
    async def _audit(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        query = request.query_params
        fault: DeskFault | None = None
        try:
            wanted, before = audit_filter(request), whole_number(query.get("before", str(MAX_ID)), "before")
        except InvalidField as refused:
            wanted, before, fault = AuditFilter(), MAX_ID, refused
        entries = list(await desk.audit.entries(signed_in.user, wanted, before=before, take=AUDIT_PAGE + 1))
        more = len(entries) > AUDIT_PAGE
        values = page_values(request, desk, signed_in, "admin", admin_page="audit")
        values |= {
            "entries": entries[:AUDIT_PAGE],
            "subjects": await subjects_of(desk, signed_in.user, entries[:AUDIT_PAGE]),
            "older": str(request.url.include_query_params(before=entries[AUDIT_PAGE - 1].id).query)
            if more
            else None,
            "newest": str(request.url.remove_query_params("before").query) if "before" in query else None,
            "actors": await desk.audit.actors(signed_in.user),
            "areas": await desk.audit.areas(signed_in.user),
            "filter": {name: query.get(name, "") for name in ("actor", "area", "since", "until")},
            "fault": fault,
        }
        return self._templates.page("admin_audit.html", status=fault.status if fault else 200, **values)


def audit_filter(request: Request) -> AuditFilter:
    """The filter that an address asks for; days are days in UTC, the last one included."""
    query = request.query_params
    actor, area = query.get("actor", ""), query.get("area", "")
    until = _day(query.get("until", ""), "until")
    return AuditFilter(
        actor_id=whole_number(actor, "actor") if actor else None,
        area=area[:40] or None,
        since=_day(query.get("since", ""), "since"),
        until=until + timedelta(days=1) if until else None,
    )


def _day(text: str, name: str) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError as error:
        raise InvalidField(f"{name!r} is no day like 2026-03-31.") from error


def _as_form(stored: StoredSettings) -> dict[str, str]:
    """The settings as the fields of the form hold them."""
    settings = stored.settings
    threshold = settings.idle_reminder_threshold
    return {
        "mode": settings.mode.value,
        "member_language": settings.member_language,
        "timezone": settings.timezone,
        "translation": "1" if settings.translation else "",
        "assistant_enabled": "1" if settings.assistant.enabled else "",
        "assistant_bot": settings.assistant.bot or "",
        "assistant_deployment": settings.assistant.deployment or "",
        "idle_reminder_threshold": "" if threshold is None else str(threshold),
        "idle_reminder_team_after": str(settings.idle_reminder_team_after),
    }


def _from_form(fields: Fields) -> dict[str, Any]:
    threshold = fields.text("idle_reminder_threshold", "").strip()
    return {
        "mode": fields.text("mode"),
        "member_language": fields.text("member_language"),
        "timezone": fields.text("timezone", "UTC").strip() or "UTC",
        "translation": fields.text("translation", "") == "1",
        "assistant": {
            "enabled": fields.text("assistant_enabled", "") == "1",
            "bot": fields.text("assistant_bot", "").strip() or None,
            "deployment": fields.text("assistant_deployment", "").strip() or None,
        },
        "idle_reminder_threshold": whole_number(threshold, "idle_reminder_threshold") if threshold else None,
        "idle_reminder_team_after": fields.number("idle_reminder_team_after"),
    }
