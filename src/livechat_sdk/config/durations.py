"""Durations in settings: ``90s``, ``2m``, ``1h30m``, or a bare number of seconds."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

__all__ = ["LONGEST", "LONGEST_AGE", "SHORTEST_AGE", "Age", "Duration", "parse_age", "parse_duration"]

LONGEST: Final = 366 * 86_400
"""The longest duration in seconds (366 days): anything longer is a slip of the keyboard."""

SHORTEST_AGE: Final = 3600
"""The shortest age in seconds (an hour): anything shorter erases what is still needed."""

LONGEST_AGE: Final = 36_525 * 86_400
"""The longest age in seconds (100 years)."""

_UNITS: Final = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86_400),
}
_NUMBER: Final = r"[0-9]{1,12}(?:\.[0-9]{1,9})?"
_PART: Final = re.compile(rf"({_NUMBER})(ms|s|m|h|d)", re.ASCII)
_WHOLE: Final = re.compile(rf"(?:{_NUMBER}(?:ms|s|m|h|d))+", re.ASCII)
_BARE: Final = re.compile(_NUMBER, re.ASCII)
_WORDY: Final = re.compile(rf"({_NUMBER})\s*([a-zA-Z]+)", re.ASCII)
_WORDS: Final = {
    "ms": ("ms", "msec", "msecs", "millis", "millisecond", "milliseconds"),
    "s": ("s", "sec", "secs", "second", "seconds"),
    "m": ("m", "min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "day", "days"),
}
_FORM: Final = "a duration looks like 90s, 2m, 1h30m or 500ms; a bare number is in seconds"


def parse_duration(value: Any) -> float:
    """The seconds that ``value`` stands for; always above zero and at most ``LONGEST``.

    Raises pydantic's ``PydanticCustomError`` whose type is a code of ``diagnostics.CODES`` and whose
    context may hold a ``suggestion``.
    """
    seconds = _seconds(value)
    if seconds <= 0:
        raise PydanticCustomError(
            "LC211",
            "a duration must be longer than zero",
            {"suggestion": "leave the key out, or write null, to switch this clock off"},
        )
    if seconds > LONGEST:
        raise PydanticCustomError(
            "LC211",
            "a duration may be at most 366 days",
            {"suggestion": "check the unit: m is minutes, s seconds"},
        )
    return float(seconds)


def parse_age(value: Any) -> float:
    """The seconds of an age: an hour to 100 years. Raises as ``parse_duration``."""
    seconds = _seconds(value)
    if not SHORTEST_AGE <= seconds <= LONGEST_AGE:
        raise PydanticCustomError(
            "LC216",
            "an age is at least an hour and at most 100 years",
            {"suggestion": "write it in days, such as 90d; a bare number is in seconds"},
        )
    return float(seconds)


def _seconds(value: Any) -> Decimal:
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(str(value))
        if number.is_finite():
            return number
    elif isinstance(value, str):
        text = value.strip()
        if _BARE.fullmatch(text):
            return Decimal(text)
        if _WHOLE.fullmatch(text):
            return sum((Decimal(number) * _UNITS[unit] for number, unit in _PART.findall(text)), Decimal(0))
        if text.startswith("-") and (_BARE.fullmatch(text[1:]) or _WHOLE.fullmatch(text[1:])):
            return Decimal(-1)
        raise PydanticCustomError("LC210", "this is not a duration", {"suggestion": _better(text)})
    raise PydanticCustomError("LC210", "this is not a duration", {"suggestion": _FORM})


def _better(text: str) -> str:
    """What the author probably meant: ``15 min`` -> ``15m``."""
    known = {word: unit for unit, words in _WORDS.items() for word in words}
    parts = _WORDY.findall(text)
    rest = _WORDY.sub("", text).replace("and", "").replace(",", "").strip()
    units = [known.get(word.lower()) for _, word in parts]
    if parts and not rest and all(units):
        return f"write {''.join(f'{number}{unit}' for (number, _), unit in zip(parts, units, strict=True))}"
    return _FORM


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "maximum": LONGEST},
                {"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$|^[0-9]+(\.[0-9]+)?$|\$\{"},
            ],
            "description": "A duration such as 90s, 2m or 1h30m; a bare number is in seconds.",
        }
    ),
]
"""Seconds as a float, written as ``90s``, ``2m``, ``1h30m``, ``500ms``, ``2d`` or a number of seconds."""

Age = Annotated[
    float,
    BeforeValidator(parse_age),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": SHORTEST_AGE, "maximum": LONGEST_AGE},
                {"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$|^[0-9]+(\.[0-9]+)?$|\$\{"},
            ],
            "description": "An age such as 90d or 36h: at least an hour, at most 100 years.",
        }
    ),
]
"""Seconds as a float, written as ``90d``: how old something may become."""
