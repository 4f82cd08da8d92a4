"""The kit's whole suite for CRMs, on Zendesk's contacts over the simulator."""

from __future__ import annotations

from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems import ContactConformance, ContactRig
from livechat_sdk_zendesk.crm.conformance import make_rig


class TestZendeskContacts(ContactConformance):
    def make_rig(self, clock: VirtualClock) -> ContactRig:
        return make_rig(clock)
