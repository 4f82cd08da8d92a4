"""The kit's whole suite for CRMs, on Genesys' external contacts over the simulator."""

from __future__ import annotations

from livechat_sdk_genesys.crm.conformance import make_rig
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems import ContactConformance, ContactRig


class TestGenesysContacts(ContactConformance):
    def make_rig(self, clock: VirtualClock) -> ContactRig:
        return make_rig(clock)
