"""What a planted mistake is: a good toy with one mistake that a suite has to find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.systems import SystemRig
from livechat_sdk_testing.conformance.systems.toy_contacts import ToyContactRig, ToyContacts
from livechat_sdk_testing.conformance.systems.toy_tickets import ToyTicketing, ToyTicketRig

__all__ = ["Planted", "contacts", "tickets"]


@dataclass(frozen=True)
class Planted:
    """One mistake. ``make_rig`` sets it up on the clock of one case, anew for each case."""

    name: str
    what: str
    make_rig: Callable[[VirtualClock], SystemRig]


def tickets(what: str) -> Callable[[type[ToyTicketing]], Planted]:
    """Decorate a toy ticket system that has the mistake."""

    def plant(system: type[ToyTicketing]) -> Planted:
        return Planted(system.__name__, what, lambda clock: ToyTicketRig(clock, system))

    return plant


def contacts(what: str) -> Callable[[type[ToyContacts]], Planted]:
    """Decorate a toy CRM that has the mistake."""

    def plant(system: type[ToyContacts]) -> Planted:
        return Planted(system.__name__, what, lambda clock: ToyContactRig(clock, system))

    return plant
