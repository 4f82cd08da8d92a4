"""Automations in a conversation: the buttons, the questions before, and what came of it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk.domain.base import new_key
from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.automations.records import Automation
from livechat_sdk_helvia.faults import DeskFault
from livechat_sdk_helvia.records import Conversation
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of, check_csrf, wants_json
from livechat_sdk_helvia.web.automation_forms import answers_of
from livechat_sdk_helvia.web.bodies import read_form, whole_number
from livechat_sdk_helvia.web.frame import enter
from livechat_sdk_helvia.web.pages import PageRoutes
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["RunRoutes"]


class RunRoutes:
    """Starting automations. Without a script, questions have a page of their own."""

    def __init__(self, templates: Templates, pages: PageRoutes) -> None:
        self._templates = templates
        self._pages = pages

    def routes(self) -> list[BaseRoute]:
        """The routes of the form and of the page with the questions."""
        path = "/conversations/{id}/automations/{automation}"
        return [Route(path, self._ask, methods=["GET"]), Route(path, self._start, methods=["POST"])]

    async def _ask(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        found = await desk.conversations.seen(signed_in.user, _id(request, "id"))
        automation = await desk.automations.button(signed_in.user, found, _id(request, "automation"))
        return await self._questions(request, desk, signed_in, found, automation)

    async def _start(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        fields = await read_form(request)
        check_csrf(request, signed_in, fields)
        found = await desk.conversations.seen(signed_in.user, _id(request, "id"))
        automation = await desk.automations.button(signed_in.user, found, _id(request, "automation"))
        answers = answers_of(fields)
        try:
            run = await desk.automations.start(
                signed_in.user, found, automation.id, answers, key=fields.optional_text("key")
            )
        except DeskFault as fault:
            if wants_json(request):
                raise
            return await self._questions(request, desk, signed_in, found, automation, answers, fault)
        if wants_json(request):
            return JSONResponse({"key": run.key, "status": run.status}, status_code=201)
        address = f"{base_of(request)}/conversations/{found.id}#automations"
        return RedirectResponse(address, status_code=303)

    async def _questions(
        self,
        request: Request,
        desk: Desk,
        signed_in: SignedIn,
        found: Conversation,
        automation: Automation,
        answers: dict[str, str] | None = None,
        fault: DeskFault | None = None,
    ) -> Response:
        values: dict[str, Any] = await self._pages.around(request, desk, signed_in, found)
        values |= {
            "conversation": found,
            "automation": automation,
            "answers": answers or {},
            "run_key": new_key(),
            "fault": fault,
        }
        return self._templates.page("automation_ask.html", status=fault.status if fault else 200, **values)


def _id(request: Request, name: str) -> int:
    return whole_number(str(request.path_params[name]), name)
