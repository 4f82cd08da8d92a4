"""The errors of the Web API, with the codes that Microsoft lists for them."""

from __future__ import annotations

from typing import Any, Final

from livechat_sdk_simulators.calls import VendorError

__all__ = [
    "bad_argument",
    "bad_payload",
    "bad_query",
    "error_body",
    "missing_privilege",
    "no_row",
    "no_segment",
    "throttled",
    "usual",
]

_HELP: Final = "http://go.microsoft.com/fwlink/?LinkID=398563&error=Microsoft.Crm.CrmException%3a"
_USUAL: Final = {
    400: ("0x80040203", "Invalid argument."),
    401: ("", ""),
    403: ("0x80040220", "Principal user is missing a privilege."),
    404: ("0x80060888", "Resource not found."),
    405: ("0x80060888", "The requested resource does not support this method."),
    412: ("0x80060882", "The version of the existing record doesn't match the RowVersion property provided."),
    413: ("0x80060888", "Request entity too large."),
    415: ("0x80060888", "The media type is not supported."),
    429: ("0x80072322", "Number of requests exceeded the limit of 6000 over time window of 300 seconds."),
    500: ("0x80040216", "An unexpected error occurred."),
    501: ("0x80060888", "Not implemented."),
    503: ("0x8005F103", "The service is unavailable."),
}


def usual(status: int) -> VendorError:
    """The error that a status stands for."""
    return VendorError(status, *_USUAL.get(status, _USUAL[500]))


def bad_query(message: str) -> VendorError:
    """The query is not understood."""
    return VendorError(400, "0x80060888", message)


def bad_payload(entity_set: str, message: str) -> VendorError:
    """The body is unreadable, or names what there is not."""
    text = f"Error identified in Payload provided by the user for Entity :'{entity_set}' ----> {message}"
    return VendorError(400, "0x80048d19", text)


def bad_argument(message: str, code: str = "0x80040203") -> VendorError:
    """What was asked for cannot be."""
    return VendorError(400, code, message)


def no_row(table: str, row_id: str, *, code: str = "0x80040217") -> VendorError:
    """There is no such row."""
    return VendorError(404, code, f"{table} With Id = {row_id} Does Not Exist")


def no_segment(segment: str) -> VendorError:
    """The address is wrong."""
    return VendorError(404, "0x8006088a", f"Resource not found for the segment '{segment}'.")


def missing_privilege(user: str, privilege: str, table: str) -> VendorError:
    """The application user may not do that."""
    text = (
        f"Principal user (Id={user}, type=8, roleCount=1, privilegeCount=12, accessMode='4 Non-interactive') "
        f"is missing {privilege} privilege on entity '{table}'."
    )
    return VendorError(403, "0x80040220", text)


def throttled(code: str, message: str, seconds: int) -> VendorError:
    """A service protection limit was reached."""
    return VendorError(429, code, message, headers={"retry-after": str(seconds)})


def error_body(error: VendorError, *, annotated: bool) -> dict[str, Any]:
    """An error as the Web API writes it; ``annotated`` where all annotations were asked for."""
    shown: dict[str, Any] = {"code": error.code, "message": error.message}
    if annotated:
        shown |= {
            "@Microsoft.PowerApps.CDS.ErrorDetails.OperationStatus": "0",
            "@Microsoft.PowerApps.CDS.HelpLink": f"{_HELP}{error.code.removeprefix('0x')}&client=platform",
            "@Microsoft.PowerApps.CDS.TraceText": "\r\n[Plugins: of the simulator]\r\n",
            "@Microsoft.PowerApps.CDS.InnerError.Message": error.message,
        }
    return {"error": shown}
