"""Dataverse's rows, as far as they are read here. Choices are plain numbers: environments add their own."""

from __future__ import annotations

from pydantic import Field

from livechat_sdk.domain.base import Timestamp
from livechat_sdk_tickets.wire import Wire

__all__ = [
    "FORMATTED",
    "WireAttribute",
    "WireAttributes",
    "WireCase",
    "WireContacts",
    "WireEntity",
    "WireNotes",
    "WireOptions",
]

FORMATTED = "OData.Community.Display.V1.FormattedValue"
"""The annotation that brings labels in the environment's language."""


class WireCase(Wire):
    """A case."""

    incidentid: str
    ticketnumber: str | None = None
    title: str | None = None
    statecode: int | None = None
    statuscode: int | None = None
    status_label: str | None = Field(
        default=None, alias="statuscode@OData.Community.Display.V1.FormattedValue"
    )
    createdon: Timestamp | None = None


class WireContact(Wire):
    """A contact."""

    contactid: str


class WireContacts(Wire):
    """Contacts that were found."""

    value: tuple[WireContact, ...]


class WireNote(Wire):
    """A note."""

    subject: str | None = None


class WireNotes(Wire):
    """A page of notes."""

    value: tuple[WireNote, ...]
    next_link: str | None = Field(default=None, alias="@odata.nextLink")


class WireAttribute(Wire):
    """A column of a table."""

    logical_name: str = Field(alias="LogicalName")
    kind: str | None = Field(default=None, alias="AttributeType")
    creatable: bool = Field(default=True, alias="IsValidForCreate")


class WireAttributes(Wire):
    """The columns of a table."""

    value: tuple[WireAttribute, ...]


class WireKey(Wire):
    """An alternate key of a table."""

    columns: tuple[str, ...] = Field(default=(), alias="KeyAttributes")
    status: str | None = Field(default=None, alias="EntityKeyIndexStatus")


class WireEntity(Wire):
    """A table with its alternate keys."""

    keys: tuple[WireKey, ...] = Field(default=(), alias="Keys")


class WireOption(Wire):
    """One value of a choice."""

    value: int = Field(alias="Value")


class WireOptionSet(Wire):
    """The values of a choice."""

    options: tuple[WireOption, ...] = Field(default=(), alias="Options")


class WireOptions(Wire):
    """A choice column with its values, its own or those that it shares with others."""

    own: WireOptionSet | None = Field(default=None, alias="OptionSet")
    shared: WireOptionSet | None = Field(default=None, alias="GlobalOptionSet")

    @property
    def values(self) -> frozenset[int]:
        """The numbers."""
        found = self.own or self.shared
        return frozenset(one.value for one in found.options) if found is not None else frozenset()
