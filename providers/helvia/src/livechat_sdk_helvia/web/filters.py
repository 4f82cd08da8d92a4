"""Filters of lists of past conversations, as fields of an address: the same for pages and programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from livechat_sdk_helvia.days import day_named, span_of_days, zone_named
from livechat_sdk_helvia.faults import InvalidField
from livechat_sdk_helvia.past import MAX_SEARCH, Outcome, PastFilter, Place
from livechat_sdk_helvia.records import ConversationStatus
from livechat_sdk_helvia.web.bodies import whole_number

__all__ = [
    "FILTER_FIELDS",
    "address_with",
    "given_filter",
    "given_place",
    "read_filter",
    "read_transcript_filter",
]

FILTER_FIELDS: Final = ("text", "outcome", "handler", "bot", "tag", "from", "to", "zone", "status")

_OVER: Final = (ConversationStatus.FINISHED, ConversationStatus.UNSERVED)
_STATUSES: Final = {
    "": _OVER,
    **{status.value: (status,) for status in (*_OVER, ConversationStatus.STARTED)},
}


def given_filter(query: Mapping[str, str]) -> dict[str, str]:
    """What somebody filled in, without its blank edges; a field that is not there is empty."""
    return {name: query.get(name, "").strip() for name in FILTER_FIELDS}


def read_filter(query: Mapping[str, str]) -> PastFilter:
    """The filter of an address. Raises ``InvalidField`` for what cannot be read."""
    given = given_filter(query)
    for name in ("text", "bot", "tag"):
        if len(given[name]) > MAX_SEARCH or "\x00" in given[name]:
            raise InvalidField(f"{name!r} has {MAX_SEARCH} characters at most.")
    since, until = span_of_days(
        day_named(given["from"], "from"), day_named(given["to"], "to"), zone_named(given["zone"])
    )
    return PastFilter(
        text=given["text"],
        outcome=_outcome(given["outcome"]),
        handler=whole_number(given["handler"], "handler") if given["handler"] else None,
        bot=given["bot"],
        tag=given["tag"],
        since=since,
        until=until,
    )


def read_transcript_filter(query: Mapping[str, str]) -> PastFilter:
    """The same with a status: one of those that are over, or ``started``; without any, all that are over.

    Raises ``InvalidField``.
    """
    given = query.get("status", "").strip()
    if given not in _STATUSES:
        known = ", ".join(name for name in _STATUSES if name)
        raise InvalidField(f"Unknown status {given[:40]!r}.", hint=f"Known: {known}.")
    return read_filter(query).model_copy(update={"statuses": _STATUSES[given]})


def given_place(query: Mapping[str, str], name: str) -> Place | None:
    """A place in the list, ``None`` when it is not named. Raises ``InvalidField``."""
    given = query.get(name, "")
    return Place.parse(given) if given else None


def address_with(path: str, given: Mapping[str, str], **more: Any) -> str:
    """``path`` with the fields that are filled in, and ``more``."""
    fields = {name: value for name, value in given.items() if value}
    fields |= {name: str(value) for name, value in more.items() if value is not None}
    return f"{path}?{urlencode(fields)}" if fields else path


def _outcome(given: str) -> Outcome | None:
    if not given:
        return None
    try:
        return Outcome(given)
    except ValueError as error:
        known = ", ".join(outcome.value for outcome in Outcome)
        raise InvalidField(f"Unknown outcome {given[:40]!r}.", hint=f"Known: {known}.") from error
