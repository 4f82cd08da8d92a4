"""``GET /metrics``: the text, and who may read it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from livechat_sdk.gateway.app import create_app
from livechat_sdk.gateway.metrics import RequestMeters, as_text
from livechat_sdk.telemetry.meters import Book, gauge
from tests.gateway.world import BEARER, World, a_body, a_client, error_of
from tests.tree import ROOT

SCRAPE_ONLY = "scrape-token-of-at-least-16-characters"


def values(text: str) -> Mapping[tuple[str, ...], float]:
    """Samples by name and label values (in the order of the labels' names)."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_counts_are_told_in_the_text_format(world: World) -> None:
    made = await world.client.post("/v1/handoffs", json=a_body())
    await world.client.post(f"/v1/handoffs/{made.json()['id']}/messages", json={"key": "m-1", "body": "hi"})
    await world.dispatcher.wait_idle()
    answer = await world.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    found = values(answer.text)
    assert found["livechat_handoffs", "queued"] == 1
    assert found["livechat_handoff_states_total", "requested"] == 1
    assert found["livechat_fates_total", "to_provider", "sent"] == 1
    assert found["livechat_action_seconds_count", "send_message", "done"] == 1
    assert found["livechat_requests_total", "requestHandoff", "201"] == 1
    assert "hi" not in {label for key in found for label in key}


async def test_whoever_has_no_token_is_refused_and_counted(world: World) -> None:
    refused = await world.stranger.get("/metrics")
    assert refused.status_code == 401
    assert error_of(refused)["code"] == "unauthorised"
    assert (await world.stranger.get("/metrics", headers={"authorization": "Bearer no"})).status_code == 401
    found = values((await world.client.get("/metrics")).text)
    assert found["livechat_requests_refused_total", "unauthorised", "getMetrics"] == 2
    assert found["livechat_requests_total", "getMetrics", "401"] == 2


async def test_token_for_metrics_opens_nothing_else(world: World) -> None:
    app = create_app(
        world.dispatcher,
        tokens=[SecretStr(BEARER["authorization"].split()[1])],
        metrics_tokens=[SecretStr(SCRAPE_ONLY)],
    )
    async with a_client(app, headers={"authorization": f"Bearer {SCRAPE_ONLY}"}) as scraper:
        assert (await scraper.get("/metrics")).status_code == 200
        assert (await scraper.get("/v1/availability?bot=shop-bot")).status_code == 401
    async with a_client(app, headers=BEARER) as platform:
        assert (await platform.get("/metrics")).status_code == 200


async def test_refusals_of_the_gateway_itself_are_counted(world: World) -> None:
    large = await world.stranger.post("/webhooks/toy", content=b"x" * (1024 * 1024 + 1))
    assert large.status_code == 413
    forged = await world.stranger.post("/webhooks/toy", content=b"{}")
    assert forged.status_code == 401
    found = values((await world.client.get("/metrics")).text)
    assert found["livechat_requests_refused_total", "body_too_large", "takeWebhook"] == 1
    assert found["livechat_requests_refused_total", "webhook_unauthorised", "takeWebhook"] == 1
    assert found["livechat_webhook_bodies_refused_total", "body_too_large", "toy"] == 1
    assert found["livechat_webhooks_refused_total", "toy", "unauthorised", "401"] == 1


def test_text_keeps_labels_help_and_buckets() -> None:
    book = Book()
    book.counter("odd", 'A "help" with\nlines.', "name").add('with "quotes", \\ and\nlines')
    histogram = book.histogram("late_seconds", "Late.", "by", bounds=(0.5, 1.0))
    histogram.observe(0.5, "me")
    histogram.observe(3.0, "me")
    text = as_text([*book.families(), gauge("now", "Now.", {(): math.pi})]).decode()
    found = values(text)
    assert found["odd_total", 'with "quotes", \\ and\nlines'] == 1
    assert found["late_seconds_bucket", "me", "0.5"] == 1
    assert found["late_seconds_bucket", "me", "1.0"] == 1
    assert found["late_seconds_bucket", "me", "+Inf"] == found["late_seconds_count", "me"] == 2
    assert found["late_seconds_sum", "me"] == 3.5
    assert found["now",] == pytest.approx(math.pi)
    assert "# TYPE late_seconds histogram" in text


async def test_reference_page_lists_every_name_with_its_labels(world: World) -> None:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8")
    rows = re.findall(r"^\| ((?:`livechat_\w+`(?:, )?)+) \| ([^|]*)\|", page, re.MULTILINE)
    names = [(name, labels) for listed, labels in rows for name in re.findall(r"`(\w+)`", listed)]
    listed = {name: tuple(re.findall(r"`(\w+)`", labels)) for name, labels in names}
    assert len(listed) == len(names) > 40
    families = [*await world.dispatcher.metrics(), *RequestMeters().book.families()]
    assert listed == {one.name + ("_total" if one.kind == "counter" else ""): one.labels for one in families}
