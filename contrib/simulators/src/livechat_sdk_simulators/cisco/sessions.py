"""The cookie that is the chat, and what every call with it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from livechat_sdk_simulators.calls import Call
from livechat_sdk_simulators.cisco.errors import NOT_FOUND, CcpError, container_error

if TYPE_CHECKING:
    from livechat_sdk_simulators.cisco.rooms import Rooms
    from livechat_sdk_simulators.cisco.settings import CiscoSettings
    from livechat_sdk_simulators.cisco.state import Chat

__all__ = ["COOKIE", "needs_type", "session_of", "set_cookie"]

COOKIE: Final = "JSESSIONID"


def session_of(rooms: Rooms, settings: CiscoSettings, call: Call) -> Chat:
    """The chat of the cookie. Raises ``CcpError`` when there is no such session, or none any more."""
    chat = rooms.with_session(call.request.cookies.get(COOKIE, ""))
    if chat is None:
        gone = ("", "The chat session was not found.")
        raise CcpError(settings.gone_status, NOT_FOUND, gone)
    call.chat = chat.id
    return chat


def set_cookie(settings: CiscoSettings, response: Response, session: str) -> None:
    """Give the caller the session."""
    secure = settings.cookie_secure
    response.set_cookie(
        COOKIE,
        session,
        path=settings.cookie_path,
        secure=settings.base_url.startswith("https:") if secure is None else secure,
        httponly=settings.cookie_http_only,
        samesite=None,
    )


def needs_type(call: Call, media_type: str) -> None:
    """Refuse a body of another type."""
    if call.media_type != media_type:
        raise container_error(415, f"The content type must be {media_type}.")
