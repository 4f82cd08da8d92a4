"""``LOCAL_TICKETING``: tickets in tables beside the ledger, for teams without a ticket system."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.tickets import Ticket, TicketDraft, TicketNote
from livechat_sdk.errors import Expect, RejectedError, RetryableError, UnavailableError
from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.policies.builtin_settings import LOCAL_TICKETING, LocalTicketingSettings
from livechat_sdk.provider.embedded import EmbeddedDatabase, Row, SqlValue, Statement
from livechat_sdk.provider.integration import IntegrationContext
from livechat_sdk.provider.interface import ProviderHost
from livechat_sdk.provider.personal import PersonalTable, declare_personal

__all__ = ["LOCAL_TICKETING", "LocalTicket", "LocalTicketing", "LocalTicketingSettings"]

MAX_BODY_BYTES = 1024 * 1024
"""Largest body of a ticket or note, in bytes of UTF-8."""

_SCHEMA = "local_tickets"
_SCHEMA_VERSION = 2
_DDL = (
    """CREATE TABLE IF NOT EXISTS local_tickets (
        workspace TEXT NOT NULL, integration TEXT NOT NULL, number INTEGER NOT NULL,
        draft_key TEXT NOT NULL, handoff TEXT NOT NULL, draft TEXT NOT NULL,
        status TEXT NOT NULL, created_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, number), UNIQUE (workspace, integration, draft_key))""",
    """CREATE INDEX IF NOT EXISTS local_tickets_handoff ON local_tickets (workspace, integration, handoff)""",
    """CREATE INDEX IF NOT EXISTS local_tickets_of_handoff ON local_tickets (workspace, handoff)""",
    """CREATE TABLE IF NOT EXISTS local_ticket_notes (
        workspace TEXT NOT NULL, integration TEXT NOT NULL, number INTEGER NOT NULL, place INTEGER NOT NULL,
        note_key TEXT NOT NULL, note TEXT NOT NULL, created_at TEXT NOT NULL,
        PRIMARY KEY (workspace, integration, number, place),
        UNIQUE (workspace, integration, number, note_key))""",
    """CREATE TABLE IF NOT EXISTS local_ticket_numbers (
        workspace TEXT NOT NULL, integration TEXT NOT NULL, highest INTEGER NOT NULL,
        PRIMARY KEY (workspace, integration))""",
    """INSERT INTO local_ticket_numbers (workspace, integration, highest)
        SELECT workspace, integration, MAX(number) FROM local_tickets WHERE number > 0
        GROUP BY workspace, integration ON CONFLICT (workspace, integration) DO NOTHING""",
)
_PERSONAL = (
    PersonalTable(
        "local_ticket_notes",
        "handoff",
        "(integration, number) IN (SELECT t.integration, t.number FROM local_tickets AS t"
        " WHERE t.workspace = :workspace AND t.handoff = :handoff)",
    ),
    PersonalTable("local_tickets", "handoff", "handoff = :handoff"),
)
_MINE = "workspace = :workspace AND integration = :integration"
# ruff: noqa: S608 - the SQL is put together from constants of this module only
# The number is taken and used in one statement. Where two writers still meet, one inserts nothing: the
# table holds the key then (the same ticket, asked for twice) or the number (the next try gets another).
_ADD_TICKET = f"""INSERT INTO local_tickets
    (workspace, integration, number, draft_key, handoff, draft, status, created_at)
    SELECT :workspace, :integration, COALESCE(MAX(taken.number), 0) + 1, :key, :handoff, :document, 'open',
        :now
    FROM (SELECT MAX(number) AS number FROM local_tickets WHERE {_MINE}
        UNION ALL SELECT highest FROM local_ticket_numbers WHERE {_MINE}) AS taken
    WHERE 1 = 1 ON CONFLICT DO NOTHING"""
# The number of a ticket that was erased is not given to another one.
_KEEP_NUMBER = f"""INSERT INTO local_ticket_numbers (workspace, integration, highest)
    SELECT workspace, integration, MAX(number) FROM local_tickets WHERE {_MINE}
    GROUP BY workspace, integration ON CONFLICT (workspace, integration) DO UPDATE
    SET highest = CASE WHEN excluded.highest > local_ticket_numbers.highest
        THEN excluded.highest ELSE local_ticket_numbers.highest END"""
_ADD_NOTE = f"""INSERT INTO local_ticket_notes
    (workspace, integration, number, place, note_key, note, created_at)
    SELECT :workspace, :integration, :number, COALESCE(MAX(place), 0) + 1, :key, :document, :now
    FROM local_ticket_notes WHERE {_MINE} AND number = :number ON CONFLICT DO NOTHING"""
_HAS_TICKET = f"SELECT number FROM local_tickets WHERE {_MINE} AND draft_key = :key"
_HAS_NOTE = f"SELECT place FROM local_ticket_notes WHERE {_MINE} AND number = :number AND note_key = :key"
_TRIES = 50
_TICKET_ID = re.compile(r"T-(\d{6,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class LocalTicket:
    """A ticket with all that is in it, notes oldest first."""

    ticket: Ticket
    draft: TicketDraft
    notes: tuple[TicketNote, ...]


class LocalTicketing:
    """Tickets ``T-000001``, ``T-000002``, … of one integration, for the hooks about tickets.

    Any number of calls and processes may run at the same time: each key gives one ticket, each ticket
    has a number of its own. Raises the ``ProviderError`` family.
    """

    def __init__(self, context: IntegrationContext, settings: LocalTicketingSettings) -> None:
        self._context = context
        self._database: EmbeddedDatabase | None = None

    @property
    def name(self) -> str:
        """The integration's name in the settings."""
        return self._context.name

    async def start(self, host: ProviderHost) -> None:
        """Called once before the first ticket: makes the tables."""
        await host.database.create_tables(_SCHEMA, _SCHEMA_VERSION, _DDL)
        await declare_personal(
            host.database, _SCHEMA, _PERSONAL, workspace=self._context.workspace, integration=self.name
        )
        self._database = host.database

    @hookimpl
    async def livechat_create_ticket(self, draft: TicketDraft, handoff: Handoff) -> Ticket:
        """Store a ticket; the same ``draft.key`` gives the ticket that was made first."""
        self._check_size("create_ticket", draft.body)
        ticket = self._params(
            key=draft.key, handoff=handoff.id, document=draft.model_dump_json(), now=self._now()
        )
        keep = Statement(_KEEP_NUMBER, self._params())
        await self._add("create_ticket", _ADD_TICKET, _HAS_TICKET, ticket, keep)
        rows = await self._fetch("draft_key = :key", key=draft.key)
        return self._ticket(rows[0])

    @hookimpl
    async def livechat_add_to_ticket(self, ticket: Ticket, note: TicketNote) -> Ticket | None:
        """Add a note, once for each ``note.key``; abstains for tickets of another source."""
        if ticket.source != self.name:
            return None
        found = await self._numbered(ticket.id)
        if found is None:
            raise self._rejected("add_to_ticket", f"there is no ticket {ticket.id!r} here")
        self._check_size("add_to_ticket", note.body)
        added = self._params(
            key=note.key, number=found["number"], document=note.model_dump_json(), now=self._now()
        )
        await self._add("add_to_ticket", _ADD_NOTE, _HAS_NOTE, added)
        return self._ticket(found)

    @hookimpl
    async def livechat_list_tickets(self, handoff: Handoff) -> Sequence[Ticket]:
        """The tickets of a handoff, oldest first."""
        return tuple(self._ticket(row) for row in await self._fetch("handoff = :handoff", handoff=handoff.id))

    async def read(self, ticket_id: str) -> LocalTicket | None:
        """One ticket with its body and notes; ``None`` when there is none with this id."""
        row = await self._numbered(ticket_id)
        if row is None:
            return None
        notes = await self._ready("read").fetch(
            f"SELECT note FROM local_ticket_notes WHERE {_MINE} AND number = :number ORDER BY place",
            self._params(number=row["number"]),
        )
        return LocalTicket(
            ticket=self._ticket(row),
            draft=TicketDraft.model_validate_json(str(row["draft"])),
            notes=tuple(TicketNote.model_validate_json(str(one["note"])) for one in notes),
        )

    async def _add(
        self, operation: str, insert: str, present: str, params: Mapping[str, SqlValue], *more: Statement
    ) -> None:
        """Insert a row under its key unless one is there; tries again when another writer took the number."""
        database = self._ready(operation)
        used = {
            name: params[name] for name in ("workspace", "integration", "key", "number") if name in params
        }
        for _ in range(_TRIES):
            try:
                await database.commit([Statement(insert, params, expect=1), *more])
            except Expect:
                if await database.fetch(present, used):
                    return
            else:
                return
        raise RetryableError(
            "too many writers at the same time; try again",
            provider=self.name,
            operation=operation,
            sent=False,
        )

    async def _numbered(self, ticket_id: str) -> Row | None:
        match = _TICKET_ID.fullmatch(ticket_id)
        if match is None:
            return None
        rows = await self._fetch("number = :number", number=int(match[1]))
        return rows[0] if rows else None

    async def _fetch(self, condition: str, **params: SqlValue) -> Sequence[Row]:
        return await self._ready("read").fetch(
            "SELECT number, draft_key, draft, status, created_at FROM local_tickets"
            f" WHERE {_MINE} AND {condition} ORDER BY number",
            self._params(**params),
        )

    def _params(self, **more: SqlValue) -> Mapping[str, SqlValue]:
        return {"workspace": self._context.workspace, "integration": self.name, **more}

    def _ready(self, operation: str) -> EmbeddedDatabase:
        if self._database is None:
            raise UnavailableError(
                "the integration is not started yet", provider=self.name, operation=operation, sent=False
            )
        return self._database

    def _now(self) -> str:
        return utc_text(self._context.now())

    def _check_size(self, operation: str, body: str) -> None:
        size = len(body.encode("utf-8", "replace"))
        if size > MAX_BODY_BYTES:
            raise self._rejected(operation, f"the text has {size:,} bytes, the limit is {MAX_BODY_BYTES:,}")

    def _rejected(self, operation: str, message: str) -> RejectedError:
        return RejectedError(message, provider=self.name, operation=operation, sent=False)

    def _ticket(self, row: Row) -> Ticket:
        draft = TicketDraft.model_validate_json(str(row["draft"]))
        number = f"T-{int(str(row['number'])):06}"
        return Ticket(
            source=self.name,
            id=number,
            number=number,
            state="open",  # nobody works on them here
            key=str(row["draft_key"]),
            subject=draft.subject,
            status=str(row["status"]),
            created_at=datetime.fromisoformat(str(row["created_at"])),
        )
