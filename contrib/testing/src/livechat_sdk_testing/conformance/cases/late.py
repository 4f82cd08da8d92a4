"""Events that come when all is over, and chats that come back to life."""

from __future__ import annotations

from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk_testing.conformance.case import (
    CaseFailed,
    Cases,
    Tier,
    Topic,
    declares,
    faulty,
    same,
    webhooks,
)
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("late", Topic.LATE_EVENTS)
_LOOK = "the refs and ids of events"


async def _ended(talk: Conversation) -> str:
    await talk.joined()
    ref = await talk.vendor_ref()
    await talk.rig.human.end(ref)
    await talk.pass_time(30)
    same((await talk.handoff()).state, HandoffState.ENDED, "the handoff")
    return ref


@_cases.in_conversation(
    "message_is_not_shown",
    Tier.SAFE,
    "A message of an agent that comes after the end is taken, and not shown to the bot's user.",
    look_at=_LOOK,
    needs=[webhooks],
)
async def message(talk: Conversation) -> None:
    maker = talk.rig.webhooks
    if maker is None:
        raise CaseFailed("the rig makes no webhooks")
    ref = await _ended(talk)
    same(await talk.bring(maker.sign(maker.message(ref, "are you there?"))), 200, "the answer to the webhook")
    await talk.pass_time(30)
    same(talk.shown, [], "what the end user sees")
    same(len(talk.ends), 1, "ends that the bot was told of")


@_cases.in_conversation(
    "message_does_not_enter_the_next_handoff",
    Tier.SAFE,
    "A late message of one handoff is not shown in the next one of the same conversation.",
    look_at="refs of events: the attempt's, not the person's or the conversation's",
    needs=[webhooks],
)
async def next_handoff(talk: Conversation) -> None:
    maker = talk.rig.webhooks
    if maker is None:
        raise CaseFailed("the rig makes no webhooks")
    ref = await _ended(talk)
    second = await talk.request(1, key="run-again")
    await talk.join(ref=await talk.vendor_ref(second.id))
    await talk.bring(maker.sign(maker.message(ref, "from the first chat")))
    await talk.settle()
    same(talk.shown, [], "what the end user sees")
    await talk.rig.human.say(await talk.vendor_ref(second.id), "from the second chat")
    await talk.settle()
    same(talk.shown, ["from the second chat"], "what the end user sees")


@_cases.in_conversation(
    "webhooks_of_an_ended_chat_are_taken",
    Tier.SAFE,
    "All webhooks of a chat that is over are answered with success, so that the vendor stops.",
    look_at="read_webhook: it must not look whether the chat is open",
    needs=[webhooks],
)
async def are_taken(talk: Conversation) -> None:
    await talk.joined()
    await talk.say("a webhook at least")  # joins and ends may come another way
    await talk.settle()
    await talk.rig.human.end(await talk.vendor_ref())
    await talk.pass_time(30)
    before = await talk.handoff()
    answers = {await talk.bring(delivery) for delivery in list(talk.deliveries)}
    same(answers, {200}, "answers to webhooks of a chat that is over")
    same(await talk.handoff(), before, "the handoff")


@_cases.in_conversation(
    "conversation_can_be_handed_off_again",
    Tier.RELAYS,
    "After an end the same conversation gets a new chat, in which both sides are heard.",
    look_at="open: a ref that is new is a new chat, also for a person who is known",
)
async def again(talk: Conversation) -> None:
    first = await _ended(talk)
    second = await talk.request(1, key="run-again")
    talk.handoff_id = second.id
    ref = await talk.vendor_ref()
    await talk.join(ref=ref)
    await talk.user_says("hello again", "m-1")
    await talk.say("welcome back")
    await talk.settle()
    same(await talk.agent_sees(ref), ["hello again"], "what the agent sees in the second chat")
    same(talk.shown, ["welcome back"], "what the end user sees")
    same(await talk.agent_sees(first), [], "what was said in the first chat")


_revived = Cases("revived", Topic.REVIVED)


async def _fallen_back(talk: Conversation) -> str:
    """A handoff whose open seemed to fail, so that the spare provider has it; returns the first ref."""
    talk.rig.faults.script("open", "time_out_after", 200)
    await talk.request()
    for _ in range(30):
        if (await talk.handoff()).integration == "spare":
            break
        await talk.pass_time(5)
    handoff = await talk.handoff()
    same(handoff.integration, "spare", "the integration after the first one gave no answer")
    talk.rig.faults.clear()
    return talk.ref


@_revived.in_conversation(
    "chat_is_closed",
    Tier.SAFE,
    "A chat that was given up, and in which an agent turns up after all, is closed.",
    look_at="close by ref alone; status with vendor_ref; the refs of events",
    needs=[declares("closes"), faulty("open", "time_out_after")],
    chain=True,
)
async def is_closed(talk: Conversation) -> None:
    ref = await _fallen_back(talk)
    states = await talk.vendor_states(ref)
    if states and states[-1] != "ended":
        await talk.rig.human.join(ref)
    await talk.pass_time(300)
    same(set(await talk.vendor_states(ref)), {"ended"}, "the chat that was given up")
    same((await talk.handoff()).integration, "spare", "the integration that has the handoff")


@_revived.in_conversation(
    "agent_is_not_heard",
    Tier.SAFE,
    "What an agent says in a chat that was given up is not shown to the end user.",
    look_at="the refs of events",
    needs=[faulty("open", "time_out_after")],
    chain=True,
)
async def is_not_heard(talk: Conversation) -> None:
    ref = await _fallen_back(talk)
    states = await talk.vendor_states(ref)
    if states and states[-1] != "ended":
        await talk.rig.human.join(ref)
        await talk.rig.human.say(ref, "hello from the wrong desk")
    await talk.pass_time(120)
    same(talk.shown, [], "what the end user sees")
    same((await talk.handoff()).is_live, True, "whether the handoff lives")
