"""schemathesis plays the API document against the gateway: no 5xx, no answer that is not documented."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from livechat_sdk.gateway.app import operations_of
from livechat_sdk.gateway.openapi import api_document
from tests.gateway.world import TOKEN, World

SCHEMA = schemathesis.openapi.from_dict(api_document(operations_of(cast("Any", None), asyncio.Event())))
OPERATIONS: dict[str, Any] = {
    f"{operation.method.upper()} {operation.path}": operation
    for operation in (cast("Any", found).ok() for found in SCHEMA.get_all_operations())
}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 30
"""Requests of each mode to each operation."""


def _can_be_wrong(operation: Any) -> bool:
    """Whether a request can break the document: by a parameter that has a form, or by JSON."""
    definition = operation.definition.raw
    places = {parameter["in"] for parameter in definition.get("parameters", ())}
    return bool(places - {"path"}) or "application/json" in definition.get("requestBody", {}).get(
        "content", {}
    )


PLAYED = [
    pytest.param(name, mode, id=f"{name} {mode.value}")
    for name, operation in OPERATIONS.items()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or _can_be_wrong(operation)
]


def test_every_operation_is_played() -> None:
    assert len(OPERATIONS) == len(operations_of(cast("Any", None), asyncio.Event()))


@pytest.mark.parametrize(("name", "mode"), PLAYED)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)
@given(data=st.data())
async def test_answers_are_documented(
    world: World, name: str, mode: GenerationMode, data: st.DataObject
) -> None:
    operation = OPERATIONS[name]
    case = data.draw(operation.as_strategy(generation_mode=mode))
    if "handoff_id" in case.path_parameters and not name.endswith("/events") and data.draw(st.booleans()):
        case.path_parameters["handoff_id"] = await _a_live_handoff(world)
    case.validate_response(await _sent(world, case), checks=CHECKS)


async def _sent(world: World, case: Any) -> httpx.Response:
    """The answer to a case, sent with a token. Cookies mean nothing here."""
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    request = case.as_transport_kwargs(base_url="http://gateway", headers=bearer)
    request.pop("cookies", None)
    if isinstance(request.get("data"), str | bytes):  # the words of another client
        request["content"] = request.pop("data")
    return await world.stranger.request(**request)


async def _a_live_handoff(world: World) -> str:
    """A handoff that lives, whatever an earlier request has done to the last one."""
    body = {"key": f"k-{len(world.plugin.vendor.calls)}", "conversation_id": "c-live", "bot": "shop-bot"}
    made = await world.client.post("/v1/handoffs", json={**body, "user": {"id": "u-1"}})
    assert made.status_code in (200, 201), made.text
    identity: str = made.json()["id"]
    return identity
