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
from livechat_sdk_helvia.web.headers import BASE_KEY

__all__ = [
    "COOKIE",
    "DeskStarting",
    "address_of",
    "base_of",
    "bearer",
    "bearer_token",
    "check_csrf",
    "desk_of",
    "page_session",
    "set_cookie",
    "wants_json",
]

COOKIE: Final = "desk_session"
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


def base_of(request: Request) -> str:
    """Where the desk is mounted, without a slash at the end (``/desk``)."""
    root: str = request.scope.get(BASE_KEY, "")
    return root.rstrip("/")


def wants_json(request: Request) -> bool:
    """Whether a script or program asks: it gets JSON instead of a page."""
    return "application/json" in request.headers.get("accept", "")


def address_of(request: Request) -> str:
    """The address of whoever connects, for the limit on failed logins."""
    return request.client.host if request.client else "unknown"


async def page_session(request: Request) -> SignedIn:
    """Who sits at the browser. Raises ``NotSignedIn``."""
    return await desk_of(request).sessions.find(request.cookies.get(COOKIE, ""), "page")


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


def set_cookie(request: Request, response: Response, token: str) -> None:
    """Give the browser its session. Scripts cannot read it, other sites cannot send it."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(LIFETIME.total_seconds()),
        path=base_of(request) or "/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
