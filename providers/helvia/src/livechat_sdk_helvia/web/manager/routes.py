"""The routes of the published manager's paths, to be mounted under ``/manager``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_helvia.web.manager import admins, members, services
from livechat_sdk_helvia.web.manager.openapi import openapi_document
from livechat_sdk_helvia.web.manager.operations import Operation, endpoint

__all__ = ["OPERATIONS", "manager_routes"]

OPERATIONS: Final[Sequence[Operation]] = (*services.OPERATIONS, *members.OPERATIONS, *admins.OPERATIONS)


def manager_routes() -> list[BaseRoute]:
    """One route for each operation, and the document that describes them all."""
    document = openapi_document(OPERATIONS)

    async def described(_: Request) -> Response:
        return JSONResponse(document)

    routes: list[BaseRoute] = [Route("/openapi.json", described, methods=["GET"])]
    for operation in OPERATIONS:
        route = Route(operation.path, endpoint(operation), methods=[operation.method])
        route.methods = {operation.method}  # Starlette adds HEAD to GET; ours is an operation of its own
        routes.append(route)
    return routes
