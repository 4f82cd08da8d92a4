"""Whether an action that failed is tried again, when, and what its end is if not. Pure.

A call is repeated only if that cannot do it twice: it provably was not done, it is safe to repeat by
contract (everything but a send), or the vendor dedupes by our key. What nobody can tell is *doubtful*.

==============  =================  =======================================  ==============  ============
failure         looks (decide,     vendor calls and tickets                 deliveries      the end
                contact, enrich)   (open, send, update, close, ticket)      (say, deliver)  (the outcome)
==============  =================  =======================================  ==============  ============
never left      again              again                                    again           again
throttled       again              again                                    again           again
unclear         again              again if safe to repeat, else doubtful   again           again
refused         failed             failed                                   failed          again
unauthorised    failed             failed                                   failed          again
unavailable     failed             failed                                   failed          again
unsupported     failed             failed                                   failed          again
malformed       failed             doubtful                                 again           again
bug             a few times        a few times if safe, else doubtful       again           again
==============  =================  =======================================  ==============  ============

*Again* has a budget of time for each kind of action, counted from the decision; after it the action is
*failed* if it was certainly not done, *doubtful* if it may have been. A few tries are always made, so that
what was due while nobody was there gets its chance. Control must come back to the bot: the outcome has no
budget. ``Retry-After`` is never undercut: where it is too long to wait for, the action is given up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Final, Literal

from livechat_sdk.relay.failures import Failure, FailureKind

__all__ = ["RETRY_RULES", "RETRY_TABLE", "Answer", "RetryRule", "Tried", "Verdict", "judge"]


class Answer(Enum):
    """What a kind of failure means for a kind of action."""

    AGAIN = auto()
    IF_SAFE = auto()
    """Again if it is safe to repeat, else doubtful."""
    A_FEW_TIMES = auto()
    """As ``IF_SAFE``, but no more than the least number of tries."""
    FAILED = auto()
    DOUBTFUL = auto()


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How long an action is tried, in seconds since it was decided, and how the pauses grow.

    ``budget`` is ``None`` for what is never given up. ``budget_alone`` counts where there is no other
    provider to go to. ``least_tries`` are made even when the budget has passed.
    """

    budget: float | None
    least_tries: int = 3
    first_pause: float = 0.5
    longest_pause: float = 60.0
    budget_alone: float | None = None


_HOURS: Final = 6 * 3600.0

RETRY_RULES: Final[Mapping[str, RetryRule]] = MappingProxyType(
    {
        "decide": RetryRule(10),
        "find_contact": RetryRule(5, least_tries=2),
        "enrich": RetryRule(45, least_tries=2, longest_pause=10.0),
        # Repeating an open with the same reference is how a doubtful one is looked up.
        "open_chat": RetryRule(5, least_tries=2, budget_alone=60),
        "send_message": RetryRule(900),
        "update_details": RetryRule(120),
        "close_chat": RetryRule(900, least_tries=5),
        "create_ticket": RetryRule(3600, first_pause=2.0, longest_pause=300.0),
        "add_to_ticket": RetryRule(3600, first_pause=2.0, longest_pause=300.0),
        # Nobody else can tell the end user: the platform may be away for hours, and the order still holds.
        "say": RetryRule(_HOURS, least_tries=5),
        "deliver_message": RetryRule(_HOURS, least_tries=5),
        "deliver_ended": RetryRule(None),
    },
)
"""One rule for each kind of action."""

_LOOKS: Final = ("decide", "find_contact", "enrich")
"""These only look: when they fail, nothing is in doubt."""
_CALLS: Final = (
    *("open_chat", "send_message", "update_details", "close_chat"),
    *("create_ticket", "add_to_ticket"),
)
_DELIVERIES: Final = ("say", "deliver_message")

_F = FailureKind
_A = Answer
_ROWS: Final[Mapping[FailureKind, tuple[Answer, Answer, Answer]]] = {
    #                   looks            calls            deliveries
    _F.NEVER_LEFT: (_A.AGAIN, _A.AGAIN, _A.AGAIN),
    _F.THROTTLED: (_A.AGAIN, _A.AGAIN, _A.AGAIN),
    _F.UNCLEAR: (_A.AGAIN, _A.IF_SAFE, _A.AGAIN),
    _F.REFUSED: (_A.FAILED, _A.FAILED, _A.FAILED),
    _F.UNAUTHORISED: (_A.FAILED, _A.FAILED, _A.FAILED),
    _F.UNAVAILABLE: (_A.FAILED, _A.FAILED, _A.FAILED),
    _F.UNSUPPORTED: (_A.FAILED, _A.FAILED, _A.FAILED),
    _F.MALFORMED: (_A.FAILED, _A.DOUBTFUL, _A.AGAIN),
    _F.BUG: (_A.A_FEW_TIMES, _A.A_FEW_TIMES, _A.AGAIN),
}


def _build() -> dict[tuple[str, FailureKind], Answer]:
    table: dict[tuple[str, FailureKind], Answer] = {}
    for failure, answers in _ROWS.items():
        for kinds, answer in zip((_LOOKS, _CALLS, _DELIVERIES), answers, strict=True):
            table.update({(kind, failure): answer for kind in kinds})
        table["deliver_ended", failure] = _A.AGAIN
    return table


RETRY_TABLE: Final[Mapping[tuple[str, FailureKind], Answer]] = MappingProxyType(_build())
"""Every kind of action with every kind of failure."""


@dataclass(frozen=True, slots=True)
class Tried:
    """An action after a failed try.

    ``tries`` counts the failed one, ``age`` is in seconds since the action was decided. ``safe``: doing it
    twice is harmless, or was chosen to be. ``in_doubt``: an earlier try may have been carried out. ``alone``:
    there is no other provider to go to.
    """

    kind: str
    tries: int
    age: float
    safe: bool = True
    in_doubt: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do after a failed try. ``pause`` (seconds) comes with ``again``.

    ``in_doubt``: it may have been carried out; an action that waits like this is not withdrawn.
    """

    kind: Literal["again", "failed", "doubtful"]
    pause: float = 0.0
    in_doubt: bool = False


def judge(tried: Tried, failure: Failure, *, chance: float) -> Verdict:
    """Judge a failed try. ``chance`` (0 up to 1) spreads the pauses, so that not all come back at once."""
    rule = RETRY_RULES[tried.kind]
    in_doubt = tried.kind not in _LOOKS and (tried.in_doubt or not failure.certain)
    answer = RETRY_TABLE[tried.kind, failure.kind]
    over = Verdict("doubtful" if in_doubt else "failed", in_doubt=in_doubt)
    if answer in {Answer.FAILED, Answer.DOUBTFUL}:
        return over
    if answer in {Answer.IF_SAFE, Answer.A_FEW_TIMES}:
        if in_doubt and not tried.safe:
            return over
        if answer is Answer.A_FEW_TIMES and tried.tries >= rule.least_tries:
            return over
    pause = _pause(rule, tried.tries, failure.retry_after, chance)
    if _is_over(rule, tried, pause, failure.retry_after):
        return over
    return Verdict("again", pause=pause, in_doubt=in_doubt)


def _pause(rule: RetryRule, tries: int, wish: float | None, chance: float) -> float:
    """Doubled after each try, up to the longest, spread by a quarter either way; never less than the wish."""
    grown = min(rule.longest_pause, rule.first_pause * 2.0 ** min(max(tries - 1, 0), 20))
    spread = grown * chance / 2
    return max(grown * 0.75, wish or 0.0) + spread


def _is_over(rule: RetryRule, tried: Tried, pause: float, wish: float | None) -> bool:
    budget = rule.budget_alone if tried.alone and rule.budget_alone is not None else rule.budget
    if budget is None:
        return False
    if wish is not None and wish > budget:
        return True
    return tried.tries >= rule.least_tries and tried.age + pause > budget
