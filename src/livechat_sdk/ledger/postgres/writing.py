"""The ledger writes of a step on PostgreSQL: decided in memory, brought to their final state, then rows.

Each write of a step sees what those before it have done, as if they ran one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.messages import Direction, Fate, LedgerEntry
from livechat_sdk.ledger import documents, rows
from livechat_sdk.ledger.decisions import cancelled, fate_of, patched, returned, was_started
from livechat_sdk.ledger.fates import ARRIVED, RETURNED_TO_BOT
from livechat_sdk.ledger.postgres import operations as op
from livechat_sdk.ledger.postgres.picture import Entry, Needs, Picture
from livechat_sdk.ledger.secrets import SecretBox
from livechat_sdk.ledger.shards import shard_of
from livechat_sdk.ledger.store import ActionRow, ActionStatus, Completion, DuplicateMessage, NotParked
from livechat_sdk.lifecycle.effects import (
    CancelActions,
    CancelTimer,
    ChangeOwner,
    EraseSecrets,
    LedgerWrite,
    PatchChat,
    RecordMessage,
    ReturnToBot,
    SaveChat,
    SaveTicket,
    SetFate,
    SetTimer,
    Unpark,
)

__all__ = ["HandoffWriting", "PreparedWrite", "prepare"]


class HandoffWriting:
    """What a step does to the rows of its handoff."""

    def __init__(
        self, picture: Picture, handoff_id: str, conversation_id: str, at: str, *, is_result: bool = False
    ) -> None:
        self.handoff_id = handoff_id
        self._picture = picture
        self._conversation_id = conversation_id
        self._at = at
        self._is_result = is_result
        self._new: dict[tuple[str, str], tuple[RecordMessage, str]] = {}
        self._entries: dict[tuple[str, str], Entry] = {}
        self._actions: dict[int, ActionRow] = {}
        self._timers: dict[str, str | None] = {}
        self._chats: dict[int, Chat] = {}
        self._patched: set[int] = set()
        self._others: op.Writes = op.Writes()

    # ------------------------------------------------------------------------------------------- messages
    def record(self, record: RecordMessage, document: str) -> None:
        """A new message. Raises ``DuplicateMessage``."""
        key = (record.direction, record.message.key)
        if self._entry(*key) is not None:
            raise DuplicateMessage(self._as_it_is(record))
        self._new[key] = (record, document)
        self._entries[key] = Entry(record.fate, record.detail, record.vendor_id)

    def set_fate(self, report: SetFate) -> None:
        """What became of a message; nothing for one that is not there."""
        entry = self._entry(report.direction, report.message_key)
        if entry is None:
            return
        fate, taken = fate_of(Fate(entry.fate), report, lambda: self._was_started(report))
        self._entries[report.direction, report.message_key] = Entry(
            fate, report.detail if taken else entry.detail, report.vendor_id or entry.vendor_id
        )

    def return_to_bot(self, back: ReturnToBot) -> None:
        """Drop what no human got; what is on its way already keeps its own result."""
        keys, withdrawn = returned(self._open_actions(), back)
        for key in keys:
            entry = self._entry(Direction.TO_PROVIDER, key)
            if entry is not None and entry.fate in {Fate.HELD, Fate.PLANNED}:
                self._entries[Direction.TO_PROVIDER, key] = Entry(
                    Fate.DROPPED, RETURNED_TO_BOT, entry.vendor_id
                )
        self._withdraw(withdrawn)

    def _entry(self, direction: str, key: str) -> Entry | None:
        changed = self._entries.get((direction, key))
        return changed or self._picture.entries.get((self.handoff_id, direction, key))

    def _was_started(self, report: SetFate) -> bool:
        return self._is_result or was_started(self._all_actions(), report.message_key)

    def _as_it_is(self, record: RecordMessage) -> LedgerEntry:
        """A stand-in for the message that is there: the writer reads the real one."""
        return LedgerEntry(
            handoff_id=self.handoff_id,
            seq=0,
            direction=record.direction,
            author=record.author,
            message=record.message,
            fate=record.fate,
            created_at=rows.moment(self._at),
            updated_at=rows.moment(self._at),
        )

    # -------------------------------------------------------------------------------------------- actions
    def complete(self, row: ActionRow, done: Completion) -> None:
        """The end of an action."""
        self._actions[row.id] = replace(
            row, status=done.status, error=done.error, tries=row.tries + 1, not_before=None
        )

    def cancel_actions(self, cancel: CancelActions) -> None:
        """Withdraw what was decided for an attempt and has not started."""
        self._withdraw(cancelled(self._open_actions(), cancel))

    def unpark(self, unpark: Unpark) -> None:
        """Take an action that was given up off the list. Raises ``NotParked``."""
        known = self._picture.actions.get(unpark.action_id)
        row = self._actions.get(unpark.action_id) or (known.row if known else None)
        given_up = {ActionStatus.FAILED, ActionStatus.DOUBTFUL}
        if row is None or row.handoff_id != self.handoff_id or row.status not in given_up:
            raise NotParked(unpark.action_id)
        self._actions[row.id] = replace(row, status=ActionStatus.WITHDRAWN, error=unpark.detail)

    def _withdraw(self, withdrawn: list[ActionRow]) -> None:
        for row in withdrawn:
            self._actions[row.id] = replace(row, status=ActionStatus.WITHDRAWN)

    def _all_actions(self) -> list[ActionRow]:
        return [self._actions.get(row.id, row) for row in self._picture.actions_of(self.handoff_id)]

    def _open_actions(self) -> list[ActionRow]:
        unfinished = {ActionStatus.PENDING, ActionStatus.STARTED}
        return [row for row in self._all_actions() if row.status in unfinished]

    # -------------------------------------------------------------------------------- timers, chats, others
    def set_timer(self, timer: SetTimer) -> None:
        """Wake the handoff then."""
        self._timers[timer.name] = utc_text(timer.due_at)

    def cancel_timer(self, name: str) -> None:
        """Forget a timer."""
        self._timers[name] = None

    def sets_timer_before(self, moment: datetime) -> bool:
        """Whether a timer is set that is due soon."""
        return any(due is not None and due < utc_text(moment) for due in self._timers.values())

    def save_chat(self, chat: Chat, document: str, sealed: bytes | None) -> None:
        """The vendor's side of an attempt."""
        self._chats[chat.attempt] = chat
        self._others.rows.setdefault(op.CHATS, [])[:] = [
            *(row for row in self._others.rows.get(op.CHATS, []) if row[4] != chat.attempt),
            (
                *(chat.integration, chat.ref, chat.vendor_ref, self.handoff_id, chat.attempt, document),
                *(sealed, self._at, shard_of(self.handoff_id)),
            ),
        ]

    def patch_chat(self, attempt: int, patch: Mapping[str, Any]) -> None:
        """Named keys of a chat's state as it is stored now; nothing where the chat is not known."""
        chat = self._chats.get(attempt) or self._picture.chats.get((self.handoff_id, attempt))
        if chat is not None:
            self._chats[attempt] = patched(chat, patch)
            self._patched.add(attempt)

    def erase_secrets(self) -> None:
        """Erase the session credentials of every chat."""
        self._others.rows[op.SECRETS_ERASED] = [(self.handoff_id,)]

    def change_owner(self, change: ChangeOwner) -> None:
        """The conversation changes hands."""
        self._others.rows[op.OWNERS] = [(self._conversation_id, change.owner, change.number, self._at)]

    def save_ticket(self, save: SaveTicket, document: str) -> None:
        """A ticket, or its newer self."""
        ticket = save.ticket
        tickets = self._others.rows.setdefault(op.TICKETS, [])
        tickets[:] = [row for row in tickets if (row[1], row[2]) != (ticket.source, ticket.key)]
        tickets.append((self.handoff_id, ticket.source, ticket.key, document, self._at))

    # ---------------------------------------------------------------------------------------------- rows
    def flush(self, writes: op.Writes) -> None:
        """Add the rows in their final state."""
        for nth, (key, (record, document)) in enumerate(self._new.items(), start=1):
            final = self._entries.pop(key)
            fate = (final.fate, final.detail, final.vendor_id)
            writes.add(op.MESSAGES, *op.message_row(self.handoff_id, nth, record, fate, document, self._at))
        for (direction, message_key), entry in self._entries.items():
            writes.add(
                op.FATES,
                *(
                    self.handoff_id,
                    direction,
                    message_key,
                    entry.fate,
                    entry.detail,
                    entry.vendor_id,
                    self._at,
                ),
            )
        for row in self._actions.values():
            not_before = utc_text(row.not_before) if row.not_before else None
            writes.add(op.ACTION_CHANGES, row.id, row.status, row.tries, not_before, row.error, self._at)
        for name, due in self._timers.items():
            if due is None:
                writes.add(op.TIMERS_CANCELLED, self.handoff_id, name)
            else:
                writes.add(op.TIMERS_SET, self.handoff_id, name, due, shard_of(self.handoff_id))
        for attempt in self._patched:
            document = documents.dump_chat(self._chats[attempt])
            writes.add(op.CHAT_DOCUMENTS, self.handoff_id, attempt, document)
        writes.take_over(self._others)


@dataclass(slots=True)
class PreparedWrite:
    """A write of a step, with its document made and its secrets sealed before any row is locked."""

    write_: LedgerWrite
    document: str | None = None
    sealed: bytes | None = None

    def need(self, handoff_id: str, needs: Needs) -> None:
        """What must be known for it."""
        match self.write_:
            case RecordMessage(direction=direction, message=message):
                needs.entries.add((handoff_id, direction, message.key))
            case SetFate(direction=direction, message_key=key):
                needs.entries.add((handoff_id, direction, key))
            case ReturnToBot(message_keys=keys):
                needs.entries.update((handoff_id, Direction.TO_PROVIDER, key) for key in keys)
                needs.open_actions_of.add(handoff_id)
                needs.lanes_of.add(handoff_id)
            case CancelActions():
                needs.open_actions_of.add(handoff_id)
                needs.lanes_of.add(handoff_id)
            case Unpark(action_id=action_id):
                needs.actions.add(action_id)
            case PatchChat():
                needs.chats_of.add(handoff_id)
            case _:
                pass

    def may_prove_arrival(self, handoff_id: str, picture: Picture) -> bool:
        """Whether it says that a message has arrived which has not, as far as is known before the step."""
        report = self.write_
        if not isinstance(report, SetFate) or report.fate not in ARRIVED:
            return False
        entry = picture.entries.get((handoff_id, report.direction, report.message_key))
        return entry is None or entry.fate not in ARRIVED

    @property
    def settles(self) -> bool:
        """Whether it may change what became of a message that was there before the step."""
        return isinstance(self.write_, SetFate | ReturnToBot)

    def write(self, writing: HandoffWriting) -> None:
        """Carry it out. Raises ``DuplicateMessage``, ``NotParked``."""
        _WRITERS[type(self.write_)](writing, self.write_, self)


_Writer = Callable[[HandoffWriting, Any, PreparedWrite], None]

_WRITERS: dict[type[LedgerWrite], _Writer] = {
    RecordMessage: lambda to, record, made: to.record(record, made.document or ""),
    SetFate: lambda to, report, _: to.set_fate(report),
    ReturnToBot: lambda to, back, _: to.return_to_bot(back),
    CancelActions: lambda to, cancel, _: to.cancel_actions(cancel),
    Unpark: lambda to, unpark, _: to.unpark(unpark),
    ChangeOwner: lambda to, change, _: to.change_owner(change),
    SaveChat: lambda to, save, made: to.save_chat(save.chat, made.document or "", made.sealed),
    PatchChat: lambda to, patch, _: to.patch_chat(patch.attempt, patch.patch),
    SaveTicket: lambda to, save, made: to.save_ticket(save, made.document or ""),
    EraseSecrets: lambda to, _, __: to.erase_secrets(),
    SetTimer: lambda to, timer, _: to.set_timer(timer),
    CancelTimer: lambda to, timer, _: to.cancel_timer(timer.name),
}


def prepare(workspace: str, handoff_id: str, write: LedgerWrite, box: SecretBox) -> PreparedWrite:
    """Make the document of a write. Raises ``InvalidInput`` for what JSON cannot carry."""
    match write:
        case RecordMessage(message=message):
            return PreparedWrite(write, documents.dump(message))
        case SaveTicket(ticket=ticket):
            return PreparedWrite(write, documents.dump(ticket))
        case SaveChat(chat=chat):
            place = (workspace, handoff_id, chat.attempt)
            sealed = box.seal(chat.secrets, place) if chat.secrets else None
            return PreparedWrite(write, documents.dump_chat(chat), sealed)
        case _:
            return PreparedWrite(write)
