"""The desk's records under the published manager's schemas, complete: what it requires is always there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk_helvia.automations.records import Automation
from livechat_sdk_helvia.canned import CannedResponse
from livechat_sdk_helvia.records import (
    Conversation,
    DeskMessage,
    DeskRequest,
    Note,
    Participant,
    RequestStatus,
)
from livechat_sdk_helvia.web.api_automations import automation_document
from livechat_sdk_helvia.web.api_canned import canned_document

__all__ = [
    "action_document",
    "history_document",
    "livechat_conversation",
    "livechat_message",
    "livechat_note",
    "livechat_request",
    "response_document",
]

_CHANNELS: Final[Mapping[str, str]] = {
    "teams": "MICROSOFT_TEAMS",
    "webchat": "LIVECHAT",
    "messenger": "FACEBOOK",
}
"""Our words for channels where the published one is another than ours in capitals."""


def livechat_request(request: DeskRequest, organization: str) -> dict[str, Any]:
    """A ``LivechatRequest``. One that was withdrawn counts as missed: there is no third word for it."""
    status = RequestStatus.MISSED if request.status is RequestStatus.CANCELLED else request.status
    return {
        "id": request.id,
        "type": request.type,
        "requestedDate": utc_text(request.requested_at),
        "status": status.value,
        "livechatConversation": {"id": request.conversation_id},
        "acceptedBy": "" if request.accepted_by is None else str(request.accepted_by),
        "supportsCall": False,
        **_given(targetGroupId=request.target_group, targetUserId=request.target_agent),
        **_common(request.conversation, organization),
    }


def livechat_conversation(
    conversation: Conversation,
    organization: str,
    *,
    participants: Sequence[Participant] = (),
    messages: Sequence[DeskMessage] = (),
    requests: Sequence[DeskRequest] = (),
) -> dict[str, Any]:
    """A ``LivechatConversation``. One that goes on has no ``endDate``."""
    team = [_member(one, conversation) for one in participants]
    return {
        "id": conversation.id,
        "startDate": utc_text(conversation.started_at or conversation.created_at),
        **_given(endDate=_time(conversation.ended_at)),
        "status": "started" if conversation.status in {"pending", "started"} else "finished",
        "livechatParticipants": [_end_user(conversation), *team],
        "livechatMessages": [livechat_message(one, conversation) for one in messages],
        "livechatRequests": [livechat_request(one, organization) for one in requests],
        "lastMessage": conversation.last_text,
        "idleReminderTries": conversation.reminders,
        **_common(conversation, organization),
    }


def livechat_message(message: DeskMessage, conversation: Conversation) -> dict[str, Any]:
    """A ``LivechatMessage``, its texts under both spellings."""
    text = message.text
    if message.author == "end-user":
        sender = {"id": conversation.id, "participantType": "end-user", "fullName": conversation.user_label}
    else:
        sender = {
            "id": message.author_id or 0,
            "participantType": "agent",
            "fullName": message.author_name or "",
        }
    return {
        "id": message.id,
        "type": "system_message" if message.author == "system" else "text",
        "sentDate": utc_text(message.sent_at),
        "text": text,
        "originalText": text,
        "_text": text,
        "_originalText": text,
        "platformSessionId": conversation.platform_conversation,
        "language": conversation.user_language or "" if message.author == "end-user" else "",
        "from": sender,
        "livechatConversation": {"id": conversation.id},
        "livechatAttachments": [
            {
                "id": number,
                "name": item.name,
                "path": item.url if item.file_id is None else _path(message, number - 1),
                "mimetype": item.media_type,
                "platformUserId": conversation.user_id,
                "createdAt": utc_text(message.sent_at),
            }
            for number, item in enumerate(message.attachments, 1)
        ],
    }


def livechat_note(note: Note) -> dict[str, Any]:
    """A ``LivechatNote``."""
    return {
        "id": note.id,
        "text": note.text,
        "createDate": utc_text(note.created_at),
        "updateDate": utc_text(note.updated_at),
        "from": {"id": note.author_id, "participantType": "agent", "fullName": note.author_name},
        "conversation": note.conversation_id,
    }


def response_document(response: CannedResponse, organization: str) -> dict[str, Any]:
    """A ``PredefinedResponse``."""
    return canned_document(response) | {"organizationId": organization}


def action_document(action: Automation, organization: str) -> dict[str, Any]:
    """A ``PredefinedAction``."""
    return automation_document(action) | {"organizationId": organization}


def history_document(entry: TranscriptEntry, number: int, conversation: Conversation) -> dict[str, Any]:
    """One line of the dialogue with the bot, as a message of the chat session."""
    by_user = entry.author == "user"
    return {
        "id": str(number),
        "type": "TEXT",
        "category": "COMMON",
        "isUserInteraction": by_user,
        "subscriberHandle": conversation.user_id,
        "subscriberName": entry.name or (conversation.user_label if by_user else ""),
        "message": entry.body,
        **_given(date=_time(entry.at)),
    }


def _common(conversation: Conversation, organization: str) -> dict[str, Any]:
    channel = conversation.user_channel or "LIVECHAT"
    survey = [{"question": one.question, "answer": one.answer} for one in conversation.survey]
    return {
        "platformSessionId": conversation.platform_conversation,
        "platformUserId": conversation.user_id,
        "platformUserName": conversation.user_label,
        **_given(
            platformUserEmail=conversation.user_email,
            platformUserPhone=conversation.user_phone,
            platformUserCountry=conversation.user_country,
            platformUserLanguage=conversation.user_language,
        ),
        "platformType": _CHANNELS.get(channel.lower(), channel.upper()),
        "platformOrigin": conversation.user_origin or "",
        "organizationId": organization,
        "tenantId": conversation.bot,
        "tenantName": conversation.bot,
        "tenantImageUrl": "",
        "metadata": {"preLiveChatSurvey": survey},
        "extras": conversation.attributes,
    }


def _end_user(conversation: Conversation) -> dict[str, Any]:
    over = conversation.status not in {"pending", "started"}
    return {
        "id": conversation.id,
        "participantType": "end-user",
        "status": "inactive" if over else "active",
        "isOwner": False,
        "platformUserId": conversation.user_id,
        "fullName": conversation.user_label,
        "email": conversation.user_email or "",
        "language": conversation.user_language or "",
        "lastUpdate": utc_text(conversation.last_at),
    }


def _member(participant: Participant, conversation: Conversation) -> dict[str, Any]:
    return {
        "id": participant.user_id,
        "participantType": "agent",
        "status": participant.status,
        "isOwner": participant.is_owner and participant.user_id == conversation.owner_id,
        "lastMessageRead": participant.has_read,
        "platformUserId": str(participant.user_id),
        "fullName": participant.name,
        "lastUpdate": utc_text(participant.left_at or participant.joined_at),
    }


def _path(message: DeskMessage, index: int) -> str:
    """Where the desk's own API gives out a file that is kept here, below the manager's address."""
    return f"../api/conversations/{message.conversation_id}/files/{message.seq}/{index}"


def _given(**values: Any) -> dict[str, Any]:
    """What is known; optional fields of the published schemas are left out rather than null."""
    return {name: value for name, value in values.items() if value is not None}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)
