"""Users, organizations and tickets of Zendesk Support, as far as they are read here.

Source: the vendor's OpenAPI document of the Ticketing API (https://developer.zendesk.com/zendesk/oas.yaml).
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from livechat_sdk.domain.base import Timestamp
from livechat_sdk.http import Answer

__all__ = [
    "WireIdentities",
    "WireIdentity",
    "WireMe",
    "WireOrganization",
    "WireOrganizationAnswer",
    "WireTicket",
    "WireTickets",
    "WireUser",
    "WireUserAnswer",
    "WireUsers",
    "read",
]


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)


class _Open(_Wire):
    """Whatever else there is may be shown, if the settings name it."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True, defer_build=True)


class WireUser(_Open):
    """A user. ``active`` is false when they were deleted."""

    id: int
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    external_id: str | None = None
    organization_id: int | None = None
    active: bool = True
    updated_at: Timestamp | None = None
    user_fields: dict[str, Any] | None = None


class WireUserAnswer(_Wire):
    """One user."""

    user: WireUser


class WireUsers(_Wire):
    """Users that were found."""

    users: tuple[WireUser, ...]


class WireIdentity(_Wire):
    """One address or number of a user: ``type`` is ``email``, ``phone_number`` or one that is not read."""

    type: str
    value: str | None = None


class WireIdentities(_Wire):
    """All of a user's."""

    identities: tuple[WireIdentity, ...]


class WireOrganization(_Open):
    """An organization. Its external id is a number in the vendor's document, and text in live answers."""

    id: int
    name: str | None = None
    external_id: str | int | None = None
    organization_fields: dict[str, Any] | None = None


class WireOrganizationAnswer(_Wire):
    """One organization."""

    organization: WireOrganization


class WireTicket(_Wire):
    """A ticket."""

    id: int
    subject: str | None = None
    status: str | None = None
    priority: str | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None


class WireTickets(_Wire):
    """The tickets of a user."""

    tickets: tuple[WireTicket, ...]


class WireMyself(_Wire):
    """Who the credentials belong to; without any, Zendesk answers with nobody."""

    id: int | None = None
    role: str | None = None


class WireMe(_Wire):
    """Who we are."""

    user: WireMyself = Field(default_factory=WireMyself)


W = TypeVar("W", bound=BaseModel)


def read(kind: type[W], answer: Answer) -> W:
    """The answer's JSON object as a model. Raises ``ProtocolError``."""
    try:
        return kind.model_validate(answer.object())
    except ValidationError as error:
        places = ", ".join(".".join(map(str, one["loc"])) for one in error.errors(include_input=False)[:3])
        raise answer.unlike_documented(f"{places}: not as documented") from None
