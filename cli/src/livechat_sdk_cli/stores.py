"""Which store a command works with, and how it does so beside a server that is running."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livechat_sdk.ledger.opening import Role
    from livechat_sdk.ledger.store import Store

__all__ = ["StoreAddress", "find_store", "open_clerk", "open_reader"]


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """A store, and the workspace in it. The address may hold a password, so it is not shown."""

    url: str = field(repr=False)
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
    async with _open(address, "clerk") as clerk:
        yield clerk


@asynccontextmanager
async def open_reader(address: StoreAddress) -> AsyncGenerator[Store]:
    """The store, open for reading only. Takes no lock, so a server may have it open.

    Raises ``ConfigurationError`` for an address that cannot be read here, ``StoreError`` when there is no
    store at it.
    """
    async with _open(address, "reader") as reader:
        yield reader


@asynccontextmanager
async def _open(address: StoreAddress, role: Role) -> AsyncGenerator[Store]:
    from livechat_sdk.ledger.opening import open_store

    store = open_store(address.url, workspace=address.workspace, role=role)
    await store.open()
    try:
        yield store
    finally:
        await store.close()
