"""Rows of the tables into objects, the same for every database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.domain.messages import Direction, Fate, LedgerEntry, Message
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.ledger import documents
from livechat_sdk.ledger.secrets import SecretBox
from livechat_sdk.ledger.store import ActionRow, ActionStatus, InboxEvent, JournalEntry, Ownership

__all__ = ["action", "chat", "entry", "handoff", "inbox_event", "journal_entry", "moment", "ownership"]

Row = Sequence[Any]


def moment(text: str) -> datetime:
    """A stored time."""
    return datetime.fromisoformat(text)


def handoff(row: Row) -> Handoff:
    """A handoff from its document and that of its request."""
    return documents.load_handoff(row[0], row[1])


def entry(row: Row) -> LedgerEntry:
    """A message with its fate."""
    of, seq, direction, author, message, fate, detail, attempt, vendor_id, created_at, updated_at = row
    return LedgerEntry(
        handoff_id=of,
        seq=seq,
        direction=Direction(direction),
        author=author,
        message=documents.load(Message, message),
        fate=Fate(fate),
        detail=detail,
        attempt=attempt,
        vendor_id=vendor_id,
        created_at=moment(created_at),
        updated_at=moment(updated_at),
    )


def journal_entry(row: Row) -> JournalEntry:
    """One input that came to a handoff."""
    seq, of, at, kind, state, version, refused, detail = row
    return JournalEntry(
        seq=seq,
        handoff_id=of,
        at=moment(at),
        kind=kind,
        state=HandoffState(state),
        version=version,
        refused=refused,
        detail=documents.load_mapping(detail),
    )


def chat(row: Row, box: SecretBox, place: Sequence[str | int]) -> Chat:
    """The vendor's side of an attempt, with its secrets in clear."""
    found = documents.load(Chat, row[0])
    if row[1] is None:
        return found
    return found.model_copy(update={"secrets": box.open(row[1], place)})


def action(row: Row) -> ActionRow:
    """A durable action as it stands."""
    id_, of, lane, document, status, tries, not_before, error, created_at, updated_at, rendered, fence = row
    return ActionRow(
        id=id_,
        handoff_id=of,
        lane=lane,
        action=documents.load_action(document),
        status=ActionStatus(status),
        tries=tries,
        not_before=moment(not_before) if not_before else None,
        error=error,
        created_at=moment(created_at),
        updated_at=moment(updated_at),
        rendered=documents.load(SystemMessage, rendered) if rendered else None,
        fence=fence,
    )


def ownership(row: Row) -> Ownership:
    """Who owns a conversation, and what its live handoff allows meanwhile."""
    owner, number, live, state, document = row
    if live is None:
        return Ownership(owner, number)
    return Ownership(owner, number, live, HandoffState(state), documents.bot_may_wait(document))


def inbox_event(row: Row) -> InboxEvent:
    """An event that waits."""
    id_, event, received_at = row
    return InboxEvent(id=id_, event=documents.load_event(event), received_at=moment(received_at))
