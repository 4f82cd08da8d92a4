"""Simulators of ticket systems and CRMs as the vendor under test.

They meet by shape: neither package imports the other.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.rig import CALL_FAULTS, FaultSwitch
from livechat_sdk_testing.conformance.systems.contacts_rig import ContactRig
from livechat_sdk_testing.conformance.systems.rig import SystemRig
from livechat_sdk_testing.conformance.systems.tickets_rig import CommentSeen, TicketRig, TicketSeen

if TYPE_CHECKING:
    import httpx

__all__ = [
    "OverSimulator",
    "SimulatedPerson",
    "SimulatedSupport",
    "SimulatorContactRig",
    "SimulatorTicketRig",
    "SupportPeople",
]

_OPERATIONS: Final = frozenset({"create", "comment", "read", "find", "contact", "token", "attach"})


class SimulatedTicket(Protocol):
    """A ticket of a simulator."""

    @property
    def id(self) -> str:
        """The vendor's id."""
        ...

    @property
    def key(self) -> str:
        """What it can be found by."""
        ...

    @property
    def subject(self) -> str:
        """One line."""
        ...

    @property
    def state(self) -> str:
        """The vendor's word."""
        ...

    @property
    def requester(self) -> str:
        """Who asks."""
        ...

    @property
    def created_at(self) -> datetime:
        """When it was made."""
        ...

    @property
    def details(self) -> Mapping[str, Any]:
        """What else there is."""
        ...


class SimulatedComment(Protocol):
    """A comment of a simulator."""

    @property
    def text(self) -> str:
        """What people read."""
        ...

    @property
    def public(self) -> bool:
        """Whether the requester can read it."""
        ...

    @property
    def files(self) -> Sequence[str]:
        """Names."""
        ...


class SimulatedPerson(Protocol):
    """A contact of a simulator."""

    @property
    def id(self) -> str:
        """The vendor's id."""
        ...

    @property
    def details(self) -> Mapping[str, Any]:
        """Columns."""
        ...


class SupportPeople(Protocol):
    """The human side of a ticket system."""

    async def tickets(self) -> Sequence[SimulatedTicket]:
        """Every ticket, oldest first."""
        ...

    async def comments(self, ticket: str) -> Sequence[SimulatedComment]:
        """What a ticket says, oldest first."""
        ...

    async def comment(self, ticket: str, text: str) -> str:
        """Somebody of support writes."""
        ...

    async def set_state(self, ticket: str, state: str) -> None:
        """A ticket is put into a state."""
        ...

    async def contacts(self) -> Sequence[SimulatedPerson]:
        """Every contact."""
        ...

    async def add_contact(self, /, **fields: Any) -> str:
        """A contact that was there all along."""
        ...


class SimulatedSupport(Protocol):
    """What the kit needs of a simulator of a ticket system or a CRM."""

    @property
    def human(self) -> Any:
        """``SupportPeople``."""
        ...

    @property
    def faults(self) -> FaultSwitch:
        """Faults on demand."""
        ...

    @property
    def requests(self) -> Any:
        """The log of requests, with ``of(operation)``."""
        ...

    def transport(self) -> httpx.AsyncBaseTransport:
        """Calls to the vendor's API in this process."""
        ...


class OverSimulator(SystemRig):
    """What every rig over a simulator has: its API in this process, its faults, its log of requests."""

    over = "http"
    fault_kinds = CALL_FAULTS
    operations: Mapping[str, str] = {}
    """The simulator's names of operations, where they are not ours."""

    def __init__(self, clock: VirtualClock, simulator: SimulatedSupport) -> None:
        super().__init__(clock)
        self.simulator = simulator
        self._transport = simulator.transport()

    @property
    def transport(self) -> httpx.AsyncBaseTransport:
        """The simulator's API."""
        return self._transport

    @property
    def faults(self) -> FaultSwitch:
        """The simulator's faults, by our names of operations."""
        return _Faults(self.simulator.faults, self.operations)

    @property
    def tokens(self) -> Sequence[str]:
        """Those that the simulator remembers (``simulator.tokens.issued``), where it gives any."""
        issued: Sequence[str] = getattr(getattr(self.simulator, "tokens", None), "issued", ())
        return issued

    def can_fault(self, operation: str, fault: str, **details: Any) -> bool:
        """Every fault of a call, of each operation that there is."""
        return fault in self.fault_kinds and operation in _OPERATIONS

    def calls(self, operation: str) -> int:
        """From the log of requests."""
        return len(self.simulator.requests.of(self.operations.get(operation, operation)))

    async def ask(self, method: str, url: str, **more: Any) -> httpx.Response:
        """Do something at the vendor as people of support would; ``more`` as httpx takes it.

        Raises ``httpx.HTTPStatusError`` when the vendor refuses it.
        """
        import httpx

        async with httpx.AsyncClient(transport=self.simulator.transport()) as agent:
            answer = await agent.request(method, url, **more)
            return answer.raise_for_status()


class SimulatorTicketRig(OverSimulator, TicketRig):
    """A simulated ticket system on the clock of the case.

    A subclass gives ``plugin`` and ``settings``, and ``files`` where the vendor has files; it may override
    ``seen`` where a simulator tells more than the protocol says.
    """

    def __init__(self, clock: VirtualClock, simulator: SimulatedSupport) -> None:
        super().__init__(clock, simulator)
        self._people: SupportPeople = simulator.human

    async def tickets(self) -> Sequence[TicketSeen]:
        """What support people see."""
        return [await self.seen(one) for one in await self._people.tickets()]

    async def seen(self, ticket: SimulatedTicket) -> TicketSeen:
        """One ticket."""
        comments = await self._people.comments(ticket.id)
        return TicketSeen(
            id=ticket.id,
            key=ticket.key or None,
            subject=ticket.subject,
            comments=[CommentSeen(one.text, one.public, one.files) for one in comments],
            requester=[ticket.requester],
            state=ticket.state,
            files=await self.files(ticket.id) if any(one.files for one in comments) else {},
        )

    @abstractmethod
    async def files(self, ticket_id: str) -> Mapping[str, bytes]:
        """The files of a ticket, by name."""

    async def set_state(self, ticket_id: str, state: str) -> None:
        """Somebody of support works on it."""
        await self._people.set_state(ticket_id, state)

    async def comment(self, ticket_id: str, text: str) -> None:
        """Somebody of support writes."""
        await self._people.comment(ticket_id, text)


class SimulatorContactRig(OverSimulator, ContactRig):
    """A simulated CRM on the clock of the case. A subclass gives ``plugin``, ``settings`` and ``add``."""


class _Faults:
    def __init__(self, faults: FaultSwitch, names: Mapping[str, str]) -> None:
        self._faults = faults
        self._names = names

    def script(self, operation: str, fault: str, times: int = 1, **details: Any) -> None:
        """See ``FaultSwitch``."""
        self._faults.script(self._names.get(operation, operation), fault, times, **details)

    def clear(self) -> None:
        """See ``FaultSwitch``."""
        self._faults.clear()
