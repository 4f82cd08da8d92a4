"""The lane of callbacks: every process of a desk delivers, and what one conversation has in its order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from livechat_sdk.domain.chats import MessageReceived, TypingChanged
from livechat_sdk.errors import StoreError
from livechat_sdk_helvia.background import BackgroundLane
from livechat_sdk_helvia.callbacks.bodies import callback_document
from livechat_sdk_helvia.callbacks.posting import Post, Refused, Taken
from livechat_sdk_helvia.callbacks.queue import Callback, Queue
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.conversations import Conversations
from livechat_sdk_helvia.faults import NotFound
from livechat_sdk_helvia.files import Files
from livechat_sdk_helvia.hub import CALLBACKS
from livechat_sdk_helvia.messages import Messages

__all__ = ["PATIENCE", "CallbackLane"]

logger = logging.getLogger("livechat_sdk_helvia.callbacks")

PATIENCE: Final = timedelta(days=1)
"""How long a callback is tried again."""

_FRESH: Final = timedelta(seconds=10)
"""How long it is news that somebody types."""

_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 300.0


class CallbackLane(BackgroundLane[int]):
    """Delivers what is due: for each conversation by itself, one callback after the other."""

    def __init__(
        self,
        desk: DeskContext,
        queue: Queue,
        post: Post,
        conversations: Conversations,
        messages: Messages,
        files: Files,
    ) -> None:
        super().__init__(desk, CALLBACKS, logger)
        self._queue = queue
        self._post = post
        self._conversations = conversations
        self._messages = messages
        self._files = files

    async def stop(self) -> None:
        """Stop; what is under way is broken off, and delivered again by whoever comes next."""
        await super().stop()
        await self._post.close()
        with contextlib.suppress(StoreError):  # then the lease ends by itself
            await self._queue.let_go()

    async def work(self) -> int:
        """Deliver what is due now; how many callbacks wait no longer. Raises ``StoreError``."""
        found = await asyncio.gather(
            *(self._conversation(one) for one in await self._queue.due()), return_exceptions=True
        )
        settled = 0
        for one in found:
            if isinstance(one, BaseException):
                raise one
            settled += one
        return settled

    async def _due(self) -> Mapping[str, int]:
        return {f"conversation {one}": one for one in await self._queue.due()}

    async def _next_due(self) -> datetime | None:
        return await self._queue.next_due()

    async def _do(self, one: int) -> None:
        await self._conversation(one)

    def _tell(self) -> None:
        self._desk.hub.deliver(self._topic, "due")  # of no interest to other processes

    @property
    def _is_full(self) -> bool:
        return bool(self._under_way)  # what a conversation under way has waiting is due all the time

    async def _conversation(self, conversation_id: int) -> int:
        """Deliver what one conversation has, one after the other."""
        settled = 0
        async with self._room:
            while (callback := await self._queue.claim(conversation_id)) is not None:
                if not await self._deliver(callback):
                    break
                settled += 1
        return settled

    async def _deliver(self, callback: Callback) -> bool:
        """One try; whether the callback waits no longer."""
        event, now = callback.event, self._desk.now()
        if isinstance(event, TypingChanged) and now - callback.created_at > _FRESH:
            await self._queue.done(callback)
            return True
        try:
            conversation = await self._conversations.get(callback.conversation_id)
        except NotFound:  # it was purged meanwhile, and its callbacks with it
            await self._queue.done(callback)
            return True
        message = None
        if isinstance(event, MessageReceived):
            message = await self._messages.by_key(conversation.id, "agent", event.message.key)
        document = callback_document(
            event, conversation, message, organization=self._desk.workspace, lent=self._files.lent
        )
        came_of_it = await self._post.post(document)
        if isinstance(came_of_it, Taken):
            await self._queue.done(callback)
            return True
        over = self._desk.now() - callback.created_at > PATIENCE
        if isinstance(came_of_it, Refused) or over:
            logger.error("callback %s was given up: %s", callback.event_id, came_of_it.error)
            await self._queue.give_up(callback, came_of_it.error)
            return True
        if callback.tries == 1:
            logger.warning("callback %s waits: %s", callback.event_id, came_of_it.error)
        pause = min(_FIRST_PAUSE * 2 ** min(callback.tries - 1, 20), _LONGEST_PAUSE)
        await self._queue.later(callback, min(max(pause, came_of_it.after), _LONGEST_PAUSE), came_of_it.error)
        return False
