"""The order of what is said."""

from __future__ import annotations

from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, declares, faulty, lacks, same, that
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("order", Topic.ORDER)
_TWENTY = [f"line {number}" for number in range(1, 21)]


@_cases.in_conversation(
    "of_the_end_user",
    Tier.RELAYS,
    "Twenty messages of the end user arrive in order.",
    look_at="send: it must return only when the vendor has the message",
)
async def of_the_end_user(talk: Conversation) -> None:
    await talk.joined()
    for number, text in enumerate(_TWENTY):
        await talk.user_says(text, f"m-{number}")
    await talk.settle()
    same(await talk.agent_sees(), _TWENTY, "what the agent sees")


@_cases.in_conversation(
    "of_the_agent",
    Tier.RELAYS,
    "Twenty messages of the agent arrive in order.",
    look_at="the order of the events that read_webhook, poll or listen return",
)
async def of_the_agent(talk: Conversation) -> None:
    await talk.joined()
    for text in _TWENTY:
        await talk.say(text)
    await talk.settle()
    same(talk.shown, _TWENTY, "what the end user sees")


@_cases.in_conversation(
    "both_at_once",
    Tier.RELAYS,
    "Two people who write at once keep their own order.",
    look_at="state that send and incoming events share",
)
async def both_at_once(talk: Conversation) -> None:
    await talk.joined()
    for number in range(8):
        await talk.user_says(f"user {number}", f"m-{number}")
        await talk.say(f"agent {number}")
    await talk.settle()
    same(await talk.agent_sees(), [f"user {n}" for n in range(8)], "what the agent sees")
    same(talk.shown, [f"agent {n}" for n in range(8)], "what the end user sees")


@_cases.in_conversation(
    "from_before_the_join",
    Tier.SAFE,
    "What the end user wrote while waiting reaches the agent, in order, before what came later.",
    look_at="Capabilities.send_before_join: declare it only if the vendor keeps early messages in order",
)
async def from_before_the_join(talk: Conversation) -> None:
    await talk.request()
    for number in range(3):
        await talk.user_says(f"waiting {number}", f"w-{number}")
    await talk.settle()
    await talk.join()
    await talk.user_says("at last", "m-1")
    await talk.settle()
    same(await talk.agent_sees(), ["waiting 0", "waiting 1", "waiting 2", "at last"], "what the agent sees")


@_cases.on_provider(
    "early_messages_are_kept",
    Tier.SAFE,
    "Where send_before_join is declared, a message from the queue is there when the agent comes.",
    look_at="Capabilities.send_before_join",
    needs=[declares("send_before_join")],
)
async def early_messages(bench: Bench) -> None:
    chat = await bench.open()
    await bench.send(chat, "I am waiting", "w-1")
    await bench.join(chat.ref)
    await bench.send(chat, "thank you", "m-1")
    same(await bench.texts(chat), ["I am waiting", "thank you"], "what the agent sees")


@_cases.in_conversation(
    "early_messages_are_held",
    Tier.SAFE,
    "Where it is not declared, nothing is sent before an agent is there.",
    look_at="Capabilities.send_before_join",
    needs=[lacks("send_before_join")],
)
async def early_messages_are_held(talk: Conversation) -> None:
    await talk.request()
    await talk.user_says("I am waiting", "w-1")
    await talk.settle()
    same(await talk.agent_sees(), [], "what was sent to a chat that nobody has joined")
    await talk.join()
    same(await talk.agent_sees(), ["I am waiting"], "what the agent sees after joining")


@_cases.in_conversation(
    "kept_by_a_failure",
    Tier.SAFE,
    "A message that fails at first does not let the next one overtake it.",
    look_at="send: raise, so that the lane waits; do not hand messages to a task",
    needs=[faulty("send", "drop_before")],
)
async def kept_by_a_failure(talk: Conversation) -> None:
    await talk.joined()
    talk.rig.faults.script("send", "drop_before")
    for number in range(3):
        await talk.user_says(f"m {number}", f"m-{number}")
    await talk.pass_time(30)
    same(await talk.agent_sees(), ["m 0", "m 1", "m 2"], "what the agent sees")


@_cases.in_conversation(
    "of_events_may_change",
    Tier.SAFE,
    "Events that change places on their way are all applied, each once.",
    look_at="event ids and refs; no state that expects an order of events",
    needs=[faulty("webhook", "reorder")],
)
async def of_events(talk: Conversation) -> None:
    await talk.joined()
    await talk.say("one")
    talk.rig.faults.script("webhook", "reorder")
    await talk.say("two")
    await talk.pass_time(60)
    same(sorted(talk.shown), ["one", "two"], "what the end user sees")


@_cases.in_conversation(
    "of_events_is_told",
    Tier.SAFE,
    "Where tells_order is declared, times say which message was first, also when events have changed places.",
    look_at="Message.sent_at: the vendor's time of the message, not of the delivery",
    needs=[declares("tells_order"), faulty("webhook", "reorder")],
)
async def of_events_is_told(talk: Conversation) -> None:
    await talk.joined()
    for text in ("one", "two", "three"):
        if text == "two":
            talk.rig.faults.script("webhook", "reorder")
        await talk.say(text)
        await talk.pass_time(0.5)
    await talk.pass_time(60)
    timed = [one.message for one in talk.shown_messages if one.message.sent_at is not None]
    same(len(timed), 3, "how many messages have a time")
    ordered = sorted(timed, key=lambda message: str(message.sent_at))
    same([message.body for message in ordered], ["one", "two", "three"], "the messages by their times")


@_cases.in_conversation(
    "of_late_events",
    Tier.SAFE,
    "An event that comes late is applied all the same.",
    look_at="event ids and times: a late event is not an old one",
    needs=[faulty("webhook", "delay", seconds=20.0)],
)
async def of_late_events(talk: Conversation) -> None:
    await talk.joined()
    talk.rig.faults.script("webhook", "delay", seconds=20.0)
    await talk.say("late")
    await talk.say("in time")
    await talk.pass_time(90)
    same(sorted(talk.shown), ["in time", "late"], "what the end user sees")


@_cases.on_provider(
    "of_one_page",
    Tier.RELAYS,
    "Messages that come together are told oldest first.",
    look_at="read_webhook, poll: the vendor's newest-first lists",
)
async def of_one_page(bench: Bench) -> None:
    chat = await bench.joined()
    for number in range(5):
        await bench.rig.human.say(chat.ref, f"line {number}")
        await bench.clock.advance(1)
    found = [event.message.body for event in await bench.collected(MessageReceived, chat)]
    same(found, [f"line {number}" for number in range(5)], "the messages in order")
    times = [event.vendor_at for event in bench.of(MessageReceived) if event.vendor_at is not None]
    that(times == sorted(times), f"vendor_at goes back: {times}")
    ages = [(bench.clock.now() - when).total_seconds() for when in times]
    that(all(0 <= age <= 60 for age in ages), f"vendor_at is {ages} seconds ago: is its time zone read?")
