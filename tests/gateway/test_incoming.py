"""Bodies and parameters that cannot be accepted: each a clear 4xx, never a 5xx."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.world import JSON, World, a_body, error_of

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["key", "conversation_id", "bot", "user", "transcript", "survey", "attributes", "extras", "summary"]
SAME_WORLD = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"{]",
        b'{"key": "a",}',
        b"{'key': 'a'}",
        b"\xff\xfe",
        b'{"key": "\\ud800"}',
        b'{"key": NaN}',
        b'{"attributes": {"a": 1e999}}',
        b'{"attributes": {"a": [1, {"b": -1e999}]}}',
        b'{"attributes": {"a": ' + b"9" * 5000 + b"}}",
        b"[" * 100_000,
        b'{"a":' * 5000,
    ],
)
async def test_malformed_json_is_named_as_such(world: World, content: bytes) -> None:
    answer = await world.client.post("/v1/handoffs", content=content, headers=JSON)
    assert answer.status_code == 400
    assert error_of(answer)["code"] == "malformed_json"


@pytest.mark.parametrize("content", [b"[]", b"null", b'"text"', b"1"])
async def test_body_that_is_no_object_is_refused(world: World, content: bytes) -> None:
    answer = await world.client.post("/v1/handoffs", content=content, headers=JSON)
    assert answer.status_code == 400
    assert error_of(answer)["message"] == "the body must be a JSON object"


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"user": None}, "user"),
        ({"user": {"name": "Eleni"}}, "user.id"),
        ({"bot": ""}, "bot"),
        ({"conversation_id": "a\x00b"}, "conversation_id"),
        ({"conversation_id": "c" * 201}, "conversation_id"),
        (
            {"transcript": [{"author": "user", "body": "hi"}, {"author": "cat", "body": "miaow"}]},
            "transcript[1].author",
        ),
        ({"transcript": [{"author": "user", "body": "hi", "at": "2026-11-23T10:00:00"}]}, "transcript[0].at"),
        ({"survey": [{"id": "q", "question": "?", "answer": "x" * 4001}]}, "survey[0].answer"),
        ({"workspace": "other"}, "workspace"),
        ({"summary": "x" * 10_001}, "summary"),
    ],
)
async def test_invalid_fields_are_listed_by_path(world: World, fields: dict[str, Any], path: str) -> None:
    answer = await world.client.post("/v1/handoffs", json=a_body(**fields))
    assert answer.status_code == 400
    error = error_of(answer)
    assert error["code"] == "invalid_fields"
    assert [field["path"] for field in error["fields"]] == [path]
    assert path in error["message"]
    assert "openapi.json" in error["hint"]


async def test_a_field_that_does_not_exist_is_answered_with_those_that_do(world: World) -> None:
    handoff = await world.a_handoff()
    answer = await world.client.post(f"/v1/handoffs/{handoff}/messages", json={"text": "Hello"})
    wanted = "text: there is no such field; there are: key, body, attachments, "
    assert wanted in error_of(answer)["message"]
    nested = await world.client.post("/v1/handoffs", json=a_body(user={"id": "u", "mail": "a@example.com"}))
    assert error_of(nested)["fields"] == [{"path": "user.mail", "problem": "there is no such field"}]


async def test_all_invalid_fields_are_listed_at_once_up_to_a_bound(world: World) -> None:
    answer = await world.client.post(
        "/v1/handoffs", json=a_body(bot=1, user=2, **{f"x{n}": n for n in range(50)})
    )
    error = error_of(answer)
    assert "52 invalid field(s)" in error["message"]
    assert len(error["fields"]) == 20


async def test_refusal_does_not_repeat_what_was_sent(world: World) -> None:
    answer = await world.client.post("/v1/handoffs", json=a_body(user={"id": "u", "email": ["canary-4711"]}))
    assert error_of(answer)["fields"][0]["path"] == "user.email"
    assert "canary" not in answer.text


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "json",
        "",
    ],
)
async def test_other_content_types_are_refused(world: World, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    answer = await world.client.post("/v1/handoffs", content=b"{}", headers=headers)
    assert answer.status_code == 415
    assert "application/json" in error_of(answer)["hint"]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
    ],
)
async def test_json_is_taken_however_its_type_is_written(world: World, content_type: str) -> None:
    answer = await world.client.post("/v1/handoffs", content=b"{}", headers={"content-type": content_type})
    assert answer.status_code == 400


@pytest.mark.parametrize("value", ["-1", "x", "", "1.5", "٣", str(2**63), "9" * 30, "0x10", "+1", " 1"])
async def test_numbers_of_the_query_are_checked(world: World, value: str) -> None:
    answer = await world.client.get("/v1/handoffs/h-1/messages", params={"after": value})
    assert answer.status_code == 400
    error = error_of(answer)
    assert error["code"] == "invalid_parameter"
    assert "?after" in error["message"]


@pytest.mark.parametrize("limit", ["0", "1001"])
async def test_page_size_has_bounds(world: World, limit: str) -> None:
    answer = await world.client.get("/v1/handoffs/h-1/messages", params={"limit": limit})
    assert (answer.status_code, error_of(answer)["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize(("method", "path"), [("GET", "/nowhere"), ("POST", "/v1"), ("GET", "/v1/nowhere")])
async def test_unknown_route_is_a_404_with_a_hint(world: World, method: str, path: str) -> None:
    answer = await world.client.request(method, path)
    assert answer.status_code == 404
    error = error_of(answer)
    assert error["code"] == "no_such_route"
    assert "openapi.json" in error["hint"]


async def test_wrong_method_is_told_of_all_the_right_ones(world: World) -> None:
    answer = await world.client.put("/v1/handoffs/h-1/messages", json={})
    assert answer.status_code == 405
    assert {"GET", "POST"} <= {one.strip() for one in answer.headers["allow"].split(",")}
    assert error_of(answer)["code"] == "wrong_method"


@SAME_WORLD
@given(content=st.binary(max_size=200))
async def test_random_bytes_are_never_our_error(world: World, content: bytes) -> None:
    answer = await world.client.post("/v1/handoffs", content=content, headers=JSON)
    assert answer.status_code == 400
    error_of(answer)


@SAME_WORLD
@given(changes=st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES, max_size=3))
async def test_random_json_is_never_our_error(world: World, changes: dict[str, Any]) -> None:
    answer = await world.client.post("/v1/handoffs", json={**a_body(), **changes})
    assert answer.status_code in {200, 201, 400, 422}, answer.text
