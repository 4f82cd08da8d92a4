"""What an automation and a flow trigger send: one JSON document, described in ``docs/reference/desk.md``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from livechat_sdk_helvia.automations.records import Automation, AutomationRun, TriggerType
from livechat_sdk_helvia.records import Conversation, DeskUser

__all__ = ["call_document", "facts_of", "flow_document"]


def call_document(
    run_key: str,
    automation: Automation,
    conversation: Conversation,
    *,
    workspace: str,
    moment: str,
    inputs: Mapping[str, Any],
    started_by: DeskUser | None,
) -> dict[str, Any]:
    """The body of the call of an HTTP automation. There is no message in it, and no note."""
    agent = None
    if started_by is not None:
        agent = {"id": started_by.id, "email": started_by.email, "name": started_by.name}
    return {
        "id": run_key,
        "automation": {"id": automation.id, "name": automation.name},
        "moment": moment,
        "workspace": workspace,
        "inputs": dict(inputs),
        "startedBy": agent,
        **facts_of(conversation),
    }


def flow_document(run: AutomationRun, conversation: Conversation, *, workspace: str) -> dict[str, Any]:
    """The body of a delivery of a flow trigger, in the form of Standard Webhooks."""
    type_: TriggerType = (
        "livechat-request-missed" if run.moment == "missed" else "livechat-conversation-finished"
    )
    return {
        "type": type_,
        "timestamp": _time(run.created_at),
        "data": {"workspace": workspace, **facts_of(conversation)},
    }


def facts_of(conversation: Conversation) -> dict[str, Any]:
    """The conversation and its end user, as a program outside is told of them."""
    return {
        "conversation": {
            "id": conversation.id,
            "handoffId": conversation.handoff_id,
            "platformConversationId": conversation.platform_conversation,
            "bot": conversation.bot,
            "status": conversation.status.value,
            "handledBy": conversation.owner_name,
            "reason": conversation.reason,
            "summary": conversation.summary,
            "tags": list(conversation.tags),
            "requestedAt": _time(conversation.created_at),
            "startedAt": _time(conversation.started_at),
            "endedAt": _time(conversation.ended_at),
            "endedBy": conversation.ended_by,
            "endedWhy": conversation.ended_why,
            "survey": [{"question": one.question, "answer": one.answer} for one in conversation.survey],
        },
        "user": {
            "id": conversation.user_id,
            "name": conversation.user_name,
            "email": conversation.user_email,
            "phone": conversation.user_phone,
            "language": conversation.user_language,
            "country": conversation.user_country,
            "channel": conversation.user_channel,
            "origin": conversation.user_origin,
        },
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
