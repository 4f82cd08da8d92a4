"""A hostile vendor: its memory, its human side, and what its API does.

``HostileVendor`` knows nothing of faults in calls (the provider adds those) and nothing of how events
travel: each inbound kind has a subclass that does.
"""

from __future__ import annotations

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal, NoReturn

from livechat_sdk.domain.ends import EndReason, Who, Why
from livechat_sdk.errors import RejectedError
from livechat_sdk.provider.interface import ChatDetails, ChatOpening, PlannedMessage
from livechat_sdk_testing.hostile.events import VendorEvent
from livechat_sdk_testing.hostile.faults import Fault, Faults
from livechat_sdk_testing.hostile.traits import Traits
from livechat_sdk_testing.hostile.truth import Truth, What

__all__ = ["ChatOver", "HostileVendor", "Received", "VendorChat"]


class ChatOver(ValueError):
    """The human side wanted something in a chat that is over."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message of the end user as the agent sees it."""

    key: str
    body: str
    at: datetime


@dataclass
class VendorChat:
    """One chat at the vendor."""

    ref: str
    vendor_ref: str
    opening: ChatOpening
    since: datetime
    state: Literal["queued", "active", "ended"] = "queued"
    accepted: bool = False
    agent: str | None = None
    end: EndReason | None = None
    received: list[Received] = field(default_factory=list[Received])
    details: list[ChatDetails] = field(default_factory=list[ChatDetails])
    events: list[VendorEvent] = field(default_factory=list[VendorEvent])
    user_types: bool = False

    @property
    def said(self) -> list[VendorEvent]:
        """The agent's messages."""
        return [event for event in self.events if event.kind == "message_received"]


class HostileVendor(ABC):
    """A live-chat system in memory. ``now`` is its clock, ``name`` goes into its ids."""

    def __init__(
        self,
        traits: Traits,
        *,
        now: Callable[[], datetime],
        name: str = "hostile",
        faults: Faults | None = None,
    ) -> None:
        self.traits = traits
        self.now = now
        self.name = name
        self.faults = faults or Faults()
        self.truth = Truth(now)
        self.chats: list[VendorChat] = []
        self.unsure: set[str] = set()
        """References that an ``open`` with a lost answer has named."""
        self.hung = asyncio.Event()
        """Set while a call hangs (faults ``hang`` and ``hang_after_accept``)."""
        self._numbers = itertools.count(1)

    # ------------------------------------------------------------------------------------------ human side
    async def accept(self, ref: str) -> None:
        """Somebody took the request; they have not joined yet."""
        await self._tell(ref, "chat_accepted")

    async def reject(self, ref: str, reason: str = "nobody is there") -> None:
        """Nobody will take it: the chat is over."""
        await self._tell(
            ref, "chat_rejected", {"reason": reason}, ends=EndReason(by="provider", why="refused")
        )

    async def queue(self, ref: str, position: int) -> None:
        """The place in the queue changed."""
        await self._tell(ref, "queue_updated", {"queue": {"position": position}})

    async def join(self, ref: str, name: str = "Ann") -> None:
        """An agent comes into the chat."""
        await self._tell(ref, "agent_joined", {"agent": _agent(name)}, joins=name)

    async def say(self, ref: str, text: str, *, key: str | None = None) -> str:
        """The agent writes; returns the key of the message."""
        key = key or f"{self.name}-m{next(self._numbers)}"
        author = self.chat(ref).agent
        fields = {"message": {"key": key, "body": text}, **({"agent": _agent(author)} if author else {})}
        await self._tell(ref, "message_received", fields, key=key)
        return key

    async def typing(self, ref: str, *, on: bool = True) -> None:
        """The agent types, or stopped."""
        await self._tell(ref, "typing_changed", {"on": on})

    async def delivered(self, ref: str, key: str) -> None:
        """A message of the end user is on the agent's screen."""
        await self._tell(ref, "message_delivered", {"message_key": key}, key=key)

    async def read(self, ref: str, key: str) -> None:
        """The agent has read a message of the end user."""
        await self._tell(ref, "message_read", {"message_key": key}, key=key)

    async def lose_message(self, ref: str, key: str, reason: str = "could not be shown") -> None:
        """The vendor finds that it cannot show a message that it had taken."""
        await self._tell(ref, "message_failed", {"message_key": key, "reason": reason}, key=key)

    async def transfer(self, ref: str, to: str = "second line") -> None:
        """The chat goes to somebody else."""
        await self._tell(ref, "chat_transferred", {"to": to})

    async def leave(self, ref: str) -> None:
        """The agent leaves; the chat goes on."""
        await self._tell(ref, "agent_left", {"agent": _agent(self.chat(ref).agent or "Ann")})

    async def new_kind(self, ref: str) -> None:
        """Something happens that this version of the adapter does not know."""
        await self._tell(ref, "unknown_event", {"name": "coffee_break"})

    async def end(self, ref: str, *, by: Who = "agent", why: Why = "resolved") -> None:
        """The chat is over."""
        await self._tell(ref, "chat_ended", {"by": by, "why": why}, ends=EndReason(by=by, why=why))

    async def pump(self) -> None:  # noqa: B027  (most vendors need nothing here)
        """Hand over what is due now. Does nothing for vendors that hand over by themselves."""

    @property
    def next_due(self) -> datetime | None:
        """When ``pump`` has something to do again; ``None`` when nothing waits."""
        return None

    # ------------------------------------------------------------------------------------------- API side
    def chat(self, ref: str) -> VendorChat:
        """The newest chat with our reference. Raises ``KeyError``."""
        for chat in reversed(self.chats):
            if chat.ref == ref:
                return chat
        raise KeyError(ref)

    def has_chat(self, ref: str) -> bool:
        """Whether a chat with our reference exists."""
        return any(chat.ref == ref for chat in self.chats)

    async def open_chat(self, opening: ChatOpening) -> VendorChat:
        """Make a chat, or find the one with this reference if the vendor keeps references."""
        if self.traits.knows_ref and self.has_chat(opening.ref):
            self.truth.note(What.ABSORBED, opening.ref, operation="open")
            return self.chat(opening.ref)
        number = len(self.chats) + 1
        chat = VendorChat(
            ref=opening.ref, vendor_ref=f"{self.name}-c{number}", opening=opening, since=self.now()
        )
        await self._store_chat(chat)
        self.chats.append(chat)
        self.truth.note(What.OPENED, chat.ref, note=chat.vendor_ref)
        return chat

    async def receive(self, ref: str, message: PlannedMessage) -> None:
        """Take a message of the end user. Raises ``RejectedError`` when the chat is over."""
        chat = self._open_one(ref, "send")
        known = any(one.key == message.key for one in chat.received)
        if known and self.traits.dedupes_by_key:
            self.truth.note(What.ABSORBED, ref, key=message.key, operation="send")
            return
        if not (chat.accepted or self.traits.send_before_join):
            self.truth.note(What.SWALLOWED, ref, key=message.key)
            return
        received = Received(message.key, message.body, self.now())
        await self._store_received(chat, received)
        chat.received.append(received)
        self.truth.note(What.APPLIED, ref, key=message.key)

    async def take_details(self, ref: str, details: ChatDetails) -> None:
        """Take survey answers and contacts. Raises ``RejectedError`` when the chat is over."""
        self._open_one(ref, "update").details.append(details)

    async def close_chat(self, ref: str, reason: EndReason) -> None:
        """End the chat, and say so like any other end; one that is over already stays as it is."""
        if not self.has_chat(ref) or self.chat(ref).state == "ended":
            self.truth.note(What.ABSORBED, ref, operation="close")
            return
        await self._tell(ref, "chat_ended", {"by": reason.by, "why": reason.why}, ends=reason)

    def holds(self, ref: str, key: str) -> bool:
        """What a look-up says: true for a message that arrived longer ago than the look-up lags."""
        settled = self.now() - timedelta(seconds=self.traits.lookup_lag)
        return any(
            one.key == key and one.at <= settled
            for chat in self.chats
            if chat.ref == ref
            for one in chat.received
        )

    def remembered(self, ref: str, since: datetime | None = None, *, lag: float = 0.0) -> list[VendorEvent]:
        """The agent's messages that the history holds now, oldest first, without the last ``lag``."""
        if not self.traits.history or not self.has_chat(ref):
            return []
        now = self.now()
        keeps = self.traits.history_keeps
        oldest = now - timedelta(seconds=keeps) if keeps is not None else None
        return [
            event
            for event in self.chat(ref).said
            if (since is None or event.at >= since)
            and (oldest is None or event.at >= oldest)
            and (not lag or event.at <= now - timedelta(seconds=lag))
        ]

    def holds_messages(self, ref: str) -> list[str]:
        """Keys of the agent's messages that we could still get by asking."""
        return [event.key for event in self.remembered(ref)]

    async def hang(self) -> NoReturn:
        """Wait until somebody cancels the call."""
        self.hung.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.hung.clear()
        raise AssertionError("nobody sets this event")

    # ----------------------------------------------------------------------------------------- for subclasses
    @abstractmethod
    async def _publish(self, chat: VendorChat, event: VendorEvent, fault: Fault | None) -> None:
        """Send an event on its way, or store it where it is asked for."""

    async def _store_chat(self, chat: VendorChat) -> None:  # noqa: B027  (most vendors need nothing here)
        """Make a new chat durable, before it is in memory."""

    async def _store_received(self, chat: VendorChat, received: Received) -> None:  # noqa: B027  (most vendors need nothing here)
        """Make a message of the end user durable, before it is in memory."""

    async def _tell(
        self,
        ref: str,
        kind: str,
        fields: Mapping[str, Any] = MappingProxyType({}),
        *,
        key: str = "",
        joins: str | None = None,
        ends: EndReason | None = None,
    ) -> None:
        """Let something happen in a chat and tell us so. Raises ``ChatOver`` when the chat is over."""
        chat = self.chat(ref)
        if chat.state == "ended":
            raise ChatOver(f"the chat {ref} is over")
        event = VendorEvent(
            id=f"{self.name}-e{next(self._numbers)}",
            kind=kind,
            ref=ref,
            refs=(ref, chat.vendor_ref) if self.traits.knows_ref else (chat.vendor_ref,),
            at=self.now(),
            key=key,
            fields=fields,
        )
        fault = Fault.WITHHOLD if kind in self.faults.withheld else self.faults.next("event")
        before = (chat.state, chat.since, chat.accepted, chat.agent, chat.end)
        if joins is not None or kind == "chat_accepted":
            chat.accepted = True
        if ends is not None:
            chat.state, chat.since, chat.end = "ended", event.at, ends
        elif joins is not None:
            chat.state, chat.since, chat.agent = "active", event.at, joins
        chat.events.append(event)
        self.truth.note(_WHATS.get(kind, What.HAPPENED), ref, key=key, event_id=event.id, note=kind)
        try:
            await self._publish(chat, event, fault)
        except BaseException:  # an embedded vendor whose commit failed: it did not happen
            chat.state, chat.since, chat.accepted, chat.agent, chat.end = before
            chat.events.remove(event)
            self.truth.forget(event.id)
            raise

    def _note_event(self, what: What, event: VendorEvent, operation: str, note: str = "") -> None:
        self.truth.note(
            what,
            event.ref,
            key=event.key if event.kind == "message_received" else "",
            event_id=event.id,
            operation=operation,
            note=note or event.kind,
        )

    def _open_one(self, ref: str, operation: str) -> VendorChat:
        if not self.has_chat(ref):
            raise RejectedError(f"there is no chat {ref!r}", provider=self.name, operation=operation)
        chat = self.chat(ref)
        if chat.state == "ended":
            raise RejectedError(f"the chat {ref!r} is over", provider=self.name, operation=operation)
        return chat


def _agent(name: str) -> dict[str, str]:
    return {"id": f"agent-{name.lower()}", "name": name}


_WHATS: dict[str, What] = {
    "message_received": What.SAID,
    "message_failed": What.FAILED,
    "chat_ended": What.CLOSED,
    "chat_rejected": What.CLOSED,
}
