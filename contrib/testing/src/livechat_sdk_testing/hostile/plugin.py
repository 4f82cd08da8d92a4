"""The plugin that offers a hostile vendor as an integration type."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from livechat_sdk import hookimpl
from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk_testing.hostile.embedded import EmbeddedProvider, EmbeddedVendor
from livechat_sdk_testing.hostile.faults import Faults
from livechat_sdk_testing.hostile.poll import PollProvider, PollVendor
from livechat_sdk_testing.hostile.provider import HostileProvider, HostileSettings
from livechat_sdk_testing.hostile.stream import StreamProvider, StreamVendor
from livechat_sdk_testing.hostile.traits import Traits
from livechat_sdk_testing.hostile.vendor import HostileVendor
from livechat_sdk_testing.hostile.webhook import WebhookProvider, WebhookVendor

__all__ = ["HostilePlugin", "hostile_vendor"]

_VENDORS: dict[Inbound, Callable[..., HostileVendor]] = {
    Inbound.WEBHOOK: WebhookVendor,
    Inbound.POLL: PollVendor,
    Inbound.STREAM: StreamVendor,
    Inbound.EMBEDDED: EmbeddedVendor,
}
_PROVIDERS: dict[Inbound, type[HostileProvider]] = {
    Inbound.WEBHOOK: WebhookProvider,
    Inbound.POLL: PollProvider,
    Inbound.STREAM: StreamProvider,
    Inbound.EMBEDDED: EmbeddedProvider,
}


def _utc_now() -> datetime:
    return datetime.now(UTC)


def hostile_vendor(
    traits: Traits,
    *,
    now: Callable[[], datetime] = _utc_now,
    name: str = "hostile",
    faults: Faults | None = None,
) -> HostileVendor:
    """The vendor for the inbound kind that the traits name."""
    return _VENDORS[traits.inbound](traits, now=now, name=name, faults=faults)


class HostilePlugin:
    """Offers one hostile vendor as the integration type ``HOSTILE_<NAME>``.

    The vendor outlives the dispatcher that uses it, as a real one does: give the same plugin to the next
    dispatcher. ``provider`` replaces the provider of the vendor's inbound kind.
    """

    def __init__(self, vendor: HostileVendor, *, provider: type[HostileProvider] | None = None) -> None:
        self.vendor = vendor
        base = provider or _PROVIDERS[vendor.traits.inbound]
        self.provider_class: type[HostileProvider] = type(
            base.__name__,
            (base,),
            {
                "type": f"HOSTILE_{vendor.name.upper().replace('-', '_')}",
                "capabilities": vendor.traits.capabilities,
            },
        )

    @property
    def settings(self) -> dict[str, object]:
        """The integration document for this vendor, under the vendor's name."""
        document: dict[str, object] = {"type": self.provider_class.type, "name": self.vendor.name}
        if isinstance(self.vendor, WebhookVendor):
            document["webhookKey"] = self.vendor.key
        return document

    @hookimpl
    def livechat_integration_types(self) -> list[IntegrationType]:
        """One type."""
        return [
            IntegrationType(
                type=self.provider_class.type,
                kind="livechat",
                settings=HostileSettings,
                build=lambda context, settings: self.provider_class(context, settings, self.vendor),
                summary="a hostile vendor for tests",
            )
        ]
