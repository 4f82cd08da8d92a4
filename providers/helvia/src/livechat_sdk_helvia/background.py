"""Work that waits in rows, done beside the pages by whichever process of a desk takes it up."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Generic, TypeVar

from livechat_sdk.errors import StoreError
from livechat_sdk_helvia.context import DeskContext

__all__ = ["AT_ONCE", "BackgroundLane"]

AT_ONCE: Final = 8
"""How much one process has under way."""

_LONGEST_PAUSE: Final = 5.0
"""Seconds after which a process looks by itself for what another one has written."""
_SHORTEST_PAUSE: Final = 0.02

T = TypeVar("T")


class BackgroundLane(ABC, Generic[T]):
    """Looks for what is due, and has each piece of it done in a task of its own.

    Nothing depends on the process that wrote a row. What is broken off, by a stop or a death, is taken up
    again by whoever comes next, when its claim has run out.
    """

    def __init__(self, desk: DeskContext, topic: str, logger: logging.Logger) -> None:
        """``topic`` is where the desk's hub says that there is something new."""
        self._desk = desk
        self._topic = topic
        self._logger = logger
        self._room = asyncio.Semaphore(AT_ONCE)
        self._task: asyncio.Task[None] | None = None
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def start(self) -> None:
        """Begin to work in the background."""
        self._task = asyncio.create_task(self._work_on())

    async def stop(self) -> None:
        """Stop; what is under way is broken off."""
        tasks = [*([self._task] if self._task is not None else []), *self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._under_way.clear()
        self._task = None

    @abstractmethod
    async def _due(self) -> Mapping[str, T]:
        """What is due now, each with a name: under one name, one is under way. Raises ``StoreError``."""

    @abstractmethod
    async def _next_due(self) -> datetime | None:
        """When there is something to do next, as far as it is known; ``None`` if nothing waits."""

    @abstractmethod
    async def _do(self, one: T) -> None:
        """Claim a piece of work, unless another process has it, and do it."""

    def _tell(self) -> None:
        """Say at the topic that there may be something due."""
        self._desk.hub.publish(self._topic, "due")

    @property
    def _is_full(self) -> bool:
        """Whether only an end of what is under way makes something possible; it wakes this lane."""
        return len(self._under_way) >= AT_ONCE

    async def _beside(self, name: str, one: T) -> None:
        try:
            await self._do(one)
        except StoreError as trouble:
            self._logger.warning("%s waits until the store answers again: %s", name, trouble)
        except Exception:
            self._logger.exception("%s stumbled; it is taken up again", name)
        finally:
            self._under_way.pop(name, None)
            self._tell()

    async def _work_on(self) -> None:
        with self._desk.hub.subscribe(self._topic) as news:
            while not news.closed:
                pause = _LONGEST_PAUSE
                try:
                    for name, one in (await self._due()).items():
                        if name not in self._under_way:
                            self._under_way[name] = asyncio.create_task(self._beside(name, one))
                    pause = await self._pause()
                except StoreError as trouble:
                    self._logger.warning("work waits until the store answers again: %s", trouble)
                except Exception:
                    self._logger.exception("looking for work stumbled; it goes on")
                await news.wait(pause)

    async def _pause(self) -> float:
        at = None if self._is_full else await self._next_due()
        if at is None:
            return _LONGEST_PAUSE
        return min(max((at - self._desk.now()).total_seconds(), _SHORTEST_PAUSE), _LONGEST_PAUSE)
