"""A database for providers that live in our process: their rows and their events commit together.

Writes are lists of statements, not functions, so that a store can group many callers into one
transaction and any driver can run them. SQL is the common part of SQLite and PostgreSQL, with
``:name`` parameters; times are ISO text, ids are text or integers chosen by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from livechat_sdk.domain.chats import ProviderEvent

__all__ = ["EmbeddedDatabase", "Row", "SqlValue", "Statement"]

SqlValue = str | int | float | bytes | None
"""A value in a row."""

Row = Mapping[str, SqlValue]
"""One row by column name."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement.

    ``expect`` is the number of rows that it must change: with another number the whole batch is undone
    and ``errors.Expect`` raised (the way to let the first of two writers win).
    """

    sql: str
    params: Mapping[str, SqlValue] = field(default_factory=dict[str, SqlValue])
    expect: int | None = None


class EmbeddedDatabase(Protocol):
    """The part of the ledger's database that belongs to one embedded integration."""

    async def create_tables(self, name: str, version: int, ddl: Sequence[str]) -> None:
        """Bring the tables of schema ``name`` to ``version``; ``ddl`` must be safe to run again."""
        ...

    async def commit(self, statements: Sequence[Statement], events: Sequence[ProviderEvent] = ()) -> None:
        """Run the statements and take in the events in one transaction; returns after the commit.

        Raises ``Expect`` when a statement changed another number of rows than it had to; nothing is
        written then. An event whose id was seen before is left out, the statements stand.
        """
        ...

    async def fetch(self, sql: str, params: Mapping[str, SqlValue] | None = None) -> Sequence[Row]:
        """Read rows; sees everything that was committed before the call."""
        ...
