"""Whether a filter fits: checks it once against what can be named, then tests row for row."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final, Protocol, cast

from livechat_sdk_simulators.dynamics.errors import bad_query
from livechat_sdk_simulators.dynamics.filters import (
    Between,
    Compare,
    Either,
    Expression,
    In,
    Literal,
    Matching,
    Not,
    Path,
)

__all__ = ["Names", "Values", "check", "moment_of", "test"]

_EDM: Final = {
    "text": "Edm.String",
    "guid": "Edm.Guid",
    "moment": "Edm.DateTimeOffset",
    "number": "Edm.Int32",
    "flag": "Edm.Boolean",
}
_KIND_WORDS: Final = {"eq": "Equal", "ne": "NotEqual", "gt": "GreaterThan", "ge": "GreaterThanOrEqual"}


class Names(Protocol):
    """What a filter can name."""

    def kind(self, path: Path) -> str:
        """``text``, ``guid``, ``moment``, ``number`` or ``flag``. Raises ``VendorError``."""
        ...


class Values(Protocol):
    """One row."""

    def value(self, path: Path) -> object:
        """What a column holds, ``None`` for nothing."""
        ...


def check(tree: Expression, names: Names) -> None:
    """Refuse a filter that names what there is not, or compares what cannot be compared."""
    if isinstance(tree, Either | Between):
        check(tree.left, names)
        check(tree.right, names)
    elif isinstance(tree, Not):
        check(tree.inner, names)
    elif isinstance(tree, In):
        names.kind(tree.path)
    elif isinstance(tree, Matching):
        if names.kind(tree.path) != "text":
            raise bad_query(f"No function signature for the function with name '{tree.function}' matches.")
    else:
        _check_kinds(tree, names)


def _check_kinds(tree: Compare, names: Names) -> None:
    left, right = _kind(tree.left, names), _kind(tree.right, names)
    if "null" in {left, right} or left == right:
        return
    kind = _KIND_WORDS.get(tree.operator, "LessThan")
    raise bad_query(
        "A binary operator with incompatible types was detected. Found operand types "
        f"'{_EDM[left]}' and '{_EDM[right]}' for operator kind '{kind}'."
    )


def _kind(operand: Path | Literal, names: Names) -> str:
    return operand.kind if isinstance(operand, Literal) else names.kind(operand)


def test(tree: Expression, row: Values) -> bool:
    """Whether a row fits."""
    if isinstance(tree, Either):
        return test(tree.left, row) or test(tree.right, row)
    if isinstance(tree, Between):
        return test(tree.left, row) and test(tree.right, row)
    if isinstance(tree, Not):
        return not test(tree.inner, row)
    if isinstance(tree, In):
        value = row.value(tree.path)
        return value is not None and any(_same_text(str(value), one) for one in tree.values)
    if isinstance(tree, Matching):
        value = row.value(tree.path)
        return value is not None and _like(tree.function, tree.text).fullmatch(str(value)) is not None
    return _compare(_operand(tree.left, row), tree.operator, _operand(tree.right, row))


def _operand(operand: Path | Literal, row: Values) -> object:
    return operand.value if isinstance(operand, Literal) else row.value(operand)


def _compare(left: object, operator: str, right: object) -> bool:
    if left is None or right is None:
        return {"eq": left is right, "ne": left is not right}.get(operator, False)
    one, other = _comparable(left), _comparable(right)
    if operator in {"eq", "ne"}:
        return bool(one == other) == (operator == "eq")
    if operator in {"lt", "le"}:
        one, other = other, one
    return bool(one > other) or (operator in {"ge", "le"} and bool(one == other))


def _comparable(value: object) -> Any:
    if isinstance(value, str):
        moment = moment_of(value)
        return moment.isoformat() if moment is not None else value.rstrip().casefold()
    return cast("Any", value)


def moment_of(text: str) -> datetime | None:
    """A time or a day of a text, where it is one."""
    if len(text) < 10 or not text[:4].isdigit() or text[4] != "-":  # noqa: PLR2004 - 2026-01-01
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _same_text(one: str, other: str) -> bool:
    return one.rstrip().casefold() == other.rstrip().casefold()


def _like(function: str, text: str) -> re.Pattern[str]:
    """A pattern of SQL's ``LIKE``: ``%``, ``_`` and ``[…]`` in the text are wildcards."""
    parts: list[str] = []
    place = 0
    while place < len(text):
        end = text.find("]", place)
        if text[place] == "[" and end > place + 1:
            inner = text[place + 1 : end].replace("\\", r"\\").replace("[", r"\[")
            parts.append(f"[{inner}]")
            place = end + 1
            continue
        parts.append({"%": ".*", "_": "."}.get(text[place], re.escape(text[place])))
        place += 1
    middle = "".join(parts)
    before = "" if function == "startswith" else ".*"
    after = "" if function == "endswith" else ".*"
    try:
        return re.compile(f"{before}{middle}{after}", re.IGNORECASE | re.DOTALL)
    except re.error:
        return re.compile(r"(?!)")  # a range that runs backwards fits nothing
