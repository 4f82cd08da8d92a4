"""Canned responses on the pages: the Admin Panel, where they are written, and the choice for a reply."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.canned import VARIABLES, CannedDraft, CannedResponse
from livechat_sdk_helvia.context import require
from livechat_sdk_helvia.faults import DeskFault
from livechat_sdk_helvia.messages import MAX_MESSAGE_TEXT
from livechat_sdk_helvia.records import Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of, check_csrf
from livechat_sdk_helvia.web.bodies import Fields, read_form, whole_number
from livechat_sdk_helvia.web.frame import enter, page_values
from livechat_sdk_helvia.web.pages import PageRoutes
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["CannedRoutes"]

_DONE: Final = {
    "made": "The canned response was made.",
    "saved": "The changes are saved and in force.",
    "deleted": "The canned response was deleted.",
}


class CannedRoutes:
    """The pages of canned responses. Whatever does not fit is shown again in its field."""

    def __init__(self, templates: Templates, pages: PageRoutes) -> None:
        self._templates = templates
        self._pages = pages

    def routes(self) -> list[BaseRoute]:
        """The routes of the pages and forms."""
        return [
            Route("/admin/canned", self._list, methods=["GET"]),
            Route("/admin/canned", self._create, methods=["POST"]),
            Route("/admin/canned/new", self._new, methods=["GET"]),
            Route("/admin/canned/{id}", self._edit, methods=["GET"]),
            Route("/admin/canned/{id}", self._change, methods=["POST"]),
            Route("/admin/canned/{id}/delete", self._delete, methods=["POST"]),
            Route("/conversations/{id}/canned", self._choice, methods=["GET"]),
        ]

    async def _list(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        search, category = request.query_params.get("search", ""), request.query_params.get("category", "")
        everything = await desk.canned.listed(signed_in.user)
        values = page_values(request, desk, signed_in, "admin", admin_page="canned")
        values |= {
            "responses": await desk.canned.listed(signed_in.user, search=search, category=category),
            "categories": _categories(everything),
            "search": search,
            "category": category,
            "done": _DONE.get(request.query_params.get("done", "")),
        }
        return self._templates.page("canned.html", **values)

    async def _new(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        return await self._form(request, desk, signed_in, CannedDraft(name="", text=""))

    async def _edit(self, request: Request) -> Response:
        desk, signed_in = await enter(request, Right.ADMINISTER)
        known = await desk.canned.get(signed_in.user, _id(request))
        draft = CannedDraft.model_validate({name: getattr(known, name) for name in CannedDraft.model_fields})
        return await self._form(request, desk, signed_in, draft, known.id)

    async def _create(self, request: Request) -> Response:
        desk, signed_in, fields = await self._enter(request)
        draft = _draft(fields)
        try:
            await desk.canned.create(signed_in.user, draft)
        except DeskFault as fault:
            return await self._form(request, desk, signed_in, draft, fault=fault)
        return _to_list(request, "made")

    async def _change(self, request: Request) -> Response:
        desk, signed_in, fields = await self._enter(request)
        draft, response_id = _draft(fields), _id(request)
        try:
            await desk.canned.change(signed_in.user, response_id, draft)
        except DeskFault as fault:
            return await self._form(request, desk, signed_in, draft, response_id, fault=fault)
        return _to_list(request, "saved")

    async def _delete(self, request: Request) -> Response:
        desk, signed_in, _ = await self._enter(request)
        await desk.canned.delete(signed_in.user, _id(request))
        return _to_list(request, "deleted")

    async def _choice(self, request: Request) -> Response:
        """What may be put into a reply; ``?part=canned`` is the list alone, for the window of the page."""
        desk, signed_in = await enter(request)
        found = await desk.conversations.seen(signed_in.user, _id(request))
        search, category = request.query_params.get("search", ""), request.query_params.get("category", "")
        offered = await desk.canned.listed(signed_in.user, bot=found.bot)
        fitting = await desk.canned.listed(signed_in.user, bot=found.bot, search=search, category=category)
        texts = await desk.canned.filled(signed_in.user, found, *fitting)
        filled = list(zip(fitting, texts, strict=True))
        if request.query_params.get("part") == "canned":
            return self._templates.page("_canned.html", responses=filled, conversation=found)
        values = await self._pages.around(request, desk, signed_in, found)
        values |= {"search": search, "category": category, "categories": _categories(offered)}
        return self._templates.page("canned_choice.html", **values, responses=filled, conversation=found)

    async def _form(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        draft: CannedDraft,
        response_id: int | None = None,
        *,
        fault: DeskFault | None = None,
    ) -> Response:
        values = page_values(request, desk, signed_in, "admin", admin_page="canned")
        values |= {
            "fault": fault,
            "draft": draft,
            "response_id": response_id,
            "limit": MAX_MESSAGE_TEXT,
            "variables": VARIABLES,
            "categories": _categories(await desk.canned.listed(signed_in.user)),
            "bots": await desk.history.bots(signed_in.user),
        }
        return self._templates.page("canned_edit.html", status=fault.status if fault else 200, **values)

    async def _enter(self, request: Request) -> tuple[Desk, SignedIn, Fields]:
        desk, signed_in = await enter(request)
        fields = await read_form(request)
        check_csrf(request, signed_in, fields)
        require(signed_in.user, Right.ADMINISTER)
        return desk, signed_in, fields


def _draft(fields: Fields) -> CannedDraft:
    return CannedDraft(
        name=fields.text("name", ""),
        text=fields.text("text", ""),
        categories=tuple(word.strip() for word in fields.text("categories", "").split(",") if word.strip()),
        workspace_wide=fields.flag("workspace_wide") if fields.has("workspace_wide") else True,
        bots=fields.texts("bots"),
    )


def _categories(responses: Sequence[CannedResponse]) -> list[str]:
    return sorted({name for response in responses for name in response.categories}, key=str.casefold)


def _to_list(request: Request, done: str) -> Response:
    return RedirectResponse(f"{base_of(request)}/admin/canned?done={done}", status_code=303)


def _id(request: Request) -> int:
    return whole_number(str(request.path_params["id"]), "id")
