"""Automations in the Admin Panel: the list, the form, a dry look at what would be sent, and flow triggers."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.automations.records import (
    TRIGGER_TYPES,
    Automation,
    AutomationDraft,
    AutomationInput,
    Header,
    InputType,
)
from livechat_sdk_helvia.automations.sample import sample_conversation
from livechat_sdk_helvia.automations.service import DryLook
from livechat_sdk_helvia.context import require
from livechat_sdk_helvia.faults import DeskFault
from livechat_sdk_helvia.records import Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of, check_csrf
from livechat_sdk_helvia.web.automation_forms import MOST_FIELDS, answers_of, draft_of
from livechat_sdk_helvia.web.bodies import Fields, read_form, whole_number
from livechat_sdk_helvia.web.frame import enter, page_values
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["AutomationRoutes"]

_BLANK_ROWS: Final = 2
_DONE: Final = {
    "made": "The automation was made.",
    "saved": "The changes are saved and in force.",
    "deleted": "The automation was deleted.",
    "forgotten": "The address is told nothing more.",
}
_MOMENTS: Final = {"button": "Button", "ended": "After the end", "missed": "Missed request"}


class AutomationRoutes:
    """The pages for admins. Whatever does not fit is shown again in its field."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def routes(self) -> list[BaseRoute]:
        """The routes of the pages and forms."""
        return [
            Route("/admin/automations", self._list, methods=["GET"]),
            Route("/admin/automations", self._create, methods=["POST"]),
            Route("/admin/automations/new", self._new, methods=["GET"]),
            Route("/admin/automations/flows", self._register, methods=["POST"]),
            Route("/admin/automations/flows/{id}/delete", self._forget, methods=["POST"]),
            Route("/admin/automations/{id}", self._edit, methods=["GET"]),
            Route("/admin/automations/{id}", self._change, methods=["POST"]),
            Route("/admin/automations/{id}/delete", self._delete, methods=["POST"]),
            Route("/admin/automations/{id}/try", self._try, methods=["GET"]),
        ]

    async def _list(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        return await self._overview(request, desk, signed_in)

    async def _new(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        ticket = request.query_params.get("kind") == "ticket"
        draft = AutomationDraft(name="", kind="ticket" if ticket else "http")
        return await self._form(request, desk, signed_in, draft)

    async def _edit(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        known = await desk.automations.definitions.get(signed_in.user, _id(request))
        return await self._form(request, desk, signed_in, _as_draft(known), known.id)

    async def _create(self, request: Request) -> Response:
        desk, signed_in, fields = await self._enter(request)
        draft = draft_of(fields)
        try:
            await desk.automations.definitions.create(signed_in.user, draft)
        except DeskFault as fault:
            return await self._form(request, desk, signed_in, draft, fault=fault)
        return _to_list(request, "made")

    async def _change(self, request: Request) -> Response:
        desk, signed_in, fields = await self._enter(request)
        draft, automation_id = draft_of(fields), _id(request)
        try:
            await desk.automations.definitions.change(signed_in.user, automation_id, draft)
        except DeskFault as fault:
            return await self._form(request, desk, signed_in, draft, automation_id, fault=fault)
        return _to_list(request, "saved")

    async def _delete(self, request: Request) -> Response:
        desk, signed_in, _ = await self._enter(request)
        await desk.automations.definitions.delete(signed_in.user, _id(request))
        return _to_list(request, "deleted")

    async def _try(self, request: Request) -> Response:
        """What would be sent, for a conversation that never was. Nothing is."""
        desk, signed_in = await enter(request, Right.ADMINISTER)
        found = await desk.automations.definitions.get(signed_in.user, _id(request))
        query = request.query_params
        offered = [
            name
            for name, wanted in zip(_MOMENTS, (found.on_button, found.on_end, found.on_missed), strict=True)
            if wanted
        ]
        moment = query.get("moment", offered[0])
        answers = answers_of(Fields(dict(query)))
        look: DryLook | None = None
        fault: DeskFault | None = None
        if found.kind == "http" and (query.get("look") or not found.inputs):
            now, bot = desk.context.now(), found.bots[0] if found.bots else "example-bot"
            try:
                conversation = sample_conversation(signed_in.user, now, bot=bot, moment=moment)
                look = await desk.automations.dry_look(
                    signed_in.user, found.id, answers, conversation, moment
                )
            except DeskFault as refused:
                fault = refused
        values = page_values(request, desk, signed_in, "admin", admin_page="automations") | {
            "automation": found,
            "answers": answers,
            "moment": moment,
            "moments": {name: _MOMENTS[name] for name in offered},
            "look": look,
            "fault": fault,
        }
        return self._templates.page("automation_try.html", status=fault.status if fault else 200, **values)

    async def _register(self, request: Request) -> Response:
        desk, signed_in, fields = await self._enter(request)
        address = fields.text("address", "")
        try:
            _, secret = await desk.automations.flows.register(
                signed_in.user, fields.text("trigger_type", ""), address
            )
        except DeskFault as fault:
            return await self._overview(request, desk, signed_in, fault=fault, address=address)
        return await self._overview(request, desk, signed_in, secret=secret)

    async def _forget(self, request: Request) -> Response:
        desk, signed_in, _ = await self._enter(request)
        await desk.automations.flows.delete(signed_in.user, _id(request))
        return _to_list(request, "forgotten")

    async def _overview(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        *,
        fault: DeskFault | None = None,
        secret: str = "",
        address: str = "",
    ) -> Response:
        values = page_values(request, desk, signed_in, "admin", admin_page="automations") | {
            "automations": await desk.automations.definitions.all(signed_in.user),
            "flows": await desk.automations.flows.all(signed_in.user),
            "trigger_types": TRIGGER_TYPES,
            "secret": secret,
            "address": address,
            "fault": fault,
            "done": _DONE.get(request.query_params.get("done", "")),
        }
        return self._templates.page("automations.html", status=fault.status if fault else 200, **values)

    async def _form(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        draft: AutomationDraft,
        automation_id: int | None = None,
        *,
        fault: DeskFault | None = None,
    ) -> Response:
        values: dict[str, Any] = page_values(request, desk, signed_in, "admin", admin_page="automations")
        values |= {
            "fault": fault,
            "draft": draft,
            "automation_id": automation_id,
            "headers": [*draft.headers, *(Header(name="") for _ in range(_BLANK_ROWS))],
            "inputs": [*draft.inputs, *(AutomationInput(name="", prompt="") for _ in range(_BLANK_ROWS))],
            "input_types": list(InputType),
            "bots": await desk.history.bots(signed_in.user),
        }
        return self._templates.page("automation_edit.html", status=fault.status if fault else 200, **values)

    async def _enter(self, request: Request) -> tuple[Desk, SignedIn, Fields]:
        desk, signed_in = await enter(request)
        fields = await read_form(request, most=MOST_FIELDS)
        check_csrf(request, signed_in, fields)
        require(signed_in.user, Right.ADMINISTER)
        return desk, signed_in, fields


def _as_draft(known: Automation) -> AutomationDraft:
    return AutomationDraft.model_validate(
        {name: getattr(known, name) for name in AutomationDraft.model_fields}
    )


def _to_list(request: Request, done: str) -> Response:
    return RedirectResponse(f"{base_of(request)}/admin/automations?done={done}", status_code=303)


def _id(request: Request) -> int:
    return whole_number(str(request.path_params["id"]), "id")
