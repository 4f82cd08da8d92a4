"""The errors that ServiceNow answers with."""

from __future__ import annotations

from typing import Any, Final

from livechat_sdk_simulators.calls import VendorError

__all__ = [
    "ServiceNowError",
    "aborted",
    "acl",
    "bad_request",
    "data_policy",
    "duplicate",
    "error_body",
    "invalid_table",
    "no_record",
    "unauthorized",
    "usual",
]

_USUAL: Final[dict[int, tuple[str, str | None]]] = {
    400: ("Bad Request", None),
    401: ("User Not Authenticated", "Required to provide Auth information"),
    403: ("User Not Authorized", "Failed API level ACL Validation"),
    404: ("Requested URI does not represent any resource", None),
    405: ("Method not supported", None),
    406: ("Not acceptable", "The response format of the Accept header is not supported"),
    413: ("Request entity too large", "Rejected large REST payload"),
    415: ("Unsupported media type", "The format of the request body is not supported"),
    429: ("Rate limit exceeded", "Rate limit of 100 requests per hour for Table API exceeded"),
    500: ("Internal Server Error", "Transaction cancelled: maximum execution time exceeded"),
    502: ("Bad Gateway", None),
    503: ("Service Unavailable", None),
}


class ServiceNowError(VendorError):
    """An error whose ``detail`` may be missing."""

    def __init__(self, status: int, message: str, detail: str | None) -> None:
        super().__init__(status, message, message)
        self.detail = detail


def usual(status: int) -> ServiceNowError:
    """The error that a status stands for."""
    return ServiceNowError(status, *_USUAL.get(status, _USUAL[500]))


def unauthorized() -> ServiceNowError:
    """The credentials are wrong or missing."""
    error = usual(401)
    error.headers["www-authenticate"] = 'BASIC realm="Service-now"'
    return error


def bad_request(message: str, detail: str | None = None) -> ServiceNowError:
    """The request itself is wrong."""
    return ServiceNowError(400, message, detail)


def invalid_table(name: str) -> ServiceNowError:
    """There is no such table."""
    return ServiceNowError(400, f"Invalid table {name}", None)


def no_record() -> ServiceNowError:
    """There is no such row, or it is hidden."""
    return ServiceNowError(
        404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval"
    )


def acl(act: str) -> ServiceNowError:
    """An access rule says no to ``Insert``, ``Update`` or ``Delete``."""
    return ServiceNowError(403, "Operation Failed", f"ACL Exception {act} Failed due to security constraints")


def aborted(table: str, rule: str) -> ServiceNowError:
    """A business rule stopped it."""
    detail = (
        f"Operation against file '{table}' was aborted by Business Rule '{rule}'. Business Rule Stack:{rule}"
    )
    return ServiceNowError(403, "Operation Failed", detail)


def data_policy(*labels: str) -> ServiceNowError:
    """A data policy demands columns that are empty."""
    wanted = ", ".join(labels)
    return ServiceNowError(
        403, "Operation Failed", f"Data Policy Exception: The following fields are mandatory: {wanted}"
    )


def duplicate(value: str, index: str) -> ServiceNowError:
    """A unique index has the value already."""
    detail = f"Unique Key violation detected by database (Duplicate entry '{value}' for key '{index}')"
    return ServiceNowError(403, "Operation Failed", detail)


def error_body(error: VendorError) -> dict[str, Any]:
    """An error as ServiceNow writes it."""
    detail = error.detail if isinstance(error, ServiceNowError) else None
    return {"error": {"message": error.message, "detail": detail}, "status": "failure"}
