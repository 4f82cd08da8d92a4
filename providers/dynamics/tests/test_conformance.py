"""The kit's whole suite for CRMs, on Dynamics's contacts over the simulator."""

from __future__ import annotations

from livechat_sdk_dynamics.conformance import make_rig
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems import ContactConformance, ContactRig


class TestDynamicsContacts(ContactConformance):
    def make_rig(self, clock: VirtualClock) -> ContactRig:
        return make_rig(clock)
