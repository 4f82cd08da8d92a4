"""The lane of runs: takes up what is due, in every process of a desk, each run in one of them at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

from livechat_sdk.errors import StoreError
from livechat_sdk_helvia.automations.doing import Doer
from livechat_sdk_helvia.automations.records import AutomationRun
from livechat_sdk_helvia.automations.runs import Ending, Runs
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.conversations import Conversations
from livechat_sdk_helvia.faults import NotFound
from livechat_sdk_helvia.hub import RUNS

__all__ = ["Lane"]

logger = logging.getLogger("livechat_sdk_helvia.automations")

_AT_ONCE: Final = 8
_LONGEST_PAUSE: Final = 5.0
"""Seconds after which a process looks by itself for what another one has written."""
_SHORTEST_PAUSE: Final = 0.02


class Lane:
    """Nothing depends on the process that wrote a run: any process that runs the desk carries it out."""

    def __init__(
        self, desk: DeskContext, runs: Runs, conversations: Conversations, doers: Mapping[str, Doer]
    ) -> None:
        self._desk = desk
        self._runs = runs
        self._conversations = conversations
        self._doers = doers
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._task: asyncio.Task[None] | None = None
        self._under_way: dict[str, asyncio.Task[None]] = {}

    def start(self) -> None:
        """Begin to work in the background."""
        self._task = asyncio.create_task(self._work_on())

    async def stop(self) -> None:
        """Stop; what is under way is broken off, and taken up again by whoever comes next."""
        tasks = [*([self._task] if self._task is not None else []), *self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._under_way.clear()
        self._task = None

    async def work(self) -> int:
        """Do what is due now; how many runs that were. Raises ``StoreError``."""
        due = await self._runs.due()
        for trouble in await asyncio.gather(*(self._one(run) for run in due), return_exceptions=True):
            if trouble is not None:
                raise trouble
        return len(due)

    async def _beside(self, run: AutomationRun) -> None:
        """One run in a task of its own, so that nobody waits for a slow one."""
        try:
            await self._one(run)
        except StoreError as trouble:
            logger.warning("run %s waits until the store answers again: %s", run.key, trouble)
        except Exception:
            logger.exception("run %s stumbled; it is taken up again", run.key)
        finally:
            self._under_way.pop(run.key, None)
            self._desk.hub.publish(RUNS, "due")

    async def _one(self, run: AutomationRun) -> None:
        async with self._room:
            if await self._runs.claim(run):
                await self._carry_out(run)

    async def _carry_out(self, run: AutomationRun) -> None:
        try:
            conversation = await self._conversations.get(run.conversation_id)
        except NotFound:
            await self._runs.settle(run, Ending("failed", error="The conversation was erased."))
            return
        try:
            ending, more = await self._doers[run.kind].do(run, conversation)
        except Exception:
            logger.exception("run %s broke off", run.key)
            ending, more = Ending("failed", error="The desk could not carry this out; its log says why."), []
        await self._runs.settle(run, ending, more)

    async def _work_on(self) -> None:
        with self._desk.hub.subscribe(RUNS) as news:
            while not news.closed:
                pause = _LONGEST_PAUSE
                try:
                    for run in await self._runs.due():
                        if run.key not in self._under_way:
                            self._under_way[run.key] = asyncio.create_task(self._beside(run))
                    pause = await self._pause()
                except StoreError as trouble:
                    logger.warning("automations wait until the store answers again: %s", trouble)
                except Exception:
                    logger.exception("automations stumbled; they go on")
                await news.wait(pause)

    async def _pause(self) -> float:
        if len(self._under_way) >= _AT_ONCE:  # the first that is done wakes us
            return _LONGEST_PAUSE
        at = await self._runs.next_due()
        if at is None:
            return _LONGEST_PAUSE
        return min(max((at - self._desk.now()).total_seconds(), _SHORTEST_PAUSE), _LONGEST_PAUSE)
