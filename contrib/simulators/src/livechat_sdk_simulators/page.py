"""The page of a simulator: one template, script and style sheet. Nothing is built or fetched elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from livechat_sdk_simulators.acts import acts_of

if TYPE_CHECKING:
    from livechat_sdk_simulators.simulator import Simulator

__all__ = ["page_routes"]

_FOLDER: Final = Path(__file__).parent / "web"
_TYPES: Final = {"icon.svg": "image/svg+xml", "page.css": "text/css", "page.js": "text/javascript"}


def page_routes(simulator: Simulator) -> list[BaseRoute]:
    """The page and its files."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    files = {name: (_FOLDER / name).read_text("utf-8") for name in _TYPES}

    async def page(_: Request) -> Response:
        acts = acts_of(simulator.human)
        html = environment.get_template("page.html").render(
            title=simulator.title,
            acts=acts,
            own_acts=[acts[name] for name in simulator.human.own_acts],
            restarts=simulator.can_restart,
            webhooks=simulator.sends_webhooks,
            duty=simulator.human.can("duty"),
            operations=simulator.faults.operations,
        )
        return HTMLResponse(html)

    async def file(request: Request) -> Response:
        name = str(request.path_params["name"])
        if name not in files:
            return PlainTextResponse("There is no such file.", status_code=404)
        return Response(files[name], media_type=_TYPES[name])

    return [
        Route("/", page, methods=["GET"]),
        Route("/static/{name}", file, methods=["GET"]),
    ]
