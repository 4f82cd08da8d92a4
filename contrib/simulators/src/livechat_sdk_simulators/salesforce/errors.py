"""The errors that Salesforce answers with: a list of them, each with a code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from livechat_sdk_simulators.calls import VendorError

__all__ = ["ApiError", "error_body", "no_column", "not_found", "usual", "wrong"]

_USUAL: Final = {
    400: ("JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body."),
    401: ("INVALID_SESSION_ID", "Session expired or invalid"),
    403: ("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"),
    404: ("NOT_FOUND", "The requested resource does not exist"),
    405: ("METHOD_NOT_ALLOWED", "HTTP Method not allowed."),
    409: ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
    413: ("REQUEST_TOO_LARGE", "The request is too large."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "Content type is not supported."),
    429: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    503: ("SERVER_UNAVAILABLE", "The server is temporarily unavailable."),
}
_HINT: Final = (
    "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)


class ApiError(VendorError):
    """What Salesforce refuses. ``fields`` are those that are to blame; ``None`` where none is named."""

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] | None = None) -> None:
        super().__init__(status, code, message)
        self.fields = fields


def usual(status: int) -> ApiError:
    """The error that a status stands for."""
    code, message = _USUAL.get(status, ("UNKNOWN_EXCEPTION", "An unexpected error occurred."))
    return ApiError(status, code, message)


def wrong(code: str, message: str, *fields: str) -> ApiError:
    """A record cannot be what it was asked to be."""
    return ApiError(400, code, message, fields)


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    """There is no such record, or address."""
    return ApiError(404, "NOT_FOUND", message)


def no_column(name: str, kind: str, word: str = "sobject of type") -> ApiError:
    """There is no such field."""
    text = f"No such column '{name}' on {word} {kind}"
    if word == "entity":
        text = f"No such column '{name}' on entity '{kind}'. {_HINT}"
    return ApiError(400, "INVALID_FIELD", text)


def error_body(error: VendorError) -> list[dict[str, Any]]:
    """An error as Salesforce writes it."""
    shown: dict[str, Any] = {"message": error.message, "errorCode": error.code}
    if isinstance(error, ApiError) and error.fields is not None:
        shown["fields"] = list(error.fields)
    return [shown]
