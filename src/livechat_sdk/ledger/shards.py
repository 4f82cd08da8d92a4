"""Shards: how what happens by itself (timers, inbox, polling) is divided among workers."""

from __future__ import annotations

from itertools import count
from typing import Final
from zlib import crc32

__all__ = ["ALL_SHARDS", "SHARDS", "shard_of", "text_in_shard"]

SHARDS: Final = 64
"""Number of shards. It is stored with every row, so it never changes."""

ALL_SHARDS: Final = frozenset(range(SHARDS))
"""What the only worker of a database holds."""


def shard_of(text: str) -> int:
    """The shard of a handoff (by its id), or of an event that waits (by its first reference)."""
    return crc32(text.encode()) % SHARDS


def text_in_shard(shard: int, *, prefix: str) -> str:
    """A text with this prefix that lies in ``shard``: an event with such a reference reaches its worker."""
    return next(text for number in count() if shard_of(text := f"{prefix}{number}") == shard)
