"""What comes twice, and what only looks as if it did."""

from __future__ import annotations

from livechat_sdk.domain.chats import EventEnvelope, MessageRead, MessageReceived
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, declares, faulty, same, that, webhooks
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("duplicates", Topic.DUPLICATES)
_LOOK = "the ids of events: the vendor's own, or made from what never changes in a repetition"


@_cases.on_provider(
    "have_the_same_id",
    Tier.RELAYS,
    "A webhook that comes twice gives events with the same ids.",
    look_at=_LOOK,
    needs=[webhooks],
)
async def have_the_same_id(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.say(chat.ref, "hello")
    await bench.rig.human.end(chat.ref)
    await bench.collect(chat)
    that(bench.deliveries, "the vendor sent no webhook")
    for delivery in list(bench.deliveries):
        first = [event.id for event in bench.provider.read_webhook(delivery)]
        await bench.clock.advance(1)
        again = [event.id for event in bench.provider.read_webhook(delivery)]
        same(again, first, "ids of a repeated webhook")


@_cases.on_provider(
    "of_the_same_text_are_none",
    Tier.RELAYS,
    "Two messages with the same words are two events, and two messages.",
    look_at="the ids of events and messages: words alone are no id",
)
async def same_text(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.say(chat.ref, "yes")
    await bench.rig.human.say(chat.ref, "yes")
    found = await bench.collected(MessageReceived, chat)
    same([event.message.body for event in found], ["yes", "yes"], "messages")
    that(found[0].id != found[1].id, "two events have one id")
    that(found[0].message.key != found[1].message.key, "two messages have one key")


@_cases.on_provider(
    "between_chats_are_none",
    Tier.SAFE,
    "Events of two chats never have the same id, whatever is said there.",
    look_at="the ids of events: a number that each chat counts for itself needs the chat's id beside it",
)
async def between_chats(bench: Bench) -> None:
    first, second = await bench.joined("h-1.1"), await bench.joined("h-2.1")
    for chat in (first, second):
        await bench.rig.human.say(chat.ref, "hello")
        await bench.rig.human.end(chat.ref)
    await bench.collect(first, second)
    by_id: dict[str, set[bool]] = {}
    for event in bench.of(EventEnvelope):
        mine = first.ref in event.refs or first.vendor_ref in event.refs
        by_id.setdefault(event.id, set()).add(mine)
    shared = [name for name, sides in by_id.items() if len(sides) > 1]
    that(not shared, f"ids that two chats share: {shared}")
    same(len({event.message.key for event in bench.of(MessageReceived)}), 2, "different message keys")


@_cases.on_provider(
    "of_other_kinds_are_none",
    Tier.SAFE,
    "Everything that happens in a chat has an id of its own, however often something like it happens.",
    look_at="the ids of events: typing, places in the queue, receipts and joins happen more than once",
)
async def of_other_kinds(bench: Bench) -> None:
    human, can = bench.rig.human, bench.rig.can
    before = await bench.open("h-9.1")
    chat = await bench.open()
    await bench.collect(before, chat)
    if "queue" in can:
        await bench.rig.move_up(chat.ref)
        await bench.collect(before, chat)
    await bench.join(chat.ref)
    for number in range(2):
        await bench.send(chat, f"me {number}", f"m-{number}")
        await human.say(chat.ref, f"agent {number}")
        if "typing" in can:
            await human.typing(chat.ref, True)
            await bench.clock.advance(10)
            await human.typing(chat.ref, False)
        if "read" in can:
            await human.read(chat.ref)
        await bench.clock.advance(10)
    if "transfer" in can:
        await human.transfer(chat.ref, "second line")
        await bench.join(chat.ref, "Beth")
    await human.end(chat.ref)
    await bench.collect(before, chat)
    told: dict[str, str] = {}
    for event in bench.of(EventEnvelope):
        content = repr(event.model_dump(exclude={"received_at"}))
        that(
            told.setdefault(event.id, content) == content,
            f"two events have the id {event.id}; one is a {type(event).__name__}",
        )


@_cases.on_provider(
    "after_a_restart_are_none",
    Tier.SAFE,
    "Ids of events do not start again with the process.",
    look_at="counters in memory that go into ids",
)
async def after_a_restart(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.say(chat.ref, "before")
    before = {event.id for event in await bench.collect(chat)}
    (chat,) = await bench.restart(chat)
    await bench.rig.human.say(chat.ref, "after")
    found = await bench.collected(MessageReceived, chat)
    same([event.message.body for event in found if event.id not in before], ["after"], "new messages")


@_cases.in_conversation(
    "on_their_way",
    Tier.RELAYS,
    "A message that the vendor tells us twice is shown once.",
    look_at=_LOOK,
    needs=[faulty("webhook", "repeat")],
)
async def on_their_way(talk: Conversation) -> None:
    await talk.joined()
    talk.rig.faults.script("webhook", "repeat")
    await talk.say("only once")
    await talk.pass_time(60)
    same(talk.shown, ["only once"], "what the end user sees")


@_cases.in_conversation(
    "of_everything",
    Tier.SAFE,
    "All webhooks of a whole conversation, repeated, change nothing.",
    look_at=_LOOK,
    needs=[webhooks],
)
async def of_everything(talk: Conversation) -> None:
    await talk.joined()
    await talk.user_says("hello", "m-1")
    await talk.settle()
    if "typing" in talk.rig.can:
        await talk.rig.human.typing(await talk.vendor_ref(), True)
    await talk.say("good morning")
    await talk.rig.human.end(await talk.vendor_ref())
    await talk.pass_time(30)
    before, shown = await talk.handoff(), len(talk.channel.deliveries)
    for delivery in list(talk.deliveries):
        await talk.bring(delivery)
    await talk.settle()
    same(await talk.handoff(), before, "the handoff after all webhooks came again")
    same(len(talk.channel.deliveries), shown, "what was told to the end user's side")


@_cases.in_conversation(
    "of_the_end_user",
    Tier.RELAYS,
    "A message that the platform hands over twice reaches the agent once.",
    look_at="send: one call of ours is one message",
)
async def of_the_end_user(talk: Conversation) -> None:
    await talk.joined()
    await talk.user_says("once", "m-1")
    await talk.user_says("once", "m-1")
    await talk.settle()
    same(await talk.agent_sees(), ["once"], "what the agent sees")


@_cases.on_provider(
    "of_a_key_are_one_message",
    Tier.SAFE,
    "Where dedupes_by_key is declared, the same key again adds nothing.",
    look_at="Capabilities.dedupes_by_key: declare it only where the vendor promises it",
    needs=[declares("dedupes_by_key")],
)
async def of_a_key(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.send(chat, "once", "m-1")
    await bench.send(chat, "once", "m-1")
    (chat,) = await bench.restart(chat)
    await bench.send(chat, "once", "m-1")
    same(await bench.texts(chat), ["once"], "what the agent sees of one key")


@_cases.on_provider(
    "of_words_are_two_messages",
    Tier.RELAYS,
    "Two messages of the end user with the same words both arrive.",
    look_at="send: what is deduped is the key, not the text",
)
async def of_words(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.send(chat, "hello?", "m-1")
    await bench.send(chat, "hello?", "m-2")
    same(await bench.texts(chat), ["hello?", "hello?"], "what the agent sees")


@_cases.on_provider(
    "of_long_keys_are_none",
    Tier.SAFE,
    "Keys may be 200 characters long, and differ only at the end.",
    look_at="send and was_sent: a key that the vendor has no room for is hashed, not cut",
)
async def of_long_keys(bench: Bench) -> None:
    chat = await bench.joined()
    keys = [f"{'k' * 198}-{number}" for number in (1, 2)]
    await bench.send(chat, "one", keys[0])
    if bench.able.looks_up_by_key:
        await bench.clock.advance(bench.able.lookup_lag + 0.001)
        known = [await bench.provider.was_sent(chat, key) for key in keys]
        same(known, [True, False], "was_sent of two long keys, of which the first was sent")
    await bench.send(chat, "two", keys[1])
    same(await bench.texts(chat), ["one", "two"], "what the agent sees")
    if "read" in bench.rig.can and bench.able.receipts_to_user:
        await bench.rig.human.read(chat.ref)
        await bench.collect(chat)
        same({event.message_key for event in bench.of(MessageRead)}, set(keys), "keys of read messages")


@_cases.on_provider(
    "of_keys_in_two_chats",
    Tier.SAFE,
    "The same key in two chats is two messages.",
    look_at="send: the key is unique in its chat, not at the vendor",
)
async def of_keys_in_two_chats(bench: Bench) -> None:
    first, second = await bench.joined("h-1.1"), await bench.joined("h-2.1")
    await bench.send(first, "one", "m-1")
    await bench.send(second, "two", "m-1")
    same((await bench.texts(first), await bench.texts(second)), (["one"], ["two"]), "the two chats")
