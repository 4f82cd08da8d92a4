"""The field map: labels that bots and templates use, and the vendor's fields that they stand for.

Checked before anything is sent: by the settings models, without a network, and by ``check`` against the list
of fields that the vendor has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Annotated, Any, Final, Literal, Self, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from livechat_sdk_tickets.escaping import one_line, plain

__all__ = ["FieldKind", "FieldMap", "FieldRule", "Unfit", "mapped", "trouble", "twice"]

FieldKind = Literal["text", "number", "integer", "flag", "choice", "choices", "date"]
"""What a vendor's field takes."""

_Value = Annotated[str, StringConstraints(max_length=500)] | int

_TEXT_LIMIT: Final = 4000


class Unfit(ValueError):
    """A value that a field cannot take."""


class FieldRule(BaseModel):
    """One field: the vendor's name or id for it, what it takes, and for a choice which values there are.

    ``values`` of a choice go from our words to the vendor's values; a list where they are the same.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
        defer_build=True,
    )

    field: Annotated[str, Field(min_length=1, max_length=200, coerce_numbers_to_str=True)]
    kind: FieldKind = "text"
    values: dict[str, _Value] | tuple[_Value, ...] | None = Field(default=None, max_length=2000)

    @model_validator(mode="after")
    def _choices_have_values(self) -> Self:
        is_choice = self.kind in {"choice", "choices"}
        if is_choice and not self.values:
            raise ValueError("a choice needs its values")
        if not is_choice and self.values is not None:
            raise ValueError("only a choice has values")
        return self

    @property
    def by_word(self) -> Mapping[str, str | int]:
        """The vendor's values by our words, in lower case."""
        if isinstance(self.values, dict):
            return {word.casefold(): value for word, value in self.values.items()}
        return {str(value).casefold(): value for value in self.values or ()}

    def value_of(self, value: Any) -> Any:
        """What the vendor's field is set to. Raises ``Unfit``."""
        if self.kind == "choice":
            return self._choice(value)
        if self.kind == "choices":
            several = cast("Sequence[Any]", value) if isinstance(value, list | tuple) else (value,)
            return [self._choice(one) for one in several]
        return _READERS[self.kind](value)

    def _choice(self, value: Any) -> str | int:
        word = one_line(_text(value), 500).casefold()
        if word not in self.by_word:
            raise Unfit("is not one of its values")
        return self.by_word[word]


FieldMap = dict[Annotated[str, StringConstraints(min_length=1, max_length=200)], FieldRule]
"""Fields by label."""


def _short(value: Any) -> str:
    return plain(_text(value))[:_TEXT_LIMIT]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return str(value)
    raise Unfit("is no text")


def _number(value: Any) -> float:
    number = float("nan")
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            number = float(value)
    if not math.isfinite(number):
        raise Unfit("is no number")
    return number


def _integer(value: Any) -> int:
    number = _number(value)
    if not number.is_integer():
        raise Unfit("is no whole number")
    return int(number)


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    word = str(value).strip().casefold()
    if word not in words:
        raise Unfit("is neither yes nor no")
    return words[word]


def _date(value: Any) -> str:
    try:
        return date.fromisoformat(str(value).strip()[:10]).isoformat()
    except ValueError:
        raise Unfit("is no date") from None


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "text": _short,
    "number": _number,
    "integer": _integer,
    "flag": _flag,
    "date": _date,
}


def mapped(fields: Mapping[str, Any], rules: Mapping[str, FieldRule]) -> tuple[dict[str, Any], Sequence[str]]:
    """Values by the vendor's fields, and a line for people about each that cannot be carried."""
    carried: dict[str, Any] = {}
    left: list[str] = []
    for label, value in fields.items():
        rule = rules.get(label)
        why = "is not in the field map"
        if rule is not None:
            try:
                carried[rule.field] = rule.value_of(value)
            except Unfit as unfit:
                why = str(unfit)
            else:
                continue
        left.append(f"{one_line(label, 200)}: {one_line(str(value), 300)} ({why})")
    return carried, left


def trouble(label: str, value: Any, rules: Mapping[str, FieldRule]) -> str | None:
    """Why a field cannot be set so; a ``value`` of ``None`` is not known yet."""
    rule = rules.get(label)
    if rule is None:
        return "is not in the field map of the integration"
    if value is None:
        return None
    try:
        rule.value_of(value)
    except Unfit as why:
        return f"cannot be {one_line(str(value), 60)!r}, which {why}"
    return None


def twice(rules: Mapping[str, FieldRule]) -> Iterator[str]:
    """Labels whose field another label has already."""
    seen: set[str] = set()
    for label, rule in rules.items():
        if rule.field in seen:
            yield label
        seen.add(rule.field)
