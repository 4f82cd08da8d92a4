"""The API document says what the gateway does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livechat_sdk.gateway.app import operations_of
from livechat_sdk.gateway.openapi import api_document
from livechat_sdk.gateway.operations import Operation
from tests.gateway.world import World

OPERATIONS = operations_of(cast("Any", None), asyncio.Event())
DOCUMENT = api_document(OPERATIONS)
WORDS = [
    "key",
    "body",
    "by",
    "why",
    "raw",
    "on",
    "survey",
    "id",
    "question",
    "answer",
    "owner_number",
    "bot",
    "user",
]


def _each(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON document."""
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _each(part)
    elif isinstance(value, list):
        for part in value:
            yield from _each(part)


def _operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


async def test_document_is_served_to_everybody(world: World) -> None:
    answer = await world.stranger.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    assert document["paths"] == DOCUMENT["paths"]


async def test_document_has_every_route_and_no_other(world: World) -> None:
    routed = {
        (route.path.replace(":path", ""), method)
        for route in cast("list[Any]", world.app.routes)
        for method in route.methods - {"HEAD"}
    }
    assert {(path, method.upper()) for path, method, _ in _operations()} == routed


def test_every_reference_leads_somewhere() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    wanted = {one["$ref"] for one in _each(DOCUMENT) if isinstance(one.get("$ref"), str)}
    assert wanted
    assert {ref.removeprefix("#/components/schemas/") for ref in wanted} == set(schemas)


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, _, operation in _operations()]
    assert len(ids) == len(set(ids)) == len(OPERATIONS)


def test_every_path_parameter_is_described() -> None:
    for path, _, operation in _operations():
        described = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
        assert described == set(re.findall(r"\{(\w+)\}", path)), path


def test_only_public_operations_go_without_a_token() -> None:
    free = {path for path, _, operation in _operations() if operation.get("security") == []}
    assert free == {"/files/{token}", "/webhooks/{integration}", "/healthz", "/readyz", "/openapi.json"}
    assert DOCUMENT["security"] == [{"bearer": []}]


def test_every_refusal_has_the_one_shape() -> None:
    for path, method, operation in _operations():
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Error"}, (path, method, status)


@pytest.mark.parametrize("status", ["401", "408", "413", "415", "400", "500", "503"])
def test_what_a_post_to_v1_may_answer_is_named(status: str) -> None:
    for path, method, operation in _operations():
        if method == "post" and path.startswith("/v1/"):
            assert status in operation["responses"], path


def test_document_names_the_codes_that_the_routes_answer_with() -> None:
    text = str(DOCUMENT["paths"])
    for code in ("not_live", "not_owner", "handoff_not_found", "unknown_bot", "no_webhook", "not_ready"):
        assert f"`{code}`" in text


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    operation=st.sampled_from(OPERATIONS),
    body=st.recursive(
        st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
        ),
        max_leaves=10,
    ),
    number=st.text("0123456789-x", max_size=22),
)
async def test_random_requests_get_documented_answers(
    world: World, operation: Operation, body: Any, number: str
) -> None:
    path = re.sub(r"\{\w+\}", "toy", operation.plain_path)
    query = {one.name: number for one in operation.parameters if one.where == "query"}
    request = world.client.build_request(operation.method, path, params=query, json=body)
    answer = await world.client.send(request)
    documented = DOCUMENT["paths"][operation.plain_path][operation.method.lower()]["responses"]
    assert str(answer.status_code) in documented, (operation.name, answer.status_code, answer.text)
    assert answer.status_code < 500
