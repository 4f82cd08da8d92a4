"""What every CRM can be told, apart from what a CRM does: settings are read where nobody is looked up."""

from __future__ import annotations

from pydantic import Field

from livechat_sdk.provider.settings import IntegrationSettings

__all__ = ["ContactSettings"]


class ContactSettings(IntegrationSettings):
    """What every CRM can be told. ``cache_for``: seconds for which a contact is not asked for again."""

    cache_for: float = Field(default=300, ge=0, le=86_400)
