"""What everybody in this room works with."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.domain.clock import Clock
from livechat_sdk.inbound.counts import InflowCounts
from livechat_sdk.ledger.store import Store
from livechat_sdk.lifecycle.inputs import Input
from livechat_sdk.relay.leases import LeaseGuard

__all__ = ["EventSink", "Means", "Submit"]


class EventSink(Protocol):
    """The dispatcher's intake, as far as it is needed here."""

    async def take_event(self, event: ProviderEvent, *, late_seconds: float | None = None) -> bool:
        """Apply an event; true when it was applied now. Raises ``StoreError``: nothing was stored then."""
        ...

    async def take_unmatched(self, integration: str, refs: tuple[str, ...]) -> int:
        """Apply events that were kept because they matched no chat; returns how many."""
        ...

    def holding(self, handoff_id: str, attempt: int) -> AbstractContextManager[None]:
        """Let what comes by itself in this chat wait, while what a vendor answered is applied."""
        ...

    def inbox_changed(self) -> None:
        """Events were committed into the ledger's inbox."""
        ...


class Submit(Protocol):
    """Hands an input to a handoff."""

    async def __call__(self, handoff_id: str, happening: Input) -> object:
        """Commit the step. Raises ``HandoffNotFound``, ``StoreError``."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """The ledger, the time, the right to call vendors, where findings go, and the counts."""

    store: Store
    workspace: str
    clock: Clock
    lease: LeaseGuard
    sink: EventSink
    submit: Submit
    counts: InflowCounts = field(default_factory=InflowCounts)
