"""Erasing: what the ledger holds about a handoff, and the one transaction that removes it.

Written once for every database: reads, then statements that only hold while nothing has changed since. The
tables of embedded providers are erased in the same transaction (see ``provider.personal``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.errors import Conflict, StoreError
from livechat_sdk.ledger import documents
from livechat_sdk.ledger.tombstones import chat_digest, pseudonym_of, salt_for_erasing, tombstone
from livechat_sdk.provider.embedded import EmbeddedDatabase, Row, SqlValue, Statement
from livechat_sdk.provider.personal import PersonalTable, embedded_integrations, personal_tables

__all__ = ["Eraser", "Holding", "OpenWork", "Remainder", "StillOpen"]

# ruff: noqa: S608 - names of tables and columns are ours or declared by providers; values are parameters
_TRIES: Final = 20
_MOST_WAITING: Final = 1000
_COLUMNS: Final = {"user": "user_id", "handoff": "id", "conversation": "conversation_id"}


@dataclass(frozen=True, slots=True)
class OpenWork:
    """Something that is still to be done for a handoff."""

    kind: str
    tries: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Remainder:
    """What a vendor still has: nobody but the vendor can erase it.

    ``ref`` is our reference of a chat, ``vendor_ref`` the vendor's id of the chat or ticket. ``open``: the
    chat may still be open there. ``confirmed``: the vendor said that the chat exists.
    """

    handoff_id: str
    what: Literal["chat", "ticket"]
    integration: str
    ref: str | None = None
    vendor_ref: str | None = None
    url: str | None = None
    open: bool = False
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Holding:
    """What the ledger holds about one handoff."""

    handoff_id: str
    conversation_id: str
    user_id: str
    bot: str
    state: HandoffState
    version: int
    messages: int
    work: tuple[OpenWork, ...]
    remains: tuple[Remainder, ...]
    refs: tuple[tuple[str, str], ...]
    """Integration and reference of every chat, ours and the vendors'."""

    @property
    def is_live(self) -> bool:
        """Whether the human side owns the conversation because of it."""
        return self.state is not HandoffState.ENDED


class StillOpen(Exception):
    """The handoff is live, or something is still to be done for it; nothing was erased."""

    def __init__(self, holding: Holding) -> None:
        self.holding = holding
        super().__init__(holding.handoff_id)


class Eraser:
    """Erases handoffs of one workspace, each with everything about it in one transaction.

    ``discard`` is called before, with the handoff's id: it deletes what is not in the database. What it
    raises leaves the handoff as it is.
    """

    def __init__(
        self,
        database: EmbeddedDatabase,
        workspace: str,
        discard: Callable[[str], Awaitable[object]] | None = None,
    ) -> None:
        self._database = database
        self._workspace = workspace
        self._discard = discard

    async def find(self, by: Literal["user", "handoff", "conversation"], value: str) -> Sequence[str]:
        """Ids of the handoffs of a user or a conversation, or of the one with this id, oldest first."""
        # Sorted here: asked to sort, SQLite would walk through all handoffs by age instead.
        rows = await self._fetch(
            f"SELECT id, created_at FROM handoffs WHERE workspace = :workspace AND {_COLUMNS[by]} = :value",
            value=value,
        )
        return [
            str(row["id"]) for row in sorted(rows, key=lambda row: (str(row["created_at"]), str(row["id"])))
        ]

    async def holding(self, handoff_id: str) -> Holding | None:
        """What there is about a handoff; ``None`` when there is no such handoff."""
        found = await self._fetch(
            """
            SELECT conversation_id, user_id, bot, state, version,
                (SELECT COUNT(*) FROM entries WHERE workspace = :workspace AND handoff_id = :id) AS messages
            FROM handoffs WHERE workspace = :workspace AND id = :id
            """,
            id=handoff_id,
        )
        if not found:
            return None
        (row,) = found
        work = await self._fetch(
            """
            SELECT kind, tries, error FROM actions
            WHERE workspace = :workspace AND handoff_id = :id AND status IN ('pending', 'started') ORDER BY id
            """,
            id=handoff_id,
        )
        chats = await self._fetch(
            """
            SELECT integration, ref, vendor_ref, left_open, closed_at,
                CASE WHEN document IS NULL THEN 0 ELSE 1 END AS confirmed
            FROM chats WHERE workspace = :workspace AND handoff_id = :id ORDER BY attempt
            """,
            id=handoff_id,
        )
        tickets = await self._fetch(
            """
            SELECT ticket FROM tickets WHERE workspace = :workspace AND handoff_id = :id
            ORDER BY stored_at, source, ticket_key
            """,
            id=handoff_id,
        )
        here = await embedded_integrations(self._database, self._workspace)
        remains = [_chat_at_vendor(handoff_id, chat) for chat in chats]
        remains += [_ticket_at_vendor(handoff_id, ticket) for ticket in tickets]
        return Holding(
            handoff_id=handoff_id,
            conversation_id=str(row["conversation_id"]),
            user_id=str(row["user_id"]),
            bot=str(row["bot"]),
            state=HandoffState(str(row["state"])),
            version=_number(row["version"]),
            messages=_number(row["messages"]),
            work=tuple(OpenWork(str(w["kind"]), _number(w["tries"]), _text(w["error"])) for w in work),
            remains=tuple(one for one in remains if one.integration not in here),
            refs=tuple(
                (str(chat["integration"]), str(ref))
                for chat in chats
                for ref in (chat["ref"], chat["vendor_ref"])
                if ref is not None
            ),
        )

    async def erase(self, handoff_id: str, at: datetime, *, drop_open: bool = False) -> Holding | None:
        """Erase a handoff that has ended; what was there, or ``None`` when there was nothing.

        Raises ``StillOpen`` for one that is live, or for which something is still to be done (unless
        ``drop_open``); nothing is written then.
        """
        for _ in range(_TRIES):
            holding = await self.holding(handoff_id)
            if holding is None:
                return None
            if holding.is_live or (holding.work and not drop_open):
                raise StillOpen(holding)
            if self._discard is not None:
                await self._discard(handoff_id)
            try:
                await self._database.commit(await self._statements(holding, at))
            except Conflict:
                continue  # it was changed meanwhile: look again
            return holding
        raise StoreError(f"handoff {handoff_id} is changed by others all the time; try again")

    async def erase_rest(
        self, by: Literal["user", "handoff", "conversation"], value: str, at: datetime
    ) -> None:
        """Erase what no handoff leads to any more: rows of embedded providers, and a conversation's row.

        Nothing is erased while there is such a handoff, or the user or the conversation has one.
        """
        tables = await personal_tables(self._database)
        statements = [self._delete_rows(table, value, unless_more=True) for table in tables if table.by == by]
        if by == "conversation":
            statements += self._rename_conversation(value, await salt_for_erasing(self._database), at)
        if not statements:
            return
        for _ in range(_TRIES):
            try:
                await self._database.commit(statements)
            except Conflict:  # a request came in between
                continue
            return
        raise StoreError(f"what is kept about a {by} is changed by others all the time; try again")

    async def _statements(self, holding: Holding, at: datetime) -> list[Statement]:
        salt = await salt_for_erasing(self._database)
        tables = await personal_tables(self._database)
        keys = {
            "handoff": holding.handoff_id,
            "conversation": holding.conversation_id,
            "user": holding.user_id,
        }
        handoff = self._statement(
            """
            DELETE FROM handoffs
            WHERE workspace = :workspace AND id = :id AND version = :version AND state = 'ended'
            """,
            expect=1,
            id=holding.handoff_id,
            version=holding.version,
        )  # everything that refers to it goes with it
        seen = self._statement(
            "DELETE FROM seen WHERE workspace = :workspace AND handoff_id = :id", id=holding.handoff_id
        )
        waiting = [
            self._statement("DELETE FROM inbox WHERE workspace = :workspace AND id = :id", id=inbox_id)
            for inbox_id in await self._waiting_events(holding)
        ]
        hashes = [
            tombstone(self._workspace, chat_digest(salt, self._workspace, integration, ref), at)
            for integration, ref in dict.fromkeys(holding.refs)
        ]
        own = [self._delete_rows(table, keys["handoff"]) for table in tables if table.by == "handoff"]
        wider = [
            self._delete_rows(table, keys[table.by], unless_more=True)
            for table in tables
            if table.by != "handoff"
        ]
        renamed = self._rename_conversation(holding.conversation_id, salt, at)
        # Conditions of providers may look at the handoff; what goes with the last one must not see it.
        return [*own, handoff, seen, *waiting, *hashes, *wider, *renamed]

    async def _waiting_events(self, holding: Holding) -> Sequence[int]:
        """Events of its chats that no step has taken yet, and such as were kept because nothing matched."""
        ids: set[int] = set()
        for integration, ref in holding.refs:
            kept = await self._fetch(
                """
                SELECT inbox_id FROM inbox_refs
                WHERE workspace = :workspace AND integration = :integration AND ref = :ref
                """,
                integration=integration,
                ref=ref,
            )
            ids.update(_number(row["inbox_id"]) for row in kept)
        fresh = await self._fetch(
            "SELECT id, event FROM inbox WHERE workspace = :workspace AND kept = 0 ORDER BY id LIMIT :most",
            most=_MOST_WAITING,
        )
        refs = set(holding.refs)
        for row in fresh:
            event = documents.load_event(str(row["event"]))
            if any((event.integration, ref) in refs for ref in event.refs):
                ids.add(_number(row["id"]))
        return sorted(ids)

    def _delete_rows(self, table: PersonalTable, value: str, *, unless_more: bool = False) -> Statement:
        sql = f"DELETE FROM {table.table} WHERE {table.condition}"
        if unless_more:
            sql += _UNLESS_MORE.format(column=_COLUMNS[table.by], value=table.by)
        return Statement(sql, table.params(self._workspace, value))

    def _rename_conversation(self, conversation_id: str, salt: str, at: datetime) -> list[Statement]:
        """Once no handoff is left, the conversation is known by a pseudonym only, with its owner number."""
        unless_more = _UNLESS_MORE.format(column="conversation_id", value="id")
        keep = self._statement(
            f"""
            INSERT INTO conversations (workspace, id, owner, number, updated_at)
            SELECT workspace, :pseudonym, 'bot', number, :at FROM conversations
            WHERE workspace = :workspace AND id = :id{unless_more}
            ON CONFLICT (workspace, id) DO UPDATE
            SET number = CASE WHEN excluded.number > conversations.number THEN excluded.number
                ELSE conversations.number END, updated_at = excluded.updated_at
            """,
            id=conversation_id,
            pseudonym=pseudonym_of(salt, self._workspace, conversation_id),
            at=utc_text(at),
        )
        drop = self._statement(
            f"DELETE FROM conversations WHERE workspace = :workspace AND id = :id{unless_more}",
            id=conversation_id,
        )
        return [keep, drop]

    def _statement(self, sql: str, *, expect: int | None = None, **values: SqlValue) -> Statement:
        return Statement(sql, {"workspace": self._workspace, **values}, expect)

    async def _fetch(self, sql: str, **values: SqlValue) -> Sequence[Row]:
        return await self._database.fetch(sql, {"workspace": self._workspace, **values})


_UNLESS_MORE: Final = (
    " AND NOT EXISTS (SELECT 1 FROM handoffs AS h WHERE h.workspace = :workspace AND h.{column} = :{value})"
)


def _chat_at_vendor(handoff_id: str, chat: Mapping[str, SqlValue]) -> Remainder:
    return Remainder(
        handoff_id,
        "chat",
        str(chat["integration"]),
        ref=str(chat["ref"]),
        vendor_ref=_text(chat["vendor_ref"]),
        open=bool(chat["left_open"]) or chat["closed_at"] is None,
        confirmed=bool(chat["confirmed"]),
    )


def _ticket_at_vendor(handoff_id: str, row: Mapping[str, SqlValue]) -> Remainder:
    ticket = documents.load(Ticket, str(row["ticket"]))
    return Remainder(handoff_id, "ticket", ticket.source, vendor_ref=ticket.id, url=ticket.url)


def _number(value: SqlValue) -> int:
    return int(str(value))


def _text(value: SqlValue) -> str | None:
    return None if value is None else str(value)
