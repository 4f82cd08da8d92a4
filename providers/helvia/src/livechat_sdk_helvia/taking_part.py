"""Who is in a conversation, and so may speak in it: its owner, and members who were invited."""

from __future__ import annotations

from livechat_sdk_helvia.context import DeskContext, require
from livechat_sdk_helvia.faults import Forbidden
from livechat_sdk_helvia.records import Conversation, DeskUser, Right

__all__ = ["not_yours", "require_part"]


async def require_part(desk: DeskContext, actor: DeskUser, conversation: Conversation) -> None:
    """Raise ``Forbidden`` unless ``actor`` is in this conversation: its owner, or somebody invited."""
    require(actor, Right.HANDLE)
    if conversation.owner_id != actor.id and not await _was_invited(desk, actor, conversation.id):
        raise not_yours(conversation.owner_name or "nobody yet")


def not_yours(owner: str) -> Forbidden:
    """The refusal that names whoever handles the conversation."""
    return Forbidden(
        f"This conversation is handled by {owner}.", hint="You can read it and write notes in it."
    )


async def _was_invited(desk: DeskContext, actor: DeskUser, conversation_id: int) -> bool:
    row = await desk.first(
        """
        SELECT 1 AS there FROM desk_participants
        WHERE workspace = :workspace AND integration = :integration
          AND conversation_id = :conversation_id AND user_id = :user_id AND status = 'active'
        """,
        conversation_id=conversation_id,
        user_id=actor.id,
    )
    return row is not None
