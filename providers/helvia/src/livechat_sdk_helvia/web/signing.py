"""Signing in and out at the pages."""

from __future__ import annotations

import hmac
import re
import secrets
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.faults import DeskFault, Forbidden, NotSignedIn, TooManyAttempts
from livechat_sdk_helvia.web.access import (
    address_of,
    base_of,
    check_csrf,
    desk_of,
    drop_session,
    give_session,
    page_session,
    session_token,
)
from livechat_sdk_helvia.web.bodies import read_form
from livechat_sdk_helvia.web.cookies import drop_cookie, read_cookie, set_cookie
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["SigningRoutes"]

_LOGIN_COOKIE: Final = "desk_login"
_LOGIN_SECONDS: Final = 3600
_NEXT: Final = re.compile(
    r"(inbox/(new|open|closed)|(requests|conversations)/[0-9]{1,16}|settings|admin(/[a-z-]{1,40})?)"
)


class SigningRoutes:
    """The login page. A login always starts a fresh session; the one before it ends."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def routes(self) -> list[BaseRoute]:
        """The routes of the pages."""
        return [
            Route("/login", self._form, methods=["GET"]),
            Route("/login", self._sign_in, methods=["POST"]),
            Route("/logout", self._sign_out, methods=["POST"]),
        ]

    async def _form(self, request: Request) -> Response:
        if "again" not in request.query_params and await _is_signed_in(request):
            return RedirectResponse(f"{base_of(request)}/", status_code=303)
        return self._page(request, wanted=_wanted(request.query_params.get("next", "")))

    async def _sign_in(self, request: Request) -> Response:
        fields = await read_form(request)
        wanted, email = _wanted(fields.text("next", "")), fields.text("email", "")
        try:
            _check_login_token(request, fields.text("csrf_token", ""))
            desk = desk_of(request)
            user = await desk.accounts.sign_in(
                email, fields.text("password", ""), address=address_of(request)
            )
        except (Forbidden, NotSignedIn, TooManyAttempts) as fault:
            return self._page(request, wanted=wanted, email=email[:200], fault=fault)
        old = session_token(request)
        if old:
            await desk.sessions.end(old)
        response = RedirectResponse(f"{base_of(request)}/{wanted}", status_code=303)
        give_session(request, response, await desk.sessions.start(user, "page"))
        await desk.presence.seen(user)
        drop_cookie(request, response, _LOGIN_COOKIE)
        return response

    async def _sign_out(self, request: Request) -> Response:
        signed_in = await page_session(request)
        check_csrf(request, signed_in, await read_form(request))
        await desk_of(request).sessions.end(session_token(request), signed_in.user)
        await desk_of(request).presence.left(signed_in.user)
        response = RedirectResponse(f"{base_of(request)}/login", status_code=303)
        drop_session(request, response)
        return response

    def _page(
        self, request: Request, *, wanted: str, email: str = "", fault: DeskFault | None = None
    ) -> Response:
        token = secrets.token_urlsafe(32)
        response = self._templates.page(
            "login.html",
            status=fault.status if fault else 200,
            base=base_of(request),
            desk_name=desk_of(request).name,
            csrf_token=token,
            wanted=wanted,
            email=email,
            fault=fault,
        )
        if isinstance(fault, TooManyAttempts):
            response.headers["retry-after"] = str(max(1, round(fault.retry_after)))
        set_cookie(request, response, _LOGIN_COOKIE, token, max_age=_LOGIN_SECONDS, same_site="strict")
        return response


async def _is_signed_in(request: Request) -> bool:
    try:
        await page_session(request)
    except NotSignedIn:
        return False
    return True


def _check_login_token(request: Request, token: str) -> None:
    """The form came from our page in this browser: its token is the one in the cookie."""
    held = read_cookie(request, _LOGIN_COOKIE)
    elsewhere = request.headers.get("sec-fetch-site") == "cross-site"
    if not held or elsewhere or not hmac.compare_digest(held.encode(), token.encode()):
        raise Forbidden("The page to sign in was out of date.", hint="Try once more.")


def _wanted(address: str) -> str:
    """Where to go after signing in: one of our own pages, nothing else."""
    return address if _NEXT.fullmatch(address) else "inbox/new"
