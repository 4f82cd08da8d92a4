"""The plugin module that the entry point ``dynamics`` of the group ``livechat_sdk`` names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.integration import IntegrationContext, IntegrationType

__all__ = ["livechat_integration_types"]


def _build(context: IntegrationContext, settings: Any) -> object:
    from livechat_sdk_dynamics.source import DynamicsContacts  # brings the HTTP client along

    return DynamicsContacts(context, settings)


@hookimpl
def livechat_integration_types() -> Iterable[IntegrationType]:
    """Offer contacts of Dynamics 365."""
    return (
        IntegrationType(
            type="MICROSOFT_DYNAMICS_CRM",
            kind="crm",
            settings="livechat_sdk_dynamics.settings:DynamicsCrmSettings",
            build=_build,
            summary="Microsoft Dynamics 365: contacts with their company and cases",
        ),
    )
