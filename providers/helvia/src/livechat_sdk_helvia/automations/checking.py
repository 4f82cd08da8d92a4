"""What an automation may say, and what a member may answer: checked on the server, in plain words."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from livechat_sdk_helvia.automations.records import AutomationInput, Choice, Header, InputType
from livechat_sdk_helvia.context import check_text
from livechat_sdk_helvia.faults import InvalidField

if TYPE_CHECKING:
    from livechat_sdk.http.egress import Egress

__all__ = ["MAX_ANSWER", "check_address", "check_headers", "check_inputs", "check_words", "read_answers"]

MAX_NAME: Final = 80
MAX_ANSWER: Final = 2000
"""Longest answer of a member, in characters."""

_MAX_HEADERS: Final = 20
_MAX_INPUTS: Final = 20
_MAX_ENTRIES: Final = 50
_MAX_HEADER_VALUE: Final = 4000
_MAX_EMAIL: Final = 150
_MAX_DIGITS: Final = 30

_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_INPUT_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_EMAIL: Final = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f.]+")
_PHONE: Final = re.compile(r"\+?[0-9 ()./-]{3,30}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_OURS: Final = frozenset(
    {
        *("accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect"),
        *("host", "idempotency-key", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)

Answer = str | int | float


def check_address(address: str, egress: Egress) -> str:
    """The address of a call, if it may be called as it is written. Raises ``InvalidField``."""
    from livechat_sdk.http.egress import EgressRefused

    text = address.strip()
    if not text:
        raise InvalidField("The address is empty.", hint="Write it with https:// at its beginning.")
    try:
        egress.check(text)
    except EgressRefused as refused:
        raise InvalidField(
            f"This address cannot be called: {refused.reason}.",
            hint="Addresses inside your network must be named under `files: egress: allow:` in the settings.",
        ) from None
    return text


def check_headers(headers: Sequence[Header]) -> tuple[Header, ...]:
    """Headers that a call may carry. Raises ``InvalidField``."""
    if len(headers) > _MAX_HEADERS:
        raise InvalidField(f"A call has {_MAX_HEADERS} headers at most.")
    seen: set[str] = set()
    for header in headers:
        name = header.name.lower()
        if not _HEADER_NAME.fullmatch(header.name):
            raise InvalidField(f"{header.name[:60]!r} is no name of a header.")
        if name in _OURS:
            raise InvalidField(f"The header {header.name} is set by the desk itself.")
        if name in seen:
            raise InvalidField(f"The header {header.name} is there twice.")
        seen.add(name)
        value = header.value
        if len(value) > _MAX_HEADER_VALUE or not value.isascii() or not (value.isprintable() or not value):
            raise InvalidField(
                f"The value of the header {header.name} must be printable ASCII text of "
                f"{_MAX_HEADER_VALUE:,} characters at most."
            )
    return tuple(headers)


def check_inputs(inputs: Sequence[AutomationInput], *, alone: bool) -> tuple[AutomationInput, ...]:
    """Inputs that members can be asked for; ``alone``: it runs without anybody who could be asked, too."""
    if len(inputs) > _MAX_INPUTS:
        raise InvalidField(f"An automation asks for {_MAX_INPUTS} things at most.")
    checked = [_check_input(one) for one in inputs]
    names = [one.name for one in checked]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidField(f"Two inputs are called {twice}.")
    needed = next((one for one in checked if one.required), None)
    if alone and needed is not None:
        raise InvalidField(
            f"{needed.prompt!r} is required, but after the end and for a missed request nobody can be asked.",
            hint="Make it optional, or let the automation be a button only.",
        )
    return tuple(checked)


def _check_input(one: AutomationInput) -> AutomationInput:
    if not _INPUT_NAME.fullmatch(one.name):
        raise InvalidField(
            f"{one.name[:60]!r} cannot be the name of an input.",
            hint="Take letters, digits and underscores, beginning with a letter; 40 at most.",
        )
    prompt = check_text(one.prompt or one.name, limit=200, what=f"prompt of {one.name}")
    if one.type is not InputType.CHOICE:
        return one.model_copy(update={"prompt": prompt, "entries": ()})
    entries = tuple(
        Choice(
            key=check_text(entry.key, limit=200, what=f"key of an entry of {one.name}"),
            value=check_text(entry.value or entry.key, limit=200, what=f"entry of {one.name}"),
        )
        for entry in one.entries
    )
    if not 1 <= len(entries) <= _MAX_ENTRIES:
        raise InvalidField(f"The choice {one.name} needs 1 to {_MAX_ENTRIES} entries.")
    if len({entry.key for entry in entries}) < len(entries):
        raise InvalidField(f"The choice {one.name} has two entries with one key.")
    return one.model_copy(update={"prompt": prompt, "entries": entries})


def check_words(words: Sequence[str], *, limit: int, longest: int, what: str) -> tuple[str, ...]:
    """A short list of names, each once. Raises ``InvalidField``."""
    checked = tuple(dict.fromkeys(check_text(one, limit=longest, what=what) for one in words if one.strip()))
    if len(checked) > limit:
        raise InvalidField(f"There are {limit} of them at most: {what}.")
    return checked


def read_answers(inputs: Sequence[AutomationInput], given: Mapping[str, str]) -> dict[str, Answer]:
    """What a member answered, each in its type; what is empty and not required is left out.

    Raises ``InvalidField`` for a required one without an answer and for one that is not of its type.
    """
    answers: dict[str, Answer] = {}
    for one in inputs:
        text = given.get(one.name, "").strip().replace("\x00", "")
        if not text:
            if one.required:
                raise InvalidField(f"{one.prompt}: an answer is needed.")
            continue
        if len(text) > MAX_ANSWER:
            raise InvalidField(f"{one.prompt}: {MAX_ANSWER:,} characters at most.")
        answers[one.name] = _READERS[one.type](one, text)
    return answers


def _text(_: AutomationInput, text: str) -> Answer:
    return text


def _email(one: AutomationInput, text: str) -> Answer:
    if len(text) > _MAX_EMAIL or not _EMAIL.fullmatch(text):
        raise InvalidField(f"{one.prompt}: {text[:60]!r} is no email address.")
    return text


def _number(one: AutomationInput, text: str) -> Answer:
    try:
        value = Decimal(text.replace(",", ".") if "." not in text else text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or len(text) > _MAX_DIGITS or "e" in text.lower() or "_" in text:
        raise InvalidField(f"{one.prompt}: {text[:60]!r} is no number.", hint="Write it like 1250 or 12.50.")
    whole = value == value.to_integral_value() and "." not in text and "," not in text
    return int(value) if whole else float(value)


def _phone(one: AutomationInput, text: str) -> Answer:
    digits = sum(letter.isdigit() for letter in text)
    if not _PHONE.fullmatch(text) or not 3 <= digits <= 15:  # noqa: PLR2004 - E.164 has 15 digits at most
        raise InvalidField(
            f"{one.prompt}: {text[:60]!r} is no phone number.", hint="Write it like +30 210 1234567."
        )
    return text


def _date(one: AutomationInput, text: str) -> Answer:
    with contextlib.suppress(ValueError):
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    raise InvalidField(f"{one.prompt}: {text[:60]!r} is no date.", hint="Write it like 2026-05-31.")


def _choice(one: AutomationInput, text: str) -> Answer:
    if text not in {entry.key for entry in one.entries}:
        raise InvalidField(f"{one.prompt}: {text[:60]!r} is none of the entries.")
    return text


_READERS: Final[Mapping[InputType, Callable[[AutomationInput, str], Answer]]] = {
    InputType.PLAIN_TEXT: _text,
    InputType.EMAIL: _email,
    InputType.NUMBER: _number,
    InputType.PHONE_NUMBER: _phone,
    InputType.DATE: _date,
    InputType.CHOICE: _choice,
}
