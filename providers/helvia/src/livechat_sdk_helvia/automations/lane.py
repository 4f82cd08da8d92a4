"""The lane of runs: takes up what is due, in every process of a desk, each run in one of them at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime

from livechat_sdk_helvia.automations.doing import Doer
from livechat_sdk_helvia.automations.records import AutomationRun
from livechat_sdk_helvia.automations.runs import Ending, Runs
from livechat_sdk_helvia.background import BackgroundLane
from livechat_sdk_helvia.context import DeskContext
from livechat_sdk_helvia.conversations import Conversations
from livechat_sdk_helvia.faults import NotFound
from livechat_sdk_helvia.hub import RUNS

__all__ = ["Lane"]

logger = logging.getLogger("livechat_sdk_helvia.automations")


class Lane(BackgroundLane[AutomationRun]):
    """Nothing depends on the process that wrote a run: any process that runs the desk carries it out."""

    def __init__(
        self, desk: DeskContext, runs: Runs, conversations: Conversations, doers: Mapping[str, Doer]
    ) -> None:
        super().__init__(desk, RUNS, logger)
        self._runs = runs
        self._conversations = conversations
        self._doers = doers

    async def work(self) -> int:
        """Do what is due now; how many runs that were. Raises ``StoreError``."""
        due = await self._runs.due()
        for trouble in await asyncio.gather(*(self._do(run) for run in due), return_exceptions=True):
            if trouble is not None:
                raise trouble
        return len(due)

    async def _due(self) -> Mapping[str, AutomationRun]:
        return {f"run {run.key}": run for run in await self._runs.due()}

    async def _next_due(self) -> datetime | None:
        return await self._runs.next_due()

    async def _do(self, one: AutomationRun) -> None:
        async with self._room:
            if await self._runs.claim(one):
                await self._carry_out(one)

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
