"""Calls to a vendor: open, send, update, close."""

from __future__ import annotations

from collections.abc import Sequence

from livechat_sdk.domain.base import Metadata
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Direction, Fate, TranscriptEntry
from livechat_sdk.errors import ProviderError, RejectedError, RetryableError, UnavailableError
from livechat_sdk.ledger.store import ActionRow, LeaseLost, Store
from livechat_sdk.lifecycle.effects import CloseChat, OpenChat, SendMessage, UpdateDetails
from livechat_sdk.lifecycle.inputs import EffectDoubtful, EffectFailed, EffectSucceeded, Input
from livechat_sdk.provider.interface import AnyProvider, ChatDetails, ChatOpening, PlannedMessage, Sent
from livechat_sdk.provider.planning import plan_message
from livechat_sdk.relay.leases import LeaseGuard

__all__ = ["CALL_LIMIT", "ProviderCalls"]

CALL_LIMIT = 20.0
"""Longest time in seconds that one vendor call may take."""

_CARRIED = frozenset({Fate.SENT, Fate.ACKNOWLEDGED, Fate.SEEN, Fate.DOUBTFUL})


class ProviderCalls:
    """Carries out the actions of a provider lane."""

    def __init__(self, store: Store, lease: LeaseGuard) -> None:
        self._store = store
        self._lease = lease

    async def run(
        self, row: ActionRow, handoff: Handoff, provider: AnyProvider, *, interrupted: bool
    ) -> Input | None:
        """Carry out one action of a provider lane; ``None`` when it was withdrawn."""
        match row.action:
            case OpenChat():
                return await self._open(row, row.action, handoff, provider)
            case SendMessage():
                return await self._send(row, row.action, handoff, provider, interrupted=interrupted)
            case UpdateDetails():
                return await self._update(row, row.action, handoff, provider)
            case CloseChat():
                return await self._close(row.action, handoff, provider)
            case other:
                raise AssertionError(f"{other.kind} does not go to a provider")

    async def _open(
        self, row: ActionRow, action: OpenChat, handoff: Handoff, provider: AnyProvider
    ) -> Input | None:
        if not await self._store.start_action(row):
            return None
        opening = await self._opening(handoff, action.attempt)
        async with self._lease.limit(CALL_LIMIT):
            chat = await provider.open(opening)
        # Identity is ours: whatever the adapter returned, events must find this attempt.
        own = {
            "integration": provider.name,
            "handoff_id": handoff.id,
            "attempt": action.attempt,
            "ref": opening.ref,
        }
        return EffectSucceeded(action=action, chat=chat.model_copy(update=own))

    async def _send(
        self,
        row: ActionRow,
        action: SendMessage,
        handoff: Handoff,
        provider: AnyProvider,
        *,
        interrupted: bool,
    ) -> Input | None:
        chat = await self._store.chat(handoff.id, action.attempt)
        entry = await self._store.entry(handoff.id, Direction.TO_PROVIDER, action.message_key)
        if chat is None or entry is None:
            return EffectFailed(action=action, error="there is no open chat to send to")
        plan = plan_message(entry.message, provider.capabilities, sent_at=entry.created_at)
        if plan.refusal is not None:
            return EffectFailed(action=action, error=plan.refusal)
        detail = "; ".join(plan.notes) or None
        if interrupted and not provider.capabilities.dedupes_by_key:
            known = await self._was_sent(provider, chat, plan.parts[-1].key)
            if known:
                return EffectSucceeded(action=action, detail=detail)
            if known is None and handoff.policy.doubtful == "hold":
                return EffectDoubtful(action=action, error="the process stopped during the send")
        if not await self._store.start_action(row):
            return None
        sent, patch = await self._send_parts(provider, chat, plan.parts)
        return EffectSucceeded(
            action=action,
            vendor_id=sent.vendor_id,
            acknowledged=sent.acknowledged,
            detail=detail,
            patch=patch,
        )

    async def _send_parts(
        self, provider: AnyProvider, chat: Chat, parts: Sequence[PlannedMessage]
    ) -> tuple[Sent, Metadata]:
        """Send the parts in order; returns the last answer, and what all of them changed in the state."""
        sent = Sent()
        patch: Metadata = {}
        for number, part in enumerate(parts):
            try:
                async with self._lease.limit(CALL_LIMIT):
                    sent = await provider.send(chat, part)
            except (RejectedError, UnavailableError, LeaseLost):
                raise
            except Exception as error:
                if not await self._after_failure(provider, chat, part, error, first=number == 0):
                    raise
            if sent.patch:  # the next part must see it
                patch = {**patch, **sent.patch}
                chat = chat.model_copy(update={"state": {**chat.state, **sent.patch}})
        return sent, patch

    async def _after_failure(
        self, provider: AnyProvider, chat: Chat, part: PlannedMessage, error: Exception, *, first: bool
    ) -> bool:
        """Whether a failed send has arrived all the same. Raises when it provably has not."""
        never_left = isinstance(error, ProviderError) and error.sent is False
        if provider.capabilities.dedupes_by_key or (never_left and first):
            return False
        known = await self._was_sent(provider, chat, part.key)
        if known is False and first:
            raise RetryableError(
                f"{error} (the vendor does not have it)", provider=provider.name, operation="send", sent=False
            ) from error
        return bool(known)

    async def _was_sent(self, provider: AnyProvider, chat: Chat, key: str) -> bool | None:
        if not provider.capabilities.looks_up_by_key:
            return None
        try:
            async with self._lease.limit(CALL_LIMIT):
                return await provider.was_sent(chat, key)
        except (ProviderError, TimeoutError):
            return None

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
        if chat is None and action.vendor_ref is not None:
            attempt = handoff.attempts[action.attempt - 1]
            chat = Chat(
                integration=provider.name,
                handoff_id=handoff.id,
                attempt=action.attempt,
                ref=attempt.ref,
                vendor_ref=action.vendor_ref,
            )
        if chat is not None:
            async with self._lease.limit(CALL_LIMIT):
                await provider.close(chat, action.reason)
        return EffectSucceeded(action=action)

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
            TranscriptEntry(
                author=entry.author,
                body=entry.message.body,
                at=entry.created_at,
                key=entry.message.key,
                doubtful=entry.fate is Fate.DOUBTFUL,
            )
            for entry in entries
            if entry.author in {"user", "agent"} and entry.fate in _CARRIED
        )
