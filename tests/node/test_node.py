"""The workflow node: start, resume, branches, settings for visual builders."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError

from livechat_sdk import ConfigurationError, EndUser, InvalidInput, LiveChatNode, Outcome, TranscriptEntry
from livechat_sdk.node import BRANCHES, LiveChatNodeSettings, NodeResult, Waiting, check_branches
from livechat_sdk.provider.interface import Availability
from livechat_sdk_testing.toy import ToyProvider
from tests.dispatcher.bench import WAITING_VENDOR, Bench

USER = EndUser(id="u-1", name="Maria")


@pytest.fixture
def example() -> ModuleType:
    """``examples/workflow.py`` as a module."""
    path = Path(__file__).parents[2] / "examples" / "workflow.py"
    spec = importlib.util.spec_from_file_location("example_workflow", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def node_of(one: Bench, **settings: Any) -> LiveChatNode:
    return LiveChatNode(one.dispatcher, {"bot": "shop-bot", **settings})


@pytest.mark.feature("HO-04")
async def test_the_node_waits_and_comes_back_with_the_branch(tmp_path: Path) -> None:
    async with Bench(tmp_path / "a.db") as one:
        node = node_of(one, reason="asked for a human", queue="parcels", skills=["greek"])
        waiting = await node.start(key="run-1/n-1", conversation_id="c-1", user=USER)
        assert isinstance(waiting, Waiting)
        assert Waiting.model_validate_json(waiting.model_dump_json()) == waiting, "it can be stored"
        await one.settle()
        opening = one.vendor.opened[one.vendor.ref]
        assert (opening.reason, opening.route.queue, opening.route.skills) == (
            "asked for a human",
            "parcels",
            ("greek",),
        )
        assert await node.resume(waiting) == waiting, "nothing has happened yet"
        await one.event("joined")
        await one.event("ended")
        result = await node.resume(waiting)
        assert isinstance(result, NodeResult)
        assert result.branch is Outcome.COMPLETED
        assert result == await node.resume(waiting, one.channel.ended[0]), "the channel knows the same"
        gate = await one.dispatcher.bot_may_send("c-1", result.owner_number)
        assert gate.allowed


@pytest.mark.feature("HO-01")
async def test_nothing_but_the_start_of_the_node_begins_a_handoff(tmp_path: Path) -> None:
    async with Bench(tmp_path / "a.db") as one:
        node = node_of(one)
        await one.dispatcher.availability("shop-bot")
        assert (await one.dispatcher.bot_may_send("c-1", 0)).allowed
        await one.pass_time(3600)
        assert (await one.dispatcher.store.handoffs(), one.vendor.opened) == ([], {})
        await node.start(key="k", conversation_id="c-1", user=USER)
        await one.settle()
        assert len(await one.dispatcher.store.handoffs()) == len(one.vendor.opened) == 1


async def test_starting_again_with_the_same_key_asks_nothing_twice(tmp_path: Path) -> None:
    async with Bench(tmp_path / "a.db") as one:
        node = node_of(one)
        first = await node.start(key="k", conversation_id="c-1", user=USER)
        again = await node.start(key="k", conversation_id="c-1", user=USER)
        assert first == again
        await one.settle()
        assert len(one.vendor.opened) == 1
        await one.event("ended")
        after = await node.start(key="k", conversation_id="c-1", user=USER)
        assert isinstance(after, NodeResult), "after the end the same key gives the result"


async def test_what_no_human_got_comes_back_with_the_result(tmp_path: Path) -> None:
    async with Bench(tmp_path / "a.db", capabilities=WAITING_VENDOR) as one:
        node = node_of(one)
        waiting = await node.start(key="k", conversation_id="c-1", user=USER)
        assert isinstance(waiting, Waiting)
        await one.say(await one.dispatcher.handoff(waiting.handoff_id), "anybody?")
        await one.dispatcher.end(waiting.handoff_id, by="user")
        await one.settle()
        for ended in (None, one.channel.ended[0]):
            result = await node.resume(waiting, ended)
            assert isinstance(result, NodeResult)
            assert result.branch is Outcome.CANCELLED
            assert [message.body for message in result.undelivered] == ["anybody?"]


async def test_an_end_of_another_handoff_is_refused(tmp_path: Path) -> None:
    async with Bench(tmp_path / "a.db") as one:
        node = node_of(one)
        waiting = await node.start(key="k-1", conversation_id="c-1", user=USER)
        assert isinstance(waiting, Waiting)
        await one.settle()
        await one.event("ended")
        stranger = Waiting(handoff_id="h-other", key="k-2", conversation_id="c-2")
        with pytest.raises(InvalidInput, match="h-other"):
            await node.resume(stranger, one.channel.ended[0])


async def test_the_transcript_is_cut_to_the_last_messages(tmp_path: Path) -> None:
    lines = [TranscriptEntry(author="user", body=str(number)) for number in range(10)]
    for limit, sent in ((3, ["7", "8", "9"]), (0, [])):
        async with Bench(tmp_path / f"{limit}.db") as one:
            node = node_of(one, transcript_limit=limit)
            await node.start(key="k", conversation_id="c-1", user=USER, transcript=lines)
            await one.settle()
            assert [line.body for line in one.vendor.opened[one.vendor.ref].transcript] == sent


def test_the_settings_have_a_schema_for_visual_builders() -> None:
    schema = LiveChatNodeSettings.json_schema()
    assert schema["required"] == ["bot"]
    assert all("description" in field for field in schema["properties"].values())
    assert schema["x-branches"] == list(BRANCHES)
    with pytest.raises(ValidationError):
        LiveChatNodeSettings.model_validate({"bot": "shop-bot", "botname": "x"})


def test_unwired_and_invented_branches_are_named() -> None:
    check_branches(BRANCHES)
    check_branches(Outcome)
    with pytest.raises(ConfigurationError) as found:
        check_branches(
            ["completed", "cancelled", "missed", "out_of_hours", "failed", "done"], node="ask a human"
        )
    messages = [problem.message for problem in found.value.problems]
    assert messages == [
        "branch 'unavailable' of ask a human leads nowhere",
        "branch 'already_open' of ask a human leads nowhere",
        "ask a human has no branch 'done'",
    ]


async def play(one: Bench, outcome: Outcome) -> None:
    """Bring the handoff to ``outcome``."""
    match outcome:
        case Outcome.COMPLETED:
            await one.event("joined")
            await one.event("ended")
        case Outcome.CANCELLED:
            (handoff,) = await one.dispatcher.store.handoffs()
            await one.dispatcher.end(handoff.id, by="user")
        case Outcome.MISSED:
            await one.pass_time(121)
        case Outcome.FAILED:
            await one.event("ended", by="provider", why="error")
        case _:
            pass
    await one.settle()


@pytest.mark.parametrize("outcome", list(Outcome))
async def test_every_branch_of_the_example_is_reached_and_answers(
    tmp_path: Path, example: ModuleType, outcome: Outcome
) -> None:
    closed = {"business_hours": {"timezone": "UTC", "weekly": {"sun": ["09:00-10:00"]}}}
    async with Bench(
        tmp_path / "a.db",
        livechat=closed if outcome is Outcome.OUT_OF_HOURS else {},
        capabilities=ToyProvider.capabilities,
    ) as one:
        if outcome is Outcome.UNAVAILABLE:
            one.vendor.availability = Availability(agents="no")
        if outcome is Outcome.ALREADY_OPEN:
            await one.request(key="another", conversation="c-1")
        said: list[str] = []
        workflow = example.ShopWorkflow(node_of(one), said.append)
        waiting = await workflow.reach_live_chat("run-1", "c-1")
        await one.settle()
        if waiting is not None:
            assert said == [], "the bot is silent while a human is asked"
            await play(one, outcome)
            result = await workflow.node.resume(waiting)
            assert isinstance(result, NodeResult)
            assert result.branch is outcome
            await workflow.go_on(result)
        assert len(said) == 1
