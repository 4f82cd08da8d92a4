"""Shards: how what happens by itself (timers, inbox, polling) is divided among workers."""

from __future__ import annotations

from typing import Final
from zlib import crc32

__all__ = ["ALL_SHARDS", "SHARDS", "shard_of"]

SHARDS: Final = 64
"""Number of shards. It is stored with every row, so it never changes."""

ALL_SHARDS: Final = frozenset(range(SHARDS))
"""What the only worker of a database holds."""


def shard_of(text: str) -> int:
    """The shard of a handoff (by its id), or of an event that waits (by its first reference)."""
    return crc32(text.encode()) % SHARDS
