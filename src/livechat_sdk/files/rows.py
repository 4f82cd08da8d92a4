"""Rows about files, in the ledger's database: whose a file is, what it is, where its bytes are.

A row goes with its handoff (the database sees to it), so what is erased is forgotten here in the same
transaction. The tables are made when the first file is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from livechat_sdk.domain.base import utc_text
from livechat_sdk.domain.messages import FILE_SCHEME
from livechat_sdk.errors import Conflict
from livechat_sdk.provider.embedded import EmbeddedDatabase, Row, SqlValue, Statement

__all__ = ["FileRows", "Origin", "StoredFile", "file_id_of"]

Origin = Literal["user", "vendor"]
"""Which side a file came from."""

_SCHEMA: Final = "files"
_SCHEMA_VERSION: Final = 1
_DDL: Final = (
    """CREATE TABLE IF NOT EXISTS files (
        workspace TEXT NOT NULL, id TEXT NOT NULL, handoff_id TEXT NOT NULL, origin TEXT NOT NULL,
        message_key TEXT, name TEXT NOT NULL, media_type TEXT NOT NULL, size BIGINT NOT NULL,
        digest TEXT NOT NULL, blob TEXT, refused TEXT, stored_at TEXT NOT NULL,
        PRIMARY KEY (workspace, id),
        FOREIGN KEY (workspace, handoff_id) REFERENCES handoffs (workspace, id) ON DELETE CASCADE)""",
    "CREATE INDEX IF NOT EXISTS files_of_handoff ON files (workspace, handoff_id)",
    "CREATE INDEX IF NOT EXISTS files_by_age ON files (workspace, stored_at)",
    """CREATE TABLE IF NOT EXISTS file_places (
        workspace TEXT NOT NULL PRIMARY KEY, space TEXT NOT NULL, place TEXT NOT NULL)""",
)
_COLUMNS: Final = (
    "id, handoff_id, origin, message_key, name, media_type, size, digest, blob, refused, stored_at"
)
_PAGE: Final = 500
# ruff: noqa: S608 - names of columns are ours; values are parameters


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is kept, or one of a vendor that could not be (``refused`` says why, ``blob`` is ``None``).

    ``size`` is in bytes, ``digest`` SHA-256 in hexadecimal digits, ``blob`` the name of the bytes in their
    place.
    """

    id: str
    handoff_id: str
    origin: Origin
    message_key: str | None
    name: str
    media_type: str
    size: int
    digest: str
    blob: str | None
    refused: str | None
    stored_at: datetime

    @property
    def reference(self) -> str:
        """What stands for it in messages."""
        return f"{FILE_SCHEME}{self.id}"


def file_id_of(*parts: str) -> str:
    """The id of a file: the same for the same parts, so that what is done again makes no second file."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


class FileRows:
    """The rows of one workspace."""

    def __init__(self, database: EmbeddedDatabase, workspace: str) -> None:
        self._database = database
        self._workspace = workspace
        self._there = False

    async def create(self) -> None:
        """Make the tables, if they are not there."""
        if not self._there:
            await self._database.create_tables(_SCHEMA, _SCHEMA_VERSION, _DDL)
            self._there = True

    async def are_there(self) -> bool:
        """Whether any file was ever kept in this database: a reader cannot make the tables."""
        if not self._there:
            rows = await self._database.fetch(
                "SELECT version FROM embedded_schemas WHERE name = :name", {"name": _SCHEMA}
            )
            self._there = bool(rows)
        return self._there

    async def add(self, file: StoredFile) -> bool:
        """Store a row; whether it is new. ``False`` too when its handoff is gone: see whether it is there."""
        try:
            await self._database.commit(
                [
                    self._statement(
                        """
                        INSERT INTO files (workspace, id, handoff_id, origin, message_key, name, media_type,
                            size, digest, blob, refused, stored_at)
                        VALUES (:workspace, :id, :handoff, :origin, :key, :name, :media_type,
                            :size, :digest, :blob, :refused, :at)
                        ON CONFLICT (workspace, id) DO NOTHING
                        """,
                        expect=1,
                        id=file.id,
                        handoff=file.handoff_id,
                        origin=file.origin,
                        key=file.message_key,
                        name=file.name,
                        media_type=file.media_type,
                        size=file.size,
                        digest=file.digest,
                        blob=file.blob,
                        refused=file.refused,
                        at=utc_text(file.stored_at),
                    )
                ]
            )
        except Conflict:
            return False
        return True

    async def find(self, file_id: str) -> StoredFile | None:
        """One row, or ``None``."""
        rows = await self._files("id = :id", id=file_id)
        return rows[0] if rows else None

    async def of_handoff(self, handoff_id: str) -> Sequence[StoredFile]:
        """The rows of a handoff, oldest first."""
        return await self._files("handoff_id = :handoff ORDER BY stored_at, id", handoff=handoff_id)

    async def of_message(self, handoff_id: str, key: str) -> Mapping[str, StoredFile]:
        """The rows of a message of the vendor, by id."""
        rows = await self._files("handoff_id = :handoff AND message_key = :key", handoff=handoff_id, key=key)
        return {row.id: row for row in rows}

    async def older_than(self, before: datetime) -> Sequence[StoredFile]:
        """Some rows with bytes from before a time."""
        return await self._files(
            f"stored_at < :before AND blob IS NOT NULL ORDER BY stored_at, id LIMIT {_PAGE}",
            before=utc_text(before),
        )

    async def forget_bytes(self, file: StoredFile, why: str) -> None:
        """Note that the bytes of a file are gone, and why."""
        await self._database.commit(
            [
                self._statement(
                    "UPDATE files SET blob = NULL, refused = :why WHERE workspace = :workspace AND id = :id",
                    id=file.id,
                    why=why,
                )
            ]
        )

    async def total(self) -> int:
        """Bytes of all files together."""
        rows = await self._fetch(
            "SELECT COALESCE(SUM(size), 0) AS total FROM files"
            " WHERE workspace = :workspace AND blob IS NOT NULL"
        )
        return int(str(rows[0]["total"]))

    async def known_blobs(self, names: Sequence[str]) -> frozenset[str]:
        """Those of the names that a row knows."""
        known: set[str] = set()
        for start in range(0, len(names), _PAGE):
            portion = {f"n{index}": name for index, name in enumerate(names[start : start + _PAGE])}
            listed = ", ".join(f":{name}" for name in portion)
            rows = await self._fetch(
                f"SELECT blob FROM files WHERE workspace = :workspace AND blob IN ({listed})", **portion
            )
            known.update(str(row["blob"]) for row in rows)
        return frozenset(known)

    async def place(self) -> tuple[str, str] | None:
        """The space of this workspace, and the place that it is in; ``None`` before the first file."""
        rows = await self._fetch("SELECT space, place FROM file_places WHERE workspace = :workspace")
        return (str(rows[0]["space"]), str(rows[0]["place"])) if rows else None

    async def settle(self, space: str, place: str) -> str:
        """Note where the files are. The first space stays, whatever others propose; returns it."""
        await self._database.commit(
            [
                self._statement(
                    """
                    INSERT INTO file_places (workspace, space, place) VALUES (:workspace, :space, :place)
                    ON CONFLICT (workspace) DO UPDATE SET place = excluded.place
                    """,
                    space=space,
                    place=place,
                )
            ]
        )
        settled = await self.place()
        if settled is None:
            raise AssertionError("the place was stored just now")
        return settled[0]

    async def _files(self, condition: str, **values: SqlValue) -> Sequence[StoredFile]:
        if not await self.are_there():
            return ()
        rows = await self._fetch(
            f"SELECT {_COLUMNS} FROM files WHERE workspace = :workspace AND {condition}", **values
        )
        return [_file(row) for row in rows]

    async def _fetch(self, sql: str, **values: SqlValue) -> Sequence[Row]:
        return await self._database.fetch(sql, {"workspace": self._workspace, **values})

    def _statement(self, sql: str, *, expect: int | None = None, **values: SqlValue) -> Statement:
        return Statement(sql, {"workspace": self._workspace, **values}, expect)


def _file(row: Row) -> StoredFile:
    return StoredFile(
        id=str(row["id"]),
        handoff_id=str(row["handoff_id"]),
        origin="vendor" if row["origin"] == "vendor" else "user",
        message_key=_text(row["message_key"]),
        name=str(row["name"]),
        media_type=str(row["media_type"]),
        size=int(str(row["size"])),
        digest=str(row["digest"]),
        blob=_text(row["blob"]),
        refused=_text(row["refused"]),
        stored_at=datetime.fromisoformat(str(row["stored_at"])),
    )


def _text(value: SqlValue) -> str | None:
    return None if value is None else str(value)
