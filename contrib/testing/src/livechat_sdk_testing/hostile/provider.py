"""The provider of a hostile vendor: the contract, kept honestly, over calls that fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import ClassVar, TypeVar

from livechat_sdk.domain.capabilities import Capabilities
from livechat_sdk.domain.chats import Chat, MessageReceived
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.people import Agent
from livechat_sdk.errors import (
    ProtocolError,
    ProviderError,
    RejectedError,
    RetryableError,
    UnavailableError,
)
from livechat_sdk.provider.integration import IntegrationContext
from livechat_sdk.provider.interface import (
    ChatDetails,
    ChatOpening,
    ChatProvider,
    ChatStatus,
    PlannedMessage,
    Sent,
)
from livechat_sdk.provider.settings import IntegrationSettings, Secret
from livechat_sdk_testing.hostile.events import VendorEvent, read_event
from livechat_sdk_testing.hostile.faults import RETRY_AFTER, Fault, Operation
from livechat_sdk_testing.hostile.truth import Answer, What
from livechat_sdk_testing.hostile.vendor import HostileVendor, VendorChat

__all__ = ["HostileProvider", "HostileSettings"]

T = TypeVar("T")

_TURNED_AWAY = frozenset({Fault.REFUSE, Fault.NOBODY})
_NOT_TAKEN = frozenset({400, 429})
_AFTER = frozenset({Fault.ACCEPT_THEN_TIME_OUT, Fault.DIE_AFTER_ACCEPT, Fault.HANG_AFTER_ACCEPT})


class HostileSettings(IntegrationSettings):
    """Settings of a hostile integration. Only the webhook kind has use for ``webhookKey``."""

    webhook_key: Secret | None = None


class HostileProvider(ChatProvider[HostileSettings]):
    """What all four kinds share: calls to the vendor, each with the fault that is next."""

    type: ClassVar[str] = "HOSTILE_LIVECHAT"
    capabilities: ClassVar[Capabilities]

    def __init__(self, context: IntegrationContext, settings: HostileSettings, vendor: HostileVendor) -> None:
        super().__init__(context, settings)
        self.vendor = vendor

    async def open(self, opening: ChatOpening) -> Chat:
        """Open a chat. The same reference again finds it, or is a ``ProtocolError`` where nobody can tell."""
        ref = opening.ref
        vendor = self.vendor
        if not vendor.traits.knows_ref and ref in vendor.unsure:
            vendor.truth.note(What.CALLED, ref, operation="open", answer=Answer.UNCLEAR, note="cannot tell")
            raise ProtocolError(
                "an earlier try may have opened a chat, and this vendor keeps no references",
                provider=self.name,
                operation="open",
            )
        vendor.unsure.add(ref)
        try:
            chat = await self._call("open", ref, lambda: vendor.open_chat(opening))
        except ProviderError as error:
            if error.sent is False or error.status in _NOT_TAKEN or isinstance(error, UnavailableError):
                vendor.unsure.discard(ref)
            raise
        return self._chat(opening, chat)

    async def send(self, chat: Chat, message: PlannedMessage) -> Sent:
        """Send a message. Raises ``RejectedError`` when the chat is over."""
        await self._call("send", chat.ref, lambda: self.vendor.receive(chat.ref, message), key=message.key)
        return Sent(vendor_id=f"{self.vendor.name}-{message.key}"[:200])

    async def close(self, chat: Chat, reason: EndReason) -> None:
        """End the chat; one that is over already is no error."""

        async def close() -> None:
            self._must_name(chat, "close")
            await self.vendor.close_chat(chat.ref, reason)

        await self._call("close", chat.ref, close)

    async def update(self, chat: Chat, details: ChatDetails) -> None:
        """Pass on details."""
        await self._call("update", chat.ref, lambda: self.vendor.take_details(chat.ref, details))

    async def typing(self, chat: Chat, *, on: bool) -> None:
        """Show the agent that the end user types."""
        if self.vendor.has_chat(chat.ref):
            self.vendor.chat(chat.ref).user_types = on

    async def status(self, chat: Chat) -> ChatStatus:
        """What is true at the vendor; ``unknown`` where it cannot be asked.

        Raises ``RejectedError``: 404 for a chat that is not there, 422 for one that the vendor cannot know.
        """
        if not self.capabilities.status:
            return ChatStatus(state="unknown")

        async def look() -> ChatStatus:
            self._must_name(chat, "status")
            if not self.vendor.has_chat(chat.ref):
                raise RejectedError("no such chat", provider=self.name, operation="status", status=404)
            there = self.vendor.chat(chat.ref)
            agent = Agent(id=f"agent-{there.agent.lower()}", name=there.agent) if there.agent else None
            return ChatStatus(
                state=there.state,
                agent=agent if there.state == "active" else None,
                ended=there.end,
                at=there.since,
                vendor_ref=there.vendor_ref,
            )

        return await self._call("status", chat.ref, look)

    async def history(self, chat: Chat, since: datetime) -> Sequence[MessageReceived]:
        """The agent's messages since then, with the keys and event ids of their events."""
        if not self.capabilities.history:
            return await super().history(chat, since)
        lag = 0.0

        async def look() -> list[VendorEvent]:
            return self.vendor.remembered(chat.ref, since, lag=lag)

        fault = self.vendor.faults.next("history")
        if fault is Fault.LAG:
            fault, lag = None, self.vendor.traits.delay
        found = await self._call("history", chat.ref, look, fault=fault, drawn=True)
        messages: list[MessageReceived] = []
        for event in found:
            self.vendor.truth.note(
                What.HANDED, event.ref, key=event.key, event_id=event.id, operation="history"
            )
            read = read_event(event.document(), self.name, self.context.now())
            if isinstance(read, MessageReceived):
                messages.append(read)
        return messages

    async def was_sent(self, chat: Chat, key: str) -> bool | None:
        """Whether a message is there, as far as the vendor's look-up has come by now."""
        if not self.capabilities.looks_up_by_key:
            return None

        async def look() -> bool:
            return self.vendor.holds(chat.ref, key)

        return await self._call(
            "was_sent", chat.ref, look, key=key, tell=lambda there: "present" if there else "absent"
        )

    def _finds(self, ref: str) -> bool:
        return self.vendor.traits.knows_ref and self.vendor.has_chat(ref)

    def _must_name(self, chat: Chat, operation: str) -> None:
        """A vendor that keeps no references finds a chat by its own id alone."""
        if chat.vendor_ref is None and not self.vendor.traits.knows_ref:
            raise RejectedError("which chat?", provider=self.name, operation=operation, status=422)

    def _chat(self, opening: ChatOpening, there: VendorChat) -> Chat:
        return Chat(
            integration=self.name,
            handoff_id=opening.handoff_id,
            attempt=opening.attempt,
            ref=opening.ref,
            vendor_ref=there.vendor_ref,
        )

    async def _call(
        self,
        operation: Operation,
        ref: str,
        apply: Callable[[], Awaitable[T]],
        *,
        key: str = "",
        fault: Fault | None = None,
        drawn: bool = False,
        tell: Callable[[T], str] = lambda _: "",
    ) -> T:
        """One call to the vendor, with its fault, noted in the truth by what the caller can learn from it."""
        if not drawn:
            fault = self.vendor.faults.next(operation)
        if fault in _TURNED_AWAY and operation == "open" and self._finds(ref):
            fault = None  # nobody is turned away from a chat that is open already
        note = self.vendor.truth.note
        if fault in _BEFORE:
            answer, make = _BEFORE[fault]
            note(What.CALLED, ref, key=key, operation=operation, answer=answer, note=str(fault))
            raise make(self.name, operation)
        if fault is Fault.HANG:
            note(What.CALLED, ref, key=key, operation=operation, answer=Answer.UNCLEAR, note=str(fault))
            await self.vendor.hang()
        try:
            result = await apply()
        except RejectedError:
            note(What.CALLED, ref, key=key, operation=operation, answer=Answer.NOT_DONE, note="refused")
            raise
        if fault not in _AFTER:
            if fault is Fault.EARLY and self.vendor.chat(ref).state == "queued":
                await self.vendor.join(ref, "Early Bird")
                await self.vendor.say(ref, "I am here already")
                await self.vendor.pump()
            note(What.CALLED, ref, key=key, operation=operation, answer=Answer.DONE, note=tell(result))
            return result
        note(What.CALLED, ref, key=key, operation=operation, answer=Answer.UNCLEAR, note=str(fault))
        if fault is Fault.HANG_AFTER_ACCEPT:
            await self.vendor.hang()
        if fault is Fault.ACCEPT_THEN_TIME_OUT:
            raise TimeoutError
        raise RetryableError(
            "the connection broke before the answer", provider=self.name, operation=operation
        )


def _never_left(name: str, operation: str) -> Exception:
    return RetryableError("connection refused", provider=name, operation=operation, sent=False)


def _lost(_: str, __: str) -> Exception:
    return TimeoutError()


def _throttled(name: str, operation: str) -> Exception:
    return RetryableError(
        "too many requests", provider=name, operation=operation, status=429, retry_after=RETRY_AFTER
    )


def _broken(name: str, operation: str) -> Exception:
    return RetryableError("service unavailable", provider=name, operation=operation, status=503)


def _refused(name: str, operation: str) -> Exception:
    return RejectedError("not like this", provider=name, operation=operation, status=400)


def _nobody(name: str, operation: str) -> Exception:
    return UnavailableError("nobody is there", provider=name, operation=operation)


_BEFORE: dict[Fault | None, tuple[Answer, Callable[[str, str], Exception]]] = {
    Fault.NEVER_LEFT: (Answer.NOT_DONE, _never_left),
    Fault.LOSE: (Answer.UNCLEAR, _lost),
    Fault.THROTTLE: (Answer.NOT_DONE, _throttled),
    Fault.BREAK: (Answer.UNCLEAR, _broken),
    Fault.REFUSE: (Answer.NOT_DONE, _refused),
    Fault.NOBODY: (Answer.NOT_DONE, _nobody),
}
"""Faults that strike before the vendor does anything: what the caller can know, and what is raised."""
