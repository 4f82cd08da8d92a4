"""Who types right now in a conversation: told to the other side and to colleagues, and never stored."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from livechat_sdk.domain.chats import TypingChanged
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.hub import TypingSign, conversation_topic
from livechat_sdk_helvia.records import Conversation, ConversationStatus, DeskUser
from livechat_sdk_helvia.taking_part import require_part

__all__ = ["TypingSigns"]

_TYPING_SECONDS: Final = 6.0
_TYPING_REPEAT: Final = 3.0


class TypingSigns:
    """The signs of this process, and those of others as far as they were heard."""

    def __init__(self, desk: DeskContext) -> None:
        self._desk = desk
        self._users: dict[int, datetime] = {}
        self._agents: dict[int, dict[int, tuple[str, datetime]]] = {}
        self._told: dict[int, tuple[bool, datetime]] = {}
        """What the end user was told last: whether anybody types, and when that was said."""

    async def agent_types(self, actor: DeskUser, conversation: Conversation, *, on: bool) -> None:
        """Tell the end user, and colleagues in the conversation, that the agent types, or stopped.

        The end user is told that somebody types, not who; repeated news within 3 s are left out.
        """
        await require_part(self._desk, actor, conversation)
        if conversation.status is not ConversationStatus.STARTED:
            return
        desk, now = self._desk, self._desk.now()
        self._note(TypingSign(conversation.id, actor.id, actor.name, on))
        desk.hub.publish(conversation_topic(conversation.id), "typing")
        on = bool(self.agents_typing(conversation.id))
        known = self._told.get(conversation.id)
        fresh = known is not None and (now - known[1]).total_seconds() < _TYPING_REPEAT
        if (known is None and not on) or (known is not None and known[0] == on and (fresh or not on)):
            return
        self._told[conversation.id] = (on, now)
        event = TypingChanged(
            **desk.event_head(f"typing:{conversation.id}:{desk.new_id()}", conversation.refs), on=on
        )
        await desk.database.commit([], [event])

    def agents_typing(self, conversation_id: int, *, but: int | None = None) -> list[str]:
        """The names of the members who type right now, without the one with the id ``but``."""
        now = self._desk.now()
        return [
            name
            for user_id, (name, at) in self._agents.get(conversation_id, {}).items()
            if user_id != but and (now - at).total_seconds() < _TYPING_SECONDS
        ]

    def user_types(self, conversation_id: int, *, on: bool) -> None:
        """Show the agents that the end user types, for 6 s unless it is said again."""
        self._note(TypingSign(conversation_id, 0, "", on))
        self._desk.hub.publish(conversation_topic(conversation_id), "typing")

    def heard(self, sign: TypingSign) -> None:
        """Somebody types, or stopped, in a page or a call that another process serves."""
        self._keep(sign)
        if sign.user_id:  # the other process has told the end user
            anybody = bool(self.agents_typing(sign.conversation_id))
            self._told[sign.conversation_id] = (anybody, self._desk.now())

    def is_user_typing(self, conversation_id: int) -> bool:
        """Whether the end user types right now."""
        since = self._users.get(conversation_id)
        return since is not None and (self._desk.now() - since).total_seconds() < _TYPING_SECONDS

    def agent_wrote(self, actor: DeskUser, conversation_id: int) -> None:
        """What ``actor`` typed is sent: the end user sees so by the message."""
        self._note(TypingSign(conversation_id, actor.id, actor.name, on=False))
        self._told.pop(conversation_id, None)

    def user_wrote(self, conversation_id: int) -> None:
        """What the end user typed is here."""
        self._note(TypingSign(conversation_id, 0, "", on=False))

    def forget(self, conversation_id: int) -> None:
        """The conversation is over: nobody types any more."""
        self._users.pop(conversation_id, None)
        self._agents.pop(conversation_id, None)
        self._told.pop(conversation_id, None)

    def _note(self, sign: TypingSign) -> None:
        """Keep it here and tell the other processes. That somebody stopped who did not type is no news."""
        if self._keep(sign) or sign.on:
            self._desk.hub.outbox.add_typing(sign)

    def _keep(self, sign: TypingSign) -> bool:
        """Whether they typed before."""
        now = self._desk.now()
        if not sign.user_id:
            before = self._users.pop(sign.conversation_id, None) is not None
            if sign.on:
                self._users[sign.conversation_id] = now
            return before
        typing = self._agents.setdefault(sign.conversation_id, {})
        before = typing.pop(sign.user_id, None) is not None
        if sign.on:
            typing[sign.user_id] = (sign.name, now)
        elif not typing:
            del self._agents[sign.conversation_id]
        return before
