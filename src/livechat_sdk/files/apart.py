"""Rows about files that belong to no handoff: a desk keeps them for chats that nobody here handed off.

They have an owner, a name that whoever keeps them has chosen, and are deleted with it. The table is made when
the first one is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from livechat_sdk.domain.base import utc_text
from livechat_sdk.errors import Conflict
from livechat_sdk.files.rows import StoredFile
from livechat_sdk.provider.embedded import EmbeddedDatabase, Row, SqlValue, Statement

__all__ = ["ApartRows"]

_SCHEMA: Final = "files_apart"
_SCHEMA_VERSION: Final = 1
_DDL: Final = (
    """CREATE TABLE IF NOT EXISTS files_apart (
        workspace TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL,
        media_type TEXT NOT NULL, size BIGINT NOT NULL, digest TEXT NOT NULL, blob TEXT NOT NULL,
        stored_at TEXT NOT NULL, PRIMARY KEY (workspace, id))""",
    "CREATE INDEX IF NOT EXISTS files_apart_of_owner ON files_apart (workspace, owner)",
    "CREATE INDEX IF NOT EXISTS files_apart_by_age ON files_apart (workspace, stored_at)",
)
_PAGE: Final = 500
# ruff: noqa: S608 - names of columns are ours; values are parameters


class ApartRows:
    """The rows of one workspace. Their ``StoredFile`` names no handoff, so that none takes it for its own."""

    def __init__(self, database: EmbeddedDatabase, workspace: str) -> None:
        self._database = database
        self._workspace = workspace
        self._there = False

    async def add(self, owner: str, file: StoredFile) -> bool:
        """Store a row, and make the table first; whether it is new."""
        if not self._there:
            await self._database.create_tables(_SCHEMA, _SCHEMA_VERSION, _DDL)
            self._there = True
        statement = self._statement(
            """
            INSERT INTO files_apart (workspace, id, owner, name, media_type, size, digest, blob, stored_at)
            VALUES (:workspace, :id, :owner, :name, :media_type, :size, :digest, :blob, :at)
            ON CONFLICT (workspace, id) DO NOTHING
            """,
            expect=1,
            id=file.id,
            owner=owner,
            name=file.name,
            media_type=file.media_type,
            size=file.size,
            digest=file.digest,
            blob=file.blob,
            at=utc_text(file.stored_at),
        )
        try:
            await self._database.commit([statement])
        except Conflict:
            return False
        return True

    async def find(self, file_id: str) -> StoredFile | None:
        """One row, or ``None``."""
        rows = await self._files("id = :id", id=file_id)
        return rows[0] if rows else None

    async def of_owner(self, owner: str) -> Sequence[StoredFile]:
        """The files of an owner, oldest first."""
        return await self._files("owner = :owner ORDER BY stored_at, id", owner=owner)

    async def older_than(self, before: datetime) -> Sequence[StoredFile]:
        """Some of those from before a time."""
        return await self._files(
            f"stored_at < :before ORDER BY stored_at, id LIMIT {_PAGE}", before=utc_text(before)
        )

    async def forget(self, files: Sequence[StoredFile]) -> None:
        """Delete the rows of files whose bytes are gone."""
        sql = "DELETE FROM files_apart WHERE workspace = :workspace AND id = :id"
        if files:
            await self._database.commit([self._statement(sql, id=file.id) for file in files])

    async def total(self) -> int:
        """Bytes of all of them together."""
        rows = await self._fetch(
            "SELECT COALESCE(SUM(size), 0) AS total FROM files_apart WHERE workspace = :workspace"
        )
        return int(str(rows[0]["total"])) if rows else 0

    async def known_blobs(self, names: Sequence[str]) -> frozenset[str]:
        """Those of the names that a row knows."""
        known: set[str] = set()
        for start in range(0, len(names), _PAGE):
            portion = {f"n{index}": name for index, name in enumerate(names[start : start + _PAGE])}
            listed = ", ".join(f":{name}" for name in portion)
            rows = await self._fetch(
                f"SELECT blob FROM files_apart WHERE workspace = :workspace AND blob IN ({listed})", **portion
            )
            known.update(str(row["blob"]) for row in rows)
        return frozenset(known)

    async def _files(self, condition: str, **values: SqlValue) -> Sequence[StoredFile]:
        rows = await self._fetch(
            f"SELECT * FROM files_apart WHERE workspace = :workspace AND {condition}", **values
        )
        return [_file(row) for row in rows]

    async def _fetch(self, sql: str, **values: SqlValue) -> Sequence[Row]:
        """Nothing before the first file: a reader cannot make the table."""
        if not self._there:
            schemas = "SELECT version FROM embedded_schemas WHERE name = :name"
            self._there = bool(await self._database.fetch(schemas, {"name": _SCHEMA}))
        if not self._there:
            return ()
        return await self._database.fetch(sql, {"workspace": self._workspace, **values})

    def _statement(self, sql: str, *, expect: int | None = None, **values: SqlValue) -> Statement:
        return Statement(sql, {"workspace": self._workspace, **values}, expect)


def _file(row: Row) -> StoredFile:
    return StoredFile(
        id=str(row["id"]),
        handoff_id="",
        origin="vendor",
        message_key=None,
        name=str(row["name"]),
        media_type=str(row["media_type"]),
        size=int(str(row["size"])),
        digest=str(row["digest"]),
        blob=str(row["blob"]),
        refused=None,
        stored_at=datetime.fromisoformat(str(row["stored_at"])),
    )
