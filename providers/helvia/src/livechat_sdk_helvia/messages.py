"""Messages of a conversation: what both sides said, in one order, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from livechat_sdk.domain.base import new_key, utc_text
from livechat_sdk.domain.chats import MessageRead, MessageReceived, ProviderEvent, TypingChanged
from livechat_sdk.domain.messages import Attachment, Message, UserReceipt
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import Statement
from livechat_sdk.provider.interface import PlannedMessage
from livechat_sdk_helvia.context import DeskContext, check_text, require
from livechat_sdk_helvia.faults import ConversationOver, Forbidden, InvalidField
from livechat_sdk_helvia.hub import INBOX, TypingSign, conversation_topic
from livechat_sdk_helvia.lines import Line, insert_line, update_last_line
from livechat_sdk_helvia.masking import Masking
from livechat_sdk_helvia.reading import noting_statement
from livechat_sdk_helvia.records import (
    Conversation,
    ConversationStatus,
    DeskMessage,
    DeskUser,
    Right,
    from_row,
    to_json,
)
from livechat_sdk_helvia.translation import WITH_TRANSLATION, Translations
from livechat_sdk_helvia.uploads import attaching, chosen_files
from livechat_sdk_helvia.wait_rows import begin_wait, end_wait, was_alerted

__all__ = ["MAX_MESSAGE_TEXT", "Messages"]

MAX_MESSAGE_TEXT: Final = 8000
"""Longest message of an agent in characters: fits the SDK's 64 KiB in any script."""

_MAX_KEY: Final = 100
_TYPING_SECONDS: Final = 6.0
_TYPING_REPEAT: Final = 3.0


class Messages:
    """Sending, taking in and reading messages, and the signs around them (typing, read)."""

    def __init__(self, desk: DeskContext, masking: Masking, translations: Translations) -> None:
        self._desk = desk
        self._masking = masking
        self._translations = translations
        self._user_typing: dict[int, datetime] = {}
        self._agents_typing: dict[int, dict[int, tuple[str, datetime]]] = {}
        self._told_typing: dict[int, tuple[bool, datetime]] = {}

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
        await self.require_part(actor, conversation)
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
        told = names.text(text)
        translated = await self._translations.of(conversation, told, "agent")
        translating: list[Statement] = []
        if translated is not None:
            translating = [self._translations.keeping(conversation, "agent", key, translated)]
            # Once more: the translator may know how members are called.
            told = told if translated.text is None else names.text(translated.text)
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
            if await self._goes_on(conversation.id):
                raise _not_yours("somebody else by now") from clash
            raise ConversationOver(
                "The conversation has ended: nothing can be sent to the end user any more."
            ) from clash
        self._note_typing(TypingSign(conversation.id, actor.id, actor.name, on=False))
        self._told_typing.pop(conversation.id, None)
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
            self._note_typing(TypingSign(conversation.id, 0, "", on=False))
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

    async def read(self, actor: DeskUser, conversation: Conversation, up_to: int) -> int:
        """Mark the end user's messages up to ``seq`` as read; how many nobody had read before.

        How far ``actor`` has read is noted too, for the colleagues in the conversation.
        """
        await self.require_part(actor, conversation)
        desk = self._desk
        rows = await desk.fetch(
            """
            SELECT key FROM desk_messages
            WHERE workspace = :workspace AND integration = :integration AND conversation_id = :conversation_id
              AND author = 'end-user' AND read_at IS NULL AND seq <= :up_to
            ORDER BY seq
            """,
            conversation_id=conversation.id,
            up_to=up_to,
        )
        noted = noting_statement(desk, conversation, actor, up_to)
        topic = conversation_topic(conversation.id)
        if not rows:
            await desk.database.commit([noted])
            desk.hub.publish(topic, "reads")
            return 0
        keys = [str(row["key"]) for row in rows]
        update = desk.statement(
            """
            UPDATE desk_messages SET read_at = :now
            WHERE workspace = :workspace AND integration = :integration AND conversation_id = :conversation_id
              AND author = 'end-user' AND read_at IS NULL AND seq <= :up_to
            """,
            conversation_id=conversation.id,
            up_to=up_to,
            now=desk.now_text(),
        )
        events: list[ProviderEvent] = [
            MessageRead(
                **desk.event_head(f"read:{conversation.id}:{key}", conversation.refs), message_key=key
            )
            for key in keys
        ]
        await desk.database.commit([update, noted], events)
        desk.hub.publish(topic, "reads")
        desk.hub.publish_calmly(INBOX, "lines")
        return len(keys)

    async def unread_of(self, actor: DeskUser) -> int:
        """How many messages of end users are unread in the open conversations that ``actor`` owns."""
        row = await self._desk.first(
            """
            SELECT COUNT(*) AS unread FROM desk_conversations c
            JOIN desk_messages m
              ON m.workspace = c.workspace AND m.integration = c.integration AND m.conversation_id = c.id
            WHERE c.workspace = :workspace AND c.integration = :integration AND c.status = 'started'
              AND c.owner_id = :me AND m.author = 'end-user' AND m.read_at IS NULL
            """,
            me=actor.id,
        )
        return int(str(row["unread"])) if row else 0

    async def receipt(self, conversation: Conversation, receipt: UserReceipt) -> None:
        """Note that the end user has, or has read, a message of an agent."""
        desk = self._desk
        read_at = desk.now_text() if receipt.status == "read" else None
        update = desk.statement(
            """
            UPDATE desk_messages
            SET delivered_at = COALESCE(delivered_at, :now), read_at = COALESCE(read_at, :read_at)
            WHERE workspace = :workspace AND integration = :integration AND conversation_id = :conversation_id
              AND author = 'agent' AND key = :key
            """,
            conversation_id=conversation.id,
            key=receipt.message_key,
            now=desk.now_text(),
            read_at=read_at,
        )
        await desk.database.commit([update])
        desk.hub.publish(conversation_topic(conversation.id), "receipts")

    async def receipts(self, conversation_id: int) -> dict[str, int]:
        """The highest ``seq`` of the agents' messages that was delivered, and read; 0 for none."""
        row = await self._desk.first(
            """
            SELECT COALESCE(MAX(CASE WHEN delivered_at IS NOT NULL THEN seq END), 0) AS delivered,
                   COALESCE(MAX(CASE WHEN read_at IS NOT NULL THEN seq END), 0) AS read
            FROM desk_messages
            WHERE workspace = :workspace AND integration = :integration
              AND conversation_id = :conversation_id AND author = 'agent'
            """,
            conversation_id=conversation_id,
        )
        return {name: int(str(row[name])) for name in ("delivered", "read")} if row else {}

    async def agent_typing(self, actor: DeskUser, conversation: Conversation, *, on: bool) -> None:
        """Tell the end user, and colleagues in the conversation, that the agent types, or stopped.

        The end user is told that somebody types, not who; repeated news within 3 s are left out.
        """
        await self.require_part(actor, conversation)
        if conversation.status is not ConversationStatus.STARTED:
            return
        desk, now = self._desk, self._desk.now()
        self._note_typing(TypingSign(conversation.id, actor.id, actor.name, on))
        desk.hub.publish(conversation_topic(conversation.id), "typing")
        on = bool(self.agents_typing(conversation.id))
        known = self._told_typing.get(conversation.id)
        fresh = known is not None and (now - known[1]).total_seconds() < _TYPING_REPEAT
        if (known is None and not on) or (known is not None and known[0] == on and (fresh or not on)):
            return
        self._told_typing[conversation.id] = (on, now)
        event = TypingChanged(
            **desk.event_head(f"typing:{conversation.id}:{desk.new_id()}", conversation.refs), on=on
        )
        await desk.database.commit([], [event])

    def agents_typing(self, conversation_id: int, *, but: int | None = None) -> list[str]:
        """The names of the members who type right now, without the one with the id ``but``."""
        now = self._desk.now()
        return [
            name
            for user_id, (name, at) in self._agents_typing.get(conversation_id, {}).items()
            if user_id != but and (now - at).total_seconds() < _TYPING_SECONDS
        ]

    def user_typing(self, conversation_id: int, *, on: bool) -> None:
        """Show the agents that the end user types, for 6 s unless it is said again."""
        self._note_typing(TypingSign(conversation_id, 0, "", on))
        self._desk.hub.publish(conversation_topic(conversation_id), "typing")

    def heard_typing(self, sign: TypingSign) -> None:
        """Somebody types, or stopped, in a page or a call that another process serves."""
        self._keep_typing(sign)
        if sign.user_id:  # the other process has told the end user
            anybody = bool(self.agents_typing(sign.conversation_id))
            self._told_typing[sign.conversation_id] = (anybody, self._desk.now())

    def is_user_typing(self, conversation_id: int) -> bool:
        """Whether the end user types right now."""
        since = self._user_typing.get(conversation_id)
        return since is not None and (self._desk.now() - since).total_seconds() < _TYPING_SECONDS

    def forget_typing(self, conversation_id: int) -> None:
        """The conversation is over: nobody types any more."""
        self._user_typing.pop(conversation_id, None)
        self._agents_typing.pop(conversation_id, None)
        self._told_typing.pop(conversation_id, None)

    async def require_part(self, actor: DeskUser, conversation: Conversation) -> None:
        """Raise ``Forbidden`` unless ``actor`` is in this conversation: its owner, or somebody invited."""
        require(actor, Right.HANDLE)
        if conversation.owner_id != actor.id and not await self._takes_part(actor, conversation.id):
            raise _not_yours(conversation.owner_name or "nobody yet")

    async def _goes_on(self, conversation_id: int) -> bool:
        row = await self._desk.first(
            """
            SELECT 1 AS there FROM desk_conversations
            WHERE workspace = :workspace AND integration = :integration AND id = :id AND status = 'started'
            """,
            id=conversation_id,
        )
        return row is not None

    async def _takes_part(self, actor: DeskUser, conversation_id: int) -> bool:
        row = await self._desk.first(
            """
            SELECT 1 AS there FROM desk_participants
            WHERE workspace = :workspace AND integration = :integration
              AND conversation_id = :conversation_id AND user_id = :user_id AND status = 'active'
            """,
            conversation_id=conversation_id,
            user_id=actor.id,
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

    def _note_typing(self, sign: TypingSign) -> None:
        """Keep it here and tell the other processes. That somebody stopped who did not type is no news."""
        if self._keep_typing(sign) or sign.on:
            self._desk.hub.outbox.add_typing(sign)

    def _keep_typing(self, sign: TypingSign) -> bool:
        """Whether they typed before."""
        now = self._desk.now()
        if not sign.user_id:
            before = self._user_typing.pop(sign.conversation_id, None) is not None
            if sign.on:
                self._user_typing[sign.conversation_id] = now
            return before
        typing = self._agents_typing.setdefault(sign.conversation_id, {})
        before = typing.pop(sign.user_id, None) is not None
        if sign.on:
            typing[sign.user_id] = (sign.name, now)
        elif not typing:
            del self._agents_typing[sign.conversation_id]
        return before

    def _changed(self, conversation_id: int, what: str) -> None:
        self._desk.hub.publish(conversation_topic(conversation_id), what)
        self._desk.hub.publish_calmly(INBOX, "lines")


def _not_yours(owner: str) -> Forbidden:
    return Forbidden(
        f"This conversation is handled by {owner}.", hint="You can read it and write notes in it."
    )


def _checked_key(key: str) -> str:
    if not 1 <= len(key) <= _MAX_KEY or not key.isprintable():
        raise InvalidField(f"The key of a message has 1 to {_MAX_KEY} printable characters.")
    return key
