"""The statements that open, accept and finish a conversation: each list is one transaction's worth."""

from __future__ import annotations

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.provider.embedded import Statement
from livechat_sdk.provider.interface import ChatOpening
from livechat_sdk_helvia.context import PREVIEW, DeskContext
from livechat_sdk_helvia.handing import ended_statements
from livechat_sdk_helvia.lines import Line, insert_line
from livechat_sdk_helvia.records import DeskUser, to_json
from livechat_sdk_helvia.wait_rows import begin_wait, end_wait

__all__ = ["accepting_statements", "ended_line", "farewell_statements", "opening_statements"]


def opening_statements(
    desk: DeskContext, opening: ChatOpening, conversation_id: int, request_id: int
) -> list[Statement]:
    """A conversation, its history, its request, and that there was one more on this day.

    The first one changes no row for a known ``ref``.
    """
    user = opening.user
    requested_at = utc_text(opening.requested_at)
    last = opening.transcript[-1] if opening.transcript else None
    first_line = opening.summary or opening.reason or (last.body if last else "")
    conversation = desk.statement(
        """
        INSERT INTO desk_conversations (workspace, integration, id, ref, handoff_id, attempt,
            platform_conversation, status, bot, user_id, user_name, user_email, user_phone, user_language,
            user_country, user_channel, user_origin, reason, summary, survey, contacts, tags, attributes,
            history_length, created_at, last_at, last_text, last_author)
        VALUES (:workspace, :integration, :id, :ref, :handoff_id, :attempt, :platform_conversation,
            'pending', :bot, :user_id, :user_name, :user_email, :user_phone, :user_language, :user_country,
            :user_channel, :user_origin, :reason, :summary, :survey, :contacts, :tags, :attributes,
            :history_length, :created_at, :last_at, :last_text, 'system')
        ON CONFLICT (workspace, integration, ref) DO NOTHING
        """,
        expect=1,
        id=conversation_id,
        ref=opening.ref,
        handoff_id=opening.handoff_id,
        attempt=opening.attempt,
        platform_conversation=opening.conversation_id,
        bot=opening.bot,
        user_id=user.id,
        user_name=user.name,
        user_email=user.email,
        user_phone=user.phone,
        user_language=opening.language or user.language,
        user_country=user.country,
        user_channel=user.channel,
        user_origin=user.origin,
        reason=opening.reason,
        summary=opening.summary,
        survey=to_json(opening.survey),
        contacts=to_json(opening.contacts),
        tags=to_json(opening.tags),
        attributes=to_json(user.attributes | opening.attributes),
        history_length=len(opening.transcript),
        created_at=requested_at,
        last_at=requested_at,
        last_text=" ".join(first_line.split())[:PREVIEW],
    )
    history = desk.statement(
        """
        INSERT INTO desk_histories (workspace, integration, conversation_id, entries)
        VALUES (:workspace, :integration, :id, :entries)
        """,
        id=conversation_id,
        entries=to_json(opening.transcript),
    )
    request = desk.statement(
        """
        INSERT INTO desk_requests (workspace, integration, id, conversation_id, type, status,
                                   target_group, target_agent, priority, requested_at)
        VALUES (:workspace, :integration, :id, :conversation_id, 'external', 'new', :target_group,
                :target_agent, :priority, :requested_at)
        """,
        id=request_id,
        conversation_id=conversation_id,
        target_group=opening.route.group or opening.route.queue,
        target_agent=opening.route.agent,
        priority=opening.route.priority,
        requested_at=requested_at,
    )
    counted = desk.statement(
        """
        INSERT INTO desk_openings (workspace, integration, bot, day, opened)
        VALUES (:workspace, :integration, :bot, :day, 1)
        ON CONFLICT (workspace, integration, bot, day) DO UPDATE SET opened = desk_openings.opened + 1
        """,
        bot=opening.bot,
        day=requested_at[:10],
    )
    return [conversation, history, request, counted]


def accepting_statements(
    desk: DeskContext, actor: DeskUser, request_id: int, conversation_id: int, now: str
) -> list[Statement]:
    """``actor`` takes the request and owns the conversation. Fails as a whole unless both still wait."""
    request = desk.statement(
        """
        UPDATE desk_requests SET status = 'accepted', accepted_by = :user_id, closed_at = :now
        WHERE workspace = :workspace AND integration = :integration AND id = :id AND status = 'new'
        """,
        expect=1,
        id=request_id,
        user_id=actor.id,
        now=now,
    )
    conversation = desk.statement(
        """
        UPDATE desk_conversations
        SET status = 'started', started_at = :now, last_at = :now, owner_id = :user_id
        WHERE workspace = :workspace AND integration = :integration AND id = :id AND status = 'pending'
        """,
        expect=1,
        id=conversation_id,
        user_id=actor.id,
        now=now,
    )
    participant = desk.statement(
        """
        INSERT INTO desk_participants (workspace, integration, conversation_id, user_id, status, is_owner,
                                       joined_at)
        VALUES (:workspace, :integration, :conversation_id, :user_id, 'active', 1, :now)
        """,
        conversation_id=conversation_id,
        user_id=actor.id,
        now=now,
    )
    line = insert_line(
        desk,
        conversation_id,
        Line(
            author="system",
            key=f"accepted:{request_id}",
            text=f"{actor.name} accepted the request.",
            sent_at=now,
        ),
    )
    return [request, conversation, participant, line, begin_wait(desk, conversation_id, now)]


def farewell_statements(desk: DeskContext, conversation_id: int, text: str, now: str) -> list[Statement]:
    """Everybody leaves, nobody is asked to join any more, and a last line says why."""
    participants = desk.statement(
        """
        UPDATE desk_participants SET status = 'inactive', left_at = :now
        WHERE workspace = :workspace AND integration = :integration AND conversation_id = :conversation_id
          AND status = 'active'
        """,
        conversation_id=conversation_id,
        now=now,
    )
    line = insert_line(desk, conversation_id, Line(author="system", key="ended", text=text, sent_at=now))
    over = [*ended_statements(desk, conversation_id, now), end_wait(desk, conversation_id)]
    return [participants, *over, line]


def ended_line(reason: EndReason) -> str:
    """The last line of a conversation that the other side has ended."""
    if reason.by == "user":
        return "The end user left the conversation."
    if reason.by == "clock" and reason.why == "inactivity":
        return "The conversation was closed because nobody wrote any more."
    if reason.by == "clock":
        return "The conversation was closed because its time was up."
    return "The conversation was closed from outside the desk."
