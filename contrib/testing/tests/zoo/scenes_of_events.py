"""Scenes in which mistaken proofs, events and histories show."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final

from contrib.testing.tests.zoo import strangers_events as events
from contrib.testing.tests.zoo import strangers_webhooks as hooks
from contrib.testing.tests.zoo.misbehaving import GREEK, OLD_SECRET, PNG, Scene, Scenes
from livechat_sdk.domain.chats import MessageReceived
from livechat_sdk.errors import (
    WebhookRejected,
)
from livechat_sdk.registry import Registry
from livechat_sdk_testing.parley.provider import ParleyProvider

SCENES: Final = Scenes()


# ---- the proof of webhooks


@SCENES.shows(hooks.ParsedAndDumped)
async def _(scene: Scene) -> bool:
    await scene.human.say("h-1.1", GREEK)
    deliveries = await scene.arrived()
    return any(scene.refusal(one) is not None for one in deliveries)


def _rotating(scene: Scene) -> ParleyProvider:
    return scene.another(webhookKey=[scene.parley.webhook_secrets[0], OLD_SECRET])


@SCENES.shows(hooks.FirstSecretOnly)
async def _(scene: Scene) -> bool:
    return scene.refusal(scene.signed(secret=OLD_SECRET), _rotating(scene)) is not None


@SCENES.shows(hooks.FirstSignatureOnly)
async def _(scene: Scene) -> bool:
    two = scene.with_header(lambda good: good.replace("v1=", f"v1={'0' * 64},v1="))
    return scene.refusal(two) is not None


@SCENES.shows(hooks.UnsignedPasses)
async def _(scene: Scene) -> bool:
    return scene.refusal(scene.with_header(lambda _: None)) is None


@SCENES.shows(hooks.AnyTime)
async def _(scene: Scene) -> bool:
    return scene.refusal(scene.signed(at=scene.clock.now() - timedelta(days=1))) is None


@SCENES.shows(hooks.FutureTime)
async def _(scene: Scene) -> bool:
    return scene.refusal(scene.signed(at=scene.clock.now() + timedelta(days=1))) is None


@SCENES.shows(hooks.ZippedComparison)
async def _(scene: Scene) -> bool:
    return scene.refusal(scene.with_header(lambda good: good[:-20])) is None


@SCENES.shows(hooks.TimeIsNoNumber)
async def _(scene: Scene) -> bool:
    error = scene.refusal(scene.with_header(lambda good: f"t=soon,{good.partition(',')[2]}"))
    return isinstance(error, ValueError)


@SCENES.shows(hooks.TextCompared)
async def _(scene: Scene) -> bool:
    return isinstance(scene.refusal(scene.with_header(lambda good: f"{good}é")), TypeError)


@SCENES.shows(hooks.OneKeyForAll)
async def _(scene: Scene) -> bool:
    scene.another(webhookKey=OLD_SECRET)
    return scene.refusal(scene.signed()) is not None


@SCENES.shows(hooks.TellsWhatItWanted)
async def _(scene: Scene) -> bool:
    right = (scene.signed(b"{}").header("Parley-Signature") or "").partition("v1=")[2]
    delivery = scene.signed(b"{}", secret=OLD_SECRET)
    return right in str(scene.refusal(delivery))


@SCENES.shows(hooks.RefusedAsServerError)
async def _(scene: Scene) -> bool:
    return not isinstance(scene.refusal(scene.signed(secret=OLD_SECRET)), WebhookRejected)


@SCENES.shows(hooks.HeadersInRaw)
async def _(scene: Scene) -> bool:
    delivery = scene.signed()
    [event] = scene.provider.read_webhook(delivery)
    return (delivery.header("Parley-Signature") or "") in json.dumps(event.raw)


@SCENES.shows(hooks.ReadsBeforeProof)
async def _(scene: Scene) -> bool:
    delivery = scene.signed()
    return scene.provider.read_webhook(delivery) != scene.provider.read_webhook(delivery)


@SCENES.shows(hooks.NoKeyNoProof)
async def _(scene: Scene) -> bool:
    document = {name: value for name, value in scene.rig.settings.items() if name != "webhookKey"}
    try:
        closed = Registry({"parley": scene.rig.plugin}).build(document)
    except Exception:  # noqa: BLE001 - the sound adapter does not do without
        return False
    assert isinstance(closed, ParleyProvider)
    return scene.refusal(scene.signed(), closed) is None


# ---- events


@SCENES.shows(events.TimeAsId)
async def _(scene: Scene) -> bool:
    async def twice() -> None:
        await scene.human.say("h-1.1", "one")
        await scene.human.say("h-1.1", "two")

    return len({event.id for event in await scene.heard(twice())}) == 1


@SCENES.shows(events.RandomId)
async def _(scene: Scene) -> bool:
    delivery = scene.signed()
    return len({scene.provider.read_webhook(delivery)[0].id for _ in range(2)}) == 2


@SCENES.shows(events.SignatureAsId)
async def _(scene: Scene) -> bool:
    body = scene.rig.webhooks.message("h-1.1", "hi")
    times = (scene.clock.now(), scene.clock.now() + timedelta(seconds=5))
    return len({scene.provider.read_webhook(scene.signed(body, at=at))[0].id for at in times}) == 2


@SCENES.shows(events.ContentAsId)
async def _(scene: Scene) -> bool:
    said = [scene.provider.read_webhook(scene.signed())[0] for _ in range(2)]
    return said[0].id == said[1].id


@SCENES.shows(events.OnlyVendorRef)
async def _(scene: Scene) -> bool:
    return "h-1.1" not in (await scene.heard(scene.human.join("h-1.1")))[0].refs


@SCENES.shows(events.EventIdAsMessageKey)
async def _(scene: Scene) -> bool:
    return await _key_differs(scene)


@SCENES.shows(events.OtherKeyInHistory)
async def _(scene: Scene) -> bool:
    return await _key_differs(scene)


async def _key_differs(scene: Scene) -> bool:
    before = scene.clock.now()
    [told] = await scene.heard(scene.human.say("h-1.1", "hi"))
    [kept] = await scene.finish(scene.history(before))
    assert isinstance(told, MessageReceived)
    return told.message.key != kept.message.key


@SCENES.shows(events.LeftIsEnded)
async def _(scene: Scene) -> bool:
    await scene.human.join("h-1.1")
    return "chat_ended" in await scene.kinds(scene.human.leave("h-1.1"))


@SCENES.shows(events.TransferIsEnded)
async def _(scene: Scene) -> bool:
    await scene.human.join("h-1.1")
    return "chat_ended" in await scene.kinds(scene.human.transfer("h-1.1", "sales"))


@SCENES.shows(events.AcceptedIsJoined)
async def _(scene: Scene) -> bool:
    return "agent_joined" in await scene.kinds(scene.human.accept("h-1.1"))


@SCENES.shows(events.QueuedIsJoined)
async def _(scene: Scene) -> bool:
    return "agent_joined" in [event.kind for event in await scene.heard()]


@SCENES.shows(events.AlwaysEndedByAgent)
async def _(scene: Scene) -> bool:
    [event] = await scene.heard(scene.human.end("h-1.1", "inactive"))
    return event.kind == "chat_ended" and event.by == "agent"


@SCENES.shows(events.UnknownRaises)
@SCENES.shows(events.UnknownRefused)
async def _(scene: Scene) -> bool:
    await scene.arrived()
    await scene.human.unknown_event("h-1.1")
    [delivery] = await scene.arrived()
    return scene.refusal(delivery) is not None


@SCENES.shows(events.PositionFromZero)
async def _(scene: Scene) -> bool:
    return any(event.kind == "queue_updated" and event.queue.position == 0 for event in await scene.heard())


@SCENES.shows(events.Echo)
async def _(scene: Scene) -> bool:
    return "message_received" in await scene.kinds(scene.send("mine"))


@SCENES.shows(events.FailureIgnored)
@SCENES.shows(events.FailedIsDelivered)
async def _(scene: Scene) -> bool:
    await scene.send()
    return "message_failed" not in await scene.kinds(scene.human.fail_message("h-1.1", "k-1", "spam"))


@SCENES.shows(events.ReceiptByVendorId)
async def _(scene: Scene) -> bool:
    await scene.send()
    [event] = await scene.heard(scene.human.fail_message("h-1.1", "k-1", "spam"))
    return event.kind == "message_failed" and event.message_key != "k-1"


@SCENES.shows(events.TypesForEver)
async def _(scene: Scene) -> bool:
    [event] = await scene.heard(scene.human.typing("h-1.1", False))
    return event.kind == "typing_changed" and event.on


async def _said(scene: Scene, **fields: Any) -> MessageReceived | None:
    told = await scene.heard(scene.human.say("h-1.1", **fields))
    return next((one for one in told if isinstance(one, MessageReceived)), None)


@SCENES.shows(events.ChoicesLost)
async def _(scene: Scene) -> bool:
    said = await _said(scene, text="Which?", choices=("Yes", "No"))
    return said is not None and not said.message.choices


@SCENES.shows(events.FileWithoutTextLost)
async def _(scene: Scene) -> bool:
    return await _said(scene, text="", file=PNG) is None


@SCENES.shows(events.TextWithFileLost)
async def _(scene: Scene) -> bool:
    said = await _said(scene, text="look", file=PNG)
    return said is not None and said.message.body != "look"


@SCENES.shows(events.LinesJoined)
async def _(scene: Scene) -> bool:
    said = await _said(scene, text="1. one\n2. two")
    return said is not None and "\n" not in said.message.body


@SCENES.shows(events.NaiveTimes)
async def _(scene: Scene) -> bool:
    said = await _said(scene, text="hi")
    return said is not None and said.vendor_at is not None and said.vendor_at.tzinfo is None


@SCENES.shows(events.AgentForgotten)
async def _(scene: Scene) -> bool:
    told = await scene.heard(scene.human.join("h-1.1", "Nora"))
    return [one.agent.name for one in told if one.kind == "agent_joined"] != ["Nora"]


# ---- history


@SCENES.shows(events.NewestFirst)
async def _(scene: Scene) -> bool:
    before = scene.clock.now()
    for text in ("one", "two"):
        await scene.human.say("h-1.1", text)
    return [one.message.body for one in await scene.finish(scene.history(before))] == ["two", "one"]


@SCENES.shows(events.FirstPageOnly)
async def _(scene: Scene) -> bool:
    before = scene.clock.now()
    for number in range(150):
        await scene.human.say("h-1.1", str(number))
    return len(await scene.finish(scene.history(before))) < 150


@SCENES.shows(events.FilesLostInHistory)
async def _(scene: Scene) -> bool:
    before = scene.clock.now()
    await scene.human.say("h-1.1", "look", file=PNG)
    [kept] = await scene.finish(scene.history(before))
    return not kept.message.attachments


@SCENES.shows(events.SinceRoundedUp)
async def _(scene: Scene) -> bool:
    before = scene.clock.now()
    await scene.human.say("h-1.1", "at once")
    return not await scene.finish(scene.history(before))


@SCENES.shows(events.HistoryHasOurs)
async def _(scene: Scene) -> bool:
    before = scene.clock.now()
    await scene.send("mine")
    return bool(await scene.finish(scene.history(before)))
