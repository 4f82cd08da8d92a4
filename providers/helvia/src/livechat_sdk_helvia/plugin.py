"""The plugin module that the entry point ``helvia`` of the group ``livechat_sdk`` names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.integration import IntegrationContext, IntegrationType

__all__ = ["livechat_integration_types"]


def _build(context: IntegrationContext, settings: Any) -> object:
    account = settings.remote
    if account is not None:
        from livechat_sdk_helvia.remote.provider import RemoteHelviaProvider  # brings the HTTP client along

        return RemoteHelviaProvider(context, settings, account)
    from livechat_sdk_helvia.provider import HelviaProvider

    return HelviaProvider(context, settings)


@hookimpl
def livechat_integration_types() -> Iterable[IntegrationType]:
    """Offer the built-in desk."""
    return (
        IntegrationType(
            type="HELVIA_LIVECHAT",
            kind="livechat",
            settings="livechat_sdk_helvia.settings:HelviaSettings",
            build=_build,
            summary="the built-in Helvia LiveChat desk, embedded in this process; works with no settings",
        ),
    )
