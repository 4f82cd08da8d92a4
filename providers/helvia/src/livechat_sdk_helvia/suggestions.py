"""The assistant: what a member could answer, asked for with a button and never sent by itself."""

from __future__ import annotations

import asyncio
from typing import Final

from livechat_sdk.domain.messages import TranscriptEntry
from livechat_sdk.errors import LivechatError
from livechat_sdk.provider.hosting import Assistance
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.conversations import Conversations
from livechat_sdk_helvia.desk_settings import SettingsStore
from livechat_sdk_helvia.faults import ConversationOver, NotFound
from livechat_sdk_helvia.messages import MAX_MESSAGE_TEXT
from livechat_sdk_helvia.records import Conversation, ConversationStatus, DeskUser
from livechat_sdk_helvia.taking_part import require_part

__all__ = ["Suggestions"]

_READ: Final = 50
"""Newest messages that the assistant is given."""

_PATIENCE: Final = 15.0
"""Seconds for which a member waits for all assistants together."""


class Suggestions:
    """Asks the assistant that the settings choose, for whoever is in the conversation."""

    def __init__(
        self,
        desk: DeskContext,
        conversations: Conversations,
        settings: SettingsStore,
        assistance: Assistance | None,
    ) -> None:
        self._desk = desk
        self._conversations = conversations
        self._settings = settings
        self._assistance = assistance

    async def offered(self) -> bool:
        """Whether members can ask at all."""
        return self._assistance is not None and (await self._settings.get()).assistant.enabled

    async def suggest(self, actor: DeskUser, conversation_id: int) -> str:
        """Words for the composer, which ``actor`` may send or not.

        Raises ``Forbidden`` for whoever is not in the conversation, ``ConversationOver``, and ``NotFound``
        where the assistant is off or has no suggestion in time.
        """
        conversation = await self._conversations.seen(actor, conversation_id)
        await require_part(self._desk, actor, conversation)
        if conversation.status is not ConversationStatus.STARTED:
            raise ConversationOver("The conversation has ended: there is nothing to answer any more.")
        chosen = (await self._settings.get()).assistant
        if self._assistance is None or not chosen.enabled:
            raise NotFound("The assistant is switched off.", hint="A LiveChat Admin switches it on.")
        said = await self._said(conversation)
        try:
            async with asyncio.timeout(_PATIENCE):
                text = await self._assistance.suggest_reply(
                    conversation.handoff_id, said, bot=chosen.bot, deployment=chosen.deployment
                )
        except (LivechatError, TimeoutError) as error:
            raise _nothing() from error
        text = (text or "").replace("\x00", "").strip()
        if not text or len(text) > MAX_MESSAGE_TEXT:
            raise _nothing()
        return text

    async def _said(self, conversation: Conversation) -> list[TranscriptEntry]:
        rows = await self._desk.fetch(
            """
            SELECT author, text FROM desk_messages
            WHERE workspace = :workspace AND integration = :integration
              AND conversation_id = :conversation_id AND author IN ('end-user', 'agent') AND text <> ''
            ORDER BY seq DESC LIMIT :take
            """,
            conversation_id=conversation.id,
            take=_READ,
        )
        return [
            TranscriptEntry(
                author="user" if row["author"] == "end-user" else "agent",
                body=str(row["text"]),
            )
            for row in reversed(rows)
        ]


def _nothing() -> NotFound:
    return NotFound("The assistant has no suggestion.", hint="Your own words are where they were.")
