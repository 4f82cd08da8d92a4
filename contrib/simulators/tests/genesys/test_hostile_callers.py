"""Whatever callers send, the answer is one of the vendor's, and nothing breaks."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contrib.simulators.tests.genesys_bench import TIME, genesys_bench, message

SCALARS = st.none() | st.booleans() | st.integers(-10, 10) | st.text(max_size=8) | st.just(TIME)
NAMES = st.sampled_from(
    [
        "id",
        "idType",
        "from",
        "to",
        "time",
        "metadata",
        "customAttributes",
        "attachment",
        "type",
        "status",
        "x",
    ]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
KINDS = st.sampled_from(["message", "event", "receipt", "structured/response"])
FIELDS = st.sampled_from(
    ["channel", "text", "content", "events", "id", "status", "reasons", "buttonResponse", "metadata"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=KINDS,
    changes=st.dictionaries(FIELDS, JSON, max_size=3),
    inner=st.dictionaries(NAMES, JSON, max_size=3),
)
async def test_inbound_calls_refuse_what_they_do_not_understand(
    kind: str, changes: dict[str, Any], inner: dict[str, Any]
) -> None:
    async with genesys_bench() as genesys:
        body = message()
        body["channel"] |= inner
        body |= changes
        answer = await genesys.client.post(f"{genesys.inbound}/{kind}", json=body)
        assert answer.status_code in {200, 400, 404}, answer.text
        if answer.status_code != 200:
            assert set(answer.json()) >= {"message", "code", "status", "contextId"}


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=40) | JSON.map(lambda one: json.dumps(one).encode()),
    path=st.sampled_from(
        [
            "/notifications/channels",
            "/conversations/messages/{}/messages/bulk",
            "/analytics/conversations/details/query",
            "/analytics/queues/observations/query",
            "/externalcontacts/contacts",
            "/externalcontacts/identifierlookup/contacts",
        ]
    ),
)
async def test_other_calls_refuse_it_too(body: bytes, path: str) -> None:
    async with genesys_bench() as genesys:
        conversation = await genesys.write()
        headers = {"content-type": "application/json"}
        answer = await genesys.client.post(path.format(conversation), content=body, headers=headers)
        assert answer.status_code in {200, 400, 404}, answer.text


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=40) | JSON.map(json.dumps))
async def test_socket_answers_whatever_is_sent(text: str) -> None:
    async with genesys_bench() as genesys:
        socket = await genesys.socket()
        await socket.send(text)
        assert await socket.receive() is not None
