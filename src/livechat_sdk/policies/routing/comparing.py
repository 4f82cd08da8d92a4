"""The tests of values: what stands behind a field in a condition (``docs/reference/routing.md`` is exact).

A test becomes *steps*, all of which must pass. A step is a field and a function that says whether its
fact **fails**; with that, the commonest test of all is the built-in ``isdisjoint`` of a set.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from math import isfinite
from typing import Any, Final, cast

from livechat_sdk.policies.routing.facts import LANGUAGES, NO, YES, Fact, Facts, Item, as_number, fold
from livechat_sdk.policies.routing.flaws import Flaw, Place, near

__all__ = [
    "DEEPEST",
    "MOST_ENTRIES",
    "Budget",
    "Fails",
    "Step",
    "either",
    "every",
    "fails",
    "neither",
    "read_test",
]

Fails = Callable[[Any], bool]
"""Takes the fact of the step's field, or all facts where the field is empty; true when it does not pass."""

Step = tuple[str, Fails]

MOST_ENTRIES: Final = 100
"""Entries of conditions, and tests, in one rule."""

DEEPEST: Final = 8
"""Levels of conditions, and of tests, one inside the other."""

_MOST_VALUES: Final = 200
_LONGEST: Final = 200
_MOST_STARS: Final = 10
_BOUNDS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "min": operator.ge,
    "max": operator.le,
    "above": operator.gt,
    "below": operator.lt,
}
_NESTED: Final = ("not", "all", "any")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_DATE_LENGTH: Final = 10
_AFTER_DATE: Final = ("", "T", "t", " ")


class Budget:
    """How much a rule may still hold; collects what is wrong with it, and what it names: texts, fields."""

    def __init__(self) -> None:
        self.flaws: list[Flaw] = []
        self.named: set[str] = set()
        self.fields: set[str] = set()
        self._left = MOST_ENTRIES

    def take(self, at: Place, depth: int) -> bool:
        """Count one entry; false, once with a flaw, when there is no more room for it."""
        self._left -= 1
        if depth > DEEPEST or self._left == -1:
            told = f"deeper than {DEEPEST} levels" if depth > DEEPEST else f"more than {MOST_ENTRIES} entries"
            self.flaws.append(Flaw("LC711", at, f"the condition has {told}", "make two rules of it"))
        return depth <= DEEPEST and self._left >= 0

    def flaw(
        self, code: str, at: Place, message: str, suggestion: str | None = None, *, at_key: bool = False
    ) -> None:
        """Write down what is wrong."""
        self.flaws.append(Flaw(code, at, message, suggestion, at_key))


def fails(steps: Sequence[Step], facts: Facts) -> bool:
    """Whether one of the steps does not pass."""
    # Loops here and below, where `any` would read better: hundreds of rules are looked at for each request.
    for field, failed in steps:  # noqa: SIM110
        if failed(facts[field] if field else facts):
            return True
    return False


def read_test(field: str, value: object, at: Place, budget: Budget, depth: int = 1) -> list[Step]:
    """The steps of a test; what is wrong with it goes to the budget."""
    if not budget.take(at, depth):
        return []
    if isinstance(value, Mapping):
        return _read_mapping(field, cast("Mapping[object, object]", value), at, budget, depth)
    return _equal(field, value, at, budget)


def _read_mapping(
    field: str, content: Mapping[object, object], at: Place, budget: Budget, depth: int
) -> list[Step]:
    if not content:
        budget.flaw("LC704", at, "an empty test", f"write what {field} must be")
    steps: list[Step] = []
    bounds: dict[str, object] = {}
    for key, value in content.items():
        word, here = str(key), (*at, str(key))
        if word in _BOUNDS:
            bounds[word] = value
        elif word in _SIMPLE:
            steps += _SIMPLE[word](field, value, here, budget)
        elif word in _NESTED:
            steps.append(_nested(word, field, value, here, budget, depth))
        else:
            hint = near(word, _OPERATORS, f"there is {', '.join(_OPERATORS)}")
            budget.flaw("LC702", here, f"unknown test {word[:60]!r}", hint, at_key=True)
    if bounds:
        steps += _range(field, bounds, at, budget)
    return steps


def _nested(word: str, field: str, value: object, at: Place, budget: Budget, depth: int) -> Step:
    """``not``, ``all``, ``any``: a step that is made of whole results, for which it gets all facts."""
    if word == "not":
        return neither(read_test(field, value, at, budget, depth + 1))
    parts = [read_test(field, one, place, budget, depth + 1) for place, one in _list(value, at, budget)]
    return either(parts) if word == "any" else every(parts)


def neither(steps: Sequence[Step]) -> Step:
    """A step that passes when the others do not."""
    return "", lambda facts: not fails(steps, facts)


def either(parts: Sequence[Sequence[Step]]) -> Step:
    """A step that passes when one of the parts does."""

    def failed(facts: Facts) -> bool:
        for part in parts:  # noqa: SIM110
            if not fails(part, facts):
                return False
        return True

    return "", failed


def every(parts: Sequence[Sequence[Step]]) -> Step:
    """A step that passes when all of the parts do."""
    return "", lambda facts: any(fails(part, facts) for part in parts)


def _list(value: object, at: Place, budget: Budget) -> list[tuple[Place, object]]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        budget.flaw("LC703", at, "must be a list")
        return []
    items = cast("Sequence[object]", value)
    if not 0 < len(items) <= MOST_ENTRIES:
        budget.flaw("LC704", at, f"the list must have 1 to {MOST_ENTRIES} entries")
    return [((*at, index), item) for index, item in enumerate(items[:MOST_ENTRIES])]


# ------------------------------------------------------------------------------------ single tests
def _is(field: str, value: object, at: Place, budget: Budget) -> list[Step]:
    if isinstance(value, Mapping):
        budget.flaw("LC703", at, "`is` takes a value or a list of values")
        return []
    return _equal(field, value, at, budget)


def _exists(field: str, value: object, at: Place, budget: Budget) -> list[Step]:
    if not isinstance(value, bool):
        budget.flaw("LC703", at, "`exists` is true or false")
    return [(field, operator.not_ if value else bool)]


def _prefix(field: str, value: object, at: Place, budget: Budget) -> list[Step]:
    starts = tuple(_texts(value, at, budget))

    def failed(fact: Fact) -> bool:
        for item in fact:  # noqa: SIM110
            if isinstance(item, str) and item.startswith(starts):
                return False
        return True

    return [(field, failed)]


def _equal(field: str, value: object, at: Place, budget: Budget) -> list[Step]:
    wanted: set[Item] = set()
    numbers: set[Item] = set()
    for place, one in _values(value, at, budget):
        item = _item(one, place, budget)
        if item is None:
            continue
        wanted.add(item)
        number = as_number(item)
        if isinstance(item, str):
            budget.named.add(item)
            if number is not None:
                wanted.add(number)
            if field in LANGUAGES:
                wanted.add(item.replace("_", "-"))
        elif number is not None:
            numbers.add(number)
    target = f"{field}~" if field in LANGUAGES else field
    if not numbers:
        return [(target, frozenset(wanted).isdisjoint)]

    def failed(fact: Fact) -> bool:
        return wanted.isdisjoint(fact) and numbers.isdisjoint(map(as_number, fact))

    return [(target, failed)]


def _values(value: object, at: Place, budget: Budget) -> list[tuple[Place, object]]:
    """A value, or those of a list, each with its place."""
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        return [(at, value)]
    items = cast("Sequence[object]", value)
    if not 0 < len(items) <= _MOST_VALUES:
        budget.flaw("LC704", at, f"the list must have 1 to {_MOST_VALUES} values")
    return [((*at, index), one) for index, one in enumerate(items[:_MOST_VALUES])]


def _item(value: object, at: Place, budget: Budget) -> Item | None:
    match value:
        case bool():
            return YES if value else NO
        case int() | float() if isfinite(value):
            return value
        case str() if value.strip() and len(value) <= _LONGEST:
            return fold(value)
        case str() if value.strip():
            budget.flaw("LC703", at, f"a text in a test has at most {_LONGEST} characters")
        case str() | None:
            budget.flaw("LC703", at, "nothing equals an empty value", "write {exists: false}")
        case _:
            budget.flaw("LC703", at, "must be a text, a number, or true or false")
    return None


def _texts(value: object, at: Place, budget: Budget) -> Iterable[str]:
    """The texts of a text or a list of texts, as they are compared."""
    for place, one in _values(value, at, budget):
        if not isinstance(one, str) or not one.strip() or len(one) > _LONGEST:
            budget.flaw("LC703", place, f"must be a text of 1 to {_LONGEST} characters", "put it in quotes")
            continue
        yield fold(one)


# ------------------------------------------------------------------------------------ globs
def _glob(field: str, value: object, at: Place, budget: Budget) -> list[Step]:
    patterns = list(_texts(value, at, budget))
    if any(pattern.count("*") > _MOST_STARS for pattern in patterns):
        budget.flaw("LC706", at, f"a pattern has at most {_MOST_STARS} `*`", "use `prefix`, or two patterns")
        return []
    compiled = [_Glob(pattern) for pattern in patterns]

    def failed(fact: Fact) -> bool:
        for item in fact:
            if isinstance(item, str):
                for glob in compiled:
                    if glob.fits(item):
                        return False
        return True

    return [(field, failed)]


class _Glob:
    """A pattern as the pieces between its stars, each found as early as possible: no backtracking."""

    def __init__(self, pattern: str) -> None:
        pieces = pattern.split("*")
        self._whole = len(pieces) == 1
        self._first, self._last = _piece(pieces[0]), _piece(pieces[-1])
        self._first_length, self._last_length = len(pieces[0]), len(pieces[-1])
        self._middle = [_piece(piece) for piece in pieces[1:-1] if piece]

    def fits(self, text: str) -> bool:
        if self._whole:
            return self._first.fullmatch(text) is not None
        end = len(text) - self._last_length
        if end < self._first_length or not self._first.match(text) or not self._last.fullmatch(text, end):
            return False
        here = self._first_length
        for piece in self._middle:
            found = piece.search(text, here, end)
            if found is None:
                return False
            here = found.end()
        return True


def _piece(piece: str) -> re.Pattern[str]:
    return re.compile("".join("." if one == "?" else re.escape(one) for one in piece), re.DOTALL)


# ------------------------------------------------------------------------------------ ranges
def _range(field: str, bounds: Mapping[str, object], at: Place, budget: Budget) -> list[Step]:
    read: list[tuple[Callable[[Any, Any], bool], Any]] = []
    kinds: set[bool] = set()
    limits: dict[str, Any] = {}
    for key, value in bounds.items():
        dated = _as_date(value) if isinstance(value, str) and _DATE.fullmatch(value.strip()) else None
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
        bound = dated if dated is not None else number
        if bound is None or (number is not None and not isfinite(number)):
            hint = 'write a number without quotes, or a date as "2026-12-24"'
            budget.flaw("LC705", (*at, key), "a bound is a number or a date", hint)
            continue
        kinds.add(dated is not None)
        limits[key] = bound
        read.append((_BOUNDS[key], bound))
    if len(kinds) > 1:
        budget.flaw("LC705", at, "the bounds are a number and a date", "use one kind in one test")
        return []
    low = max((limits[key] for key in ("min", "above") if key in limits), default=None)
    high = min((limits[key] for key in ("max", "below") if key in limits), default=None)
    if low is not None and high is not None and low > high:
        budget.flaw("LC705", at, "the lower bound is above the upper one", "swap them")
    take: Callable[[Item], Any] = _as_date if True in kinds else as_number

    def failed(fact: Fact) -> bool:
        for item in fact:
            known = take(item)
            if known is not None:
                for holds, bound in read:
                    if not holds(known, bound):
                        break
                else:
                    return False
        return True

    return [(field, failed)]


def _as_date(item: object) -> date | None:
    """The date that a text begins with, if nothing or a time of the day follows."""
    if not isinstance(item, str):
        return None
    text = item.strip()
    behind = text[_DATE_LENGTH : _DATE_LENGTH + 1]
    if not _DATE.fullmatch(text[:_DATE_LENGTH]) or behind not in _AFTER_DATE:
        return None
    try:
        return date.fromisoformat(text[:_DATE_LENGTH])
    except ValueError:
        return None


_SIMPLE: Final[Mapping[str, Callable[[str, object, Place, Budget], list[Step]]]] = {
    "is": _is,
    "prefix": _prefix,
    "glob": _glob,
    "exists": _exists,
}
_OPERATORS: Final = (*_SIMPLE, *_BOUNDS, *_NESTED)
