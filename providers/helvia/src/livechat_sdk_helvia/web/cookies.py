"""Cookies of our pages: below their own path, out of reach of scripts, and under guarded names where TLS is.

Where the address outside is https a cookie is ``Secure``, and its name begins with ``__Secure-`` (``__Host-``
where the pages are a whole host): browsers take such names from https alone, so that nobody on a plain
connection can plant one. What comes under the plain name is not looked at there.
"""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from livechat_sdk_helvia.web.headers import base_of

__all__ = ["drop_cookie", "read_cookie", "set_cookie"]


def _is_https(request: Request) -> bool:
    return request.url.scheme == "https"


def _full_name(request: Request, name: str) -> str:
    if not _is_https(request):
        return name
    return f"__Secure-{name}" if base_of(request) else f"__Host-{name}"


def read_cookie(request: Request, name: str) -> str:
    """The value of a cookie of ours; empty when it is not there."""
    return request.cookies.get(_full_name(request, name), "")


def set_cookie(
    request: Request,
    response: Response,
    name: str,
    value: str,
    *,
    max_age: int,
    same_site: Literal["lax", "strict"] = "lax",
) -> None:
    """Give the browser a cookie for ``max_age`` seconds."""
    response.set_cookie(
        _full_name(request, name),
        value,
        max_age=max_age,
        path=base_of(request) or "/",
        secure=_is_https(request),
        httponly=True,
        samesite=same_site,
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Take a cookie away."""
    response.delete_cookie(
        _full_name(request, name), path=base_of(request) or "/", secure=_is_https(request), httponly=True
    )
