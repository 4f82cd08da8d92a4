"""What happens to a durable action between its decision and its result, as jobs for the writer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.outgoing import SystemMessage
from livechat_sdk.ledger import documents
from livechat_sdk.ledger.decisions import patched, spoken
from livechat_sdk.ledger.postgres import operations as op
from livechat_sdk.ledger.postgres.jobs import Me, Outcome, check_lane
from livechat_sdk.ledger.postgres.picture import Needs, Picture
from livechat_sdk.ledger.store import ActionRow, ActionStatus
from livechat_sdk.lifecycle.effects import AddToTicket, CreateTicket, SendMessage

__all__ = ["Postpone", "SaveProgress", "Start", "StoreWords"]


@dataclass(frozen=True, slots=True)
class _OnAction(ABC):
    """Changes one action, if this worker runs its lane."""

    row: ActionRow
    at: datetime

    @property
    def keys(self) -> frozenset[Hashable]:
        """Its handoff."""
        return frozenset({self.row.handoff_id})

    def need(self, needs: Needs) -> None:
        """The action and its lane."""
        needs.handoffs.add(self.row.handoff_id)
        needs.lanes_of.add(self.row.handoff_id)
        needs.actions.add(self.row.id)

    def needs_all_actions(self, picture: Picture) -> str | None:
        """Never."""
        return None

    def decide(self, picture: Picture, me: Me) -> Outcome:
        """Check who runs the lane, then change the action. Raises ``LaneLost``."""
        outcome = Outcome(lambda: None)
        known = picture.actions.get(self.row.id)
        lane = picture.lanes.get((self.row.handoff_id, self.row.lane))
        if known is None:
            self._over(outcome)
        elif check_lane(known, lane, me, self.row.fence):
            self._change(picture, known.row, outcome)
        else:
            self._over(outcome)
            outcome.writes.add(op.LANES_RELEASED, self.row.handoff_id, self.row.lane)
        return outcome

    @abstractmethod
    def _change(self, picture: Picture, present: ActionRow, outcome: Outcome) -> None:
        """Change it: this worker runs its lane, and it is open."""

    def _over(self, outcome: Outcome) -> None:  # noqa: B027 - most have nothing to answer then
        """It was withdrawn or is finished."""


@dataclass(frozen=True, slots=True)
class Start(_OnAction):
    """Note that the call is about to leave; answers false when the action was withdrawn or is finished."""

    noted: CreateTicket | AddToTicket | None = None

    def _change(self, picture: Picture, present: ActionRow, outcome: Outcome) -> None:
        # A pause before it is over: what is *started* and has one waits for the lag of a look-up.
        outcome.writes.add(
            op.ACTION_CHANGES,
            *(present.id, ActionStatus.STARTED, present.tries, None, present.error, utc_text(self.at)),
        )
        if self.noted is not None:
            outcome.writes.add(op.ACTION_DOCUMENTS, present.id, documents.dump(self.noted), utc_text(self.at))
        outcome.answer = lambda: True

    def _over(self, outcome: Outcome) -> None:
        outcome.answer = lambda: False


@dataclass(frozen=True, slots=True)
class Postpone(_OnAction):
    """Put off a tried action. One that was withdrawn or finished meanwhile stays so."""

    status: ActionStatus
    not_before: datetime
    error: str

    def _change(self, picture: Picture, present: ActionRow, outcome: Outcome) -> None:
        outcome.writes.add(
            op.ACTION_CHANGES,
            *(present.id, self.status, present.tries + 1, utc_text(self.not_before), self.error),
            utc_text(self.at),
        )


@dataclass(frozen=True, slots=True)
class SaveProgress(_OnAction):
    """Store which parts of a message have arrived, and what they changed in the chat's state."""

    send: SendMessage
    patch: Mapping[str, Any]

    def need(self, needs: Needs) -> None:
        """The chat as well."""
        _OnAction.need(self, needs)
        if self.patch:
            needs.chats_of.add(self.row.handoff_id)

    def _change(self, picture: Picture, present: ActionRow, outcome: Outcome) -> None:
        outcome.writes.add(op.ACTION_DOCUMENTS, present.id, documents.dump(self.send), utc_text(self.at))
        chat = picture.chats.get((self.row.handoff_id, self.send.attempt))
        if self.patch and chat is not None:
            document = documents.dump_chat(patched(chat, self.patch))
            outcome.writes.add(op.CHAT_DOCUMENTS, self.row.handoff_id, self.send.attempt, document)


@dataclass(frozen=True, slots=True)
class StoreWords(_OnAction):
    """Store the words of a ``Say`` and their entry. The first words stand: what was said is said."""

    message: SystemMessage

    def need(self, needs: Needs) -> None:
        """The entry as well."""
        _OnAction.need(self, needs)
        record = spoken(self.row.action, self.message)
        needs.entries.add((self.row.handoff_id, record.direction, record.message.key))

    def _change(self, picture: Picture, present: ActionRow, outcome: Outcome) -> None:
        if present.rendered is not None:
            return
        at = utc_text(self.at)
        outcome.writes.add(op.ACTION_WORDS, present.id, documents.dump(self.message), at)
        record = spoken(present.action, self.message)
        there = (self.row.handoff_id, record.direction, record.message.key) in picture.entries
        if self.message.text and not there:
            fate = (record.fate, record.detail, record.vendor_id)
            document = documents.dump(record.message)
            outcome.writes.add(
                op.MESSAGES, *op.message_row(self.row.handoff_id, 1, record, fate, document, at)
            )
