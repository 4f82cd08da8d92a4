"""Upgrade, downgrade and status of the ledger at an address."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from livechat_sdk.errors import ConfigurationError, StoreError
from livechat_sdk.ledger.compatibility import Verdict, judge
from livechat_sdk.ledger.opening import check_address, is_postgres, sqlite_path
from livechat_sdk.ledger.schema import SCHEMA_VERSION

__all__ = ["Status", "downgrade", "status", "upgrade"]

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Status:
    """What a ledger has. ``schema`` is ``None`` for an empty database; ``workers`` are alive right now."""

    where: str
    schema: int | None
    oldest: int | None
    known: int
    verdict: Verdict
    workers: int | None = None
    older_workers: int | None = None


async def status(url: str) -> Status:
    """What the ledger has. Raises ``StoreError``, ``ConfigurationError``."""
    check_address(url)
    if is_postgres(url):
        from livechat_sdk.ledger.postgres.upgrading import read_status

        found = await read_status(url)
    else:
        from livechat_sdk.ledger.sqlite.upgrading import read_status as read_file

        found = await asyncio.to_thread(read_file, sqlite_path(url))
    schema, oldest, where, workers, older = found
    return Status(where, schema, oldest, SCHEMA_VERSION, judge(schema, oldest), workers, older)


async def upgrade(url: str, tell: Tell) -> None:
    """Bring the tables to the schema of this release. Raises ``StoreError``, ``ConfigurationError``."""
    await _migrate(url, SCHEMA_VERSION, tell, down=False)


async def downgrade(url: str, target: int, tell: Tell) -> None:
    """Bring the tables back to an older schema, for an older release."""
    await _migrate(url, target, tell, down=True)


async def _migrate(url: str, target: int, tell: Tell, *, down: bool) -> None:
    present = await status(url)
    if present.schema is None:
        raise StoreError(f"there is no ledger in {present.where}; the server makes one when it starts")
    if down and target >= present.schema:
        raise StoreError(f"the ledger in {present.where} has schema {present.schema} already")
    if not down and present.schema > target:
        raise StoreError(f"the ledger in {present.where} has schema {present.schema}, which is newer")
    if present.schema == target:
        tell(f"{present.where} has schema {target} already")
        return
    need_alembic()
    if is_postgres(url):
        from livechat_sdk.ledger.postgres.upgrading import migrate_database

        await migrate_database(url, target, tell)
    else:
        from livechat_sdk.ledger.sqlite.upgrading import migrate_file

        await asyncio.to_thread(_alone, migrate_file, url, target, tell)
    tell(f"{present.where} has schema {target} now")


def _alone(migrate_file: Callable[..., Any], url: str, target: int, tell: Tell) -> None:
    """On SQLite nobody may serve the file meanwhile."""
    from livechat_sdk.ledger.sqlite.lock import ServingLock

    path = sqlite_path(url).resolve()
    lock = ServingLock(path)
    lock.acquire()
    try:
        migrate_file(path, target, tell)
    finally:
        lock.release()


def need_alembic() -> None:
    """Raise ``ConfigurationError`` unless what migrates is installed."""
    if find_spec("alembic") is None or find_spec("sqlalchemy") is None:
        raise ConfigurationError('migrating needs alembic: pip install "livechat-sdk[migrations]"')
