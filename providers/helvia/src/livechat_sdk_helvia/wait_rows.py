"""The rows that say since when an end user waits for an answer, as statements for the commits that change it.

The wait of a conversation begins with the accept, and with the first message of the end user after an answer;
an answer ends it, and so does the end of the conversation. Before the accept nobody is there to be alerted.
"""

from __future__ import annotations

from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.context import DeskContext

__all__ = ["begin_wait", "end_wait", "was_alerted"]


def begin_wait(desk: DeskContext, conversation_id: int, now: str) -> Statement:
    """The end user waits from ``now`` on, unless they did already or the conversation does not run."""
    return desk.statement(
        """
        INSERT INTO desk_idle_waits (workspace, integration, conversation_id, handoff_id, waiting_since,
                                     last_at, tries, total)
        SELECT c.workspace, c.integration, c.id, c.handoff_id, :now, :now, 0, 0
        FROM desk_conversations c
        WHERE c.workspace = :workspace AND c.integration = :integration AND c.id = :conversation_id
          AND c.status = 'started'
        ON CONFLICT (workspace, integration, conversation_id) DO UPDATE
        SET waiting_since = excluded.waiting_since, last_at = excluded.last_at, tries = 0
        WHERE desk_idle_waits.waiting_since IS NULL
        """,
        conversation_id=conversation_id,
        now=now,
    )


def end_wait(desk: DeskContext, conversation_id: int) -> Statement:
    """Nobody waits any more."""
    return desk.statement(
        """
        UPDATE desk_idle_waits SET waiting_since = NULL, last_at = NULL
        WHERE workspace = :workspace AND integration = :integration AND conversation_id = :conversation_id
        """,
        conversation_id=conversation_id,
    )


async def was_alerted(desk: DeskContext, conversation_id: int) -> bool:
    """Whether the team sees an alert of this conversation, which an answer takes away."""
    row = await desk.first(
        """
        SELECT 1 AS alerted FROM desk_idle_waits
        WHERE workspace = :workspace AND integration = :integration AND conversation_id = :conversation_id
          AND waiting_since IS NOT NULL AND tries > 0
        """,
        conversation_id=conversation_id,
    )
    return row is not None
