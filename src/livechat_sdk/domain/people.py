"""The people of a handoff: the end user, the agent, and what a CRM knows about the end user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from pydantic import Field

from livechat_sdk.domain.base import Identifier, Metadata, Model, ShortText, Timestamp

__all__ = [
    "SEVERAL",
    "Agent",
    "Contact",
    "ContactAccount",
    "ContactCase",
    "ContactField",
    "ContactMatch",
    "EndUser",
]

SEVERAL: Final = "several"
"""The id of a contact that is not one person: its ``matches`` are those it may be."""


class EndUser(Model):
    """The person in the channel.

    ``language`` is a BCP 47 tag (``en``, ``el``, ``pt-BR``), ``country`` an ISO 3166 code,
    ``channel`` the kind of channel (``webchat``, ``viber``, …), ``origin`` where it lives (a page
    address, a bot's handle).
    """

    id: Identifier
    name: ShortText | None = None
    email: ShortText | None = None
    phone: ShortText | None = None
    language: ShortText | None = None
    country: ShortText | None = None
    channel: ShortText | None = None
    origin: ShortText | None = None
    attributes: Metadata = Field(default_factory=dict)


class Agent(Model):
    """A human of the support team, as the end user may see them (``name`` is already masked)."""

    id: Identifier
    name: ShortText | None = None


class ContactField(Model):
    """One property of a contact that is shown to the agent.

    ``value`` is for people, in the end user's language where the CRM has it; ``raw`` what the CRM keeps where
    that is something else (the number of a choice, a time in ISO 8601, the id behind a look-up).
    """

    label: ShortText
    value: ShortText
    kind: Literal["text", "number", "choice", "lookup", "datetime"] = "text"
    raw: ShortText | None = None


class ContactAccount(Model):
    """The company or organization that a contact belongs to."""

    id: Identifier
    name: ShortText | None = None
    number: ShortText | None = None
    phone: ShortText | None = None
    link: ShortText | None = None


class ContactCase(Model):
    """A case or ticket of a contact. ``number`` and ``status`` are the words that people of support use."""

    id: Identifier
    number: ShortText | None = None
    title: ShortText | None = None
    status: ShortText | None = None
    open: bool
    priority: ShortText | None = None
    opened_at: Timestamp | None = None
    changed_at: Timestamp | None = None
    link: ShortText | None = None


class ContactMatch(Model):
    """One of several contacts that the end user may be. ``by``: what of the end user it fits."""

    id: Identifier
    name: ShortText | None = None
    email: ShortText | None = None
    phone: ShortText | None = None
    account: ShortText | None = None
    link: ShortText | None = None
    by: tuple[ShortText, ...] = ()


class Contact(Model):
    """What one CRM knows about the end user. ``source`` is the name of the integration or plugin.

    Where several contacts fit, nobody is picked: the id is ``SEVERAL``, ``matches`` holds them, the likeliest
    first, and what belongs to one person (name, fields, cases) is empty. ``more_matches``: there are more.
    ``cases``: the open ones first, then the others, the latest change first. ``incomplete``: what could not
    be read in time, a word each.
    """

    source: Identifier
    id: Identifier
    name: ShortText | None = None
    email: ShortText | None = None
    phone: ShortText | None = None
    link: ShortText | None = None
    fields: tuple[ContactField, ...] = ()
    found_at: Timestamp | None = None
    account: ContactAccount | None = None
    cases: tuple[ContactCase, ...] = ()
    matches: tuple[ContactMatch, ...] = ()
    more_matches: bool = False
    incomplete: tuple[ShortText, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether this is one person."""
        return self.id != SEVERAL and not self.matches

    def facts(self) -> Iterator[tuple[str, str]]:
        """Everything that is known, as labels and lines: for systems that have no place for more."""
        own = {"name": self.name, "email": self.email, "phone": self.phone, "link": self.link}
        yield from ((label, value) for label, value in own.items() if value)
        if self.account is not None:
            named = self.account.name or self.account.id
            yield "account", f"{named} ({self.account.number})" if self.account.number else named
        yield from ((field.label, field.value) for field in self.fields if field.value)
        for number, case in enumerate(self.cases, start=1):
            told = [case.number, case.title, case.status or ("open" if case.open else "closed"), case.link]
            yield f"{'open case' if case.open else 'case'} {number}", ", ".join(filter(None, told))
        for number, match in enumerate(self.matches, start=1):
            told = [match.name or match.id, match.email, match.phone, match.account, match.link]
            yield f"possible contact {number}", ", ".join(filter(None, told))
        if self.more_matches:
            yield "more possible contacts", "yes"
        if self.incomplete:
            yield "not read", ", ".join(self.incomplete)
