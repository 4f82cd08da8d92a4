"""Which operation a call is: each kind of object has one address, and faults are for what is meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from starlette.requests import Request

from livechat_sdk_simulators.calls import Handler, Operation

__all__ = ["PATH", "operations", "segments"]

PATH: Final = "/services/data/{version}/{rest:path}"
"""Every address but those of tokens."""

_KINDS: Final = {
    "CaseComment": "comment",
    "FeedItem": "comment",
    "ContentVersion": "attach",
    "ContentDocument": "attach",
    "ContentDocumentLink": "attach",
    "Contact": "contact",
    "Account": "account",
}
_READ: Final = frozenset({"comment", "attach"})
_FROM: Final = re.compile(r"\bfrom\s+(\w+)", re.IGNORECASE)
_WHERE: Final = re.compile(r"\bwhere\b(.*)", re.IGNORECASE | re.DOTALL)
_BY_ID: Final = re.compile(r"\bwhere\s+id\s*=", re.IGNORECASE)
_RECORD: Final = 3


def segments(request: Request) -> list[str]:
    """The parts of the address behind the version; a slash at its end counts for nothing."""
    rest = str(request.path_params["rest"]).removesuffix("/")
    return rest.split("/") if rest else []


def _kind(request: Request, external_id: str) -> str:
    parts = segments(request)
    head = parts[0] if parts else ""
    if head == "query":
        return _kind_of_query(request.query_params.get("q", ""), external_id)
    if head != "sobjects":
        return "check" if head in {"", "limits"} else "other"
    if len(parts) == 1 or parts[-1] == "describe":
        return "fields"
    if parts[1] == "Case":
        return _kind_of_case(request.method, len(parts))
    if parts[-1] == "VersionData":
        return "file"
    name = _KINDS.get(parts[1], "other")
    return "read" if request.method == "GET" and name in _READ else name


def _kind_of_case(method: str, parts: int) -> str:
    if method == "GET":
        return "find" if parts > _RECORD else "read"
    if method == "POST":
        return "create"
    return "create" if method == "PATCH" and parts > _RECORD else "update"


def _kind_of_query(text: str, external_id: str) -> str:
    names = _FROM.findall(text)
    source = names[-1].lower() if names else ""
    if source == "case":
        conditions = _WHERE.search(text)
        if conditions is not None and external_id.lower() in conditions.group(1).lower():
            return "find"
        return "read" if _BY_ID.search(text) else "list"
    if source in {"casestatus", "organization", "group"}:
        return "fields"
    name = next((kind for known, kind in _KINDS.items() if known.lower() == source), "other")
    return "read" if name in _READ else name


def operations(handlers: Mapping[str, Handler], largest: int, external_id: str) -> Sequence[Operation]:
    """One operation for each kind of call. ``largest`` is the limit of bodies that hold a file."""
    reads = ("find", "list", "read", "contact", "account", "fields", "check", "file", "other")
    writes = ("create", "update", "comment", "attach", "contact", "account", "other")

    def is_a(name: str) -> Callable[[Request], bool]:
        return lambda request: _kind(request, external_id) == name

    return [
        Operation(
            name,
            method,
            PATH,
            handler,
            when=is_a(name),
            body_limit=largest if name == "attach" else None,
        )
        for method, handler in handlers.items()
        for name in (reads if method == "GET" else writes)
    ]
