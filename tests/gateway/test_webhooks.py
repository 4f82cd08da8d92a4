"""Webhooks: raw bytes to the provider, an answer after the commit, and nothing told to strangers."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from livechat_sdk.domain.chats import ProviderEvent
from livechat_sdk.errors import StoreError, WebhookRejected
from livechat_sdk.provider import WebhookDelivery
from livechat_sdk_testing.toy import ToyProvider
from tests.gateway.world import World, error_of


async def _deliver(world: World, delivery: WebhookDelivery, path: str = "/webhooks/toy") -> httpx.Response:
    return await world.stranger.post(path, content=delivery.body, headers=dict(delivery.headers))


async def test_delivery_is_applied_before_it_is_answered(world: World) -> None:
    identity = await world.a_handoff()
    answer = await _deliver(world, world.plugin.delivery("joined", name="Maria"))
    assert (answer.status_code, answer.json()) == (200, {"events": 1})
    stored = await world.dispatcher.store.load(identity)
    assert stored is not None
    assert stored.state == "active"


async def test_repeated_event_is_answered_2xx_and_changes_nothing(world: World) -> None:
    identity = await world.an_active_handoff()
    delivery = world.plugin.delivery("message", text="hello", id="evt-77")
    answers = [await _deliver(world, delivery) for _ in range(3)]
    assert [(one.status_code, one.json()["events"]) for one in answers] == [(200, 1), (200, 0), (200, 0)]
    await world.dispatcher.wait_idle()
    assert world.channel.texts == ["hello"]
    assert (await world.dispatcher.handoff(identity)).is_live


async def test_event_that_belongs_to_nothing_yet_is_kept_and_answered_2xx(world: World) -> None:
    answer = await _deliver(world, world.plugin.delivery("joined", ref="nobody-knows-it"))
    assert (answer.status_code, answer.json()) == (200, {"events": 0})


async def test_event_of_an_erased_chat_is_answered_2xx_and_counted(world: World) -> None:
    identity = await world.an_active_handoff()
    ref = world.plugin.vendor.ref
    await world.dispatcher.erase(handoff_id=identity, end_live=True)
    answer = await _deliver(world, world.plugin.delivery("message", ref=ref, text="late"))
    assert (answer.status_code, answer.json()) == (200, {"events": 0})
    metrics = await world.client.get("/metrics")
    assert 'livechat_events_erased_total{integration="toy"} 1' in metrics.text
    gone = await world.client.get(f"/v1/handoffs/{identity}")
    assert (gone.status_code, error_of(gone)["code"]) == (404, "handoff_not_found")


async def test_authentic_event_that_is_unknown_is_taken(world: World) -> None:
    await world.an_active_handoff()
    answer = await _deliver(world, world.plugin.delivery("something_new"))
    assert answer.status_code == 200


async def test_provider_gets_the_very_bytes_and_headers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[WebhookDelivery] = []

    def read(self: ToyProvider, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        seen.append(delivery)
        return ()

    monkeypatch.setattr(ToyProvider, "read_webhook", read)
    raw = b'\xff\xfe {"a":  1}\r\n\x00'
    headers = [("X-Signature", "one"), ("X-Signature", "two"), ("Content-Type", "application/octet-stream")]
    answer = await world.stranger.post("/webhooks/toy", content=raw, headers=headers)
    assert answer.status_code == 200
    [delivery] = seen
    assert delivery.body == raw
    assert (delivery.method, delivery.path) == ("POST", "/webhooks/toy")
    assert delivery.header("x-signature") == "one, two"
    assert delivery.received_at == world.clock.now()


# ----------------------------------------------------------------------------------------------- fail closed
@pytest.mark.parametrize("key", ["", "wrong", "toy-key-of-at-least-16-characterz"])
async def test_wrong_key_is_a_401_that_does_not_say_why(
    world: World, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    identity = await world.a_handoff()
    answer = await _deliver(world, world.plugin.delivery("joined", secret=key))
    assert answer.status_code == 401
    assert error_of(answer)["code"] == "webhook_unauthorised"
    assert "X-Toy-Key" not in answer.text
    assert "X-Toy-Key" in caplog.text
    assert (await world.dispatcher.handoff(identity)).is_waiting


async def test_bearer_token_opens_no_webhook(world: World) -> None:
    await world.a_handoff()
    delivery = world.plugin.delivery("joined", secret="wrong")
    answer = await world.client.post("/webhooks/toy", content=delivery.body, headers=dict(delivery.headers))
    assert answer.status_code == 401


async def test_integration_without_a_secret_has_no_webhook_route(world: World) -> None:
    await world.a_handoff()
    answer = await _deliver(world, world.plugin.delivery("joined"), "/webhooks/mute")
    assert answer.status_code == 404
    error = error_of(answer)
    assert error["code"] == "no_webhook"
    assert "'mute'" in error["message"]
    assert "secret" in error["hint"]


@pytest.mark.parametrize("name", ["nobody", "toy/more", "TOY", "x" * 5000, "%F0%9F%98%80"])
async def test_unknown_integration_is_a_404_that_lists_none(world: World, name: str) -> None:
    answer = await world.stranger.post(f"/webhooks/{name}", content=b"{}")
    assert answer.status_code == 404
    assert error_of(answer)["code"] == "unknown_integration"
    assert "mute" not in answer.text
    assert len(answer.content) < 1000


async def test_body_that_is_no_event_is_a_400(world: World) -> None:
    answer = await world.stranger.post(
        "/webhooks/toy", content=b"][", headers={"x-toy-key": world.plugin.key}
    )
    assert (answer.status_code, error_of(answer)["code"]) == (400, "webhook_unreadable")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_other_methods_are_refused(world: World, method: str) -> None:
    answer = await world.stranger.request(method, "/webhooks/toy")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("status", "answered", "code"),
    [
        (400, 400, "webhook_unreadable"),
        (401, 401, "webhook_unauthorised"),
        (403, 403, "webhook_unauthorised"),
        (404, 404, "no_webhook"),
        (413, 413, "body_too_large"),
        (415, 415, "unsupported_media_type"),
        (503, 503, "webhook_unavailable"),
        (200, 401, "webhook_unauthorised"),
        (302, 401, "webhook_unauthorised"),
        (999, 401, "webhook_unauthorised"),
    ],
)
async def test_refusal_of_a_provider_keeps_its_status_and_loses_its_words(
    world: World, monkeypatch: pytest.MonkeyPatch, status: int, answered: int, code: str
) -> None:
    def reject(self: ToyProvider, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        raise WebhookRejected(f"expected {world.plugin.key}", status=status)

    monkeypatch.setattr(ToyProvider, "read_webhook", reject)
    answer = await world.stranger.post("/webhooks/toy", content=b"{}")
    assert (answer.status_code, error_of(answer)["code"]) == (answered, code)
    assert world.plugin.key not in answer.text
    assert ("retry-after" in answer.headers) == (answered == 503)


async def test_provider_that_crashes_is_no_500_with_a_stack_trace(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(self: ToyProvider, delivery: WebhookDelivery) -> Sequence[ProviderEvent]:
        raise ZeroDivisionError("canary")

    monkeypatch.setattr(ToyProvider, "read_webhook", crash)
    answer = await world.stranger.post("/webhooks/toy", content=b"{}")
    assert answer.status_code == 503, "the vendor sends it again"
    assert "canary" not in answer.text


async def test_store_that_is_down_is_a_503_so_that_the_vendor_tries_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.a_handoff()
    delivery = world.plugin.delivery("joined")

    async def broken(change: Any) -> Any:
        raise StoreError("canary")

    with monkeypatch.context() as patch:
        patch.setattr(world.dispatcher.store, "apply", broken)
        answer = await _deliver(world, delivery)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "canary" not in answer.text
    again = await _deliver(world, delivery)
    assert (again.status_code, again.json()) == (200, {"events": 1})


async def test_secrets_and_bodies_are_in_no_answer_and_no_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await world.a_handoff()
    canary = {"x-toy-key": world.plugin.key, "x-extra": "canary-header"}
    event = json.dumps({"id": "e", "ref": "r", "event": "canary-body"}).encode()
    said = ""
    for content in (b"canary-body", event):
        for headers in (canary, {**canary, "x-toy-key": "canary-guess"}):
            answer = await world.stranger.post("/webhooks/toy", content=content, headers=headers)
            said += answer.text + str(answer.headers)
    for secret in ("canary-body", "canary-header", "canary-guess", world.plugin.key):
        assert secret not in said
        assert secret not in caplog.text
