"""The total outcome table: (last state, who, why) -> outcome.

Two rules of thumb explain nearly every cell. Once an agent was in the chat it counts as
*completed*, however it stopped, unless the provider broke (*failed*) or the agent never answered
(*failed*). Before that, the party who stopped it decides: the end user or the bot gave up
(*cancelled*), nobody came in time (*missed*), the vendor had nobody (*unavailable*), something broke
(*failed*), or it is closed now (*out_of_hours*). ``already_open`` is not an end of its own handoff's
making and is set directly.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from livechat_sdk.domain.ends import WHO, WHY, EndReason, Outcome, Who, Why
from livechat_sdk.domain.handoff import WAITING_STATES, HandoffState

__all__ = ["LAST_STATES", "OUTCOME_TABLE", "outcome_of"]

LAST_STATES: tuple[HandoffState, ...] = (
    HandoffState.REQUESTED,
    HandoffState.STARTING,
    HandoffState.QUEUED,
    HandoffState.ACTIVE,
    HandoffState.TRANSFERRING,
)
"""States from which a handoff can end; ``ending`` remembers the one it came from."""

_O = Outcome

# Columns follow WHY: resolved, abandoned, inactivity, timeout, transferred_away, refused, error, other.
_WAITING: dict[Who, tuple[Outcome, ...]] = {
    "user": (_O.CANCELLED,) * 8,
    "agent": (
        _O.COMPLETED,  # answered from the queue without joining
        _O.MISSED,
        _O.MISSED,
        _O.MISSED,
        _O.UNAVAILABLE,
        _O.UNAVAILABLE,
        _O.FAILED,
        _O.UNAVAILABLE,
    ),
    "bot": (
        _O.CANCELLED,
        _O.CANCELLED,
        _O.CANCELLED,
        _O.CANCELLED,
        _O.CANCELLED,
        _O.CANCELLED,
        _O.FAILED,
        _O.CANCELLED,
    ),
    "provider": (
        _O.COMPLETED,  # a vendor's "solved" without a join event that we saw
        _O.CANCELLED,  # the vendor saw the end user leave
        _O.CANCELLED,  # the vendor closed a silent end user
        _O.MISSED,
        _O.UNAVAILABLE,
        _O.UNAVAILABLE,
        _O.FAILED,
        _O.UNAVAILABLE,
    ),
    "clock": (
        _O.MISSED,
        _O.MISSED,
        _O.CANCELLED,  # the end user was silent while queued
        _O.MISSED,
        _O.MISSED,
        _O.OUT_OF_HOURS,
        _O.FAILED,
        _O.MISSED,
    ),
    "operator": (
        _O.CANCELLED,
        _O.CANCELLED,
        _O.CANCELLED,
        _O.MISSED,
        _O.CANCELLED,
        _O.UNAVAILABLE,
        _O.FAILED,
        _O.CANCELLED,
    ),
}


def _engaged(who: Who, why: Why) -> Outcome:
    if why == "error" and who in {"provider", "clock", "bot", "operator", "agent"}:
        return _O.FAILED
    if who == "clock" and why == "abandoned":  # the agent stayed silent and no fallback is left
        return _O.FAILED
    return _O.COMPLETED


def _build() -> dict[tuple[HandoffState, Who, Why], Outcome]:
    table: dict[tuple[HandoffState, Who, Why], Outcome] = {}
    for state in LAST_STATES:
        for who in WHO:
            for column, why in enumerate(WHY):
                waiting = state in WAITING_STATES
                table[state, who, why] = _WAITING[who][column] if waiting else _engaged(who, why)
    return table


OUTCOME_TABLE: Mapping[tuple[HandoffState, Who, Why], Outcome] = MappingProxyType(_build())
"""Every combination of last state, who and why, with its outcome."""


def outcome_of(last_state: HandoffState, reason: EndReason) -> Outcome:
    """The outcome of a handoff that ended in ``last_state`` for ``reason``."""
    return OUTCOME_TABLE[last_state, reason.by, reason.why]
