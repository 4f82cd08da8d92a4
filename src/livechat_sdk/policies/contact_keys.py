"""By what a contact is looked up: the end user's words, only as far as they can be an address, number or id.

An adapter asks its CRM for the strongest key first, and for the next one only when that finds nobody. What
does not look like a key never reaches a query; what does is still quoted by the adapter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from livechat_sdk.domain.people import EndUser

__all__ = ["Key", "email_of", "fits", "keys_of", "one_line", "phone_forms", "phone_of"]

_EMAIL: Final = re.compile(r"[^\s@\"(),:;<>\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_PHONE: Final = re.compile(r"\+?[0-9 ()./-]{4,40}", re.ASCII)
_NO_DIGIT: Final = re.compile(r"[^0-9]", re.ASCII)
_SHORTEST: Final = 6
"""Digits of a number; with fewer it does not tell people apart."""
_LONGEST_ID: Final = 200
_UNPRINTABLE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Key:
    """One thing to look up by. ``values`` are ways of writing it; ``words`` says for people what it is."""

    kind: Literal["property", "id", "email", "phone"]
    words: str
    values: tuple[str, ...]


def keys_of(
    user: EndUser, *, country_prefix: str | None = None, by_id: bool = True, own: str | None = None
) -> Sequence[Key]:
    """The keys of an end user, the strongest first: ``own`` property, id, e-mail address, phone number.

    ``own`` names the property of the end user that the settings want: ``id``, ``name``, ``email``, ``phone``
    or one of the attributes. ``country_prefix`` (``+30``) makes numbers with and without it the same.
    """
    keys: list[Key] = []
    if own is not None and (value := _plain(_property(user, own))):
        keys.append(Key("property", own, (value,)))
    if by_id and (value := _plain(user.id)):
        keys.append(Key("id", "id", (value,)))
    if (email := email_of(user.email)) is not None:
        keys.append(Key("email", "e-mail address", (email,)))
    if (phone := phone_of(user.phone)) is not None:
        keys.append(Key("phone", "phone number", tuple(phone_forms(phone, country_prefix))))
    return keys


def fits(key: Key, values: Iterable[str | None]) -> bool:
    """Whether one of the values that a CRM has is this key: vendors compare more loosely than that."""
    if key.kind == "phone":
        mine = {_digits(value).removeprefix("00") for value in key.values}
        return any(_digits(value).removeprefix("00") in mine for value in values if value)
    wanted = {value.casefold() for value in key.values}
    return any(value.strip().casefold() in wanted for value in values if value)


def email_of(text: str | None) -> str | None:
    """An e-mail address, if it is one."""
    email = (text or "").strip()
    if not _EMAIL.fullmatch(email) or not _printable(email):
        return None
    return email


def phone_of(text: str | None) -> str | None:
    """A phone number as it was given, if it is one."""
    phone = (text or "").strip()
    return phone if _PHONE.fullmatch(phone) and len(_digits(phone)) >= _SHORTEST else None


def phone_forms(phone: str, country_prefix: str | None = None) -> list[str]:
    """A number in the ways in which it may have been typed: CRMs keep numbers as they came."""
    digits = _digits(phone)
    forms = [phone.strip()]
    abroad = phone.strip().startswith("+") or digits.startswith("00")
    if abroad:
        digits = digits.removeprefix("00")
        forms += [f"+{digits}", digits, f"00{digits}"]
        if country_prefix and f"+{digits}".startswith(country_prefix):
            national = digits[len(country_prefix) - 1 :]
            forms += [national, f"0{national}"]
    elif country_prefix:
        national = digits.removeprefix("0")
        forms += [digits, f"{country_prefix}{national}", f"{country_prefix[1:]}{national}", national]
    else:
        forms += [digits, f"+{digits}"]
    return [form for form in dict.fromkeys(forms) if len(_digits(form)) >= _SHORTEST]


def one_line(value: object, longest: int = 1000) -> str | None:
    """A value of a CRM as one line for people: no control characters, no more than ``longest``."""
    if value is None:
        return None
    text = str(value)
    if not text.isprintable():  # seldom, and then a look at each character
        text = "".join(" " if _is_unprintable(one) else one for one in text)
    text = " ".join(text.split())
    return (text if len(text) <= longest else f"{text[: longest - 1]}…") or None


def _property(user: EndUser, name: str) -> object:
    known: Mapping[str, object] = {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "phone": user.phone,
        "origin": user.origin,
        "channel": user.channel,
    }
    return known[name] if name in known else user.attributes.get(name)


def _plain(value: object) -> str | None:
    """An id that somebody gave: text or a number, printable, not too long."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= _LONGEST_ID and _printable(text) else None


def _printable(text: str) -> bool:
    return text.isprintable() or not any(_is_unprintable(one) for one in text)


def _is_unprintable(one: str) -> bool:
    return unicodedata.category(one) in _UNPRINTABLE


def _digits(text: str) -> str:
    return _NO_DIGIT.sub("", text)
