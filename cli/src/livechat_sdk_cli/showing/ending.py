"""The end of a handoff as an operator is told of it: what is so now, who does the rest, and when."""

from __future__ import annotations

from typing import Any, Final

from livechat_sdk.domain.handoff import Attempt, Handoff
from livechat_sdk_cli.showing import words

__all__ = ["ending_document", "ending_lines", "next_line"]

SCHEMA_VERSION: Final = 1

_THE_SERVER: Final = "a running server does it within seconds; without one, the next `livechat serve` does"


def ending_lines(handoff: Handoff, *, changed: bool) -> list[str]:
    """For people. ``changed``: it is this command that has ended it."""
    if handoff.end is not None:
        how = f"{words.moment(handoff.end.at)} UTC: {handoff.end.outcome}, {words.end_words(handoff.end)}"
        left = [_left_open(one) for one in handoff.attempts if _stays_open(one)]
        if not changed:
            return [f"handoff {handoff.id} had ended already, {how}", "nothing was changed", *left]
        return [
            f"handoff {handoff.id} ended, {how}",
            "the bot has the conversation again",
            f"to be done: tell the end user and the platform; {_THE_SERVER}",
            *left,
        ]
    reason = handoff.ending
    by = f", by {reason.by}: {reason.why}{f' ({reason.raw})' if reason.raw else ''}" if reason else ""
    where = ", ".join(one.integration for one in _closing(handoff))
    at_most = words.span(handoff.policy.closing_timeout)
    return [
        f"handoff {handoff.id} {'is ending' if changed else 'is ending already'}{by}",
        f"to be done: close the chat at {where}; {_THE_SERVER}",
        f"then, or after {at_most} whatever the vendor answers, the bot has the conversation again",
    ]


def next_line(handoff: Handoff) -> str | None:
    """What to look at next; ``None`` where all is done."""
    if handoff.end is None or any(_stays_open(one) for one in handoff.attempts):
        return f"next: `livechat show {handoff.id}` says how it goes on"
    return None


def ending_document(handoff: Handoff, *, changed: bool) -> dict[str, Any]:
    """For programs. ``to_close`` names the integrations whose chats are not closed yet."""
    end = handoff.end
    reason = end.reason if end is not None else handoff.ending
    return {
        "schema_version": SCHEMA_VERSION,
        "handoff": handoff.id,
        "changed": changed,
        "state": str(handoff.state),
        "outcome": str(end.outcome) if end is not None else None,
        "ended_at": end.at.isoformat() if end is not None else None,
        "reason": reason.model_dump(mode="json") if reason is not None else None,
        "to_close": [one.integration for one in _closing(handoff)],
    }


def _closing(handoff: Handoff) -> list[Attempt]:
    return [one for one in handoff.attempts if one.closing and not one.closed]


def _stays_open(attempt: Attempt) -> bool:
    return attempt.opened and not attempt.closed


def _left_open(attempt: Attempt) -> str:
    if not attempt.candidate.capabilities.closes:
        return f"the chat at {attempt.integration} cannot be closed from here: its agent ends it"
    return f"the chat at {attempt.integration} is not closed"
