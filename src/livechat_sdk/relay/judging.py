"""From an exception to what becomes of the action: gathers what the policies need to know, and asks them."""

from __future__ import annotations

import traceback
import zlib
from dataclasses import dataclass, replace
from typing import Final, Literal

from livechat_sdk.domain.clock import Clock
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.ledger.store import ActionRow, Store
from livechat_sdk.lifecycle.effects import AddToTicket, CreateTicket, OpenChat, SendMessage
from livechat_sdk.lifecycle.inputs import EffectDoubtful, EffectFailed
from livechat_sdk.relay.cooldown_policy import COOLDOWN_TABLE
from livechat_sdk.relay.cooling import Cooling
from livechat_sdk.relay.failures import Failure, FailureKind, failure_of
from livechat_sdk.relay.fallback_policy import FALLBACK_TABLE, MoveOn
from livechat_sdk.relay.retry_policy import RETRY_RULES, Tried, Verdict, judge
from livechat_sdk.relay.sending import NotSent
from livechat_sdk.relay.ticketing import may_have_left

__all__ = ["UNTOLD_FOR", "Judge", "Judgement"]

UNTOLD_FOR: Final = 60.0
"""Seconds beyond its lag for which a vendor that cannot tell is asked again whether a message has arrived."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of an action after a failed try.

    ``again``: after ``pause`` seconds; ``keep_started``: it may have arrived, so it stays *started*
    meanwhile. Else ``result`` is the input that tells the handoff. ``why`` is for people. ``suspect``: it is
    repeated although nobody knows what comes of it, so it may be this one alone that never gets through.
    ``bug_at``: the line that raised what no channel and no adapter should raise.
    """

    kind: Literal["again", "failed", "doubtful"]
    why: str
    pause: float = 0.0
    keep_started: bool = False
    suspect: bool = False
    result: EffectFailed | EffectDoubtful | None = None
    bug_at: str | None = None


class Judge:
    """Judges failed tries, and notes which integrations cannot open chats."""

    def __init__(self, store: Store, clock: Clock, cooling: Cooling) -> None:
        self._store = store
        self._clock = clock
        self._cooling = cooling

    async def judge(self, row: ActionRow, error: Exception) -> Judgement:
        """Judge the try of ``row`` that raised ``error``."""
        not_sent = error if isinstance(error, NotSent) else None
        failure = failure_of(not_sent.cause if not_sent else error)
        handoff = await self._store.load(row.handoff_id)
        tried = self._tried(row, handoff, not_sent)
        verdict = _verdict(tried, failure, not_sent, chance=_chance(row))
        is_bug = failure.kind is FailureKind.BUG
        bug_at = _raised_at(not_sent.cause if not_sent else error) if is_bug else None
        if verdict.kind == "again":
            keep = verdict.in_doubt and isinstance(row.action, SendMessage | CreateTicket | AddToTicket)
            looked_up = not_sent is not None and not_sent.look_again is not None
            suspect = verdict.in_doubt and not looked_up
            return Judgement(
                "again", failure.text, verdict.pause, keep_started=keep, suspect=suspect, bug_at=bug_at
            )
        action = row.action
        if handoff is not None and COOLDOWN_TABLE[action.kind, failure.kind] and isinstance(action, OpenChat):
            await self._cooling.failed(handoff.attempts[action.attempt - 1].integration, failure)
        why = failure.text
        doubtful = verdict.kind == "doubtful"
        if not_sent is not None and not_sent.arrived:
            why, doubtful = f"{not_sent.arrived}; {why}"[:1000], True
        if doubtful:
            return Judgement("doubtful", why, result=EffectDoubtful(action=action, error=why), bug_at=bug_at)
        nobody = FALLBACK_TABLE[action.kind, failure.kind] is MoveOn.NOBODY_THERE
        result = EffectFailed(action=action, error=why, unavailable=nobody)
        return Judgement("failed", why, result=result, bug_at=bug_at)

    def _tried(self, row: ActionRow, handoff: Handoff | None, not_sent: NotSent | None) -> Tried:
        since = row.created_at or self._clock.now()
        return Tried(
            kind=row.action.kind,
            tries=row.tries + 1,
            age=max((self._clock.now() - since).total_seconds(), 0.0),
            safe=not_sent.safe if not_sent else _is_safe(row, handoff),
            in_doubt=not_sent.in_doubt if not_sent else _was_in_doubt(row),
            alone=handoff is not None and not handoff.fallbacks,
        )


def _raised_at(error: BaseException) -> str | None:
    """The line that raised an error, as in ``channel.py:12 in deliver``."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno} in {frames[-1].name}" if frames else None


def _is_safe(row: ActionRow, handoff: Handoff | None) -> bool:
    """Whether what may have been done can be done again: all but an opening that cannot be found."""
    if handoff is None or not isinstance(row.action, OpenChat):
        return True
    able = handoff.attempts[row.action.attempt - 1].candidate.capabilities
    return able.finds_by_ref or handoff.policy.doubtful == "repeat"


def _was_in_doubt(row: ActionRow) -> bool:
    return isinstance(row.action, CreateTicket | AddToTicket) and may_have_left(row, row.action)


def _verdict(tried: Tried, failure: Failure, not_sent: NotSent | None, *, chance: float) -> Verdict:
    if not_sent is None or not_sent.look_again is None:
        return judge(tried, failure, chance=chance)
    # Looking up again is harmless, whatever kind of failure raised the doubt.
    verdict = judge(tried, replace(failure, kind=FailureKind.UNCLEAR), chance=chance)
    rule = RETRY_RULES[tried.kind]
    if rule.budget is not None and not_sent.look_again > rule.budget:
        return Verdict("doubtful", in_doubt=True)
    patience = not_sent.look_again + UNTOLD_FOR
    if not_sent.untold and tried.age >= patience and tried.tries >= rule.least_tries:
        return Verdict("doubtful", in_doubt=True)  # what it may not tell, it never will; others wait behind
    return replace(verdict, pause=max(verdict.pause, not_sent.look_again))


def _chance(row: ActionRow) -> float:
    """Spreads pauses: differs from action to action and from try to try, and is the same in every process."""
    return zlib.crc32(f"{row.handoff_id}.{row.id}.{row.tries}".encode()) / 2**32
