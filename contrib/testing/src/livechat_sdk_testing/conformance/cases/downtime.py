"""Our side was down: what happened meanwhile is found out."""

from __future__ import annotations

from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk_testing.conformance.case import (
    Cases,
    Tier,
    Topic,
    declares,
    faulty,
    inbound,
    outlives,
    same,
    that,
)
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("downtime", Topic.DOWNTIME)
_LOOK = "history and status; redelivers_for; the cursor of poll in Chat.state"


@_cases.in_conversation(
    "of_a_moment_loses_nothing",
    Tier.RELAYS,
    "After a restart the conversation goes on, both ways.",
    look_at="attributes of the provider that open fills; put them into Chat.state",
    topic=Topic.CONTRACT,
)
async def of_a_moment(talk: Conversation) -> None:
    await talk.joined()
    await talk.user_says("before", "m-1")
    await talk.settle()
    await talk.restart()
    await talk.user_says("after", "m-2")
    await talk.settle()
    await talk.say("welcome back")
    await talk.settle()
    same(await talk.agent_sees(), ["before", "after"], "what the agent sees")
    same(talk.shown, ["welcome back"], "what the end user sees")


@_cases.in_conversation(
    "loses_no_message",
    Tier.SAFE,
    "What agents said while our side was down for a minute is shown afterwards, once and in order.",
    look_at=_LOOK,
    needs=[outlives(60)],
)
async def no_message(talk: Conversation) -> None:
    await talk.joined()
    ref = await talk.vendor_ref()
    await talk.stop()
    for number in range(3):
        await talk.rig.human.say(ref, f"anybody? {number}")
        await talk.pass_time(20)
    await talk.start()
    await talk.pass_time(600)
    same(talk.shown, [f"anybody? {n}" for n in range(3)], "what the end user sees")


@_cases.in_conversation(
    "loses_no_join",
    Tier.SAFE,
    "An agent who joined while our side was down is noticed.",
    look_at=_LOOK,
    needs=[outlives(30)],
    request_timeout="1h",
)
async def no_join(talk: Conversation) -> None:
    await talk.request()
    ref = await talk.vendor_ref()
    await talk.stop()
    await talk.rig.human.join(ref)
    await talk.rig.human.say(ref, "here I am")
    await talk.pass_time(30)
    await talk.start()
    await talk.pass_time(600)
    same((await talk.handoff()).state, HandoffState.ACTIVE, "the handoff")
    same(talk.shown, ["here I am"], "what the end user sees")


@_cases.in_conversation(
    "loses_no_end",
    Tier.SAFE,
    "A chat that ended while our side was down ends the handoff.",
    look_at=_LOOK,
    needs=[outlives(30)],
)
async def no_end(talk: Conversation) -> None:
    await talk.joined()
    ref = await talk.vendor_ref()
    await talk.stop()
    await talk.rig.human.say(ref, "goodbye")
    await talk.rig.human.end(ref)
    await talk.pass_time(30)
    await talk.start()
    await talk.pass_time(600)
    same((await talk.handoff()).state, HandoffState.ENDED, "the handoff")
    same(talk.shown, ["goodbye"], "what the end user sees")
    same(len(talk.ends), 1, "ends that the bot was told of")


@_cases.in_conversation(
    "repeats_nothing",
    Tier.SAFE,
    "What was shown before our side went down is not shown again.",
    look_at="keys and ids of history, poll and events; the cursor in Chat.state",
)
async def repeats_nothing(talk: Conversation) -> None:
    await talk.joined()
    await talk.say("once")
    await talk.settle()
    same(talk.shown, ["once"], "what the end user sees")
    await talk.restart(down=30)
    await talk.pass_time(300)
    keys = [one.key for one in talk.shown_messages]
    same(talk.shown, ["once"], f"what the end user sees (keys {keys})")


@_cases.in_conversation(
    "of_a_poll_loses_nothing",
    Tier.SAFE,
    "A poll that fails, before or after the vendor has answered, loses no event.",
    look_at="poll: the cursor moves with the events that are returned, never before",
    needs=[inbound(Inbound.POLL), faulty("poll", "status", status=503)],
)
async def of_a_poll(talk: Conversation) -> None:
    await talk.joined()
    talk.rig.faults.script("poll", "status", 2, status=503)
    await talk.say("one")
    await talk.say("two")
    await talk.pass_time(600)
    same(talk.shown, ["one", "two"], "what the end user sees")


@_cases.in_conversation(
    "of_one_event_is_mended_by_history",
    Tier.SAFE,
    "A message whose event never comes is found in the history.",
    look_at="history",
    needs=[declares("history"), faulty("webhook", "withhold")],
)
async def mended_by_history(talk: Conversation) -> None:
    await talk.joined()
    talk.rig.faults.script("webhook", "withhold")
    await talk.say("lost on its way")
    await talk.pass_time(300)
    same(talk.shown, ["lost on its way"], "what the end user sees")


@_cases.in_conversation(
    "of_the_end_is_mended_by_status",
    Tier.SAFE,
    "An end whose event never comes is found by asking.",
    look_at="status",
    needs=[declares("status"), faulty("webhook", "withhold")],
)
async def mended_by_status(talk: Conversation) -> None:
    await talk.joined()
    talk.rig.faults.script("webhook", "withhold", 3)
    await talk.rig.human.end(await talk.vendor_ref())
    await talk.pass_time(600)
    same((await talk.handoff()).state, HandoffState.ENDED, "the handoff")
    same(len(talk.ends), 1, "ends that the bot was told of")


@_cases.in_conversation(
    "of_nothing_ends_nothing",
    Tier.SAFE,
    "A quiet chat is not ended by asking about it.",
    look_at="status: what is not known is unknown",
    needs=[declares("status")],
)
async def quiet(talk: Conversation) -> None:
    await talk.joined()
    await talk.pass_time(1200)
    that((await talk.handoff()).is_live, "the handoff ended by itself")
    same((await talk.handoff()).state, HandoffState.ACTIVE, "the handoff")
