"""What was read of a conversation: by each member of the team in it, and by the end user."""

from __future__ import annotations

from livechat_sdk.domain.chats import MessageRead, ProviderEvent
from livechat_sdk.domain.messages import UserReceipt
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.hub import INBOX, conversation_topic
from livechat_sdk_helvia.records import Conversation, DeskUser
from livechat_sdk_helvia.taking_part import require_part

__all__ = ["Reading", "noting_statement"]


class Reading:
    """Notes what was read and delivered, and tells the other side."""

    def __init__(self, desk: DeskContext) -> None:
        self._desk = desk

    async def read(self, actor: DeskUser, conversation: Conversation, up_to: int) -> int:
        """Mark the end user's messages up to ``seq`` as read; how many nobody had read before.

        How far ``actor`` has read is noted too, for the colleagues in the conversation.
        """
        await require_part(self._desk, actor, conversation)
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


def noting_statement(
    desk: DeskContext, conversation: Conversation, reader: DeskUser, up_to: int
) -> Statement:
    """Note that ``reader`` has read up to the message ``up_to``; nobody unreads what was read."""
    return desk.statement(
        """
        INSERT INTO desk_reads (workspace, integration, conversation_id, handoff_id, user_id, seq, read_at)
        VALUES (:workspace, :integration, :conversation_id, :handoff_id, :user_id,
                (SELECT COALESCE(MAX(m.seq), 0) FROM desk_messages m
                 WHERE m.workspace = :workspace AND m.integration = :integration
                   AND m.conversation_id = :conversation_id AND m.seq <= :up_to), :now)
        ON CONFLICT (workspace, integration, conversation_id, user_id) DO UPDATE
        SET seq = CASE WHEN excluded.seq > desk_reads.seq THEN excluded.seq ELSE desk_reads.seq END,
            read_at = CASE WHEN excluded.seq > desk_reads.seq THEN excluded.read_at
                           ELSE desk_reads.read_at END
        """,
        conversation_id=conversation.id,
        handoff_id=conversation.handoff_id,
        user_id=reader.id,
        up_to=up_to,
        now=desk.now_text(),
    )
