"""When an integration that cannot open chats is left alone for a while, and when it is tried again. Pure.

What counts is an open that was given up. Three in a row start the cool-down, each further one doubles it;
a vendor that names a time itself (``Retry-After``) is left alone until then at once. It ends by itself: the
next decision makes one trial, and others go elsewhere until that trial is over. A chat that opens ends it
for good.

==============  ===============================================
failure         of ``open_chat``
==============  ===============================================
never left      counts
unclear         counts
throttled       counts, and its ``Retry-After`` is kept at once
unauthorised    counts
malformed       counts
bug             counts
refused         does not: it concerns this chat alone
unavailable     does not: nobody is there, but it works
unsupported     does not: waiting changes nothing
==============  ===============================================
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from livechat_sdk.ledger.cooldowns import Cooldown
from livechat_sdk.relay.failures import Failure, FailureKind
from livechat_sdk.relay.retry_policy import RETRY_RULES

__all__ = ["COOLDOWN_TABLE", "FAILURES_BEFORE", "after_failure", "is_cooling", "needs_trial", "trial"]

FAILURES_BEFORE: Final = 3
"""How many opens in a row are given up before the integration is left alone."""

_FIRST: Final = 30.0  # seconds
_LONGEST: Final = 900.0
_TRIAL: Final = timedelta(seconds=60)  # by then an open has succeeded or was given up
_FORGOTTEN_AFTER: Final = timedelta(hours=1)

_COUNTS: Final = frozenset(
    {
        FailureKind.NEVER_LEFT,
        FailureKind.UNCLEAR,
        FailureKind.THROTTLED,
        FailureKind.UNAUTHORISED,
        FailureKind.MALFORMED,
        FailureKind.BUG,
    },
)

COOLDOWN_TABLE: Final[Mapping[tuple[str, FailureKind], bool]] = MappingProxyType(
    {
        (kind, failure): kind == "open_chat" and failure in _COUNTS
        for kind in RETRY_RULES
        for failure in FailureKind
    },
)
"""Every kind of action with every kind of failure: whether it counts."""


def after_failure(before: Cooldown | None, failure: Failure, now: datetime) -> Cooldown:
    """The cool-down after an open that was given up for a reason that counts."""
    recent = before is not None and now - before.until < _FORGOTTEN_AFTER
    failures = (before.failures if before is not None and recent else 0) + 1
    seconds = 0.0
    if failures >= FAILURES_BEFORE:
        seconds = min(_LONGEST, _FIRST * 2.0 ** min(failures - FAILURES_BEFORE, 20))
    seconds = max(seconds, failure.retry_after or 0.0)
    times = "1 failed open" if failures == 1 else f"{failures} failed opens in a row"
    return Cooldown(
        until=now + timedelta(seconds=seconds), failures=failures, reason=f"{times}, {failure.text}"[:500]
    )


def is_cooling(cooldown: Cooldown, now: datetime) -> bool:
    """Whether the integration is left alone now."""
    return now < cooldown.until


def needs_trial(cooldown: Cooldown, now: datetime) -> bool:
    """Whether the cool-down has run out and nobody has made the trial yet."""
    return cooldown.failures >= FAILURES_BEFORE and not is_cooling(cooldown, now)


def trial(cooldown: Cooldown, now: datetime) -> Cooldown:
    """The cool-down while one handoff makes the trial: everybody else goes on leaving it alone."""
    reason = cooldown.reason.removeprefix(_UNDER_WAY)
    return Cooldown(until=now + _TRIAL, failures=cooldown.failures, reason=f"{_UNDER_WAY}{reason}"[:500])


_UNDER_WAY: Final = "one trial is under way after "
