"""The tables of the chat page: every line once, in one order per conversation."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from livechat_sdk.domain.base import utc_text
from livechat_sdk.errors import Expect
from livechat_sdk.provider.embedded import EmbeddedDatabase, Row, SqlValue, Statement
from livechat_sdk.provider.personal import declare_personal
from livechat_sdk_helvia import tables_news
from livechat_sdk_helvia.auth import token_hash
from livechat_sdk_helvia.records import from_row
from livechat_sdk_helvia.webchat.records import (
    DDL,
    PERSONAL,
    SCHEMA_NAME,
    SCHEMA_VERSION,
    ChatConversation,
    ChatMessage,
    Side,
)

__all__ = ["ChatStore", "NewLine"]


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line that is about to be stored. ``attachments`` and ``choices`` are JSON text."""

    source: Literal["user", "bot", "sdk"]
    key: str
    author: Literal["user", "bot", "agent", "system"]
    text: str
    sent_at: datetime
    name: str | None = None
    attachments: str = "[]"
    choices: str = "[]"
    handoff_id: str | None = None
    message_key: str = ""


class ChatStore:
    """Reads and writes the tables of one workspace."""

    def __init__(self, database: EmbeddedDatabase, workspace: str, now: Callable[[], datetime]) -> None:
        self._database = database
        self._workspace = workspace
        self._now = now
        self._ready = False

    async def create_tables(self) -> None:
        """Make the tables ready; nothing after the first time."""
        if self._ready:
            return
        await self._database.create_tables(SCHEMA_NAME, SCHEMA_VERSION, DDL)
        await declare_personal(self._database, SCHEMA_NAME, PERSONAL, workspace=self._workspace)
        await self._database.create_tables(
            tables_news.SCHEMA_NAME, tables_news.SCHEMA_VERSION, tables_news.DDL
        )
        self._ready = True

    async def new_conversation(self, bot: str) -> tuple[ChatConversation, str]:
        """A conversation with ``bot``, and the token of its end user, of which only the hash is kept."""
        token, conversation_id = secrets.token_urlsafe(32), f"{bot}:{secrets.token_hex(12)}"
        insert = self._statement(
            """
            INSERT INTO webchat_conversations (workspace, id, token_hash, bot, side, owner_number, created_at)
            VALUES (:workspace, :id, :token_hash, :bot, 'bot', 0, :now)
            """,
            id=conversation_id,
            token_hash=token_hash(token),
            bot=bot,
            now=utc_text(self._now()),
        )
        await self._database.commit([insert])
        found = await self.conversation(conversation_id)
        if found is None:
            raise AssertionError("a committed conversation is there")
        return found, token

    async def conversation(self, conversation_id: str) -> ChatConversation | None:
        """One conversation by its id."""
        rows = await self._fetch(
            "SELECT * FROM webchat_conversations WHERE workspace = :workspace AND id = :id",
            id=conversation_id,
        )
        return from_row(ChatConversation, rows[0]) if rows else None

    async def by_token(self, token: str) -> ChatConversation | None:
        """The conversation of whoever holds ``token``."""
        rows = await self._fetch(
            "SELECT * FROM webchat_conversations WHERE workspace = :workspace AND token_hash = :token_hash",
            token_hash=token_hash(token),
        )
        return from_row(ChatConversation, rows[0]) if rows else None

    async def add(self, conversation_id: str, line: NewLine) -> bool:
        """Store a line; False when its key is there already, or the conversation is not (any more)."""
        insert = self._statement(
            """
            INSERT INTO webchat_messages (workspace, conversation_id, seq, source, key, author, name, text,
                                          attachments, choices, handoff_id, message_key, sent_at, status,
                                          handled)
            SELECT c.workspace, c.id,
                   (SELECT COALESCE(MAX(m.seq), 0) + 1 FROM webchat_messages m
                    WHERE m.workspace = :workspace AND m.conversation_id = :conversation_id),
                   :source, :key, :author, :name, :text, :attachments, :choices, :handoff_id, :message_key,
                   :sent_at, 'sent', :handled
            FROM webchat_conversations c WHERE c.workspace = :workspace AND c.id = :conversation_id
            ON CONFLICT (workspace, conversation_id, source, key) DO NOTHING
            """,
            expect=1,
            conversation_id=conversation_id,
            source=line.source,
            key=line.key,
            author=line.author,
            name=line.name,
            text=line.text,
            attachments=line.attachments,
            choices=line.choices,
            handoff_id=line.handoff_id,
            message_key=line.message_key or line.key,
            sent_at=utc_text(line.sent_at),
            handled=0 if line.source == "user" else 1,
        )
        try:
            await self._database.commit([insert])
        except Expect:
            return False
        return True

    async def messages(
        self, conversation_id: str, *, after: int = 0, take: int = 200
    ) -> Sequence[ChatMessage]:
        """Lines after ``seq``, oldest first."""
        rows = await self._fetch(
            """
            SELECT * FROM webchat_messages
            WHERE workspace = :workspace AND conversation_id = :conversation_id AND seq > :after
            ORDER BY seq LIMIT :take
            """,
            conversation_id=conversation_id,
            after=after,
            take=take,
        )
        return [from_row(ChatMessage, row) for row in rows]

    async def by_key(self, conversation_id: str, source: str, key: str) -> ChatMessage | None:
        """One line by its key."""
        rows = await self._fetch(
            """
            SELECT * FROM webchat_messages
            WHERE workspace = :workspace AND conversation_id = :conversation_id
              AND source = :source AND key = :key
            """,
            conversation_id=conversation_id,
            source=source,
            key=key,
        )
        return from_row(ChatMessage, rows[0]) if rows else None

    async def unhandled(self, conversation_id: str) -> ChatMessage | None:
        """The oldest message of the end user that nobody has taken yet."""
        rows = await self._fetch(
            """
            SELECT * FROM webchat_messages
            WHERE workspace = :workspace AND handled = 0 AND conversation_id = :conversation_id
            ORDER BY seq LIMIT 1
            """,
            conversation_id=conversation_id,
        )
        return from_row(ChatMessage, rows[0]) if rows else None

    async def with_unhandled(self) -> Sequence[str]:
        """Conversations that have such a message."""
        rows = await self._fetch(
            """
            SELECT DISTINCT conversation_id FROM webchat_messages
            WHERE workspace = :workspace AND handled = 0
            """
        )
        return [str(row["conversation_id"]) for row in rows]

    async def set_handled(self, conversation_id: str, seq: int) -> None:
        """Somebody has taken this message for good."""
        await self._database.commit(
            [
                self._statement(
                    """
                    UPDATE webchat_messages SET handled = 1
                    WHERE workspace = :workspace AND conversation_id = :conversation_id AND seq = :seq
                    """,
                    conversation_id=conversation_id,
                    seq=seq,
                )
            ]
        )

    async def set_status(self, conversation_id: str, message_key: str, status: str) -> None:
        """How far a message of the end user got. It never goes back."""
        await self._database.commit(
            [
                self._statement(
                    """
                    UPDATE webchat_messages SET status = :status
                    WHERE workspace = :workspace AND conversation_id = :conversation_id AND source = 'user'
                      AND key = :key AND status <> 'read'
                    """,
                    conversation_id=conversation_id,
                    key=message_key,
                    status=status,
                )
            ]
        )

    async def mark_read(self, conversation_id: str, up_to: int) -> Sequence[ChatMessage]:
        """The end user has seen everything up to ``seq``; the agents' messages for which that is news."""
        rows = await self._fetch(
            """
            SELECT * FROM webchat_messages
            WHERE workspace = :workspace AND conversation_id = :conversation_id AND author = 'agent'
              AND status <> 'read' AND seq <= :up_to
            ORDER BY seq
            """,
            conversation_id=conversation_id,
            up_to=up_to,
        )
        if rows:
            update = self._statement(
                """
                UPDATE webchat_messages SET status = 'read'
                WHERE workspace = :workspace AND conversation_id = :conversation_id AND author = 'agent'
                  AND seq <= :up_to
                """,
                conversation_id=conversation_id,
                up_to=up_to,
            )
            await self._database.commit([update])
        return [from_row(ChatMessage, row) for row in rows]

    async def receipts(self, conversation_id: str) -> dict[str, int]:
        """The highest ``seq`` of the end user's messages that was delivered, and read; 0 for none."""
        rows = await self._fetch(
            """
            SELECT COALESCE(MAX(CASE WHEN status <> 'sent' THEN seq END), 0) AS delivered,
                   COALESCE(MAX(CASE WHEN status = 'read' THEN seq END), 0) AS read
            FROM webchat_messages
            WHERE workspace = :workspace AND conversation_id = :conversation_id AND source = 'user'
            """,
            conversation_id=conversation_id,
        )
        return {name: int(str(rows[0][name])) for name in ("delivered", "read")}

    async def set_side(
        self, conversation_id: str, side: Side, owner_number: int, agent_name: str | None = None
    ) -> bool:
        """Who is on the other side now; False when a later owner number is known already."""
        update = self._statement(
            """
            UPDATE webchat_conversations
            SET side = :side, agent_name = :agent_name, owner_number = :owner_number
            WHERE workspace = :workspace AND id = :id AND owner_number <= :owner_number
            """,
            expect=1,
            id=conversation_id,
            side=side,
            agent_name=agent_name,
            owner_number=owner_number,
        )
        try:
            await self._database.commit([update])
        except Expect:
            return False
        return True

    def _statement(self, sql: str, *, expect: int | None = None, **values: SqlValue) -> Statement:
        return Statement(sql, {"workspace": self._workspace, **values}, expect)

    async def _fetch(self, sql: str, **values: SqlValue) -> Sequence[Row]:
        return await self._database.fetch(sql, {"workspace": self._workspace, **values})
