"""How requests and conversations are read, with what belongs to them: where these statements begin."""

from __future__ import annotations

from typing import Final

__all__ = ["CONVERSATION", "REQUEST"]

CONVERSATION: Final = """
    SELECT c.*, owner.name AS owner_name,
           (SELECT m.author_id FROM desk_messages m
            WHERE m.workspace = c.workspace AND m.integration = c.integration
              AND m.conversation_id = c.id AND m.author <> 'system'
            ORDER BY m.seq DESC LIMIT 1) AS last_writer_id,
           (SELECT m.author_name FROM desk_messages m
            WHERE m.workspace = c.workspace AND m.integration = c.integration
              AND m.conversation_id = c.id AND m.author <> 'system'
            ORDER BY m.seq DESC LIMIT 1) AS last_writer,
           (SELECT COUNT(*) FROM desk_messages m
            WHERE m.workspace = c.workspace AND m.integration = c.integration
              AND m.conversation_id = c.id AND m.author = 'end-user' AND m.read_at IS NULL) AS unread,
           COALESCE((SELECT w.total FROM desk_idle_waits w
                     WHERE w.workspace = c.workspace AND w.integration = c.integration
                       AND w.conversation_id = c.id), 0) AS reminders
    FROM desk_conversations c
    LEFT JOIN desk_users owner
      ON owner.workspace = c.workspace AND owner.integration = c.integration AND owner.id = c.owner_id
    WHERE c.workspace = :workspace AND c.integration = :integration
"""
"""Conversations ``c`` of this desk, to be narrowed with ``AND``."""

REQUEST: Final = """
    SELECT r.*, taker.name AS accepted_name
    FROM desk_requests r
    LEFT JOIN desk_users taker
      ON taker.workspace = r.workspace AND taker.integration = r.integration AND taker.id = r.accepted_by
    WHERE r.workspace = :workspace AND r.integration = :integration
"""
"""Requests ``r`` of this desk, to be narrowed with ``AND``."""
