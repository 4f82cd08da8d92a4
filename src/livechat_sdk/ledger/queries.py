"""What is read from the tables, in the SQL that SQLite and PostgreSQL share, and rows into objects.

Parameters are written ``:name``; after ``IN`` stands a parameter whose value is a tuple. Each database brings
its own way of running a ``Query``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Handoff, HandoffState
from livechat_sdk.domain.messages import Direction, Fate, LedgerEntry
from livechat_sdk.domain.tickets import Ticket
from livechat_sdk.ledger import documents, rows
from livechat_sdk.ledger.cooldowns import Cooldown
from livechat_sdk.ledger.fates import RETURNED_TO_BOT
from livechat_sdk.ledger.secrets import SecretBox
from livechat_sdk.ledger.store import ActionRow, ChatPlace, InboxEvent, JournalEntry, Ownership, TimerRow
from livechat_sdk.lifecycle.parking import PARKED_KINDS

__all__ = ["Queries", "Query"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_Found = Sequence[Sequence[Any]]

_HANDOFF = """
    SELECT h.document, r.document FROM handoffs AS h
    JOIN requests AS r ON r.workspace = h.workspace AND r.handoff_id = h.id
"""
_OWNER = """
    SELECT c.owner, c.number, h.id, h.state, h.document FROM conversations AS c
    LEFT JOIN handoffs AS h
    ON h.workspace = c.workspace AND h.conversation_id = c.id AND h.state <> 'ended'
    WHERE c.workspace = :workspace AND c.id = :id
"""
_ENTRY = """
    SELECT handoff_id, seq, direction, author, message, fate, detail, attempt, vendor_id,
        created_at, updated_at
    FROM entries
"""
_JOURNAL = "SELECT seq, handoff_id, at, kind, state, version, refused, detail FROM journal"
_TICKET = "SELECT ticket FROM tickets"
_OF_TIMER = """
    SELECT 1 FROM handoffs AS h
    WHERE h.workspace = t.workspace AND h.id = t.handoff_id AND h.format <= :newest
"""
_NEXT_TIMER = "SELECT t.due_at FROM timers AS t"
_CHAT = "SELECT document, secrets FROM chats"
_OPEN_CHAT = "SELECT handoff_id, attempt, integration, closed_at IS NOT NULL FROM chats"
_CHAT_PLACE = "SELECT handoff_id, attempt FROM chats"
_TIMER = "SELECT t.handoff_id, t.name, t.due_at FROM timers AS t"
_WAITING = "SELECT id, event, received_at FROM inbox"
_KEPT = """
    SELECT DISTINCT i.id, i.event, i.received_at FROM inbox_refs AS r JOIN inbox AS i ON i.id = r.inbox_id
"""
_ACTION = """
    SELECT a.id, a.handoff_id, a.lane, a.document, a.status, a.tries, a.not_before, a.error, a.created_at,
        a.updated_at, a.rendered, {fence}
    FROM actions AS a
"""
_OPEN = "a.status IN ('pending', 'started')"


@dataclass(frozen=True, slots=True)
class Query(Generic[T_co]):
    """One SELECT, its parameters by name, and how its rows become an answer.

    A ``brief`` one finds a single row by a key, in less time than the way to a thread and back takes.
    """

    sql: str
    params: Mapping[str, Any]
    read: Callable[[_Found], T_co]
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Queries:
    """The queries on one workspace. ``fence`` is the SQL for the fence number of an action ``a``."""

    workspace: str
    fence: str = "0"

    # ------------------------------------------------------------------------------------------- handoffs
    def handoff(self, handoff_id: str) -> Query[Handoff | None]:
        """One handoff by its id."""
        return self._one(
            f"{_HANDOFF} WHERE h.workspace = :workspace AND h.id = :id", rows.handoff, id=handoff_id
        )

    def handoff_of_key(self, request_key: str) -> Query[Handoff | None]:
        """One handoff by the key of its request."""
        where = "h.workspace = :workspace AND h.request_key = :key"
        return self._one(f"{_HANDOFF} WHERE {where}", rows.handoff, key=request_key)

    def live_handoff(self, conversation_id: str) -> Query[Handoff | None]:
        """The handoff of a conversation that has not ended; there is never more than one."""
        where = "h.workspace = :workspace AND h.conversation_id = :conversation AND h.state <> 'ended'"
        return self._one(f"{_HANDOFF} WHERE {where}", rows.handoff, conversation=conversation_id)

    def handoffs(
        self, states: Sequence[HandoffState] | None, limit: int, *, newest_first: bool
    ) -> Query[Sequence[Handoff]]:
        """Handoffs by age."""
        where = "h.workspace = :workspace"
        params: dict[str, Any] = {"limit": limit}
        if states is not None:
            where += " AND h.state IN :states"
            params["states"] = tuple(states)
            if HandoffState.ENDED not in states:
                where += " AND h.state <> 'ended'"  # lets the small index of live handoffs be used
        order = "DESC" if newest_first else "ASC"
        sql = f"{_HANDOFF} WHERE {where} ORDER BY h.created_at {order}, h.id {order} LIMIT :limit"
        return self._all(sql, rows.handoff, **params)

    def ownership(self, conversation_id: str) -> Query[Ownership]:
        """Who owns a conversation, and what its live handoff allows the bot: one consistent answer."""
        params = {"workspace": self.workspace, "id": conversation_id}
        return Query(
            _OWNER, params, lambda found: rows.ownership(found[0]) if found else Ownership(), brief=True
        )

    # ------------------------------------------------------------------------------------------- messages
    def entries(self, handoff_id: str, after: int, limit: int) -> Query[Sequence[LedgerEntry]]:
        """Messages in the order in which they came."""
        sql = f"{_ENTRY} WHERE {_OF_HANDOFF} AND seq > :after ORDER BY seq LIMIT :limit"
        return self._all(sql, rows.entry, handoff=handoff_id, after=after, limit=limit)

    def entry(self, handoff_id: str, direction: Direction, key: str) -> Query[LedgerEntry | None]:
        """One message by its key."""
        sql = f"{_ENTRY} WHERE {_OF_HANDOFF} AND direction = :direction AND message_key = :key"
        return self._one(sql, rows.entry, handoff=handoff_id, direction=direction, key=key)

    def returned_to_bot(self, handoff_id: str) -> Query[Sequence[LedgerEntry]]:
        """The end user's messages that went back to the bot."""
        where = f"{_OF_HANDOFF} AND direction = :direction AND fate = :fate AND detail = :detail"
        return self._all(
            f"{_ENTRY} WHERE {where} ORDER BY seq",
            rows.entry,
            handoff=handoff_id,
            direction=Direction.TO_PROVIDER,
            fate=Fate.DROPPED,
            detail=RETURNED_TO_BOT,
        )

    def journal(self, handoff_id: str, after: int, limit: int) -> Query[Sequence[JournalEntry]]:
        """The inputs of a handoff in order."""
        sql = f"{_JOURNAL} WHERE {_OF_HANDOFF} AND seq > :after ORDER BY seq LIMIT :limit"
        return self._all(sql, rows.journal_entry, handoff=handoff_id, after=after, limit=limit)

    def tickets(self, handoff_id: str) -> Query[Sequence[Ticket]]:
        """Tickets made from a handoff."""
        sql = f"{_TICKET} WHERE {_OF_HANDOFF} ORDER BY stored_at, source, ticket_key"
        return self._all(sql, lambda row: documents.load(Ticket, row[0]), handoff=handoff_id)

    # ---------------------------------------------------------------------------------------------- chats
    def chat(self, handoff_id: str, attempt: int, box: SecretBox) -> Query[Chat | None]:
        """The vendor's side of an attempt, once it is known, with its secrets in clear."""
        place = (self.workspace, handoff_id, attempt)
        return self._one(
            f"{_CHAT} WHERE {_OF_HANDOFF} AND attempt = :attempt AND document IS NOT NULL",
            lambda row: rows.chat(row, box, place),
            handoff=handoff_id,
            attempt=attempt,
        )

    def open_chats(
        self, integrations: Sequence[str], shards: Sequence[int] | None = None
    ) -> Query[Sequence[ChatPlace]]:
        """Chats that are open at the vendor, oldest first."""
        where = "workspace = :workspace AND integration IN :integrations AND document IS NOT NULL"
        where += " AND (closed_at IS NULL OR left_open = 1)"
        return self._all(
            f"{_OPEN_CHAT} WHERE {where}{_in_shards(shards)} ORDER BY id",
            lambda row: ChatPlace(row[0], row[1], row[2], bool(row[3])),
            integrations=tuple(integrations),
            **_shard_params(shards),
        )

    def chats_open_at(self, integration: str) -> Query[Sequence[Chat]]:
        """Chats of an integration that are open at the vendor, without secrets, oldest first."""
        where = "workspace = :workspace AND integration = :integration AND document IS NOT NULL"
        where += " AND (closed_at IS NULL OR left_open = 1)"
        return self._all(
            f"{_CHAT} WHERE {where} ORDER BY id",
            lambda row: documents.load(Chat, row[0]),
            integration=integration,
        )

    def match(self, column: str, integration: str, refs: Sequence[str]) -> Query[tuple[str, int] | None]:
        """The newest attempt whose ``column`` (``ref`` or ``vendor_ref``) is one of these refs."""
        where = f"workspace = :workspace AND integration = :integration AND {column} IN :refs"
        return self._one(
            f"{_CHAT_PLACE} WHERE {where} ORDER BY id DESC LIMIT 1",
            lambda row: (str(row[0]), int(row[1])),
            integration=integration,
            refs=tuple(refs),
        )

    # ------------------------------------------------------------------------------------------ actions
    def actions(self, handoff_id: str) -> Query[Sequence[ActionRow]]:
        """Every action of a handoff."""
        sql = f"{self._action} WHERE a.workspace = :workspace AND a.handoff_id = :handoff ORDER BY a.id"
        return self._all(sql, rows.action, handoff=handoff_id)

    def open_actions(self, handoff_id: str | None = None) -> Query[Sequence[ActionRow]]:
        """Every pending or started action, of one handoff or of all."""
        where = f"a.workspace = :workspace AND {_OPEN}"
        params: dict[str, Any] = {}
        if handoff_id is not None:
            where += " AND a.handoff_id = :handoff"
            params["handoff"] = handoff_id
        return self._all(f"{self._action} WHERE {where} ORDER BY a.id", rows.action, **params)

    def unclaimed_actions(self, worker: str, limit: int) -> Query[Sequence[ActionRow]]:
        """Open actions that were not handed to this worker, oldest first."""
        where = f"a.workspace = :workspace AND {_OPEN} AND (a.worker IS NULL OR a.worker <> :worker)"
        sql = f"{self._action} WHERE {where} ORDER BY a.id LIMIT :limit"
        return self._all(sql, rows.action, worker=worker, limit=limit)

    def action(self, action_id: int) -> Query[ActionRow | None]:
        """One action by its id."""
        return self._one(
            f"{self._action} WHERE a.workspace = :workspace AND a.id = :id", rows.action, id=action_id
        )

    def given_up(self, handoff_id: str | None, limit: int) -> Query[Sequence[ActionRow]]:
        """Actions that failed or are doubtful and that a person may see to, of one handoff or of all."""
        kinds = ", ".join(f"'{kind}'" for kind in sorted(PARKED_KINDS))
        where = f"a.workspace = :workspace AND a.status IN ('failed', 'doubtful') AND a.kind IN ({kinds})"
        params: dict[str, Any] = {"limit": limit}
        if handoff_id is not None:
            where += " AND a.handoff_id = :handoff"
            params["handoff"] = handoff_id
        sql = f"{self._action} WHERE {where} ORDER BY a.id DESC LIMIT :limit"
        return self._all(sql, rows.action, **params)

    @property
    def _action(self) -> str:
        return _ACTION.format(fence=self.fence)

    # --------------------------------------------------------------------------------- timers and events
    def due_timers(
        self, now: datetime, limit: int, shards: Sequence[int] | None = None, newest: int | None = None
    ) -> Query[Sequence[TimerRow]]:
        """Timers that are due, oldest first; of handoffs whose documents are not newer than ``newest``."""
        where = f"t.workspace = :workspace AND t.due_at <= :now{_in_shards(shards)}{_readable(newest)}"
        return self._all(
            f"{_TIMER} WHERE {where} ORDER BY t.due_at, t.handoff_id, t.name LIMIT :limit",
            lambda row: TimerRow(row[0], row[1], rows.moment(row[2])),
            now=utc_text(now),
            limit=limit,
            **_shard_params(shards),
            **_newest_params(newest),
        )

    def next_timer(
        self, shards: Sequence[int] | None = None, newest: int | None = None
    ) -> Query[datetime | None]:
        """When the next timer is due; of handoffs whose documents are not newer than ``newest``."""
        where = f"t.workspace = :workspace{_in_shards(shards)}{_readable(newest)}"
        return self._one(
            f"{_NEXT_TIMER} WHERE {where} ORDER BY t.due_at LIMIT 1",
            lambda row: rows.moment(row[0]),
            **_shard_params(shards),
            **_newest_params(newest),
        )

    def inbox(self, limit: int, shards: Sequence[int] | None = None) -> Query[Sequence[InboxEvent]]:
        """Events that were committed and that no step has taken yet."""
        where = f"workspace = :workspace AND kept = 0{_in_shards(shards)}"
        sql = f"{_WAITING} WHERE {where} ORDER BY id LIMIT :limit"
        return self._all(sql, rows.inbox_event, limit=limit, **_shard_params(shards))

    def unmatched(self, integration: str, refs: Sequence[str]) -> Query[Sequence[InboxEvent]]:
        """Kept events that have one of these refs."""
        where = "r.workspace = :workspace AND r.integration = :integration AND r.ref IN :refs"
        sql = f"{_KEPT} WHERE {where} ORDER BY i.id"
        return self._all(sql, rows.inbox_event, integration=integration, refs=tuple(refs))

    def cooldowns(self) -> Query[Mapping[str, Cooldown]]:
        """What is known of integrations that could not open chats, by name."""
        sql = "SELECT integration, until, failures, reason FROM cooldowns WHERE workspace = :workspace"
        return Query(
            sql,
            {"workspace": self.workspace},
            lambda found: {row[0]: Cooldown(rows.moment(row[1]), row[2], row[3]) for row in found},
        )

    def _all(self, sql: str, read: Callable[[Sequence[Any]], T], **params: Any) -> Query[Sequence[T]]:
        params["workspace"] = self.workspace
        return Query(sql, params, lambda found: [read(row) for row in found])

    def _one(self, sql: str, read: Callable[[Sequence[Any]], T], **params: Any) -> Query[T | None]:
        params["workspace"] = self.workspace
        return Query(sql, params, lambda found: read(found[0]) if found else None, brief=True)


_OF_HANDOFF = "workspace = :workspace AND handoff_id = :handoff"


def _in_shards(shards: Sequence[int] | None) -> str:
    return "" if shards is None else " AND shard IN :shards"


def _shard_params(shards: Sequence[int] | None) -> dict[str, Any]:
    return {} if shards is None else {"shards": tuple(shards)}


def _readable(newest: int | None) -> str:
    return "" if newest is None else f" AND EXISTS ({_OF_TIMER})"


def _newest_params(newest: int | None) -> dict[str, Any]:
    return {} if newest is None else {"newest": newest}
