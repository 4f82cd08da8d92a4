"""Accepted, joined, left, transferred, ended: five things, none of which is another."""

from __future__ import annotations

from livechat_sdk.domain.chats import (
    AgentJoined,
    AgentLeft,
    ChatAccepted,
    ChatEnded,
    ChatRejected,
    ChatTransferred,
    MessageReceived,
    QueueUpdated,
)
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, declares, plays, same, that
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("presence", Topic.PRESENCE)
_ANN = "Ann"


@_cases.on_provider(
    "accepted_is_not_joined",
    Tier.SAFE,
    "That somebody took the request is told, and not as a join.",
    look_at="the translation of the accept event: ChatAccepted",
    needs=[plays("accept")],
)
async def accepted(bench: Bench) -> None:
    chat = await bench.open()
    await bench.rig.human.accept(chat.ref)
    await bench.collect(chat)
    same((len(bench.of(ChatAccepted)), len(bench.of(AgentJoined))), (1, 0), "accepted and joined")


@_cases.on_provider(
    "joined_names_the_agent",
    Tier.RELAYS,
    "That an agent joined is told once, with an id and a name.",
    look_at="the translation of the join event: AgentJoined",
)
async def joined(bench: Bench) -> None:
    chat = await bench.joined()
    found = bench.of(AgentJoined)
    same(len(found), 1, "joins")
    that(found[0].agent.id.strip(), "the agent has no id")
    name = found[0].agent.name
    that(name is None or name.strip(), "the agent's name is blank; None says that it is not known")
    that(name != "Maria Pappa", "the agent has the end user's name")
    same(len(bench.of(ChatEnded)), 0, "ends of a chat that goes on")
    same(await bench.state(chat.ref), "active", "the chat at the vendor")


@_cases.on_provider(
    "nobody_joined_yet",
    Tier.RELAYS,
    "A chat that waits is not told to have an agent.",
    look_at="the translation of queue events",
)
async def nobody(bench: Bench) -> None:
    chat = await bench.open()
    await bench.collect(chat)
    same([event.kind for event in bench.of(AgentJoined)], [], "joins of a chat that waits")
    same([event.kind for event in bench.of(ChatRejected)], [], "rejections of a chat that waits")


@_cases.on_provider(
    "left_is_not_ended",
    Tier.RELAYS,
    "An agent who leaves does not end the chat.",
    look_at="the translation of the leave event: AgentLeft",
    needs=[plays("leave")],
)
async def left(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.leave(chat.ref)
    await bench.collect(chat)
    same((len(bench.of(AgentLeft)), len(bench.of(ChatEnded))), (1, 0), "left and ended")
    same(bench.of(AgentLeft)[0].agent.id, bench.of(AgentJoined)[0].agent.id, "the agent who left")


@_cases.on_provider(
    "transferred_is_not_ended",
    Tier.RELAYS,
    "A chat that goes to somebody else is not over.",
    look_at="the translation of the transfer event: ChatTransferred",
    needs=[declares("transfer"), plays("transfer", "transfer")],
)
async def transferred(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.transfer(chat.ref, "second line")
    await bench.collect(chat)
    same((len(bench.of(ChatTransferred)), len(bench.of(ChatEnded))), (1, 0), "transferred and ended")


@_cases.in_conversation(
    "left_in_a_conversation",
    Tier.SAFE,
    "When the agent leaves and another one comes, the conversation goes on with that one.",
    look_at="the translation of leave and join events",
    needs=[plays("leave")],
)
async def left_in_a_conversation(talk: Conversation) -> None:
    await talk.joined()
    await talk.rig.human.leave(await talk.vendor_ref())
    await talk.settle()
    that((await talk.handoff()).is_live, "the handoff ended when an agent left")
    await talk.join("Beth")
    await talk.say("Beth here")
    await talk.settle()
    same(talk.shown, ["Beth here"], "what the end user sees")


@_cases.in_conversation(
    "transferred_in_a_conversation",
    Tier.SAFE,
    "A transfer keeps the conversation: the next agent gets and gives messages.",
    look_at="the translation of transfer and join events; send between them",
    needs=[declares("transfer"), plays("transfer", "transfer")],
)
async def transferred_in_a_conversation(talk: Conversation) -> None:
    await talk.joined()
    await talk.rig.human.transfer(await talk.vendor_ref(), "second line")
    await talk.settle()
    that((await talk.handoff()).is_live, "the handoff ended with a transfer")
    await talk.user_says("hello?", "m-1")
    await talk.settle()
    await talk.join("Beth")
    await talk.say("Beth here")
    await talk.settle()
    same((await talk.handoff()).state, HandoffState.ACTIVE, "the handoff")
    same(talk.shown, ["Beth here"], "what the end user sees")
    same(await talk.agent_sees(), ["hello?"], "what the agent sees")


@_cases.on_provider(
    "messages_name_their_agent",
    Tier.SAFE,
    "A message names the agent who wrote it by the id of the join, if it names one.",
    look_at="ids of agents in join and message events",
)
async def messages_name_their_agent(bench: Bench) -> None:
    chat = await bench.joined(agent="Ann")
    await bench.rig.human.say(chat.ref, "hello")
    (event,) = await bench.collected(MessageReceived, chat)
    same(event.author, "agent", "the author of an agent's message")
    if event.agent is not None:
        same(event.agent.id, bench.of(AgentJoined)[0].agent.id, "the agent of the message")


@_cases.on_provider(
    "two_agents_are_two",
    Tier.SAFE,
    "Agents in two chats have different ids.",
    look_at="ids of agents",
    needs=[plays("leave")],
)
async def two_agents(bench: Bench) -> None:
    first = await bench.joined("h-1.1", agent="Ann")
    second = await bench.joined("h-2.1", agent="Beth")
    found = {
        ref: event.agent
        for event in bench.of(AgentJoined)
        for ref in event.refs
        if ref in {first.vendor_ref, second.vendor_ref, first.ref, second.ref}
    }
    ids = {agent.id for agent in found.values()}
    same(len(ids), 2, f"ids of two agents ({ids})")


@_cases.on_provider(
    "ended_is_told_once",
    Tier.RELAYS,
    "The end of a chat is told once, and as an end.",
    look_at="the translation of the end event: ChatEnded",
)
async def ended(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.end(chat.ref)
    await bench.collect(chat)
    same(len({event.id for event in bench.of(ChatEnded)}), 1, "ends")


@_cases.on_provider(
    "queue_positions_are_told",
    Tier.COMPLETE,
    "A chat that moves in the queue has its place told, and never a place below zero.",
    look_at="the translation of queue events: QueueUpdated; unknown is None, not 0",
    needs=[declares("queue_position"), plays("queue", "queue_position")],
)
async def queue_positions(bench: Bench) -> None:
    first = await bench.open("h-1.1")
    chat = await bench.open("h-2.1")
    await bench.collect(first, chat)
    place = await bench.rig.move_up(chat.ref)
    found = [
        event.queue.position
        for event in await bench.collected(QueueUpdated, first, chat)
        if {chat.ref, chat.vendor_ref} & set(event.refs)
    ]
    same(found[-1:], [place], "the last place in the queue that was told")
    that(all(one is None or one > 0 for one in found), f"places in the queue: {found}")


@_cases.on_provider(
    "names_are_no_ids",
    Tier.SAFE,
    "What is shown as an agent's name is a name: where the vendor tells none it is None, and never the id.",
    look_at="Agent.name in joins, messages and status",
)
async def names_are_no_ids(bench: Bench) -> None:
    chat = await bench.joined(agent=_ANN)
    await bench.rig.human.say(chat.ref, "hello")
    await bench.collect(chat)
    agents = [event.agent for event in bench.of(AgentJoined)]
    agents += [event.agent for event in bench.of(MessageReceived) if event.agent is not None]
    if bench.able.status and (there := (await bench.provider.status(chat)).agent) is not None:
        agents.append(there)
    for agent in agents:
        that(agent.name != agent.id or agent.id == _ANN, f"the agent's id is shown as the name: {agent!r}")
