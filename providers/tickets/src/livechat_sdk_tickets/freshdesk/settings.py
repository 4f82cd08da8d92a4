"""Settings of an integration of type ``FRESHDESK_TICKETING``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from livechat_sdk.domain.tickets import TicketKind, TicketPriority, TicketState
from livechat_sdk.provider.settings import IntegrationSettings, Secret
from livechat_sdk_tickets.fields import FieldMap, trouble, twice

__all__ = ["FreshdeskTicketingSettings"]

_Id = Annotated[int, Field(ge=1, le=10**18)]
_Tag = Annotated[str, StringConstraints(pattern=r"^[^,\"\x00-\x1f]{1,32}$")]
_Field = Annotated[str, StringConstraints(pattern=r"^cf_[a-z0-9_]{1,100}$")]
_Priority = Literal[1, 2, 3, 4]

PRIORITIES: Final[Mapping[TicketPriority, _Priority]] = {"low": 1, "normal": 2, "high": 3, "urgent": 4}
KINDS: Final[Mapping[TicketKind, str]] = {
    "question": "Question",
    "incident": "Incident",
    "problem": "Problem",
}
"""Types as they come out of the box; there is none for a task."""
STATES: Final[Mapping[int, TicketState]] = {2: "open", 3: "pending", 4: "solved", 5: "closed"}
WORDS: Final[Mapping[int, str]] = {2: "Open", 3: "Pending", 4: "Resolved", 5: "Closed"}
"""What the statuses that every account has are called; the API tells numbers alone."""


class FreshdeskTicketingSettings(IntegrationSettings):
    """One Freshdesk account. What each key means: the README of the package."""

    type: str = "FRESHDESK_TICKETING"
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+/?$", max_length=500)]
    api_key: Secret
    key_field: _Field = "cf_livechat_key"
    """A text field of tickets that holds our key: by it a ticket is found again."""
    search_lag: float = Field(default=600.0, ge=0.0, le=1800.0)
    """Seconds after which the search surely finds a new ticket."""
    requester: Annotated[str, StringConstraints(pattern=r"^([0-9]{1,20}|[^\s@,<>]+@[^\s@,<>]+)$")] | None = (
        None
    )
    """Whose tickets those of people without address and number are: an address, or the id of a contact."""
    public: bool = False
    """Whether the requester may read the conversation: then it is the description, else a private note."""
    status: Annotated[int, Field(ge=2, le=1000)] = 2
    default_priority: _Priority = 1
    """Freshdesk wants a priority; this one where a draft names none."""
    source: Annotated[int, Field(ge=1, le=1000)] = 7
    group: _Id | None = None
    product: _Id | None = None
    tags: tuple[_Tag, ...] = Field(default=("livechat",), max_length=50)
    public_comments: Literal["note", "reply"] = "note"
    """Whether a public comment is a note in the portal, or a reply, which Freshdesk sends as an e-mail."""
    fields: FieldMap = Field(default_factory=dict, max_length=200)
    priorities: dict[TicketPriority, _Priority] = Field(default_factory=dict[TicketPriority, _Priority])
    kinds: dict[TicketKind, Annotated[str, StringConstraints(min_length=1, max_length=200)]] = Field(
        default_factory=dict[TicketKind, str]
    )
    states: dict[int, TicketState] = Field(default_factory=dict[int, TicketState], max_length=100)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        wrong = [label for label, rule in self.fields.items() if not rule.field.startswith("cf_")]
        if wrong:
            raise ValueError(f"fields of Freshdesk begin with cf_: {', '.join(wrong)[:200]}")
        numbers = [
            label
            for label, rule in self.fields.items()
            if any(not isinstance(value, str) for value in rule.by_word.values())
        ]
        if numbers:
            raise ValueError(f"values of choices are text: {', '.join(numbers)[:200]}")
        several = [label for label, rule in self.fields.items() if rule.kind == "choices"]
        if several:
            raise ValueError(f"a field of Freshdesk holds one choice: {', '.join(several)[:200]}")
        again = list(twice(self.fields))
        if again:
            raise ValueError(f"another label has the same field already: {', '.join(again)[:200]}")
        ours = [label for label, rule in self.fields.items() if rule.field == self.key_field]
        if ours:
            raise ValueError(f"the field {self.key_field} holds our key: {', '.join(ours)}")
        return self

    @property
    def origin(self) -> str:
        """Scheme and host of the account."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    def field_trouble(self, label: str, value: object) -> str | None:
        """Why a ticket's field cannot be set so."""
        return trouble(label, value, self.fields)

    def priority(self, priority: TicketPriority | None) -> int:
        """Freshdesk's number for a priority."""
        if priority is None:
            return self.default_priority
        return self.priorities.get(priority, PRIORITIES[priority])

    def kind(self, kind: TicketKind | None) -> str | None:
        """Freshdesk's type for a kind; ``None`` where there is none."""
        return None if kind is None else self.kinds.get(kind, KINDS.get(kind))

    def state(self, status: int | None) -> TicketState | None:
        """What a status of Freshdesk means."""
        if status is None:
            return None
        return self.states[status] if status in self.states else STATES.get(status)
