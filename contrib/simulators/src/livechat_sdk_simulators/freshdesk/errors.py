"""The errors that Freshdesk answers with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from livechat_sdk_simulators.calls import VendorError

__all__ = [
    "Problem",
    "ValidationFailed",
    "among",
    "error_body",
    "forbidden",
    "not_found",
    "one_problem",
    "usual",
]

_USUAL: Final = {
    400: ("invalid_json", "Request body has invalid json format"),
    401: ("invalid_credentials", "You have to be logged in to perform this action."),
    403: ("access_denied", "You are not authorized to perform this action."),
    404: ("", ""),
    405: ("method_not_allowed", "This method is not allowed here."),
    406: ("unsupported_accept_header", "Accept header should be application/json."),
    409: ("inconsistent_state", "The resource is in an inconsistent or conflicting state."),
    413: ("request_too_large", "The request is too large."),
    415: ("invalid_content_type", "Content-Type header should be application/json or multipart/form-data."),
    429: ("", "You have exceeded the limit of requests per minute"),
    503: ("service_unavailable", "The service is temporarily unavailable."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field."""

    field: str
    message: str
    code: str


class ValidationFailed(VendorError):
    """Fields of a request are wrong. It is a conflict where all that is wrong is that a value is taken."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        conflict = all(one.code == "duplicate_value" for one in problems)
        super().__init__(409 if conflict else 400, problems[0].code, "Validation failed")
        self.problems = problems


def one_problem(field: str, message: str, code: str = "invalid_value") -> ValidationFailed:
    """One field is wrong."""
    return ValidationFailed([Problem(field, message, code)])


def among(values: Collection[object]) -> str:
    """The message for a value that is none of these."""
    return f"It should be one of these values: '{','.join(str(one) for one in values)}'"


def usual(status: int) -> VendorError:
    """The error that a status stands for."""
    code, message = _USUAL.get(status, ("internal_error", "We're sorry, but something went wrong."))
    return VendorError(status, code, message)


def not_found() -> VendorError:
    """There is no such thing. The answer has no body."""
    return usual(404)


def forbidden() -> VendorError:
    """The agent's role does not allow it."""
    return usual(403)


def error_body(error: VendorError) -> dict[str, Any] | None:
    """An error as Freshdesk writes it; ``None`` where it writes nothing."""
    if isinstance(error, ValidationFailed):
        problems = [{"field": one.field, "message": one.message, "code": one.code} for one in error.problems]
        return {"description": error.message, "errors": problems}
    if error.status == 404:  # noqa: PLR2004 - not found
        return None
    return {**({"code": error.code} if error.code else {}), "message": error.message}
