"""Tables of embedded providers that hold rows about people: declared once, kept in the database.

Whoever keeps rows about people beside the ledger (a desk, a chat page, a table of tickets) says where they
are. The declaration is stored with the tables, so that a person can be erased and exported by a program that
does not load the provider, and long after the provider has left the settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from livechat_sdk.provider.embedded import EmbeddedDatabase, SqlValue, Statement

__all__ = ["PersonalTable", "declare_personal", "embedded_integrations", "personal_tables"]

_SCHEMA: Final = "personal_data"
_SCHEMA_VERSION: Final = 1
_DDL: Final = (
    """CREATE TABLE IF NOT EXISTS personal_tables (
        owner TEXT NOT NULL, place BIGINT NOT NULL, table_name TEXT NOT NULL, rows_by TEXT NOT NULL,
        condition TEXT NOT NULL, withheld TEXT NOT NULL, PRIMARY KEY (owner, place))""",
    """CREATE TABLE IF NOT EXISTS embedded_integrations (
        workspace TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (workspace, name))""",
)
_TABLE_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PersonalTable:
    """A table with rows about people, and how the rows of one of them are found.

    ``where`` is an SQL condition over the table with the parameter ``:handoff``, ``:conversation`` or
    ``:user``, whichever ``by`` names, and ``:workspace`` if it needs it; the table's own column ``workspace``
    is compared in any case. Rows by conversation or by user go with the last handoff of that conversation or
    user. ``withheld`` are columns that an export leaves out: a secret, or the name of somebody else.

    Raises ``ValueError`` for a table's name that is none, or a condition without its parameter.
    """

    table: str
    by: Literal["handoff", "conversation", "user"]
    where: str
    withheld: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _TABLE_NAME.fullmatch(self.table):
            raise ValueError(f"{self.table!r} is no name of a table")
        if f":{self.by}" not in self.where:
            raise ValueError(f"the condition on {self.table} does not use :{self.by}")

    @property
    def condition(self) -> str:
        """The whole condition, the workspace included."""
        return f"workspace = :workspace AND ({self.where})"

    def params(self, workspace: str, value: str) -> Mapping[str, SqlValue]:
        """The parameters of the condition."""
        return {"workspace": workspace, self.by: value}


async def declare_personal(
    database: EmbeddedDatabase,
    owner: str,
    tables: Sequence[PersonalTable],
    *,
    workspace: str,
    integration: str | None = None,
) -> None:
    """Store where ``owner`` (the name of a schema) keeps rows about people; for after ``create_tables``.

    ``tables`` in the order of deletion: what depends on another table's rows before that table.
    ``integration`` is the name of the integration whose chats or tickets live here and nowhere else, so that
    nobody looks for them at a vendor. Writes only when something has changed.
    """
    await database.create_tables(_SCHEMA, _SCHEMA_VERSION, _DDL)
    statements: list[Statement] = []
    if tuple(await _declared(database, owner)) != tuple(tables):
        statements = [_declaring(owner, place, table) for place, table in enumerate(tables)]
        statements.append(
            Statement(
                "DELETE FROM personal_tables WHERE owner = :owner AND place >= :count",
                {"owner": owner, "count": len(tables)},
            )
        )
    if integration is not None and integration not in await _integrations(database, workspace):
        statements.append(
            Statement(
                "INSERT INTO embedded_integrations (workspace, name) VALUES (:workspace, :name)"
                " ON CONFLICT (workspace, name) DO NOTHING",
                {"workspace": workspace, "name": integration},
            )
        )
    if statements:
        await database.commit(statements)


async def personal_tables(database: EmbeddedDatabase) -> Sequence[PersonalTable]:
    """Every declared table, in the order of deletion."""
    return await _declared(database, None) if await _is_there(database) else ()


async def embedded_integrations(database: EmbeddedDatabase, workspace: str) -> frozenset[str]:
    """Names of the integrations whose data live in this database only."""
    return await _integrations(database, workspace) if await _is_there(database) else frozenset()


async def _integrations(database: EmbeddedDatabase, workspace: str) -> frozenset[str]:
    rows = await database.fetch(
        "SELECT name FROM embedded_integrations WHERE workspace = :workspace", {"workspace": workspace}
    )
    return frozenset(str(row["name"]) for row in rows)


async def _is_there(database: EmbeddedDatabase) -> bool:
    """Whether anything was ever declared: a reader cannot make the tables."""
    rows = await database.fetch("SELECT version FROM embedded_schemas WHERE name = :name", {"name": _SCHEMA})
    return bool(rows)


async def _declared(database: EmbeddedDatabase, owner: str | None) -> list[PersonalTable]:
    rows = await database.fetch(
        "SELECT owner, table_name, rows_by, condition, withheld FROM personal_tables ORDER BY owner, place"
    )
    kinds: dict[str, Literal["handoff", "conversation", "user"]] = {
        "handoff": "handoff",
        "conversation": "conversation",
        "user": "user",
    }
    return [
        PersonalTable(
            str(row["table_name"]),
            kinds[str(row["rows_by"])],
            str(row["condition"]),
            tuple(json.loads(str(row["withheld"]))),
        )
        for row in rows
        if owner in (None, row["owner"])
    ]


def _declaring(owner: str, place: int, table: PersonalTable) -> Statement:
    return Statement(
        """
        INSERT INTO personal_tables (owner, place, table_name, rows_by, condition, withheld)
        VALUES (:owner, :place, :table_name, :rows_by, :condition, :withheld)
        ON CONFLICT (owner, place) DO UPDATE SET table_name = excluded.table_name,
            rows_by = excluded.rows_by, condition = excluded.condition, withheld = excluded.withheld
        """,
        {
            "owner": owner,
            "place": place,
            "table_name": table.table,
            "rows_by": table.by,
            "condition": table.where,
            "withheld": json.dumps(table.withheld),
        },
    )
