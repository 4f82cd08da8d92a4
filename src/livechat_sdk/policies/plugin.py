"""The integration types that come with the SDK itself."""

from __future__ import annotations

from collections.abc import Iterable

from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.integration import IntegrationType

__all__ = ["BuiltinIntegrationTypes"]


class BuiltinIntegrationTypes:
    """Offers ``CSV_CONTACTS`` and ``LOCAL_TICKETING``."""

    @hookimpl
    def livechat_integration_types(self) -> Iterable[IntegrationType]:
        """Both types; their modules are loaded only now."""
        from livechat_sdk.policies.contacts_csv import CSV_CONTACTS, CsvContacts, CsvContactsSettings
        from livechat_sdk.policies.local_tickets import (
            LOCAL_TICKETING,
            LocalTicketing,
            LocalTicketingSettings,
        )

        return (
            IntegrationType(
                type=CSV_CONTACTS,
                kind="crm",
                settings=CsvContactsSettings,
                build=CsvContacts,
                summary="contacts from a CSV file",
            ),
            IntegrationType(
                type=LOCAL_TICKETING,
                kind="ticketing",
                settings=LocalTicketingSettings,
                build=LocalTicketing,
                summary="tickets in the store of the workspace",
            ),
        )
