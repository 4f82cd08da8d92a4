"""The plugin module that the entry point ``genesys`` of the group ``livechat_sdk`` names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.integration import IntegrationContext, IntegrationType

__all__ = ["livechat_integration_types"]


def _build(context: IntegrationContext, settings: Any) -> object:
    from livechat_sdk_genesys.provider import GenesysProvider  # brings the HTTP client along

    return GenesysProvider(context, settings)


def _build_crm(context: IntegrationContext, settings: Any) -> object:
    from livechat_sdk_genesys.crm.source import GenesysContacts

    return GenesysContacts(context, settings)


@hookimpl
def livechat_integration_types() -> Iterable[IntegrationType]:
    """Offer Genesys Cloud live chat, and its external contacts."""
    return (
        IntegrationType(
            type="GENESYS_LIVECHAT",
            kind="livechat",
            settings="livechat_sdk_genesys.settings:GenesysSettings",
            build=_build,
            summary="Genesys Cloud: conversations of Open Messaging, routed by Architect",
        ),
        IntegrationType(
            type="GENESYS_CRM",
            kind="crm",
            settings="livechat_sdk_genesys.crm.settings:GenesysCrmSettings",
            build=_build_crm,
            summary="Genesys Cloud: external contacts with their organization",
        ),
    )
