"""Settings of an integration of type ``JIRA_SERVICE_MANAGEMENT_TICKETING``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from livechat_sdk.domain.tickets import TicketKind, TicketPriority, TicketState
from livechat_sdk.provider.settings import IntegrationSettings, Remark, Secret
from livechat_sdk_tickets.fields import FieldMap, trouble, twice

__all__ = ["KEY", "JiraTicketingSettings"]

KEY: Final = re.compile(r"[A-Z][A-Z0-9_]{0,99}-[0-9]{1,12}")
"""The form of every issue's key."""

_Id = Annotated[str, Field(pattern=r"^[0-9]{1,12}$", coerce_numbers_to_str=True)]
_Label = Annotated[str, StringConstraints(pattern=r"^[^\s\"]{1,100}$")]
_FIELD: Final = re.compile(r"customfield_[0-9]{1,12}|components|environment|duedate")
_SOON: Final = timedelta(days=30)

PRIORITIES: Final[Mapping[TicketPriority, str]] = {
    "urgent": "Highest",
    "high": "High",
    "normal": "Medium",
    "low": "Low",
}
"""Names of priorities as they come out of the box."""
STATES: Final[Mapping[str, TicketState]] = {
    "waiting for customer": "pending",
    "pending": "pending",
    "in progress": "open",
    "resolved": "solved",
    "done": "solved",
    "closed": "closed",
    "canceled": "closed",
    "cancelled": "closed",
}
"""Names of statuses as they come out of the box, in lower case. Every workflow has its own."""
CATEGORIES: Final[Mapping[str, TicketState]] = {"new": "new", "indeterminate": "open", "done": "solved"}
"""For statuses with other names: what their category means."""


class JiraTicketingSettings(IntegrationSettings):
    """One service desk. What each key means: the README of the package.

    ``baseUrl`` is the site, or ``https://api.atlassian.com/ex/jira/CLOUDID``, where tokens with scopes are
    taken and others are not; then ``siteUrl`` says where people open requests.
    """

    type: str = "JIRA_SERVICE_MANAGEMENT_TICKETING"
    base_url: Annotated[
        str,
        StringConstraints(pattern=r"^https?://[^\s/?#@]+(/ex/jira/[0-9A-Za-z-]{1,64})?/?$", max_length=500),
    ]
    site_url: Annotated[str | None, StringConstraints(pattern=r"^https?://[^\s/?#@]+/?$", max_length=500)] = (
        None
    )
    user_name: Annotated[str, StringConstraints(pattern=r"^[^\s:/]+@[^\s:/]+$", max_length=200)]
    token: Secret
    token_expires: date | None = None
    """The day on which the token runs out; tokens last a year at most."""
    service_desk_id: _Id
    request_type_id: _Id
    public: bool = False
    """Whether the customer may read the conversation: then it is the description."""
    on_behalf: bool = True
    """Whether requests are raised on behalf of the customer with the address."""
    create_customers: bool = False
    """Whether a customer is made for an address that is not found. Needs the rights of an administrator."""
    email_field: Annotated[str, StringConstraints(pattern=r"^customfield_[0-9]{1,12}$")] | None = None
    """A text field of the form that holds the address."""
    key_field: Annotated[str, StringConstraints(pattern=r"^(labels|customfield_[0-9]{1,12})$")] = "labels"
    """The field of the form that holds our key, by which requests are found."""
    search_lag: float = Field(default=60.0, ge=0, le=1800)
    """Seconds after which a new request is found by a search."""
    labels: tuple[_Label, ...] = Field(default=("livechat",), max_length=50)
    fields: FieldMap = Field(default_factory=dict, max_length=200)
    priorities: dict[TicketPriority, Annotated[str, StringConstraints(max_length=100)]] = Field(
        default_factory=dict[TicketPriority, str]
    )
    kinds: dict[TicketKind, _Id] = Field(default_factory=dict[TicketKind, str])
    """Request types by kind, where they are others."""
    states: dict[str, TicketState] = Field(default_factory=dict[str, TicketState], max_length=100)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.is_scoped and self.site_url is None:
            raise ValueError(
                "siteUrl is missing: people open requests at the site, https://NAME.atlassian.net"
            )
        wrong = [label for label, rule in self.fields.items() if not _FIELD.fullmatch(rule.field)]
        if wrong:
            raise ValueError(f"fields of Jira are customfield_NUMBER: {', '.join(wrong)[:200]}")
        flags = [label for label, rule in self.fields.items() if rule.kind == "flag"]
        if flags:
            raise ValueError(f"Jira has no yes-or-no fields, map a choice: {', '.join(flags)[:200]}")
        again = list(twice(self.fields))
        if again:
            raise ValueError(f"another label has the same field already: {', '.join(again)[:200]}")
        ours = {self.key_field, self.email_field}
        taken = [label for label, rule in self.fields.items() if rule.field in ours]
        if taken or self.key_field == self.email_field:
            raise ValueError("keyField, emailField and fields are fields of their own")
        return self

    def remarks(self, now: datetime) -> Iterable[Remark]:
        """Tokens end."""
        if self.token_expires is None:
            return
        left = self.token_expires - now.date()
        if left > _SOON:
            return
        ended = left <= timedelta(0)
        told = f"the API token {'ran out' if ended else 'runs out'} on {self.token_expires:%Y-%m-%d}"
        yield Remark("token_expires", told, "make another one, and set token and tokenExpires")

    @property
    def is_scoped(self) -> bool:
        """Whether the API is at Atlassian's common host, where tokens with scopes are taken."""
        return urlsplit(self.base_url).path.startswith("/ex/")

    @property
    def site(self) -> str:
        """Scheme and host of the site that people open."""
        parts = urlsplit(self.site_url or self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def request_types(self) -> tuple[str, ...]:
        """Every request type that may be used, each once."""
        return tuple(dict.fromkeys((self.request_type_id, *self.kinds.values())))

    def field_trouble(self, label: str, value: object) -> str | None:
        """Why a ticket's field cannot be set so."""
        return trouble(label, value, self.fields)

    def priority(self, priority: TicketPriority) -> str:
        """The name of a priority."""
        return self.priorities.get(priority, PRIORITIES[priority])

    def request_type(self, kind: TicketKind | None) -> str:
        """The request type for a kind."""
        return self.request_type_id if kind is None else self.kinds.get(kind, self.request_type_id)

    def state(self, status: str | None, category: str | None) -> TicketState | None:
        """What a status means; one that nobody has heard of is known by its category."""
        by_name: Mapping[str, TicketState] = {name.casefold(): state for name, state in self.states.items()}
        name = (status or "").strip().casefold()
        return by_name.get(name) or STATES.get(name) or CATEGORIES.get((category or "").casefold())
