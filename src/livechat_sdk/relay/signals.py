"""Ephemeral signals: typing and receipts. Sent at once or not at all; never stored, never repeated."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from livechat_sdk.domain.base import joined_key
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Direction, Fate
from livechat_sdk.domain.outgoing import Receipt, Typing
from livechat_sdk.ledger.store import LaneId, Store
from livechat_sdk.lifecycle.effects import ShowReceipt, ShowTyping, Signal, SignalReceipt, SignalTyping
from livechat_sdk.provider.interface import AnyProvider
from livechat_sdk.relay.interrupting import interrupt, start
from livechat_sdk.relay.lanes import Relay
from livechat_sdk.relay.to_user import UserDeliveries

__all__ = ["Signals"]

logger = logging.getLogger("livechat_sdk.signals")

_LIMIT = 5.0  # seconds
_MOST_AT_ONCE = 100


class Signals:
    """Sends signals beside the lanes, and drops them when there is something more important to do."""

    def __init__(
        self, store: Store, relay: Relay, deliveries: UserDeliveries, providers: Mapping[str, AnyProvider]
    ) -> None:
        self._store = store
        self._relay = relay
        self._deliveries = deliveries
        self._providers = providers
        self._tasks: set[asyncio.Task[None]] = set()
        self.dropped = 0
        """Signals that were not sent because a lane was busy, or too many were under way."""

    def send(self, handoff: Handoff, signal: Signal) -> None:
        """Start sending, if it can be sent now."""
        name = f"provider.{signal.attempt}" if isinstance(signal, SignalTyping | SignalReceipt) else "user"
        if self._relay.is_busy(LaneId(handoff.id, name)) or len(self._tasks) >= _MOST_AT_ONCE:
            self.dropped += 1
            return
        task = start(
            self._send(handoff, signal), name=f"signal {type(signal).__name__} of {name} {handoff.id}"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Forget what is still under way."""
        await interrupt(tuple(self._tasks))

    async def wait_idle(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _send(self, handoff: Handoff, signal: Signal) -> None:
        try:
            async with asyncio.timeout(_LIMIT):
                match signal:
                    case SignalTyping() | SignalReceipt():
                        await self._to_agent(handoff, signal)
                    case ShowTyping() | ShowReceipt():
                        await self._to_user(handoff, signal)
        except Exception as error:  # noqa: BLE001  (a signal is best effort)
            logger.info("handoff %s: a signal was not sent: %s", handoff.id, error)

    async def _to_agent(self, handoff: Handoff, signal: SignalTyping | SignalReceipt) -> None:
        provider = self._providers.get(handoff.attempts[signal.attempt - 1].integration)
        chat = await self._store.chat(handoff.id, signal.attempt)
        if provider is None or chat is None:
            return
        if isinstance(signal, SignalTyping):
            await provider.typing(chat, on=signal.on)
        else:
            await provider.receipt(chat, signal.receipt)

    async def _is_known_better(self, handoff: Handoff, signal: ShowReceipt) -> bool:
        """Whether "delivered" comes after "read": receipts never go back."""
        if signal.status == "read":
            return False
        entry = await self._store.entry(handoff.id, Direction.TO_PROVIDER, signal.message_key)
        return entry is not None and entry.fate is Fate.SEEN

    async def _to_user(self, handoff: Handoff, signal: ShowTyping | ShowReceipt) -> None:
        conversation = handoff.request.conversation_id
        number = handoff.owner_number
        if isinstance(signal, ShowTyping):
            outgoing: Typing | Receipt = Typing(
                key=f"{handoff.id}.typing",
                handoff_id=handoff.id,
                conversation_id=conversation,
                owner_number=number,
                on=signal.on,
            )
        elif await self._is_known_better(handoff, signal):
            return
        else:
            outgoing = Receipt(
                key=joined_key(handoff.id, signal.message_key, signal.status),
                handoff_id=handoff.id,
                conversation_id=conversation,
                owner_number=number,
                message_key=signal.message_key,
                status=signal.status,
            )
        await self._deliveries.deliver(outgoing)
