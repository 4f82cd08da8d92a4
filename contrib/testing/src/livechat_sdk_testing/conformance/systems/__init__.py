"""The conformance suites of ticket systems and of CRMs, beside the one of live-chat providers.

::

    from livechat_sdk_testing.conformance.systems import TicketingConformance

    class TestAcmeTickets(TicketingConformance):
        def make_rig(self, clock):
            return AcmeTicketRig(clock)

``tickets_rig`` and ``contacts_rig`` say how an adapter under test and the vendor behind it are set up;
``certify_system`` runs the same cases without pytest and returns a certificate. The suites for pytest are
imported when they are asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livechat_sdk_testing.conformance.systems.contacts_bench import CONTACTS
from livechat_sdk_testing.conformance.systems.contacts_rig import (
    ContactRig,
    ContactTraits,
    Person,
    PropertySample,
)
from livechat_sdk_testing.conformance.systems.rig import SystemRig
from livechat_sdk_testing.conformance.systems.runner import (
    all_system_cases,
    certify_system,
    excused_of,
    run_system_case,
    system_reasons,
)
from livechat_sdk_testing.conformance.systems.tickets_bench import TICKETING
from livechat_sdk_testing.conformance.systems.tickets_rig import (
    CommentSeen,
    FieldSample,
    TicketRig,
    TicketSeen,
    TicketTraits,
)

if TYPE_CHECKING:
    from livechat_sdk_testing.conformance.systems.suite import ContactConformance, TicketingConformance

__all__ = [
    "CONTACTS",
    "TICKETING",
    "CommentSeen",
    "ContactConformance",
    "ContactRig",
    "ContactTraits",
    "FieldSample",
    "Person",
    "PropertySample",
    "SystemRig",
    "TicketRig",
    "TicketSeen",
    "TicketTraits",
    "TicketingConformance",
    "all_system_cases",
    "certify_system",
    "excused_of",
    "run_system_case",
    "system_reasons",
]


def __getattr__(name: str) -> Any:
    if name in {"ContactConformance", "TicketingConformance"}:
        from livechat_sdk_testing.conformance.systems import suite

        return getattr(suite, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
