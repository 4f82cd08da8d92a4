"""The errors of Jira: those of the platform, and those of the service desk, which has a shape of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from livechat_sdk_simulators.calls import VendorError

__all__ = [
    "FieldErrors",
    "GatewayError",
    "NativeError",
    "PlainError",
    "PlatformError",
    "bad_payload",
    "body_of",
    "forbidden",
    "not_found",
    "usual",
]

_USUAL: Final = {
    400: "The request is not valid.",
    401: "Client must be authenticated to access this resource.",
    403: "You do not have permission to complete this request.",
    404: "Not found.",
    405: "Method Not Allowed",
    409: "The issue could not be updated due to a conflicting update.",
    410: "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.",
    412: "This API is experimental. Opt in by the header X-ExperimentalApi: opt-in.",
    413: "The attachment is larger than the allowed size.",
    415: "Unsupported Media Type",
    429: "Rate limit exceeded.",
    500: "Internal server error",
    503: "Service temporarily unavailable.",
}


class PlatformError(VendorError):
    """``errorMessages`` and ``errors``."""

    def __init__(self, status: int, *messages: str, errors: Mapping[str, str] | None = None) -> None:
        told = messages or tuple((errors or {}).values())
        super().__init__(status, str(status), "; ".join(told))
        self.messages: Sequence[str] = messages
        self.errors = dict(errors or {})


class NativeError(VendorError):
    """``errorMessage`` and ``i18nErrorMessage``: of the service desk alone."""

    def __init__(self, status: int, message: str, key: str = "sd.error", *parameters: str) -> None:
        super().__init__(status, key, message)
        self.parameters = parameters


class FieldErrors(PlatformError):
    """Values that do not fit their fields."""

    def __init__(self, **errors: str) -> None:
        super().__init__(400, errors=errors)


class GatewayError(VendorError):
    """What stands before the site at ``api.atlassian.com`` refuses."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, str(status), message)


class PlainError(VendorError):
    """An error in plain text."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, str(status), message)


def usual(status: int) -> PlatformError:
    """The error that a status stands for."""
    return PlatformError(status, _USUAL.get(status, _USUAL[500]))


def bad_payload() -> PlatformError:
    """A body that is no JSON, or has what nobody knows."""
    return PlatformError(400, "Invalid request payload. Refer to the REST API documentation and try again.")


def not_found() -> PlatformError:
    """There is no such issue, or the account does not see it."""
    return PlatformError(404, "Issue does not exist or you do not have permission to see it.")


def forbidden(what: str) -> PlatformError:
    """The account may not do that."""
    return PlatformError(403, f"You do not have permission to {what}.")


def body_of(error: VendorError, *, desk: bool, shapes: Literal["mixed", "native", "platform"]) -> Any:
    """An error as it is told on a path of the service desk (``desk``), or of the platform."""
    if isinstance(error, GatewayError):
        return {"code": error.status, "message": error.message}
    if desk and (shapes == "native" or (shapes == "mixed" and isinstance(error, NativeError))):
        parameters = list(error.parameters) if isinstance(error, NativeError) else [error.message]
        key = error.code if isinstance(error, NativeError) else "sd.error"
        i18n = {"i18nKey": key, "parameters": parameters}
        return {"errorMessage": error.message, "i18nErrorMessage": i18n}
    if isinstance(error, PlatformError):
        return {"errorMessages": list(error.messages), "errors": error.errors}
    return {"errorMessages": [error.message], "errors": {}}
