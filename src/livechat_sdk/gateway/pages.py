"""Pages that are not the gateway's own: of providers (the desk, for one) and of whoever runs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from livechat_sdk.errors import ConfigurationError
from livechat_sdk.gateway.bodies import Body, Limits
from livechat_sdk.gateway.refusals import Refusal
from livechat_sdk.provider import AsgiApp

__all__ = ["RESERVED", "mounts_of"]

RESERVED = frozenset({"v1", "webhooks", "files", "healthz", "readyz", "metrics", "openapi.json"})
"""First parts of paths that belong to the gateway, now or soon."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")


@runtime_checkable
class _HasPages(Protocol):
    def pages(self) -> AsgiApp | None: ...


def mounts_of(integrations: Mapping[str, object], more: Mapping[str, AsgiApp], limits: Limits) -> list[Mount]:
    """Every page application under its name.

    Raises ``ConfigurationError`` for a name that cannot be a path, or is taken.
    """
    pages: dict[str, AsgiApp] = dict(more)
    for name, integration in integrations.items():
        application = integration.pages() if isinstance(integration, _HasPages) else None
        if application is None:
            continue
        if name in pages:
            raise ConfigurationError(f"integration {name!r} has pages, and /{name} is taken; rename it")
        pages[name] = application
    for name in pages:
        if name in RESERVED or not _NAME.fullmatch(name):
            raise ConfigurationError(
                f"integration {name!r} has pages, which need an address: /{name} cannot be one. Rename it; "
                f"letters, digits and `. _ ~ -` are fine, and the gateway keeps {', '.join(sorted(RESERVED))}"
            )
    return [Mount(f"/{name}", _Limited(application, limits)) for name, application in pages.items()]


class _Limited:
    """Holds the bodies of an application to the gateway's limits: read here, then handed on whole."""

    def __init__(self, application: AsgiApp, limits: Limits) -> None:
        self._application: Any = application
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        application: ASGIApp = self._application
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        body = Body(scope, receive, self._limits)
        try:
            content = await body.read()
        except Refusal as refusal:
            await body.discard()
            in_the_way = not body.complete and scope.get("http_version", "1.1").startswith("1")
            await refusal.answer(close=in_the_way)(scope, receive, send)
            return
        handed = False

        async def receive_again() -> Message:
            nonlocal handed
            if handed:
                return await receive()
            handed = True
            return {"type": "http.request", "body": content, "more_body": False}

        await application(scope, receive_again, send)
