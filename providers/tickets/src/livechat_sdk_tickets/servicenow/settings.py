"""Settings of an integration of type ``SERVICENOW_TICKETING``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from livechat_sdk.domain.tickets import TicketKind, TicketPriority, TicketState
from livechat_sdk.provider.settings import IntegrationSettings, Secret
from livechat_sdk_tickets.fields import FieldMap, trouble, twice

__all__ = ["SYS_ID", "ServiceNowTicketingSettings"]

SYS_ID: Final = re.compile(r"[0-9a-f]{32}")
"""The form of every id."""

_NAME: Final = r"^[a-z][a-z0-9_]{0,79}$"
_Name = Annotated[str, StringConstraints(pattern=_NAME)]
_SysId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
_Value = Annotated[str, Field(max_length=1000, coerce_numbers_to_str=True)]
_Columns = Annotated[dict[_Name, _Value], Field(max_length=50)]

OURS: Final = frozenset(
    {"sys_id", "correlation_id", "correlation_display", "short_description", "description"}
    | {"comments", "work_notes"}
)
"""Columns that every ticket sets, and that no other setting may."""

PRIORITIES: Final[Mapping[TicketPriority, Mapping[str, str]]] = {
    "urgent": {"impact": "1", "urgency": "1"},
    "high": {"impact": "2", "urgency": "1"},
    "normal": {"impact": "2", "urgency": "2"},
    "low": {"impact": "2", "urgency": "3"},
}
"""The priority of an incident is computed from these two: 1 critical, 2 high, 3 moderate, 4 low."""
STATES: Final[Mapping[str, TicketState]] = {
    "1": "new",
    "2": "open",
    "3": "pending",
    "6": "solved",
    "7": "closed",
    "8": "closed",
}
"""``state`` of an incident as it comes out of the box: new, in progress, on hold, resolved, closed,
cancelled."""


class ServiceNowTicketingSettings(IntegrationSettings):
    """One instance. What each key means: the README of the package.

    Credentials are those of an OAuth client (``clientId``, ``clientSecret``), an API key (``apiKey``), or a
    user (``userName``, ``password``). With several, the first of these counts.
    """

    type: str = "SERVICENOW_TICKETING"
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+/?$", max_length=500)]
    client_id: Annotated[str, StringConstraints(pattern=r"^[^\s:]{1,200}$")] | None = None
    client_secret: Secret | None = None
    api_key: Secret | None = None
    user_name: Annotated[str, StringConstraints(pattern=r"^[^\s:]{1,200}$")] | None = None
    password: Secret | None = None
    table: _Name = "incident"
    public: bool = False
    """Whether the caller may read the conversation: then it is the description, else a work note."""
    caller_column: _Name | None = "caller_id"
    """The column with the user who asks; ``None``: nobody is looked for."""
    caller: _SysId | None = None
    """Whose ticket it is where nobody is found."""
    contact_type: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_ -]{1,40}$")] | None = "chat"
    columns: _Columns = Field(default_factory=dict[str, str])
    """Columns that are set on every ticket."""
    unique_key: bool = False
    """Whether the instance has a unique index on ``correlation_id``."""
    description_limit: int = Field(default=4000, ge=1000, le=1_000_000)
    note_limit: int = Field(default=4000, ge=1000, le=1_000_000)
    fields: FieldMap = Field(default_factory=dict, max_length=200)
    priorities: dict[TicketPriority, _Columns] = Field(default_factory=dict[TicketPriority, dict[str, str]])
    kinds: dict[TicketKind, _Columns] = Field(default_factory=dict[TicketKind, dict[str, str]])
    states: dict[str, TicketState] = Field(default_factory=dict[str, TicketState], max_length=100)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("clientId and clientSecret go together")
        if (self.user_name is None) != (self.password is None):
            raise ValueError("userName and password go together")
        if self.client_id is None and self.api_key is None and self.user_name is None:
            raise ValueError("credentials are missing: clientId and clientSecret of an OAuth client")
        wrong = [label for label, rule in self.fields.items() if not re.match(_NAME, rule.field)]
        if wrong:
            raise ValueError(f"fields of ServiceNow are names of columns: {', '.join(wrong)[:200]}")
        again = list(twice(self.fields))
        if again:
            raise ValueError(f"another label has the same field already: {', '.join(again)[:200]}")
        ours = sorted(self.named_columns & (OURS | {self.caller_column or ""}))
        if ours:
            raise ValueError(f"columns that every ticket sets by itself: {', '.join(ours)}")
        return self

    @property
    def named_columns(self) -> frozenset[str]:
        """All columns that the settings name, but those of every ticket."""
        tables = (self.columns, *self.priorities.values(), *self.kinds.values())
        mapped = {rule.field for rule in self.fields.values()}
        return frozenset[str]().union(mapped, *tables)

    @property
    def origin(self) -> str:
        """Scheme and host of the instance."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    def field_trouble(self, label: str, value: object) -> str | None:
        """Why a ticket's field cannot be set so."""
        return trouble(label, value, self.fields)

    def priority(self, priority: TicketPriority | None) -> Mapping[str, str]:
        """The columns for a priority."""
        return {} if priority is None else self.priorities.get(priority, PRIORITIES[priority])

    def kind(self, kind: TicketKind | None) -> Mapping[str, str]:
        """The columns for a kind. There are none out of the box: an incident is an incident."""
        return {} if kind is None else self.kinds.get(kind, {})

    def state(self, state: str) -> TicketState | None:
        """What a state means."""
        return self.states[state] if state in self.states else STATES.get(state)
