"""The kit's whole suite over the vendor in memory."""

from __future__ import annotations

from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance import ProviderConformance

from livechat_sdk_parley import conformance


class TestParley(ProviderConformance):
    def make_rig(self, clock: VirtualClock) -> conformance.ParleyRig:
        return conformance.make_rig(clock)
