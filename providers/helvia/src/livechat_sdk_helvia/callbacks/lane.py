"""The lane of callbacks: every process of a desk delivers, and what one conversation has in its order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import timedelta
from typing import Final

from livechat_sdk.domain.chats import MessageReceived, TypingChanged
from livechat_sdk.errors import StoreError
from livechat_sdk_helvia.callbacks.bodies import callback_document
from livechat_sdk_helvia.callbacks.posting import Post, Refused, Taken
from livechat_sdk_helvia.callbacks.queue import Callback, Queue
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.conversations import Conversations
from livechat_sdk_helvia.faults import NotFound
from livechat_sdk_helvia.hub import CALLBACKS
from livechat_sdk_helvia.messages import Messages

__all__ = ["PATIENCE", "CallbackLane"]

logger = logging.getLogger("livechat_sdk_helvia.callbacks")

PATIENCE: Final = timedelta(days=1)
"""How long a callback is tried again."""

_FRESH: Final = timedelta(seconds=10)
"""How long it is news that somebody types."""

_AT_ONCE: Final = 8
_FIRST_PAUSE: Final = 1.0
_LONGEST_WAIT: Final = 300.0
_LONGEST_PAUSE: Final = 5.0
"""Seconds after which a process looks by itself for what another one has written."""
_SHORTEST_PAUSE: Final = 0.02


class CallbackLane:
    """Nothing depends on the process that wrote a callback: any process that runs the desk delivers it."""

    def __init__(
        self, desk: DeskContext, queue: Queue, post: Post, conversations: Conversations, messages: Messages
    ) -> None:
        self._desk = desk
        self._queue = queue
        self._post = post
        self._conversations = conversations
        self._messages = messages
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._task: asyncio.Task[None] | None = None
        self._under_way: dict[int, asyncio.Task[None]] = {}

    def start(self) -> None:
        """Begin to deliver in the background."""
        self._task = asyncio.create_task(self._work_on())

    async def stop(self) -> None:
        """Stop; what is under way is broken off, and delivered again by whoever comes next."""
        tasks = [*([self._task] if self._task is not None else []), *self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._under_way.clear()
        self._task = None
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
        document = callback_document(event, conversation, message, organization=self._desk.workspace)
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
        pause = min(_FIRST_PAUSE * 2 ** min(callback.tries - 1, 20), _LONGEST_WAIT)
        await self._queue.later(callback, min(max(pause, came_of_it.after), _LONGEST_WAIT), came_of_it.error)
        return False

    async def _beside(self, conversation_id: int) -> None:
        """One conversation in a task of its own, so that nobody waits for another's."""
        try:
            await self._conversation(conversation_id)
        except StoreError as trouble:
            logger.warning("callbacks wait until the store answers again: %s", trouble)
        except Exception:
            logger.exception("callbacks of a conversation stumbled; they are taken up again")
        finally:
            self._under_way.pop(conversation_id, None)
            self._desk.hub.deliver(CALLBACKS, "due")

    async def _work_on(self) -> None:
        with self._desk.hub.subscribe(CALLBACKS) as news:
            while not news.closed:
                pause = _LONGEST_PAUSE
                try:
                    for one in await self._queue.due():
                        if one not in self._under_way:
                            self._under_way[one] = asyncio.create_task(self._beside(one))
                    pause = await self._pause()
                except StoreError as trouble:
                    logger.warning("callbacks wait until the store answers again: %s", trouble)
                except Exception:
                    logger.exception("callbacks stumbled; they go on")
                await news.wait(pause)

    async def _pause(self) -> float:
        if self._under_way:  # the first that is done wakes us
            return _LONGEST_PAUSE
        at = await self._queue.next_due()
        if at is None:
            return _LONGEST_PAUSE
        return min(max((at - self._desk.now()).total_seconds(), _SHORTEST_PAUSE), _LONGEST_PAUSE)
