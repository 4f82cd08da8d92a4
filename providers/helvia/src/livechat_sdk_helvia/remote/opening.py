"""A chat that is opened, and a message of the end user, as the manager's bodies."""

from __future__ import annotations

from typing import Any, Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk.provider.interface import ChatOpening, PlannedMessage
from livechat_sdk.provider.telling import contact_facts
from livechat_sdk_helvia.remote.account import RemoteAccount
from livechat_sdk_helvia.remote.wire import REF

__all__ = ["message_body", "request_body"]

_CHANNELS: Final = {"teams": "MICROSOFT_TEAMS", "webchat": "LIVECHAT", "messenger": "FACEBOOK"}
"""Our words for channels where the published one is another than ours in capitals."""

_MOST_LINES: Final = 1000
_MOST_TEXT: Final = 300_000
"""Bytes of text of the lines that go along. Each goes twice, and a desk of this package takes 1 MiB."""


def request_body(opening: ChatOpening, account: RemoteAccount) -> dict[str, Any]:
    """A ``LivechatRequest``. Our reference goes along in ``extras``, which lists give back as they are."""
    user, tenant = opening.user, account.tenant or opening.bot
    channel = user.channel or "LIVECHAT"
    optional = {
        "platformUserEmail": user.email,
        "platformUserPhone": user.phone,
        "platformUserCountry": user.country,
        "platformUserLanguage": opening.language or user.language,
        "targetGroupId": opening.route.group or opening.route.queue,
        "targetUserId": opening.route.agent,
    }
    return {
        "type": "external",
        "requestedDate": utc_text(opening.requested_at),
        "platformSessionId": opening.conversation_id,
        "platformUserId": user.id,
        "platformUserName": user.name or "",
        **{name: value for name, value in optional.items() if value},
        "platformType": _CHANNELS.get(channel.lower(), channel.upper()),
        "platformOrigin": user.origin or "",
        "organizationId": account.organization,
        "tenantId": tenant,
        "tenantName": opening.bot,
        "metadata": {
            "preLiveChatSurvey": [{"question": one.question, "answer": one.answer} for one in opening.survey]
        },
        "extras": {**_extras(opening), REF: opening.ref},
        "livechatConversation": {"livechatMessages": _dialogue(opening)},
    }


def message_body(session: str | None, conversation: str, message: PlannedMessage) -> dict[str, Any]:
    """A ``LivechatMessage`` of the end user."""
    return {
        "key": message.key,
        "type": "text",
        "text": message.body,
        "originalText": message.body,
        "sentDate": utc_text(message.sent_at),
        "livechatConversation": {"id": int(conversation) if conversation.isdecimal() else conversation},
        **({} if session is None else {"platformSessionId": session}),
        "from": {"participantType": "end-user"},
    }


def _extras(opening: ChatOpening) -> dict[str, Any]:
    told = {
        "reason": opening.reason,
        "summary": opening.summary,
        "tags": ", ".join(opening.tags) or None,
        **contact_facts(opening.contacts),
    }
    known = {**opening.user.attributes, **opening.attributes, **opening.extras}
    return known | {name: value for name, value in told.items() if value}


def _dialogue(opening: ChatOpening) -> list[dict[str, Any]]:
    """The newest lines of what was said before, as many as fit."""
    lines: list[dict[str, Any]] = []
    room = _MOST_TEXT
    for line in reversed(opening.transcript[-_MOST_LINES:]):
        room -= len(line.body.encode("utf-8", "replace"))
        if room < 0:
            break
        lines.append(
            {
                "type": "text",
                "text": line.body,
                "originalText": line.body,
                **({} if line.at is None else {"sentDate": utc_text(line.at)}),
                "from": {
                    "participantType": "end-user" if line.author == "user" else "agent",
                    "fullName": line.name or "",
                },
            }
        )
    return lines[::-1]
