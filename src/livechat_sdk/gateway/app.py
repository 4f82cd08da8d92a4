"""The ASGI application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from livechat_sdk.gateway.auth import BearerGuard
from livechat_sdk.gateway.bodies import Limits
from livechat_sdk.gateway.conversations import ConversationRoutes
from livechat_sdk.gateway.files import FileRoutes
from livechat_sdk.gateway.handoffs import HandoffRoutes
from livechat_sdk.gateway.health import HealthRoutes
from livechat_sdk.gateway.metrics import MetricsRoutes, RequestMeters
from livechat_sdk.gateway.openapi import OpenApiRoute
from livechat_sdk.gateway.operations import Operation, routes_of
from livechat_sdk.gateway.outside import Outside
from livechat_sdk.gateway.pages import mounts_of
from livechat_sdk.gateway.refusals import Refusal, internal
from livechat_sdk.gateway.schemes import weak_webhooks
from livechat_sdk.gateway.sessions import SessionRoutes
from livechat_sdk.gateway.streams import EventRoutes
from livechat_sdk.gateway.webhooks import WebhookRoutes
from livechat_sdk.provider import AsgiApp

if TYPE_CHECKING:
    from livechat_sdk.dispatcher import Dispatcher

__all__ = ["create_app", "operations_of"]

_log = logging.getLogger("livechat_sdk.gateway")


def create_app(
    dispatcher: Dispatcher,
    *,
    tokens: Sequence[SecretStr],
    metrics_tokens: Sequence[SecretStr] = (),
    max_body: int = 1024 * 1024,
    read_timeout: float = 10.0,
    heartbeat: float = 15.0,
    mounts: Mapping[str, AsgiApp] | None = None,
    own: bool = False,
) -> Starlette:
    """The gateway of a dispatcher.

    ``tokens`` open ``/v1`` and ``/metrics``: one, or two while one is being replaced; ``metrics_tokens``
    open ``/metrics`` alone. ``max_body`` (bytes) and
    ``read_timeout`` (seconds) hold for every request body; ``heartbeat`` is the pause, in seconds,
    after which a silent event stream sends a comment. ``mounts`` are more applications by the first
    part of their path; providers with pages are mounted under their integration's name.

    The dispatcher must be started by the caller, unless ``own`` is true: then the application's
    lifespan enters and leaves it. ``app.state.stopping`` is an ``asyncio.Event``; set, it ends the
    event streams and makes ``/readyz`` answer 503.

    Requests are seen as they look outside: the client's address, the scheme, and the path below which all
    this is, as ``gateway`` of the dispatcher's settings says of ``public_url`` and ``trusted_proxies``.

    Webhooks that prove little, or nothing at all, are named in the log.

    Raises ``ConfigurationError`` without a token, and for a provider whose pages cannot be mounted.
    """
    guard = BearerGuard(tokens)
    for name, weakness, warn in weak_webhooks(dispatcher.integrations, dispatcher.clock):
        _log.log(logging.WARNING if warn else logging.INFO, "integration %r %s", name, weakness)
    limits = Limits(max_body=max_body, read_timeout=read_timeout, heartbeat=heartbeat)
    stopping = asyncio.Event()
    meters = RequestMeters()
    metrics = MetricsRoutes(dispatcher, meters, [*tokens, *metrics_tokens])
    routes: list[BaseRoute] = [
        *routes_of(operations_of(dispatcher, stopping, metrics, meters), guard, limits, meters.answered),
        *mounts_of(dispatcher.integrations, mounts or {}, limits),
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        if own:
            async with dispatcher:
                yield
        else:
            yield
        stopping.set()

    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(Outside, dispatcher.settings.gateway)],
        exception_handlers={HTTPException: _from_routing, Exception: _from_pages},
    )
    app.state.stopping = stopping
    return app


def operations_of(
    dispatcher: Dispatcher,
    stopping: asyncio.Event,
    metrics: MetricsRoutes | None = None,
    meters: RequestMeters | None = None,
) -> list[Operation]:
    """Every operation of the gateway: the table behind its routes and its API document."""
    meters = meters or RequestMeters()
    operations = [
        *HandoffRoutes(dispatcher).operations(),
        *EventRoutes(dispatcher, stopping).operations(),
        *ConversationRoutes(dispatcher).operations(),
        *SessionRoutes(dispatcher).operations(),
        *FileRoutes(dispatcher).operations(),
        *WebhookRoutes(dispatcher, meters).operations(),
        *HealthRoutes(dispatcher, stopping).operations(),
        *(metrics or MetricsRoutes(dispatcher, meters, ())).operations(),
    ]
    return [*operations, *OpenApiRoute(operations).operations()]


async def _from_routing(request: Request, error: Exception) -> Response:
    """404 and 405 of the router, in our own shape."""
    if not isinstance(error, HTTPException):
        return internal(error).answer()
    path, headers = request.url.path[:200], dict(error.headers or {})
    if error.status_code == 405:  # noqa: PLR2004
        allowed = headers.get("Allow", "")
        return Refusal(
            405,
            "wrong_method",
            f"{path} does not take {request.method[:20]}",
            hint=f"it takes {allowed}",
            headers=headers,
        ).answer()
    if error.status_code == 404:  # noqa: PLR2004
        return Refusal(
            404, "no_such_route", f"there is nothing at {path}", hint="/openapi.json lists all routes"
        ).answer()
    return Refusal(error.status_code, "refused", error.detail, headers=headers).answer()


async def _from_pages(_request: Request, error: Exception) -> Response:
    """An error in mounted pages that they did not answer themselves."""
    return internal(error).answer()
