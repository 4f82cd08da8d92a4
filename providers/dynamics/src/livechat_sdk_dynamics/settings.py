"""Settings of an integration of type ``MICROSOFT_DYNAMICS_CRM``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic.alias_generators import to_camel

from livechat_sdk.policies.contact_settings import ContactSettings
from livechat_sdk.provider.settings import Secret
from livechat_sdk_dynamics.odata import is_closed
from livechat_sdk_dynamics.properties import EntityProperty

__all__ = ["DynamicsCrmSettings", "FilterProperty"]

_Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+/?$", max_length=500)]
_Column = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,99}$")]

_PLACE: Final = re.compile(r"\{([^{}]*)\}")
_PLACES: Final = frozenset({"id", "contactId", "baseUrl"})
_MAY_BE_EMPTY: Final = ("scope", "version", "filterExpression", "filterProperty", "contactLinkTemplate")
_MOST_EXPANDED: Final = 15
"""Navigation properties that one request may expand
(https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/join-tables)."""


class FilterProperty(BaseModel):
    """Which column of contacts holds which property of the end user.

    The property is ``id``, ``name``, ``email``, ``phone``, ``origin``, ``channel``, or names an attribute.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    data_property_name: _Column
    subscriber_property_name: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class DynamicsCrmSettings(ContactSettings):
    """One environment. What each key means: the README of the package."""

    type: str = "MICROSOFT_DYNAMICS_CRM"
    base_url: _Url
    client_id: Annotated[str, StringConstraints(pattern=r"^[^\s:]{1,200}$")]
    client_secret: Secret
    azure_tenant_id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.-]{1,200}$")]
    login_url: _Url = "https://login.microsoftonline.com"
    ca_bundle: Path | None = None
    scope: Annotated[str, StringConstraints(pattern=r"^[^\s]{1,500}$")] | None = None
    version: Annotated[str, StringConstraints(pattern=r"^v?[0-9]{1,2}\.[0-9]{1,2}$")] = "v9.2"
    entity_properties: tuple[EntityProperty, ...] = Field(default=(), max_length=50)
    filter_expression: Annotated[str, StringConstraints(min_length=1, max_length=2000)] = "statecode eq 0"
    filter_property: FilterProperty | None = None
    external_id_column: _Column | None = None
    email_columns: tuple[_Column, ...] = Field(
        default=("emailaddress1", "emailaddress2", "emailaddress3"), max_length=5
    )
    phone_columns: tuple[_Column, ...] = Field(default=("mobilephone", "telephone1"), max_length=5)
    country_prefix: Annotated[str, StringConstraints(pattern=r"^\+[0-9]{1,3}$")] | None = None
    cases: int = Field(default=10, ge=0, le=50)
    cases_of_primary_contact: bool = True
    """Whether cases of a company count that name the person as primary contact."""
    contact_link_template: Annotated[str, StringConstraints(max_length=500)] = (
        "{baseUrl}/main.aspx?etn=contact&id={id}&pagetype=entityrecord"
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_is_not_set(cls, given: object) -> object:
        """The platform's documents hold every key, empty where nothing was set."""
        if not isinstance(given, Mapping):
            return given
        fields: dict[str, Any] = dict(cast("Mapping[str, Any]", given))
        for name in _MAY_BE_EMPTY:
            if fields.get(name) in ("", None, {"dataPropertyName": "", "subscriberPropertyName": ""}):
                fields.pop(name, None)
        return fields

    @field_validator("filter_expression")
    @classmethod
    def _can_stand_in_brackets(cls, condition: str) -> str:
        if not condition.isprintable():
            raise ValueError("a condition is one line")
        if not is_closed(condition):
            raise ValueError("a quote or a bracket is not closed")
        return condition

    @field_validator("contact_link_template")
    @classmethod
    def _leads_to_a_web_page(cls, template: str) -> str:
        unknown = sorted(set(_PLACE.findall(template)) - _PLACES)
        if unknown or "{" in _PLACE.sub("", template) or "}" in _PLACE.sub("", template):
            raise ValueError("the places of a link are {id}, {contactId} and {baseUrl}")
        if not template.startswith(("https://", "http://", "{baseUrl}")):
            raise ValueError("a link begins with https://, http:// or {baseUrl}")
        return template

    @field_validator("entity_properties")
    @classmethod
    def _fit_one_request(cls, properties: tuple[EntityProperty, ...]) -> tuple[EntityProperty, ...]:
        behind = {one.navigation for one in properties} - {None, "parentcustomerid_account"}
        if len(behind) >= _MOST_EXPANDED:
            raise ValueError(f"at most {_MOST_EXPANDED - 1} navigation properties beside the company")
        labels = [one.label for one in properties]
        again = sorted({label for label in labels if labels.count(label) > 1})
        if again:
            raise ValueError(f"two properties have one label: {', '.join(again)[:200]}")
        return properties

    @property
    def environment(self) -> str:
        """Scheme and host of the environment."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def api_url(self) -> str:
        """Where the Web API is."""
        return f"{self.environment}/api/data/v{self.version.removeprefix('v')}"

    @property
    def token_url(self) -> str:
        """Where tokens are asked for."""
        return f"{self.login_url.rstrip('/')}/{self.azure_tenant_id}/oauth2/v2.0/token"

    def contact_link(self, contact_id: str) -> str:
        """Where people of support open a contact."""
        values = {"id": contact_id, "contactId": contact_id, "baseUrl": self.environment}
        return _PLACE.sub(lambda place: values[place[1]], self.contact_link_template)

    def record_link(self, table: str, row_id: str) -> str:
        """Where they open another row."""
        return f"{self.environment}/main.aspx?etn={table}&id={row_id}&pagetype=entityrecord"
