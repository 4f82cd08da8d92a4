"""My settings: sounds, notices and how to send, for the member who sits at the browser."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.faults import InvalidField
from livechat_sdk_helvia.my_settings import MySettings
from livechat_sdk_helvia.records import DeskUser, Right
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.access import base_of, check_csrf
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


class MySettingsRoutes:
    """The page and its one form. Open to both roles."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def routes(self) -> list[BaseRoute]:
        """The routes of the page."""
        return [
            Route("/settings", self._page, methods=["GET"]),
            Route("/settings", self._save, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        desk, signed_in = await enter(request)
        mine: dict[str, Any] = {
            "mine": await desk.my_settings.get(signed_in.user),
            "done": "Your settings are saved." if "saved" in request.query_params else None,
        }
        values = page_values(request, desk, signed_in, "settings") | mine
        return self._templates.page("my_settings.html", **values)

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


def my_settings_api_routes() -> list[BaseRoute]:
    """The routes for programs, to be mounted under ``/api``."""
    return [
        Route("/me/settings", for_programs(_read, Right.HANDLE), methods=["GET"]),
        Route("/me/settings", for_programs(_replace, Right.HANDLE), methods=["PUT"]),
    ]


async def _read(_: Request, desk: Desk, user: DeskUser) -> Response:
    return JSONResponse(_document(await desk.my_settings.get(user)))


async def _replace(request: Request, desk: Desk, user: DeskUser) -> Response:
    await desk.my_settings.save(user, _given(await read_json(request)))
    return JSONResponse(_document(await desk.my_settings.get(user)))


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
