"""What a write of a step does to rows: decided here once, written by every store in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.domain.messages import Choice, Direction, Fate, Message
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.ledger.fates import ARRIVED, SETTLED_AGAINST, next_fate
from livechat_sdk.ledger.store import ActionRow, ActionStatus, Change, VersionConflict
from livechat_sdk.lifecycle.effects import (
    Action,
    BaseAction,
    CancelActions,
    ChangeOwner,
    OpenChat,
    RecordMessage,
    ReturnToBot,
    Say,
    SendMessage,
    SetFate,
    UpdateDetails,
)

__all__ = [
    "cancelled",
    "check_owner_number",
    "ended_at",
    "fate_of",
    "keys_of",
    "over_chats",
    "patched",
    "returned",
    "spoken",
    "was_started",
]


def ended_at(handoff: Handoff) -> str | None:
    """When a handoff ended, as it is stored."""
    return utc_text(handoff.end.at) if handoff.end else None


def check_owner_number(change: Change, present: int) -> None:
    """The new owner's number follows the present one; a handoff that takes nothing over shares it.

    Raises ``VersionConflict``.
    """
    taken = next((each.number for each in change.writes if isinstance(each, ChangeOwner)), None)
    derived_from = change.handoff.owner_number if taken is None else taken - 1
    if derived_from != present:
        raise VersionConflict(f"owner number {derived_from} is not the present one, {present}")


def over_chats(handoff: Handoff) -> list[tuple[int, bool]]:
    """Attempts whose chat serves no longer, each with whether it was left open at the vendor."""
    ended = handoff.state is HandoffState.ENDED
    return [
        (attempt.number, attempt.opened and not attempt.closed)
        for attempt in handoff.attempts
        if ended or attempt.abandoned or attempt.closed
    ]


def fate_of(old: Fate, report: SetFate, was_started: Callable[[], bool]) -> tuple[Fate, bool]:
    """The fate of a message after a report, and whether the report's detail goes with it.

    ``was_started`` tells whether the sending of the message ever began; it is asked only if that matters.
    """
    fate = next_fate(old, report.fate, anew=report.anew, answer=report.answer, doubts=report.doubts)
    if old in SETTLED_AGAINST and fate in ARRIVED and not was_started():
        fate = old
    # The first reason for not sending stands: what went back to the bot stays with the bot.
    retold = fate is old and (report.detail is None or old in SETTLED_AGAINST)
    return fate, fate is report.fate and not retold


def was_started(rows: Iterable[ActionRow], message_key: str) -> bool:
    """Whether an action that carries this message ever began."""
    unstarted = {ActionStatus.PENDING, ActionStatus.WITHDRAWN}
    return any(row.status not in unstarted and message_key in keys_of(row.action) for row in rows)


def returned(rows: Sequence[ActionRow], back: ReturnToBot) -> tuple[list[str], list[ActionRow]]:
    """Keys of the messages that go back to the bot, and the actions that are withdrawn with them.

    ``rows`` are the open actions of the handoff. What is on its way already keeps its own result.
    """
    keys = set(back.message_keys)
    sends = [row for row in rows if isinstance(row.action, SendMessage | UpdateDetails)]
    for row in sends:
        if _under_way(row):
            keys -= keys_of(row.action)
    withdrawn = [
        row for row in sends if not _under_way(row) and (carried := keys_of(row.action)) and carried <= keys
    ]
    return sorted(keys), withdrawn


def cancelled(rows: Sequence[ActionRow], cancel: CancelActions) -> list[ActionRow]:
    """Those of the open actions that are withdrawn: decided for the attempt and not started."""
    return [
        row
        for row in rows
        if not _under_way(row)
        and isinstance(row.action, OpenChat | SendMessage | UpdateDetails)
        and row.action.attempt == cancel.attempt
    ]


def _under_way(row: ActionRow) -> bool:
    """Whether some of it has left, or may have: it keeps its own result."""
    parts = isinstance(row.action, SendMessage) and row.action.parts_sent
    return row.status is ActionStatus.STARTED or bool(parts)


def patched(chat: Chat, patch: Mapping[str, Any]) -> Chat:
    """The chat with named keys of its state changed."""
    return chat.model_copy(update={"state": {**chat.state, **patch}})


def keys_of(action: Action | BaseAction) -> set[str]:
    """Keys of the messages that an action carries, whichever way they go."""
    if isinstance(action, UpdateDetails):
        return set(action.message_keys)
    key = getattr(action, "message_key", None) or getattr(action, "key", None)
    return {key} if isinstance(key, str) else set()


def spoken(action: Action, message: SystemMessage) -> RecordMessage:
    """The entry in the ledger for the words of a ``Say``."""
    if not isinstance(action, Say):
        raise AssertionError(f"{action.kind} says nothing")
    body = Message(
        key=action.key,
        body=message.text,
        choices=tuple(Choice(label=choice, value=choice) for choice in message.choices),
    )
    return RecordMessage(message=body, direction=Direction.TO_USER, author="system", fate=Fate.PLANNED)
