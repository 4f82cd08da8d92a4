"""The ``if`` of a rule: an expression in CEL, which reaches nothing but its variables and ends soon.

The library (the Python side of Google's own CEL runtime) is loaded only where a rule has an expression. Its
walls: values must be plain (no Python object gets in), no function of ours is known to it, 32 levels,
10,000 rounds of a loop, regular expressions in linear time. Ours stand before them: texts and lists are cut,
loops may not be nested, and nothing can grow, so that the longest expression takes milliseconds.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

from livechat_sdk.policies.routing.facts import LONGEST_LIST, LONGEST_TEXT, Facts
from livechat_sdk.policies.routing.flaws import Flaw, Place

if TYPE_CHECKING:
    from cel_expr_python import cel

    from livechat_sdk.domain.people import Contact

__all__ = ["LONGEST_EXPRESSION", "Expression", "Run", "read_expression"]

LONGEST_EXPRESSION: Final = 1000
"""Characters of an expression."""

_MOST_LOOPS: Final = 4
_MOST_PLUSES: Final = 16
_MOST_VALUES: Final = 2000
_DEEPEST: Final = 5
_SECONDS: Final = 0.1
_LONGEST_NUMBER: Final = 2**63
_TEXTS: Final = (
    "bot",
    "conversation_id",
    "language",
    "country",
    "channel",
    "origin",
    "reason",
    "summary",
    "priority",
    "queue",
    "group",
    "agent",
)
_OF_USER: Final = ("id", "name", "email", "phone", "language", "country", "channel", "origin")
_OF_CONTACT: Final = ("source", "id", "name", "email", "phone", "account", "account_id", "open_cases")

_TOKEN: Final = re.compile(
    r"""
    (?P<text>
        (?:[rR][bB]?|[bB][rR])(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n]*"|'[^'\n]*')
        | [bB]?(?:\"{3}(?:\\.|.)*?\"{3}|'{3}(?:\\.|.)*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    )
    | (?P<comment>//[^\n]*)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>\S)
    """,
    re.VERBOSE | re.DOTALL,
)
_LOOPS: Final = frozenset({"all", "exists", "exists_one", "existsOne", "filter"})
_GROWING: Final = frozenset({"map", "transformList", "transformMap", "transformMapEntry"})
_ERROR: Final = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")


class Expression:
    """An expression that was read."""

    __slots__ = ("program", "text")

    def __init__(self, text: str, program: cel.Expression) -> None:
        self.text = text
        self.program = program


def read_expression(text: str, at: Place, flaws: list[Flaw]) -> Expression | None:
    """Read an expression; ``None``, with what is wrong among ``flaws``, when it cannot be used."""
    if len(text) > LONGEST_EXPRESSION:
        flaws.append(Flaw("LC714", at, f"an expression has at most {LONGEST_EXPRESSION:,} characters"))
        return None
    told = next(_too_much(text), None)
    if told is not None:
        flaws.append(Flaw("LC714", at, told, "say it with `when`, or with two rules"))
        return None
    try:
        program = _environment().compile(text)
    except ImportError:
        told = "an expression needs the extra `routing`"
        flaws.append(Flaw("LC715", at, told, 'pip install "livechat-sdk[routing]"', at_key=True))
        return None
    except (RuntimeError, ValueError) as error:
        flaws.append(Flaw("LC712", at, _in_words(str(error))))
        return None
    kind = program.return_type().name().upper()
    if kind not in {"BOOL", "DYN"}:
        hint = "compare it with something: `… == …`"
        flaws.append(Flaw("LC713", at, f"the result is no truth value, but {kind.lower()[:40]}", hint))
        return None
    return Expression(text, program)


def _in_words(error: str) -> str:
    found = _ERROR.search(error)
    if found is None:
        return "the expression cannot be read: it is nested too deep"
    line, column, message = found.groups()
    told = message.replace(" (in container '')", "")[:200]
    return told if line.startswith("-") else f"line {line}, column {column} of the expression: {told}"


def _too_much(text: str) -> Iterator[str]:
    """What an expression may not hold, as far as its words tell."""
    loops = pluses = 0
    open_brackets: list[bool] = []
    before = called = ""
    for found in _TOKEN.finditer(text):
        if found["comment"]:
            continue
        word = found["word"] or found["sign"] or ""
        if before == "." and word in _GROWING:
            yield f"`{word}` is not offered: a rule asks, it does not make lists"
        if word == "(":
            is_loop = called in _LOOPS
            loops += is_loop
            if is_loop and True in open_brackets:
                yield "a loop (all, exists, exists_one, filter) stands inside another"
            open_brackets.append(is_loop)
        elif word == ")" and open_brackets:
            open_brackets.pop()
        pluses += word == "+"
        called = word if before == "." else ""
        before = word
    if loops > _MOST_LOOPS:
        yield f"more than {_MOST_LOOPS} loops (all, exists, exists_one, filter)"
    if pluses > _MOST_PLUSES:
        yield f"more than {_MOST_PLUSES} times `+`"


@cache
def _environment() -> cel.Env:
    from cel_expr_python import cel

    kinds = cel.Type
    free = kinds.Map(kinds.STRING, kinds.DYN)
    return cel.NewEnv(
        variables={
            **dict.fromkeys(_TEXTS, kinds.STRING),
            "business_hours": kinds.STRING,
            "tags": kinds.List(kinds.STRING),
            "skills": kinds.List(kinds.STRING),
            "survey": kinds.Map(kinds.STRING, kinds.STRING),
            "user": free,
            "attributes": free,
            "metadata": free,
            "contact": free,
            "now": kinds.TIMESTAMP,
        }
    )


class Run:
    """Evaluates the expressions of one decision: the variables are made once, when the first one comes."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._activation: cel.Activation | None = None
        self._left = _SECONDS

    def holds(self, expression: Expression) -> tuple[bool, str | None]:
        """Whether it is true; with a few words, without a value, where it went wrong."""
        if self._left <= 0:
            return False, "no time is left for expressions"
        try:
            if self._activation is None:
                self._activation = _environment().Activation(variables(self._facts))
            answer = self._evaluate(expression, self._activation)
            kind = answer.type().name().upper()
            if kind == "BOOL":
                return answer.value() is True, None
            return False, _failure(
                str(answer.value())
            ) if kind == "ERROR" else f"the result is no truth value ({kind.lower()})"
        except (RuntimeError, ValueError) as error:
            return False, _failure(str(error))

    def _evaluate(self, expression: Expression, activation: cel.Activation) -> cel.Value:
        # The time of the processor: a machine that is busy elsewhere must not change where a handoff goes.
        began = time.thread_time()
        try:
            return expression.program.eval(activation)
        finally:
            self._left -= time.thread_time() - began


def _failure(error: str) -> str:
    """What went wrong, without a word of what the request holds."""
    for part, told in (
        ("Key not found", "a key is not in its map"),
        ("No matching overload", "values of these kinds cannot be compared or put together"),
        ("budget exceeded", "a loop has too many rounds"),
        ("divide by zero", "a division by zero"),
        ("regular expression", "a regular expression cannot be read"),
    ):
        if part in error:
            return told
    return "it cannot be worked out"


def variables(facts: Facts) -> dict[str, Any]:
    """The variables of an expression, cut to size."""
    room = _Room()
    raw = facts.raw
    request = facts.request
    found: dict[str, Any] = {name: room.text(raw(name)) for name in _TEXTS}
    found["business_hours"] = facts.hours
    found["tags"] = [room.text(tag) for tag in request.tags[:LONGEST_LIST]]
    found["skills"] = [room.text(skill) for skill in request.skills[:LONGEST_LIST]]
    found["survey"] = {room.text(one.id): room.text(one.answer) for one in request.survey[:LONGEST_LIST]}
    user = request.user
    known = {name: room.text(value) for name in _OF_USER if (value := getattr(user, name))}
    found["user"] = {**known, "attributes": room.mapping(user.attributes, 1)}
    found["attributes"] = room.mapping(request.attributes, 1)
    found["metadata"] = room.mapping(request.metadata, 1)
    found["contact"] = _contact(facts.contact, raw, room)
    found["now"] = facts.at
    return found


def _contact(contact: Contact | None, raw: Any, room: _Room) -> dict[str, Any]:
    if contact is None:
        return {"known": False, "fields": {}}
    known = {
        name: room.value(value, 1) for name in _OF_CONTACT if (value := raw(f"contact.{name}")) is not None
    }
    fields: dict[str, str] = {}
    for one in contact.fields[:LONGEST_LIST]:
        fields.setdefault(room.text(one.label), room.text(one.value if one.raw is None else one.raw))
    return {**known, "known": True, "fields": fields}


class _Room:
    """Cuts values to what an expression may see: plain, short, and not too many."""

    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def text(self, value: str | None) -> str:
        """A text that the runtime can take: no half characters, and no more than its beginning."""
        return (value or "")[:LONGEST_TEXT].encode("utf-8", "replace").decode()

    def mapping(self, value: Mapping[str, object], depth: int) -> dict[str, Any]:
        """A mapping with text as keys."""
        found: dict[str, Any] = {}
        for key, one in islice(value.items(), LONGEST_LIST):
            if self._left <= 0:
                break
            kept = self.value(one, depth + 1)
            if kept is not None or one is None:
                found[self.text(str(key))] = kept
        return found

    def value(self, value: object, depth: int) -> Any:
        """A plain value; ``None`` for what cannot be shown."""
        self._left -= 1
        match value:
            case str():
                return self.text(value)
            case bool() | float():
                return value
            case int():
                return value if -_LONGEST_NUMBER <= value < _LONGEST_NUMBER else None
            case dict() if depth <= _DEEPEST:
                return self.mapping(cast("Mapping[str, object]", value), depth)
            case list() | tuple() if depth <= _DEEPEST:
                items = cast("list[object]", value)[:LONGEST_LIST]
                return [self.value(one, depth + 1) for one in items if self._left > 0]
            case _:
                return None
