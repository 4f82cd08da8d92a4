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

__all__ = ["HINTS", "classify", "code_of", "is_taken", "refusal", "row_is_missing", "words_of"]

_DUPLICATE_FOUND: Final = "0x80040333"
_ROW_MISSING: Final = frozenset({"0x80040217", "0x80060891"})
_TAKEN: Final = frozenset({"0x80060892", "0x80040237"})
"""A row with this key exists."""

_SERVER_FAULT: Final = 500
_PRECONDITION: Final = 412

HINTS: Final[Mapping[str, str]] = {
    "0x80072560": "create an application user for the client id in this environment",
    "0x80095ffc": "let the environment's app access policy admit the client id",
    "0x80040220": "give the application user the privilege that the message names",
    "0x80048306": "give the application user access to the row",
    "0x80040225": "switch the application user on",
    "0x8004d24b": "switch the application user on",
}
"""What to do about refusals, by code."""


def _error(content: bytes) -> Mapping[str, Any]:
    try:
        body: Any = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    error: Any = cast("dict[str, Any]", body).get("error") if isinstance(body, dict) else None
    return cast("Mapping[str, Any]", error) if isinstance(error, dict) else {}


def code_of(content: bytes) -> str:
    """The code of an error, lower case; empty where there is none."""
    code = _error(content).get("code")
    return code.strip().lower() if isinstance(code, str) else ""


def words_of(content: bytes) -> str:
    """The message of an error, and nothing of what a plug-in adds to it."""
    message = _error(content).get("message")
    return message[:300] if isinstance(message, str) else ""


def classify(status: int, content: bytes) -> type[ProviderError] | None:
    """Duplicate detection comes as a 500, and is a refusal: it must not be repeated.

    Some refusals of the caller come with other statuses than 401 and 403.
    """
    code = code_of(content)
    if status >= _SERVER_FAULT and code == _DUPLICATE_FOUND:
        return RejectedError
    return AuthError if code in HINTS else None


def row_is_missing(answer: Answer) -> bool:
    """Whether a 404 proves that there is no such row. Raises ``RejectedError``: the address may be wrong."""
    code, words = code_of(answer.content), words_of(answer.content)
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


def is_taken(answer: Answer) -> bool:
    """Whether a row with the key is there already: the only precondition of ours is that there is none."""
    return answer.status == _PRECONDITION or code_of(answer.content) in _TAKEN


def refusal(answer: Answer) -> RejectedError:
    """The error for an answer that refuses what was asked."""
    told = " ".join(filter(None, (code_of(answer.content), words_of(answer.content))))
    return RejectedError(
        f"refused (status {answer.status}): {told or 'no reason given'}",
        provider=answer.provider,
        operation=answer.operation,
        status=answer.status,
        request_id=answer.request_id,
        sent=True,
    )
