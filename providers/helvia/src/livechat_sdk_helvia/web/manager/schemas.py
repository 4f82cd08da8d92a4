"""The schemas of the published manager's paths as this desk answers and takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["SCHEMAS"]

Schema = Mapping[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_NUMBER: Final[Schema] = {"type": "integer"}
_FLAG: Final[Schema] = {"type": "boolean"}
_MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
_FREE: Final[Schema] = {"type": "object"}
_TEXTS: Final[Schema] = {"type": "array", "items": _TEXT}
_MAYBE_TEXT: Final[Schema] = {"type": ["string", "null"]}


def _object(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
    }


def _list(name: str) -> Schema:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _one_of(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


_COMMON: Final = {
    "platformSessionId": _TEXT,
    "platformUserId": _TEXT,
    "platformUserName": _TEXT,
    "platformType": _TEXT,
    "platformOrigin": _TEXT,
    "organizationId": _TEXT,
    "tenantId": _TEXT,
    "tenantName": _TEXT,
    "tenantImageUrl": _TEXT,
}
_COMMON_OPTIONAL: Final = {
    "platformUserEmail": _TEXT,
    "platformUserPhone": _TEXT,
    "platformUserCountry": _TEXT,
    "platformUserLanguage": _TEXT,
    "metadata": _ref("Metadata"),
    "extras": _FREE,
}
_PEOPLE: Final = _one_of("end-user", "agent")
_RESPONSE: Final = {
    "name": _TEXT,
    "text": _TEXT,
    "organizationWide": _FLAG,
    "tenantIds": _TEXTS,
    "categories": _TEXTS,
}
_ACTION: Final = {
    "name": _TEXT,
    "kind": _one_of("http", "ticket"),
    "url": _TEXT,
    "headers": {"type": "array", "items": _object({"key": _TEXT}, {"value": _TEXT, "secret": _FLAG})},
    "agentInput": {"type": "array", "items": _ref("AgentInput")},
    "organizationWide": _FLAG,
    "tenantIds": _TEXTS,
    "categories": _TEXTS,
    "runOnButton": _FLAG,
    "runOnEndConversation": _FLAG,
    "runOnMissedRequest": _FLAG,
}
_HOURS: Final = {
    "day": {"type": "integer", "minimum": 0, "maximum": 6},
    "opensAt": {"type": "integer", "minimum": 0, "maximum": 1440},
    "closesAt": {"type": "integer", "minimum": 0, "maximum": 1440},
}

SCHEMAS: Final[Mapping[str, Schema]] = {
    "Error": _object({"error": _object({"code": _TEXT, "message": _TEXT}, {"hint": _TEXT})}),
    "Login": _object({"email": _TEXT, "password": _TEXT}),
    "Refresh": _object({}, {"token": _TEXT, "refreshToken": _TEXT}),
    "Tokens": _object(
        {
            "token": _TEXT,
            "accessToken": _TEXT,
            "refreshToken": _TEXT,
            "expiresIn": _NUMBER,
            "user": _object({"id": _TEXT, "email": _TEXT, "fullName": _TEXT, "effectiveRoles": _TEXTS}),
        }
    ),
    "Metadata": _object(
        {},
        {"preLiveChatSurvey": {"type": "array", "items": _object({"question": _TEXT, "answer": _TEXT})}},
    ),
    "Reference": _object({"id": _NUMBER}),
    "LivechatRequest": _object(
        {
            "id": _NUMBER,
            "type": _one_of("external", "transfer", "invitation"),
            "requestedDate": _MOMENT,
            "status": _one_of("new", "accepted", "missed"),
            "livechatConversation": _ref("Reference"),
            "acceptedBy": _TEXT,
            **_COMMON,
        },
        {"targetGroupId": _TEXT, "targetUserId": _TEXT, "supportsCall": _FLAG, **_COMMON_OPTIONAL},
    ),
    "NewRequest": _object(
        {"platformSessionId": _TEXT, "platformUserId": _TEXT, "tenantId": _TEXT},
        {
            "type": _TEXT,
            "organizationId": _TEXT,
            "platformUserName": _TEXT,
            "platformType": _TEXT,
            "platformOrigin": _TEXT,
            "targetGroupId": _TEXT,
            "targetUserId": _TEXT,
            "livechatConversation": _object({}, {"livechatMessages": {"type": "array", "items": _FREE}}),
            **_COMMON_OPTIONAL,
        },
    ),
    "LivechatConversation": _object(
        {
            "id": _NUMBER,
            "startDate": _MOMENT,
            "status": _one_of("started", "finished"),
            "livechatParticipants": _list("LivechatParticipant"),
            "livechatMessages": _list("LivechatMessage"),
            "livechatRequests": _list("LivechatRequest"),
            "lastMessage": _TEXT,
            "idleReminderTries": _NUMBER,
            **_COMMON,
        },
        {"endDate": _MOMENT, **_COMMON_OPTIONAL},
    ),
    "LivechatParticipant": _object(
        {"id": _NUMBER, "participantType": _PEOPLE, "fullName": _TEXT},
        {
            "status": _one_of("active", "inactive", "transferred"),
            "isOwner": _FLAG,
            "lastMessageRead": _FLAG,
            "platformUserId": _TEXT,
            "email": _TEXT,
            "language": _TEXT,
            "lastUpdate": _MOMENT,
        },
    ),
    "LivechatMessage": _object(
        {
            "id": _NUMBER,
            "type": _one_of("text", "system_message"),
            "sentDate": _MOMENT,
            "text": _TEXT,
            "originalText": _TEXT,
            "_text": _TEXT,
            "_originalText": _TEXT,
            "platformSessionId": _TEXT,
            "language": _TEXT,
            "from": _ref("LivechatParticipant"),
            "livechatConversation": _ref("Reference"),
            "livechatAttachments": _list("LivechatAttachment"),
        }
    ),
    "NewMessage": _object(
        {},
        {
            "id": {"type": ["integer", "string"]},
            "key": _TEXT,
            "type": _TEXT,
            "text": _TEXT,
            "_text": _TEXT,
            "originalText": _TEXT,
            "_originalText": _TEXT,
            "sentDate": _MOMENT,
            "platformSessionId": _TEXT,
            "livechatConversation": {"anyOf": [_ref("Reference"), _NUMBER]},
            "livechatAttachments": {
                "type": "array",
                "items": _object({"path": _TEXT}, {"name": _TEXT, "mimetype": _TEXT}),
            },
        },
    ),
    "Label": _TEXT,
    "Tag": _object({"label": _TEXT, "scope": _one_of("TENANTS", "CHAT_SESSIONS")}),
    "NewTag": _object({"label": _TEXT}, {"scope": _TEXT}),
    "UploadedFile": _object(
        {"id": _NUMBER, "name": _TEXT, "mimetype": _TEXT, "size": _NUMBER, "createdAt": _MOMENT},
        {"uploader": _object({"id": _NUMBER, "fullName": _TEXT}), "sent": _FLAG},
    ),
    "LivechatAttachment": _object(
        {
            "id": _NUMBER,
            "name": _TEXT,
            "path": _TEXT,
            "mimetype": _TEXT,
            "platformUserId": _TEXT,
            "createdAt": _MOMENT,
        }
    ),
    "LivechatNote": _object(
        {
            "id": _NUMBER,
            "text": {"type": "string", "maxLength": 2000},
            "createDate": _MOMENT,
            "updateDate": _MOMENT,
            "from": _ref("LivechatParticipant"),
            "conversation": _NUMBER,
        }
    ),
    "NewNote": _object({"text": {"type": "string", "maxLength": 2000}}),
    "SessionMessage": _object(
        {
            "id": _TEXT,
            "type": _TEXT,
            "category": _TEXT,
            "isUserInteraction": _FLAG,
            "subscriberHandle": _TEXT,
            "subscriberName": _TEXT,
            "message": _TEXT,
        },
        {"date": _MOMENT},
    ),
    "LivechatSettings": _object(
        {
            "livechatMode": _one_of("public", "semi-private"),
            "agentDefaultLanguage": _TEXT,
            "isTranslationEnabled": _FLAG,
            "idleReminderThreshold": {"type": ["integer", "null"]},
        },
        {
            "revision": _NUMBER,
            "timezone": _TEXT,
            "idleReminderTeamAfter": _NUMBER,
            "botAssistantSettings": _object(
                {"enabled": _FLAG}, {"tenantId": _MAYBE_TEXT, "botDeploymentId": _MAYBE_TEXT}
            ),
        },
    ),
    "BusinessHours": _object({"id": _NUMBER, "userGroupId": _TEXT, **_HOURS}),
    "NewHours": _object({}, _HOURS),
    "PredefinedResponse": _object(
        {"id": _NUMBER, "platformUserId": _TEXT, "organizationId": _TEXT, **_RESPONSE},
        {
            "createDate": _MOMENT,
            "updateDate": _MOMENT,
            "owner": _object({"id": _NUMBER}, {"fullName": _MAYBE_TEXT}),
        },
    ),
    "NewResponse": _object({}, _RESPONSE),
    "AgentInput": _object(
        {"name": _TEXT, "type": _TEXT},
        {
            "prompt": _TEXT,
            "isRequired": _FLAG,
            "entries": {"type": "array", "items": _object({"key": _TEXT, "value": _TEXT})},
        },
    ),
    "PredefinedAction": _object(
        {"id": _NUMBER, "platformUserId": _TEXT, "organizationId": _TEXT, **_ACTION},
        {"createdAt": _MOMENT, "updatedAt": _MOMENT},
    ),
    "NewAction": _object({}, _ACTION),
    "Deleted": _object({"id": _NUMBER}),
    "Purged": _object({"purged": _NUMBER}),
}
