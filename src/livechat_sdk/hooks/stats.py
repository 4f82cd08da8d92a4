"""What is counted about plugins, and what a log may say about one that failed."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from livechat_sdk.errors import LivechatError

__all__ = ["HookStat", "Status", "Tally", "TallyBook", "describe"]


class Status(StrEnum):
    """What became of asking one plugin once."""

    ANSWERED = "answered"
    ABSTAINED = "abstained"
    FAILED = "failed"
    """It raised an error, or answered with something that cannot be used."""
    LATE = "late"
    """It did not answer within the time limit."""
    SKIPPED = "skipped"
    """It was not asked, because its earlier calls are stuck."""


@dataclass(frozen=True, slots=True)
class HookStat:
    """Counts of one plugin and one hook since the start.

    ``calls`` were started and ``skipped`` were not; of the calls, ``failures`` raised an error or
    answered with something that cannot be used, and ``timeouts`` took longer than the time limit.
    ``seconds`` is the time that was spent waiting for answers.
    """

    plugin: str
    hook: str
    calls: int = 0
    failures: int = 0
    timeouts: int = 0
    skipped: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Tally:
    """The counts of one plugin and one hook while they grow."""

    calls: int = 0
    failures: int = 0
    timeouts: int = 0
    skipped: int = 0
    seconds: float = 0.0

    def add(self, status: Status, seconds: float) -> None:
        """Count one call, or one that was skipped."""
        if status is Status.SKIPPED:
            self.skipped += 1
            return
        self.calls += 1
        self.seconds += seconds
        self.failures += status is Status.FAILED
        self.timeouts += status is Status.LATE


class TallyBook:
    """The counts of all plugins of one dispatcher. Counts outlive an unregistered plugin."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, str], Tally] = {}

    def of(self, plugin: str, hook: str) -> Tally:
        """The counts of one plugin and one hook."""
        return self._tallies.setdefault((plugin, hook), Tally())

    def snapshot(self) -> Sequence[HookStat]:
        """All counts as they are now, by plugin and hook."""
        return tuple(
            HookStat(plugin, hook, tally.calls, tally.failures, tally.timeouts, tally.skipped, tally.seconds)
            for (plugin, hook), tally in sorted(self._tallies.items())
        )


def describe(error: BaseException, file: str | None = None) -> str:
    """Kind and place of an error, without its text.

    The text of an error that a plugin raises may hold anything, a password in an address for example;
    only the SDK's own errors promise that theirs holds no secret. ``file`` is the plugin's source file:
    the last line of it that was running is the place that helps most.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == file] or frames[-1:]
    place = f" at {own[-1].filename}:{own[-1].lineno}" if own else ""
    text = f": {error}" if isinstance(error, LivechatError) else ""
    return f"{type(error).__name__}{place}{text}"
