"""The plugin module that the entry point ``cisco`` of the group ``livechat_sdk`` names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.integration import IntegrationContext, IntegrationType

__all__ = ["livechat_integration_types"]


def _build(context: IntegrationContext, settings: Any) -> object:
    from livechat_sdk_cisco.provider import CiscoProvider  # brings the HTTP client along

    return CiscoProvider(context, settings)


@hookimpl
def livechat_integration_types() -> Iterable[IntegrationType]:
    """Offer Cisco live chat."""
    return (
        IntegrationType(
            type="CISCO_LIVECHAT",
            kind="livechat",
            settings="livechat_sdk_cisco.settings:CiscoSettings",
            build=_build,
            summary="Cisco Customer Collaboration Platform: chats for agents at Finesse (Unified CCX)",
        ),
    )
