"""From the address of a store in the settings to the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from livechat_sdk.errors import ConfigurationError
from livechat_sdk.ledger.secrets import StoreKeys
from livechat_sdk.ledger.store import Store

__all__ = ["open_store", "sqlite_path"]

_POSSIBLE = (
    "`sqlite:///livechat.db` (relative to the working directory) "
    "or `sqlite:////var/lib/livechat.db` (absolute)"
)


def sqlite_path(url: str) -> Path:
    """The file that an ``sqlite:///`` address names. Raises ``ConfigurationError`` for any other address."""
    scheme, separator, rest = url.partition("://")
    # Only the scheme is repeated: another database's address holds a password.
    if scheme != "sqlite" or not separator:
        named = f"a store of the kind {scheme!r}" if separator and scheme else "this store address"
        raise ConfigurationError(f"{named} is not possible; what is possible now: {_POSSIBLE}")
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
) -> Store:
    """The store that an address names, not yet opened. Raises ``ConfigurationError``.

    The database driver is imported here and not before.
    """
    path = sqlite_path(url)
    from livechat_sdk.ledger.sqlite.store import SqliteStore

    return SqliteStore(path, workspace=workspace, key=key, now=now or (lambda: datetime.now(UTC)))
