"""Whatever callers send, the answer is one of the vendor's, and nothing breaks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contrib.simulators.tests.servicenow_bench import servicenow_bench, told

VALUES: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 0, -1, 1.5, 10**30, "", "x", "1", "3", "6", "7", "--5", "²", "0001-01-01 00:00:00", [], {}]
) | st.text(max_size=8)
COLUMNS = st.sampled_from(
    [
        "short_description",
        "state",
        "urgency",
        "impact",
        "hold_reason",
        "close_code",
        "close_notes",
        "caller_id",
        "due_date",
        "active",
        "comments",
        "work_notes",
        "correlation_id",
        "number",
        "first_name",
        "email",
        "contact",
        "x",
    ]
)
BODIES = st.dictionaries(COLUMNS, VALUES, max_size=6)
LOOKS = st.sampled_from(["true", "false", "all"])
TABLES = st.sampled_from(["incident", "sn_customerservice_case", "sys_user", "core_company"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(table=TABLES, first=BODIES, second=BODIES, look=LOOKS, labels=st.booleans())
async def test_bodies_are_taken_or_refused(
    table: str, first: dict[str, Any], second: dict[str, Any], look: str, labels: bool
) -> None:
    async with servicenow_bench() as bench:
        query = {"sysparm_display_value": look, "sysparm_input_display_value": str(labels).lower()}
        begin = {"short_description": "x", **first}
        made = await bench.client.post(f"/table/{table}", json=begin, params=query)
        assert made.status_code in {201, 400, 403}, made.text
        if made.status_code == 201:
            path = made.headers["location"]
            changed = await bench.client.patch(path, json=second, params=query)
            assert changed.status_code in {200, 400, 403}, changed.text
            assert (await bench.client.get(path, params=query)).status_code == 200
        order = {"sysparm_query": "ORDERBYurgency^ORDERBYDESCcaller_id^urgency>1^ORdue_date>2026", **query}
        assert (await bench.client.get(f"/table/{table}", params=order)).status_code == 200
        for ticket in await bench.human.tickets():
            await bench.human.comments(ticket.id)


@pytest.mark.parametrize(
    "query",
    [
        "urgency>--5",
        "urgency>²",
        "urgency>" + "9" * 5000,
        "urgencyBETWEEN",
        ".".join(["parent_incident"] * 2000) + "=x",
        "ORDERBY" + ".".join(["parent_incident"] * 2000),
        "^" * 2000,
    ],
)
async def test_queries_that_make_no_sense_are_answered(query: str) -> None:
    async with servicenow_bench() as bench:
        await bench.create()
        assert len(await bench.found(query)) <= 1


@pytest.mark.parametrize("value", ["-1", "²", "9" * 5000, "x"])
async def test_numbers_that_are_none_are_refused(value: str) -> None:
    async with servicenow_bench() as bench:
        for name in ("sysparm_limit", "sysparm_offset"):
            assert told(await bench.client.get("/table/incident", params={name: value}))[0] == 400


async def test_half_a_character_is_no_text() -> None:
    async with servicenow_bench() as bench:
        kind = {"content-type": "application/json"}
        half = b'{"short_description": "\\ud800"}'
        assert told(await bench.client.post("/table/incident", content=half, headers=kind))[0] == 400
        whole = b'{"short_description": "\\ud83d\\ude00"}'
        assert (await bench.client.post("/table/incident", content=whole, headers=kind)).status_code == 201
