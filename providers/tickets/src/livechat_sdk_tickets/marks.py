"""Our keys where a vendor can show and search them, and what may still be on its way under them.

A reference is a key as a query may hold it: letters and digits and little else, so that it needs no quoting
anywhere. A mark is what a comment ends with where nothing else tells one comment from another.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Final

__all__ = ["Underway", "mark_of", "marked", "reference_of"]

_SAFE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_KEPT: Final = 10_000


def reference_of(key: str) -> str:
    """``key`` itself where it is harmless and at most 100 characters long, else a hash of it."""
    return key if _SAFE.fullmatch(key) else f"livechat-{_hash(key, 40)}"


def mark_of(key: str) -> str:
    """What a comment with this key ends with."""
    return f"(livechat {_hash(key, 12)})"


def marked(text: str, key: str) -> str:
    """``text``, which is escaped already, with the mark of its key as its last line."""
    return f"{text}\n\n{mark_of(key)}"


def _hash(key: str, digits: int) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:digits]


class Underway:
    """When a call that must not be made twice last left, by its key.

    It remembers for this process alone: what another one sent is known by when the first try was.
    """

    def __init__(self, now: Callable[[], datetime], longest: float) -> None:
        self._now = now
        self._longest = longest
        self._left: OrderedDict[str, datetime] = OrderedDict()

    def leaves(self, key: str) -> None:
        """The call is made now."""
        self._left[key] = self._now()
        self._left.move_to_end(key)
        if len(self._left) > _KEPT:
            self._left.popitem(last=False)

    def forget(self, key: str) -> None:
        """The call came to nothing, which is sure."""
        self._left.pop(key, None)

    def rest(self, key: str, first_tried_at: datetime) -> float:
        """Seconds until an earlier call, of which nothing is there, is surely not on its way any more."""
        last = max(self._left.get(key, first_tried_at), first_tried_at)
        return max(self._longest - (self._now() - last).total_seconds(), 0.0)
