"""The kit's whole suite for ticket systems, over the simulators."""

from __future__ import annotations

from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems import TicketingConformance, TicketRig
from livechat_sdk_tickets.conformance import dynamics, zendesk
from livechat_sdk_tickets.freshdesk import conformance as freshdesk
from livechat_sdk_tickets.jira import conformance as jira
from livechat_sdk_tickets.salesforce import conformance as salesforce
from livechat_sdk_tickets.servicenow import conformance as servicenow


class TestZendesk(TicketingConformance):
    def make_rig(self, clock: VirtualClock) -> TicketRig:
        return zendesk(clock)


class TestDynamics(TicketingConformance):
    def make_rig(self, clock: VirtualClock) -> TicketRig:
        return dynamics(clock)


class TestServiceNow(TicketingConformance):
    def make_rig(self, clock: VirtualClock) -> TicketRig:
        return servicenow.make_rig(clock)


class TestJira(TicketingConformance):
    def make_rig(self, clock: VirtualClock) -> TicketRig:
        return jira.make_rig(clock)


class TestFreshdesk(TicketingConformance):
    def make_rig(self, clock: VirtualClock) -> TicketRig:
        return freshdesk.make_rig(clock)


class TestSalesforce(TicketingConformance):
    def make_rig(self, clock: VirtualClock) -> TicketRig:
        return salesforce.make_rig(clock)
