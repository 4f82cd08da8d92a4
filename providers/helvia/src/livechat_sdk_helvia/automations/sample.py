"""A conversation that never was, to look at what an automation would send."""

from __future__ import annotations

from datetime import datetime, timedelta

from livechat_sdk.domain.handoff import SurveyAnswer
from livechat_sdk_helvia.records import Conversation, ConversationStatus, DeskUser

__all__ = ["sample_conversation"]


def sample_conversation(actor: DeskUser, now: datetime, *, bot: str, moment: str) -> Conversation:
    """A conversation of ``bot`` as it would be at ``moment``, handled by ``actor`` unless it was missed."""
    missed, ended = moment == "missed", moment == "ended"
    began, over = now - timedelta(minutes=12), now - timedelta(minutes=1)
    if missed:
        status = ConversationStatus.UNSERVED
    else:
        status = ConversationStatus.FINISHED if ended else ConversationStatus.STARTED
    return Conversation(
        id=123456789,
        ref="h-example.1",
        handoff_id="h-example",
        attempt=1,
        platform_conversation="c-example",
        status=status,
        bot=bot,
        user_id="u-example",
        user_name="Maria Example",
        user_email="maria@example.org",
        user_phone="+30 210 1234567",
        user_language="el",
        user_country="GR",
        user_channel="webchat",
        user_origin="https://shop.example",
        reason="asked for a human",
        summary=None,
        survey=(SurveyAnswer(id="topic", question="What is it about?", answer="My order"),),
        contacts=(),
        tags=("vip",),
        attributes={},
        history_length=0,
        owner_id=None if missed else actor.id,
        created_at=began,
        started_at=None if missed else began + timedelta(minutes=1),
        ended_at=over if missed or ended else None,
        ended_by="clock" if missed else "agent" if ended else None,
        ended_why="timeout" if missed else "resolved" if ended else None,
        last_at=over,
        last_text="",
        last_author="system",
        owner_name=None if missed else actor.name,
        unread=0,
    )
