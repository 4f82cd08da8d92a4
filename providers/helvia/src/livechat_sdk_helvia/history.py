"""The History: requests that are over, completed and missed, a page at a time however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from livechat_sdk.provider.embedded import Row, SqlValue
from livechat_sdk_helvia.context import DeskContext, page_limits, require
from livechat_sdk_helvia.faults import NotFound
from livechat_sdk_helvia.ids import MAX_ID
from livechat_sdk_helvia.past import OUTCOME, PastFilter, PastRequest, Place
from livechat_sdk_helvia.records import Conversation, DeskUser, Right, from_row
from livechat_sdk_helvia.sight import Sight

__all__ = ["History", "HistoryPage"]

_TOP: Final = Place(datetime.max.replace(tzinfo=UTC), MAX_ID)
"""Newer than everything."""

_PAST: Final = f"""
    SELECT c.*, owner.name AS owner_name, 0 AS unread, r.id AS request_id, {OUTCOME} AS outcome
    FROM desk_conversations c
    LEFT JOIN desk_users owner
      ON owner.workspace = c.workspace AND owner.integration = c.integration AND owner.id = c.owner_id
    JOIN desk_requests r
      ON r.workspace = c.workspace AND r.integration = c.integration AND r.conversation_id = c.id
     AND r.type = 'external'
"""  # noqa: S608 - our own constant

_NAMES: Final = """
    SELECT p.conversation_id, u.name FROM desk_participants p
    JOIN desk_users u ON u.workspace = p.workspace AND u.integration = p.integration AND u.id = p.user_id
    WHERE p.workspace = :workspace AND p.integration = :integration
"""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Past requests, newest first, and where the pages beside this one begin (``None``: there is none)."""

    items: Sequence[PastRequest]
    newer: Place | None
    older: Place | None


class History:
    """Reads what is over, to whoever handles conversations and may see it."""

    def __init__(self, desk: DeskContext, sight: Sight) -> None:
        self._desk = desk
        self._sight = sight

    async def page(
        self,
        actor: DeskUser,
        wanted: PastFilter,
        *,
        take: int = 50,
        before: Place | None = None,
        after: Place | None = None,
    ) -> HistoryPage:
        """Requests older than ``before``, or newer than ``after``, or the newest ones.

        Raises ``InvalidField`` for a ``take`` that is out of range.
        """
        require(actor, Right.HANDLE)
        page_limits(0, take)
        where, params = await self._where(actor, wanted)
        values: dict[str, SqlValue] = dict(params)
        edge = before or after
        upwards = before is None and after is not None
        # The first page has an edge too: with it, the database walks the index instead of sorting everything.
        comparison = ">" if upwards else "<"
        where += f" AND (c.created_at, c.id) {comparison} (:edge_at, :edge_id)"
        at, _, number = str(edge or _TOP).partition("~")
        values |= {"edge_at": at, "edge_id": int(number)}
        order = "ASC" if upwards else "DESC"
        rows = await self._desk.fetch(
            f"{_PAST} WHERE {where} ORDER BY c.created_at {order}, c.id {order} LIMIT :take",
            take=take + 1,
            **values,
        )
        more, found = len(rows) > take, await self._records(rows[:take])
        if upwards:
            found.reverse()
        first, last = (found[0].place, found[-1].place) if found else (None, None)
        return HistoryPage(
            items=found,
            newer=first if (more if upwards else edge is not None) else None,
            older=last if (upwards or more) else None,
        )

    async def get(self, actor: DeskUser, conversation_id: int) -> PastRequest:
        """One past request by the id of its conversation. Raises ``NotFound``, also while it is not over."""
        require(actor, Right.HANDLE)
        where, params = await self._where(actor, PastFilter())
        rows = await self._desk.fetch(f"{_PAST} WHERE {where} AND c.id = :id", id=conversation_id, **params)
        if not rows:
            raise NotFound(f"There is no past conversation {conversation_id} at this desk.")
        return (await self._records(rows))[0]

    async def bots(self, actor: DeskUser) -> Sequence[str]:
        """The bots that ever asked for a human here."""
        require(actor, Right.HANDLE)
        rows = await self._desk.fetch(
            """
            SELECT DISTINCT bot FROM desk_conversations
            WHERE workspace = :workspace AND integration = :integration ORDER BY bot
            """
        )
        return [str(row["bot"]) for row in rows]

    async def members(self, actor: DeskUser) -> Sequence[tuple[int, str]]:
        """Everybody who has, or had, an account: id and name, by name."""
        require(actor, Right.HANDLE)
        rows = await self._desk.fetch(
            """
            SELECT id, name FROM desk_users
            WHERE workspace = :workspace AND integration = :integration ORDER BY name, id
            """
        )
        return [(int(str(row["id"])), str(row["name"])) for row in rows]

    async def _where(self, actor: DeskUser, wanted: PastFilter) -> tuple[str, Mapping[str, SqlValue]]:
        """The condition of a filter, and that ``actor`` may see it."""
        (where, params), view = wanted.where(), await self._sight.view(actor)
        return f"{where} AND {view.conversations}", {**params, **view.params}

    async def _records(self, rows: Sequence[Row]) -> list[PastRequest]:
        """Rows with the names of those who were in them."""
        ids = {f"c{number}": int(str(row["id"])) for number, row in enumerate(rows)}
        names: defaultdict[object, list[str]] = defaultdict(list)
        if ids:
            listed = ", ".join(f":{name}" for name in ids)
            found = await self._desk.fetch(
                f"{_NAMES} AND p.conversation_id IN ({listed}) ORDER BY p.is_owner DESC, p.joined_at",
                **ids,
            )
            for row in found:
                names[row["conversation_id"]].append(str(row["name"]))
        return [
            from_row(
                PastRequest, row, conversation=from_row(Conversation, row), handlers=tuple(names[row["id"]])
            )
            for row in rows
        ]
