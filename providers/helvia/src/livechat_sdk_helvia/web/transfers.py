"""Transfers and invitations on the pages: the form that asks, and the answers."""

from __future__ import annotations

from typing import Any, Final, Literal

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.faults import DeskFault, InvalidField
from livechat_sdk_helvia.notes import MAX_NOTE_TEXT
from livechat_sdk_helvia.records import Conversation
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of, check_csrf
from livechat_sdk_helvia.web.bodies import Fields, read_form, whole_number
from livechat_sdk_helvia.web.frame import enter
from livechat_sdk_helvia.web.pages import PageRoutes
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["TransferRoutes"]

Kind = Literal["transfer", "invite"]

_LONGEST_TARGET: Final = 120


class TransferRoutes:
    """Asking a colleague or a team, answering, taking back, leaving."""

    def __init__(self, templates: Templates, pages: PageRoutes) -> None:
        self._templates = templates
        self._pages = pages

    def routes(self) -> list[BaseRoute]:
        """The routes of the pages and forms."""
        return [
            Route("/conversations/{id}/transfer", self._transfer_form, methods=["GET"]),
            Route("/conversations/{id}/transfer", self._transfer, methods=["POST"]),
            Route("/conversations/{id}/invite", self._invite_form, methods=["GET"]),
            Route("/conversations/{id}/invite", self._invite, methods=["POST"]),
            Route("/conversations/{id}/leave", self._leave, methods=["POST"]),
            Route("/requests/{id}/decline", self._decline, methods=["POST"]),
            Route("/requests/{id}/cancel", self._cancel, methods=["POST"]),
        ]

    async def _transfer_form(self, request: Request) -> Response:
        return await self._asked(request, "transfer")

    async def _invite_form(self, request: Request) -> Response:
        return await self._asked(request, "invite")

    async def _transfer(self, request: Request) -> Response:
        return await self._ask(request, "transfer")

    async def _invite(self, request: Request) -> Response:
        return await self._ask(request, "invite")

    async def _leave(self, request: Request) -> Response:
        desk, signed_in, _ = await self._enter(request)
        await desk.transfers.leave(signed_in.user, _id(request))
        return RedirectResponse(f"{base_of(request)}/inbox/open", status_code=303)

    async def _decline(self, request: Request) -> Response:
        desk, signed_in, _ = await self._enter(request)
        await desk.transfers.decline(signed_in.user, _id(request))
        return RedirectResponse(f"{base_of(request)}/inbox/new", status_code=303)

    async def _cancel(self, request: Request) -> Response:
        desk, signed_in, _ = await self._enter(request)
        handing = await desk.transfers.cancel(signed_in.user, _id(request))
        return _to_conversation(request, handing.conversation_id)

    async def _asked(self, request: Request, kind: Kind) -> Response:
        desk, signed_in = await enter(request)
        found = await desk.conversations.seen(signed_in.user, _id(request))
        return await self._form(request, desk, signed_in, found, kind)

    async def _ask(self, request: Request, kind: Kind) -> Response:
        desk, signed_in, fields = await self._enter(request)
        found = await desk.conversations.seen(signed_in.user, _id(request))
        try:
            target = _target(fields.text("target", ""))
            note = fields.text("note", "")
            if kind == "transfer":
                leaves = fields.has("leave")
                await desk.transfers.transfer(
                    signed_in.user, found.id, **target, note=note, leave_on_accept=leaves
                )
            else:
                await desk.transfers.invite(signed_in.user, found.id, **target, note=note)
        except DeskFault as fault:
            return await self._form(request, desk, signed_in, found, kind, fields=fields, fault=fault)
        return _to_conversation(request, found.id)

    async def _form(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        found: Conversation,
        kind: Kind,
        *,
        fields: Fields | None = None,
        fault: DeskFault | None = None,
    ) -> Response:
        """The form; what was chosen and written is there again when it could not be asked."""
        values: dict[str, Any] = {
            "base": base_of(request),
            "csrf_token": signed_in.session.csrf_token,
            "conversation": found,
            "kind": kind,
            "targets": await desk.targets.listed(signed_in.user, found, to_own=kind == "transfer"),
            "chosen": fields.text("target", "") if fields else "",
            "note": fields.text("note", "") if fields else "",
            "leave": fields.has("leave") if fields else True,
            "note_limit": MAX_NOTE_TEXT,
            "fault": fault,
        }
        if request.query_params.get("part") == "ask":
            return self._templates.page("_ask.html", **values)
        around = await self._pages.around(request, desk, signed_in, found)
        return self._templates.page("ask.html", status=fault.status if fault else 200, **(around | values))

    async def _enter(self, request: Request) -> tuple[Desk, SignedIn, Fields]:
        desk, signed_in = await enter(request)
        fields = await read_form(request)
        check_csrf(request, signed_in, fields)
        return desk, signed_in, fields


def _target(chosen: str) -> dict[str, Any]:
    kind, _, name = chosen[:_LONGEST_TARGET].partition(":")
    if kind == "team" and name:
        return {"group": name}
    if kind == "member":
        return {"agent": whole_number(name, "target")}
    raise InvalidField("Choose a member or a team.")


def _to_conversation(request: Request, conversation_id: int) -> Response:
    return RedirectResponse(f"{base_of(request)}/conversations/{conversation_id}", status_code=303)


def _id(request: Request) -> int:
    return whole_number(str(request.path_params["id"]), "id")
