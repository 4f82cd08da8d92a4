"""Settings of an integration of type ``GENESYS_CRM``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from livechat_sdk.policies.contact_settings import ContactSettings
from livechat_sdk_genesys.settings import Organisation

__all__ = ["GenesysCrmSettings", "ShownField"]

_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,99}"


class ShownField(BaseModel):
    """One property that agents see: ``title``, ``customFields/tier``, ``externalOrganization/industry``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    label: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
    path: Annotated[str, StringConstraints(pattern=rf"^{_NAME}(/{_NAME}){{0,3}}$", max_length=300)]
    kind: Literal["text", "number", "choice", "datetime"] = "text"


class GenesysCrmSettings(Organisation, ContactSettings):
    """The external contacts of one organisation. What each key means: the README of the package."""

    type: str = "GENESYS_CRM"
    external_source: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,100}$")] | None = None
    country_prefix: Annotated[str, StringConstraints(pattern=r"^\+[0-9]{1,3}$")] | None = None
    shown_fields: tuple[ShownField, ...] = Field(default=(), max_length=50)
    contact_link_template: (
        Annotated[str, StringConstraints(pattern=r"^https?://[^\s{}]*\{id\}[^\s{}]*$", max_length=500)] | None
    ) = None

    @field_validator("shown_fields")
    @classmethod
    def _each_label_once(cls, fields: tuple[ShownField, ...]) -> tuple[ShownField, ...]:
        labels = [one.label for one in fields]
        again = sorted({label for label in labels if labels.count(label) > 1})
        if again:
            raise ValueError(f"two fields have one label: {', '.join(again)[:200]}")
        return fields

    def link(self, contact_id: str) -> str | None:
        """Where people of support open a contact."""
        template = self.contact_link_template
        return None if template is None else template.replace("{id}", contact_id)
