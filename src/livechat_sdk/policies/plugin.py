"""The integration types that come with the SDK itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.integration import IntegrationContext, IntegrationType

if TYPE_CHECKING:
    from livechat_sdk.policies.builtin_settings import CsvContactsSettings, LocalTicketingSettings

__all__ = ["BuiltinIntegrationTypes"]


class BuiltinIntegrationTypes:
    """Offers ``CSV_CONTACTS`` and ``LOCAL_TICKETING``."""

    @hookimpl
    def livechat_integration_types(self) -> Iterable[IntegrationType]:
        """Both types; what they do is loaded only where one is built."""
        return (
            IntegrationType(
                type="CSV_CONTACTS",
                kind="crm",
                settings="livechat_sdk.policies.builtin_settings:CsvContactsSettings",
                build=_csv_contacts,
                summary="contacts from a CSV file",
            ),
            IntegrationType(
                type="LOCAL_TICKETING",
                kind="ticketing",
                settings="livechat_sdk.policies.builtin_settings:LocalTicketingSettings",
                build=_local_ticketing,
                summary="tickets in the store of the workspace",
            ),
        )


def _csv_contacts(context: IntegrationContext, settings: CsvContactsSettings) -> object:
    from livechat_sdk.policies.contacts_csv import CsvContacts

    return CsvContacts(context, settings)


def _local_ticketing(context: IntegrationContext, settings: LocalTicketingSettings) -> object:
    from livechat_sdk.policies.local_tickets import LocalTicketing

    return LocalTicketing(context, settings)
