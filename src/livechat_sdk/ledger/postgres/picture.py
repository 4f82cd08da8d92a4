"""What a group of steps must know before it decides: read and locked by sets, in one order everywhere.

Conversations are locked first, then handoffs, then lanes, then chats, each in the order of their keys, so
that two groups never wait for each other in a circle. Who holds the lock of a handoff is the only one who
changes what belongs to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.ledger import documents, rows
from livechat_sdk.ledger.store import ActionRow

if TYPE_CHECKING:
    from livechat_sdk.ledger.postgres.connections import Connection

__all__ = ["Entry", "KnownAction", "Lane", "Needs", "Picture", "read_picture"]


EntryKey = tuple[str, str, str]
"""Handoff, direction, message key."""


@dataclass(slots=True)
class Needs:
    """Keys of what a group of steps wants to know."""

    conversations: dict[str, str] = field(default_factory=dict[str, str])
    """With the time at which one is made if it is not there, or an empty text: it is there."""
    request_keys: set[str] = field(default_factory=set[str])
    live_in: set[str] = field(default_factory=set[str])
    handoffs: set[str] = field(default_factory=set[str])
    lanes_of: set[str] = field(default_factory=set[str])
    entries: set[EntryKey] = field(default_factory=set[EntryKey])
    actions: set[int] = field(default_factory=set[int])
    open_actions_of: set[str] = field(default_factory=set[str])
    timers: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    events: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    chats_of: set[str] = field(default_factory=set[str])


@dataclass(slots=True)
class Entry:
    """A message as it is stored, as far as a step may change it. ``document`` is its row for a new one."""

    fate: str
    detail: str | None
    vendor_id: str | None


@dataclass(frozen=True, slots=True)
class KnownAction:
    """An action, and the worker that it was handed to last."""

    row: ActionRow
    worker: str | None


@dataclass(slots=True)
class Lane:
    """Who runs a lane. ``waiting``: actions in it that its worker has not got yet."""

    worker: str | None
    fence: int
    waiting: bool


@dataclass(slots=True)
class Picture:
    """What was found. A handoff's version and format are there only for one that exists."""

    owner_numbers: dict[str, int] = field(default_factory=dict[str, int])
    by_request_key: dict[str, Handoff] = field(default_factory=dict[str, Handoff])
    live: dict[str, Handoff] = field(default_factory=dict[str, Handoff])
    versions: dict[str, int] = field(default_factory=dict[str, int])
    formats: dict[str, int] = field(default_factory=dict[str, int])
    lanes: dict[tuple[str, str], Lane] = field(default_factory=dict[tuple[str, str], Lane])
    entries: dict[EntryKey, Entry] = field(default_factory=dict[EntryKey, Entry])
    actions: dict[int, KnownAction] = field(default_factory=dict[int, KnownAction])
    by_handoff: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    timers: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    seen: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    chats: dict[tuple[str, int], Chat] = field(default_factory=dict[tuple[str, int], Chat])

    def actions_of(self, handoff_id: str) -> list[ActionRow]:
        """The actions of a handoff that were read, in order."""
        return [self.actions[number].row for number in sorted(set(self.by_handoff[handoff_id]))]

    def know_key(self, row: Sequence[Any]) -> None:
        """A handoff by the key of its request."""
        self.by_request_key[row[0]] = rows.handoff(row[1:])

    def know_live(self, row: Sequence[Any]) -> None:
        """The live handoff of a conversation."""
        self.live[row[0]] = rows.handoff(row[1:])

    def know_handoff(self, row: Sequence[Any]) -> None:
        """A handoff that is there, and locked."""
        self.versions[row[0]], self.formats[row[0]] = row[1], row[2]

    def know_lane(self, row: Sequence[Any]) -> None:
        """A lane."""
        self.lanes[row[0], row[1]] = Lane(row[2], row[3], row[4])

    def know_entry(self, row: Sequence[Any]) -> None:
        """A message."""
        self.entries[row[0], row[1], row[2]] = Entry(row[3], row[4], row[5])

    def know_action(self, row: Sequence[Any]) -> None:
        """An action, perhaps once more."""
        known = KnownAction(rows.action(row[:-1]), row[-1])
        self.actions[known.row.id] = known
        self.by_handoff[known.row.handoff_id].append(known.row.id)

    def know_timer(self, row: Sequence[Any]) -> None:
        """A timer."""
        self.timers[row[0], row[1]] = row[2]

    def know_chat(self, row: Sequence[Any]) -> None:
        """A chat."""
        self.chats[row[0], row[1]] = documents.load(Chat, row[2])


_NEW_CONVERSATIONS = """
    INSERT INTO conversations (workspace, id, owner, number, updated_at)
    SELECT $1, u.id, 'bot', 0, u.at FROM unnest($2::text[], $3::text[]) AS u (id, at)
    ON CONFLICT (workspace, id) DO NOTHING
"""
_CONVERSATIONS = """
    SELECT id, number FROM conversations WHERE workspace = $1 AND id = ANY($2) ORDER BY id FOR NO KEY UPDATE
"""
_HANDOFF = """
    SELECT h.{column}, h.document, r.document FROM handoffs AS h
    JOIN requests AS r ON r.workspace = h.workspace AND r.handoff_id = h.id
    WHERE h.workspace = $1 AND h.{column} = ANY($2)
"""
_OF_KEY = _HANDOFF.format(column="request_key")
_LIVE = f"{_HANDOFF.format(column='conversation_id')} AND h.state <> 'ended'"
_HANDOFFS = """
    SELECT id, version, format FROM handoffs WHERE workspace = $1 AND id = ANY($2)
    ORDER BY id FOR NO KEY UPDATE
"""
_LANES = """
    SELECT l.handoff_id, l.name, l.worker, l.fence, EXISTS (
        SELECT 1 FROM actions AS a
        WHERE a.workspace = $1 AND a.handoff_id = l.handoff_id AND a.lane = l.name AND a.worker IS NULL
            AND a.status IN ('pending', 'started')
    )
    FROM lanes AS l WHERE l.workspace = $1 AND l.handoff_id = ANY($2)
    ORDER BY l.handoff_id, l.name FOR NO KEY UPDATE OF l
"""
_ENTRIES = """
    SELECT e.handoff_id, e.direction, e.message_key, e.fate, e.detail, e.vendor_id FROM entries AS e
    JOIN unnest($2::text[], $3::text[], $4::text[]) AS u (id, direction, key)
    ON e.handoff_id = u.id AND e.direction = u.direction AND e.message_key = u.key
    WHERE e.workspace = $1
"""
_ACTION = """
    SELECT id, handoff_id, lane, document, status, tries, not_before, error, created_at, updated_at, rendered,
        0::bigint, worker
    FROM actions WHERE workspace = $1
"""
_ACTIONS = f"{_ACTION} AND id = ANY($2)"
_OPEN_ACTIONS = f"{_ACTION} AND handoff_id = ANY($2) AND status IN ('pending', 'started')"
_ALL_ACTIONS = f"{_ACTION} AND handoff_id = ANY($2)"
_TIMERS = """
    SELECT t.handoff_id, t.name, t.due_at FROM timers AS t
    JOIN unnest($2::text[], $3::text[]) AS u (id, name) ON t.handoff_id = u.id AND t.name = u.name
    WHERE t.workspace = $1
"""
_SEEN = """
    SELECT s.integration, s.event_id FROM seen AS s
    JOIN unnest($2::text[], $3::text[]) AS u (integration, event_id)
    ON s.integration = u.integration AND s.event_id = u.event_id
    WHERE s.workspace = $1
"""
_CHATS = """
    SELECT handoff_id, attempt, document FROM chats
    WHERE workspace = $1 AND handoff_id = ANY($2) AND document IS NOT NULL
    ORDER BY handoff_id, attempt FOR NO KEY UPDATE
"""


_Row = Sequence[Any]

_READS: tuple[tuple[str, str, Callable[[Picture, _Row], None]], ...] = (
    ("request_keys", _OF_KEY, lambda picture, row: picture.know_key(row)),
    ("live_in", _LIVE, lambda picture, row: picture.know_live(row)),
    ("handoffs", _HANDOFFS, lambda picture, row: picture.know_handoff(row)),
    ("lanes_of", _LANES, lambda picture, row: picture.know_lane(row)),
    ("entries", _ENTRIES, lambda picture, row: picture.know_entry(row)),
    ("actions", _ACTIONS, lambda picture, row: picture.know_action(row)),
    ("open_actions_of", _OPEN_ACTIONS, lambda picture, row: picture.know_action(row)),
    ("timers", _TIMERS, lambda picture, row: picture.know_timer(row)),
    ("events", _SEEN, lambda picture, row: picture.seen.add((row[0], row[1]))),
    ("chats_of", _CHATS, lambda picture, row: picture.know_chat(row)),
)
"""What is needed, the statement that finds it, what becomes of a row; in the order of the locks."""


async def read_picture(db: Connection, workspace: str, needs: Needs) -> Picture:
    """Lock and read, in the transaction of the group."""
    picture = Picture()
    if needs.conversations:
        await _lock_conversations(db, workspace, needs, picture)
    for name, sql, know in _READS:
        keys: set[Any] = getattr(needs, name)
        if keys:
            for row in await db.fetch(sql, workspace, *_columns(keys)):
                know(picture, row)
    return picture


async def read_all_actions(db: Connection, workspace: str, handoffs: set[str], picture: Picture) -> None:
    """Every action of these handoffs, whatever its status; rarely needed."""
    for row in await db.fetch(_ALL_ACTIONS, workspace, list(handoffs)):
        picture.know_action(row)


async def _lock_conversations(db: Connection, workspace: str, needs: Needs, picture: Picture) -> None:
    new = sorted((id_, at) for id_, at in needs.conversations.items() if at)
    if new:
        await db.execute(_NEW_CONVERSATIONS, workspace, *_columns(new))
    for row in await db.fetch(_CONVERSATIONS, workspace, list(needs.conversations)):
        picture.owner_numbers[row[0]] = row[1]


def _columns(keys: Collection[Any]) -> list[list[Any]]:
    """Keys as one column, or as many as they have parts."""
    parts: list[tuple[Any, ...]] = [key if isinstance(key, tuple) else (key,) for key in keys]
    return [list(column) for column in zip(*parts, strict=True)]
