"""How long what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["RetentionPlan"]


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """How long what is kept, in seconds since the end; ``None`` is for ever.

    ``by_bot`` are bots with a time of their own, ``after`` is for all others. Ids of events that were seen
    go ``event_ids_after`` their handoff has ended, hashes of erased ids ``tombstones_after`` the erasure, the
    bytes of files ``files_after`` they came, if that is earlier than their handoff.
    """

    after: float | None = None
    by_bot: Mapping[str, float | None] = field(default_factory=dict[str, float | None])
    event_ids_after: float = 30 * 86_400.0
    tombstones_after: float = 90 * 86_400.0
    files_after: float | None = None

    @property
    def erases(self) -> bool:
        """Whether any handoff is ever erased by this plan."""
        return self.after is not None or any(after is not None for after in self.by_bot.values())
