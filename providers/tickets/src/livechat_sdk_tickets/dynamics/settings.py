"""Settings of an integration of type ``DYNAMICS_TICKETING``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from livechat_sdk.domain.base import Identifier
from livechat_sdk.domain.tickets import TicketKind, TicketPriority, TicketState
from livechat_sdk.provider.settings import IntegrationSettings, Secret
from livechat_sdk_tickets.fields import FieldMap, trouble, twice

__all__ = ["GUID", "DynamicsTicketingSettings"]

_GUID: Final = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
GUID: Final = re.compile(_GUID)
"""The form of every id."""

_Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+/?$", max_length=500)]
_Guid = Annotated[str, StringConstraints(pattern=rf"^{_GUID}$")]
_Column = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,99}$")]
_COLUMN: Final = re.compile(r"[a-z][a-z0-9_]{0,99}")

PRIORITIES: Final[Mapping[TicketPriority, int]] = {"urgent": 1, "high": 1, "normal": 2, "low": 3}
"""``prioritycode`` as it comes out of the box: 1 High, 2 Normal, 3 Low."""
KINDS: Final[Mapping[TicketKind, int]] = {"question": 1, "incident": 2, "problem": 2, "task": 3}
"""``casetypecode`` as it comes out of the box: 1 Question, 2 Problem, 3 Request."""
STATES: Final[Mapping[int, TicketState]] = {
    1: "open",
    2: "pending",
    3: "pending",
    4: "open",
    5: "solved",
    1000: "solved",
    6: "closed",
    2000: "closed",
}
"""``statuscode`` as it comes out of the box."""
CLOSED: Final[Mapping[int, TicketState]] = {0: "open", 1: "solved", 2: "closed"}
"""``statecode``, for statuses that an environment has added."""


class DynamicsTicketingSettings(IntegrationSettings):
    """One environment. What each key means: the README of the package.

    A case needs a customer: the contact that is found, else ``customer``, which is ``contacts(GUID)`` or
    ``accounts(GUID)``. With ``createContacts``, and where there is no ``customer``, contacts are made.
    """

    type: str = "DYNAMICS_TICKETING"
    base_url: _Url
    azure_tenant_id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.-]{1,200}$")]
    client_id: Annotated[str, StringConstraints(pattern=r"^[^\s:]{1,200}$")]
    client_secret: Secret
    login_url: _Url = "https://login.microsoftonline.com"
    scope: Annotated[str, StringConstraints(pattern=r"^[^\s]{1,500}$")] | None = None
    version: Annotated[str, StringConstraints(pattern=r"^v[0-9]{1,2}\.[0-9]{1,2}$")] = "v9.2"
    customer: Annotated[str, StringConstraints(pattern=rf"^(contacts|accounts)\({_GUID}\)$")] | None = None
    create_contacts: bool | None = None
    contacts_of: Identifier | None = None
    """Name of the CRM integration whose contacts are those of this environment."""
    phone_columns: tuple[_Column, ...] = Field(default=("mobilephone", "telephone1"), max_length=5)
    country_prefix: Annotated[str, StringConstraints(pattern=r"^\+[0-9]{1,3}$")] | None = None
    key_column: _Column | None = None
    """A text column of cases that is an alternate key; without it our key makes the case's own id."""
    note_ids: Literal["own", "vendor"] = "own"
    """Whether notes are made under ids of ours, or looked for before one is made again."""
    origin: int | None = 3
    subject: _Guid | None = None
    owner: Annotated[str, StringConstraints(pattern=rf"^(systemusers|teams)\({_GUID}\)$")] | None = None
    app_id: _Guid | None = None
    description_limit: int = Field(default=2000, ge=200, le=1_000_000)
    note_limit: int = Field(default=50_000, ge=1000, le=1_000_000)
    fields: FieldMap = Field(default_factory=dict, max_length=200)
    priorities: dict[TicketPriority, int] = Field(default_factory=dict[TicketPriority, int])
    kinds: dict[TicketKind, int] = Field(default_factory=dict[TicketKind, int])
    states: dict[int, TicketState] = Field(default_factory=dict[int, TicketState], max_length=100)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.customer is None and self.create_contacts is False:
            raise ValueError("a case needs a customer: set customer, or createContacts")
        wrong = [label for label, rule in self.fields.items() if not _COLUMN.fullmatch(rule.field)]
        if wrong:
            raise ValueError(f"fields of Dynamics are names of columns: {', '.join(wrong)[:200]}")
        worded = [
            label
            for label, rule in self.fields.items()
            if any(not isinstance(value, int) for value in rule.by_word.values())
        ]
        if worded:
            raise ValueError(f"values of choices are numbers: {', '.join(worded)[:200]}")
        again = list(twice(self.fields))
        if again:
            raise ValueError(f"another label has the same field already: {', '.join(again)[:200]}")
        return self

    @property
    def makes_contacts(self) -> bool:
        """Whether a contact is made for whoever is not found."""
        return self.customer is None if self.create_contacts is None else self.create_contacts

    @property
    def environment(self) -> str:
        """Scheme and host of the environment."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def token_url(self) -> str:
        """Where tokens are asked for."""
        return f"{self.login_url.rstrip('/')}/{self.azure_tenant_id}/oauth2/v2.0/token"

    def field_trouble(self, label: str, value: object) -> str | None:
        """Why a ticket's field cannot be set so."""
        return trouble(label, value, self.fields)

    def priority(self, priority: TicketPriority | None) -> int | None:
        """The option for a priority."""
        return None if priority is None else self.priorities.get(priority, PRIORITIES[priority])

    def kind(self, kind: TicketKind | None) -> int | None:
        """The option for a kind."""
        return None if kind is None else self.kinds.get(kind, KINDS[kind])

    def state(self, status: int | None, state: int | None) -> TicketState | None:
        """What a status means; one that nobody has heard of is known by its state."""
        if status in self.states:
            return self.states[status]
        known = None if status is None else STATES.get(status)
        return known or (None if state is None else CLOSED.get(state))
