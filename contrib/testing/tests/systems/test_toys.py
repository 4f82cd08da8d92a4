"""The whole suites on a toy ticket system and a toy CRM, and on what is built into the SDK."""

from __future__ import annotations

from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems import (
    ContactConformance,
    ContactRig,
    TicketingConformance,
    TicketRig,
)
from livechat_sdk_testing.conformance.systems.built_in import csv_contacts, local_tickets
from livechat_sdk_testing.conformance.systems.toy_contacts import ToyContactRig
from livechat_sdk_testing.conformance.systems.toy_tickets import ToyTicketRig


class TestToyTickets(TicketingConformance):
    def make_rig(self, clock: VirtualClock) -> TicketRig:
        return ToyTicketRig(clock)


class TestToyContacts(ContactConformance):
    def make_rig(self, clock: VirtualClock) -> ContactRig:
        return ToyContactRig(clock)


class TestLocalTickets(TicketingConformance):
    def make_rig(self, clock: VirtualClock) -> TicketRig:
        return local_tickets(clock)


class TestCsvContacts(ContactConformance):
    def make_rig(self, clock: VirtualClock) -> ContactRig:
        return csv_contacts(clock)
