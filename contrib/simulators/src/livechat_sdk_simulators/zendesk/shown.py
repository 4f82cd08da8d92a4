"""What the agents of Zendesk see of a chat and its messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from livechat_sdk_simulators.human import SimChat, SimMessage
from livechat_sdk_simulators.zendesk.state import Conversation, Message, Session, value_of

if TYPE_CHECKING:
    from livechat_sdk_simulators.zendesk.simulator import ZendeskSimulator

__all__ = ["Shown"]

_HISTORY: Final = 10


class Shown:
    """Chats and messages as the human side shows them."""

    def __init__(self, zendesk: ZendeskSimulator) -> None:
        self._zendesk = zendesk

    def ref(self, conversation: Conversation, session: Session) -> str:
        """The caller's reference; the conversation's id where there is none."""
        key = self._zendesk.settings.ref_key
        known = (value_of(one, key, "ref") for one in (session.metadata, conversation.metadata))
        return next((one for one in known if one), conversation.id)

    def chat(self, conversation: Conversation, session: Session) -> SimChat:
        """A stay of a conversation."""
        user = conversation.users[0] if conversation.users else None
        ticket = session.ticket
        profile: Mapping[str, Any] = user.profile if user else {}
        name = " ".join(filter(None, [profile.get("givenName"), profile.get("surname")]))
        requester = ticket.requester if ticket else {}
        details = {
            "visitor": {
                "id": (user.external_id or user.id) if user else "",
                "name": requester.get("name") or name,
                "email": requester.get("email") or profile.get("email"),
            },
            "summary": ticket.system.get("description") if ticket else None,
            "fields": ticket.shown() if ticket else {},
            "transcript": self._transcript(conversation, session),
            "receipts": list(session.receipts),
            "ticket": None if ticket is None else {"id": ticket.id, "status": ticket.status},
            "ended": session.ended or None,
        }
        agent = session.agent.name if session.agent else None
        ref = self.ref(conversation, session)
        return SimChat(conversation.id, ref, session.state, agent, session.opened_at, details)

    def _transcript(self, conversation: Conversation, session: Session) -> list[dict[str, str]]:
        """What the agent sees of what was said before: from the first that was named, else the last ten."""
        before = conversation.messages[: session.first]
        named = session.metadata.get("first_message_id")
        history = self._zendesk.switchboard.workspace.history or _HISTORY
        ids = [one.id for one in before]
        kept = before[ids.index(named) :] if named in ids else before[-history:]
        return [{"author": str(one.author["type"]), "text": one.text()} for one in kept]

    def message(self, message: Message) -> SimMessage:
        """A message."""
        by: dict[str, Any] = {"author": "system"}
        if message.by_user:
            by = {"author": "visitor"}
        elif message.agent is not None:
            by = {"author": "agent", "name": message.agent.name}
        content = message.content
        return SimMessage(
            id=message.id,
            text=message.text(),
            at=message.received,
            key=value_of(message.metadata or {}, self._zendesk.settings.message_key, "key") or "",
            files=[str(content.get("altText", content["mediaUrl"]))] if "mediaUrl" in content else [],
            links=[str(content["mediaUrl"])] if "mediaUrl" in content else [],
            choices=[one["text"] for one in content.get("actions", [])],
            status=f"failed: {message.failed}" if message.failed else ("read" if message.read else ""),
            **by,
        )
