"""Every route of the desk, found in the application itself, and a real address for each of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

import livechat_sdk_helvia.web
from livechat_sdk_helvia.web.headers import SecurityHeaders
from providers.helvia.tests.world import ACCOUNTS, Clock, make_provider

_PARAMETER: Final = re.compile(r"([\w-]+)/\{(\w+)(?::\w+)?\}")

_PLACES: Final[Mapping[str, str]] = {
    "requests": "request",
    "livechat-requests": "request",
    "conversations": "conversation",
    "livechat-conversations": "conversation",
    "history": "past",
    "notes": "note",
    "livechat-notes": "note",
    "canned": "canned",
    "predefined-responses": "canned",
    "automations": "automation",
    "predefined-actions": "automation",
    "flows": "flow",
    "users": "user",
    "groups": "group",
    "user-groups": "group",
    "business-hours": "hours",
    "tickets": "ticket",
    "bots": "bot",
    "tenants": "bot",
    "files": "seq",
    "organizations": "workspace",
    "chat-sessions": "session",
    "contacts": "contact",
    "contact-by-subscriber-handle": "contact",
    "static": "static",
    "inbox": "tab",
    "analytics": "table",
}
"""What the part of an address before a parameter says that the parameter is."""

OPEN: Final = frozenset(
    {
        ("GET", "/static/{name}"),
        ("GET", "/login"),
        ("POST", "/login"),
        ("GET", "/"),
        ("POST", "/api/login"),
        ("GET", "/manager/openapi.json"),
        ("POST", "/manager/login"),
        ("POST", "/manager/login/refresh"),
    }
)
"""What may be asked without a session. Everything else refuses."""

ENDLESS: Final = frozenset({"/live", "/admin/transcripts/progress"})
"""Streams: asked by those only whom they refuse."""


@dataclass(frozen=True, slots=True)
class Way:
    """One method of one route."""

    method: str
    path: str

    @property
    def area(self) -> str:
        """Which part of the desk it belongs to."""
        first = self.path.split("/")[1]
        return first if first in {"api", "manager", "admin"} else "desk"

    @property
    def for_programs(self) -> bool:
        """Whether a bearer token opens it, not a cookie."""
        return self.path.startswith(("/api/", "/manager/"))

    @property
    def is_open(self) -> bool:
        return (self.method, self.path) in OPEN

    @property
    def writes(self) -> bool:
        return self.method not in {"GET", "HEAD"}

    def parameters(self) -> list[str]:
        """The names of the places that stand in the address. ``KeyError``: a route without a case here."""
        names = [_PLACES[before] for before, _ in _PARAMETER.findall(self.path)]
        return [*names, "index"] if "{index}" in self.path else names

    def address(self, places: Mapping[str, Any]) -> str:
        """A real address, ``/desk`` included."""
        known = {name: str(places[name]) for name in self.parameters()}

        def one(found: re.Match[str]) -> str:
            return f"{found[1]}/{known[_PLACES[found[1]]]}"

        return f"/desk{_PARAMETER.sub(one, self.path).replace('{index}', known.get('index', ''))}"


def _walk(routes: Iterable[BaseRoute], at: str = "") -> Iterator[Way]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _walk(route.routes, at + route.path)
            continue
        assert isinstance(route, Route), f"what is {route!r}? Tell the tests of attacks how to ask it"
        methods = route.methods or set()
        for method in sorted(methods - {"HEAD"} or methods):
            yield Way(method, at + route.path)


def every_way() -> list[Way]:
    """Each method of each route that the application has."""
    app = make_provider(Clock(), accounts=ACCOUNTS).pages()
    assert isinstance(app, SecurityHeaders)
    inner = vars(app)["_app"]
    assert isinstance(inner, Starlette)
    return list(_walk(inner.routes))


def every_name() -> list[str]:
    """The names of fields and of query parameters that the handlers and the pages know."""
    web = Path(livechat_sdk_helvia.web.__file__).parent
    code = "\n".join(path.read_text() for path in sorted(web.rglob("*.py")))
    pages = "\n".join(path.read_text() for path in sorted(web.rglob("*.html")))
    called = r"(?:text|number|flag|texts|has|optional_text|part|get|getlist)\(\s*\"(\w+)\""
    found = {*re.findall(called, code), *re.findall(r"\bname=\"(\w+)\"", pages)}
    return sorted(found - {"csrf_token", "canned_token"})
