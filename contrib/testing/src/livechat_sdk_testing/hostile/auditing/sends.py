"""The end user's messages: what the vendors have, against what the ledger says of it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from livechat_sdk.domain.handoff import Attempt, Handoff
from livechat_sdk.domain.messages import Direction, Fate, LedgerEntry
from livechat_sdk.ledger.fates import RETURNED_TO_BOT
from livechat_sdk.provider.planning import plan_message
from livechat_sdk_testing.hostile.auditing.evidence import Account, Evidence
from livechat_sdk_testing.hostile.auditing.findings import Finding, Wrong
from livechat_sdk_testing.hostile.truth import Answer, Happening, What

__all__ = ["check_opens", "check_sends"]

_ARRIVED = frozenset({Fate.SENT, Fate.ACKNOWLEDGED, Fate.SEEN})
_OPEN = frozenset({Fate.HELD, Fate.PLANNED})
_AS_ANSWER = "survey"
"""In the detail of a message that travelled with the survey: it is in the details, not in the chat."""


def check_sends(evidence: Evidence, handoff: Handoff) -> Iterator[Finding]:
    """Each message of the end user has one fate, and the truth agrees with it."""
    entries = evidence.entries_of(handoff, Direction.TO_PROVIDER)
    known = {entry.message.key for entry in entries}
    for key in evidence.accepted.get(handoff.id, ()):
        if key not in known:
            yield Finding(Wrong.LOST, handoff.id, (key,), "our side accepted it", "has no such message")
    for entry in entries:
        yield from _check_fate(evidence, handoff, entry)
    for attempt, account in evidence.attempts(handoff):
        applied = account.lines(attempt.ref, What.APPLIED)
        if handoff.policy.doubtful != "repeat":
            yield from _check_doubled(handoff, attempt, applied)
        yield from _check_order(handoff, attempt, applied, entries)


def check_opens(evidence: Evidence, handoff: Handoff) -> Iterator[Finding]:
    """No attempt opened two chats, and none that we knew of is open after the end."""
    for attempt, account in evidence.attempts(handoff):
        opened = account.lines(attempt.ref, What.OPENED)
        if len(opened) > 1:
            yield Finding(
                Wrong.DOUBLED,
                handoff.id,
                (attempt.ref,),
                f"{len(opened)} chats: " + ", ".join(line.note for line in opened),
                f"attempt {attempt.number}",
            )
        # A vendor that keeps no references names only its own: without an answer to open, nobody can match.
        life = account.lines(attempt.ref, What.HANDED) if account.traits.knows_ref else []
        known = attempt.opened or life
        closed = account.lines(attempt.ref, What.CLOSED)
        if opened and known and account.traits.closes and not handoff.is_live and not closed:
            yield Finding(
                Wrong.LEFT_OPEN,
                handoff.id,
                (attempt.ref,),
                "the chat is still open",
                f"attempt {attempt.number} opened={attempt.opened} abandoned={attempt.abandoned} "
                f"closing={attempt.closing} closed={attempt.closed}",
            )


def _check_fate(evidence: Evidence, handoff: Handoff, entry: LedgerEntry) -> Iterator[Finding]:
    key = entry.message.key
    says = f"{entry.fate}" + (f" ({entry.detail})" if entry.detail else "")
    states = [
        _Carried(attempt, account, entry, evidence.interrupted)
        for attempt, account in evidence.attempts(handoff)
    ]
    truth = "; ".join(str(state) for state in states if state.mentioned) or "never saw it"
    if entry.fate in _OPEN:
        if not handoff.is_live:
            yield Finding(Wrong.LOST, handoff.id, (key,), truth, f"{says} after the end")
    elif entry.fate in _ARRIVED:
        in_survey = entry.detail is not None and _AS_ANSWER in entry.detail
        if not in_survey and not any(state.complete for state in states):
            yield Finding(Wrong.WRONGLY_CERTAIN, handoff.id, (key,), truth, says)
        elif entry.fate is Fate.SENT and all(state.told_of_failure for state in states if state.begun):
            # Not one of the vendors that took it could deliver it, and each has said so.
            yield Finding(Wrong.WRONGLY_CERTAIN, handoff.id, (key,), truth, says)
    elif entry.fate is Fate.DOUBTFUL:
        if not any(state.hidden or state.partial for state in states):
            yield Finding(Wrong.WRONGLY_DOUBTFUL, handoff.id, (key,), truth, says)
    elif any(
        state.begun and not state.taken_back and not _moved_on(state.attempt, entry) for state in states
    ):
        yield Finding(Wrong.WRONGLY_CERTAIN, handoff.id, (key,), truth, says)


def _moved_on(attempt: Attempt, entry: LedgerEntry) -> bool:
    """Whether a message went back to the bot because no later provider took it.

    What a provider had taken that was given up goes to the next one all the same, and to the bot if there is
    none: better twice to different people than to nobody.
    """
    return attempt.abandoned and entry.detail == RETURNED_TO_BOT


class _Carried:
    """What one vendor did with one message in one attempt."""

    def __init__(
        self, attempt: Attempt, account: Account, entry: LedgerEntry, interrupted: frozenset[tuple[str, str]]
    ) -> None:
        key = entry.message.key
        self.attempt = attempt
        self.parts = parts_of(attempt, entry)
        lines = [line for line in account.lines(attempt.ref) if line.key in {key, *self.parts}]
        self.lines = [line for line in lines if line.what in _TELLING or line.operation in _ASKING]
        applied = {line.key for line in lines if line.what is What.APPLIED}
        self.mentioned = bool(self.lines) or (attempt.ref, key) in interrupted
        self.begun = bool(applied)
        self.complete = all(part in applied for part in self.parts)
        self.partial = self.begun and not self.complete
        self.taken_back = any(line.what is What.FAILED for line in lines)
        # Of an attempt that was given up nothing is applied any more; its messages went along to the next.
        late = attempt.abandoned or not self.taken_back
        self.told_of_failure = not late and _was_told(account.lines(attempt.ref), lines)
        self.hidden = any(_is_hidden(lines, part, account) for part in self.parts)
        if (attempt.ref, key) in interrupted:
            self.hidden |= not _could_know(lines, self.parts, account)

    def __str__(self) -> str:
        told = ", ".join(
            " ".join(str(word) for word in (line.what, line.operation, line.answer, line.note) if word)
            for line in self.lines
        )
        return f"attempt {self.attempt.number}: {told or 'interrupted before the call'}"


def _was_told(told: list[Happening], lines: list[Happening]) -> bool:
    """Whether our side learned that the vendor could not deliver what it had taken, and took only once."""
    failed = {line.event_id for line in lines if line.what is What.FAILED and line.event_id}
    once = all(times == 1 for times in Counter(x.key for x in lines if x.what is What.APPLIED).values())
    return once and any(line.what is What.HANDED and line.event_id in failed for line in told)


_TELLING = frozenset({What.APPLIED, What.SWALLOWED, What.ABSORBED, What.FAILED})
_ASKING = frozenset({"send", "was_sent"})


def _is_hidden(lines: list[Happening], part: str, account: Account) -> bool:
    """Whether the fate of a part was hidden: the last send was not answered, and no look-up told."""
    sends = [
        line for line in lines if line.key == part and line.what is What.CALLED and line.operation == "send"
    ]
    if not any(line.answer is Answer.UNCLEAR for line in sends):
        return False
    if account.traits.dedupes_by_key:
        return sends[-1].answer is not Answer.DONE
    return not _could_know(lines, [part], account)


def _could_know(lines: list[Happening], parts: Sequence[str], account: Account) -> bool:
    """Whether a look-up has proved where a part is, or would have: a vendor that can tell must be asked."""
    if not account.traits.looks_up_by_key:
        return False
    answers = [_told(lines, part, account) for part in parts]
    return True in answers or all(answer is None for answer in answers)


def _told(lines: list[Happening], part: str, account: Account) -> bool | None:
    """Whether the last look-up after the last send was a proof; ``None`` if there was none."""
    mine = [line for line in lines if line.key == part and line.what is What.CALLED]
    sends = [line for line in mine if line.operation == "send"]
    last_send = sends[-1].number if sends else 0
    asked = [line for line in mine if line.operation == "was_sent" and line.number > last_send]
    if not asked:
        return None
    last = asked[-1]
    if last.answer is not Answer.DONE:
        return False
    lag = (last.at - sends[-1].at).total_seconds() if sends else 0.0
    return last.note == "present" or not sends or lag >= account.traits.lookup_lag


def _check_doubled(handoff: Handoff, attempt: Attempt, applied: list[Happening]) -> Iterator[Finding]:
    for key, times in Counter(line.key for line in applied).items():
        if times > 1:
            yield Finding(
                Wrong.DOUBLED,
                handoff.id,
                (key,),
                f"applied {times} times in attempt {attempt.number}",
                f"policy is {handoff.policy.doubtful}",
            )


def _check_order(
    handoff: Handoff, attempt: Attempt, applied: list[Happening], entries: list[LedgerEntry]
) -> Iterator[Finding]:
    places = {
        part: (entry.seq, number) for entry in entries for number, part in enumerate(parts_of(attempt, entry))
    }
    order = [(*places[key], key) for key in dict.fromkeys(line.key for line in applied) if key in places]
    for earlier, later in itertools.pairwise(order):
        if later[:2] < earlier[:2]:
            yield Finding(
                Wrong.SWAPPED,
                handoff.id,
                (later[2], earlier[2]),
                f"{earlier[2]} was applied before {later[2]} in attempt {attempt.number}",
                f"numbers {earlier[0]} and {later[0]}",
            )


def parts_of(attempt: Attempt, entry: LedgerEntry) -> list[str]:
    """Keys of the parts in which a message goes to the vendor of an attempt, in order."""
    plan = plan_message(
        entry.message, attempt.candidate.capabilities, sent_at=entry.message.sent_at or entry.created_at
    )
    return [part.key for part in plan.parts] or [entry.message.key]
