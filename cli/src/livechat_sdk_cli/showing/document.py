"""``livechat show --json``: one document for scripts, with a ``schema_version``.

Free data of the platform (``attributes``, ``metadata``), the transcript and vendors' own state are left out:
the document says what happened to the handoff and to each message, and holds no secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.handoff import Attempt, Handoff
from livechat_sdk.domain.messages import LedgerEntry
from livechat_sdk.ledger.store import ActionRow, JournalEntry
from livechat_sdk_cli.showing.gather import OPEN, Shown, Trouble
from livechat_sdk_cli.showing.words import about

__all__ = ["SCHEMA_VERSION", "list_document", "show_document"]

SCHEMA_VERSION: Final = 1
"""Raised when a key changes its meaning or goes; new keys may come at any time."""


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)


def _summary(handoff: Handoff) -> dict[str, Any]:
    return {
        "id": handoff.id,
        "key": handoff.request.key,
        "state": str(handoff.state),
        "outcome": None if handoff.outcome is None else str(handoff.outcome),
        "conversation_id": handoff.request.conversation_id,
        "bot": handoff.request.bot,
        "integration": handoff.integration,
        "agent": None if handoff.agent is None else handoff.agent.model_dump(mode="json"),
        "created_at": _at(handoff.created_at),
        "state_since": _at(handoff.state_since),
        "version": handoff.version,
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "integration": attempt.integration,
        "queue": attempt.candidate.route.queue,
        **attempt.model_dump(
            mode="json",
            include={"ref", "opened", "accepted", "joined", "abandoned", "closing", "closed", "failure"},
        ),
    }


def _journal(entry: JournalEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": _at(entry.at),
        "kind": entry.kind,
        "state": str(entry.state),
        "version": entry.version,
        "refused": entry.refused,
        "detail": dict(entry.detail),
    }


def _message(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "key": entry.message.key,
        "direction": str(entry.direction),
        "author": entry.author,
        "fate": str(entry.fate),
        "why": entry.detail,
        "text": entry.message.body,
        "attachments": [one.model_dump(mode="json") for one in entry.message.attachments],
        "choices": [one.model_dump(mode="json") for one in entry.message.choices],
        "attempt": entry.attempt,
        "vendor_id": entry.vendor_id,
        "created_at": _at(entry.created_at),
        "updated_at": _at(entry.updated_at),
    }


def _action(row: ActionRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.action.kind,
        "about": about(row.action),
        "lane": row.lane,
        "status": str(row.status),
        "open": row.status in OPEN,
        "tries": row.tries,
        "not_before": _at(row.not_before),
        "error": row.error,
        "created_at": _at(row.created_at),
        "updated_at": _at(row.updated_at),
    }


def show_document(shown: Shown) -> dict[str, Any]:
    """Everything about one handoff."""
    handoff = shown.handoff
    return {
        "schema_version": SCHEMA_VERSION,
        "handoff": {
            **_summary(handoff),
            "user": handoff.request.user.model_dump(mode="json", exclude={"attributes"}),
            "reason": handoff.request.reason,
            "owner": {"owner": shown.ownership.owner, "number": shown.ownership.number},
            "attempts": [_attempt(attempt) for attempt in handoff.attempts],
            "queue": None if handoff.queue is None else handoff.queue.model_dump(mode="json"),
            "survey": [answer.model_dump(mode="json") for answer in handoff.survey],
            "failures": list(handoff.failures),
            "timers": {name: _at(due) for name, due in sorted(handoff.timers.items())},
            "open_at_vendor": handoff.open_at_vendor,
            "end": None if handoff.end is None else handoff.end.model_dump(mode="json"),
        },
        "journal": [_journal(entry) for entry in shown.journal],
        "messages": [_message(entry) for entry in shown.entries],
        "actions": [_action(row) for row in shown.actions],
        "tickets": [ticket.model_dump(mode="json") for ticket in shown.tickets],
    }


def list_document(handoffs: Sequence[Handoff], troubles: Mapping[str, Trouble]) -> dict[str, Any]:
    """A list of handoffs, in the order in which they are given, and how much of each has failed."""
    listed = [{**_summary(handoff), **asdict(troubles.get(handoff.id, Trouble()))} for handoff in handoffs]
    return {"schema_version": SCHEMA_VERSION, "handoffs": listed}
