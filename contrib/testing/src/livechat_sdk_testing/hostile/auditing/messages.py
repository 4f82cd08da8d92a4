"""The agents' messages: what vendors handed over or hold, against the ledger and the end user's screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from livechat_sdk.domain.handoff import Attempt, Handoff
from livechat_sdk.domain.messages import Direction, Fate, LedgerEntry
from livechat_sdk_testing.hostile.auditing.evidence import Account, Evidence
from livechat_sdk_testing.hostile.auditing.findings import Finding, Wrong
from livechat_sdk_testing.hostile.truth import Happening, What

__all__ = ["check_messages"]

_SHOWN = frozenset({Fate.SENT, Fate.ACKNOWLEDGED, Fate.SEEN})
_OPEN = frozenset({Fate.HELD, Fate.PLANNED})
_BY_ASKING = frozenset({"poll", "history"})


def check_messages(evidence: Evidence, handoff: Handoff) -> Iterator[Finding]:
    """Each message of an agent that we could have is on the screen once, in order, or its fate says why."""
    entries = evidence.entries_of(handoff, Direction.TO_USER)
    by_key = {entry.message.key: entry for entry in entries}
    shown = [one.message.key for one in evidence.messages_shown(handoff)]
    for key, times in Counter(shown).items():
        if times > 1:
            yield Finding(Wrong.DOUBLED, handoff.id, (key,), f"shown {times} times", _says(by_key.get(key)))
    for attempt, account in evidence.attempts(handoff):
        for said in account.lines(attempt.ref, What.SAID):
            entry = by_key.get(said.key)
            yield from _check_one(handoff, attempt, account, said, entry, set(shown), evidence.patience)
        yield from _check_order(handoff, attempt, account, list(dict.fromkeys(shown)))
    recorded = [entry.message.key for entry in entries if entry.message.key in set(shown)]
    yield from _compare(handoff, recorded, list(dict.fromkeys(shown)))


def _check_one(
    handoff: Handoff,
    attempt: Attempt,
    account: Account,
    said: Happening,
    entry: LedgerEntry | None,
    shown: set[str],
    patience: float,
) -> Iterator[Finding]:
    key = said.key
    came = [line for line in account.lines(attempt.ref, What.OFFERED, What.HANDED) if line.key == key]
    held = key in account.holds.get(attempt.ref, ())
    truth = _tell(said, came, held=held, shown=key in shown)
    if entry is None:
        handed = any(_must_be_taken(handoff, line, patience) for line in came)
        missed = not handed and held and _should_be_asked_for(handoff, attempt, said, patience)
        if missed or (handed and _could_match(attempt, account)):
            yield Finding(Wrong.LOST, handoff.id, (key,), truth, "has no such message")
    elif entry.fate in _OPEN:
        yield Finding(Wrong.LOST, handoff.id, (key,), truth, _says(entry))
    elif entry.fate in _SHOWN:
        if key not in shown:
            yield Finding(Wrong.WRONGLY_CERTAIN, handoff.id, (key,), truth, _says(entry))
    elif key in shown and entry.fate is not Fate.DOUBTFUL:
        yield Finding(Wrong.WRONGLY_CERTAIN, handoff.id, (key,), truth, _says(entry))
    elif entry.fate is Fate.DROPPED and not (attempt.abandoned or _came_after_the_end(handoff, came)):
        yield Finding(Wrong.LOST, handoff.id, (key,), truth, _says(entry))


def _must_be_taken(handoff: Handoff, line: Happening, patience: float) -> bool:
    """Whether our side has to record what it was given.

    The process that asked for the history may have died over the answer, or the handoff may have ended: the
    answer is one that can be asked for again, so there must have been the time to do so.
    """
    if line.what is not What.HANDED:
        return False
    if line.operation != "history" or handoff.end is None:
        return True
    return (handoff.end.at - line.at).total_seconds() > patience


def _could_match(attempt: Attempt, account: Account) -> bool:
    """Whether our side can know which chat an event belongs to: a vendor may name only its own reference."""
    return account.traits.knows_ref or attempt.opened


def _should_be_asked_for(handoff: Handoff, attempt: Attempt, said: Happening, patience: float) -> bool:
    """Whether somebody must have asked for a message that never came by itself."""
    if attempt.abandoned or not attempt.opened:
        return False
    return handoff.end is None or (handoff.end.at - said.at).total_seconds() > patience


def _came_after_the_end(handoff: Handoff, came: list[Happening]) -> bool:
    """Whether our side had confirmed it only when the handoff was over (or never)."""
    sure = _sure(came)
    return handoff.end is not None and (sure is None or sure.at >= handoff.end.at)


def _check_order(handoff: Handoff, attempt: Attempt, account: Account, shown: list[str]) -> Iterator[Finding]:
    """Whoever was said, and handed over, before another was even offered must be shown before it.

    The order of the conversation is right as well: what is fetched late may take its place in
    front of what came by itself.
    """
    lines = account.lines(attempt.ref, What.OFFERED, What.HANDED)
    said = {line.key: line.number for line in account.lines(attempt.ref, What.SAID)}
    spans = {key: span for key in shown if key in said and (span := _span(lines, key)) is not None}
    order = [key for key in shown if key in spans]
    for index, key in enumerate(order):
        late = next(
            (
                other
                for other in order[index + 1 :]
                if said[other] < said[key] and spans[other][1] < spans[key][0]
            ),
            None,
        )
        if late is not None:
            yield Finding(
                Wrong.SWAPPED,
                handoff.id,
                (late, key),
                f"{late} was handed over (line {spans[late][1]}) before {key} was offered "
                f"(line {spans[key][0]})",
                f"{key} is shown before {late}",
            )


def _span(lines: list[Happening], key: str) -> tuple[int, int] | None:
    """From the first time that a message was offered to the moment when our side surely had it."""
    mine = [line for line in lines if line.key == key]
    sure = _sure(mine)
    return (mine[0].number, sure.number) if sure is not None else None


def _sure(came: list[Happening]) -> Happening | None:
    """The line from which on our side surely had it.

    That is the first push that was confirmed. The answer to a poll may have been cut off by the end of a
    process and come again, so of those the last one counts.
    """
    handed = [line for line in came if line.what is What.HANDED]
    pushed = [line for line in handed if line.operation not in _BY_ASKING]
    if pushed:
        return pushed[0]
    return handed[-1] if handed else None


def _compare(handoff: Handoff, recorded: list[str], shown: list[str]) -> Iterator[Finding]:
    both = [key for key in shown if key in set(recorded)]
    if both != recorded:
        yield Finding(
            Wrong.SWAPPED,
            handoff.id,
            tuple(key for key, other in zip(both, recorded, strict=False) if key != other),
            "shown: " + ", ".join(both),
            "recorded: " + ", ".join(recorded),
        )


def _tell(said: Happening, came: list[Happening], *, held: bool, shown: bool) -> str:
    how = ", ".join(f"{line.what} by {line.operation} at {line.at:%H:%M:%S}" for line in came)
    words = [f"said at {said.at:%H:%M:%S}", how or "never handed over"]
    words += ["still held"] if held else []
    words += ["on the screen" if shown else "not on the screen"]
    return ", ".join(words)


def _says(entry: LedgerEntry | None) -> str:
    if entry is None:
        return "has no such message"
    return f"{entry.fate}" + (f" ({entry.detail})" if entry.detail else "")
