"""The rigs of the toy and of the hostile vendors: what the human side does reaches a provider."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contrib.testing.tests.hostile.bench import an_opening
from livechat_sdk.domain.capabilities import Inbound
from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.errors import WebhookRejected
from livechat_sdk.provider.interface import PlannedMessage
from livechat_sdk.provider.webhooks import WebhookDelivery
from livechat_sdk.registry import Registry
from livechat_sdk_testing.clock import VirtualClock
from livechat_sdk_testing.conformance.hostile_rig import HostileRig
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
