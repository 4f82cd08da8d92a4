"""Events that come before the call that caused them was answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from livechat_sdk.domain.chats import AgentJoined, EventEnvelope
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, declares, faulty, same, that
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("early", Topic.EARLY_EVENTS)
_LOOK = "the refs of events: ours first if the vendor returns it, and the vendor's own id"


@_cases.on_provider(
    "events_can_be_matched",
    Tier.RELAYS,
    "Every event names the chat by our ref, or by the id that open returned.",
    look_at=_LOOK,
)
async def can_be_matched(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.say(chat.ref, "hello")
    await bench.rig.human.end(chat.ref)
    await bench.collect(chat)
    that(bench.of(AgentJoined), "no event says that the agent joined")
    for event in bench.of(EventEnvelope):
        that(
            {chat.ref, chat.vendor_ref} & set(event.refs),
            f"{type(event).__name__} names {event.refs}, the chat is {chat.ref} or {chat.vendor_ref}",
        )


@_cases.in_conversation(
    "join_before_open_returned",
    Tier.SAFE,
    "An agent who joins and writes before open has returned is heard, once.",
    look_at=_LOOK,
)
async def join_early(talk: Conversation) -> None:
    async def act() -> None:
        ref = (await talk.rig.human.chats())[-1].ref
        if "accept" in talk.rig.can:
            await talk.rig.human.accept(ref)
        await talk.rig.human.join(ref)
        await talk.rig.human.say(ref, "I am here already")
        await talk.rig.pump()

    talk.after("open", act)
    await talk.request()
    await talk.settle()
    same((await talk.handoff()).state, HandoffState.ACTIVE, "the handoff")
    same(talk.shown, ["I am here already"], "what the end user sees")
    await talk.user_says("good", "m-1")
    await talk.settle()
    same(await talk.agent_sees(), ["good"], "what the agent sees")


@_cases.in_conversation(
    "end_before_open_returned",
    Tier.SAFE,
    "A chat that is ended before open has returned ends the handoff.",
    look_at=_LOOK,
)
async def end_early(talk: Conversation) -> None:
    async def act() -> None:
        ref = (await talk.rig.human.chats())[-1].ref
        await talk.rig.human.join(ref)
        await talk.rig.human.end(ref)
        await talk.rig.pump()

    talk.after("open", act)
    await talk.request()
    await talk.pass_time(90)
    same((await talk.handoff()).state, HandoffState.ENDED, "the handoff")
    same(len(talk.ends), 1, "ends that the bot was told of")


@_cases.in_conversation(
    "read_before_send_returned",
    Tier.SAFE,
    "An answer of the agent that comes before send has returned is shown once.",
    look_at=_LOOK,
)
async def answer_early(talk: Conversation) -> None:
    await talk.joined()

    async def act() -> None:
        await talk.say("so quick")
        await talk.rig.pump()

    talk.after("send", act)
    await talk.user_says("are you quick?", "m-1")
    await talk.settle()
    same(talk.shown, ["so quick"], "what the end user sees")
    same(await talk.agent_sees(), ["are you quick?"], "what the agent sees")


@_cases.in_conversation(
    "while_the_answer_is_lost",
    Tier.SAFE,
    "Events of a chat whose open got no answer are applied, and nothing is opened twice.",
    look_at=_LOOK,
    needs=[declares("finds_by_ref"), faulty("open", "time_out_after")],
)
async def while_the_answer_is_lost(talk: Conversation) -> None:
    talk.rig.faults.script("open", "time_out_after")
    await talk.request()
    ref = (await talk.rig.human.chats())[-1].ref
    await talk.rig.human.join(ref)
    await talk.rig.human.say(ref, "anybody?")
    await talk.pass_time(60)
    same(talk.shown, ["anybody?"], "what the end user sees")
    same(len(await talk.vendor_states()), 1, "chats at the vendor")


def _holds(value: object, wanted: str) -> bool:
    """Whether a document has this text as a value somewhere."""
    waiting: list[object] = [value]
    while waiting:
        one = waiting.pop()
        if one == wanted:
            return True
        if isinstance(one, Mapping):
            waiting.extend(cast("Mapping[object, object]", one).values())
        elif isinstance(one, list | tuple):
            waiting.extend(cast("list[object]", one))
    return False


@_cases.on_provider(
    "events_name_our_reference",
    Tier.SAFE,
    "Where the vendor tells our own reference with an event, it is among the references of the event.",
    look_at="refs: without ours, an event belongs to nobody until open has answered",
)
async def name_our_reference(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.say(chat.ref, "hello")
    await bench.rig.human.end(chat.ref)
    await bench.collect(chat)
    bodies = [delivery.body for delivery in bench.deliveries]
    always = bool(bodies) and all(chat.ref.encode() in body for body in bodies)
    for event in bench.of(EventEnvelope):
        that(
            chat.ref in event.refs or not (always or _holds(event.raw, chat.ref)),
            f"{type(event).__name__} names {event.refs}, and the vendor has told {chat.ref} too",
        )
