"""What end users thought of their live chats: taken from the platform, which asks them, and added up."""

from __future__ import annotations

from collections.abc import Sequence

from livechat_sdk_helvia.analytics.figures import ContentedShare, MemberFeedback
from livechat_sdk_helvia.analytics.period import Period
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.faults import NotFound

__all__ = ["feedback_of", "keep_feedback"]

# ruff: noqa: S608 - the SQL is put together from constants of the desk; values are parameters


async def keep_feedback(desk: DeskContext, handoff_id: str, *, positive: bool) -> None:
    """Keep the feedback on the live chat of a handoff; later feedback takes the place of earlier one.

    Raises ``NotFound`` when the handoff had no live chat here.
    """
    found = await desk.first(
        """
        SELECT id FROM desk_conversations
        WHERE workspace = :workspace AND integration = :integration AND handoff_id = :handoff
          AND started_at IS NOT NULL
        ORDER BY attempt DESC LIMIT 1
        """,
        handoff=handoff_id,
    )
    if found is None:
        raise NotFound("This handoff had no live chat at this desk.")
    statement = desk.statement(
        """
        INSERT INTO desk_feedback (workspace, integration, conversation_id, handoff_id, positive, given_at)
        VALUES (:workspace, :integration, :id, :handoff, :positive, :now)
        ON CONFLICT (workspace, integration, conversation_id)
        DO UPDATE SET positive = excluded.positive, given_at = excluded.given_at
        """,
        id=found["id"],
        handoff=handoff_id,
        positive=int(positive),
        now=desk.now_text(),
    )
    await desk.database.commit([statement])


async def feedback_of(desk: DeskContext, period: Period) -> tuple[ContentedShare, Sequence[MemberFeedback]]:
    """Feedback in all, and for each member whose conversations had some, by name."""
    where, params = period.where()
    rows = await desk.fetch(
        f"""
        SELECT u.id, u.name, u.email, SUM(f.positive) AS positive, COUNT(*) AS given
        FROM desk_feedback f
        JOIN desk_conversations c
          ON c.workspace = f.workspace AND c.integration = f.integration AND c.id = f.conversation_id
        LEFT JOIN desk_users u
          ON u.workspace = c.workspace AND u.integration = c.integration AND u.id = c.owner_id
        WHERE {where}
        GROUP BY u.id, u.name, u.email
        ORDER BY u.name, u.id
        """,
        **params,
    )
    whole, members = ContentedShare(), list[MemberFeedback]()
    for row in rows:
        positive, given = int(row["positive"] or 0), int(row["given"] or 0)
        share = ContentedShare(positive, given - positive)
        whole = ContentedShare(whole.positive + share.positive, whole.negative + share.negative)
        if row["id"] is not None:
            members.append(MemberFeedback(int(row["id"]), str(row["name"]), str(row["email"]), share))
    return whole, members
