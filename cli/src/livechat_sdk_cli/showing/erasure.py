"""What ``livechat erase`` prints: what is to go, what remains at vendors, what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from livechat_sdk.ledger.erasing import Holding, Remainder
from livechat_sdk.owning.erasing import Erasure
from livechat_sdk_cli.tables import Column, table
from livechat_sdk_cli.terminal import Screen, visible

__all__ = ["SCHEMA_VERSION", "Plan", "done_lines", "erasure_document", "plan_lines"]

SCHEMA_VERSION: Final = 1
"""Raised when a key changes its meaning or goes; new keys may come at any time."""

_MOST_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be erased. ``whose`` is for people; ``kept`` are old handoffs that are not settled yet."""

    whose: str
    holdings: Sequence[Holding]
    kept: int = 0

    @property
    def messages(self) -> int:
        """How many messages the ledger holds of it."""
        return sum(holding.messages for holding in self.holdings)

    @property
    def remains(self) -> Sequence[Remainder]:
        """What vendors will still have."""
        return [remainder for holding in self.holdings for remainder in holding.remains]


def plan_lines(plan: Plan, screen: Screen) -> list[str]:
    """What is to be erased, before anything is."""
    if not plan.holdings:
        lines = [f"no handoffs of {visible(plan.whose)}"]
    else:
        lines = [f"{_counted(len(plan.holdings), plan.messages)} of {visible(plan.whose)}", ""]
        rows = [
            (one.handoff_id, one.bot, str(one.state), str(one.messages), ", ".join(w.kind for w in one.work))
            for one in plan.holdings[:_MOST_LISTED]
        ]
        columns = (
            Column("HANDOFF"),
            Column("BOT", shrinks_to=8),
            Column("STATE"),
            Column("MESSAGES", right=True),
            Column("STILL TO DO", shrinks_to=12, optional=True),
        )
        lines += table(columns, rows, screen)
        if len(plan.holdings) > _MOST_LISTED:
            lines.append(f"… and {len(plan.holdings) - _MOST_LISTED} more")
    if plan.kept:
        lines += ["", f"kept because something is still open: {_many(plan.kept, 'older handoff')}"]
    if plan.remains:
        lines += ["", "remains at vendors, where only the vendor can erase it:", ""]
        lines += _remaining(plan.remains, screen)
    return lines


def done_lines(erasure: Erasure, copies: Sequence[Path]) -> list[str]:
    """What was erased."""
    lines = [f"erased {_counted(len(erasure.handoffs), erasure.messages)}"]
    if erasure.clean is None:
        lines.append("the database reuses the space when it vacuums; its backups and logs have their own age")
    if copies:
        lines.append(f"older copies still hold it: {', '.join(visible(str(path)) for path in copies)}")
    return lines


def erasure_document(
    plan: Plan, subject: dict[str, Any], erasure: Erasure | None, copies: Sequence[Path]
) -> dict[str, Any]:
    """The same as one JSON document; ``erasure`` is ``None`` after a dry run."""
    return {
        "schema_version": SCHEMA_VERSION,
        "dry_run": erasure is None,
        "subject": subject,
        "handoffs": [
            {
                "id": one.handoff_id,
                "bot": one.bot,
                "state": str(one.state),
                "messages": one.messages,
                "open": [w.kind for w in one.work],
                "erased": erasure is not None and one.handoff_id in erasure.handoffs,
            }
            for one in plan.holdings
        ],
        "kept": plan.kept,
        "remains": [_remainder(one) for one in (plan.remains if erasure is None else erasure.remains)],
        "files_clean": None if erasure is None else erasure.clean,
        "older_copies": [str(path) for path in copies],
    }


def _remaining(remains: Sequence[Remainder], screen: Screen) -> list[str]:
    rows = [
        (
            one.integration,
            one.what,
            one.vendor_ref or "",
            one.ref or "",
            one.url or "",
            "; ".join(
                note
                for note, applies in (("may be open", one.open), ("never confirmed", not one.confirmed))
                if applies
            ),
        )
        for one in remains
    ]
    columns = (
        Column("INTEGRATION", shrinks_to=8),
        Column("WHAT"),
        Column("VENDOR'S ID"),
        Column("OUR REFERENCE", optional=True),
        Column("LINK", optional=True),
        Column("NOTE", optional=True),
    )
    return table(columns, rows, screen)


def _remainder(one: Remainder) -> dict[str, Any]:
    return {
        "handoff": one.handoff_id,
        "what": one.what,
        "integration": one.integration,
        "ref": one.ref,
        "vendor_ref": one.vendor_ref,
        "url": one.url,
        "open": one.open,
        "confirmed": one.confirmed,
    }


def _counted(handoffs: int, messages: int) -> str:
    return f"{_many(handoffs, 'handoff')} with {_many(messages, 'message')}"


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
