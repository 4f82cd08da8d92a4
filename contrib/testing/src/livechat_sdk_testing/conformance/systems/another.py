"""A second CRM for cases about several sources: it knows everybody."""

from __future__ import annotations

from livechat_sdk import hookimpl
from livechat_sdk.domain.people import Contact, EndUser
from livechat_sdk.provider.integration import IntegrationContext, IntegrationType
from livechat_sdk.provider.settings import IntegrationSettings

__all__ = ["AnotherCrm"]


class _Settings(IntegrationSettings):
    """Nothing to set."""


class _System:
    def __init__(self, context: IntegrationContext, settings: _Settings) -> None:
        self._name = context.name

    @hookimpl
    def livechat_find_contact(self, user: EndUser, bot: str) -> Contact | None:
        """Whoever it is."""
        return Contact(source=self._name, id="another-1", name=user.name)


class AnotherCrm:
    """Offers it as ``ANOTHER_CRM``."""

    @hookimpl
    def livechat_integration_types(self) -> list[IntegrationType]:
        """One type."""
        return [IntegrationType(type="ANOTHER_CRM", kind="crm", settings=_Settings, build=_System)]
