"""Settings of an integration of type ``SALESFORCE_TICKETING``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from livechat_sdk.domain.tickets import TicketKind, TicketPriority, TicketState
from livechat_sdk.provider.settings import IntegrationSettings, Secret
from livechat_sdk_tickets.fields import FieldMap, trouble, twice

__all__ = ["RECORD_ID", "SalesforceTicketingSettings"]

_RECORD_ID: Final = r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?"
RECORD_ID: Final = re.compile(_RECORD_ID)
"""The form of every id."""

_Id = Annotated[str, StringConstraints(pattern=rf"^{_RECORD_ID}$")]
_Word = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]{1,255}$")]
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")

PRIORITIES: Final[Mapping[TicketPriority, str]] = {
    "low": "Low",
    "normal": "Medium",
    "high": "High",
    "urgent": "High",
}
"""``Priority`` as it comes out of the box."""
KINDS: Final[Mapping[TicketKind, str]] = {
    "question": "Question",
    "incident": "Problem",
    "problem": "Problem",
}
"""``Type`` as it comes out of the box; there is none for a task."""
STATES: Final[Mapping[str, TicketState]] = {
    "New": "new",
    "Working": "open",
    "Escalated": "open",
    "On Hold": "pending",
    "Waiting on Customer": "pending",
    "Closed": "solved",
}
"""``Status`` as it comes out of the box. What is closed can be opened again: solved, in our words."""


class SalesforceTicketingSettings(IntegrationSettings):
    """One organisation. What each key means: the README of the package."""

    type: str = "SALESFORCE_TICKETING"
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+/?$", max_length=500)]
    client_id: Annotated[str, StringConstraints(pattern=r"^[^\s:]{1,300}$")]
    client_secret: Secret
    version: Annotated[str, StringConstraints(pattern=r"^v[0-9]{2,3}\.0$")] = "v63.0"
    key_field: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,76}__c$")] = (
        "LivechatKey__c"
    )
    """A text field of cases that is an External ID and Unique: it holds our key."""
    origin: _Word | None = "Web"
    status: _Word | None = None
    owner: _Id | None = None
    record_type: _Id | None = None
    assign: bool | _Id | None = None
    """Whether assignment rules run, or which one; as it is: where no owner is named."""
    find_contacts: bool = True
    """Whether the contact with the requester's address, if there is just one, is put on the case."""
    allow_duplicates: bool = False
    """Whether cases are made although a duplicate rule finds one."""
    description_limit: int = Field(default=32_000, ge=200, le=131_072)
    fields: FieldMap = Field(default_factory=dict, max_length=200)
    priorities: dict[TicketPriority, _Word] = Field(default_factory=dict[TicketPriority, str])
    kinds: dict[TicketKind, _Word] = Field(default_factory=dict[TicketKind, str])
    states: dict[str, TicketState] = Field(default_factory=dict[str, TicketState], max_length=100)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        wrong = [label for label, rule in self.fields.items() if not _NAME.fullmatch(rule.field)]
        if wrong:
            raise ValueError(f"fields of Salesforce are API names: {', '.join(wrong)[:200]}")
        numbers = [
            label
            for label, rule in self.fields.items()
            if any(not isinstance(value, str) for value in rule.by_word.values())
        ]
        if numbers:
            raise ValueError(f"values of choices are text: {', '.join(numbers)[:200]}")
        again = list(twice(self.fields))
        if again:
            raise ValueError(f"another label has the same field already: {', '.join(again)[:200]}")
        ours = [label for label, rule in self.fields.items() if rule.field == self.key_field]
        if ours:
            raise ValueError(f"the field {self.key_field} holds our key: {', '.join(ours)}")
        return self

    @property
    def site(self) -> str:
        """Scheme and host of the organisation's My Domain."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def assignment(self) -> str:
        """Which assignment rules run, as the header says it."""
        chosen = self.owner is None if self.assign is None else self.assign
        return chosen if isinstance(chosen, str) else str(chosen).upper()

    def field_trouble(self, label: str, value: object) -> str | None:
        """Why a ticket's field cannot be set so."""
        return trouble(label, value, self.fields)

    def priority(self, priority: TicketPriority | None) -> str | None:
        """The organisation's word for a priority."""
        return None if priority is None else self.priorities.get(priority, PRIORITIES[priority])

    def kind(self, kind: TicketKind | None) -> str | None:
        """The organisation's word for a kind; ``None`` where there is none."""
        return None if kind is None else self.kinds.get(kind, KINDS.get(kind))

    def state(self, status: str | None, closed: bool | None) -> TicketState | None:
        """What a status means; one that nobody has heard of is open or solved."""
        if status in self.states:
            return self.states[status]
        known = None if status is None else STATES.get(status)
        if known is not None or closed is None:
            return known
        return "solved" if closed else "open"
