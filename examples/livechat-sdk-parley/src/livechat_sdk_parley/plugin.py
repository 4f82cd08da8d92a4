"""Offers ``PARLEY_LIVECHAT``; light, because it is loaded wherever it is installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from livechat_sdk import hookimpl
from livechat_sdk.provider.integration import IntegrationContext, IntegrationType

from livechat_sdk_parley.settings import Settings

__all__ = ["LIVECHAT_HOOK_API", "livechat_integration_types"]

LIVECHAT_HOOK_API: Final = ">=1.0,<2"


def _build(context: IntegrationContext, settings: Any) -> object:
    from livechat_sdk_parley import provider  # brings the HTTP client along

    return provider.ParleyProvider(context, settings)


@hookimpl
def livechat_integration_types() -> Iterable[IntegrationType]:
    """Offer the one type."""
    return (
        IntegrationType(
            type="PARLEY_LIVECHAT",
            kind="livechat",
            settings=Settings,
            build=_build,
            summary="live chat of Parley",
        ),
    )
