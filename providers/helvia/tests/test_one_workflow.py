"""One workflow, unchanged, with the built-in desk and with a vendor: only the settings file differs."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk import Dispatcher, LiveChatNode, Outcome
from livechat_sdk.node import NodeResult, Waiting
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.toy import ToyProvider
from providers.helvia.tests.test_with_dispatcher import Recorder, Running, running
from tests.dispatcher.bench import Bench

WORKFLOW = runpy.run_path(str(Path(__file__).parents[3] / "examples" / "workflow.py"))["ShopWorkflow"]


class Run:
    """A run of the workflow, over whatever the dispatcher's settings name."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.said: list[str] = []
        node = LiveChatNode(dispatcher, {"bot": "shop-bot", "reason": "asked for a human"})
        self._workflow: Any = WORKFLOW(node, self.said.append)

    async def to_the_node(self) -> Waiting:
        waiting = await self._workflow.reach_live_chat("run-1", "c-1")
        assert isinstance(waiting, Waiting)
        assert self.said == [], "the bot is silent while a human is asked"
        return waiting

    async def on_from(self, waiting: Waiting) -> tuple[Outcome, list[str]]:
        result = await self._workflow.node.resume(waiting)
        assert isinstance(result, NodeResult)
        await self._workflow.go_on(result)
        return result.branch, self.said


async def at_the_desk(folder: Path, outcome: Outcome) -> tuple[Outcome, list[str]]:
    async with running(folder, Recorder(), VirtualClock()) as one:
        run = Run(one.dispatcher)
        waiting = await run.to_the_node()
        request = await one.waiting()
        assert request.conversation.reason == "asked for a human"
        await played_at_the_desk(one, waiting, request.id, outcome)
        await one.dispatcher.wait_idle()
        return await run.on_from(waiting)


async def played_at_the_desk(one: Running, waiting: Waiting, request: int, outcome: Outcome) -> None:
    if outcome is Outcome.COMPLETED:
        ada = await one.agent()
        talk = await one.desk.conversations.accept(ada, request)
        await one.desk.conversations.end(ada, talk.id)
    elif outcome is Outcome.CANCELLED:
        await one.dispatcher.end(waiting.handoff_id, by="user")
    else:
        await one.clock.advance(121)


async def at_a_vendor(folder: Path, outcome: Outcome) -> tuple[Outcome, list[str]]:
    async with Bench(folder / "vendor.db", capabilities=ToyProvider.capabilities) as one:
        run = Run(one.dispatcher)
        waiting = await run.to_the_node()
        await one.settle()
        assert one.vendor.opened[one.vendor.ref].reason == "asked for a human"
        if outcome is Outcome.COMPLETED:
            await one.event("joined")
            await one.event("ended")
        elif outcome is Outcome.CANCELLED:
            await one.dispatcher.end(waiting.handoff_id, by="user")
        else:
            await one.pass_time(121)
        await one.settle()
        return await run.on_from(waiting)


@pytest.mark.feature("HO-06")
@pytest.mark.parametrize("outcome", [Outcome.COMPLETED, Outcome.CANCELLED, Outcome.MISSED])
async def test_the_same_workflow_goes_the_same_way_at_the_desk_and_at_a_vendor(
    tmp_path: Path, outcome: Outcome
) -> None:
    branch, said = await at_the_desk(tmp_path, outcome)
    assert (branch, len(said)) == (outcome, 1)
    assert await at_a_vendor(tmp_path, outcome) == (branch, said)
