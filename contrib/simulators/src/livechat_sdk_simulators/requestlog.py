"""What was asked of a simulator: the newest calls, without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

__all__ = ["LoggedRequest", "RequestLog", "excerpt"]

_KEPT: Final = 1000
_EXCERPT: Final = 2000


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One call."""

    number: int
    """Counts from 1, also past calls that were forgotten."""
    at: datetime
    operation: str
    method: str
    path: str
    """With the query, secrets masked."""
    status: int | None
    """``None``: the caller got no answer."""
    applied: str
    """What changed at the vendor, in words; empty when nothing did."""
    chat: str = ""
    """The vendor's id of the chat, where there is one."""
    fault: str = ""
    """The scripted fault that happened to it."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    request: str = ""
    """The beginning of the body."""
    answer: str = ""
    """The beginning of the body of the answer."""


class RequestLog(list[LoggedRequest]):
    """The newest calls, oldest first. What is over ``kept`` is forgotten."""

    def __init__(self, kept: int = _KEPT) -> None:
        super().__init__()
        self._kept = kept
        self.counted = 0
        """How many there were ever."""

    def append(self, entry: LoggedRequest, /) -> None:
        """Add a call."""
        super().append(entry)
        self.counted += 1
        del self[: max(0, len(self) - self._kept)]

    def of(self, operation: str) -> list[LoggedRequest]:
        """The calls of one operation."""
        return [entry for entry in self if entry.operation == operation]


def excerpt(body: bytes, content_type: str) -> str:
    """The beginning of a body for people; what is no text is only measured."""
    kind = content_type.partition(";")[0].strip().lower()
    if body and (kind.startswith(("image/", "audio/", "video/")) or kind == "application/pdf"):
        return f"({len(body)} bytes of {kind})"
    text = body[: 4 * _EXCERPT].decode("utf-8", "replace")
    return text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…"
