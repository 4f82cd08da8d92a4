"""Settings of an integration of type ``ZENDESK_CRM``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic.alias_generators import to_camel

from livechat_sdk.policies.contact_settings import ContactSettings
from livechat_sdk.provider.settings import Remark, Secret

__all__ = ["FilterProperty", "ShownField", "ZendeskCrmSettings"]

NO_NEW_TOKENS: Final = datetime(2026, 10, 27, tzinfo=UTC)
TOKENS_END: Final = datetime(2027, 4, 30, tzinfo=UTC)
"""When Zendesk takes API tokens away: no new ones, then none at all
(https://support.zendesk.com/hc/en-us/articles/10840968198042)."""

_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]{0,99}"


class ShownField(BaseModel):
    """One property that agents see.

    ``path`` is a property of users (``notes``, ``time_zone``, ``user_fields/tier``) or of their organization
    (``organization/details``, ``organization/organization_fields/plan``).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    label: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
    path: Annotated[
        str,
        StringConstraints(
            pattern=rf"^(user_fields/|organization/|organization/organization_fields/)?{_NAME}$",
            max_length=300,
        ),
    ]
    kind: Literal["text", "number", "choice", "datetime"] = "text"


class FilterProperty(BaseModel):
    """Which field of users, by its key, holds which property of the end user.

    The property is ``id``, ``name``, ``email``, ``phone``, ``origin``, ``channel``, or names an attribute.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    data_property_name: Annotated[str, StringConstraints(pattern=rf"^{_NAME}$")]
    subscriber_property_name: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class ZendeskCrmSettings(ContactSettings):
    """One Zendesk account. What each key means: the README of the package.

    Credentials are those of an OAuth client (``clientId``, ``clientSecret``), or an agent's address and an
    API token (``userName``, ``token``) for as long as Zendesk takes them. With both, OAuth is used.
    """

    type: str = "ZENDESK_CRM"
    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+/?$", max_length=500)]
    client_id: Annotated[str, StringConstraints(pattern=r"^[^\s:]{1,200}$")] | None = None
    client_secret: Secret | None = None
    scope: Annotated[str, StringConstraints(pattern=r"^[a-z_:]+( [a-z_:]+)*$", max_length=500)] = "read"
    user_name: Annotated[str, StringConstraints(pattern=r"^[^\s:/]+@[^\s:/]+$", max_length=200)] | None = None
    token: Secret | None = None
    ca_bundle: Path | None = None
    by_external_id: bool = True
    """Whether the end user's id is looked for as external id."""
    filter_property: FilterProperty | None = None
    country_prefix: Annotated[str, StringConstraints(pattern=r"^\+[0-9]{1,3}$")] | None = None
    shown_fields: tuple[ShownField, ...] = Field(default=(), max_length=50)
    tickets: int = Field(default=10, ge=0, le=50)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("clientId and clientSecret go together")
        if (self.user_name is None) != (self.token is None):
            raise ValueError("userName and token go together")
        if self.client_id is None and self.user_name is None:
            raise ValueError("credentials are missing: clientId and clientSecret of an OAuth client")
        return self

    @field_validator("shown_fields")
    @classmethod
    def _each_label_once(cls, fields: tuple[ShownField, ...]) -> tuple[ShownField, ...]:
        labels = [one.label for one in fields]
        again = sorted({label for label in labels if labels.count(label) > 1})
        if again:
            raise ValueError(f"two fields have one label: {', '.join(again)[:200]}")
        return fields

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

    def link(self, kind: Literal["users", "organizations", "tickets"], number: int) -> str:
        """Where agents open something."""
        return f"{self.origin}/agent/{kind}/{number}"
