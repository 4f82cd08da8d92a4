"""How far each member in a conversation has read it."""

from __future__ import annotations

from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.records import Conversation, DeskUser

__all__ = ["noting_statement"]


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
