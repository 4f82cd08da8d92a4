"""The headers that every answer of our pages carries, whatever happened."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CONTENT_SECURITY_POLICY", "SecurityHeaders", "base_of", "inside_path"]

_BASE: Final = "livechat.base"
"""Key of the ASGI scope: where the application is mounted, before any inner mount adds its own part."""

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Nothing but our own files, no inline script or style, no framing."""

_HEADERS: Final = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


_SAFE: Final = "/~@!$&'()*+,=:"


def base_of(request: Request) -> str:
    """Where the application is mounted, as it stands in addresses, without a slash at the end (``/desk``)."""
    return quote(_root(request), safe=_SAFE)


def inside_path(request: Request) -> str:
    """The path below the place where the application is mounted."""
    return str(request.scope["path"])[len(_root(request)) :]


def _root(request: Request) -> str:
    root: str = request.scope.get(_BASE, "")
    return root.rstrip("/")


class SecurityHeaders:
    """Adds the headers to every answer; what does not say otherwise is not to be cached.

    It also remembers where the application is mounted, and puts that back where a server has cut it from the
    path: routes inside of routes need the whole.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope = {**scope, _BASE: scope.get("root_path", "")}
        root, path = scope[_BASE].rstrip("/"), scope["path"]
        if path != root and not path.startswith(f"{root}/"):
            scope["path"] = root + path

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    if name != "content-security-policy" or name not in headers:  # a file's is stricter
                        headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers)
