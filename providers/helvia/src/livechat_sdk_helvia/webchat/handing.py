"""Hands what end users wrote to the bot: in order per conversation, again after a failure or a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from livechat_sdk.domain.messages import Message
from livechat_sdk_helvia.webchat.records import ChatMessage
from livechat_sdk_helvia.webchat.store import ChatStore

__all__ = ["Handing", "OnUserMessage"]

OnUserMessage = Callable[[str, Message], Awaitable[None]]
"""Takes a conversation id and a message. May be called again with the same message key."""

_log = logging.getLogger("livechat_sdk_helvia.webchat")

_LONGEST_PAUSE: Final = 30.0


class Handing:
    """One task for each conversation that has something to hand over, and none for the others.

    A message counts as handed over when the callback returned. When it raised, the same message is
    handed over again after a pause that grows from ``pause`` seconds up to 30; later ones wait.
    """

    def __init__(self, store: ChatStore, callback: OnUserMessage, *, pause: float = 0.5) -> None:
        self._store = store
        self._callback = callback
        self._pause = pause
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()

    async def start(self) -> None:
        """Take up what was left when the program stopped."""
        for conversation_id in await self._store.with_unhandled():
            self.wake(conversation_id)

    def wake(self, conversation_id: str) -> None:
        """There is something to hand over."""
        if conversation_id in self._tasks:
            self._again.add(conversation_id)
            return
        self._tasks[conversation_id] = asyncio.create_task(self._run(conversation_id))

    async def stop(self) -> None:
        """Stop; what is not handed over yet stays for the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()

    async def idle(self) -> None:
        """Return when everything has been handed over."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, conversation_id: str) -> None:
        pause = self._pause
        try:
            while True:
                self._again.discard(conversation_id)
                try:
                    message = await self._store.unhandled(conversation_id)
                    if message is None:
                        if conversation_id in self._again:
                            continue
                        return
                    await self._callback(conversation_id, _as_message(message))
                    await self._store.set_handled(conversation_id, message.seq)
                    pause = self._pause
                except Exception:  # noqa: BLE001 - the callback is not ours, and may raise anything
                    _log.exception(
                        "conversation %s: a message could not be handed to the bot; again in %s s",
                        conversation_id,
                        pause,
                    )
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)
        finally:
            self._tasks.pop(conversation_id, None)


def _as_message(line: ChatMessage) -> Message:
    return Message(key=line.key, body=line.text, sent_at=line.sent_at)
