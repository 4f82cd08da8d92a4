"""External contacts as Genesys tells them, as far as they are read here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from livechat_sdk.domain.base import Identifier, Timestamp
from livechat_sdk_genesys.wire import Wire

__all__ = ["WireContact", "WireContacts", "WireExternalOrganization"]


class WirePhone(Wire):
    """A number; ``e164`` where Genesys could make it out."""

    e164: str | None = None
    display: str | None = None
    user_input: str | None = None


_KEEPS_ALL: Final = ConfigDict(
    frozen=True,
    extra="allow",
    defer_build=True,
    hide_input_in_errors=True,
    alias_generator=to_camel,
    populate_by_name=True,
)
"""What is not read here is kept for the fields that settings ask for."""


class WireExternalOrganization(Wire):
    """The company of a contact."""

    model_config = _KEEPS_ALL

    id: Identifier | None = None
    name: str | None = None
    phone_number: WirePhone | None = None


class WireContact(Wire):
    """A contact."""

    model_config = _KEEPS_ALL

    id: Identifier
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    work_email: str | None = None
    personal_email: str | None = None
    other_email: str | None = None
    cell_phone: WirePhone | None = None
    work_phone: WirePhone | None = None
    home_phone: WirePhone | None = None
    other_phone: WirePhone | None = None
    modify_date: Timestamp | None = None
    external_organization: WireExternalOrganization | None = None

    @property
    def name(self) -> str | None:
        """The whole name."""
        parts = (self.first_name, self.middle_name, self.last_name)
        return " ".join(part.strip() for part in parts if part and part.strip()) or None

    @property
    def emails(self) -> Sequence[str]:
        """Its addresses, the one for work first."""
        return [one for one in (self.work_email, self.personal_email, self.other_email) if one]

    @property
    def phones(self) -> Sequence[str]:
        """Its numbers, the one that people carry along first."""
        numbers = (self.cell_phone, self.work_phone, self.home_phone, self.other_phone)
        found = (one.e164 or one.display or one.user_input for one in numbers if one is not None)
        return [one for one in found if one]


class WireContacts(Wire):
    """What a look-up by address or number found."""

    contacts: tuple[WireContact, ...] | None = None
