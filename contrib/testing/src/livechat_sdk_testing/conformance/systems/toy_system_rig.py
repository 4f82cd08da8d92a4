"""What the rigs of the toy systems have in common: a server in memory, with its tokens and its faults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import httpx

from livechat_sdk import hookimpl
from livechat_sdk.provider.integration import IntegrationType
from livechat_sdk.provider.settings import IntegrationSettings
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems.rig import SystemRig
from livechat_sdk_testing.conformance.systems.toy_server import CLIENT_SECRET, ToyFaults, ToyServer

__all__ = ["ToySystemRig"]

Vendor = TypeVar("Vendor", bound=ToyServer)


class _OneType:
    """Offers the adapter under test as an integration type."""

    def __init__(self, rig: ToySystemRig[Any]) -> None:
        self._rig = rig

    @hookimpl
    def livechat_integration_types(self) -> list[IntegrationType]:
        """One type."""
        rig = self._rig
        return [
            IntegrationType(
                type=rig.system_class.type,
                kind=rig.kind,
                settings=rig.settings_model,
                build=rig.system_class,
                summary="a toy under test",
            )
        ]


class ToySystemRig(SystemRig, Generic[Vendor]):
    """A toy on the clock of a case. ``system_class`` is put to the proof; the vendor stays the same."""

    over = "http"
    fault_kinds = frozenset(
        {
            *("status", "drop_before", "drop_after", "time_out_before", "time_out_after"),
            *("malformed", "truncated", "slow", "expire_token"),
        }
    )
    settings_model: ClassVar[type[IntegrationSettings]]
    integration: ClassVar[str]
    """The name of the integration."""

    def __init__(self, clock: VirtualClock, vendor: Vendor, system: type[Any]) -> None:
        super().__init__(clock)
        self.vendor = vendor
        self.system_class = system

    @property
    def plugin(self) -> object:
        """One type, whose adapter is the class under test."""
        return _OneType(self)

    @property
    def settings(self) -> Mapping[str, Any]:
        """One toy."""
        return {"type": self.system_class.type, "name": self.integration, "clientSecret": CLIENT_SECRET}

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        """The toy's server."""
        return self.vendor

    @property
    def faults(self) -> ToyFaults:
        """Its faults."""
        return self.vendor.faults

    @property
    def tokens(self) -> Sequence[str]:
        """Those that it gave out."""
        return list(self.vendor.tokens)

    def calls(self, operation: str) -> int:
        """Calls that the server saw."""
        return self.vendor.counts[operation]
