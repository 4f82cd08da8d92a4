"""The lists of the inbox, New, Open and Closed: what is in them for each member, and how long one waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from livechat_sdk.provider.embedded import Row
from livechat_sdk_helvia.context import DeskContext, page_limits
from livechat_sdk_helvia.records import (
    Conversation,
    ConversationStatus,
    Counts,
    DeskRequest,
    DeskUser,
    RequestStatus,
    from_row,
)
from livechat_sdk_helvia.selects import CONVERSATION as _CONVERSATION
from livechat_sdk_helvia.selects import REQUEST as _REQUEST
from livechat_sdk_helvia.sight import Sight

# ruff: noqa: S608 - the SQL is put together from constants of the desk only

__all__ = ["Inbox"]

_ESTIMATE_FROM: Final = 20


class Inbox:
    """Reads the lists, for a member or for the desk itself."""

    def __init__(self, desk: DeskContext, sight: Sight) -> None:
        self._desk = desk
        self._sight = sight

    async def requests(
        self,
        status: RequestStatus,
        *,
        seen_by: DeskUser | None = None,
        skip: int = 0,
        take: int = 50,
    ) -> Sequence[DeskRequest]:
        """Requests of one status: waiting ones oldest first, others newest first.

        Only those that ``seen_by`` may see. ``None`` is the desk itself, which asks for end users' alone.
        """
        skip, take = page_limits(skip, take)
        view, (asked, viewer) = await self._sight.view(seen_by), _asked(seen_by)
        order = "r.id" if status is RequestStatus.NEW else "r.id DESC"
        rows = await self._desk.fetch(
            f"""{_REQUEST} AND r.status = :status AND {view.listed} AND {asked}
            ORDER BY {order} LIMIT :take OFFSET :skip
            """,
            **viewer,
            status=status.value,
            skip=skip,
            take=take,
            **view.params,
        )
        ids = {f"c{number}": int(str(row["conversation_id"])) for number, row in enumerate(rows)}
        listed = ", ".join(f":{name}" for name in ids)
        found = await self._desk.fetch(_CONVERSATION + " AND c.id IN (" + listed + ")", **ids) if ids else ()
        by_id = {row["id"]: from_row(Conversation, row) for row in found}
        return [from_row(DeskRequest, row, conversation=by_id[row["conversation_id"]]) for row in rows]

    async def with_status(
        self,
        status: ConversationStatus,
        *,
        seen_by: DeskUser | None = None,
        skip: int = 0,
        take: int = 50,
    ) -> Sequence[Conversation]:
        """Conversations of one status, the one with the newest message first.

        Only those that ``seen_by`` may see; ``None`` is the desk itself.
        """
        skip, take = page_limits(skip, take)
        view = await self._sight.view(seen_by)
        rows = await self._desk.fetch(
            f"""{_CONVERSATION} AND c.status = :status AND {view.conversations}
            ORDER BY c.last_at DESC, c.id DESC LIMIT :take OFFSET :skip
            """,
            status=status.value,
            skip=skip,
            take=take,
            **view.params,
        )
        return [from_row(Conversation, row) for row in rows]

    async def counts(self, seen_by: DeskUser | None = None) -> Counts:
        """How many there are in New, Open and Closed, of those that ``seen_by`` may see."""
        view, (asked, viewer) = await self._sight.view(seen_by), _asked(seen_by)
        talks = f"""
            SELECT COUNT(*) FROM desk_conversations c
            WHERE c.workspace = :workspace AND c.integration = :integration AND {view.conversations}
        """
        row = await self._desk.first(
            f"""
            SELECT
              (SELECT COUNT(*) FROM desk_requests r WHERE r.workspace = :workspace
               AND r.integration = :integration AND r.status = 'new' AND {view.listed} AND {asked}) AS new,
              ({talks} AND c.status = 'started') AS open,
              ({talks} AND c.status = 'finished') AS closed
            """,
            **viewer,
            **view.params,
        )
        return from_row(Counts, row) if row else Counts()

    async def average_wait(self) -> float | None:
        """Seconds that the last 20 accepted requests waited, on average; ``None`` before the first one."""
        rows = await self._desk.fetch(
            """
            SELECT c.created_at, c.started_at FROM desk_conversations c
            WHERE c.workspace = :workspace AND c.integration = :integration AND c.started_at IS NOT NULL
            ORDER BY c.started_at DESC LIMIT :take
            """,
            take=_ESTIMATE_FROM,
        )
        waits = [_seconds(row) for row in rows]
        return sum(waits) / len(waits) if waits else None


def _asked(viewer: DeskUser | None) -> tuple[str, dict[str, int]]:
    """Which requests ``r`` ask something of ``viewer``: a transfer asks nothing of whoever owns the talk."""
    if viewer is None:
        return "r.type = 'external'", {}
    condition = """(r.type = 'external' OR NOT EXISTS (
        SELECT 1 FROM desk_conversations own
        WHERE own.workspace = r.workspace AND own.integration = r.integration
          AND own.id = r.conversation_id AND own.owner_id = :viewer))"""
    return condition, {"viewer": viewer.id}


def _seconds(row: Row) -> float:
    created, started = (datetime.fromisoformat(str(row[name])) for name in ("created_at", "started_at"))
    return max(0.0, (started - created).total_seconds())
