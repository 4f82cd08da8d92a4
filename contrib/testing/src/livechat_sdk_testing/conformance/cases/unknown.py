"""Events that the adapter does not know, and fields that it does not expect."""

from __future__ import annotations

import json

from livechat_sdk.domain.chats import MessageReceived, UnknownEvent
from livechat_sdk.domain.handoff import HandoffState
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, plays, same, that, webhooks
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("unknown", Topic.UNKNOWN_EVENTS)


@_cases.on_provider(
    "events_are_told",
    Tier.RELAYS,
    "An event of a new kind becomes an UnknownEvent that names it.",
    look_at="the last branch of the translation: UnknownEvent, not an error and not nothing",
    needs=[plays("unknown_event")],
)
async def events_are_told(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.unknown_event(chat.ref)
    found = await bench.collected(UnknownEvent, chat)
    same(len(found), 1, "unknown events")
    that(found[0].name.strip(), "the unknown event has no name")
    same(bench.refusals, [], "webhooks of the vendor that were refused")


@_cases.in_conversation(
    "events_change_nothing",
    Tier.SAFE,
    "An event of a new kind changes nothing and stops nothing.",
    look_at="the last branch of the translation",
    needs=[plays("unknown_event")],
)
async def events_change_nothing(talk: Conversation) -> None:
    await talk.joined()
    await talk.rig.human.unknown_event(await talk.vendor_ref())
    await talk.settle()
    await talk.say("still here")
    await talk.settle()
    same((await talk.handoff()).state, HandoffState.ACTIVE, "the handoff")
    same(talk.shown, ["still here"], "what the end user sees")


@_cases.on_provider(
    "fields_are_ignored",
    Tier.RELAYS,
    "A known event with fields that nobody has heard of is read as before.",
    look_at="models that forbid extra fields",
    needs=[webhooks],
)
async def fields_are_ignored(bench: Bench) -> None:
    chat = await bench.joined()
    body = bench.webhooks.message(chat.ref, "hello")
    try:
        document = json.loads(body)
    except ValueError:
        return  # not JSON: there is no general way to add a field
    if not isinstance(document, dict):
        return
    more = json.dumps({**document, "brand_new": {"deep": [1, None, "x"]}, "": 0}).encode()
    found = bench.provider.read_webhook(bench.webhooks.sign(more))
    same([event.message.body for event in found if isinstance(event, MessageReceived)], ["hello"], "messages")


@_cases.in_conversation(
    "chats_are_no_error",
    Tier.SAFE,
    "An authentic event about a chat that is not ours is taken, and changes nothing.",
    look_at="read_webhook: it must not look for the chat; the dispatcher does",
    needs=[webhooks],
)
async def chats_are_no_error(talk: Conversation) -> None:
    await talk.joined()
    maker = talk.rig.webhooks
    that(maker is not None, "the rig makes no webhooks")
    if maker is None:
        return
    ref = await talk.vendor_ref()
    chat = next(one for one in await talk.rig.human.chats() if one.ref == ref)
    body = maker.message(ref, "for somebody else").replace(ref.encode(), b"h-strange.1")
    body = body.replace(chat.id.encode(), b"strange-chat")
    same(await talk.bring(maker.sign(body)), 200, "the answer to a webhook about a strange chat")
    await talk.settle()
    same(talk.shown, [], "what the end user sees")
