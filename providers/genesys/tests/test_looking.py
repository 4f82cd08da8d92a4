"""Availability, and what ``livechat doctor`` looks at."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from livechat_sdk.domain.handoff import Route
from livechat_sdk.errors import AuthError, RetryableError
from livechat_sdk.provider.integration import Finding
from livechat_sdk.provider.interface import Availability
from providers.genesys.tests.bench import INTEGRATION, NOW, QUEUE, Answers, a_provider, an_error

OTHER = "5c6f7d88-0000-4000-8000-00000000000c"


def route(queue: str | None = None) -> Route:
    return Route(integration="genesys", bot="shop-bot", queue=queue)


def observed(**counts: int) -> httpx.Response:
    data = [{"metric": name, "stats": {"count": count}} for name, count in counts.items()]
    return httpx.Response(200, json={"results": [{"group": {"queueId": QUEUE}, "data": data}]})


def estimated(*seconds: int) -> httpx.Response:
    results = [{"formula": "BEST", "estimatedWaitTimeSeconds": one} for one in seconds]
    return httpx.Response(200, json={"results": results})


# ---- availability


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        ({"oOnQueueUsers": 2, "oWaiting": 3}, Availability(agents="yes", waiting=3, estimate=40.0, at=NOW)),
        ({"oOnQueueUsers": 0, "oWaiting": 0}, Availability(agents="no", waiting=0, estimate=40.0, at=NOW)),
        ({"oWaiting": 1}, Availability(waiting=1, estimate=40.0, at=NOW)),
        ({}, Availability(estimate=40.0, at=NOW)),
    ],
)
async def test_who_is_on_queue_and_who_waits_is_told_with_its_age(
    counts: dict[str, int], wanted: Availability
) -> None:
    answers = Answers()
    answers.script("POST query", observed(**counts))
    answers.script("GET estimatedwaittime", estimated(40, 50))
    async with a_provider(answers, queueIds=[QUEUE]) as provider:
        assert await provider.availability(route()) == wanted
    (question,) = answers.of("POST query")
    assert question["filter"]["clauses"][0]["predicates"][0]["value"] == QUEUE


async def test_several_queues_count_together_and_have_no_estimate() -> None:
    answers = Answers()
    groups = [
        {"group": {"queueId": one}, "data": [{"metric": "oOnQueueUsers", "stats": {"count": 1}}]}
        for one in (QUEUE, OTHER)
    ]
    answers.script("POST query", httpx.Response(200, json={"results": groups}))
    async with a_provider(answers, queueIds=[QUEUE, OTHER]) as provider:
        assert await provider.availability(route()) == Availability(agents="yes", at=NOW)
    assert answers.names() == ["POST query"]


async def test_queue_of_a_route_goes_before_and_its_name_is_looked_up_once() -> None:
    answers = Answers()
    named = {"entities": [{"id": OTHER, "name": "Billing"}, {"id": QUEUE, "name": "Billing, old"}]}
    answers.script("GET queues", httpx.Response(200, json=named))
    answers.script("POST query", *(observed(oOnQueueUsers=1) for _ in range(3)))
    async with a_provider(answers, queueIds=[QUEUE]) as provider:
        for queue in ("Billing", "Billing", OTHER):
            assert (await provider.availability(route(queue))).agents == "yes"
    assert answers.names().count("GET queues") == 1
    asked = [body["filter"]["clauses"][0]["predicates"][0]["value"] for body in answers.of("POST query")]
    assert asked == [OTHER] * 3


async def test_what_nobody_may_ask_or_knows_is_unknown() -> None:
    answers = Answers()
    answers.script("POST query", an_error(403, "missing.any.permissions"))
    answers.script(
        "GET queues", httpx.Response(200, json={"entities": []}), an_error(403, "missing.permissions")
    )
    async with a_provider(answers) as provider:
        assert await provider.availability(route()) == Availability()
        assert await provider.availability(route(QUEUE)) == Availability()
        assert await provider.availability(route("nowhere")) == Availability()
        assert await provider.availability(route("nowhere")) == Availability()


async def test_estimate_that_is_not_to_be_had_is_unknown_and_the_rest_is_told() -> None:
    for answer in (estimated(), an_error(403, "missing.permissions"), an_error(404, "not.found")):
        answers = Answers()
        answers.script("POST query", observed(oOnQueueUsers=1))
        answers.script("GET estimatedwaittime", answer)
        async with a_provider(answers, queueIds=[QUEUE]) as provider:
            assert await provider.availability(route()) == Availability(agents="yes", at=NOW)


async def test_vendor_that_does_not_answer_is_an_error_and_not_a_no() -> None:
    answers = Answers()
    answers.script("POST query", *(an_error(503, "service.unavailable") for _ in range(9)))
    async with a_provider(answers, queueIds=[QUEUE]) as provider:
        with pytest.raises(RetryableError):
            await provider.availability(route())
    answers = Answers()
    answers.script("POST query", *(an_error(401, "bad.credentials") for _ in range(2)))
    async with a_provider(answers, queueIds=[QUEUE]) as provider:
        with pytest.raises(AuthError):
            await provider.availability(route())


# ---- doctor


def set_up(answers: Answers, **integration: Any) -> Answers:
    """All is well, but for these fields of the integration."""
    one = {
        "id": INTEGRATION,
        "name": "Bot",
        "outboundNotificationWebhookUrl": "https://bot.example/webhooks/genesys",
        "outboundNotificationWebhookSignatureSecretToken": "***",
        "createStatus": "Completed",
        "recipient": {"id": "r-1"},
        "messagingSetting": {"id": "s-1"},
        **integration,
    }
    typing = {"on": {"inbound": "Enabled", "outbound": "Enabled"}}
    answers.script("GET me", httpx.Response(200, json={"organization": {"id": "o-1", "name": "Acme"}}))
    answers.script("GET open", httpx.Response(200, json={k: v for k, v in one.items() if v is not None}))
    answers.script(
        "GET r-1", httpx.Response(200, json={"id": "r-1", "flow": {"id": "f-1", "name": "Handoff"}})
    )
    answers.script(
        "GET s-1", httpx.Response(200, json={"id": "s-1", "name": "S", "event": {"typing": typing}})
    )
    answers.script(f"GET {QUEUE}", httpx.Response(200, json={"id": QUEUE, "name": "Billing"}))
    return answers


async def looked_at(answers: Answers, **settings: Any) -> dict[str, Finding]:
    async with a_provider(answers, queueIds=[QUEUE], **settings) as provider:
        found = await provider.check()
    assert all(call.method == "GET" for call in answers.calls)
    return {one.check: one for one in found}


async def test_organisation_that_is_as_the_settings_say_has_nothing_wrong() -> None:
    found = await looked_at(set_up(Answers()))
    assert {name: one.status for name, one in found.items()} == {
        "credentials": "ok",
        "webhook": "ok",
        "flow": "ok",
        "queue": "ok",
    }
    assert "Acme" in found["credentials"].message
    assert "https://bot.example/webhooks/genesys" in found["webhook"].message
    assert "Handoff" in found["flow"].message
    assert "Billing" in found["queue"].message


@pytest.mark.parametrize(
    ("fields", "check", "status", "words"),
    [
        ({"createStatus": "Initiated"}, "integration", "error", "Initiated"),
        ({"outboundNotificationWebhookUrl": ""}, "webhook", "error", "no outbound webhook"),
        ({"outboundNotificationWebhookUrl": "https://bot.example:8443/x"}, "webhook", "error", "443"),
    ],
)
async def test_integration_that_is_not_ready_is_named(
    fields: dict[str, Any], check: str, status: str, words: str
) -> None:
    found = (await looked_at(set_up(Answers(), **fields)))[check]
    assert found.status == status
    assert words in found.message


async def test_flow_that_is_missing_and_typing_that_is_off_are_named() -> None:
    answers = Answers()
    answers.script("GET r-1", httpx.Response(200, json={"id": "r-1"}))
    off = {"typing": {"on": {"inbound": "Disabled", "outbound": "Enabled"}}}
    answers.script("GET s-1", httpx.Response(200, json={"id": "s-1", "name": "S", "event": off}))
    found = await looked_at(set_up(answers))
    assert (found["flow"].status, found["typing"].status) == ("error", "warning")
    assert "inbound" in found["typing"].message
    assert "outbound" not in found["typing"].message


async def test_region_that_nobody_knows_is_a_warning() -> None:
    answers = set_up(Answers())
    answers.script("GET me", httpx.ConnectError("no such host"))
    async with a_provider(answers, region="apse9.pure.cloud") as provider:
        found = await provider.check()
    assert (found[0].check, found[0].status) == ("region", "warning")
    assert "apse9.pure.cloud" in found[0].message


async def test_refused_credentials_end_the_look() -> None:
    answers = Answers()
    answers.script("GET me", *(an_error(401, "bad.credentials") for _ in range(2)))
    found = await looked_at(answers)
    assert list(found) == ["credentials"]
    assert found["credentials"].status == "error"


async def test_what_the_role_may_not_see_is_a_warning_that_names_the_permission() -> None:
    answers = Answers()
    answers.script("GET me", httpx.Response(200, json={}))
    answers.script("GET open", an_error(403, "missing.permissions"))
    answers.script(f"GET {QUEUE}", an_error(403, "missing.permissions"))
    found = await looked_at(answers)
    assert {name: one.status for name, one in found.items()} == {
        "credentials": "ok",
        "integration": "warning",
        "queue": "warning",
    }
    assert "messaging:integration:view" in found["integration"].next_step
    assert "routing:queue:view" in found["queue"].next_step


async def test_integration_and_queue_that_are_not_there_are_errors() -> None:
    answers = Answers()
    answers.script("GET me", httpx.Response(200, json={}))
    found = await looked_at(answers)
    assert (found["integration"].status, found["queue"].status) == ("error", "error")
    assert "openIntegrationId" in found["integration"].next_step
