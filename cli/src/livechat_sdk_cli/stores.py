"""Which store a command works with, and how it does so beside a server that is running."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livechat_sdk.ledger.store import Store

__all__ = ["StoreAddress", "find_store", "open_clerk", "open_reader"]


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """A store, and the workspace in it."""

    url: str
    workspace: str


def find_store(file: Path, *, store: str | None, workspace: str | None) -> StoreAddress:
    """The store that ``--store`` names, as an address or as the path of a file; else that of the settings.

    Raises ``ConfigurationError`` when the settings do not tell it.
    """
    if store is not None:
        url = store if "://" in store else f"sqlite:///{store}"
        return StoreAddress(url, workspace or "default")
    from livechat_sdk_cli.settings import store_of

    url, configured = store_of(file)
    return StoreAddress(url, workspace or configured)


@asynccontextmanager
async def open_clerk(address: StoreAddress) -> AsyncGenerator[Store]:
    """The store, open for writing beside a server that may be running; what has to be done, that one does.

    Raises ``ConfigurationError`` for an address that cannot be used here, ``StoreError`` when there is no
    store at it.
    """
    from livechat_sdk.ledger.opening import sqlite_path

    path = sqlite_path(address.url)
    from livechat_sdk.ledger.sqlite.store import SqliteStore

    clerk = SqliteStore.clerk(path, workspace=address.workspace)
    await clerk.open()
    try:
        yield clerk
    finally:
        await clerk.close()


@asynccontextmanager
async def open_reader(address: StoreAddress) -> AsyncGenerator[Store]:
    """The store, open for reading only. Takes no lock, so a server may have it open.

    Raises ``ConfigurationError`` for an address that cannot be read here, ``StoreError`` when there is no
    store at it.
    """
    from livechat_sdk.ledger.opening import sqlite_path

    path = sqlite_path(address.url)
    from livechat_sdk.ledger.sqlite.store import SqliteStore

    reader = SqliteStore.reader(path, workspace=address.workspace)
    await reader.open()
    try:
        yield reader
    finally:
        await reader.close()
