"""The plugin that offers ``PARLEY_LIVECHAT``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from livechat_sdk.hooks.markers import hookimpl
from livechat_sdk.provider.integration import IntegrationContext, IntegrationType
from livechat_sdk_testing.parley.settings import ParleySettings

__all__ = ["ParleyPlugin"]


def _build(context: IntegrationContext, settings: Any) -> object:
    from livechat_sdk_testing.parley.provider import ParleyProvider  # brings the HTTP client along

    return ParleyProvider(context, settings)


class ParleyPlugin:
    """Offers the example vendor. A real adapter names its plugin module as an entry point of its package."""

    @hookimpl
    def livechat_integration_types(self) -> Iterable[IntegrationType]:
        """One type."""
        return (
            IntegrationType(
                type="PARLEY_LIVECHAT",
                kind="livechat",
                settings=ParleySettings,
                build=_build,
                summary="Parley, the example vendor that does not exist",
            ),
        )
