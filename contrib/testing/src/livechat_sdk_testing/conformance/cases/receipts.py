"""Receipts: what was delivered and read, which only ever rises."""

from __future__ import annotations

from livechat_sdk.domain.chats import MessageDelivered, MessageFailed, MessageRead, MessageReceived
from livechat_sdk.domain.messages import Fate, UserReceipt
from livechat_sdk.errors import UnsupportedFeature
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import (
    CaseFailed,
    Cases,
    Tier,
    Topic,
    declares,
    lacks,
    plays,
    same,
    that,
    webhooks,
)
from livechat_sdk_testing.conformance.conversation import Conversation
from livechat_sdk_testing.conformance.rig import Deliver

_cases = Cases("receipts", Topic.RECEIPTS)
_read = (declares("receipts_to_user"), plays("read", "receipts_to_user"))


@_cases.on_provider(
    "of_the_agent_name_our_message",
    Tier.COMPLETE,
    "That the agent read a message is told with the key of that message.",
    look_at="the translation of receipts: message_key is our key, not the vendor's id",
    needs=_read,
)
async def name_our_message(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.send(chat, "one", "m-1")
    await bench.send(chat, "two", "m-2")
    await bench.rig.human.read(chat.ref)
    await bench.collect(chat)
    same({event.message_key for event in bench.of(MessageRead)}, {"m-1", "m-2"}, "keys of read messages")
    others = {event.message_key for event in bench.of(MessageDelivered)} - {"m-1", "m-2"}
    same(sorted(others), [], "keys of delivered messages that are not ours")


@_cases.on_provider(
    "come_for_nothing_unread",
    Tier.COMPLETE,
    "A message that nobody has read is not told to be read.",
    look_at="the translation of receipts: delivered is not read",
    needs=_read,
)
async def nothing_unread(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.send(chat, "one", "m-1")
    await bench.rig.human.read(chat.ref)
    await bench.send(chat, "two", "m-2")
    await bench.collect(chat)
    same({event.message_key for event in bench.of(MessageRead)}, {"m-1"}, "keys of read messages")


@_cases.on_provider(
    "are_not_about_the_agents_own",
    Tier.SAFE,
    "A receipt of a message of the agent is not told as one of ours.",
    look_at="the translation of receipts: whose message is it?",
    needs=_read,
)
async def not_about_the_agents(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.say(chat.ref, "hello")
    await bench.rig.human.read(chat.ref)
    await bench.collect(chat)
    keys = {event.message.key for event in bench.of(MessageReceived)}
    told = {event.message_key for event in bench.of(MessageRead)}
    told |= {event.message_key for event in bench.of(MessageDelivered)}
    same(sorted(told & keys), [], "receipts about the agent's own messages")


@_cases.in_conversation(
    "raise_the_fate",
    Tier.COMPLETE,
    "A message that the agent has read is seen, and the end user's side is told.",
    look_at="the translation of receipts",
    needs=_read,
)
async def raise_the_fate(talk: Conversation) -> None:
    await talk.joined()
    await talk.user_says("hello", "m-1")
    await talk.settle()
    await talk.rig.human.read(await talk.vendor_ref())
    await talk.settle()
    same(await talk.fate("m-1"), Fate.SEEN, "the message")
    that(("m-1", "read") in talk.receipts, f"receipts for the end user's side: {talk.receipts}")


@_cases.in_conversation(
    "never_go_back",
    Tier.SAFE,
    "Receipts that come in the wrong order, or again, never make a read message unread.",
    look_at="the translation of receipts; their event ids",
    needs=[*_read, webhooks],
)
async def never_go_back(talk: Conversation) -> None:
    await talk.joined()
    await talk.user_says("hello", "m-1")
    await talk.settle()
    held = talk.rig.deliver
    before = len(talk.deliveries)
    talk.rig.deliver = _keep(talk)
    await talk.rig.human.read(await talk.vendor_ref())
    await talk.rig.pump()
    talk.rig.deliver = held
    kept = talk.deliveries[before:]
    for delivery in (*reversed(kept), *kept):
        await talk.bring(delivery)
    await talk.settle()
    same(await talk.fate("m-1"), Fate.SEEN, "the message")
    told = [status for key, status in talk.receipts if key == "m-1"]
    that("delivered" not in told[told.index("read") :], f"receipts for the end user's side: {told}")


def _keep(talk: Conversation) -> Deliver:
    async def keep(delivery: WebhookDelivery) -> int:
        talk.deliveries.append(delivery)
        return 200

    return keep


@_cases.in_conversation(
    "never_take_back_the_end",
    Tier.SAFE,
    "A receipt that comes after the end changes the message, and not the handoff.",
    look_at="the translation of receipts",
    needs=[*_read, webhooks],
)
async def after_the_end(talk: Conversation) -> None:
    await talk.joined()
    await talk.user_says("hello", "m-1")
    await talk.settle()
    await talk.rig.human.read(await talk.vendor_ref())
    await talk.settle()
    await talk.rig.human.end(await talk.vendor_ref())
    await talk.pass_time(30)
    before = await talk.handoff()
    for delivery in list(talk.deliveries):
        await talk.bring(delivery)
    await talk.settle()
    same(await talk.handoff(), before, "the handoff")


@_cases.on_provider(
    "of_the_end_user_reach_the_vendor",
    Tier.COMPLETE,
    "The vendor is told that the end user has, and has read, a message of the agent.",
    look_at="receipt: which id does the vendor want?",
    needs=[declares("receipts_to_agent")],
)
async def reach_the_vendor(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.say(chat.ref, "hello")
    (event,) = await bench.collected(MessageReceived, chat)
    key = event.message.key
    await bench.provider.receipt(chat, UserReceipt(message_key=key, status="delivered"))
    await bench.provider.receipt(chat, UserReceipt(message_key=key, status="read"))
    told = (await bench.rig.seen(chat.ref)).receipts
    if told is None:
        raise CaseFailed("the rig cannot show receipts, though receipts_to_agent is declared (Seen.receipts)")
    words = [one.partition(" ")[0] for one in told]
    that("read" in words, f"receipts at the vendor: {list(told)}")
    that(words.index("read") == len(words) - 1, f"receipts at the vendor go back: {list(told)}")


@_cases.on_provider(
    "undeclared_are_unsupported",
    Tier.RELAYS,
    "Who does not declare receipts says so when asked.",
    look_at="Capabilities.receipts_to_agent and receipt: both or none",
    needs=[lacks("receipts_to_agent")],
    topic=Topic.CONTRACT,
)
async def undeclared(bench: Bench) -> None:
    chat = await bench.joined()
    receipt = UserReceipt(message_key="x", status="read")
    error = await bench.failure(bench.provider.receipt(chat, receipt), "a receipt that is not declared")
    that(isinstance(error, UnsupportedFeature), f"{type(error).__name__}, not UnsupportedFeature")


@_cases.on_provider(
    "of_failure_name_our_message",
    Tier.SAFE,
    "A message that the vendor takes back is told with our key and a reason.",
    look_at="the translation of failures",
    needs=[plays("fail_message")],
)
async def of_failure(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.send(chat, "one", "m-1")
    await bench.rig.human.fail_message(chat.ref, "m-1", "too rude")
    found = await bench.collected(MessageFailed, chat)
    same([event.message_key for event in found], ["m-1"], "failed messages")


@_cases.in_conversation(
    "of_failure_are_not_hidden",
    Tier.SAFE,
    "A message that the vendor takes back is refused in the ledger, with the reason.",
    look_at="the translation of failures",
    needs=[plays("fail_message")],
)
async def not_hidden(talk: Conversation) -> None:
    await talk.joined()
    await talk.user_says("hello", "m-1")
    await talk.settle()
    await talk.rig.human.fail_message(await talk.vendor_ref(), "m-1", "too rude")
    await talk.settle()
    same(await talk.fate("m-1"), Fate.REFUSED, "the message")
