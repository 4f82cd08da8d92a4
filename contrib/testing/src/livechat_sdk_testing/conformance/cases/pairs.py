"""Two integrations of one type at once."""

from __future__ import annotations

from typing import Any

from livechat_sdk.domain.chats import EventEnvelope
from livechat_sdk.errors import WebhookRejected
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.case import Cases, Tier, Topic, same, that, webhooks
from livechat_sdk_testing.conformance.conversation import Conversation

_cases = Cases("pairs", Topic.TWO_OF_A_TYPE)
_OTHER = "other"
_SECRET = "the-secret-of-the-other-integration-1"
_LOOK = "whatever the class keeps instead of the object; names of types where the integration's belongs"


@_cases.on_provider(
    "have_their_own_names",
    Tier.SAFE,
    "Chats and events carry the name of their integration.",
    look_at="Chat.integration and EventEnvelope.integration: self.name",
)
async def names(bench: Bench) -> None:
    chat = await bench.joined()
    await bench.rig.human.say(chat.ref, "hello")
    await bench.collect(chat)
    same({event.integration for event in bench.of(EventEnvelope)}, {bench.provider.name}, "names in events")
    second = bench.build(name=_OTHER)
    await bench.start_another(second)
    same(second.name, _OTHER, "the name of the second")
    same(bench.provider.name, bench.rig.settings["name"], "the name of the first")
    other = await second.open(bench.opening("h-2.1", route={"integration": _OTHER, "bot": "shop-bot"}))
    same(other.integration, _OTHER, "the integration of its chat")
    await second.stop()


@_cases.on_provider(
    "have_their_own_secrets",
    Tier.RELAYS,
    "A webhook of one integration is not accepted by the other.",
    look_at="secrets that the class or the module keeps",
    needs=[webhooks],
)
async def secrets(bench: Bench) -> None:
    chat = await bench.joined()
    second = bench.build(**{"name": _OTHER, bench.rig.secret_setting: _SECRET})
    body = bench.webhooks.message(chat.ref, "hello")
    for provider, secret in ((second, None), (bench.provider, _SECRET)):
        try:
            provider.read_webhook(bench.webhooks.sign(body, secret=secret))
        except WebhookRejected:
            continue
        that(False, f"{provider.name} accepted a webhook that was signed for the other integration")
    found = second.read_webhook(bench.webhooks.sign(body, secret=_SECRET))
    same({event.integration for event in found}, {_OTHER}, "names in events of the second")


@_cases.on_provider(
    "stop_alone",
    Tier.SAFE,
    "Stopping one integration leaves the other running.",
    look_at="clients and connections that the class or the module keeps",
)
async def stop_alone(bench: Bench) -> None:
    second = bench.build(name=_OTHER)
    await bench.start_another(second)
    await second.open(bench.opening("h-2.1"))
    await second.stop()
    chat = await bench.joined()
    await bench.send(chat, "still here")
    same(await bench.texts(chat), ["still here"], "what the agent sees")


@_cases.in_conversation(
    "keep_conversations_apart",
    Tier.SAFE,
    "Two conversations at two integrations of one type never meet.",
    look_at=_LOOK,
)
async def apart(talk: Conversation) -> None:
    await talk.stop()
    talk.extra = {_OTHER: {**dict[str, Any](talk.rig.settings), "name": _OTHER}}
    talk.webhook_targets = [talk.name, _OTHER]
    await talk.start()
    first = await talk.request(1)
    second = await talk.request(2, bot=f"bot-of-{_OTHER}")
    refs = [await talk.vendor_ref(first.id), await talk.vendor_ref(second.id)]
    for ref in refs:
        await talk.join(ref=ref)
        await talk.rig.human.say(ref, f"for {ref}")
    await talk.settle()
    for handoff, ref in ((first, refs[0]), (second, refs[1])):
        talk.handoff_id = handoff.id
        await talk.user_says(f"from {ref}", "m-1")
        await talk.settle()
        same(await talk.agent_sees(ref), [f"from {ref}"], f"what the agent sees in {ref}")
    shown = {(one.handoff_id, one.message.body) for one in talk.shown_messages}
    wanted = {(first.id, f"for {refs[0]}"), (second.id, f"for {refs[1]}")}
    same(shown, wanted, "what the two end users see")
    same(len(talk.shown_messages), 2, "messages that were shown")


@_cases.in_conversation(
    "of_one_integration_are_apart_too",
    Tier.RELAYS,
    "Two conversations at one integration never meet.",
    look_at=_LOOK,
)
async def one_integration(talk: Conversation) -> None:
    first, second = await talk.request(1), await talk.request(2)
    refs = [await talk.vendor_ref(first.id), await talk.vendor_ref(second.id)]
    for ref in refs:
        await talk.join(ref=ref)
    for handoff, ref in ((first, refs[0]), (second, refs[1])):
        talk.handoff_id = handoff.id
        await talk.user_says(f"from {ref}", "m-1")
        await talk.rig.human.say(ref, f"for {ref}")
    await talk.settle()
    for ref in refs:
        same(await talk.agent_sees(ref), [f"from {ref}"], f"what the agent sees in {ref}")
    shown = {(one.handoff_id, one.message.body) for one in talk.shown_messages}
    same(shown, {(first.id, f"for {refs[0]}"), (second.id, f"for {refs[1]}")}, "what the two end users see")
