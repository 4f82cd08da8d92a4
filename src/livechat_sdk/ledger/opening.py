"""From the address of a store in the settings to the store: one way for every database and every role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from livechat_sdk.errors import ConfigurationError
from livechat_sdk.ledger.secrets import StoreKeys
from livechat_sdk.ledger.store import Store

__all__ = ["Role", "check_address", "is_postgres", "open_store", "sqlite_path"]

Role = Literal["worker", "clerk", "reader"]
"""A worker serves; a clerk writes beside the workers, for commands, and runs nothing; a reader only reads."""

_POSSIBLE = (
    "`sqlite:///livechat.db` (relative to the working directory), `sqlite:////var/lib/livechat.db` "
    "(absolute) or `postgresql://user:password@host/livechat`"
)
_POSTGRES = frozenset({"postgresql", "postgres"})


def check_address(url: str) -> None:
    """Raise ``ConfigurationError`` unless the address names a store. Connects to nothing."""
    if is_postgres(url):
        from livechat_sdk.ledger.addresses import PostgresAddress

        PostgresAddress.parse(url)
    else:
        sqlite_path(url)


def sqlite_path(url: str) -> Path:
    """The file that an ``sqlite:///`` address names. Raises ``ConfigurationError`` for any other address."""
    scheme, separator, rest = url.partition("://")
    # Only the scheme is repeated: another database's address holds a password.
    if scheme != "sqlite" or not separator:
        named = f"a store of the kind {scheme!r}" if separator and scheme else "this store address"
        raise ConfigurationError(f"{named} is not possible; what is possible: {_POSSIBLE}")
    path = unquote(rest.partition("?")[0])
    if not path.startswith("/") or path in {"/", "/:memory:"} or path.endswith("/"):
        raise ConfigurationError(f"the store address names no file; write {_POSSIBLE}")
    return Path(path[1:])


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


def is_postgres(url: str) -> bool:
    """Whether an address names a PostgreSQL database."""
    scheme, separator, _ = url.partition("://")
    return bool(separator) and scheme in _POSTGRES
