"""Which operation a call of the Table API is: tables share an address, and faults are for what is meant."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from starlette.requests import Request

from livechat_sdk_simulators.calls import Handler, Operation
from livechat_sdk_simulators.servicenow.schema import CASE, INCIDENT

__all__ = ["operations"]

_LIST: Final = ("/api/now/table/{table}", "/api/now/{version}/table/{table}")
_ONE: Final = tuple(f"{one}/{{row}}" for one in _LIST)
_TICKETS: Final = (INCIDENT, CASE)
_OTHERS: Final = {
    "sys_user": "contact",
    "core_company": "account",
    "sys_choice": "fields",
    "sys_dictionary": "fields",
    "sys_journal_field": "read",
    "sys_attachment": "read",
}
_KEYS: Final = ("correlation_id", "number", "sys_id")
_WRITTEN: Final = ("comments", "work_notes")


def _of_tickets(request: Request) -> bool:
    return request.path_params["table"] in _TICKETS


def _by_key(request: Request) -> bool:
    """Whether tickets are looked for by what names one of them."""
    query = request.query_params.get("sysparm_query", "")
    named = any(f"{key}{operator}" in query for key in _KEYS for operator in ("=", "IN"))
    return _of_tickets(request) and (named or any(key in request.query_params for key in _KEYS))


def _writes_journal(body: bytes) -> bool:
    try:
        content: object = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and any(one in content for one in _WRITTEN)


def _is(name: str) -> Callable[[Request], bool]:
    return lambda request: _OTHERS.get(str(request.path_params["table"])) == name


def operations(handlers: Mapping[str, Handler]) -> Sequence[Operation]:
    """One operation for each kind of call; named ``many``, ``create``, ``one``, ``change``, ``delete``."""
    made: list[Operation] = []
    others = tuple(dict.fromkeys(_OTHERS.values()))
    for path in _LIST:
        many, create = handlers["many"], handlers["create"]
        made += [
            Operation("find", "GET", path, many, when=_by_key),
            Operation("list", "GET", path, many, when=_of_tickets),
            *(Operation(one, "GET", path, many, when=_is(one)) for one in others),
            Operation("other", "GET", path, many),
            Operation("create", "POST", path, create, when=_of_tickets),
            *(Operation(one, "POST", path, create, when=_is(one)) for one in others),
            Operation("other", "POST", path, create),
        ]
    for path in _ONE:
        made += [
            Operation("read", "GET", path, handlers["one"], when=_of_tickets),
            *(Operation(one, "GET", path, handlers["one"], when=_is(one)) for one in others),
            Operation("other", "GET", path, handlers["one"]),
        ]
        for method in ("PATCH", "PUT", "DELETE"):
            handler = handlers["delete" if method == "DELETE" else "change"]
            made += [
                Operation("comment", method, path, handler, when=_of_tickets, when_body=_writes_journal),
                Operation("update", method, path, handler, when=_of_tickets),
                *(Operation(one, method, path, handler, when=_is(one)) for one in others),
                Operation("other", method, path, handler),
            ]
    return made
