"""Dataverse's error codes: what the status alone would say wrongly, and what a person can do.

Codes may be empty, and texts may change; so a 404 proves that a row is not there only where it says so: it
may be a wrong address as well (learn.microsoft.com, troubleshoot/power-platform/power-apps/dataverse, page
web-api-client-errors).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from livechat_sdk.errors import AuthError, ProviderError, RejectedError
from livechat_sdk.http import Answer

__all__ = ["HINTS", "classify", "row_is_missing"]

_ROW_MISSING: Final = frozenset({"0x80040217", "0x80060891"})

HINTS: Final[Mapping[str, str]] = {
    "0x80072560": "create an application user for the client id in this environment",
    "0x80095ffc": "let the environment's app access policy admit the client id",
    "0x80040220": "give the application user the privilege that the message names",
    "0x80048306": "give the application user access to the row",
    "0x80040225": "switch the application user on",
    "0x8004d24b": "switch the application user on",
}
"""What to do about refusals, by code."""


def classify(_: int, content: bytes) -> type[ProviderError] | None:
    """Refusals of the caller come with other statuses than 401 and 403, too."""
    return AuthError if _told(content)[0] in HINTS else None


def row_is_missing(answer: Answer) -> bool:
    """Whether a 404 proves that there is no such row. Raises ``RejectedError``: the address may be wrong."""
    code, words = _told(answer.content)
    if code in _ROW_MISSING or (code in {"", "0x0"} and "does not exist" in words.lower()):
        return True
    raise RejectedError(
        f"the address is wrong, or there is no such table: {words or 'status 404'}"[:500],
        provider=answer.provider,
        operation=answer.operation,
        status=answer.status,
        request_id=answer.request_id,
        sent=True,
    )


def _told(content: bytes) -> tuple[str, str]:
    """Code and message of an error; nothing of what a plug-in adds to it."""
    try:
        body: Any = json.loads(content)
    except (ValueError, RecursionError):
        return "", ""
    error: Any = cast("dict[str, Any]", body).get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    code, words = (cast("dict[str, Any]", error).get(name) for name in ("code", "message"))
    return (
        code.strip().lower() if isinstance(code, str) else "",
        words[:300] if isinstance(words, str) else "",
    )
