"""What was given up and waits for a person, as a table and as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from livechat_sdk.domain.answers import Parked, ParkedAnswer
from livechat_sdk_cli.showing import words
from livechat_sdk_cli.showing.gather import prefixes
from livechat_sdk_cli.tables import Column, table
from livechat_sdk_cli.terminal import Screen

__all__ = ["answer_lines", "answers_document", "next_lines", "parked_document", "parked_lines"]

SCHEMA_VERSION: Final = 1

_NAMED: Final = 5
"""How many handoffs are named."""

_COLUMNS: Final = (
    Column("HANDOFF"),
    Column("ACTION", right=True),
    Column("WHAT"),
    Column("ABOUT", shrinks_to=12),
    Column("STATE"),
    Column("TRIES", right=True),
    Column("SINCE"),
    Column("RETRY", shrinks_to=12),
    Column("WHY", shrinks_to=16),
)


def parked_lines(parked: Sequence[Parked], screen: Screen) -> list[str]:
    """The list for people."""
    if not parked:
        return ["nothing waits for a person"]
    short = prefixes([one.handoff_id for one in parked])
    rows = [
        (
            short[one.handoff_id],
            str(one.action_id),
            one.kind,
            _about(one),
            "doubtful" if one.doubtful else "failed",
            str(one.tries),
            words.moment(one.at) if one.at else "",
            one.refusal or "possible",
            one.error,
        )
        for one in parked
    ]
    return table(_COLUMNS, rows, screen)


def next_lines(parked: Sequence[Parked], again: Mapping[str, int]) -> list[str]:
    """What a person can do; and of which handoffs how much has failed too, but is tried ``again``."""
    lines: list[str] = []
    if again:
        short = prefixes(list(again))
        named = [f"{short[one]} ({many})" for one, many in list(again.items())[:_NAMED]]
        more = " and more" if len(again) > _NAMED else ""
        lines.append(f"failing, and tried again by itself: {', '.join(named)}{more}")
        lines.append(f"next: `livechat show {next(iter(short.values()))}` says why, and when the next try is")
    if parked:
        one = prefixes([one.handoff_id for one in parked])[parked[0].handoff_id]
        lines.append(
            f"next: `livechat retry {one} {parked[0].action_id}` tries the first again, `livechat drop` takes"
            " it off the list; --all in place of the number means all of a handoff"
        )
    return lines


def parked_document(parked: Sequence[Parked]) -> dict[str, Any]:
    """The list for programs."""
    return {"schema_version": SCHEMA_VERSION, "parked": [_document(one) for one in parked]}


def answer_lines(answers: Sequence[ParkedAnswer], done: str) -> list[str]:
    """What became of the wish, one line for each action; ``done`` is the word for it."""
    if not answers:
        return ["nothing of this handoff waits for a person"]
    lines: list[str] = []
    for answer in answers:
        one = answer.parked
        what = " ".join(part for part in (f"action {one.action_id}", one.kind, _about(one)) if part)
        lines.append(f"{what}: {done}" if answer.refused is None else f"{what}: refused, {answer.refused}")
    return lines


def answers_document(answers: Sequence[ParkedAnswer]) -> dict[str, Any]:
    """What became of the wish, for programs."""
    return {
        "schema_version": SCHEMA_VERSION,
        "actions": [{**_document(answer.parked), "refused": answer.refused} for answer in answers],
    }


def _about(parked: Parked) -> str:
    if parked.message_key is not None:
        return parked.message_key
    return f"attempt {parked.attempt}" if parked.attempt is not None else ""


def _document(parked: Parked) -> dict[str, Any]:
    return {
        "handoff": parked.handoff_id,
        "action": parked.action_id,
        "kind": parked.kind,
        "state": "doubtful" if parked.doubtful else "failed",
        "message": parked.message_key,
        "attempt": parked.attempt,
        "tries": parked.tries,
        "since": parked.at.isoformat() if parked.at else None,
        "error": parked.error,
        "retry_refused": parked.refusal,
    }
