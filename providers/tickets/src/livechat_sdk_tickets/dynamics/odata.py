"""Literals and conditions of OData queries: nothing that somebody wrote ends a literal.

``VendorClient`` percent-encodes the query as a whole, so that only the quotes of literals are left to do here
(https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/filter-rows).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["any_of", "literal", "phone_forms"]

_NO_DIGIT: Final = re.compile(r"[^0-9]")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""The categories Cc, Cs, Zl and Zp."""
_SHORTEST: Final = 4
"""Digits of a number; shorter ones are extensions."""


def literal(text: str) -> str:
    """A text literal: quotes doubled, control characters gone."""
    kept = _UNPRINTABLE.sub("", text)
    return "'" + kept.replace("'", "''") + "'"


def any_of(columns: Iterable[str], values: Iterable[str]) -> str:
    """A condition: one of these columns equals one of these values. ``contains`` would find strangers."""
    given = tuple(values)
    return "(" + " or ".join(f"{column} eq {literal(value)}" for column in columns for value in given) + ")"


def phone_forms(phone: str, country_prefix: str | None) -> list[str]:
    """A number in the forms in which it may be stored: Dataverse has none of its own."""
    digits = _NO_DIGIT.sub("", phone)
    forms = [phone.strip(), digits]
    if phone.strip().startswith("+"):
        forms.append(f"+{digits}")
        if country_prefix and f"+{digits}".startswith(country_prefix):
            national = digits[len(country_prefix) - 1 :]
            forms += [national, f"0{national}"]
    elif country_prefix:
        forms.append(f"{country_prefix}{digits.removeprefix('0')}")
    return list(dict.fromkeys(form for form in forms if len(_NO_DIGIT.sub("", form)) >= _SHORTEST))
