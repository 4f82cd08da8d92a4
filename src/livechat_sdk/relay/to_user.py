"""Deliveries to the end user's side: words of the SDK, messages of the agent, the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from livechat_sdk.domain.base import joined_key
from livechat_sdk.domain.channel import Channel
from livechat_sdk.domain.handoff import Handoff
from livechat_sdk.domain.messages import Direction
from livechat_sdk.domain.moments import Moment, Silent
from livechat_sdk.domain.outgoing import HandoffEnded, Outgoing, SystemMessage, UserMessage
from livechat_sdk.ledger.store import ActionRow, Store
from livechat_sdk.lifecycle.effects import DeliverEnded, DeliverMessage, Say
from livechat_sdk.lifecycle.inputs import EffectSucceeded, Input
from livechat_sdk.policies.placeholders import fill
from livechat_sdk.relay.enriching import was_fetched
from livechat_sdk.relay.leases import LeaseGuard

if TYPE_CHECKING:
    from livechat_sdk.config.models import LivechatFile
    from livechat_sdk.files import Files, Missing
    from livechat_sdk.hooks import Hooks

__all__ = ["DELIVERY_LIMIT", "UserDeliveries"]

DELIVERY_LIMIT = 20.0
"""Longest time in seconds that one ``channel.deliver`` may take."""


class UserDeliveries:
    """Carries out the actions of a user lane."""

    def __init__(
        self,
        store: Store,
        hooks: Hooks,
        settings: LivechatFile,
        channel: Channel,
        files: Files,
        lease: LeaseGuard,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._now = now
        self._lease = lease
        self._files = files
        self._store = store
        self._hooks = hooks
        self._settings = settings
        self._channel = channel

    async def run(self, row: ActionRow, handoff: Handoff) -> Input | None:
        """Carry out one action of a user lane."""
        match row.action:
            case Say():
                words = row.rendered or await self._find_words(row.action, handoff)
                if row.rendered is None:
                    await self._store.store_words(row, words)
                if words.text:
                    await self.deliver(words)
                return EffectSucceeded(action=row.action)
            case DeliverMessage():
                return await self._deliver_message(row.action, handoff)
            case DeliverEnded():
                await self.deliver(await self._ended(row.action, handoff))
                return EffectSucceeded(action=row.action)
            case other:
                raise AssertionError(f"{other.kind} does not go to the end user")

    async def deliver(self, outgoing: Outgoing) -> None:
        """One delivery under the time limit, while this worker's lease lasts.

        Raises whatever the channel raises, ``TimeoutError``, and ``LeaseLost`` instead of making the call.
        """
        async with self._lease.limit(DELIVERY_LIMIT):
            await self._channel.deliver(outgoing)

    async def _find_words(self, action: Say, handoff: Handoff) -> SystemMessage:
        said = await self._store.entry(handoff.id, Direction.TO_USER, action.key)
        words = await self._new_words(action, handoff)
        if said is None:
            return words
        # An earlier action has found the words; trying again says the same.
        choices = tuple(choice.label for choice in said.message.choices)
        return words.model_copy(update={"text": said.message.body, "choices": choices})

    async def _new_words(self, action: Say, handoff: Handoff) -> SystemMessage:
        language = self._language(handoff)
        if action.moment is Moment.QUEUE_UPDATE and not self._is_fresh(action, handoff):
            answer = None
        else:
            answer = await self._hooks.system_message(action.moment, handoff, language)
        base = SystemMessage(
            key=action.key,
            handoff_id=handoff.id,
            conversation_id=handoff.request.conversation_id,
            owner_number=action.owner_number,
            moment=action.moment,
            text="",
            language=language,
        )
        if answer is None or isinstance(answer, Silent):
            return base
        said_in = answer.language or language
        params = {"name": handoff.request.user.name or "", **action.params}
        choices = answer.choices or tuple(str(choice) for choice in action.params.get("choices", ()))
        return base.model_copy(
            update={"text": fill(answer.text, params, said_in), "language": said_in, "choices": choices}
        )

    def _is_fresh(self, action: Say, handoff: Handoff) -> bool:
        """Whether what is to be said of the queue still holds: the lane may have waited for a while."""
        at = action.params.get("at")
        if not handoff.is_waiting or not isinstance(at, str):
            return handoff.is_waiting
        age = self._now() - datetime.fromisoformat(at)
        return age.total_seconds() <= handoff.policy.queue_fresh_for

    def _language(self, handoff: Handoff) -> str:
        bot = self._settings.bots.get(handoff.request.bot)
        return handoff.language or (bot.livechat.language if bot else "en")

    async def _deliver_message(self, action: DeliverMessage, handoff: Handoff) -> Input | None:
        entry = await self._store.entry(handoff.id, Direction.TO_USER, action.message_key)
        if entry is None:  # erased meanwhile
            return None
        message, missing = await self._files.for_reading(
            handoff.id, entry.message, fetched=was_fetched(handoff, entry)
        )
        if missing:
            lines = [message.body, *[await self._note(handoff, one) for one in missing]]
            message = message.model_copy(update={"body": "\n".join(filter(None, lines))})
        await self.deliver(
            UserMessage(
                key=joined_key(handoff.id, action.message_key),
                handoff_id=handoff.id,
                conversation_id=handoff.request.conversation_id,
                owner_number=action.owner_number,
                message=message,
                agent_name=action.agent_name,
            )
        )
        lacks = "; ".join(f"without {one.name}: {one.why}" for one in missing)
        return EffectSucceeded(action=action, detail=lacks[:1000] or None)

    async def _note(self, handoff: Handoff, missing: Missing) -> str:
        """What is said under a message in place of a file; empty when the bot says nothing there."""
        language = self._language(handoff)
        answer = await self._hooks.system_message(Moment.FILE_MISSING, handoff, language)
        if answer is None or isinstance(answer, Silent):
            return ""
        params = {"name": handoff.request.user.name or "", "file": missing.name}
        return fill(answer.text, params, answer.language or language)

    async def _ended(self, action: DeliverEnded, handoff: Handoff) -> HandoffEnded:
        if handoff.end is None:
            raise AssertionError("the end is delivered after it was recorded")
        returned = [
            (await self._files.for_reading(handoff.id, entry.message, fetched=False))[0]
            for entry in await self._store.returned_to_bot(handoff.id)
        ]
        return HandoffEnded(
            key=f"{handoff.id}.ended",
            handoff_id=handoff.id,
            conversation_id=handoff.request.conversation_id,
            owner_number=action.owner_number,
            end=handoff.end,
            ended_at=handoff.end.at,
            undelivered=tuple(returned),
            survey=handoff.survey,
        )
