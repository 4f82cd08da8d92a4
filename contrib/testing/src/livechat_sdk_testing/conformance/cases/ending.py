"""How a chat ends: from each side, and from both at once."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from livechat_sdk.domain.answers import NotLive
from livechat_sdk.domain.chats import Chat, ChatEnded
from livechat_sdk.domain.ends import WHO, WHY, EndReason, Outcome
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk.domain.messages import Fate
from livechat_sdk.errors import LivechatError, ProviderError
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, declares, faulty, same, that
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("ending", Topic.ENDS)
_BYE = EndReason(by="user", why="resolved")
_CLOSE = "close: a chat that is over already is no error"
_closes = declares("closes")


@_cases.on_provider(
    "by_the_agent_is_told",
    Tier.RELAYS,
    "An end by the agent is told as the agent's.",
    look_at="the translation of the end event: by and why",
)
async def by_the_agent(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.end(chat.ref)
    await bench.collect(chat)
    same([event.by for event in bench.of(ChatEnded)][:1], ["agent"], "who ended it")


@_cases.in_conversation(
    "by_the_agent_completes",
    Tier.RELAYS,
    "When the agent ends the chat, the bot has the conversation again, once.",
    look_at="the translation of the end event",
)
async def completes(talk: Conversation) -> None:
    await talk.joined()
    await talk.rig.human.end(await talk.vendor_ref())
    await talk.pass_time(60)
    handoff = await talk.handoff()
    same((handoff.state, handoff.outcome), (HandoffState.ENDED, Outcome.COMPLETED), "the handoff")
    same(len(talk.ends), 1, "ends that the bot was told of")


@_cases.in_conversation(
    "by_the_end_user_completes",
    Tier.RELAYS,
    "When the end user ends it, the chat is over at the vendor too.",
    look_at="close",
    needs=[_closes],
)
async def by_the_end_user(talk: Conversation) -> None:
    await talk.joined()
    ref = await talk.vendor_ref()
    await talk.end()
    await talk.pass_time(30)
    same((await talk.handoff()).outcome, Outcome.COMPLETED, "the outcome")
    same(await talk.vendor_states(ref), ["ended"], "the chat at the vendor")
    same(len(talk.ends), 1, "ends that the bot was told of")


@_cases.in_conversation(
    "while_waiting_cancels",
    Tier.RELAYS,
    "An end user who gives up waiting leaves no chat in the vendor's queue.",
    look_at="close of a chat that nobody has joined",
    needs=[_closes],
)
async def while_waiting(talk: Conversation) -> None:
    await talk.request()
    ref = await talk.vendor_ref()
    await talk.end()
    await talk.pass_time(30)
    same((await talk.handoff()).outcome, Outcome.CANCELLED, "the outcome")
    same(await talk.vendor_states(ref), ["ended"], "the chat at the vendor")


@_cases.in_conversation(
    "by_the_clock_is_missed",
    Tier.SAFE,
    "A request that nobody takes in time is missed, and leaves no chat in the vendor's queue.",
    look_at="close of a chat that nobody has joined",
    needs=[_closes],
    request_timeout="1m",
)
async def by_the_clock(talk: Conversation) -> None:
    await talk.request()
    ref = await talk.vendor_ref()
    await talk.pass_time(120)
    same((await talk.handoff()).outcome, Outcome.MISSED, "the outcome")
    same(await talk.vendor_states(ref), ["ended"], "the chat at the vendor")


@_cases.on_provider("twice_is_once", Tier.SAFE, "Closing twice is no error.", look_at=_CLOSE, needs=[_closes])
async def twice(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.provider.close(chat, _BYE)
    await bench.provider.close(chat, _BYE)
    same(await bench.state(chat.ref), "ended", "the chat at the vendor")
    ends = {event.id for event in await bench.collected(ChatEnded, chat)}
    that(len(ends) <= 1, f"closing twice told {len(ends)} ends")


@_cases.on_provider(
    "for_any_reason",
    Tier.SAFE,
    "A chat can be closed whoever ends it and whatever for.",
    look_at="close: the words of EndReason that the vendor does not have",
    needs=[_closes],
)
async def any_reason(bench: Bench) -> None:
    for number, (by, why) in enumerate((by, why) for by in WHO for why in WHY):
        chat = await bench.open(f"h-{number}.1")
        await bench.provider.close(chat, EndReason.model_validate({"by": by, "why": why, "raw": "λόγος"}))
        same(await bench.state(chat.ref), "ended", f"a chat closed by {by}, {why}")


@_cases.on_provider(
    "after_the_agent_is_fine",
    Tier.SAFE,
    "Closing a chat that the agent has ended is no error.",
    look_at=_CLOSE,
)
async def after_the_agent(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.end(chat.ref)
    await bench.provider.close(chat, _BYE)
    same(await bench.state(chat.ref), "ended", "the chat at the vendor")


@_cases.on_provider(
    "closes_one_chat_only",
    Tier.SAFE,
    "Closing one chat leaves the others open.",
    look_at="close: by the chat's id, not by the person's",
    needs=[_closes],
)
async def one_only(bench: Bench) -> None:
    first, second = await bench.joined("h-1.1"), await bench.joined("h-2.1")
    await bench.provider.close(first, _BYE)
    same((await bench.state("h-1.1"), await bench.state("h-2.1")), ("ended", "active"), "the two chats")
    await bench.send(second, "still here")
    same(await bench.texts(second), ["still here"], "what the agent sees in the other chat")


@_cases.on_provider(
    "refuses_what_comes_later",
    Tier.SAFE,
    "A message for a chat that is over is refused, not swallowed.",
    look_at="send: what the vendor answers for a chat that is over is a RejectedError",
)
async def refuses_later(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.end(chat.ref)
    error = await bench.failure(bench.send(chat, "too late"), "a send to a chat that is over")
    that(isinstance(error, ProviderError), f"{type(error).__name__} is not of the family: {error}")
    same(await bench.texts(chat), [], "what the agent sees")


@_cases.on_provider(
    "leaves_updates_harmless",
    Tier.SAFE,
    "Details for a chat that is over are nothing, or an error of the family.",
    look_at="update after the end",
    needs=[declares("update")],
)
async def updates_harmless(bench: Bench) -> None:
    from livechat_sdk.provider.interface import ChatDetails

    chat = await bench.joined()
    await bench.rig.human.end(chat.ref)
    with suppress(LivechatError):
        await bench.provider.update(chat, ChatDetails())
    same(await bench.state(chat.ref), "ended", "the chat at the vendor")


@_cases.in_conversation(
    "shows_the_last_words",
    Tier.RELAYS,
    "What the agent says right before the end is shown, before the end.",
    look_at="the order of message and end in read_webhook or poll",
    topic=Topic.END_RACES,
)
async def last_words(talk: Conversation) -> None:
    await talk.joined()
    ref = await talk.vendor_ref()
    await talk.say("Goodbye!")
    await talk.rig.human.end(ref)
    await talk.pass_time(60)
    same(talk.shown, ["Goodbye!"], "what the end user sees")
    kinds = [one.kind for one in talk.channel.shown if one.kind in {"message", "handoff_ended"}]
    same(kinds, ["message", "handoff_ended"], "the order")


@_cases.in_conversation(
    "from_both_sides_at_once",
    Tier.SAFE,
    "An end from each side at the same time is one end.",
    look_at=_CLOSE,
    topic=Topic.END_RACES,
)
async def both_sides(talk: Conversation) -> None:
    await talk.joined()
    ref = await talk.vendor_ref()
    await talk.rig.human.end(ref)
    await asyncio.gather(talk.dispatcher.end(talk.handoff_id, by="user"), talk.rig.pump())
    await talk.pass_time(90)
    same((await talk.handoff()).state, HandoffState.ENDED, "the handoff")
    same(len(talk.ends), 1, "ends that the bot was told of")
    same(await talk.vendor_states(ref), ["ended"], "the chat at the vendor")
    same(await talk.dispatcher.parked(talk.handoff_id), [], "what was given up")


@_cases.in_conversation(
    "while_close_is_under_way",
    Tier.SAFE,
    "An agent who ends the chat while we close it changes nothing.",
    look_at=_CLOSE,
    needs=[_closes],
    topic=Topic.END_RACES,
)
async def while_closing(talk: Conversation) -> None:
    await talk.joined()
    ref = await talk.vendor_ref()

    async def act() -> None:
        await talk.rig.human.end(ref)

    talk.before("close", act)
    await talk.end()
    await talk.pass_time(60)
    same(len(talk.ends), 1, "ends that the bot was told of")
    same(await talk.vendor_states(ref), ["ended"], "the chat at the vendor")
    same(await talk.dispatcher.parked(talk.handoff_id), [], "what was given up")


@_cases.in_conversation(
    "while_a_message_is_on_its_way",
    Tier.SAFE,
    "A message that the end user writes into a chat that is just over is not said to be sent.",
    look_at="send: what the vendor answers for a chat that is over",
    topic=Topic.END_RACES,
)
async def message_on_its_way(talk: Conversation) -> None:
    await talk.joined()
    ref = await talk.vendor_ref()
    await talk.rig.human.end(ref)
    answer = await talk.user_says("one more thing", "m-1")
    await talk.pass_time(90)
    same((await talk.handoff()).state, HandoffState.ENDED, "the handoff")
    if isinstance(answer, NotLive):
        return  # the end was known already, and the platform keeps its message
    fate = await talk.fate("m-1")
    that(fate in {Fate.REFUSED, Fate.DROPPED}, f"a message that nobody got is {fate}")


@_cases.in_conversation(
    "before_open_has_returned",
    Tier.SAFE,
    "An end user who leaves while the chat is being opened leaves no chat behind.",
    look_at="close right after open",
    needs=[_closes],
    topic=Topic.END_RACES,
)
async def before_open_returned(talk: Conversation) -> None:
    async def act() -> None:
        handoffs = await talk.dispatcher.store.handoffs(limit=1)
        await talk.dispatcher.end(handoffs[0].id, by="user")

    talk.after("open", act)
    await talk.request()
    await talk.pass_time(120)
    same((await talk.handoff()).outcome, Outcome.CANCELLED, "the outcome")
    same(await talk.vendor_states(talk.ref), ["ended"], "the chat at the vendor")


@_cases.in_conversation(
    "that_fails_at_first",
    Tier.SAFE,
    "A close that fails is tried again until the vendor's side is over; the bot does not wait for it.",
    look_at="close: raise, so that it is tried again",
    needs=[_closes, faulty("close", "status", status=503)],
)
async def fails_at_first(talk: Conversation) -> None:
    await talk.joined()
    ref = await talk.vendor_ref()
    talk.rig.faults.script("close", "status", 2, status=503)
    await talk.end()
    await talk.pass_time(200)
    same(await talk.vendor_states(ref), ["ended"], "the chat at the vendor")
    same(len(talk.ends), 1, "ends that the bot was told of")


@_cases.in_conversation(
    "whose_answer_is_lost",
    Tier.SAFE,
    "A close whose answer is lost is repeated without harm.",
    look_at=_CLOSE,
    needs=[_closes, faulty("close", "time_out_after")],
    topic=Topic.TIME_OUTS,
)
async def answer_lost(talk: Conversation) -> None:
    await talk.joined()
    ref = await talk.vendor_ref()
    talk.rig.faults.script("close", "time_out_after")
    await talk.end()
    await talk.pass_time(120)
    same(await talk.vendor_states(ref), ["ended"], "the chat at the vendor")
    same(await talk.dispatcher.parked(talk.handoff_id), [], "what was given up")


@_cases.in_conversation(
    "that_overtakes_a_message",
    Tier.SAFE,
    "A message that comes after the end, which it should have preceded, is not shown to the bot's user.",
    look_at="events after the end: they are kept by the dispatcher, not applied",
    needs=[faulty("webhook", "delay", seconds=20.0)],
    topic=Topic.END_RACES,
)
async def overtakes(talk: Conversation) -> None:
    await talk.joined()
    ref = await talk.vendor_ref()
    talk.rig.faults.script("webhook", "delay", seconds=20.0)
    await talk.say("late words")
    await talk.rig.human.end(ref)
    await talk.pass_time(120)
    same((await talk.handoff()).state, HandoffState.ENDED, "the handoff")
    kinds = [one.kind for one in talk.channel.shown if one.kind in {"message", "handoff_ended"}]
    that(kinds[-1] == "handoff_ended", f"something was shown after the end: {kinds}")
    if talk.able.history:
        same(talk.shown, ["late words"], "what the end user sees (the history has it)")


@_cases.on_provider(
    "of_a_chat_whose_answer_was_lost",
    Tier.SAFE,
    "A chat of which only our reference is known is closed at the vendor, or closing it fails: it is never"
    " said to be closed while it waits there.",
    look_at="close: look the chat up by ref where vendor_ref is None, or raise RejectedError",
    needs=[_closes],
)
async def of_a_lost_answer(bench: Bench) -> None:
    opened = await bench.open()
    known = Chat(
        integration=opened.integration,
        handoff_id=opened.handoff_id,
        attempt=opened.attempt,
        ref=opened.ref,
        state_version=opened.state_version,
    )
    try:
        await bench.provider.close(known, _BYE)
    except ProviderError:
        return
    same(await bench.state(opened.ref), "ended", "a chat that is said to be closed")
