"""Transfers and invitations as rows: what is asked of whom, and the statements that ask, settle, take over.

Each list of statements is one transaction's worth. The row of ``desk_requests`` decides a race: whoever
changes it from ``new`` has settled the matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from livechat_sdk.domain.base import Model, Timestamp
from livechat_sdk.provider.embedded import Statement
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.lines import Line, insert_line
from livechat_sdk_helvia.records import DeskUser

__all__ = [
    "SELECT_HANDING",
    "Ask",
    "Handing",
    "Outcome",
    "asking_statements",
    "ended_statements",
    "joining_statements",
    "leaving_statements",
    "settling_statements",
    "taking_statements",
]

Outcome = Literal["accepted", "declined", "cancelled", "unanswered", "ended"]
"""How a transfer or an invitation came out; ``ended``: the conversation was over before."""

SELECT_HANDING: Final = """
    SELECT h.*, r.type, r.target_group, r.target_agent, r.requested_at, asker.name AS from_name,
           settler.name AS settled_name, n.text AS note
    FROM desk_handings h
    JOIN desk_requests r
      ON r.workspace = h.workspace AND r.integration = h.integration AND r.id = h.request_id
    LEFT JOIN desk_users asker
      ON asker.workspace = h.workspace AND asker.integration = h.integration AND asker.id = h.from_id
    LEFT JOIN desk_users settler
      ON settler.workspace = h.workspace AND settler.integration = h.integration AND settler.id = h.settled_by
    LEFT JOIN desk_notes n
      ON n.workspace = h.workspace AND n.integration = h.integration AND n.id = h.note_id
    WHERE h.workspace = :workspace AND h.integration = :integration
"""

_REQUEST_STATUS: Final = {
    "accepted": "accepted",
    "declined": "cancelled",
    "cancelled": "cancelled",
    "unanswered": "missed",
    "ended": "cancelled",
}


class Handing(Model):
    """A transfer or an invitation. ``note`` is there as long as its author keeps it."""

    request_id: int
    conversation_id: int
    type: Literal["transfer", "invitation"]
    from_id: int
    from_name: str | None
    owner_id: int
    """Who owned the conversation when it was asked."""
    target_group: str | None
    target_agent: str | None
    target_name: str
    leave_on_accept: bool
    note: str | None
    requested_at: Timestamp
    expires_at: Timestamp
    outcome: Outcome | None
    settled_at: Timestamp | None
    settled_by: int | None
    settled_name: str | None

    @property
    def waits(self) -> bool:
        """Whether nobody has answered yet."""
        return self.outcome is None


@dataclass(frozen=True, slots=True)
class Ask:
    """What is about to be asked. ``note_id`` names a note that is written in the same commit."""

    request_id: int
    conversation_id: int
    handoff_id: str
    type: Literal["transfer", "invitation"]
    owner_id: int
    target_group: str | None
    target_agent: int | None
    target_name: str
    leave_on_accept: bool
    note_id: int | None
    expires_at: str


def asking_statements(desk: DeskContext, actor: DeskUser, ask: Ask, now: str) -> list[Statement]:
    """Ask. The first statement changes no row when the conversation is over, or somebody is asked already."""
    request = desk.statement(
        """
        INSERT INTO desk_requests (workspace, integration, id, conversation_id, type, status, target_group,
                                   target_agent, requested_at)
        SELECT c.workspace, c.integration, :id, c.id, :type, 'new', :target_group, :target_agent, :now
        FROM desk_conversations c
        WHERE c.workspace = :workspace AND c.integration = :integration AND c.id = :conversation_id
          AND c.status = 'started' AND c.owner_id = :owner_id
          AND NOT EXISTS (
              SELECT 1 FROM desk_requests r
              WHERE r.workspace = c.workspace AND r.integration = c.integration
                AND r.conversation_id = c.id AND r.type = :type AND r.status = 'new'
                AND (r.type = 'transfer' OR r.target_agent = :target_agent OR r.target_group = :target_group))
        """,
        expect=1,
        id=ask.request_id,
        conversation_id=ask.conversation_id,
        type=ask.type,
        owner_id=ask.owner_id,
        target_group=ask.target_group,
        target_agent=None if ask.target_agent is None else str(ask.target_agent),
        now=now,
    )
    handing = desk.statement(
        """
        INSERT INTO desk_handings (workspace, integration, request_id, conversation_id, handoff_id, from_id,
                                   owner_id, target_name, leave_on_accept, note_id, expires_at)
        VALUES (:workspace, :integration, :request_id, :conversation_id, :handoff_id, :from_id, :owner_id,
                :target_name, :leave_on_accept, :note_id, :expires_at)
        """,
        request_id=ask.request_id,
        conversation_id=ask.conversation_id,
        handoff_id=ask.handoff_id,
        from_id=actor.id,
        owner_id=ask.owner_id,
        target_name=ask.target_name,
        leave_on_accept=int(ask.leave_on_accept),
        note_id=ask.note_id,
        expires_at=ask.expires_at,
    )
    words = "take over" if ask.type == "transfer" else "join"
    text = f"{actor.name} asked {ask.target_name} to {words}."
    return [request, handing, _line(desk, ask.conversation_id, ask.request_id, "asked", text, now)]


def settling_statements(
    desk: DeskContext, handing: Handing, outcome: Outcome, by: DeskUser | None, now: str, text: str
) -> list[Statement]:
    """Nobody is asked any more. The first statement changes no row when it was settled before."""
    request = desk.statement(
        """
        UPDATE desk_requests SET status = :status, accepted_by = :accepted_by, closed_at = :now
        WHERE workspace = :workspace AND integration = :integration AND id = :id AND status = 'new'
        """,
        expect=1,
        id=handing.request_id,
        status=_REQUEST_STATUS[outcome],
        accepted_by=by.id if by is not None and outcome == "accepted" else None,
        now=now,
    )
    settled = desk.statement(
        """
        UPDATE desk_handings SET outcome = :outcome, settled_at = :now, settled_by = :by
        WHERE workspace = :workspace AND integration = :integration AND request_id = :id AND outcome IS NULL
        """,
        expect=1,
        id=handing.request_id,
        outcome=outcome,
        by=by.id if by else None,
        now=now,
    )
    line = _line(desk, handing.conversation_id, handing.request_id, outcome, text, now)
    return [request, settled, line]


def taking_statements(desk: DeskContext, handing: Handing, taker: DeskUser, now: str) -> list[Statement]:
    """``taker`` owns the conversation from now on, and nobody else does.

    The first statement changes no row when the conversation is over or has another owner by now.
    """
    conversation = desk.statement(
        """
        UPDATE desk_conversations SET owner_id = :taker
        WHERE workspace = :workspace AND integration = :integration AND id = :id
          AND status = 'started' AND owner_id = :owner_id
        """,
        expect=1,
        id=handing.conversation_id,
        taker=taker.id,
        owner_id=handing.owner_id,
    )
    leaves = handing.leave_on_accept and handing.owner_id != taker.id
    owner = desk.statement(
        """
        UPDATE desk_participants SET is_owner = 0, status = :status, left_at = :left_at
        WHERE workspace = :workspace AND integration = :integration AND conversation_id = :id
          AND user_id = :owner_id
        """,
        id=handing.conversation_id,
        owner_id=handing.owner_id,
        status="transferred" if leaves else "active",
        left_at=now if leaves else None,
    )
    return [conversation, owner, _participant(desk, handing.conversation_id, taker, now, is_owner=True)]


def joining_statements(desk: DeskContext, handing: Handing, guest: DeskUser, now: str) -> list[Statement]:
    """``guest`` takes part and does not own it. The first statement changes no row after the end."""
    running = desk.statement(
        """
        UPDATE desk_conversations SET owner_id = owner_id
        WHERE workspace = :workspace AND integration = :integration AND id = :id
          AND status = 'started' AND owner_id <> :guest
        """,
        expect=1,
        id=handing.conversation_id,
        guest=guest.id,
    )
    return [running, _participant(desk, handing.conversation_id, guest, now, is_owner=False)]


def leaving_statements(desk: DeskContext, guest: DeskUser, conversation_id: int, now: str) -> list[Statement]:
    """``guest`` leaves. The first statement changes no row for the owner, nor for whoever is not there."""
    participant = desk.statement(
        """
        UPDATE desk_participants SET status = 'inactive', left_at = :now
        WHERE workspace = :workspace AND integration = :integration AND conversation_id = :id
          AND user_id = :guest AND status = 'active' AND is_owner = 0
        """,
        expect=1,
        id=conversation_id,
        guest=guest.id,
        now=now,
    )
    key = f"left:{desk.new_id()}"
    line = Line(author="system", key=key, text=f"{guest.name} left.", sent_at=now)
    return [participant, insert_line(desk, conversation_id, line)]


def ended_statements(desk: DeskContext, conversation_id: int, now: str) -> list[Statement]:
    """The conversation is over: whoever was asked to take over or to join is asked no longer."""
    requests = desk.statement(
        """
        UPDATE desk_requests SET status = 'cancelled', closed_at = :now
        WHERE workspace = :workspace AND integration = :integration AND conversation_id = :id
          AND status = 'new' AND type <> 'external'
        """,
        id=conversation_id,
        now=now,
    )
    handings = desk.statement(
        """
        UPDATE desk_handings SET outcome = 'ended', settled_at = :now
        WHERE workspace = :workspace AND integration = :integration AND conversation_id = :id
          AND outcome IS NULL
        """,
        id=conversation_id,
        now=now,
    )
    return [requests, handings]


def _participant(
    desk: DeskContext, conversation_id: int, user: DeskUser, now: str, *, is_owner: bool
) -> Statement:
    """Somebody comes in, or comes back."""
    return desk.statement(
        """
        INSERT INTO desk_participants (workspace, integration, conversation_id, user_id, status, is_owner,
                                       joined_at)
        VALUES (:workspace, :integration, :conversation_id, :user_id, 'active', :is_owner, :now)
        ON CONFLICT (workspace, integration, conversation_id, user_id) DO UPDATE
        SET status = 'active', is_owner = excluded.is_owner, left_at = NULL
        """,
        conversation_id=conversation_id,
        user_id=user.id,
        is_owner=int(is_owner),
        now=now,
    )


def _line(
    desk: DeskContext, conversation_id: int, request_id: int, what: str, text: str, now: str
) -> Statement:
    line = Line(author="system", key=f"handing:{request_id}:{what}", text=text, sent_at=now)
    return insert_line(desk, conversation_id, line)
