"""Opening a chat: once, whatever happens to the answer."""

from __future__ import annotations

import json

from livechat_sdk.domain.ends import Outcome
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.errors import ProviderError, RetryableError
from livechat_sdk_testing.conformance.bench import Bench, stored_again
from livechat_sdk_testing.conformance.case import (
    Cases,
    Tier,
    Topic,
    declares,
    faulty,
    lacks,
    queues,
    same,
    that,
)
from livechat_sdk_testing.conformance.conversation import Conversation
from livechat_sdk_testing.conformance.listening import secrets_of

_cases = Cases("opening", Topic.OPENING_TWICE)
_FINDS = declares("finds_by_ref")
_LOOK = "open: look for a chat with this ref first, or let the vendor dedupe by it"


@_cases.on_provider(
    "names_the_chat",
    Tier.RELAYS,
    "open returns a Chat with our ids and the vendor's own.",
    look_at="the Chat that open returns",
    topic=Topic.CONTRACT,
)
async def names_the_chat(bench: Bench) -> None:
    chat = await bench.open("h-7.3")
    found = (chat.integration, chat.handoff_id, chat.attempt, chat.ref)
    same(found, (bench.provider.name, "h-7", 3, "h-7.3"), "integration, handoff, attempt, ref")
    that(chat.vendor_ref, "the vendor's id of the chat is missing")
    same(await bench.chat_ids("h-7.3"), [chat.vendor_ref], "the vendor's chats with our ref")


@_cases.on_provider(
    "waits_in_the_queue",
    Tier.RELAYS,
    "A chat that was just opened waits for an agent at the vendor.",
    look_at="open: does it really start a chat?",
    topic=Topic.CONTRACT,
)
async def waits_in_the_queue(bench: Bench) -> None:
    chat = await bench.open()
    same(await bench.state(chat.ref), "queued", "the new chat")


@_cases.on_provider(
    "twice_is_one_chat",
    Tier.RELAYS,
    "The same ref again is the same chat.",
    look_at=_LOOK,
    needs=[_FINDS],
)
async def twice(bench: Bench) -> None:
    first, second = await bench.open(), await bench.open()
    same(len(await bench.chat_ids("h-1.1")), 1, "chats after opening twice")
    same(second.vendor_ref, first.vendor_ref, "the vendor's id of the second answer")


@_cases.on_provider(
    "twice_after_a_restart",
    Tier.SAFE,
    "Another process that opens the same ref gets the same chat.",
    look_at="open: the list of opened chats must not be in memory",
    needs=[_FINDS],
)
async def twice_after_a_restart(bench: Bench) -> None:
    first = await bench.open()
    await bench.restart()
    second = await bench.open()
    same(second.vendor_ref, first.vendor_ref, "the vendor's id after a restart")
    same(len(await bench.chat_ids("h-1.1")), 1, "chats after opening twice")


@_cases.on_provider(
    "twice_with_an_agent_in_it",
    Tier.SAFE,
    "Opening again finds the chat when an agent has joined meanwhile.",
    look_at="open: the search for the ref must not look at waiting chats only",
    needs=[_FINDS],
)
async def twice_with_an_agent(bench: Bench) -> None:
    first = await bench.joined()
    await bench.send(first, "I am here")
    second = await bench.open()
    same(second.vendor_ref, first.vendor_ref, "the vendor's id of the second answer")
    same(await bench.texts(second), ["I am here"], "what the agent sees")


@_cases.on_provider(
    "attempts_are_different_chats",
    Tier.RELAYS,
    "Two attempts of one handoff are two chats.",
    look_at="open: use ref, not the handoff's or the conversation's id",
)
async def attempts(bench: Bench) -> None:
    first, second = await bench.open("h-1.1"), await bench.open("h-1.2")
    that(first.vendor_ref != second.vendor_ref, "two attempts got one chat")
    await bench.join(second.ref)
    await bench.send(second, "to the second")
    same(await bench.texts(first), [], "messages in the first chat")
    same(await bench.texts(second), ["to the second"], "messages in the second chat")


@_cases.on_provider(
    "one_person_twice",
    Tier.SAFE,
    "Two conversations of one end user are two chats.",
    look_at="open: the person is not the key of a chat",
)
async def one_person_twice(bench: Bench) -> None:
    first, second = await bench.open("h-1.1"), await bench.open("h-2.1")
    that(first.vendor_ref != second.vendor_ref, "two handoffs of one person got one chat")
    await bench.join(first.ref)
    await bench.send(first, "to the first")
    same(await bench.texts(second), [], "messages in the other chat")


@_cases.on_provider(
    "after_a_lost_answer",
    Tier.SAFE,
    "When the answer of open is lost, opening again finds that chat.",
    look_at=_LOOK,
    needs=[_FINDS, faulty("open", "drop_after")],
)
async def after_a_lost_answer(bench: Bench) -> None:
    await _lost(bench, "drop_after")


@_cases.on_provider(
    "after_a_time_out",
    Tier.SAFE,
    "When open times out after the vendor has done it, opening again finds that chat.",
    look_at=_LOOK,
    needs=[_FINDS, faulty("open", "time_out_after")],
)
async def after_a_time_out(bench: Bench) -> None:
    await _lost(bench, "time_out_after")


async def _lost(bench: Bench, fault: str) -> None:
    bench.rig.faults.script("open", fault)
    try:
        await bench.open()
    except (ProviderError, OSError):
        bench.rig.faults.clear()
        await bench.restart()
        await bench.open()
    same(len(await bench.chat_ids("h-1.1")), 1, "chats after a lost answer and a second open")


@_cases.on_provider(
    "that_never_left",
    Tier.SAFE,
    "A connection that was refused says that nothing left, and opens nothing.",
    look_at="the error of a refused connection: RetryableError with sent=False",
    needs=[faulty("open", "drop_before")],
    topic=Topic.TIME_OUTS,
)
async def never_left(bench: Bench) -> None:
    bench.rig.faults.script("open", "drop_before", 50)
    error = await bench.failure(bench.open(), "an open that cannot connect")
    that(isinstance(error, RetryableError), f"{type(error).__name__}, not RetryableError: {error}")
    same(getattr(error, "sent", None), False, "sent of an error of a call that never left")
    bench.rig.faults.clear()
    same(await bench.chat_ids("h-1.1"), [], "chats that were opened")


@_cases.on_provider(
    "keeps_credentials_out_of_state",
    Tier.SAFE,
    "Credentials of a session are in Chat.secrets, which is encrypted, never in Chat.state.",
    look_at="open: move tokens and cookies to Chat.secrets",
    topic=Topic.SECRETS,
)
async def keeps_credentials_out(bench: Bench) -> None:
    chat = await bench.joined()
    text = json.dumps(chat.state)
    hidden = secrets_of(bench.provider.settings) | {
        value.get_secret_value() for value in chat.secrets.values()
    }
    that(not any(secret in text for secret in hidden), "Chat.state holds a secret in clear")
    same(stored_again(chat).secrets, chat.secrets, "Chat.secrets after being stored")


@_cases.on_provider(
    "tells_who_asks_and_why",
    Tier.COMPLETE,
    "The agent sees the name of the end user, and what the bot says it is about.",
    look_at="open: user, reason and summary of the ChatOpening",
    topic=Topic.DETAILS,
)
async def tells_who_asks(bench: Bench) -> None:
    chat = await bench.open(summary="Wants a refund for order 42.")
    about = (await bench.rig.seen(chat.ref)).about
    if about is None:
        return  # the rig cannot look
    text = "\n".join(about)
    that("Maria Pappa" in text, f"the agent does not see who asks: {list(about)}")
    that("refund for order 42" in text, f"the agent does not see what it is about: {list(about)}")


@_cases.on_provider(
    "shows_the_survey",
    Tier.COMPLETE,
    "Answers of the pre-chat survey are shown to the agent.",
    look_at="open: survey of the ChatOpening",
    needs=[declares("update")],
    topic=Topic.DETAILS,
)
async def shows_the_survey(bench: Bench) -> None:
    chat = await bench.open(survey=[{"id": "topic", "question": "What is it about?", "answer": "My order"}])
    details = (await bench.rig.seen(chat.ref)).details
    that(details is not None, "the rig cannot show the details of a chat, though update is declared")
    that("My order" in (details or ()), f"the agent does not see the answer: {details}")


@_cases.in_conversation(
    "requested_twice_at_once",
    Tier.SAFE,
    "One request that comes twice at the same time opens one chat.",
    look_at=_LOOK,
)
async def requested_twice(talk: Conversation) -> None:
    import asyncio

    first, second = await asyncio.gather(talk.request(settle=False), talk.request(settle=False))
    await talk.settle()
    same(second.id, first.id, "the second handoff")
    same(len(await talk.vendor_states()), 1, "chats at the vendor")
    same((await talk.handoff()).state, HandoffState.QUEUED, "the handoff")


@_cases.in_conversation(
    "answer_lost_in_a_conversation",
    Tier.SAFE,
    "A handoff whose open got no answer ends up in exactly one chat, and works.",
    look_at=_LOOK,
    needs=[_FINDS, faulty("open", "time_out_after")],
)
async def answer_lost(talk: Conversation) -> None:
    talk.rig.faults.script("open", "time_out_after")
    await talk.request()
    await talk.pass_time(30)
    same(len(await talk.vendor_states(talk.ref)), 1, "chats at the vendor")
    await talk.join()
    await talk.user_says("hello", "m-1")
    await talk.settle()
    same(await talk.agent_sees(), ["hello"], "what the agent sees")


@_cases.in_conversation(
    "answer_lost_for_good",
    Tier.SAFE,
    "Where a chat cannot be found by our ref, an opening without an answer is not made a second time.",
    look_at="Capabilities.finds_by_ref; open: no repeats of one's own",
    needs=[lacks("finds_by_ref"), faulty("open", "time_out_after")],
)
async def answer_lost_for_good(talk: Conversation) -> None:
    talk.rig.faults.script("open", "time_out_after")
    await talk.request()
    await talk.pass_time(120)
    same(len(await talk.vendor_states()), 1, "chats at the vendor")
    handoff = await talk.handoff()
    same((handoff.state, handoff.outcome), (HandoffState.ENDED, Outcome.FAILED), "the handoff")
    same(len(talk.ends), 1, "ends that the bot was told of")


@_cases.in_conversation(
    "connects_late",
    Tier.SAFE,
    "A vendor that cannot be reached for a moment gets the chat when it can.",
    look_at="the error of a refused connection: RetryableError, not RejectedError",
    needs=[faulty("open", "drop_before")],
    topic=Topic.TIME_OUTS,
)
async def connects_late(talk: Conversation) -> None:
    talk.rig.faults.script("open", "drop_before", 2)
    await talk.request()
    await talk.pass_time(30)
    same((await talk.handoff()).state, HandoffState.QUEUED, "the handoff")
    same(await talk.vendor_states(), ["queued"], "chats at the vendor")


@_cases.on_provider(
    "in_the_queue_of_the_route",
    Tier.SAFE,
    "A chat that the route sends to a queue is opened in that queue.",
    look_at="open: opening.route.queue goes before a queue of the settings",
    needs=[queues],
    topic=Topic.CONTRACT,
)
async def in_the_queue(bench: Bench) -> None:
    plain = bench.opening().route
    chat = await bench.open(route=plain.model_copy(update={"queue": bench.rig.queue}))
    same((await bench.rig.seen(chat.ref)).queue, bench.rig.queue, "the queue that the vendor was told")
