"""How soon a chat is polled again: pure rules."""

from __future__ import annotations

from livechat_sdk.provider.interface import PollPace

__all__ = ["LONGEST_BACKOFF", "after_failure", "next_poll"]

_WAITING = 3.0
"""How much slower than the fastest pace a chat is polled in which nobody has joined yet."""
_QUIET_SHARE = 0.1
"""The pause grows with the silence: after a minute of it, six seconds."""
_FIRST_BACKOFF = 1.0
LONGEST_BACKOFF = 120.0
"""Seconds after which what failed is tried again, where nothing else is said."""


def next_poll(
    pace: PollPace, *, quiet: float, engaged: bool, over: bool, wanted: float | None = None
) -> float:
    """Seconds until a chat is polled again.

    ``quiet`` are the seconds since anybody said anything, ``engaged`` tells whether an agent is in it,
    ``over`` whether our side has ended. ``wanted`` is what the vendor asked for: it counts before all else.
    """
    if wanted is not None:
        return max(wanted, pace.fastest)
    if over:
        return pace.slowest
    least = pace.fastest if engaged else pace.fastest * _WAITING
    return min(pace.slowest, max(least, quiet * _QUIET_SHARE))


def after_failure(
    usual: float, failures: int, retry_after: float | None, *, longest: float = LONGEST_BACKOFF
) -> float:
    """Seconds until the next try after so many failures in a row: doubled each time, never too early.

    ``longest`` is what the pause grows to; only the vendor's own wish goes beyond it.
    """
    doubled = _FIRST_BACKOFF * 2.0 ** min(max(failures - 1, 0), 20)
    return max(usual, min(doubled, longest), retry_after or 0.0)
