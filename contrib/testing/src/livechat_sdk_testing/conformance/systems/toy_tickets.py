"""A toy ticket system in memory, reached over HTTP, and its adapter, put to the proof."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from livechat_sdk.domain.tickets import TicketKind, TicketPriority, TicketState
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems.tickets_rig import FieldSample, TicketRig, TicketSeen
from livechat_sdk_testing.conformance.systems.toy_system_rig import ToySystemRig
from livechat_sdk_testing.conformance.systems.toy_ticket_vendor import ToyTicketVendor, seen
from livechat_sdk_testing.conformance.systems.toy_ticketing import (
    STATES,
    ToyTicketing,
    ToyTicketingSettings,
)

__all__ = ["ToyTicketRig", "ToyTicketing"]


class ToyTicketRig(ToySystemRig[ToyTicketVendor], TicketRig):
    """The toy on the clock of a case. ``system_class`` is put to the proof; the vendor stays the same."""

    settings_model = ToyTicketingSettings
    integration = "tickets"
    priorities: Mapping[TicketPriority, str] = {"low": "P4", "normal": "P3", "high": "P2", "urgent": "P1"}
    kinds: Mapping[TicketKind, str] = {
        "question": "ask",
        "incident": "broken",
        "problem": "cause",
        "task": "todo",
    }
    states: Mapping[str, TicketState] = STATES
    samples: Sequence[FieldSample] = (
        FieldSample("Product", "Web shop", "shop"),
        FieldSample("Orders", "12", 12),
    )
    unfit: Sequence[tuple[str, Any]] = (("Product", "Rocket"), ("Orders", "many"))

    def __init__(self, clock: VirtualClock, system: type[ToyTicketing] = ToyTicketing) -> None:
        super().__init__(clock, ToyTicketVendor(clock), system)

    def can_fault(self, operation: str, fault: str, **details: Any) -> bool:
        """The toy takes files with the text, so nothing is attached by itself."""
        return fault in self.fault_kinds and operation in {"create", "comment", "read", "find", "token"}

    async def tickets(self) -> Sequence[TicketSeen]:
        """What the vendor has."""
        return [seen(one) for one in self.vendor.kept]

    async def set_state(self, ticket_id: str, state: str) -> None:
        """Somebody of support works on it."""
        self.vendor.one(ticket_id).state = state

    async def comment(self, ticket_id: str, text: str) -> None:
        """Somebody of support writes."""
        self.vendor.one(ticket_id).comments.append({"html": html.escape(text), "public": False})
