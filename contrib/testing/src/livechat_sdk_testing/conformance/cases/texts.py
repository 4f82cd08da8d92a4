"""Long texts, both ways."""

from __future__ import annotations

from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk.domain.messages import Fate
from livechat_sdk.errors import ProviderError
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, declares, lacks, same, that
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("texts", Topic.LONG_TEXT)
_WORDS = "All work and no play makes a long message. "
_LOOK = "Capabilities.text_limit, in characters, as the vendor states it"


def _long(characters: int) -> str:
    text = (_WORDS * (characters // len(_WORDS) + 1))[:characters]
    return text[:-1] + "."


@_cases.in_conversation(
    "over_the_limit_are_split",
    Tier.SAFE,
    "A text over the limit arrives in parts, in order, with every character.",
    look_at=_LOOK,
    needs=[declares("text_limit")],
)
async def are_split(talk: Conversation) -> None:
    await talk.joined()
    limit = talk.able.text_limit or 0
    text = _long(int(limit * 2.5))
    await talk.user_says(text, "m-1")
    await talk.settle()
    parts = await talk.agent_sees()
    that(len(parts) >= 3, f"{len(text):,} characters became {len(parts)} parts")
    that(all(len(part) <= limit for part in parts), "a part is over the limit")
    same("".join("".join(parts).split()), "".join(text.split()), "the text without white space")
    that(await talk.fate("m-1") in {Fate.SENT, Fate.ACKNOWLEDGED, Fate.SEEN}, "the message was not sent")


@_cases.on_provider(
    "at_the_limit_arrive",
    Tier.COMPLETE,
    "A text of exactly the limit arrives whole.",
    look_at=_LOOK,
    needs=[declares("text_limit")],
)
async def at_the_limit(bench: Bench) -> None:
    chat = await bench.joined()
    text = _long(bench.able.text_limit or 0)
    await bench.send(chat, text)
    same(await bench.texts(chat), [text], "what the agent sees")


@_cases.on_provider(
    "of_emoji_at_the_limit_arrive",
    Tier.COMPLETE,
    "The limit counts characters: a text of that many emoji arrives whole.",
    look_at="Capabilities.text_limit: if the vendor counts UTF-16 units or bytes, declare what always fits",
    needs=[declares("text_limit")],
)
async def of_emoji(bench: Bench) -> None:
    chat = await bench.joined()
    text = "🙂" * (bench.able.text_limit or 0)
    await bench.send(chat, text)
    same(await bench.texts(chat), [text], "what the agent sees")


@_cases.on_provider(
    "are_never_cut",
    Tier.SAFE,
    "What is too long for the vendor is refused with an error, and not cut in silence.",
    look_at="send: no slicing of text",
    needs=[declares("text_limit")],
)
async def never_cut(bench: Bench) -> None:
    chat = await bench.joined()
    text = _long((bench.able.text_limit or 0) + 1)
    try:
        await bench.send(chat, text)
    except ProviderError:
        return
    same(await bench.texts(chat), [text], "a text over the limit that was taken")


@_cases.on_provider(
    "without_limit_arrive",
    Tier.SAFE,
    "Where no limit is declared, the longest message that the SDK takes arrives whole.",
    look_at=_LOOK,
    needs=[lacks("text_limit")],
)
async def without_limit(bench: Bench) -> None:
    chat = await bench.joined()
    text = _long(60_000)
    await bench.send(chat, text)
    same(await bench.texts(chat), [text], "what the agent sees")


@_cases.on_provider(
    "keep_their_blanks",
    Tier.COMPLETE,
    "Blanks and line ends of the end user's text arrive as they are.",
    look_at="send: no tidying",
)
async def keep_blanks(bench: Bench) -> None:
    chat = await bench.joined()
    text = "  def f():\n    return  1\n"
    await bench.send(chat, text)
    same(await bench.texts(chat), [text], "what the agent sees")


@_cases.on_provider(
    "of_the_agent_arrive",
    Tier.SAFE,
    "A long text of an agent arrives whole.",
    look_at="the translation of message events: no slicing of text",
)
async def of_the_agent(bench: Bench) -> None:
    chat = await bench.joined()
    text = _long(3_900)
    await bench.rig.human.say(chat.ref, text)
    found = [event.message.body for event in await bench.collected(MessageReceived, chat)]
    same(found, [text], "messages of the agent")
