"""Events of the desk as callbacks of the published manager, with the names of its schemas.

The whole body is not published. What is there in any case: ``type``, ``eventId`` (the same at each try),
``timestamp``, and the conversation with the ``extras`` that the service sent along. Words and names are those
that the end user may see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.chats import (
    AgentJoined,
    ChatEnded,
    ChatTransferred,
    MessageReceived,
    ProviderEvent,
    TypingChanged,
)
from livechat_sdk.domain.messages import Attachment
from livechat_sdk.domain.people import Agent
from livechat_sdk_helvia.records import Conversation, DeskMessage

__all__ = ["TOLD", "callback_document"]

TOLD: Final = (MessageReceived, AgentJoined, ChatEnded, ChatTransferred, TypingChanged)
"""The events that the published manager has a callback for."""


Lending = Callable[[Sequence[Attachment]], Sequence[Attachment]]
"""Puts links that a service can open into files of ours."""


def callback_document(
    event: ProviderEvent,
    conversation: Conversation,
    message: DeskMessage | None,
    *,
    organization: str,
    lent: Lending,
) -> dict[str, Any]:
    """The body of the callback about ``event``; ``message`` is the stored one, where it is about one."""
    return {
        "eventId": event.id,
        "timestamp": utc_text(event.vendor_at or event.received_at),
        "organizationId": organization,
        "tenantId": conversation.bot,
        "platformSessionId": conversation.platform_conversation,
        "platformUserId": conversation.user_id,
        "livechatConversation": {
            "id": conversation.id,
            "status": "started" if conversation.status in {"pending", "started"} else "finished",
            "extras": conversation.attributes,
        },
        **_body(event, message, lent),
    }


def _body(event: ProviderEvent, message: DeskMessage | None, lent: Lending) -> dict[str, Any]:
    match event:
        case MessageReceived():
            return {"type": "MESSAGE", "message": _said(event, message, lent)}
        case AgentJoined():
            return {"type": "CONVERSATION_BEGIN", "participant": _member(event.agent)}
        case ChatTransferred():
            taker = {} if event.agent is None else {"participant": _member(event.agent)}
            target = {"targetGroupId": event.to} if event.is_team else {}
            return {
                "type": "TRANSFER_REQUEST",
                "livechatRequest": {"type": "transfer", "status": "accepted", **target},
                **taker,
            }
        case TypingChanged():
            return {"type": "CONVERSATION_TYPING", "typing": event.on}
        case ChatEnded(by="clock", why="timeout"):
            return {"type": "REQUEST_MISSED"}
        case ChatEnded():
            return {"type": "CONVERSATION_END", "endedBy": event.by, "reason": event.why}
        case _:
            raise AssertionError(f"there is no callback for {event.kind}")


def _said(event: MessageReceived, stored: DeskMessage | None, lent: Lending) -> dict[str, Any]:
    """A ``LivechatMessage``."""
    said_at = utc_text(event.message.sent_at or event.received_at)
    return {
        "id": event.message.key if stored is None else stored.id,
        "type": "text",
        "sentDate": said_at,
        **dict.fromkeys(("text", "originalText", "_text", "_originalText"), event.message.body),
        "from": {} if event.agent is None else _member(event.agent),
        "livechatAttachments": [
            {
                "id": number,
                "name": one.name,
                "path": one.url,
                "mimetype": one.media_type,
                "createdAt": said_at,
            }
            for number, one in enumerate(lent(event.message.attachments), 1)
        ],
    }


def _member(agent: Agent) -> dict[str, Any]:
    """A ``LivechatParticipant``."""
    return {
        "id": agent.id,
        "participantType": "agent",
        "status": "active",
        "platformUserId": agent.id,
        "fullName": agent.name or "",
    }
