"""Rows of a conversation's timeline, and the line that the Inbox shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.context import PREVIEW, DeskContext

# ruff: noqa: S608 - the SQL is put together from constants of the desk only

__all__ = ["Line", "insert_line", "update_last_line"]


@dataclass(frozen=True, slots=True)
class Line:
    """A message that is about to be stored. ``attachments`` is JSON text."""

    author: Literal["end-user", "agent", "system"]
    key: str
    text: str
    sent_at: str
    author_id: int | None = None
    author_name: str | None = None
    attachments: str = "[]"


def insert_line(desk: DeskContext, conversation_id: int, line: Line) -> Statement:
    """Add a message with the next ``seq``; changes no row when this author's key is there already."""
    return desk.statement(
        """
        INSERT INTO desk_messages (workspace, integration, id, conversation_id, seq, author, key,
                                   author_id, author_name, text, attachments, sent_at)
        VALUES (:workspace, :integration, :id, :conversation_id,
                (SELECT COALESCE(MAX(m.seq), 0) + 1 FROM desk_messages m
                 WHERE m.workspace = :workspace AND m.integration = :integration
                   AND m.conversation_id = :conversation_id),
                :author, :key, :author_id, :author_name, :text, :attachments, :sent_at)
        ON CONFLICT (workspace, integration, conversation_id, author, key) DO NOTHING
        """,
        expect=1,
        id=desk.new_id(),
        conversation_id=conversation_id,
        author=line.author,
        key=line.key,
        author_id=line.author_id,
        author_name=line.author_name,
        text=line.text,
        attachments=line.attachments,
        sent_at=line.sent_at,
    )


def update_last_line(
    desk: DeskContext,
    conversation_id: int,
    *,
    text: str,
    author: str,
    statuses: tuple[str, str],
    at: str,
    participant: int | None = None,
) -> Statement:
    """Note the last thing said; changes no row unless the conversation has one of the ``statuses``.

    With ``participant``, nor unless that member is in the conversation.
    """
    inside = """
          AND EXISTS (SELECT 1 FROM desk_participants p
                      WHERE p.workspace = :workspace AND p.integration = :integration
                        AND p.conversation_id = :id AND p.user_id = :participant AND p.status = 'active')
    """
    values = {} if participant is None else {"participant": participant}
    return desk.statement(
        """
        UPDATE desk_conversations SET last_at = :at, last_text = :text, last_author = :author
        WHERE workspace = :workspace AND integration = :integration AND id = :id
          AND status IN (:status_1, :status_2)
        """
        + (inside if values else ""),
        expect=1,
        id=conversation_id,
        at=at,
        text=" ".join(text.split())[:PREVIEW],
        author=author,
        status_1=statuses[0],
        status_2=statuses[1],
        **values,
    )
