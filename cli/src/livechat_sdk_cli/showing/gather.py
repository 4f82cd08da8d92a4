"""Reads from a store all that is known about one handoff, and finds the handoff that a person means."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol, TypeVar

from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import LedgerEntry
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.ledger.store import ActionRow, ActionStatus, JournalEntry, Ownership, Store
from livechat_sdk_cli.exits import CommandError, ExitCode

__all__ = ["OPEN", "UNDONE", "Shown", "Trouble", "find", "gather", "prefixes", "troubles"]

OPEN: Final = frozenset({ActionStatus.PENDING, ActionStatus.STARTED})
"""An action that will still be run, or is running."""

UNDONE: Final = OPEN | {ActionStatus.FAILED, ActionStatus.DOUBTFUL}
"""An action that a person may have to look at."""

PAGE: Final = 1000
"""How many rows are read at a time."""

NEWEST: Final = 5
"""How many handoffs are suggested when an id is unknown."""

SHORTEST_PREFIX: Final = 8
"""A shorter beginning of an id is never printed, so that it stays good for a while."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One handoff with everything that the store knows about it, as of ``now``."""

    handoff: Handoff
    ownership: Ownership
    journal: Sequence[JournalEntry]
    entries: Sequence[LedgerEntry]
    actions: Sequence[ActionRow]
    tickets: Sequence[Ticket]
    now: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """How many actions of a handoff have failed: tried again by itself, and waiting for a person."""

    tried_again: int = 0
    given_up: int = 0

    def __str__(self) -> str:
        parts = [
            f"{self.tried_again} failing" if self.tried_again else "",
            f"{self.given_up} given up" if self.given_up else "",
        ]
        return ", ".join(part for part in parts if part)


class _Numbered(Protocol):
    @property
    def seq(self) -> int: ...


Row = TypeVar("Row", bound=_Numbered)


async def _all(read: Callable[[int], Awaitable[Sequence[Row]]]) -> list[Row]:
    """Every row, read page by page."""
    rows: list[Row] = []
    while page := await read(rows[-1].seq if rows else 0):
        rows += page
        if len(page) < PAGE:
            break
    return rows


async def gather(store: Store, handoff: Handoff, now: datetime) -> Shown:
    """Read what belongs to ``handoff``, one part after the other; a server may write meanwhile."""
    return Shown(
        handoff=handoff,
        ownership=await store.ownership(handoff.request.conversation_id),
        journal=await _all(lambda after: store.journal(handoff.id, after=after, limit=PAGE)),
        entries=await _all(lambda after: store.entries(handoff.id, after=after, limit=PAGE)),
        actions=await store.actions(handoff.id),
        tickets=await store.tickets(handoff.id),
        now=now,
    )


async def troubles(store: Store, workspace: str) -> dict[str, Trouble]:
    """The handoffs of which something has failed and is not done."""
    select = "SELECT handoff_id, COUNT(*) AS many FROM actions WHERE workspace = :workspace AND status IN "
    again = await store.fetch(
        f"{select} ('pending', 'started') AND error IS NOT NULL GROUP BY handoff_id", {"workspace": workspace}
    )
    given_up = await store.fetch(
        f"{select} ('failed', 'doubtful') GROUP BY handoff_id", {"workspace": workspace}
    )
    found = {str(row["handoff_id"]): Trouble(tried_again=int(str(row["many"]))) for row in again}
    for row in given_up:
        one = str(row["handoff_id"])
        found[one] = replace(found.get(one, Trouble()), given_up=int(str(row["many"])))
    return found


def prefixes(ids: Sequence[str]) -> dict[str, str]:
    """For each id the shortest beginning that tells it from the others, at least eight characters long."""
    ordered = sorted(set(ids))
    found: dict[str, str] = {}
    for index, one in enumerate(ordered):
        neighbours = ordered[max(index - 1, 0) : index] + ordered[index + 1 : index + 2]
        length = SHORTEST_PREFIX
        while length < len(one) and any(other.startswith(one[:length]) for other in neighbours):
            length += 1
        found[one] = one[:length]
    return found


async def find(store: Store, workspace: str, wanted: str) -> Handoff:
    """The handoff whose id is ``wanted`` or, as the only one, begins with it.

    Raises ``CommandError`` that lists the handoffs that begin with it, or the newest ones when none does.
    """
    if exact := await store.load(wanted):
        return exact
    rows = await store.fetch(
        "SELECT id FROM handoffs WHERE workspace = :workspace AND substr(id, 1, :length) = :wanted "
        "ORDER BY created_at DESC, id LIMIT :limit",
        {"workspace": workspace, "length": len(wanted), "wanted": wanted, "limit": NEWEST + 1},
    )
    ids = [str(row["id"]) for row in rows]
    if len(ids) == 1 and (only := await store.load(ids[0])):
        return only
    if ids:
        more = " and more" if len(ids) > NEWEST else ""
        raise CommandError(
            f"{wanted!r} is the beginning of several handoffs: {', '.join(ids[:NEWEST])}{more}",
            code=ExitCode.USAGE,
            next_step="give more of the id",
        )
    newest = [f"{one.id} ({one.state})" for one in await store.handoffs(limit=NEWEST)]
    known = f"the newest are: {', '.join(newest)}" if newest else "this store has no handoffs yet"
    raise CommandError(
        f"no handoff {wanted!r} in workspace {workspace!r}; {known}",
        code=ExitCode.USAGE,
        next_step="`livechat show` lists handoffs; `--store` reads another store",
    )
