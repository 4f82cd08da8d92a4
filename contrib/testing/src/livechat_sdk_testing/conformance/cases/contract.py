"""What every provider owes to whoever calls it."""

from __future__ import annotations

import json

from livechat_sdk.domain.capabilities import Capabilities, Inbound, WebhookAuth
from livechat_sdk.domain.chats import Chat
from livechat_sdk.domain.ends import EndReason
from livechat_sdk.domain.handoff import Route
from livechat_sdk.errors import LivechatError, WebhookRejected
from livechat_sdk.provider.integration import Finding
from livechat_sdk.provider.interface import Availability, ChatProvider, Sent
from livechat_sdk_testing.conformance.bench import Bench, integration_type
from livechat_sdk_testing.conformance.case import (
    Cases,
    Need,
    Tier,
    Topic,
    faulty,
    http,
    inbound,
    is_a,
    lacks,
    same,
    that,
)

_cases = Cases("contract", Topic.CONTRACT)
_no_webhook = Need(
    "has no webhooks",
    lambda able, _: "it has webhooks" if able.inbound is Inbound.WEBHOOK else None,
)


@_cases.on_provider(
    "is_what_it_says",
    Tier.RELAYS,
    "The integration type builds a ChatProvider of that type and name, without I/O.",
    look_at="IntegrationType.type and build; ChatProvider.type and capabilities",
)
async def is_what_it_says(bench: Bench) -> None:
    kind = integration_type(bench.rig, bench.registry)
    same(kind.kind, "livechat", "the kind of the integration type")
    is_a(bench.provider, ChatProvider, "what build returns")
    same(bench.provider.type, kind.type, "the provider's type")
    same(bench.provider.name, bench.rig.settings["name"], "the provider's name")
    is_a(bench.able, Capabilities, "capabilities")


@_cases.on_provider(
    "webhooks_have_a_proof",
    Tier.RELAYS,
    "A provider with webhooks declares how they prove who sent them.",
    look_at="Capabilities.webhook_auth: NONE refuses everything",
    needs=[inbound(Inbound.WEBHOOK)],
)
async def webhooks_have_a_proof(bench: Bench) -> None:
    that(
        bench.able.webhook_auth is not WebhookAuth.NONE, "webhook_auth is none: its route refuses everything"
    )


@_cases.on_provider(
    "refuses_webhooks_that_it_does_not_have",
    Tier.RELAYS,
    "A provider without webhooks refuses every webhook.",
    look_at="read_webhook: do not override it",
    needs=[_no_webhook],
)
async def refuses_webhooks(bench: Bench) -> None:
    from livechat_sdk.provider.webhooks import WebhookDelivery

    delivery = WebhookDelivery("POST", "/webhooks/x", {}, b"{}", bench.clock.now())
    try:
        bench.provider.read_webhook(delivery)
    except WebhookRejected as refused:
        same(refused.status, 404, "the status for a webhook of a provider without webhooks")
    else:
        that(False, "a webhook was read by a provider that has none")


@_cases.on_provider(
    "two_objects_share_nothing",
    Tier.SAFE,
    "A chat that one process opened is served by another: state is in Chat, not in memory.",
    look_at="attributes of the provider that open fills; put them into Chat.state or Chat.secrets",
)
async def two_objects_share_nothing(bench: Bench) -> None:
    chat = await bench.joined()
    (chat,) = await bench.restart(chat)
    await bench.send(chat, "after the restart", "m-after")
    same(await bench.texts(chat), ["after the restart"], "what the agent sees")
    if bench.able.closes:
        await bench.provider.close(chat, _reason())
        same(await bench.state(chat.ref), "ended", "the chat after close in another process")


@_cases.on_provider(
    "state_is_small_and_plain",
    Tier.SAFE,
    "Chat.state is plain JSON of the declared version and small enough to be written often.",
    look_at="Chat.state in open; a transcript does not belong there",
)
async def state_is_plain(bench: Bench) -> None:
    chat = await bench.open()
    same(chat.state_version, type(bench.provider).state_version, "Chat.state_version")
    text = json.dumps(chat.state)
    that(len(text) < 8_192, f"Chat.state takes {len(text):,} bytes; keep ids and cursors there, no content")


@_cases.on_provider(
    "stop_may_be_called_twice",
    Tier.SAFE,
    "A provider can be stopped twice, and started again.",
    look_at="stop: forget what was closed; start: make it anew",
)
async def stop_twice(bench: Bench) -> None:
    await bench.open()
    await bench.provider.stop()
    await bench.provider.stop()
    (chat,) = await bench.restart(await _reopened(bench))
    await bench.send(chat, "it runs again")
    same(await bench.texts(chat), ["it runs again"], "what the agent sees after a restart")


async def _reopened(bench: Bench) -> Chat:
    await bench.restart()
    return await bench.joined()


@_cases.on_provider(
    "check_only_looks",
    Tier.SAFE,
    "check() answers with findings and changes nothing at the vendor.",
    look_at="check: reads only, no chat, no message",
)
async def check_only_looks(bench: Bench) -> None:
    findings = await bench.provider.check()
    for one in findings:
        is_a(one, Finding, "what check returns")
    same(list(await bench.rig.human.chats()), [], "chats at the vendor after check()")


@_cases.on_provider(
    "send_answers_with_sent",
    Tier.RELAYS,
    "send returns a Sent; the vendor's id of the message, if there is one, is text.",
    look_at="the return of send",
)
async def send_answers(bench: Bench) -> None:
    chat = await bench.joined()
    sent = await bench.send(chat, "hello")
    is_a(sent, Sent, "what send returns")
    same(await bench.texts(chat), ["hello"], "what the agent sees")


@_cases.on_provider(
    "unknown_chats_are_refused",
    Tier.SAFE,
    "A message for a chat that the vendor does not have is an error of the family, never a success.",
    look_at="send: 404 is a RejectedError",
)
async def unknown_chats(bench: Bench) -> None:
    await bench.joined()
    ghost = Chat(
        integration=bench.provider.name,
        handoff_id="h-9",
        ref="h-9.1",
        vendor_ref="999999",
        state=dict.fromkeys((await bench.open("h-2.1")).state, 0),
    )
    error = await bench.failure(bench.provider.send(ghost, bench.planned("anybody?")), "a send to nowhere")
    that(isinstance(error, LivechatError), f"{type(error).__name__} is not of the error family: {error}")


@_cases.on_provider(
    "undeclared_availability_is_unknown",
    Tier.RELAYS,
    "Who does not declare availability answers unknown, and never no.",
    look_at="availability: do not override it, or declare it",
    needs=[lacks("availability")],
)
async def undeclared_availability(bench: Bench) -> None:
    answer = await bench.provider.availability(Route(integration=bench.provider.name, bot="shop-bot"))
    is_a(answer, Availability, "what availability returns")
    same(answer.agents, "unknown", "agents of a provider that cannot tell")


def _reason() -> EndReason:
    return EndReason(by="user", why="resolved")


@_cases.on_provider(
    "check_tells_of_refused_credentials",
    Tier.SAFE,
    "Where the vendor answers 401 to everything, check() has a finding that is an error.",
    look_at="check: refused credentials are a Finding with the status error, not silence and not a crash",
    needs=[http, faulty("availability", "status", status=401)],
)
async def refused_credentials(bench: Bench) -> None:
    bench.rig.refuse_everything(401)
    found = [one.status for one in await bench.provider.check()]
    that("error" in found, f"the vendor refuses the credentials, and check says {found}")


@_cases.on_provider(
    "check_tells_of_what_is_forbidden",
    Tier.SAFE,
    "Where the vendor answers 403 to everything, check() has a finding that warns or is an error.",
    look_at="check: who may do nothing is not told that all is well",
    needs=[http, faulty("availability", "status", status=403)],
)
async def forbidden(bench: Bench) -> None:
    bench.rig.refuse_everything(403)
    found = [one.status for one in await bench.provider.check()]
    that({"error", "warning"} & set(found), f"the vendor forbids everything, and check says {found}")
