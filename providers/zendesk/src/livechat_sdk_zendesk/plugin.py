"""The plugin module that the entry point ``zendesk`` of the group ``livechat_sdk`` names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.integration import IntegrationContext, IntegrationType

__all__ = ["livechat_integration_types"]


def _build(context: IntegrationContext, settings: Any) -> object:
    from livechat_sdk_zendesk.provider import ZendeskProvider  # brings the HTTP client along

    return ZendeskProvider(context, settings)


def _build_crm(context: IntegrationContext, settings: Any) -> object:
    from livechat_sdk_zendesk.crm.source import ZendeskContacts

    return ZendeskContacts(context, settings)


@hookimpl
def livechat_integration_types() -> Iterable[IntegrationType]:
    """Offer Zendesk live chat, and contacts of Zendesk Support."""
    return (
        IntegrationType(
            type="ZENDESK_LIVECHAT",
            kind="livechat",
            settings="livechat_sdk_zendesk.settings:ZendeskSettings",
            build=_build,
            summary="Zendesk messaging: conversations in the agent workspace",
        ),
        IntegrationType(
            type="ZENDESK_CRM",
            kind="crm",
            settings="livechat_sdk_zendesk.crm.settings:ZendeskCrmSettings",
            build=_build_crm,
            summary="Zendesk Support: users with their organization and tickets",
        ),
    )
