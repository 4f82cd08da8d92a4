"""A desk with many past conversations, for benchmarks: its own tables, filled many rows at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from benchmarks._shop import Listener
from livechat_sdk import Dispatcher
from livechat_sdk.config.models import LivechatFile
from livechat_sdk.domain.base import utc_text
from livechat_sdk_helvia.provider import HelviaProvider
from livechat_sdk_helvia.records import DeskUser
from livechat_sdk_helvia.service import Desk

__all__ = ["MESSAGES", "dispatcher_of", "fill", "peak_while", "requested_at", "the_admin", "the_desk"]

MESSAGES = 6
"""Messages of a conversation."""

_ROWS = 200
_FIRST = datetime(2025, 1, 6, 8, tzinfo=UTC)
_SAID = (
    "Good morning, my order of last week has not arrived yet. Can you see where it is?",
    "Good morning! I am looking it up, one moment please.",
    "Thank you. The number is 4711-0815, it was to come on Friday.",
    "It left our house on Thursday; the carrier says that it comes tomorrow before noon.",
    "That is fine, I am at home then.",
    'Then all is well. Have a nice day, and write to us again if it is "late", please.',
)


def dispatcher_of(folder: Path) -> Dispatcher:
    """A dispatcher with a desk on a ledger in ``folder``; its admin is also an agent."""
    roles = ["agent", "admin"]
    account = {"email": "ada@example.org", "name": "Ada Marsh", "roles": roles}
    account |= {"password": "a long enough password"}
    settings = LivechatFile.model_validate(
        {
            "store": f"sqlite:///{folder / 'ledger.db'}",
            "integrations": {"desk": {"type": "HELVIA_LIVECHAT", "name": "desk", "accounts": [account]}},
            "bots": {"shop-bot": {"livechat": {"integrations": ["desk"]}}},
        }
    )
    return Dispatcher(settings, channel=Listener())


def the_desk(dispatcher: Dispatcher) -> HelviaProvider:
    """The desk of ``dispatcher_of``."""
    desk = dispatcher.integrations["desk"]
    if not isinstance(desk, HelviaProvider):
        raise TypeError("the settings say that it is one")
    return desk


async def the_admin(desk: Desk) -> DeskUser:
    """The one account."""
    [row] = await desk.context.fetch("SELECT id FROM desk_users WHERE email = 'ada@example.org'")
    found = await desk.accounts.get(int(str(row["id"])))
    if found is None:
        raise AssertionError("the settings have an account")
    return found


async def fill(desk: Desk, count: int) -> None:
    """Put ``count`` conversations into the desk's tables that one member has had, one every ten minutes."""
    owner = (await the_admin(desk)).id
    for first in range(1, count + 1, 1000):
        numbers = range(first, min(first + 1000, count + 1))
        tables: dict[str, Iterator[Mapping[str, Any]]] = {
            "desk_conversations": (_conversation(number, owner) for number in numbers),
            "desk_requests": (_request(number, owner) for number in numbers),
            "desk_participants": (_participant(number, owner) for number in numbers),
            "desk_messages": (
                _message(number, seq, owner) for number in numbers for seq in range(1, MESSAGES + 1)
            ),
        }
        statements = [
            _insert(desk, table, some) for table, rows in tables.items() for some in _portions(rows)
        ]
        await desk.context.database.commit(statements)


def requested_at(number: int) -> datetime:
    """When the request of this conversation came."""
    return _FIRST + timedelta(minutes=10 * number)


def _at(number: int, minutes: int = 0) -> str:
    return utc_text(requested_at(number) + timedelta(minutes=minutes))


def _conversation(number: int, owner: int) -> Mapping[str, Any]:
    return {
        "id": number,
        "ref": f"ref-{number}",
        "handoff_id": f"handoff-{number}",
        "attempt": 1,
        "platform_conversation": f"session-{number}",
        "status": "finished",
        "bot": "shop-bot",
        "user_id": f"u-{number}",
        "user_name": f"Maria Pappa {number}",
        "user_email": f"maria{number}@example.org",
        "survey": "[]",
        "contacts": "[]",
        "tags": '["vip", "order"]',
        "attributes": "{}",
        "history_length": 0,
        "owner_id": owner,
        "created_at": _at(number),
        "started_at": _at(number, 1),
        "ended_at": _at(number, 9),
        "ended_by": "agent",
        "ended_why": "resolved",
        "last_at": _at(number, 8),
        "last_text": _SAID[-1],
        "last_author": "agent",
    }


def _request(number: int, owner: int) -> Mapping[str, Any]:
    return {
        "id": number,
        "conversation_id": number,
        "type": "external",
        "status": "accepted",
        "requested_at": _at(number),
        "accepted_by": owner,
        "closed_at": _at(number, 1),
    }


def _participant(number: int, owner: int) -> Mapping[str, Any]:
    return {
        "conversation_id": number,
        "user_id": owner,
        "status": "inactive",
        "is_owner": 1,
        "joined_at": _at(number, 1),
        "left_at": _at(number, 9),
    }


def _message(number: int, seq: int, owner: int) -> Mapping[str, Any]:
    agent = seq % 2 == 0
    return {
        "id": number * 100 + seq,
        "conversation_id": number,
        "seq": seq,
        "author": "agent" if agent else "end-user",
        "key": f"k-{seq}",
        "author_id": owner if agent else None,
        "author_name": "Ada Marsh" if agent else None,
        "text": _SAID[(seq - 1) % len(_SAID)],
        "attachments": "[]",
        "sent_at": _at(number, seq),
    }


def _portions(rows: Iterator[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    some: list[Mapping[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == _ROWS:
            yield some
            some = []
    if some:
        yield some


def _insert(desk: Desk, table: str, rows: Sequence[Mapping[str, Any]]) -> Any:
    columns = list(rows[0])
    values = ", ".join(
        f"(:workspace, :integration, {', '.join(f':{column}_{n}' for column in columns)})"
        for n in range(len(rows))
    )
    params = {f"{column}_{n}": value for n, row in enumerate(rows) for column, value in row.items()}
    sql = f"INSERT INTO {table} (workspace, integration, {', '.join(columns)}) VALUES {values}"  # noqa: S608
    return desk.context.statement(sql, **params)


def _resident_megabytes() -> float:
    """The memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class peak_while:  # noqa: N801 - it reads as a phrase: with peak_while() as peak
    """Looks at the memory of this process all the time; ``grown`` is the most above the beginning."""

    def __init__(self) -> None:
        self.grown = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._start = _resident_megabytes()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.005):
            self.grown = max(self.grown, _resident_megabytes() - self._start)
