"""Settings of an integration of type ``ZENDESK_TICKETING``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from livechat_sdk.domain.tickets import TicketKind, TicketPriority, TicketState
from livechat_sdk.provider.settings import IntegrationSettings, Remark, Secret
from livechat_sdk_tickets.fields import FieldMap, trouble, twice

__all__ = ["ZendeskTicketingSettings"]

_Id = Annotated[str, Field(pattern=r"^[0-9]{1,20}$", coerce_numbers_to_str=True)]
_Tag = Annotated[str, StringConstraints(pattern=r"^[^\s,\"]{1,100}$")]

NO_NEW_TOKENS: Final = datetime(2026, 10, 27, tzinfo=UTC)
TOKENS_END: Final = datetime(2027, 4, 30, tzinfo=UTC)
"""When Zendesk takes API tokens away: no new ones, then none at all
(https://support.zendesk.com/hc/en-us/articles/10840968198042)."""

PRIORITIES: Final[Mapping[TicketPriority, str]] = {
    "low": "low",
    "normal": "normal",
    "high": "high",
    "urgent": "urgent",
}
KINDS: Final[Mapping[TicketKind, str]] = {
    "question": "question",
    "incident": "incident",
    "problem": "problem",
    "task": "task",
}
STATES: Final[Mapping[str, TicketState]] = {
    "new": "new",
    "open": "open",
    "pending": "pending",
    "hold": "pending",
    "solved": "solved",
    "closed": "closed",
}


class ZendeskTicketingSettings(IntegrationSettings):
    """One Zendesk account. What each key means: the README of the package.

    Credentials are those of an OAuth client (``clientId``, ``clientSecret``), or an agent's address and an
    API token (``userName``, ``token``) for as long as Zendesk takes them. With both, OAuth is used.
    """

    type: str = "ZENDESK_TICKETING"
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+/?$", max_length=500)]
    client_id: Annotated[str, StringConstraints(pattern=r"^[^\s:]{1,200}$")] | None = None
    client_secret: Secret | None = None
    scope: Annotated[str, StringConstraints(pattern=r"^[a-z_:]+( [a-z_:]+)*$", max_length=500)] = "read write"
    user_name: Annotated[str, StringConstraints(pattern=r"^[^\s:/]+@[^\s:/]+$", max_length=200)] | None = None
    token: Secret | None = None
    public: bool = False
    """Whether the requester may read the ticket's first comment; internal otherwise."""
    group: _Id | None = None
    brand: _Id | None = None
    form: _Id | None = None
    tags: tuple[_Tag, ...] = Field(default=("livechat",), max_length=50)
    fields: FieldMap = Field(default_factory=dict, max_length=200)
    priorities: dict[TicketPriority, Literal["low", "normal", "high", "urgent"]] = Field(
        default_factory=dict[TicketPriority, Literal["low", "normal", "high", "urgent"]]
    )
    kinds: dict[TicketKind, Literal["question", "incident", "problem", "task"]] = Field(
        default_factory=dict[TicketKind, Literal["question", "incident", "problem", "task"]]
    )
    states: dict[str, TicketState] = Field(default_factory=dict[str, TicketState], max_length=100)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("clientId and clientSecret go together")
        if (self.user_name is None) != (self.token is None):
            raise ValueError("userName and token go together")
        if self.client_id is None and self.user_name is None:
            raise ValueError("credentials are missing: clientId and clientSecret of an OAuth client")
        wrong = [label for label, rule in self.fields.items() if not rule.field.isdigit()]
        if wrong:
            raise ValueError(f"fields of Zendesk have numbers: {', '.join(wrong)[:200]}")
        again = list(twice(self.fields))
        if again:
            raise ValueError(f"another label has the same field already: {', '.join(again)[:200]}")
        return self

    def remarks(self, now: datetime) -> Iterable[Remark]:
        """API tokens are being taken away."""
        if self.token is None:
            return
        if self.client_id is not None:
            yield Remark("token", "the API token is not used: OAuth comes first", "remove userName and token")
            return
        if now >= TOKENS_END:
            told = f"Zendesk takes no API tokens any more, since {TOKENS_END:%Y-%m-%d}"
        else:
            more = "makes no new ones since" if now >= NO_NEW_TOKENS else "makes new ones only until"
            told = (
                f"Zendesk takes API tokens until {TOKENS_END:%Y-%m-%d}, and {more} {NO_NEW_TOKENS:%Y-%m-%d}"
            )
        yield Remark("token", told, "make an OAuth client, and set clientId and clientSecret")

    @property
    def origin(self) -> str:
        """Scheme and host of the account."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    def field_trouble(self, label: str, value: object) -> str | None:
        """Why a ticket's field cannot be set so."""
        return trouble(label, value, self.fields)

    def priority(self, priority: TicketPriority | None) -> str | None:
        """Zendesk's word for a priority."""
        return None if priority is None else self.priorities.get(priority, PRIORITIES[priority])

    def kind(self, kind: TicketKind | None) -> str | None:
        """Zendesk's word for a kind."""
        return None if kind is None else self.kinds.get(kind, KINDS[kind])

    def state(self, status: str | None) -> TicketState | None:
        """What a status of Zendesk means."""
        if status is None:
            return None
        return self.states[status] if status in self.states else STATES.get(status)
