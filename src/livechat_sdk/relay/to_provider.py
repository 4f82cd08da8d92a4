"""Calls to a vendor: open, send, update, close."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.clock import Clock
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Fate, LedgerEntry, TranscriptEntry
from livechat_sdk.ledger.store import ActionRow, ActionStatus, LeaseLost, Store
from livechat_sdk.lifecycle.effects import CloseChat, OpenChat, SendMessage, UpdateDetails
from livechat_sdk.lifecycle.inputs import EffectDoubtful, EffectFailed, EffectSucceeded, Input
from livechat_sdk.provider.interface import AnyProvider, ChatDetails, ChatOpening
from livechat_sdk.relay.cooling import Cooling
from livechat_sdk.relay.enriching import was_fetched
from livechat_sdk.relay.leases import LeaseGuard
from livechat_sdk.relay.sending import CALL_LIMIT, Sending

if TYPE_CHECKING:
    from livechat_sdk.files import Files

__all__ = ["ProviderCalls"]

logger = logging.getLogger("livechat_sdk.to_provider")

_LOOK_LIMIT = 5.0
"""Longest time in seconds of an open that is repeated: it finds out whether the first one opened a chat."""

_CARRIED = frozenset({Fate.SENT, Fate.ACKNOWLEDGED, Fate.SEEN, Fate.DOUBTFUL})


class ProviderCalls:
    """Carries out the actions of a provider lane."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        lease: LeaseGuard,
        cooling: Cooling,
        files: Files,
        *,
        inbox_changed: Callable[[], None],
    ) -> None:
        """``inbox_changed`` is called when events were committed into the ledger's inbox."""
        self._store = store
        self._inbox_changed = inbox_changed
        self._lease = lease
        self._cooling = cooling
        self._files = files
        self.sending = Sending(store, clock, lease, files)

    async def run(self, row: ActionRow, handoff: Handoff, provider: AnyProvider) -> Input | None:
        """Carry out one action of a provider lane; ``None`` when it was withdrawn."""
        match row.action:
            case OpenChat():
                return await self._open(row, row.action, handoff, provider)
            case SendMessage():
                return await self.sending.run(row, row.action, handoff, provider)
            case UpdateDetails():
                return await self._update(row, row.action, handoff, provider)
            case CloseChat():
                return await self._close(row.action, handoff, provider)
            case other:
                raise AssertionError(f"{other.kind} does not go to a provider")

    async def _open(
        self, row: ActionRow, action: OpenChat, handoff: Handoff, provider: AnyProvider
    ) -> Input | None:
        repeatable = provider.capabilities.finds_by_ref or handoff.policy.doubtful == "repeat"
        if row.status is ActionStatus.STARTED and not repeatable:
            return EffectDoubtful(action=action, error=row.error or "the process stopped during the opening")
        if not await self._store.start_action(row):
            return None
        opening = await self._opening(handoff, action.attempt)
        first = not row.tries and row.status is ActionStatus.PENDING
        async with self._lease.limit(CALL_LIMIT if first else _LOOK_LIMIT):
            chat = await provider.open(opening)
        await self._cooling.opened(provider.name)
        # Identity is ours: whatever the adapter returned, events must find this attempt.
        own = {
            "integration": provider.name,
            "handoff_id": handoff.id,
            "attempt": action.attempt,
            "ref": opening.ref,
        }
        return EffectSucceeded(action=action, chat=chat.model_copy(update=own))

    async def _update(
        self, row: ActionRow, action: UpdateDetails, handoff: Handoff, provider: AnyProvider
    ) -> Input | None:
        chat = await self._store.chat(handoff.id, action.attempt)
        if chat is None:
            return EffectFailed(action=action, error="there is no open chat to update")
        if not await self._store.start_action(row):
            return None
        async with self._lease.limit(CALL_LIMIT):
            await provider.update(chat, ChatDetails(survey=handoff.survey, contacts=handoff.contacts))
        return EffectSucceeded(action=action)

    async def _close(self, action: CloseChat, handoff: Handoff, provider: AnyProvider) -> Input:
        chat = await self._store.chat(handoff.id, action.attempt)
        if chat is None and action.alive:
            chat = await self._find_chat(action, handoff, provider)
        if chat is not None:
            async with self._lease.limit(CALL_LIMIT):
                said = await provider.close(chat, action.reason)
            if said:
                await self._store.commit((), said)
                self._inbox_changed()
        return EffectSucceeded(action=action)

    async def _find_chat(self, action: CloseChat, handoff: Handoff, provider: AnyProvider) -> Chat:
        """The chat of an open that got no answer and has shown life since: opening it again returns it."""
        opening = await self._opening(handoff, action.attempt)
        if provider.capabilities.finds_by_ref:
            try:
                async with self._lease.limit(_LOOK_LIMIT):
                    return await provider.open(opening)
            except LeaseLost:
                raise
            except Exception:
                if action.vendor_ref is None:
                    raise
                logger.info("handoff %s: the chat to close is known by its vendor's id alone", handoff.id)
        return Chat(
            integration=provider.name,
            handoff_id=handoff.id,
            attempt=action.attempt,
            ref=opening.ref,
            vendor_ref=action.vendor_ref,
        )

    async def _opening(self, handoff: Handoff, number: int) -> ChatOpening:
        request = handoff.request
        attempt = handoff.attempts[number - 1]
        transcript = request.transcript
        if number > 1:
            transcript = (*transcript, *await self._said_since(handoff))
        return ChatOpening(
            handoff_id=handoff.id,
            conversation_id=request.conversation_id,
            attempt=number,
            ref=attempt.ref,
            bot=request.bot,
            user=request.user,
            route=attempt.candidate.route,
            language=request.spoken_language,
            reason=request.reason,
            summary=request.summary,
            transcript=transcript,
            survey=handoff.survey,
            contacts=handoff.contacts,
            tags=request.tags,
            attributes=request.attributes,
            extras=request.extras.get(attempt.integration, {}),
            requested_at=handoff.created_at,
        )

    async def _said_since(self, handoff: Handoff) -> tuple[TranscriptEntry, ...]:
        """What was said to and by an earlier provider. Held messages are sent later, so not listed."""
        entries = await self._store.entries(handoff.id, limit=5000)
        return tuple(
            [
                TranscriptEntry(
                    author=entry.author,
                    body=await self._words_of(entry, handoff),
                    at=entry.created_at,
                    key=entry.message.key,
                    doubtful=entry.fate is Fate.DOUBTFUL,
                )
                for entry in entries
                if entry.author in {"user", "agent"} and entry.fate in _CARRIED
            ]
        )

    async def _words_of(self, entry: LedgerEntry, handoff: Handoff) -> str:
        """What was said, with a line for each file: its link, or its name where there is none."""
        fetched = was_fetched(handoff, entry)
        message, missing = await self._files.for_reading(
            handoff.id, entry.message, fetched=fetched, purpose="vendor"
        )
        files = [
            one.name if one.file_id is not None else f"{one.name}: {one.url}" for one in message.attachments
        ]
        return "\n".join(filter(None, [message.body, *files, *[one.name for one in missing]]))
