"""Our own words, as the vendor tells them back to us."""

from __future__ import annotations

from livechat_sdk.domain.chats import ChatEnded, MessageReceived
from livechat_sdk.domain.ends import EndReason, Outcome
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, declares, same, that
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("echo", Topic.ECHO)
_LOOK = "the translation of message events: leave out what the visitor said, by its author or our own ids"


@_cases.on_provider(
    "of_our_message_is_no_agent",
    Tier.RELAYS,
    "What we sent does not come back as a message of an agent.",
    look_at=_LOOK,
)
async def of_our_message(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.send(chat, "this is me", "m-1")
    await bench.send(chat, "me again", "m-2")
    found = [event.message.body for event in await bench.collected(MessageReceived, chat)]
    same(found, [], "messages of an agent who has said nothing")


@_cases.in_conversation(
    "is_not_shown_to_the_end_user",
    Tier.RELAYS,
    "The end user does not read their own words as the agent's.",
    look_at=_LOOK,
)
async def is_not_shown(talk: Conversation) -> None:
    await talk.joined()
    for number in range(3):
        await talk.user_says(f"me {number}", f"m-{number}")
        await talk.settle()
    await talk.say("and me")
    await talk.pass_time(90)
    same(talk.shown, ["and me"], "what the end user sees")


@_cases.on_provider(
    "filter_does_not_look_at_words",
    Tier.RELAYS,
    "An agent who says exactly what the end user said is heard.",
    look_at="the filter of echoes: compare ids, not text or names",
)
async def not_by_words(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.send(chat, "hello", "m-1")
    await bench.collect(chat)
    await bench.rig.human.say(chat.ref, "hello")
    found = [event.message.body for event in await bench.collected(MessageReceived, chat)]
    same(found, ["hello"], "messages of the agent")


@_cases.on_provider(
    "filter_does_not_look_at_names",
    Tier.SAFE,
    "An agent who has the end user's name is heard.",
    look_at="the filter of echoes: compare ids, not text or names",
)
async def not_by_names(bench: Bench) -> None:
    chat = await bench.joined(agent="Maria Pappa")
    await bench.rig.human.say(chat.ref, "we share a name", agent="Maria Pappa")
    found = [event.message.body for event in await bench.collected(MessageReceived, chat)]
    same(found, ["we share a name"], "messages of the agent")


@_cases.on_provider(
    "of_our_end_is_not_the_agents",
    Tier.SAFE,
    "A chat that we closed is not told to be ended by the agent.",
    look_at="the translation of the end event: who ended it",
    needs=[declares("closes")],
)
async def of_our_end(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.provider.close(chat, EndReason(by="user", why="resolved"))
    for event in await bench.collected(ChatEnded, chat):
        that(event.by != "agent", "the end that we asked for is told as the agent's")


@_cases.in_conversation(
    "of_our_end_changes_nothing",
    Tier.SAFE,
    "The vendor's word of an end that we asked for does not change the outcome.",
    look_at="the translation of the end event: who ended it",
    needs=[declares("closes")],
)
async def of_our_end_changes_nothing(talk: Conversation) -> None:
    await talk.request()
    await talk.end()
    await talk.pass_time(90)
    same((await talk.handoff()).outcome, Outcome.CANCELLED, "the outcome")
    same(len(talk.ends), 1, "ends that the bot was told of")
