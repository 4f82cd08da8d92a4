"""Connections to one SQLite file, and what its errors mean to people."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.compatibility import require_usable
from livechat_sdk.ledger.schema import SCHEMA, STAMP

__all__ = ["Opened", "SqliteFile", "explain"]

_OLDEST_SQLITE = (3, 37, 0)
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_GONE = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOTFOUND})
_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_READ_ONLY = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection and the file (device, inode) that it writes to."""

    connection: sqlite3.Connection
    identity: tuple[int, int]


class SqliteFile:
    """One database file: opens connections to it and notices when it goes away."""

    def __init__(self, path: Path, *, busy_timeout: float) -> None:
        self.path = path
        self._busy_timeout = busy_timeout

    def create(self) -> None:
        """Make an empty file that only its owner can read, unless there is one already.

        A file that is there is not even opened here: closing it would let go of the locks that SQLite
        holds on it elsewhere in this process.
        """
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            oldest = ".".join(map(str, _OLDEST_SQLITE))
            raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old, {oldest} or newer is needed")
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        except FileNotFoundError:
            raise StoreError(f"the folder of the ledger {self.path} does not exist; make it first") from None
        except OSError as error:
            raise StoreError(
                f"the ledger {self.path} cannot be opened for writing: {error.strerror}"
            ) from None
        os.close(descriptor)

    def open(self, *, write: bool) -> Opened:
        """A new connection, which waits for locks for the busy timeout. Raises ``StoreError``."""
        identity = self._identity()
        uri = f"file:{quote(str(self.path))}?mode={'rw' if write else 'ro'}"
        connection = None
        try:
            connection = sqlite3.connect(
                uri, uri=True, timeout=self._busy_timeout, isolation_level=None, check_same_thread=False
            )
            if write:
                _require_wal(connection, self.path)
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("PRAGMA secure_delete = ON")
        except (sqlite3.Error, StoreError) as error:
            if connection is not None:
                connection.close()
            raise explain(error, self.path) from None
        return Opened(connection, identity)

    def set_patience(self, connection: sqlite3.Connection, seconds: float | None = None) -> None:
        """How long a connection waits for locks; for the busy timeout, if nothing is said."""
        seconds = self._busy_timeout if seconds is None else seconds
        connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def is_current(self, opened: Opened) -> bool:
        """Whether a connection still belongs to the file at the path. Raises ``StoreError`` when it is gone.

        SQLite itself would go on writing into a removed file, and everything would be lost at the end.
        """
        return self._identity() == opened.identity

    def prepare(self) -> None:
        """Make the tables in an empty database; refuse one that a newer release or another program made."""
        opened = self.open(write=True)
        connection = opened.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            if self.read_numbers(connection)[0] is None:
                for statement in SCHEMA:
                    connection.execute(statement)
                connection.executemany("INSERT INTO meta (name, value) VALUES (?, ?)", STAMP.items())
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise explain(error, self.path) from None
        finally:
            connection.close()

    def check(self) -> None:
        """Raise ``StoreError`` unless this release can work with the file."""
        with closing(self.open(write=True).connection) as connection:
            self.require_schema(connection)

    def require_schema(self, connection: sqlite3.Connection) -> None:
        """Raise ``StoreError`` unless the tables are there, in a form that this release can work with."""
        try:
            schema, oldest = self.read_numbers(connection)
        except sqlite3.Error as error:
            raise explain(error, self.path) from None
        if schema is None:
            raise StoreError(
                f"the ledger {self.path} is empty; start `livechat serve` once, or restore a backup"
            )
        require_usable(str(self.path), schema, oldest)

    def read_numbers(self, connection: sqlite3.Connection) -> tuple[int | None, int | None]:
        """The number of the tables (``None`` in an empty database), and that of the oldest usable release.

        Raises ``StoreError`` for a file of another program.
        """
        tables = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        }
        if not tables:
            return None, None
        found: dict[str, str] = {}
        if "meta" in tables:
            names = "SELECT name, value FROM meta WHERE name IN ('schema', 'oldest')"
            found = {name: str(value) for name, value in connection.execute(names)}
        schema, oldest = found.get("schema", ""), found.get("oldest", "")
        if not schema.isdecimal():
            raise StoreError(
                f"{self.path} is an SQLite file of another program; choose another path for the ledger"
            )
        return int(schema), int(oldest) if oldest.isdecimal() else None

    def _identity(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            raise StoreError(
                f"the ledger {self.path} is not there; put it back, nothing is accepted until then"
            ) from None
        except OSError as error:
            raise StoreError(f"the ledger {self.path} cannot be reached: {error.strerror}") from None
        return found.st_dev, found.st_ino


def _require_wal(connection: sqlite3.Connection, path: Path) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreError(f"the ledger {path} cannot use a write-ahead log here; put it on a local disk")


def explain(error: sqlite3.Error | StoreError, path: Path) -> StoreError:
    """A ``StoreError`` that says what happened and what to do. Values never appear in SQLite's own texts."""
    if isinstance(error, StoreError):
        return error
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & 0xFF if isinstance(code, int) else None
    if primary in _LOCKED:
        text = f"the ledger {path} is locked by another program for too long; end that program's transaction"
    elif primary == sqlite3.SQLITE_FULL:
        text = f"there is no space left for the ledger {path}; free some, nothing is accepted until then"
    elif primary in _GONE:
        text = f"the ledger {path} cannot be reached ({error}); look at the disk and the folder's permissions"
    elif primary in _READ_ONLY:
        text = f"the ledger {path} cannot be written ({error}); look at its owner and permissions"
    elif primary in _BROKEN:
        text = f"the ledger {path} is damaged ({error}); stop, keep a copy, restore a backup"
    else:
        text = f"the ledger {path} refused a statement: {error}"
    return StoreError(text)
