"""What came in by itself, in numbers; and trouble with a vendor, told once and not for each chat."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["InflowCounts", "Troubles"]

logger = logging.getLogger("livechat_sdk.inbound")


@dataclass(slots=True)
class InflowCounts:
    """Since this process started. Keys are names of integrations, where nothing else is said."""

    polls: Counter[str] = field(default_factory=Counter[str])
    poll_errors: Counter[str] = field(default_factory=Counter[str])
    stream_starts: Counter[str] = field(default_factory=Counter[str])
    stream_errors: Counter[str] = field(default_factory=Counter[str])
    gaps: Counter[str] = field(default_factory=Counter[str])
    """Times at which events of an integration may have been lost."""
    questions: Counter[str] = field(default_factory=Counter[str])
    """Times at which a vendor was asked what is true of a chat."""
    question_errors: Counter[str] = field(default_factory=Counter[str])
    repairs: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """What had been missed and was repaired, by integration and kind of event."""
    closed_again: Counter[str] = field(default_factory=Counter[str])
    """Times at which a chat that was left open at the vendor was told to close once more."""
    unmatched_dropped: Counter[str] = field(default_factory=Counter[str])
    """Events that matched no chat for a day."""
    poll_late: Callable[[str, float], None] | None = None
    """Is told of each poll: its integration, and how many seconds after its time it began."""
    late: Callable[[str, float], None] | None = None
    """Is told of each repair: its kind, and how many seconds late it was."""
    late_seconds: float = 0.0
    """Lateness of all repairs together, in seconds."""

    def repaired(self, integration: str, kind: str, late_seconds: float) -> None:
        """Note a repair."""
        self.repairs[integration, kind] += 1
        self.late_seconds += late_seconds
        if self.late is not None:
            self.late(kind, late_seconds)


class Troubles:
    """Says when trouble with an integration begins and when it is over."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._failures: Counter[str] = Counter()

    def failed(self, integration: str, error: Exception) -> None:
        """It did not work."""
        self._failures[integration] += 1
        level = logging.WARNING if self._failures[integration] == 1 else logging.DEBUG
        logger.log(level, "%s %s: %s: %s", self._doing, integration, type(error).__name__, str(error)[:500])

    def worked(self, integration: str) -> None:
        """It worked."""
        failures = self._failures.pop(integration, 0)
        if failures:
            logger.info("%s %s works again after %d failures", self._doing, integration, failures)
