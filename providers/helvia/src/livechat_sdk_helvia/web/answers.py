"""Errors as answers: JSON for programs and scripts, a page for people. Never a stack trace."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from livechat_sdk.errors import LivechatError
from livechat_sdk_helvia.faults import DeskFault
from livechat_sdk_helvia.web.access import wants_json
from livechat_sdk_helvia.web.headers import inside_path
from livechat_sdk_helvia.web.rendering import Templates

__all__ = ["answer_fault", "as_fault", "fault_response", "is_for_programs"]


class _Refused(DeskFault):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = "not_found" if status == 404 else "refused"  # noqa: PLR2004 - HTTP


class _Unavailable(DeskFault):
    code = "unavailable"
    status = 503


def as_fault(error: Exception, unavailable: str) -> DeskFault:
    """``error`` as one of ours. What the SDK raises otherwise (its store, say) is told as ``unavailable``."""
    if isinstance(error, DeskFault):
        return error
    if isinstance(error, HTTPException):
        return _Refused(error.status_code, error.detail)
    if isinstance(error, LivechatError):
        return _Unavailable(unavailable, hint="Try again in a moment.")
    raise error


def is_for_programs(request: Request) -> bool:
    """Whether only programs call this address: they get JSON, whatever they say that they accept."""
    return inside_path(request).startswith(("/api/", "/manager/"))


def fault_response(fault: DeskFault) -> JSONResponse:
    """The one shape of every refusal: ``{"error": {"code", "message", "hint"}}``."""
    error = {"code": fault.code, "message": fault.message}
    if fault.hint:
        error["hint"] = fault.hint
    return JSONResponse({"error": error}, status_code=fault.status, headers=_headers(fault))


def answer_fault(request: Request, templates: Templates, fault: DeskFault, **values: Any) -> Response:
    """``fault`` in the form that the asker understands."""
    if wants_json(request) or is_for_programs(request):
        return fault_response(fault)
    response = templates.page("error.html", status=fault.status, fault=fault, **values)
    response.headers.update(_headers(fault))
    return response


def _headers(fault: DeskFault) -> dict[str, str]:
    headers: dict[str, str] = {}
    retry_after = getattr(fault, "retry_after", None)
    if retry_after is not None:
        headers["retry-after"] = str(max(1, round(retry_after)))
    if fault.status == 401:  # noqa: PLR2004 - the one status that asks for credentials
        headers["www-authenticate"] = "Bearer"
    return headers
