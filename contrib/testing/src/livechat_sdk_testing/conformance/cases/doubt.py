"""Answers that are lost: nothing is lost or doubled for it, and what nobody can know is called doubtful."""

from __future__ import annotations

from contextlib import suppress

from livechat_sdk.domain.messages import Fate
from livechat_sdk.errors import ProviderError, RetryableError
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import (
    Cases,
    Tier,
    Topic,
    declares,
    faulty,
    http,
    lacks,
    same,
    that,
)
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("doubt", Topic.TIME_OUTS)
_ARRIVED = {Fate.SENT, Fate.ACKNOWLEDGED, Fate.SEEN}
_BEFORE = ("drop_before", "time_out_before")
_AFTER = ("drop_after", "time_out_after")
_FATES = "send: no repeats of one's own, unless the vendor dedupes; sent=False only if nothing left"


def _call_case(fault: str) -> None:
    @_cases.on_provider(
        f"send_{fault}",
        Tier.SAFE,
        f"A send with the fault {fault} raises, and the message is there at most once.",
        look_at=_FATES,
        needs=[faulty("send", fault)],
    )
    async def run(bench: Bench) -> None:
        chat = await bench.joined()
        bench.rig.faults.script("send", fault)
        try:
            await bench.send(chat, "hello")
        except (ProviderError, OSError) as error:
            if fault in _AFTER or fault == "time_out_before":
                that(
                    getattr(error, "sent", None) is not False,
                    "sent is False, though the request may have left",
                )
            that(
                isinstance(error, RetryableError | OSError),
                f"{type(error).__name__} says that it will never work: {error}",
            )
        else:
            same(
                await bench.texts(chat), ["hello"], "what the agent sees of a message that is said to be sent"
            )
        found = await bench.texts(chat)
        that(len(found) <= 1, f"the message is there {len(found)} times")
        if fault in _AFTER:
            same(found, ["hello"], "what the agent sees")


def _talk_case(fault: str) -> None:
    @_cases.in_conversation(
        f"in_a_conversation_{fault}",
        Tier.SAFE,
        f"A message with the fault {fault} is in the end there once, or doubtful; and the next one comes.",
        look_at=f"{_FATES}; dedupes_by_key, looks_up_by_key and its lag, as the vendor keeps them",
        needs=[faulty("send", fault)],
    )
    async def run(talk: Conversation) -> None:
        await talk.joined()
        talk.rig.faults.script("send", fault)
        await talk.user_says("hello", "m-1")
        await talk.pass_time(120)
        await talk.user_says("next", "m-2")
        await talk.pass_time(120)
        found, fate = await talk.agent_sees(), await talk.fate("m-1")
        that(found.count("hello") <= 1, f"the message is there {found.count('hello')} times: {found}")
        same(found.count("next"), 1, "times that the next message is there")
        that(fate in _ARRIVED | {Fate.DOUBTFUL}, f"the message is {fate}")
        if fate in _ARRIVED:
            same(found, ["hello", "next"], f"what the agent sees of a message that is {fate}")
        can_tell = talk.able.dedupes_by_key or talk.able.looks_up_by_key or fault == "drop_before"
        if can_tell:
            that(fate in _ARRIVED, f"the message is {fate}, though it can be known")


for _fault in (*_BEFORE, *_AFTER):
    _call_case(_fault)
    _talk_case(_fault)


@_cases.in_conversation(
    "is_not_made_worse_by_many_failures",
    Tier.SAFE,
    "Three messages, each with another fault, are each there at most once, in order.",
    look_at=_FATES,
    needs=[faulty("send", fault) for fault in (*_BEFORE, *_AFTER)],
)
async def many(talk: Conversation) -> None:
    await talk.joined()
    for number, fault in enumerate((*_AFTER, *_BEFORE)):
        talk.rig.faults.script("send", fault)
        await talk.user_says(f"line {number}", f"m-{number}")
        await talk.pass_time(120)
    found = await talk.agent_sees()
    same(len(found), len(set(found)), f"messages that are there twice ({found})")
    same(found, sorted(found), "the order")


@_cases.on_provider(
    "look_up_finds_what_arrived",
    Tier.SAFE,
    "A message that arrived is found by its key, when the stated lag has passed.",
    look_at="was_sent; Capabilities.lookup_lag",
    needs=[declares("looks_up_by_key")],
)
async def finds(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.send(chat, "hello", "m-1")
    await bench.clock.advance(bench.able.lookup_lag + 0.001)
    same(await bench.provider.was_sent(chat, "m-1"), True, "was_sent of a message that arrived")
    (chat,) = await bench.restart(chat)
    same(await bench.provider.was_sent(chat, "m-1"), True, "was_sent in another process")


@_cases.on_provider(
    "look_up_does_not_find_what_never_left",
    Tier.SAFE,
    "A message that was never sent is not found, nor one with a key that only begins like it.",
    look_at="was_sent: the whole key, in this chat",
    needs=[declares("looks_up_by_key")],
)
async def does_not_find(bench: Bench) -> None:
    chat, other = await bench.joined("h-1.1"), await bench.joined("h-2.1")
    await bench.send(chat, "hello", "m-1")
    await bench.send(other, "hello", "m-2")
    await bench.clock.advance(bench.able.lookup_lag + 0.001)
    for key in ("m-2", "m", "m-11", "M-1"):
        same(await bench.provider.was_sent(chat, key), False, f"was_sent of the key {key!r}")


@_cases.on_provider(
    "look_up_of_words_is_no_look_up",
    Tier.SAFE,
    "A look-up goes by the key, not by the words of the message.",
    look_at="was_sent",
    needs=[declares("looks_up_by_key"), faulty("send", "time_out_before")],
)
async def not_by_words(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.send(chat, "yes", "m-1")
    bench.rig.faults.script("send", "time_out_before", 50)
    with suppress(ProviderError, OSError):
        await bench.send(chat, "yes", "m-2")
    bench.rig.faults.clear()
    await bench.clock.advance(bench.able.lookup_lag + 0.001)
    same(await bench.provider.was_sent(chat, "m-2"), False, "was_sent of a message that never arrived")


@_cases.on_provider(
    "undeclared_look_up_answers_nothing",
    Tier.RELAYS,
    "Who does not declare a look-up cannot tell, and says so with None.",
    look_at="Capabilities.looks_up_by_key and was_sent: both or none",
    needs=[lacks("looks_up_by_key")],
    topic=Topic.CONTRACT,
)
async def undeclared(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.send(chat, "hello", "m-1")
    same(await bench.provider.was_sent(chat, "m-1"), None, "was_sent of a provider that does not declare it")


@_cases.in_conversation(
    "a_5xx_is_no_proof",
    Tier.SAFE,
    "After a 5xx nobody knows whether the message arrived: it is looked up, deduped or doubtful.",
    look_at="5xx: RetryableError without sent=False",
    needs=[http, faulty("send", "status", status=500)],
)
async def no_proof(talk: Conversation) -> None:
    await talk.joined()
    talk.rig.faults.script("send", "status", 1, status=500)
    await talk.user_says("hello", "m-1")
    await talk.pass_time(300)
    found, fate = await talk.agent_sees(), await talk.fate("m-1")
    that(len(found) <= 1, f"the message is there {len(found)} times")
    if fate in _ARRIVED:
        same(found, ["hello"], f"what the agent sees of a message that is {fate}")
