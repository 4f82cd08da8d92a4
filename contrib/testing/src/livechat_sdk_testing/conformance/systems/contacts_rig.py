"""What a case about a CRM needs of the vendor: people whom it knows, and what can be said of a match."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from livechat_sdk_testing.conformance.rig import NotPlayed
from livechat_sdk_testing.conformance.systems.rig import SystemRig

__all__ = ["CaseSample", "ContactRig", "ContactTraits", "Person", "PropertySample"]

LookUp = Literal["email", "phone", "external_id", "property"]
"""By what a contact can be found. ``property``: by an attribute of the end user that the settings name."""


@dataclass(frozen=True, slots=True)
class ContactTraits:
    """What a CRM can do. Times are in seconds.

    ``several``: what becomes of several matches, because the wrong person's data is worse than none: they are
    told of as several, the likeliest first (``told``), or nobody is found (``none``). ``lag``: how long a
    contact that is new or was changed may not be found. ``cache``: for how long an answer may be used again.
    """

    keys: frozenset[LookUp] = frozenset({"email", "phone", "external_id"})
    several: Literal["told", "none"] = "none"
    shared: Literal["email", "phone"] = "email"
    """What several contacts of this vendor may have in common."""
    links: bool = True
    lag: float = 0.0
    cache: float = 0.0
    any_case: bool = True
    """Whether an address is found however it is written: upper or lower case."""
    phone_forms: bool = True
    """Whether a number is found with other blanks and dashes."""
    accounts: bool = False
    """Whether the company of a contact is told."""
    cases: bool = False
    """Whether the cases or tickets of a contact are told."""
    languages: bool = False
    """Whether the words of choices come in the language of the end user; see ``PropertySample.in_greek``."""


@dataclass(frozen=True, slots=True)
class CaseSample:
    """A case or ticket of a person."""

    title: str
    open: bool


@dataclass(frozen=True, slots=True)
class Person:
    """A contact of the vendor.

    ``external_id`` is our id of the end user; ``extra`` are columns of the vendor's own.
    """

    name: str
    email: str | None = None
    phone: str | None = None
    external_id: str | None = None
    property: str | None = None
    account: str | None = None
    """The name of the company."""
    cases: Sequence[CaseSample] = ()
    """Its cases, the oldest first."""
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class PropertySample:
    """A property that the settings want shown: what the vendor has, and what an agent reads."""

    label: str
    kind: str
    extra: Mapping[str, Any]
    """Goes into ``Person.extra``."""
    shown: str
    in_greek: str | None = None
    """What is shown to an end user who reads Greek, where that is something else."""


class ContactRig(SystemRig):
    """A CRM."""

    kind = "crm"
    traits: ContactTraits = ContactTraits()
    samples: Sequence[PropertySample] = ()
    """Properties in ``settings``, one of each kind that the adapter knows."""
    attribute: str = "customerNumber"
    """The attribute of the end user that is looked up where ``keys`` has ``property``."""

    @cached_property
    def able(self) -> ContactTraits:
        """What the adapter can do."""
        return self.traits

    @abstractmethod
    async def add(self, person: Person) -> str:
        """A person was there all along; returns the vendor's id."""

    async def change(self, contact_id: str, name: str) -> None:
        """Somebody changes the name of a contact. Only if ``traits`` has ``cache``."""
        raise NotPlayed("cache")
