"""The ASGI application of one desk: its API and its pages, under one set of security headers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from livechat_sdk.errors import LivechatError
from livechat_sdk_helvia.faults import DeskFault, NotSignedIn
from livechat_sdk_helvia.web.access import base_of, wants_json
from livechat_sdk_helvia.web.actions import ActionRoutes
from livechat_sdk_helvia.web.admin import AdminRoutes
from livechat_sdk_helvia.web.analytics import AnalyticsRoutes
from livechat_sdk_helvia.web.answers import answer_fault, as_fault, is_for_programs
from livechat_sdk_helvia.web.api import api_routes
from livechat_sdk_helvia.web.api_admin import admin_api_routes
from livechat_sdk_helvia.web.api_analytics import analytics_api_routes
from livechat_sdk_helvia.web.api_automations import automation_api_routes
from livechat_sdk_helvia.web.api_canned import canned_api_routes
from livechat_sdk_helvia.web.api_history import history_api_routes
from livechat_sdk_helvia.web.api_team import team_api_routes
from livechat_sdk_helvia.web.api_transfers import transfer_api_routes
from livechat_sdk_helvia.web.api_users import user_api_routes
from livechat_sdk_helvia.web.assets import Assets
from livechat_sdk_helvia.web.automation_runs import RunRoutes
from livechat_sdk_helvia.web.automations import AutomationRoutes
from livechat_sdk_helvia.web.bots import BotRoutes
from livechat_sdk_helvia.web.canned import CannedRoutes
from livechat_sdk_helvia.web.files import FileRoutes, file_api_routes
from livechat_sdk_helvia.web.headers import SecurityHeaders, inside_path
from livechat_sdk_helvia.web.history import HistoryRoutes
from livechat_sdk_helvia.web.hours import HoursRoutes, hours_api_routes
from livechat_sdk_helvia.web.live import LiveRoutes
from livechat_sdk_helvia.web.manager.routes import manager_routes
from livechat_sdk_helvia.web.my_settings import MySettingsRoutes, my_settings_api_routes
from livechat_sdk_helvia.web.pages import PageRoutes
from livechat_sdk_helvia.web.rendering import Templates
from livechat_sdk_helvia.web.retention import RetentionRoutes, retention_api_routes
from livechat_sdk_helvia.web.signing import SigningRoutes
from livechat_sdk_helvia.web.tags import TagRoutes, tag_api_routes
from livechat_sdk_helvia.web.team import TeamRoutes
from livechat_sdk_helvia.web.transcripts import TranscriptRoutes, transcript_api_routes
from livechat_sdk_helvia.web.transfers import TransferRoutes

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from livechat_sdk_helvia.provider import HelviaProvider

__all__ = ["create_app"]

_HERE: Final = Path(__file__).parent


def create_app(provider: HelviaProvider, *, heartbeat: float = 15.0) -> ASGIApp:
    """Make the application. It may be made before the desk is started: it answers 503 until then.

    ``heartbeat`` is the pause in seconds after which a silent stream looks for itself.
    """
    faults = _Faults(Templates(_HERE / "templates"))
    pages = PageRoutes(faults.templates)
    app = Starlette(
        routes=[
            Mount(
                "/api",
                routes=[
                    *api_routes(),
                    *admin_api_routes(),
                    *hours_api_routes(),
                    *my_settings_api_routes(),
                    *team_api_routes(),
                    *user_api_routes(),
                    *history_api_routes(),
                    *canned_api_routes(),
                    *automation_api_routes(),
                    *transcript_api_routes(),
                    *file_api_routes(),
                    *retention_api_routes(),
                    *analytics_api_routes(),
                    *transfer_api_routes(),
                    *tag_api_routes(),
                ],
            ),
            Mount("/manager", routes=manager_routes()),
            Route("/static/{name}", Assets(_HERE / "static", _HERE / "shared").answer, methods=["GET"]),
            *SigningRoutes(faults.templates).routes(),
            *pages.routes(),
            *ActionRoutes(pages).routes(),
            *AdminRoutes(faults.templates).routes(),
            *BotRoutes(faults.templates).routes(),
            *HoursRoutes(faults.templates).routes(),
            *HistoryRoutes(faults.templates).routes(),
            *CannedRoutes(faults.templates, pages).routes(),
            *AutomationRoutes(faults.templates).routes(),
            *RunRoutes(faults.templates, pages).routes(),
            *TagRoutes().routes(),
            *TransferRoutes(faults.templates, pages).routes(),
            *MySettingsRoutes(faults.templates).routes(),
            *TeamRoutes(faults.templates).routes(),
            *FileRoutes().routes(),
            *TranscriptRoutes(faults.templates).routes(),
            *RetentionRoutes(faults.templates).routes(),
            *AnalyticsRoutes(faults.templates).routes(),
            *LiveRoutes(faults.templates, heartbeat=heartbeat).routes(),
        ],
        exception_handlers={
            DeskFault: faults.refused,
            HTTPException: faults.refused,
            LivechatError: faults.refused,
        },
    )
    app.state.provider = provider
    return SecurityHeaders(app)


class _Faults:
    """Turns errors into answers; whoever is not signed in goes to the login page first."""

    def __init__(self, templates: Templates) -> None:
        self.templates = templates

    async def refused(self, request: Request, error: Exception) -> Response:
        """Answer an error that a handler raised."""
        fault = as_fault(error, "The desk cannot reach its database.")
        base, inside = base_of(request), inside_path(request)
        if isinstance(fault, NotSignedIn) and not wants_json(request) and not is_for_programs(request):
            return RedirectResponse(f"{base}/login?next={quote(inside.strip('/'), safe='')}", status_code=303)
        return answer_fault(request, self.templates, fault, base=base)
