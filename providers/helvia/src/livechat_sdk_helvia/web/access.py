"""Who sends a request: the session behind a cookie or a bearer token, and the proof that a form is ours."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from livechat_sdk_helvia.auth import LIFETIME, SignedIn
from livechat_sdk_helvia.faults import DeskFault, Forbidden, NotSignedIn
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.service import Desk
from livechat_sdk_helvia.web.bodies import Fields
from livechat_sdk_helvia.web.cookies import drop_cookie, read_cookie, set_cookie
from livechat_sdk_helvia.web.headers import base_of

__all__ = [
    "DeskStarting",
    "address_of",
    "base_of",
    "bearer",
    "bearer_token",
    "check_csrf",
    "desk_of",
    "drop_session",
    "give_session",
    "page_session",
    "session_token",
    "wants_json",
]

_COOKIE: Final = "desk_session"
"""Name of the cookie; its path is the desk's own, so that two desks on one host do not meet."""


class DeskStarting(DeskFault):
    """The pages are there, the desk behind them is not yet, or no longer."""

    code = "starting"
    status = 503


def desk_of(request: Request) -> Desk:
    """The running desk. Raises ``DeskStarting``."""
    provider: HelviaProvider = request.app.state.provider
    if not provider.started:
        raise DeskStarting("The desk is starting or stopping.", hint="Try again in a moment.")
    return provider.desk


def wants_json(request: Request) -> bool:
    """Whether a script or program asks: it gets JSON instead of a page."""
    return "application/json" in request.headers.get("accept", "")


def address_of(request: Request) -> str:
    """The address of whoever asks, for limits and the audit log.

    It is the connection's, or what the gateway, or the server around us, has put in its place: headers of the
    request are not looked at here.
    """
    return request.client.host if request.client else "unknown"


async def page_session(request: Request) -> SignedIn:
    """Who sits at the browser. Raises ``NotSignedIn``."""
    return await desk_of(request).sessions.find(session_token(request), "page")


def bearer_token(request: Request) -> str:
    """The token of ``Authorization: Bearer …``. Raises ``NotSignedIn``."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn(
            "This call needs a token.",
            hint="Send `Authorization: Bearer <token>`; get one from POST …/api/login.",
        )
    return token.strip()


async def bearer(request: Request) -> SignedIn:
    """Whose program calls. Cookies do not count here. Raises ``NotSignedIn``."""
    return await desk_of(request).sessions.find(bearer_token(request), "api")


def check_csrf(request: Request, signed_in: SignedIn, fields: Fields) -> None:
    """Raise ``Forbidden`` unless the form carries the token of this session (field or header)."""
    token = request.headers.get("x-csrf-token") or fields.text("csrf_token", "")
    if not signed_in.session.has_csrf_token(token):
        raise Forbidden("This form is out of date.", hint="Load the page again and repeat what you did.")


def session_token(request: Request) -> str:
    """The token in the session cookie; empty without one."""
    return read_cookie(request, _COOKIE)


def give_session(request: Request, response: Response, token: str) -> None:
    """Give the browser its session. Scripts cannot read it, other sites cannot send it."""
    set_cookie(request, response, _COOKIE, token, max_age=int(LIFETIME.total_seconds()))


def drop_session(request: Request, response: Response) -> None:
    """Take the session from the browser."""
    drop_cookie(request, response, _COOKIE)
