"""Whatever callers send, the answer is one of the vendor's, and nothing breaks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contrib.simulators.tests.jira_bench import DESK, NO_CHECK, PLATFORM, document, jira_bench, told
from livechat_sdk_simulators.jira.adf import is_document

SCALARS = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "x", "1", "²", "10", "25", "ITH-1", "761", "add", "ann"]
)
NAMES = st.sampled_from(
    [
        "id",
        "key",
        "name",
        "value",
        "body",
        "public",
        "add",
        "set",
        "comment",
        "labels",
        "summary",
        "description",
        "priority",
        "type",
        "version",
        "content",
        "text",
        "attrs",
        "marks",
        "transition",
        "internal",
    ]
)
JSON = st.recursive(
    SCALARS | st.just(document("x")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)
ONE = f"{PLATFORM}/issue/ITH-1"
CALLS: list[tuple[str, str, tuple[str, ...]]] = [
    (
        "POST",
        f"{DESK}/request",
        ("requestFieldValues", "raiseOnBehalfOf", "requestParticipants", "isAdfRequest"),
    ),
    ("POST", f"{DESK}/request/ITH-1/comment", ("body", "public")),
    ("POST", f"{DESK}/request/ITH-1/transition", ("id", "additionalComment")),
    ("POST", f"{DESK}/request/ITH-1/attachment", ("temporaryAttachmentIds", "public", "additionalComment")),
    ("POST", f"{DESK}/request/ITH-1/participant", ("accountIds",)),
    ("POST", f"{DESK}/customer", ("displayName", "email")),
    ("POST", f"{DESK}/servicedesk/10/customer", ("accountIds",)),
    ("POST", f"{PLATFORM}/issue", ("fields", "update", "properties")),
    ("PUT", ONE, ("fields", "update", "properties")),
    ("POST", f"{ONE}/comment", ("body", "properties")),
    ("POST", f"{ONE}/transitions", ("transition", "fields", "update")),
    ("POST", f"{ONE}/remotelink", ("globalId", "object")),
    ("PUT", f"{ONE}/properties/k", ("x",)),
    ("POST", f"{PLATFORM}/search/jql", ("jql", "fields", "maxResults", "nextPageToken", "reconcileIssues")),
]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(call=st.sampled_from(CALLS), data=st.data())
async def test_bodies_are_taken_or_refused(call: tuple[str, str, tuple[str, ...]], data: Any) -> None:
    method, path, names = call
    body: dict[str, Any] = {name: data.draw(JSON) for name in names if data.draw(st.booleans())}
    async with jira_bench(opt_in=False) as bench:
        await bench.create()
        if path == f"{DESK}/request":
            body = {**bench.body(), **body}
        answer = await bench.client.request(method, path, json=body)
        assert answer.status_code in {200, 201, 204, 400, 404}, answer.text
        assert (await bench.client.get(ONE)).status_code == 200
        assert (await bench.client.get(f"{DESK}/request/ITH-1/comment")).status_code == 200
        await bench.human.tickets()
        assert bench.human.effects("ITH-1") is not None


@settings(max_examples=100)
@given(value=JSON)
def test_any_value_is_a_document_or_none(value: object) -> None:
    assert is_document(value) in {True, False}


@pytest.mark.parametrize("name", ["start", "limit"])
@pytest.mark.parametrize("value", ["-1", "²", "9" * 5000, "1.5", "x"])
async def test_numbers_that_are_none_are_refused(name: str, value: str) -> None:
    async with jira_bench() as bench:
        assert (await bench.client.get(f"{DESK}/request", params={name: value})).status_code == 400


async def test_half_a_character_is_no_text() -> None:
    kind = {"content-type": "application/json"}
    async with jira_bench() as bench:
        for body in (b'{"jql": "summary ~ \\"\\\\ud800\\""}', b'{"jql": "summary ~ \\"\\ud800\\""}'):
            answer = await bench.client.post(f"{PLATFORM}/search/jql", content=body, headers=kind)
            assert told(answer)[0] == 400
        whole = b'{"jql": "summary ~ \\"\\ud83d\\ude00\\""}'
        answer = await bench.client.post(f"{PLATFORM}/search/jql", content=whole, headers=kind)
        assert answer.status_code == 200


@pytest.mark.parametrize("name", ["αβγ.log", "a b;c.log", "x" * 300])
async def test_names_of_files_stay(name: str) -> None:
    async with jira_bench() as bench:
        await bench.create()
        files = {"file": (name, b"x", "text/plain")}
        answer = await bench.client.post(f"{ONE}/attachments", files=files, headers=NO_CHECK)
        assert [one["filename"] for one in answer.json()] == [name]
