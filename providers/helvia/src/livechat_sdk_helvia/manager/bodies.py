"""What services send to the published manager's paths, as openings and messages of the desk.

Fields are taken under their published names, texts with and without the underscore. Fields and values that
nobody knows are left alone: a newer sender breaks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, cast
from urllib.parse import urlsplit

from pydantic import ValidationError

from livechat_sdk.domain.base import new_key
from livechat_sdk.domain.handoff import Route, SurveyAnswer
from livechat_sdk.domain.messages import Attachment, TranscriptEntry
from livechat_sdk.domain.people import EndUser
from livechat_sdk.provider.interface import ChatOpening, PlannedMessage
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.faults import InvalidField

__all__ = ["MessagePlace", "message_from", "number_of", "opening_from", "place_of"]

MessagePlace = tuple[Literal["id", "session"], str]
"""How a message says which conversation it belongs to: by its number, or by the session of the bot."""

_MOST: Final = 1000
"""Lines of a dialogue before the request, and answers of a survey, that are taken."""


def opening_from(desk: DeskContext, body: Mapping[str, Any], ref: str) -> ChatOpening:
    """A ``LivechatRequest`` as an opening. Raises ``InvalidField``."""
    kind = _text(body, "type") or "external"
    if kind in {"transfer", "invitation"}:
        raise InvalidField(
            f"A service opens no {kind}: members of the team do.", hint="Send the type external, or none."
        )
    talk = _object(body, "livechatConversation")
    try:
        return ChatOpening(
            handoff_id=f"manager:{ref}",
            conversation_id=_needed(body, "platformSessionId"),
            attempt=1,
            ref=ref,
            bot=_needed(body, "tenantId"),
            user=EndUser(
                id=_needed(body, "platformUserId"),
                name=_text(body, "platformUserName"),
                email=_text(body, "platformUserEmail"),
                phone=_text(body, "platformUserPhone"),
                language=_text(body, "platformUserLanguage"),
                country=_text(body, "platformUserCountry"),
                channel=_text(body, "platformType"),
                origin=_text(body, "platformOrigin"),
                attributes=dict(_object(body, "extras")),
            ),
            route=Route(
                integration=desk.integration,
                bot=_needed(body, "tenantId"),
                group=_text(body, "targetGroupId"),
                agent=_text(body, "targetUserId"),
            ),
            transcript=tuple(_line(one) for one in _objects(talk, "livechatMessages") if _said(one)),
            survey=tuple(
                SurveyAnswer(
                    id=str(number),
                    question=_text(one, "question") or "",
                    answer=_text(one, "answer") or "",
                )
                for number, one in enumerate(_objects(_object(body, "metadata"), "preLiveChatSurvey"), 1)
            ),
            requested_at=desk.now(),
        )
    except ValidationError as error:
        raise InvalidField.of(error) from error


def place_of(body: Mapping[str, Any]) -> MessagePlace:
    """Which conversation a message is for. Raises ``InvalidField``."""
    for name in ("livechatConversation", "conversation", "conversationId"):
        found = body.get(name)
        if isinstance(found, dict):
            found = cast("Mapping[str, Any]", found).get("id")
        if isinstance(found, int) and not isinstance(found, bool):
            return ("id", str(found))
        if isinstance(found, str) and found:
            return ("id", found)
    session = _text(body, "platformSessionId")
    if session is None:
        raise InvalidField("Neither livechatConversation nor platformSessionId says where the message goes.")
    return ("session", session)


def message_from(desk: DeskContext, body: Mapping[str, Any]) -> PlannedMessage:
    """A ``LivechatMessage`` of an end user. With an ``id`` or ``key`` it is taken once. ``InvalidField``."""
    text = _said(body)
    try:
        files = tuple(_file(one) for one in _objects(body, "livechatAttachments"))
        if not text.strip() and not files:
            raise InvalidField("The message has neither a text nor an attachment.")
        return PlannedMessage(
            key=_text(body, "key") or number_of(body, "id") or new_key(),
            body=text,
            attachments=files,
            sent_at=_moment(body, "sentDate") or desk.now(),
        )
    except ValidationError as error:
        raise InvalidField.of(error) from error


def number_of(body: Mapping[str, Any], name: str) -> str | None:
    """An id, which some send as a number and some as a text."""
    value = body.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise InvalidField(f"The field {name!r} is neither a number nor a text.")
    return str(value)


def _line(one: Mapping[str, Any]) -> TranscriptEntry:
    sender = _object(one, "from")
    said_by_user = _text(sender, "participantType") == "end-user"
    return TranscriptEntry(
        author="user" if said_by_user else "bot",
        body=_said(one),
        name=_text(sender, "fullName"),
        at=_moment(one, "sentDate"),
    )


def _file(one: Mapping[str, Any]) -> Attachment:
    path = _needed(one, "path")
    if urlsplit(path).scheme not in {"http", "https"}:
        raise InvalidField("The path of an attachment must be a link that begins with https:// or http://.")
    return Attachment(
        url=path,
        name=_text(one, "name") or "file",
        media_type=_text(one, "mimetype") or "application/octet-stream",
    )


def _said(one: Mapping[str, Any]) -> str:
    """The text, under any of the names that it has; the original one when there is no other."""
    names = ("text", "_text", "originalText", "_originalText")
    return next((found for name in names if (found := _text(one, name))), "")


def _needed(body: Mapping[str, Any], name: str) -> str:
    value = number_of(body, name)
    if value is None:
        raise InvalidField(f"The field {name!r} is missing.")
    return value


def _text(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise InvalidField(f"The field {name!r} is no text.")
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def _objects(body: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    value: Any = body.get(name) or []
    if not isinstance(value, list):
        raise InvalidField(f"The field {name!r} is no list.")
    given: Sequence[Any] = cast("Sequence[Any]", value)
    found = [cast("Mapping[str, Any]", one) for one in given if isinstance(one, dict)]
    if len(found) > _MOST:
        raise InvalidField(f"The field {name!r} has {len(found):,} entries; the limit is {_MOST:,}.")
    return found


def _moment(body: Mapping[str, Any], name: str) -> datetime | None:
    given = _text(body, name)
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise InvalidField(f"The field {name!r} is no moment.") from error
    if moment.tzinfo is None:
        raise InvalidField(f"The field {name!r} has no time zone.", hint="2026-01-01T00:00:00Z has one.")
    return moment
