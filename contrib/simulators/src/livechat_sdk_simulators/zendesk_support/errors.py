"""The errors that Zendesk Support answers with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from livechat_sdk_simulators.calls import VendorError

__all__ = ["RecordInvalid", "bad_request", "error_body", "forbidden", "not_found", "unauthorized", "usual"]

_USUAL: Final = {
    400: ("BadRequest", "Bad request"),
    401: ("Couldn't authenticate you", ""),
    403: ("Forbidden", "You do not have access to this page."),
    404: ("InvalidEndpoint", "Not found"),
    405: ("MethodNotAllowed", "Method not allowed"),
    409: ("DatabaseConflict", "Database collision"),
    413: ("RequestEntityTooLarge", "Request entity too large"),
    415: ("UnsupportedMediaType", "Unsupported media type"),
    422: ("RecordInvalid", "Record validation errors"),
    429: ("TooManyRequests", "Number of allowed API requests per minute exceeded"),
    503: ("DatabaseDeadlock", "Database deadlock found; please retry your transaction"),
}


class RecordInvalid(VendorError):
    """A record cannot be what it was asked to be. ``code`` is that of the entry, where it has one."""

    def __init__(self, field: str, description: str, code: str | None = None, **more: object) -> None:
        super().__init__(422, "RecordInvalid", "Record validation errors")
        entry: dict[str, Any] = {"description": description, **({"error": code} if code else {}), **more}
        self.details: Mapping[str, Any] = {field: [entry]}


def usual(status: int) -> VendorError:
    """The error that a status stands for."""
    code, description = _USUAL.get(status, ("InternalError", "Something went wrong"))
    return VendorError(status, code, description)


def not_found() -> VendorError:
    """There is no such record."""
    return VendorError(404, "RecordNotFound", "Not found")


def unauthorized() -> VendorError:
    """The credentials are wrong."""
    return usual(401)


def forbidden(scope: str) -> VendorError:
    """The token does not reach that far."""
    return VendorError(403, "Forbidden", f"Missing the following required scopes: {scope}")


def bad_request(description: str, code: str = "BadRequest") -> VendorError:
    """The request itself is wrong."""
    return VendorError(400, code, description)


def error_body(error: VendorError) -> dict[str, Any]:
    """An error as Zendesk writes it."""
    shown: dict[str, Any] = {"error": error.code}
    if error.message:
        shown["description"] = error.message
    if isinstance(error, RecordInvalid):
        shown["details"] = dict(error.details)
    return shown
