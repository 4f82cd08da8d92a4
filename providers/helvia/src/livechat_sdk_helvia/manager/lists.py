"""Requests, conversations and messages as the published manager lists them: by status, order, skip, take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from livechat_sdk.provider.embedded import Row, SqlValue
from livechat_sdk_helvia.context import DeskContext, page_limits
from livechat_sdk_helvia.records import (
    Conversation,
    DeskMessage,
    DeskRequest,
    DeskUser,
    Participant,
    from_row,
)
from livechat_sdk_helvia.selects import CONVERSATION, REQUEST
from livechat_sdk_helvia.sight import Sight

# ruff: noqa: S608 - the SQL is put together from constants of the desk only

__all__ = ["ManagerLists", "Page"]

_REQUEST_STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "new": ("new",),
    "accepted": ("accepted",),
    "missed": ("missed", "cancelled"),
}
_CONVERSATION_STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "started": ("started",),
    "finished": ("finished",),
}


@dataclass(frozen=True, slots=True)
class Page:
    """What part of a list is wanted. No ``statuses`` means all of them; unknown ones match nothing."""

    statuses: tuple[str, ...] = ()
    order: Literal["ASC", "DESC"] = "DESC"
    skip: int = 0
    take: int = 50


class ManagerLists:
    """Reads lists. Without ``seen_by`` it is a service that asks, which sees everything."""

    def __init__(self, desk: DeskContext, sight: Sight) -> None:
        self._desk = desk
        self._sight = sight

    async def requests(self, page: Page, *, user_id: str | None = None) -> Sequence[DeskRequest]:
        """Requests by their id, which grows with time; of one end user with ``user_id``."""
        skip, take = page_limits(page.skip, page.take)
        states, values = _states("r.status", page.statuses, _REQUEST_STATES)
        where = states
        if user_id is not None:
            where += """ AND EXISTS (
                SELECT 1 FROM desk_conversations own
                WHERE own.workspace = r.workspace AND own.integration = r.integration
                  AND own.id = r.conversation_id AND own.user_id = :user_id)"""
            values["user_id"] = user_id
        rows = await self._desk.fetch(
            f"{REQUEST} AND {where} ORDER BY r.id {page.order} LIMIT :take OFFSET :skip",
            skip=skip,
            take=take,
            **values,
        )
        return await self._with_conversations(rows)

    async def requests_of(self, conversation_ids: Sequence[int]) -> Sequence[DeskRequest]:
        """All requests of some conversations, oldest first."""
        if not conversation_ids:
            return []
        listed, values = _listed("i", conversation_ids)
        rows = await self._desk.fetch(
            f"{REQUEST} AND r.conversation_id IN ({listed}) ORDER BY r.id", **values
        )
        return await self._with_conversations(rows)

    async def conversations(
        self, page: Page, *, user_id: str | None = None, seen_by: DeskUser | None = None
    ) -> Sequence[Conversation]:
        """Conversations that were accepted, by their id; of one end user with ``user_id``."""
        skip, take = page_limits(page.skip, page.take)
        where, values = await self._wanted(page, user_id, seen_by)
        rows = await self._desk.fetch(
            f"{CONVERSATION} AND {where} ORDER BY c.id {page.order} LIMIT :take OFFSET :skip",
            skip=skip,
            take=take,
            **values,
        )
        return [from_row(Conversation, row) for row in rows]

    async def count(self, page: Page, *, seen_by: DeskUser) -> int:
        """How many conversations there are of those that ``seen_by`` may see, on all pages."""
        where, values = await self._wanted(page, None, seen_by)
        row = await self._desk.first(
            f"""
            SELECT COUNT(*) AS found FROM desk_conversations c
            WHERE c.workspace = :workspace AND c.integration = :integration AND {where}
            """,
            **values,
        )
        return int(str(row["found"])) if row else 0

    async def messages(self, conversation_id: int, page: Page) -> Sequence[DeskMessage]:
        """Messages of a conversation in the order in which they were said, or the other way round."""
        skip, take = page_limits(page.skip, page.take)
        rows = await self._desk.fetch(
            f"""
            SELECT * FROM desk_messages
            WHERE workspace = :workspace AND integration = :integration
              AND conversation_id = :conversation_id
            ORDER BY seq {page.order} LIMIT :take OFFSET :skip
            """,
            conversation_id=conversation_id,
            skip=skip,
            take=take,
        )
        return [from_row(DeskMessage, row) for row in rows]

    async def participants(self, conversation_ids: Sequence[int]) -> Mapping[int, Sequence[Participant]]:
        """The members of the team in each of some conversations."""
        if not conversation_ids:
            return {}
        listed, values = _listed("i", conversation_ids)
        rows = await self._desk.fetch(
            f"""
            SELECT p.*, u.name AS name, COALESCE(s.seq, 0) AS read_seq,
                   (SELECT COALESCE(MAX(m.seq), 0) FROM desk_messages m
                    WHERE m.workspace = p.workspace AND m.integration = p.integration
                      AND m.conversation_id = p.conversation_id AND m.author = 'end-user') AS newest_seq
            FROM desk_participants p
            LEFT JOIN desk_reads s
              ON s.workspace = p.workspace AND s.integration = p.integration
                 AND s.conversation_id = p.conversation_id AND s.user_id = p.user_id
            JOIN desk_users u
              ON u.workspace = p.workspace AND u.integration = p.integration AND u.id = p.user_id
            WHERE p.workspace = :workspace AND p.integration = :integration
              AND p.conversation_id IN ({listed})
            ORDER BY p.joined_at, p.user_id
            """,
            **values,
        )
        found: dict[int, list[Participant]] = {one: [] for one in conversation_ids}
        for row in rows:
            found[int(str(row["conversation_id"]))].append(from_row(Participant, row))
        return found

    async def of_session(self, session: str, actor: DeskUser) -> Conversation | None:
        """The newest conversation of a session of the bot, if ``actor`` may see it."""
        view = await self._sight.view(actor)
        row = await self._desk.first(
            f"""{CONVERSATION} AND c.platform_conversation = :session AND {view.conversations}
            ORDER BY c.id DESC LIMIT 1
            """,
            session=session,
            **view.params,
        )
        return from_row(Conversation, row) if row else None

    async def newest_of_session(self, session: str, refs: str) -> Conversation | None:
        """The newest conversation of a session whose reference is like ``refs``."""
        row = await self._desk.first(
            f"""{CONVERSATION} AND c.platform_conversation = :session AND c.ref LIKE :refs
            ORDER BY c.id DESC LIMIT 1
            """,
            session=session,
            refs=refs,
        )
        return from_row(Conversation, row) if row else None

    async def _with_conversations(self, rows: Sequence[Row]) -> Sequence[DeskRequest]:
        ids = sorted({int(str(row["conversation_id"])) for row in rows})
        if not ids:
            return []
        listed, values = _listed("i", ids)
        found = await self._desk.fetch(f"{CONVERSATION} AND c.id IN ({listed})", **values)
        by_id = {row["id"]: from_row(Conversation, row) for row in found}
        return [from_row(DeskRequest, row, conversation=by_id[row["conversation_id"]]) for row in rows]

    async def _wanted(
        self, page: Page, user_id: str | None, seen_by: DeskUser | None
    ) -> tuple[str, dict[str, SqlValue]]:
        view = await self._sight.view(seen_by)
        states, values = _states("c.status", page.statuses, _CONVERSATION_STATES)
        where = f"{states} AND {view.conversations}"
        if user_id is not None:
            where += " AND c.user_id = :user_id"
            values["user_id"] = user_id
        return where, values | dict(view.params)


def _states(
    column: str, asked: Sequence[str], known: Mapping[str, tuple[str, ...]]
) -> tuple[str, dict[str, SqlValue]]:
    names = dict.fromkeys(asked or known)
    states = [state for name in names for state in known.get(name, ())]
    if not states:
        return "1 = 0", {}
    listed, values = _listed("s", states)
    return f"{column} IN ({listed})", values


def _listed(prefix: str, wanted: Sequence[SqlValue]) -> tuple[str, dict[str, SqlValue]]:
    values = {f"{prefix}{number}": one for number, one in enumerate(wanted)}
    return ", ".join(f":{name}" for name in values), values
