"""What Genesys sends to the webhook of the integration: messages, typing, and receipts where it is set so."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from livechat_sdk_simulators.clock import rfc3339
from livechat_sdk_simulators.genesys.state import Conversation, Message, message_id
from livechat_sdk_simulators.webhooks import Attempt, Receiver, RepeatRule, on_schedule

if TYPE_CHECKING:
    from livechat_sdk_simulators.genesys.simulator import GenesysSimulator

__all__ = ["Outbound", "repeats"]

_FIVE_MORE: Final = on_schedule(5, 5, 5, 5, 5)
_CLIENT_ERRORS: Final = range(400, 500)
_TOO_MANY: Final = 429
_TYPING_MS: Final = 5000


def repeats(attempts: Sequence[Attempt]) -> float | None:
    """Five more attempts, five seconds apart; an answer 4xx is final, but for 429."""
    status = attempts[-1].status
    if status is not None and status in _CLIENT_ERRORS and status != _TOO_MANY:
        return None
    return _FIVE_MORE(attempts)


class Outbound:
    """Makes the webhooks."""

    def __init__(self, genesys: GenesysSimulator) -> None:
        self._genesys = genesys

    def send(self, conversation: Conversation, message: Message) -> None:
        """Send a message of an agent or a flow."""
        body: dict[str, Any] = {"type": message.type}
        if message.text:
            body["text"] = message.text
        if message.content:
            body["content"] = message.content
        body["originatingEntity"] = "Human" if message.agent else "Bot"
        self._emit(conversation, message.id, body, self._failing(conversation, message))

    def typing(self, conversation: Conversation) -> None:
        """An agent types."""
        event = {"eventType": "Typing", "typing": {"type": "On", "duration": _TYPING_MS}}
        self._emit(conversation, message_id(), {"type": "Event", "events": [event]})

    def receipt(self, conversation: Conversation, of: Message, status: str, reason: str = "") -> None:
        """What became of a message of the customer."""
        reasons = [{"code": "GeneralError", "message": reason}] if reason else []
        body = {
            "type": "Receipt",
            "status": status,
            "reasons": reasons,
            "isFinalReceipt": True,
        }
        self._emit(conversation, of.id, body, message_id=of.key or of.id)

    def unknown(self, conversation: Conversation) -> None:
        """Something of which no document speaks."""
        reaction = {"emoji": "👍", "of": None, "by": [1, {"deep": True}]}
        self._emit(conversation, message_id(), {"type": "Reaction", "reaction": reaction})

    def _emit(
        self,
        conversation: Conversation,
        webhook_id: str,
        body: Mapping[str, Any],
        repeat: RepeatRule = repeats,
        *,
        message_id: str | None = None,
    ) -> None:
        settings, sender = self._genesys.settings, conversation.sender
        document: dict[str, Any] = {
            "id": webhook_id,
            "channel": {
                "id": settings.integration_id,
                "platform": "Open",
                "type": "Private",
                "messageId": message_id or webhook_id,
                "to": {"id": sender["id"], "idType": sender["idType"]},
                "from": {
                    settings.nickname_field: settings.integration_name,
                    "id": settings.integration_id,
                    "idType": "Opaque",
                },
                "time": rfc3339(self._genesys.clock.now()),
            },
            **body,
            "direction": "Outbound",
        }
        if settings.webhook_conversation_id:
            document["conversationId"] = conversation.id
        content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        to = Receiver(repeat=repeat)
        self._genesys.webhooks.emit(webhook_id, str(body["type"]), content, conversation.id, to)

    def _failing(self, conversation: Conversation, message: Message) -> RepeatRule:
        """The usual rule; what it gives up, the agent sees as failed."""

        def rule(attempts: Sequence[Attempt]) -> float | None:
            pause = repeats(attempts)
            if pause is None:
                message.status = "delivery-failed"
                message.failure = attempts[-1].problem or f"answered {attempts[-1].status}"
                live = conversation.live
                if self._genesys.settings.refusal_ends_chat and live is not None:
                    self._genesys.floor.end(conversation, "error")
            return pause

        return rule
