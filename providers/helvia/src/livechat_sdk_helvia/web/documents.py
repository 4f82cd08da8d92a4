"""The desk's records as JSON documents, under the names of the published API (``hbf-lcm.openapi.json``)."""

from __future__ import annotations

from typing import Any

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk_helvia.records import Conversation, DeskMessage, DeskRequest, DeskUser, Note, Participant
from livechat_sdk_helvia.waits import Alert

__all__ = [
    "conversation_document",
    "history_document",
    "message_document",
    "note_document",
    "participant_document",
    "request_document",
    "user_document",
    "waits_document",
]


def user_document(user: DeskUser) -> dict[str, Any]:
    """A member of the team."""
    return {
        "id": user.id,
        "email": user.email,
        "fullName": user.name,
        "roles": sorted(role.api_name for role in user.roles),
        "effectiveRoles": sorted(role.api_name for role in user.effective_roles),
    }


def conversation_document(conversation: Conversation) -> dict[str, Any]:
    """A ``LivechatConversation`` without its messages."""
    return {
        "id": conversation.id,
        "status": conversation.status.value,
        "startDate": _time(conversation.started_at),
        "endDate": _time(conversation.ended_at),
        "endedBy": conversation.ended_by,
        "endedWhy": conversation.ended_why,
        "owner": {"id": conversation.owner_id, "fullName": conversation.owner_name}
        if conversation.owner_id is not None
        else None,
        "unread": conversation.unread,
        "idleReminderTries": conversation.reminders,
        "lastMessage": conversation.last_text,
        "handoffId": conversation.handoff_id,
        "historyLength": conversation.history_length,
        **_common(conversation),
    }


def request_document(request: DeskRequest) -> dict[str, Any]:
    """A ``LivechatRequest``."""
    return {
        "id": request.id,
        "type": request.type,
        "status": request.status.value,
        "requestedDate": _time(request.requested_at),
        "targetGroupId": request.target_group,
        "targetUserId": request.target_agent,
        "acceptedBy": None if request.accepted_by is None else str(request.accepted_by),
        "livechatConversation": {
            "id": request.conversation_id,
            "status": request.conversation.status.value,
        },
        **_common(request.conversation),
    }


def message_document(message: DeskMessage) -> dict[str, Any]:
    """A ``LivechatMessage``. System lines have the type ``system_message``."""
    return {
        "id": message.id,
        "seq": message.seq,
        "key": message.key,
        "type": "system_message" if message.author == "system" else "text",
        "text": message.text,
        "sentDate": _time(message.sent_at),
        "deliveredDate": _time(message.delivered_at),
        "readDate": _time(message.read_at),
        "from": {"participantType": message.author, "fullName": message.author_name},
        "livechatAttachments": [
            {
                "name": item.name,
                "path": item.url if item.file_id is None else _path(message, index),
                "mimetype": item.media_type,
                "size": item.size,
            }
            for index, item in enumerate(message.attachments)
        ],
    }


def _path(message: DeskMessage, index: int) -> str:
    """Where the API gives out a file that is kept here, below the API's own address."""
    return f"conversations/{message.conversation_id}/files/{message.seq}/{index}"


def note_document(note: Note) -> dict[str, Any]:
    """A ``LivechatNote``."""
    return {
        "id": note.id,
        "text": note.text,
        "createDate": _time(note.created_at),
        "updateDate": _time(note.updated_at),
        "from": {"id": note.author_id, "participantType": "agent", "fullName": note.author_name},
    }


def participant_document(participant: Participant) -> dict[str, Any]:
    """A ``LivechatParticipant`` of the team's side."""
    return {
        "id": participant.user_id,
        "participantType": "agent",
        "fullName": participant.name,
        "status": participant.status,
        "isOwner": participant.is_owner,
        "lastMessageRead": participant.has_read,
        "lastReadSeq": participant.read_seq,
    }


def waits_document(alert: Alert) -> dict[str, Any]:
    """An end user who has waited too long for an answer."""
    return {
        "conversation": alert.conversation_id,
        "user": alert.user_label,
        "waitingSince": _time(alert.waiting_since),
        "tries": alert.tries,
        "owner": alert.owner_name,
        "mine": alert.mine,
    }


def history_document(entry: TranscriptEntry) -> dict[str, Any]:
    """One line of the dialogue before the request."""
    return {
        "author": entry.author,
        "name": entry.name,
        "text": entry.body,
        "date": _time(entry.at),
        "doubtful": entry.doubtful,
    }


def _common(conversation: Conversation) -> dict[str, Any]:
    return {
        "platformUserId": conversation.user_id,
        "platformUserName": conversation.user_name,
        "platformUserEmail": conversation.user_email,
        "platformUserPhone": conversation.user_phone,
        "platformUserCountry": conversation.user_country,
        "platformUserLanguage": conversation.user_language,
        "platformType": conversation.user_channel,
        "platformOrigin": conversation.user_origin,
        "platformSessionId": conversation.platform_conversation,
        "tenantId": conversation.bot,
        "metadata": {
            "preLiveChatSurvey": [
                {"question": answer.question, "answer": answer.answer} for answer in conversation.survey
            ]
        },
        "contacts": [contact.model_dump(mode="json") for contact in conversation.contacts],
        "tags": list(conversation.tags),
        "reason": conversation.reason,
        "summary": conversation.summary,
        "extras": conversation.attributes,
    }


def _time(moment: Any) -> str | None:
    return None if moment is None else utc_text(moment)
