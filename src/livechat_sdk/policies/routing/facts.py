"""What is known about a request, in the form in which rules compare it.

A fact is a tuple of items: none when it is absent, one for a single value, several for a list. A text is
stripped and case-folded, a truth value is ``YES`` or ``NO`` (which equal no number), a number is itself.
``MAPPING`` is a mapping that is not empty: it exists, and no value is in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, cast

from livechat_sdk.domain.handoff import HandoffRequest
from livechat_sdk.domain.people import Contact

__all__ = [
    "FIELDS",
    "LANGUAGES",
    "LONGEST_LIST",
    "LONGEST_TEXT",
    "MAPPING",
    "NO",
    "OPEN_FIELDS",
    "YES",
    "Fact",
    "Facts",
    "as_fact",
    "as_number",
    "fold",
    "is_field",
    "the_contact",
]

LONGEST_TEXT: Final = 1000
"""Characters of a text that are looked at."""

LONGEST_LIST: Final = 100
"""Items of a list that are looked at."""

Item = str | int | float | tuple[bool]
Fact = tuple[Item, ...]

YES: Final[Item] = (True,)
NO: Final[Item] = (False,)


class _Mapping(tuple[Item, ...]):
    __slots__ = ()

    def __bool__(self) -> bool:
        return True  # it exists, although no item is in it


MAPPING: Final[Fact] = _Mapping()

_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_LONGEST_NUMBER: Final = 30

_OF_USER: Final = ("id", "name", "email", "phone", "language", "country", "channel", "origin")
_OF_REQUEST: Final = (
    "bot",
    "conversation_id",
    "reason",
    "summary",
    "priority",
    "queue",
    "group",
    "agent",
    "skills",
    "tags",
)
_OF_CONTACT: Final[Mapping[str, Callable[[Contact], Any]]] = {
    "source": lambda contact: contact.source,
    "id": lambda contact: contact.id,
    "name": lambda contact: contact.name,
    "email": lambda contact: contact.email,
    "phone": lambda contact: contact.phone,
    "account": lambda contact: contact.account.name if contact.account else None,
    "account_id": lambda contact: contact.account.id if contact.account else None,
    "open_cases": lambda contact: sum(case.open for case in contact.cases),
}

FIELDS: Final = frozenset(
    {
        *_OF_REQUEST,
        "language",
        "country",
        "channel",
        "origin",
        *(f"user.{name}" for name in _OF_USER),
        "contact.known",
        *(f"contact.{name}" for name in _OF_CONTACT),
    }
)
"""The fields with fixed names."""

OPEN_FIELDS: Final = ("user.attributes.", "attributes.", "metadata.", "survey.", "contact.fields.")
"""What the other fields begin with; a name of the request's own follows."""

_PATHS: Final = ("user.attributes.", "attributes.", "metadata.")

LANGUAGES: Final = frozenset({"language", "user.language"})
"""Fields that hold a language, for which ``el`` fits ``el-GR``."""


def is_field(name: str) -> bool:
    """Whether a rule may ask for this field."""
    if name in FIELDS:
        return True
    for start in OPEN_FIELDS:
        if name.startswith(start):
            rest = name[len(start) :]
            return all(rest.split(".")) if start in _PATHS else bool(rest.strip())
    return False


def fold(text: str) -> str:
    """A text as it is compared: no more than its beginning, nothing around it, no upper case."""
    return text[:LONGEST_TEXT].strip().casefold()


def as_number(item: Item) -> int | float | None:
    """A number, or a text that reads as one; ``None`` for everything else."""
    if isinstance(item, str):
        if len(item) > _LONGEST_NUMBER or not _NUMBER.fullmatch(item):
            return None
        return float(item) if "." in item else int(item)
    return None if isinstance(item, tuple) else item


def as_fact(value: object) -> Fact:
    """Any value as a fact."""
    if isinstance(value, str):
        text = fold(value)
        return (text,) if text else ()
    if isinstance(value, Mapping):
        return MAPPING if value else ()
    if isinstance(value, list | tuple):
        items: list[Item] = []
        for one in cast("Sequence[object]", value)[:LONGEST_LIST]:
            if isinstance(one, str | bool | int | float):
                items += as_fact(one)
        return tuple(items)
    if isinstance(value, bool):
        return (YES if value else NO,)
    return (value,) if isinstance(value, int | float) else ()


def the_contact(contacts: Sequence[Contact], crm: Sequence[str]) -> Contact | None:
    """The first contact that is certainly one person: in the order of the bot's CRMs, then of the list."""
    rank = {name: number for number, name in enumerate(crm)}
    certain = [contact for contact in contacts if contact.certain]
    return min(certain, key=lambda one: rank.get(one.source, len(rank)), default=None)


class Facts(dict[str, Fact]):
    """The facts of one decision by field, each read when it is first asked for.

    ``FIELD~`` is a language with everything that it begins with: ``el-gr`` and ``el``. Nothing here
    is shared between decisions.
    """

    __slots__ = ("_locals", "at", "contact", "hours", "request")

    def __init__(
        self,
        request: HandoffRequest,
        at: datetime,
        *,
        contact: Contact | None = None,
        hours: Literal["open", "closed"] = "open",
    ) -> None:
        super().__init__()
        self.request = request
        self.at = at.astimezone(UTC)
        self.contact = contact
        self.hours = hours
        self._locals: dict[str, datetime] = {}

    def __missing__(self, field: str) -> Fact:
        if field.endswith("~") and field[:-1] in LANGUAGES:
            fact = self[field] = tuple(
                start for item in self[field[:-1]] if isinstance(item, str) for start in _ranges(item)
            )
            return fact
        fact = self[field] = as_fact(self.raw(field))
        return fact

    def local(self, timezone: str) -> datetime:
        """The time of the decision in a zone."""
        known = self._locals.get(timezone)
        if known is None:
            from zoneinfo import ZoneInfo

            known = self._locals[timezone] = self.at.astimezone(ZoneInfo(timezone))
        return known

    def raw(self, field: str) -> Any:
        """What a field holds, as it came. Raises ``KeyError`` for what is no field."""
        if field in _OF_REQUEST:
            return getattr(self.request, field)
        if field in _SINGLE:
            return _SINGLE[field](self)
        head, _, rest = field.partition(".")
        return _FAMILIES[head](self, rest)


def _of_user(facts: Facts, rest: str) -> Any:
    user = facts.request.user
    return (
        getattr(user, rest) if rest in _OF_USER else _walk(user.attributes, rest.removeprefix("attributes."))
    )


def _of_survey(facts: Facts, rest: str) -> Any:
    return next((one.answer for one in reversed(facts.request.survey) if one.id == rest), None)


def _of_known_contact(facts: Facts, rest: str) -> Any:
    contact = facts.contact
    if rest == "known":
        return contact is not None
    if contact is None:
        return None
    if rest in _OF_CONTACT:
        return _OF_CONTACT[rest](contact)
    label = fold(rest.removeprefix("fields."))
    for one in contact.fields:
        if fold(one.label) == label:
            return one.value if one.raw is None else one.raw
    return None


def _walk(content: Mapping[str, Any], path: str) -> Any:
    here: object = content
    for key in path.split("."):
        if not isinstance(here, Mapping):
            return None
        here = cast("Mapping[str, object]", here).get(key)
    return here


def _ranges(tag: str) -> list[str]:
    parts = tag.replace("_", "-").split("-")
    return ["-".join(parts[:length]) for length in range(1, len(parts) + 1)]


_SINGLE: Final[Mapping[str, Callable[[Facts], Any]]] = {
    "language": lambda facts: facts.request.spoken_language,
    "business_hours": lambda facts: facts.hours,
    "country": lambda facts: facts.request.user.country,
    "channel": lambda facts: facts.request.user.channel,
    "origin": lambda facts: facts.request.user.origin,
}
_FAMILIES: Final[Mapping[str, Callable[[Facts, str], Any]]] = {
    "user": _of_user,
    "survey": _of_survey,
    "contact": _of_known_contact,
    "attributes": lambda facts, rest: _walk(facts.request.attributes, rest),
    "metadata": lambda facts, rest: _walk(facts.request.metadata, rest),
}
