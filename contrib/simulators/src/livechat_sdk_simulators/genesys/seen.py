"""What the agents of Genesys see of a chat and its messages."""

from __future__ import annotations

from typing import Any

from livechat_sdk_simulators.genesys.state import Conversation, Message, Stay
from livechat_sdk_simulators.human import SimChat, SimMessage

__all__ = ["Seen"]


class Seen:
    """Chats and messages as the human side shows them. ``ref_attribute`` is that of the settings."""

    def __init__(self, ref_attribute: str | None) -> None:
        self._ref_attribute = ref_attribute

    def chat(self, conversation: Conversation, stay: Stay) -> SimChat:
        """A stay."""
        agents = [one.agent for one in stay.legs("connected") if one.agent is not None]
        sender, routing = conversation.sender, stay.routing
        details: dict[str, Any] = {
            "visitor": {
                "id": sender["id"],
                "name": stay.customer.name,
                "nickname": sender.get("nickname"),
                "email": sender.get("email"),
            },
            "fields": dict(stay.customer.attributes),
            "queue": routing.asked or routing.queue.id,
            "priority": routing.priority,
            "skills": list(routing.skills),
            "language": routing.language,
            "agents": [one.name for one in agents],
            "ringing": [one.name for one in stay.legs("alerting")],
            "visitor_types": stay.types,
            "receipts": list(stay.receipts),
            "ended": stay.customer.disconnect,
        }
        agent = agents[-1].name if agents else None
        return SimChat(
            conversation.id, self.ref(conversation, stay), stay.state, agent, stay.opened_at, details
        )

    def ref(self, conversation: Conversation, stay: Stay) -> str:
        """The caller's reference."""
        name = self._ref_attribute
        return (stay.customer.attributes.get(name) if name else None) or conversation.address

    def message(self, message: Message) -> SimMessage:
        """A message."""
        by: dict[str, Any] = {"author": "system"}
        if message.inbound:
            by = {"author": "visitor"}
        elif message.agent is not None:
            by = {"author": "agent", "name": message.agent.name}
        status = {"delivery-success": "delivered", "read": "read"}.get(message.status, "")
        return SimMessage(
            id=message.id,
            text=message.text,
            at=message.at,
            key=message.key,
            files=[str(one.get("filename") or one["url"]) for one in message.files()],
            links=[str(one["url"]) for one in message.files()],
            choices=[one["quickReply"]["text"] for one in message.content if "quickReply" in one],
            status=f"failed: {message.failure}" if message.failure else status,
            **by,
        )
