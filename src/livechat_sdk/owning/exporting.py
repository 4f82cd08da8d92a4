"""Exporting: everything that is kept about a person as one JSON document, piece by piece.

The document is made while it is read, page by page, so that its size does not matter. It is not a snapshot: a
handoff that is live goes on meanwhile. Session credentials are never read, and what a name marks as a secret
is masked.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from livechat_sdk.config.documents import without_secrets
from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import LedgerEntry
from livechat_sdk.files.keeping import FileKeeping
from livechat_sdk.ledger.erasing import Eraser
from livechat_sdk.ledger.store import JournalEntry, Store
from livechat_sdk.owning.subjects import Subject
from livechat_sdk.provider.embedded import SqlValue
from livechat_sdk.provider.personal import PersonalTable, personal_tables

__all__ = ["EXPORT_VERSION", "export"]

EXPORT_VERSION: Final = 1
"""Raised when a key of the document goes or changes its meaning; new keys may come at any time."""

_PAGE: Final = 500
# ruff: noqa: S608 - names of tables are declared by providers and checked; values are parameters
_CHATS: Final = """
    SELECT attempt, integration, ref, vendor_ref, opened_at, closed_at, left_open FROM chats
    WHERE workspace = :workspace AND handoff_id = :handoff ORDER BY attempt
"""
_NOT_DATA: Final[Any] = {
    "workspace": True,
    "policy": True,
    "settings_revision": True,
    "fallbacks": True,
    "attempts": True,
    "held": True,
    "planned": True,
    "hidden_names": True,
    "timers": True,
}


class _Numbered(Protocol):
    @property
    def seq(self) -> int: ...


Row = TypeVar("Row", bound=_Numbered)


async def export(store: Store, workspace: str, subject: Subject, now: datetime) -> AsyncIterator[str]:
    """The pieces of one JSON document; together they are what is kept about the subject.

    ``handoffs`` hold the request, the entries with their fates, journal, chats, tickets, files, and rows of
    embedded providers by table; ``conversations`` and ``user`` hold what is kept beside single handoffs.
    Nothing known gives a document with empty lists. Raises ``StoreError``.
    """
    tables = await personal_tables(store)
    head = {
        "schema_version": EXPORT_VERSION,
        "exported_at": utc_text(now),
        "workspace": workspace,
        "subject": {"by": subject.by, "id": subject.id},
    }
    yield _text(head)[:-1] + ',\n"handoffs": ['
    conversations = {subject.id: None} if subject.by == "conversation" else dict[str, None]()
    mark = "\n"
    for handoff_id in await Eraser(store, workspace).find(subject.by, subject.id):
        handoff = await store.load(handoff_id)
        if handoff is None:
            continue  # erased meanwhile
        conversations[handoff.request.conversation_id] = None
        yield mark
        async for piece in _handoff(store, workspace, handoff, tables):
            yield piece
        mark = ",\n"
    yield '],\n"conversations": ['
    mark = "\n"
    for conversation_id in conversations if subject.by != "handoff" else ():
        yield mark + _text(await _conversation(store, workspace, conversation_id, tables))
        mark = ",\n"
    user = subject.id if subject.by == "user" else None
    yield '],\n"user": ' + _text(await _rows(store, workspace, tables, "user", user)) + "}\n"


async def _handoff(
    store: Store, workspace: str, handoff: Handoff, tables: Sequence[PersonalTable]
) -> AsyncIterator[str]:
    chats = await store.fetch(_CHATS, {"workspace": workspace, "handoff": handoff.id})
    agents = {"agent": handoff.shown_agent, "last_agent": handoff.shown(handoff.last_agent)}
    shown = handoff.model_copy(update=agents)
    yield _text(without_secrets(shown.model_dump(mode="json", exclude=_NOT_DATA)))[:-1]
    yield ',\n"chats": ' + _text([{name: _plain(value) for name, value in chat.items()} for chat in chats])
    yield ',\n"entries": ['
    async for piece in _list(lambda after: store.entries(handoff.id, after=after, limit=_PAGE), _entry):
        yield piece
    yield '],\n"journal": ['
    async for piece in _list(lambda after: store.journal(handoff.id, after=after, limit=_PAGE), _journal):
        yield piece
    tickets = [ticket.model_dump(mode="json") for ticket in await store.tickets(handoff.id)]
    yield '],\n"tickets": ' + _text(tickets)
    yield ',\n"files": ['
    async for piece in _files(FileKeeping(store, workspace), handoff.id):
        yield piece
    yield '],\n"tables": ' + _text(await _rows(store, workspace, tables, "handoff", handoff.id)) + "}"


async def _files(keeping: FileKeeping, handoff_id: str) -> AsyncIterator[str]:
    """Each file with its content in base64, piece by piece."""
    mark = "\n"
    for file in await keeping.of_handoff(handoff_id):
        described = {
            "id": file.id,
            "from": file.origin,
            "name": file.name,
            "media_type": file.media_type,
            "size": file.size,
            "stored_at": utc_text(file.stored_at),
            "missing": file.refused,
        }
        yield mark + _text(described)[:-1] + ', "content": '
        mark = ",\n"
        blobs = await keeping.blobs() if file.blob is not None else None
        if blobs is None or file.blob is None or not await blobs.holds(file.blob):
            yield "null}"
            continue
        yield '"'
        left = b""
        async for piece in blobs.read(file.blob):
            whole = len(left + piece) // 3 * 3
            ready, left = (left + piece)[:whole], (left + piece)[whole:]
            yield base64.b64encode(ready).decode()
        yield base64.b64encode(left).decode() + '"}'


async def _conversation(
    store: Store, workspace: str, conversation_id: str, tables: Sequence[PersonalTable]
) -> dict[str, Any]:
    owner = await store.ownership(conversation_id)
    return {
        "id": conversation_id,
        "owner": owner.owner,
        "owner_number": owner.number,
        "tables": await _rows(store, workspace, tables, "conversation", conversation_id),
    }


async def _rows(
    store: Store, workspace: str, tables: Sequence[PersonalTable], by: str, value: str | None
) -> dict[str, list[dict[str, Any]]]:
    """Rows of embedded providers, by table; columns that are secrets are left out."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table in reversed(tables):  # what others depend on is declared last
        if table.by != by or value is None:
            continue
        rows = await store.fetch(
            f"SELECT * FROM {table.table} WHERE {table.condition}", table.params(workspace, value)
        )
        found.setdefault(table.table, []).extend(
            {name: _plain(cell) for name, cell in row.items() if name not in table.withheld} for row in rows
        )
    return found


async def _list(
    read: Callable[[int], Awaitable[Sequence[Row]]], shown: Callable[[Row], dict[str, Any]]
) -> AsyncIterator[str]:
    """The elements of a list, read page by page."""
    after, mark = 0, "\n"
    while page := await read(after):
        for row in page:
            yield mark + _text(shown(row))
            mark = ",\n"
        after = page[-1].seq
        if len(page) < _PAGE:
            return


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    return dict(without_secrets(entry.model_dump(mode="json", exclude={"handoff_id"})))


def _journal(entry: JournalEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": utc_text(entry.at),
        "kind": entry.kind,
        "state": str(entry.state),
        "refused": entry.refused,
        "detail": dict(entry.detail),
    }


def _plain(value: SqlValue) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
