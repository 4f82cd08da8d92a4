"""The rigs of the toy and of the hostile vendors: what the human side does reaches a provider."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contrib.testing.tests.conformance.parley_rig import ParleyRig
from contrib.testing.tests.hostile.bench import an_opening
from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.chats import MessageReceived, ProviderEvent
from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider.interface import PlannedMessage
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk.registry import Registry
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.bench import Bench
from livechat_sdk_testing.conformance.hostile_rig import HostileRig
from livechat_sdk_testing.conformance.listening import Ears, secrets_in
from livechat_sdk_testing.conformance.rig import Rig
from livechat_sdk_testing.conformance.toy_rig import ToyRig
from livechat_sdk_testing.hostile import Traits


def toy() -> Rig:
    return ToyRig(VirtualClock())


def webhooks() -> Rig:
    return HostileRig(VirtualClock(), Traits(inbound=Inbound.WEBHOOK))


@pytest.mark.parametrize("make", [toy, webhooks])
async def test_what_agents_do_arrives_as_webhooks_and_what_we_send_is_seen(make: Callable[[], Rig]) -> None:
    rig = make()
    provider = Registry({"kit": rig.plugin}).build(rig.settings, now=rig.clock.now)
    events: list[ProviderEvent] = []

    async def deliver(delivery: WebhookDelivery) -> int:
        events.extend(provider.read_webhook(delivery))
        return 200

    rig.deliver = deliver
    chat = await provider.open(an_opening("h-1.1", at=rig.clock.now()))
    await provider.send(chat, PlannedMessage(key="m-1", body="hello", sent_at=rig.clock.now()))
    await rig.human.join(chat.ref)
    await rig.human.read(chat.ref)
    rig.faults.script("webhook", "repeat")
    await rig.human.say(chat.ref, "good morning")
    await rig.human.unknown_event(chat.ref)
    await rig.human.end(chat.ref)
    await rig.pump()

    assert list(await rig.human.texts(chat.ref)) == ["hello"]
    assert list((await rig.seen(chat.ref)).texts) == ["hello"]
    assert [event.kind for event in events] == [
        "agent_joined",
        "message_delivered",
        "message_read",
        "message_received",
        "message_received",
        "unknown_event",
        "chat_ended",
    ]
    assert events[3].id == events[4].id


@pytest.mark.parametrize("make", [toy, webhooks])
async def test_a_webhook_can_be_forged(make: Callable[[], Rig]) -> None:
    rig = make()
    provider = Registry({"kit": rig.plugin}).build(rig.settings, now=rig.clock.now)
    await provider.open(an_opening("h-1.1", at=rig.clock.now()))
    maker = rig.webhooks
    assert maker is not None
    body = maker.message("h-1.1", "I am nobody")
    assert len(provider.read_webhook(maker.sign(body))) == 1

    with pytest.raises(WebhookRejected):
        provider.read_webhook(maker.sign(body, secret="somebody-else's-key"))


async def test_the_rig_of_a_simulator_knows_tokens_and_the_queue_and_whether_links_work(
    tmp_path: Path,
) -> None:
    rig = ParleyRig(VirtualClock())
    bench = Bench(rig, tmp_path, Ears())
    async with bench.running():
        chat = await bench.joined(route=bench.opening().route.model_copy(update={"queue": "billing"}))
        await rig.human.say(chat.ref, "here", file=("guide.pdf", "application/pdf", b"%PDF-1.7\n"))
        (event,) = await bench.collected(MessageReceived, chat)
        link = event.message.attachments[0].url

        assert (await rig.seen(chat.ref)).queue == "billing"
        assert await rig.link_works(link)
        await bench.clock.advance(3600)
        assert not await rig.link_works(link)
        await bench.send(chat, "hello")  # with a new token
        assert len(rig.tokens) == 2
        assert set(rig.tokens) | {"a-client-secret-of-the-simulator"} <= bench.hidden(chat)


def test_what_is_secret_in_a_document_is_known_by_its_name() -> None:
    document = {
        "clientSecret": "a-secret-value",
        "keyId": "not-a-secret",
        "webhookKey": ["the-new-secret", "the-old-secret"],
        "accounts": [{"password": "password-of-ann", "name": "Ann Marsh of Athens"}],
        "token": "short",
    }
    assert secrets_in(document) == {"a-secret-value", "the-new-secret", "the-old-secret", "password-of-ann"}
