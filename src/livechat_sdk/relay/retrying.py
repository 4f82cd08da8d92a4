"""What happens to an action that did not succeed: try again, give up, or admit that nobody knows.

Pure rules. A vendor call is repeated only if it provably never left, if the action is safe to repeat
by contract, or if the vendor dedupes by our key; anything else that fails unclearly is doubtful.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from livechat_sdk.errors import (
    AuthError,
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
    UnavailableError,
    UnsupportedFeature,
)
from livechat_sdk.lifecycle.effects import Action

__all__ = ["RETRY_RULES", "RetryRule", "Verdict", "judge"]


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How often an action is tried (``None``: until it succeeds) and how the pauses grow, in seconds."""

    tries: int | None
    first_pause: float = 0.5
    longest_pause: float = 60.0

    def pause(self, tries: int) -> float:
        """The pause after ``tries`` failed tries: doubled each time, up to the longest."""
        return float(min(self.longest_pause, self.first_pause * 2 ** min(max(tries - 1, 0), 20)))


RETRY_RULES: dict[str, RetryRule] = {
    "decide": RetryRule(tries=3),
    "find_contact": RetryRule(tries=2),
    "open_chat": RetryRule(tries=4),
    "send_message": RetryRule(tries=8),
    "update_details": RetryRule(tries=5),
    "close_chat": RetryRule(tries=12),
    "create_ticket": RetryRule(tries=8, first_pause=2.0, longest_pause=300.0),
    "say": RetryRule(tries=12),
    "deliver_message": RetryRule(tries=12),
    # Control must come back to the bot: this one is never given up.
    "deliver_ended": RetryRule(tries=None),
}
"""One rule for each kind of action."""


_NO_TRACE_OUTSIDE = frozenset({"decide", "find_contact"})
"""Actions that only look: when they fail, nothing is in doubt."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do after a failed try. ``pause`` (seconds) comes with ``again``."""

    kind: Literal["again", "failed", "doubtful"]
    pause: float = 0.0
    unavailable: bool = False


def judge(action: Action, error: BaseException, *, tries: int, repeatable: bool) -> Verdict:
    """Judge the ``tries``-th try of ``action``, which raised ``error``.

    ``repeatable`` tells whether doing it twice is harmless.
    """
    rule = RETRY_RULES[action.kind]
    if isinstance(error, UnavailableError):
        return Verdict("failed", unavailable=True)
    if isinstance(error, RejectedError | AuthError | UnsupportedFeature):
        return Verdict("failed")
    never_left = isinstance(error, ProviderError) and error.sent is False
    if action.kind not in _NO_TRACE_OUTSIDE and isinstance(error, ProtocolError) and not never_left:
        return Verdict("doubtful")
    if not repeatable and not never_left:
        return Verdict("doubtful")
    if rule.tries is None or tries < rule.tries:
        wish = error.retry_after if isinstance(error, RetryableError) else None
        return Verdict("again", pause=max(rule.pause(tries), min(wish or 0.0, 300.0)))
    return Verdict("failed" if never_left or action.kind in _NO_TRACE_OUTSIDE else "doubtful")
