"""Which operation a call is: Dataverse has one address for each table, and faults are for what is meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from starlette.requests import Request

from livechat_sdk_simulators.calls import Handler, Operation

__all__ = ["PATH", "operations"]

PATH: Final = "/api/data/{version}/{rest:path}"
"""Every address."""

_NAMES: Final = {
    "EntityDefinitions": "fields",
    "$metadata": "fields",
    "WhoAmI": "check",
    "CloseIncident": "update",
    "contacts": "contact",
    "accounts": "account",
    "opportunities": "list",
    "tasks": "list",
}
_OF_CUSTOMER: Final = ("_customerid_value", "_primarycontactid_value")


def _kind(request: Request) -> str:
    rest = str(request.path_params["rest"])
    head, _, tail = rest.partition("/")
    name, bracket, key = head.partition("(")
    if name == "incidents":
        return _kind_of_case(request, key if bracket else None, tail)
    if name == "annotations":
        return "read" if request.method == "GET" else "comment"
    if tail.startswith("incident_customer"):
        return "list"
    return _NAMES.get(name, "other")


def _kind_of_case(request: Request, key: str | None, tail: str) -> str:
    if request.method == "GET":
        if key is not None:
            return "find" if "=" in key and not tail else "read"
        query = request.query_params.get("$filter", "")
        return "list" if not query or any(one in query for one in _OF_CUSTOMER) else "find"
    if request.method == "POST":
        return "create"
    if request.method == "PATCH":
        return "update" if request.headers.get("if-match") else "create"
    return "update"


def _has_file(body: bytes) -> bool:
    return b'"documentbody"' in body


def operations(handlers: Mapping[str, Handler], largest: int) -> Sequence[Operation]:
    """One operation for each kind of call. ``largest`` is the limit of bodies that hold a file."""
    reads = ("contact", "account", "find", "list", "read", "fields", "check", "other")
    writes = ("contact", "account", "create", "update", "comment", "list", "other")
    made: list[Operation] = []
    for method, handler in handlers.items():
        if method in {"POST", "PATCH"}:
            made.append(
                Operation(
                    "attach",
                    method,
                    PATH,
                    handler,
                    when=_is("comment"),
                    when_body=_has_file,
                    body_limit=largest,
                )
            )
        names = reads if method == "GET" else writes
        made += [Operation(one, method, PATH, handler, when=_is(one)) for one in names]
    return made


def _is(name: str) -> Callable[[Request], bool]:
    return lambda request: _kind(request) == name
