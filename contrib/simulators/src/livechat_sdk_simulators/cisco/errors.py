"""Errors of CCP: ``apiErrors`` in XML of the chat API, pages in HTML of the container."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, Response

from livechat_sdk_simulators.calls import VendorError
from livechat_sdk_simulators.cisco.markup import leaf, wrap
from livechat_sdk_simulators.reading import Misfit

if TYPE_CHECKING:
    from livechat_sdk_simulators.cisco.settings import CiscoSettings

__all__ = [
    "INVALID",
    "NOT_FOUND",
    "CcpError",
    "container_error",
    "error_answer",
    "page",
    "refusing",
    "xml_answer",
]

INVALID = "invalidInput"
"""The type of error of what does not fit. Cisco names only ``notFound``; the others are ours."""
NOT_FOUND = "notFound"
_CONTAINER = "container"
_SERVER = 500


class CcpError(VendorError):
    """One or more errors of the chat API. Each of ``errors`` is data (the field) and message."""

    def __init__(self, status: int, kind: str, *errors: tuple[str, str]) -> None:
        super().__init__(status, kind, errors[0][1])
        self.errors: Sequence[tuple[str, str]] = errors


@contextmanager
def refusing() -> Generator[None]:
    """What does not fit is answered 400."""
    try:
        yield
    except Misfit as misfit:
        raise CcpError(400, INVALID, ("", str(misfit))) from misfit


def container_error(status: int, message: str = "") -> VendorError:
    """An error of the servlet container, which knows nothing of the chat API."""
    return VendorError(status, _CONTAINER, message)


def error_answer(settings: CiscoSettings, error: VendorError) -> Response:
    """The answer for an error, spelt as the settings say."""
    by_container = error.code == _CONTAINER or (
        error.status >= _SERVER and settings.server_errors == "html" and error.code != NOT_FOUND
    )
    if by_container or settings.errors == "html":
        response: Response = page(_title(error.status), error.message, error.status)
    else:
        listed = error.errors if isinstance(error, CcpError) else (("", error.message),)
        upper = settings.errors == "ApiErrors"
        entries = [_entry(error.code, data, message, upper=upper) for data, message in listed]
        response = xml_answer(wrap(settings.errors, *entries), error.status)
    response.headers.update(error.headers)
    return response


def _entry(kind: str, data: str, message: str, *, upper: bool) -> str:
    names = (
        ("ErrorType", "ErrorData", "ErrorMessage") if upper else ("errorType", "errorData", "errorMessage")
    )
    leaves = [leaf(name, text) for name, text in zip(names, (kind, data, message), strict=True)]
    return wrap("ApiError" if upper else "apiError", *leaves)


def _title(status: int) -> str:
    known = {one.value: one.phrase for one in HTTPStatus}
    return f"HTTP Status {status} - {known.get(status, 'Unknown')}"


def page(title: str, text: str = "", status: int = 200) -> Response:
    """A page in HTML."""
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><title>{escape(title)}</title></head>'
        f"<body><h1>{escape(title)}</h1><p>{escape(text)}</p></body></html>",
        status,
    )


def xml_answer(text: str, status: int = 200) -> Response:
    """An answer in XML."""
    return Response(text.encode(), status, media_type="application/xml")
