"""Messages of a conversation: what both sides said, in one order, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from livechat_sdk.domain.base import new_key, utc_text
from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk.domain.messages import Attachment, Message
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import Statement
from livechat_sdk.provider.interface import PlannedMessage
from livechat_sdk_helvia.context import DeskContext, check_text
from livechat_sdk_helvia.faults import ConversationOver, Forbidden, InvalidField
from livechat_sdk_helvia.hub import INBOX, conversation_topic
from livechat_sdk_helvia.lines import Line, insert_line, update_last_line
from livechat_sdk_helvia.masking import Masked, Masking
from livechat_sdk_helvia.records import Conversation, DeskMessage, DeskUser, from_row, to_json
from livechat_sdk_helvia.taking_part import not_yours, require_part
from livechat_sdk_helvia.translation import WITH_TRANSLATION, Translations
from livechat_sdk_helvia.typing_signs import TypingSigns
from livechat_sdk_helvia.uploads import attaching, chosen_files
from livechat_sdk_helvia.wait_rows import begin_wait, end_wait, was_alerted

__all__ = ["MAX_MESSAGE_TEXT", "Messages"]

MAX_MESSAGE_TEXT: Final = 8000
"""Longest message of an agent in characters: fits the SDK's 64 KiB in any script."""

_MAX_KEY: Final = 100


class Messages:
    """Sending messages to the end user, taking in theirs, and what was said so far."""

    def __init__(
        self, desk: DeskContext, masking: Masking, translations: Translations, typing: TypingSigns
    ) -> None:
        self._desk = desk
        self._masking = masking
        self._translations = translations
        self._typing = typing

    async def shown_agent(self, user: DeskUser, bot: str) -> Agent:
        """A member as the end users of ``bot`` may see them."""
        return (await self._masking.of(bot)).agent(user.id, user.name)

    async def page(self, conversation_id: int, *, after: int = 0, take: int = 200) -> Sequence[DeskMessage]:
        """Messages after ``seq``, oldest first."""
        rows = await self._desk.fetch(
            f"{WITH_TRANSLATION} AND m.seq > :after ORDER BY m.seq LIMIT :take",
            conversation_id=conversation_id,
            after=after,
            take=take,
        )
        return [from_row(DeskMessage, row) for row in rows]

    async def by_key(self, conversation_id: int, author: str, key: str) -> DeskMessage | None:
        """One message by its author and key."""
        row = await self._desk.first(
            f"{WITH_TRANSLATION} AND m.author = :author AND m.key = :key",
            conversation_id=conversation_id,
            author=author,
            key=key,
        )
        return from_row(DeskMessage, row) if row else None

    async def send(
        self,
        actor: DeskUser,
        conversation: Conversation,
        text: str,
        *,
        key: str | None = None,
        files: Sequence[int] = (),
    ) -> tuple[DeskMessage, bool]:
        """Say something to the end user: the message, and whether it is new.

        ``files`` are ids of files that ``actor`` uploaded; with some, the text may be empty.
        The same ``key`` again is the same message. Raises ``InvalidField``, ``Forbidden`` for whoever
        is not in the conversation, ``ConversationOver``.
        """
        await require_part(self._desk, actor, conversation)
        attached = await chosen_files(self._desk, actor, conversation.id, files)
        text = text.strip()
        if text or not attached:
            text = check_text(text, limit=MAX_MESSAGE_TEXT, what="message")
        attachments = tuple(file.attachment for file in attached)
        key = new_key() if key is None else _checked_key(key)
        if any(file.message_key not in {None, key} for file in attached):
            raise InvalidField("A file was sent already: it goes with one message only.")
        known = await self.by_key(conversation.id, "agent", key)
        if known is not None:
            return known, False
        names = await self._masking.of(conversation.bot)
        told, translating = await self._in_their_words(conversation, key, names, text)
        alerted = await was_alerted(self._desk, conversation.id)
        desk, now = self._desk, self._desk.now_text()
        line = update_last_line(
            desk,
            conversation.id,
            text=text or ", ".join(one.name for one in attachments),
            author="agent",
            statuses=("started", "started"),
            at=now,
            participant=actor.id,
        )
        row = insert_line(
            desk,
            conversation.id,
            Line(
                author="agent",
                key=key,
                text=text,
                sent_at=now,
                author_id=actor.id,
                author_name=actor.name,
                attachments=to_json(attachments),
            ),
        )
        event = self._received(
            conversation,
            key,
            told,
            names.agent(actor.id, actor.name),
            attachments=attachments,
        )
        try:
            sent = attaching(desk, attached, key)
            await desk.database.commit(
                [line, row, *translating, *sent, end_wait(desk, conversation.id)], [event]
            )
        except Expect as clash:
            stored = await self.by_key(conversation.id, "agent", key)
            if stored is not None:
                return stored, False
            raise await self._why_unsaid(conversation) from clash
        self._typing.agent_wrote(actor, conversation.id)
        self._changed(conversation.id, "messages")
        if alerted:
            desk.hub.publish(INBOX, "waits")
        stored = await self.by_key(conversation.id, "agent", key)
        if stored is None:
            raise AssertionError("a committed message is there")
        return stored, True

    async def take_in(self, conversation: Conversation, message: PlannedMessage) -> tuple[DeskMessage, bool]:
        """Store a message of the end user. Raises ``ConversationOver``."""
        desk = self._desk
        line = update_last_line(
            desk,
            conversation.id,
            text=message.body or ", ".join(item.name for item in message.attachments),
            author="end-user",
            statuses=("pending", "started"),
            at=desk.now_text(),
        )
        row = insert_line(
            desk,
            conversation.id,
            Line(
                author="end-user",
                key=message.key,
                text=message.body.replace("\x00", ""),
                sent_at=utc_text(message.sent_at),
                author_name=conversation.user_name,
                attachments=to_json(message.attachments),
            ),
        )
        try:
            await desk.database.commit([line, row, begin_wait(desk, conversation.id, desk.now_text())])
        except Expect as clash:
            stored = await self.by_key(conversation.id, "end-user", message.key)
            if stored is not None:
                return stored, False
            raise ConversationOver("the conversation has ended at the desk") from clash
        try:  # the message is there already, and is shown whatever becomes of its translation
            translated = await self._translations.of(conversation, message.body, "end-user")
            if translated is not None:
                kept = self._translations.keeping(conversation, "end-user", message.key, translated)
                await desk.database.commit([kept])
        finally:
            self._typing.user_wrote(conversation.id)
            self._changed(conversation.id, "messages")
        stored = await self.by_key(conversation.id, "end-user", message.key)
        if stored is None:
            raise AssertionError("a committed message is there")
        return stored, True

    async def since(self, conversation: Conversation, since: datetime) -> Sequence[MessageReceived]:
        """What agents said from ``since`` on, as the events that were committed with it."""
        rows = await self._desk.fetch(
            f"{WITH_TRANSLATION} AND m.author = 'agent' AND m.sent_at >= :since ORDER BY m.seq",
            conversation_id=conversation.id,
            since=utc_text(since),
        )
        stored = [from_row(DeskMessage, row) for row in rows]
        names = await self._masking.of(conversation.bot)
        return [
            self._received(
                conversation,
                message.key,
                names.text(message.translated or message.text),
                names.agent(message.author_id, message.author_name or ""),
                sent_at=message.sent_at,
                attachments=message.attachments,
            )
            for message in stored
        ]

    async def _in_their_words(
        self, conversation: Conversation, key: str, names: Masked, text: str
    ) -> tuple[str, list[Statement]]:
        """What the end user reads of ``text``, and how the desk keeps the translation, if there is one."""
        told = names.text(text)
        translated = await self._translations.of(conversation, told, "agent")
        if translated is None:
            return told, []
        keeping = self._translations.keeping(conversation, "agent", key, translated)
        # Once more: the translator may know how members are called.
        return told if translated.text is None else names.text(translated.text), [keeping]

    async def _why_unsaid(self, conversation: Conversation) -> Forbidden | ConversationOver:
        """Why a message could not be stored: somebody else has the conversation now, or nobody."""
        if await self._goes_on(conversation.id):
            return not_yours("somebody else by now")
        return ConversationOver("The conversation has ended: nothing can be sent to the end user any more.")

    async def _goes_on(self, conversation_id: int) -> bool:
        row = await self._desk.first(
            """
            SELECT 1 AS there FROM desk_conversations
            WHERE workspace = :workspace AND integration = :integration AND id = :id AND status = 'started'
            """,
            id=conversation_id,
        )
        return row is not None

    def _received(
        self,
        conversation: Conversation,
        key: str,
        text: str,
        agent: Agent,
        *,
        sent_at: datetime | None = None,
        attachments: Sequence[Attachment] = (),
    ) -> MessageReceived:
        head = self._desk.event_head(f"message:{conversation.id}:{key}", conversation.refs)
        said_at = sent_at or self._desk.now()
        head["vendor_at"] = said_at
        return MessageReceived(
            **head,
            message=Message(key=key, body=text, sent_at=said_at, attachments=tuple(attachments)),
            agent=agent,
        )

    def _changed(self, conversation_id: int, what: str) -> None:
        self._desk.hub.publish(conversation_topic(conversation_id), what)
        self._desk.hub.publish_calmly(INBOX, "lines")


def _checked_key(key: str) -> str:
    if not 1 <= len(key) <= _MAX_KEY or not key.isprintable():
        raise InvalidField(f"The key of a message has 1 to {_MAX_KEY} printable characters.")
    return key
