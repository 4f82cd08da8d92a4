"""Migrating an SQLite file: a copy first, then everything in one transaction."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from livechat_sdk.errors import StoreError
from livechat_sdk.ledger.compatibility import OLDEST_USABLE
from livechat_sdk.ledger.schema import SCHEMA_VERSION
from livechat_sdk.ledger.sqlite.connection import SqliteFile, explain

__all__ = ["migrate_file", "read_status", "upgrade_if_older"]

logger = logging.getLogger("livechat_sdk.ledger")


def read_status(path: Path) -> tuple[int | None, int | None, str, None, None]:
    """Schema, oldest usable schema, where it is; a file has no other workers."""
    path = path.resolve()
    file = SqliteFile(path, busy_timeout=5.0)
    with closing(file.open(write=False).connection) as db:
        try:
            schema, oldest = file.read_numbers(db)
        except sqlite3.Error as error:
            raise explain(error, path) from None
    return schema, oldest, str(path), None, None


def upgrade_if_older(file: SqliteFile) -> None:
    """Bring a file of an older release to the schema of this one. The caller holds the lock of the file.

    Raises ``StoreError``; the file is as it was then.
    """
    with closing(file.open(write=True).connection) as db:
        try:
            schema, _ = file.read_numbers(db)
        except sqlite3.Error as error:
            raise explain(error, file.path) from None
    if schema is None or schema >= SCHEMA_VERSION:
        return
    if find_spec("alembic") is None or find_spec("sqlalchemy") is None:
        if schema >= OLDEST_USABLE:
            return
        raise StoreError(
            f"the ledger {file.path} has schema {schema}, this release needs {SCHEMA_VERSION}; "
            'pip install "livechat-sdk[migrations]", then start again or run `livechat ledger upgrade`'
        )
    migrate_file(file.path, SCHEMA_VERSION, lambda line: logger.warning("ledger %s: %s", file.path, line))


def migrate_file(path: Path, target: int, tell: Callable[[str], None]) -> None:
    """Copy the file, then bring its tables to ``target``. Raises ``StoreError``; nothing is changed then."""
    import sqlalchemy as sa
    from sqlalchemy.exc import DBAPIError

    from livechat_sdk.ledger.migrations.running import migrate

    file = SqliteFile(path, busy_timeout=5.0)

    def connect() -> sqlite3.Connection:
        db = file.open(write=True).connection
        db.execute("PRAGMA foreign_keys = OFF")  # tables are rebuilt; checked below
        return db

    tell(f"a copy is kept in {_copy_before(path, target)}")
    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.NullPool)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            migrate(connection, target, tell)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise StoreError(f"the ledger {path} holds rows of {broken[0][0]} that belong to nothing")
            connection.exec_driver_sql("COMMIT")
    except DBAPIError as error:
        cause = error.orig
        raise explain(cause, path) if isinstance(cause, sqlite3.Error) else StoreError(str(cause)) from None
    finally:
        engine.dispose()


def _copy_before(path: Path, target: int) -> Path:
    """A copy of the whole file, readable by its owner only, named after the schema that it goes to."""
    copy = path.with_name(f"{path.name}.before-schema-{target}")
    try:
        copy.unlink(missing_ok=True)
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(copy)) as to:
            db.backup(to)
    except sqlite3.Error as error:
        raise explain(error, path) from None
    except OSError as error:
        raise StoreError(f"no copy of the ledger can be made in {copy}: {error.strerror}") from None
    return copy
