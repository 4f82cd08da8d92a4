"""Translating messages between the end user's language and the members', where the settings say so.

A translation is asked for once, when its message comes or goes, and kept beside the original. That nobody
gave one is kept, too: it is shown, and holds nothing up.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Literal

from livechat_sdk.policies.languages import normal_tag
from livechat_sdk.provider.embedded import Statement
from livechat_sdk.provider.hosting import Assistance
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.desk_settings import SettingsStore
from livechat_sdk_helvia.records import Conversation

__all__ = ["MAX_TRANSLATION", "WITH_TRANSLATION", "Translated", "Translations"]

MAX_TRANSLATION: Final = 16_000
"""Longest translation in characters: it fits the SDK's 64 KiB in any script."""

_PATIENCE: Final = 5.0
"""Seconds for which a message waits for all translators together."""

WITH_TRANSLATION: Final = """
    SELECT m.*, t.source AS translated_from, t.language AS translated_into, t.text AS translated
    FROM desk_messages m
    LEFT JOIN desk_translations t
      ON t.workspace = m.workspace AND t.integration = m.integration
     AND t.conversation_id = m.conversation_id AND t.author = m.author AND t.message_key = m.key
    WHERE m.workspace = :workspace AND m.integration = :integration
      AND m.conversation_id = :conversation_id
"""
"""Messages of a conversation (``m``) with what is known of their translations; a condition may follow."""


@dataclass(frozen=True, slots=True)
class Translated:
    """What became of translating one text; ``text`` is ``None`` when nobody gave a translation."""

    source: str
    language: str
    text: str | None


class Translations:
    """Asks the host's plugins. Without a host that has any, nothing is translated, and that is shown."""

    def __init__(self, desk: DeskContext, settings: SettingsStore, assistance: Assistance | None) -> None:
        self._desk = desk
        self._settings = settings
        self._assistance = assistance

    async def of(
        self, conversation: Conversation, text: str, written_by: Literal["end-user", "agent"]
    ) -> Translated | None:
        """Translate for the other side.

        ``None`` where there is nothing to do: translation is off, there are no words, the end user's language
        is not known, or both sides have one language, whatever its region.
        """
        settings = await self._settings.get()
        theirs, ours = conversation.user_language, settings.member_language
        if not settings.translation or not theirs or not text.strip() or _same(theirs, ours):
            return None
        source, target = (theirs, ours) if written_by == "end-user" else (ours, theirs)
        return Translated(source, target, await self._ask(text, source, target))

    def keeping(
        self,
        conversation: Conversation,
        author: Literal["end-user", "agent"],
        key: str,
        translated: Translated,
    ) -> Statement:
        """Keep what became of translating a message; the first time counts."""
        return self._desk.statement(
            """
            INSERT INTO desk_translations (workspace, integration, conversation_id, author, message_key,
                                           handoff_id, source, language, text)
            VALUES (:workspace, :integration, :conversation_id, :author, :key, :handoff_id, :source,
                    :language, :text)
            ON CONFLICT (workspace, integration, conversation_id, author, message_key) DO NOTHING
            """,
            conversation_id=conversation.id,
            author=author,
            key=key,
            handoff_id=conversation.handoff_id,
            source=translated.source,
            language=translated.language,
            text=translated.text,
        )

    async def _ask(self, text: str, source: str, target: str) -> str | None:
        if self._assistance is None:
            return None
        try:
            async with asyncio.timeout(_PATIENCE):
                found = await self._assistance.translate(text, source, target)
        except TimeoutError:
            return None
        if found is None or len(found) > MAX_TRANSLATION:
            return None
        return found.replace("\x00", "").strip() or None


def _same(one: str, other: str) -> bool:
    return normal_tag(one).partition("-")[0] == normal_tag(other).partition("-")[0]
