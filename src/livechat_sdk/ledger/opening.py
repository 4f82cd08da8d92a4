"""From the address of a store in the settings to the store: one way for every database and every role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Literal

from livechat_sdk.errors import ConfigurationError
from livechat_sdk.ledger.addresses import is_postgres, sqlite_path
from livechat_sdk.ledger.secrets import StoreKeys
from livechat_sdk.ledger.store import Store

__all__ = ["Role", "check_address", "is_postgres", "open_store", "sqlite_path"]

Role = Literal["worker", "clerk", "reader"]
"""A worker serves; a clerk writes beside the workers, for commands, and runs nothing; a reader only reads."""


def check_address(url: str) -> None:
    """Raise ``ConfigurationError`` unless the address names a store. Connects to nothing."""
    if is_postgres(url):
        from livechat_sdk.ledger.addresses import PostgresAddress

        PostgresAddress.parse(url)
    else:
        sqlite_path(url)


def open_store(
    url: str,
    workspace: str = "default",
    key: StoreKeys | None = None,
    *,
    now: Callable[[], datetime] | None = None,
    role: Role = "worker",
) -> Store:
    """The store that an address names, not yet opened. Raises ``ConfigurationError``.

    The database driver is imported here and not before.
    """
    clock = now or (lambda: datetime.now(UTC))
    if is_postgres(url):
        return _postgres(url, workspace, key, clock, role)
    path = sqlite_path(url)
    from livechat_sdk.ledger.sqlite.store import SqliteStore

    if role == "reader":
        return SqliteStore.reader(path, workspace=workspace, key=key)
    if role == "clerk":
        return SqliteStore.clerk(path, workspace=workspace, key=key, now=clock)
    return SqliteStore(path, workspace=workspace, key=key, now=clock)


def _postgres(
    url: str, workspace: str, key: StoreKeys | None, now: Callable[[], datetime], role: Role
) -> Store:
    check_address(url)
    if find_spec("asyncpg") is None:
        raise ConfigurationError('a PostgreSQL store needs its driver: pip install "livechat-sdk[postgres]"')
    from livechat_sdk.ledger.postgres.store import PostgresStore

    if role == "reader":
        return PostgresStore.reader(url, workspace=workspace, key=key)
    if role == "clerk":
        return PostgresStore.clerk(url, workspace=workspace, key=key, now=now)
    return PostgresStore(url, workspace=workspace, key=key, now=now)
