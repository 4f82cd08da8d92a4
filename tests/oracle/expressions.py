"""Expressions of the Common Expression Language that write themselves down, and that Python works out alone.

Each knows its text in CEL and its value, by ``docs/reference/routing.md`` and the definition of the language.
An error is a value here: ``&&`` and ``||`` pass over it where the other side decides.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.conditions import Asked, language_of

__all__ = ["ERROR", "Expression", "random_expression", "variables"]

ERROR = object()
"""The value of what cannot be worked out."""

_TEXT = 1_000
_ITEMS = 100
_KNOWN = ("id", "name", "email", "phone", "language", "country", "channel", "origin")


@dataclass(frozen=True)
class Expression:
    """A text of CEL, and what it means."""

    text: str
    value: Callable[[Mapping[str, Any]], Any]


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value[:_TEXT]
    if isinstance(value, list):
        return [_cut(one) for one in value[:_ITEMS]]
    if isinstance(value, Mapping):
        return {key: _cut(one) for key, one in list(value.items())[:_ITEMS]}
    return value


def _contact(contact: Mapping[str, Any] | None) -> dict[str, Any]:
    if contact is None:
        return {"known": False}
    account = contact.get("account") or {}
    found = {
        "known": True,
        **{name: contact.get(name) for name in ("source", "id", "name", "email", "phone")},
        "account": account.get("name"),
        "account_id": account.get("id"),
        "open_cases": sum(case["open"] for case in contact.get("cases", ())),
    }
    return {name: value for name, value in found.items() if value is not None}


def variables(asked: Asked) -> Mapping[str, Any]:
    """What expressions can see."""
    request, user = asked.request, asked.user
    texts = ("bot", "conversation_id", "reason", "summary", "priority", "queue", "group", "agent")
    seen: Mapping[str, Any] = _cut(
        {
            **{name: request.get(name) or "" for name in texts},
            **{name: user.get(name) or "" for name in ("country", "channel", "origin")},
            "language": language_of(request) or "",
            **{name: request.get(name, []) for name in ("skills", "tags")},
            "user": {name: user[name] for name in _KNOWN if user.get(name) is not None},
            "survey": {one["id"]: one["answer"] for one in request.get("survey", ())},
            **{name: request.get(name, {}) for name in ("attributes", "metadata")},
            "contact": _contact(asked.contact),
            "business_hours": "open" if asked.open_now() else "closed",
            "now": asked.at,
        }
    )
    return seen


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# ------------------------------------------------------------ what is generated


def _text_equals(name: str, wanted: str) -> Expression:
    return Expression(f"{name} == {_quoted(wanted)}", lambda seen: seen[name] == wanted)


def _contains(name: str, part: str) -> Expression:
    return Expression(f"{name}.contains({_quoted(part)})", lambda seen: part in seen[name])


def _starts(name: str, part: str) -> Expression:
    return Expression(f"{name}.startsWith({_quoted(part)})", lambda seen: seen[name].startswith(part))


def _among(name: str, wanted: str) -> Expression:
    return Expression(f"{_quoted(wanted)} in {name}", lambda seen: wanted in seen[name])


def _size(name: str, least: int) -> Expression:
    return Expression(f"size({name}) >= {least}", lambda seen: len(seen[name]) >= least)


def _exists(name: str, wanted: str) -> Expression:
    return Expression(
        f"{name}.exists(one, one == {_quoted(wanted)})", lambda seen: any(one == wanted for one in seen[name])
    )


def _all_start(name: str, part: str) -> Expression:
    return Expression(
        f"{name}.all(one, one.startsWith({_quoted(part)}))",
        lambda seen: all(one.startswith(part) for one in seen[name]),
    )


def _has(holder: str, key: str) -> Expression:
    return Expression(f"has({holder}.{key})", lambda seen: key in seen[holder])


def _member_equals(holder: str, key: str, wanted: str) -> Expression:
    def value(seen: Mapping[str, Any]) -> Any:
        found = seen[holder].get(key, ERROR)
        return found == wanted if isinstance(found, str) else ERROR

    return Expression(f"{holder}[{_quoted(key)}] == {_quoted(wanted)}", value)


def _member_above(holder: str, key: str, bound: int) -> Expression:
    def value(seen: Mapping[str, Any]) -> Any:
        found = seen[holder].get(key, ERROR)
        return found > bound if isinstance(found, int | float) and not isinstance(found, bool) else ERROR

    return Expression(f"{holder}.{key} > {bound}", value)


def _member(holder: str, key: str) -> Expression:
    """Whatever it is: no truth value does not count as one."""
    return Expression(f"{holder}.{key}", lambda seen: seen[holder].get(key, ERROR))


def _before(at: datetime) -> Expression:
    return Expression(f'now < timestamp("{at.isoformat()}")', lambda seen: seen["now"] < at)


def _hour(zone: str, least: int) -> Expression:
    return Expression(
        f'now.getHours("{zone}") >= {least}',
        lambda seen: seen["now"].astimezone(ZoneInfo(zone)).hour >= least,
    )


def _is_open() -> Expression:
    return _text_equals("business_hours", "open")


def _not(one: Expression) -> Expression:
    def value(seen: Mapping[str, Any]) -> Any:
        found = one.value(seen)
        return not found if isinstance(found, bool) else ERROR

    return Expression(f"!({one.text})", value)


def _joined(sign: str, one: Expression, other: Expression) -> Expression:
    decides = sign == "||"

    def value(seen: Mapping[str, Any]) -> Any:
        both = one.value(seen), other.value(seen)
        if any(found is decides for found in both):
            return decides
        return not decides if all(isinstance(found, bool) for found in both) else ERROR

    return Expression(f"({one.text}) {sign} ({other.text})", value)


def _choice(which: Expression, one: Expression, other: Expression) -> Expression:
    def value(seen: Mapping[str, Any]) -> Any:
        found = which.value(seen)
        if not isinstance(found, bool):
            return ERROR
        return one.value(seen) if found else other.value(seen)

    return Expression(f"({which.text}) ? ({one.text}) : ({other.text})", value)


def random_expression(
    source: random.Random, words: Sequence[str], times: Sequence[datetime], depth: int = 2
) -> Expression:
    """One of a few dozen characters; ``words`` and ``times`` are what it compares with."""
    if depth and source.random() < 0.55:
        parts = [random_expression(source, words, times, depth - 1) for _ in range(3)]
        kinds = (
            _not(parts[0]),
            _joined("&&", parts[0], parts[1]),
            _joined("||", parts[0], parts[1]),
            _choice(*parts),
        )
        return source.choice(kinds)
    word = source.choice(words)
    text = source.choice(("language", "country", "channel", "reason", "summary", "queue", "bot"))
    several = source.choice(("tags", "skills"))
    return source.choice(
        (
            _text_equals(text, word),
            _contains(text, word),
            _starts(text, word[:2]),
            _among(several, word),
            _size(several, source.randrange(4)),
            _exists("tags", word) if depth == 2 else _among("tags", word),
            _all_start("tags", word[:1]) if depth == 2 else _size("tags", 1),
            _has("survey", "topic"),
            _has("user", "email"),
            _has("attributes", "amount"),
            _member_equals("survey", source.choice(("topic", "order number")), word),
            _member_equals("attributes", "tier", word),
            _member_above("attributes", "amount", source.choice((0, 5, 10))),
            _member("attributes", "flag"),
            _member("contact", "known"),
            _member_above("contact", "open_cases", 0),
            _before(source.choice(times)),
            _hour("Europe/Athens", source.randrange(24)),
            _is_open(),
        )
    )
