"""Ids as vendors make them: opaque, never used twice."""

from __future__ import annotations

import secrets

__all__ = ["new_id", "same"]


def new_id(prefix: str, digits: int = 16) -> str:
    """A new id such as ``chat_3f9c…``, with ``digits`` hexadecimal digits."""
    return f"{prefix}_{secrets.token_hex((digits + 1) // 2)[:digits]}"


def same(ours: str, theirs: str) -> bool:
    """Whether two secrets are equal, in a time that does not depend on where they differ."""
    return secrets.compare_digest(ours.encode(), theirs.encode())
