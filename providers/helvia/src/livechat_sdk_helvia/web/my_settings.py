"""My settings: sounds, notices, how to send, and the own password, for the member who sits at the browser."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.auth import SignedIn
from livechat_sdk_helvia.context import require
from livechat_sdk_helvia.faults import DeskFault, InvalidField, TooManyAttempts
from livechat_sdk_helvia.my_settings import MySettings
from livechat_sdk_helvia.records import DeskUser, Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.settings import LONGEST_PASSWORD, SHORTEST_PASSWORD
from livechat_sdk_helvia.web.access import address_of, base_of, bearer, check_csrf, desk_of
from livechat_sdk_helvia.web.bodies import Fields, read_form, read_json
from livechat_sdk_helvia.web.frame import enter, page_values
from livechat_sdk_helvia.web.programs import for_programs
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["MySettingsRoutes", "my_settings_api_routes"]

_API_NAMES = {
    "messageSound": "message_sound",
    "requestSound": "request_sound",
    "browserNotifications": "notices",
    "enterSends": "enter_sends",
}
_DONE: Final = {
    "saved": "Your settings are saved.",
    "password": "Your password is changed. You are signed out everywhere else.",
}


class MySettingsRoutes:
    """The page and its two forms. Open to both roles."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def routes(self) -> list[BaseRoute]:
        """The routes of the page."""
        return [
            Route("/settings", self._page, methods=["GET"]),
            Route("/settings", self._save, methods=["POST"]),
            Route("/settings/password", self._change_password, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        return await self._show(request, desk, signed_in)

    async def _show(
        self, request: Request, desk: Desk, signed_in: SignedIn, fault: DeskFault | None = None
    ) -> Response:
        done = next((text for name, text in _DONE.items() if name in request.query_params), None)
        mine: dict[str, Any] = {
            "mine": await desk.my_settings.get(signed_in.user),
            "own_password": await desk.own_password.changeable(signed_in.user),
            "shortest": SHORTEST_PASSWORD,
            "longest": LONGEST_PASSWORD,
            "fault": fault,
            "done": done,
        }
        values = page_values(request, desk, signed_in, "settings") | mine
        response = self._templates.page("my_settings.html", status=fault.status if fault else 200, **values)
        if isinstance(fault, TooManyAttempts):
            response.headers["retry-after"] = str(max(1, round(fault.retry_after)))
        return response

    async def _save(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        fields = await read_form(request)
        check_csrf(request, signed_in, fields)
        ticked = fields.ticked("")
        settings = MySettings(
            message_sound="message_sound" in ticked,
            request_sound="request_sound" in ticked,
            notices="notices" in ticked,
            enter_sends=fields.flag("enter_sends"),
        )
        await desk.my_settings.save(signed_in.user, settings)
        return RedirectResponse(f"{base_of(request)}/settings?saved=1", status_code=303)

    async def _change_password(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        fields = await read_form(request)
        check_csrf(request, signed_in, fields)
        try:
            new = fields.text("new_password")
            if new != fields.text("new_password_again"):
                raise InvalidField("The new password and its repetition differ.", hint="Type both again.")
            present = fields.text("present_password")
            await desk.own_password.change(signed_in, present, new, address=address_of(request))
        except DeskFault as fault:
            return await self._show(request, desk, signed_in, fault)
        return RedirectResponse(f"{base_of(request)}/settings?password=1", status_code=303)


def my_settings_api_routes() -> list[BaseRoute]:
    """The routes for programs, to be mounted under ``/api``."""
    return [
        Route("/me/settings", for_programs(_read, Right.HANDLE), methods=["GET"]),
        Route("/me/settings", for_programs(_replace, Right.HANDLE), methods=["PUT"]),
        Route("/me/password", _change_password, methods=["POST"]),
    ]


async def _read(_: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse(_document(await desk.my_settings.get(user)))


async def _replace(request: Request, desk: Desk, user: DeskUser) -> Response:
    await desk.my_settings.save(user, _given(await read_json(request)))
    return JSONResponse(_document(await desk.my_settings.get(user)))


async def _change_password(request: Request) -> Response:
    desk, signed_in = desk_of(request), await bearer(request)
    require(signed_in.user, Right.HANDLE)
    fields = await read_json(request)
    present, new = fields.text("presentPassword"), fields.text("newPassword")
    await desk.own_password.change(signed_in, present, new, address=address_of(request))
    return Response(status_code=204)


def _given(fields: Fields) -> MySettings:
    values = fields.known(_API_NAMES)
    wrong = sorted(name for name, value in values.items() if not isinstance(value, bool))
    if wrong or len(values) != len(_API_NAMES):
        needed = ", ".join(_API_NAMES)
        raise InvalidField(
            "The settings are replaced as a whole.", hint=f"Send {needed}: each true or false."
        )
    return MySettings(**values)


def _document(settings: MySettings) -> dict[str, Any]:
    return {name: getattr(settings, ours) for name, ours in _API_NAMES.items()}
