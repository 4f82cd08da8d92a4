"""Typing, both ways: best effort, and never in the way of a message."""

from __future__ import annotations

from contextlib import suppress

from livechat_sdk.domain.chats import TypingChanged
from livechat_sdk.errors import LivechatError, UnsupportedFeature
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import (
    CaseFailed,
    Cases,
    Tier,
    Topic,
    declares,
    faulty,
    lacks,
    plays,
    same,
    that,
)
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("typing", Topic.TYPING)


async def _typing(bench: Bench, ref: str) -> bool:
    typing = (await bench.rig.seen(ref)).typing
    if typing is None:
        raise CaseFailed("the rig cannot show typing, though typing_to_agent is declared (Seen.typing)")
    return typing


@_cases.on_provider(
    "reaches_the_agent",
    Tier.COMPLETE,
    "The agent sees that the end user types, and that they stopped.",
    look_at="typing",
    needs=[declares("typing_to_agent")],
)
async def reaches_the_agent(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.provider.typing(chat, on=True)
    same(await _typing(bench, chat.ref), True, "typing that the agent sees")
    await bench.provider.typing(chat, on=False)
    same(await _typing(bench, chat.ref), False, "typing that the agent sees after it stopped")


@_cases.on_provider(
    "undeclared_is_unsupported",
    Tier.RELAYS,
    "Who does not declare typing says so when asked.",
    look_at="Capabilities.typing_to_agent and typing: both or none",
    needs=[lacks("typing_to_agent")],
    topic=Topic.CONTRACT,
)
async def undeclared(bench: Bench) -> None:
    chat = await bench.joined()
    error = await bench.failure(bench.provider.typing(chat, on=True), "typing that is not declared")
    that(isinstance(error, UnsupportedFeature), f"{type(error).__name__}, not UnsupportedFeature")


@_cases.on_provider(
    "comes_from_the_agent",
    Tier.COMPLETE,
    "That the agent types, and that they stopped, is told.",
    look_at="the translation of typing events",
    needs=[declares("typing_to_user"), plays("typing", "typing_to_user")],
)
async def comes_from_the_agent(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.typing(chat.ref, True)
    first = [event.on for event in await bench.collected(TypingChanged, chat)]
    await bench.clock.advance(10)
    await bench.rig.human.typing(chat.ref, False)
    second = [event.on for event in await bench.collected(TypingChanged, chat)]
    same((first, second), ([True], [False]), "typing events")


@_cases.in_conversation(
    "is_shown_to_the_end_user",
    Tier.COMPLETE,
    "The end user is shown that the agent types.",
    look_at="the translation of typing events",
    needs=[declares("typing_to_user"), plays("typing", "typing_to_user")],
)
async def is_shown(talk: Conversation) -> None:
    await talk.joined()
    await talk.rig.human.typing(await talk.vendor_ref(), True)
    await talk.settle()
    that(True in talk.typing, "the end user saw no typing")


@_cases.on_provider(
    "is_no_message",
    Tier.RELAYS,
    "Typing of either side adds no message and ends nothing.",
    look_at="typing; the translation of typing events",
    needs=[declares("typing_to_agent")],
)
async def is_no_message(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.provider.typing(chat, on=True)
    await bench.provider.typing(chat, on=True)
    found = await bench.collect(chat)
    same(await bench.texts(chat), [], "what the agent reads")
    same(
        [event.kind for event in found if event.kind not in {"typing_changed", "unknown_event"}], [], "events"
    )


@_cases.in_conversation(
    "that_fails_is_harmless",
    Tier.SAFE,
    "Typing that the vendor does not take delays and loses nothing.",
    look_at="typing: raise, and keep no state",
    needs=[declares("typing_to_agent"), faulty("typing", "status", status=503)],
)
async def harmless(talk: Conversation) -> None:
    await talk.joined()
    talk.rig.faults.script("typing", "status", 50, status=503)
    await talk.dispatcher.user_typing(talk.handoff_id, on=True)
    await talk.user_says("hello", "m-1")
    await talk.settle()
    same(await talk.agent_sees(), ["hello"], "what the agent sees")


@_cases.on_provider(
    "in_an_ended_chat_is_harmless",
    Tier.SAFE,
    "Typing in a chat that is over is nothing, or an error of the family.",
    look_at="typing after the end",
    needs=[declares("typing_to_agent")],
)
async def in_an_ended_chat(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.end(chat.ref)
    with suppress(LivechatError):
        await bench.provider.typing(chat, on=True)
    same(await bench.state(chat.ref), "ended", "the chat")
