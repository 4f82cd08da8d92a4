"""Ids of records: three characters for the kind, twelve for the record, three that check their case."""

from __future__ import annotations

import itertools
import re
from typing import Final

__all__ = ["Ids", "canonical"]

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ID: Final = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_SHORT: Final = 15
_GROUP: Final = 5


class Ids:
    """Makes ids."""

    def __init__(self) -> None:
        self._numbers = itertools.count(62**4 + 7)

    def new(self, prefix: str) -> str:
        """An id of 18 characters that nothing has yet."""
        number, digits = next(self._numbers), ""
        while number:
            number, place = divmod(number, len(_DIGITS))
            digits = _DIGITS[place] + digits
        return _checked(f"{prefix}gK{digits:0>10}")


def canonical(text: str) -> str | None:
    """An id of 15 or 18 characters with 18; ``None`` for what is none.

    The last three say which letters are capitals, so that 18 survive programs that change the case.
    """
    if not _ID.fullmatch(text):
        return None
    if len(text) == _SHORT:
        return _checked(text)
    short = "".join(
        letter.upper() if capital else letter.lower()
        for letter, capital in zip(text[:_SHORT], _capitals(text[_SHORT:].upper()), strict=True)
    )
    return _checked(short)


def _checked(short: str) -> str:
    groups = [short[begin : begin + _GROUP] for begin in range(0, _SHORT, _GROUP)]
    sums = (sum(2**place for place, letter in enumerate(one) if letter.isupper()) for one in groups)
    return short + "".join(_CHECKS[one] for one in sums)


def _capitals(checks: str) -> list[bool]:
    sums = [max(0, _CHECKS.find(one)) for one in checks]
    return [bool(one >> place & 1) for one in sums for place in range(_GROUP)]
