"""How single facts are put into words: times, spans, actions, ends. Shared by the list and the full view."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

from livechat_sdk.domain.ends import End
from livechat_sdk.domain.handoff import Attempt, Handoff
from livechat_sdk.domain.messages import Direction, Message
from livechat_sdk.lifecycle import effects

__all__ = [
    "about",
    "attempt_words",
    "clock",
    "detail_words",
    "end_words",
    "moment",
    "said",
    "span",
    "state_words",
    "way",
]

_WAYS: Final = {Direction.TO_PROVIDER: "to agent", Direction.TO_USER: "to user"}
_STEPS: Final = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def moment(at: datetime) -> str:
    """Date and time in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def clock(at: datetime, day: datetime) -> str:
    """The time in UTC; with month and day in front when it is not on ``day``."""
    here = at.astimezone(UTC)
    return here.strftime("%H:%M:%S" if here.date() == day.astimezone(UTC).date() else "%m-%d %H:%M:%S")


def span(seconds: float) -> str:
    """A span of time in its two largest units: ``3m 12s``, ``2h``, ``under 1s``."""
    if 0 < abs(seconds) < 1:
        return "under 1s"
    left = round(abs(seconds))
    parts: list[str] = []
    for size, unit in _STEPS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0s"


def way(direction: Direction) -> str:
    """Which way a message goes, from the human side's point of view."""
    return _WAYS[direction]


def said(message: Message) -> str:
    """A message in one line: its text, then what else it carries."""
    parts = [" ".join(message.body.split())]
    parts += [f"[file: {one.name}]" for one in message.attachments]
    if message.choices:
        parts.append(f"[choices: {', '.join(one.label for one in message.choices)}]")
    return " ".join(part for part in parts if part)


def about(action: effects.Action) -> str:
    """What an action is about: which message, which moment, which attempt."""
    match action:
        case effects.SendMessage(message_key=key) | effects.DeliverMessage(message_key=key):
            return f"message {key}"
        case effects.UpdateDetails(message_keys=keys):
            return f"answers {', '.join(keys)}" if keys else ""
        case effects.Say(moment=at):
            return f"moment {at}"
        case effects.OpenChat(attempt=number) | effects.CloseChat(attempt=number):
            return f"attempt {number}"
        case effects.CreateTicket(key=key) | effects.AddToTicket(key=key):
            return f"{'note' if isinstance(action, effects.AddToTicket) else 'ticket'} {key}"
        case _:
            return ""


def attempt_words(attempt: Attempt) -> str:
    """One attempt: where it went, and how far it got."""
    if attempt.closed:
        state = "closed"
    elif attempt.closing:
        state = "closing"
    elif attempt.failure:
        state = "refused by the vendor" if attempt.failure == "refused" else "failed"
    elif attempt.joined:
        state = "an agent joined"
    elif attempt.accepted:
        state = "accepted"
    elif attempt.opened:
        state = "open at the vendor"
    else:
        state = "asked the vendor"
    left = ", abandoned" if attempt.abandoned else ""
    queue = attempt.candidate.route.queue
    return f"{attempt.number}: {attempt.integration}{f' (queue {queue})' if queue else ''}, {state}{left}"


def end_words(end: End) -> str:
    """Who ended it and why, with the vendor's or caller's own word."""
    raw = f" ({end.reason.raw})" if end.reason.raw else ""
    text = f"ended by {end.reason.by}: {end.reason.why}{raw}"
    if end.next_opening is not None:
        text += f"; opens next {moment(end.next_opening)} UTC"
    if end.existing is not None:
        text += f"; handoff {end.existing} is {end.existing_state or 'open'}"
    return text


def detail_words(detail: Mapping[str, Any]) -> str:
    """The small document of a journal entry in one line."""
    return ", ".join(
        f"{name} {_plain(value)}"
        for name, value in detail.items()
        if value not in (None, "", [], {}) and name != "routing"  # told above, in short
    )


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in cast("Sequence[Any]", value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def state_words(handoff: Handoff) -> str:
    """State and outcome in a word or two."""
    return f"{handoff.state}: {handoff.outcome}" if handoff.outcome else str(handoff.state)
