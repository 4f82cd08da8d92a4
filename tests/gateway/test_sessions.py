"""How many sessions the bots had: reported, added up, counted once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.gateway.world import World, error_of


async def _report(world: World, key: str, **fields: Any) -> int:
    answer = await world.client.post("/v1/sessions", json={"key": key, "bot": "shop-bot", **fields})
    return answer.status_code


async def _days(world: World, **query: str) -> dict[str, int]:
    answer = await world.client.get("/v1/sessions", params={"bot": "shop-bot", **query})
    assert answer.status_code == 200, answer.text
    assert answer.json()["bot"] == query.get("bot", "shop-bot")
    return {one["day"]: one["sessions"] for one in answer.json()["days"]}


async def test_reports_add_up_by_bot_and_day(world: World) -> None:
    today = world.clock.now().date().isoformat()
    assert await _report(world, "a") == 201
    assert await _report(world, "b", sessions=41) == 201
    assert await _report(world, "c", sessions=5, day="2026-01-02") == 201
    assert await _report(world, "d", sessions=7, bot="night-bot") == 201
    assert await _days(world) == {today: 42}
    assert await _days(world, bot="night-bot") == {today: 7}
    assert await _days(world, first="2026-01-01", last="2026-01-31") == {"2026-01-02": 5}


async def test_a_report_is_counted_once_even_after_midnight(world: World) -> None:
    day = world.clock.now().date().isoformat()
    assert await _report(world, "a", sessions=2) == 201
    await world.clock.advance(86_400)
    answer = await world.client.post(
        "/v1/sessions", json={"bot": "shop-bot", "sessions": 2}, headers={"idempotency-key": "a"}
    )
    assert (answer.status_code, answer.json()) == (200, {"key": "a", "duplicate": True})
    assert await _days(world) == {day: 2}


@pytest.mark.parametrize("other", [{"sessions": 3}, {"bot": "night-bot"}, {"day": "2026-01-02"}])
async def test_a_key_of_another_report_is_refused(world: World, other: dict[str, Any]) -> None:
    assert await _report(world, "a", sessions=2) == 201
    assert await _report(world, "a", **{"sessions": 2, **other}) == 422
    assert list((await _days(world)).values()) == [2]


async def test_raced_reports_are_all_counted_once(world: World) -> None:
    statuses = await asyncio.gather(*(_report(world, f"k-{number % 20}") for number in range(60)))
    assert sorted(statuses) == [200] * 40 + [201] * 20
    assert list((await _days(world)).values()) == [20]


async def test_keys_are_forgotten_after_a_week(world: World) -> None:
    assert await _report(world, "a") == 201
    await world.clock.advance(7 * 86_400 + 1)
    assert await _report(world, "b") == 201
    rows = await world.dispatcher.database.fetch("SELECT report_key FROM session_reports")
    assert [row["report_key"] for row in rows] == ["b"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"bot": "shop-bot"}, "invalid_fields"),
        ({"key": "a"}, "invalid_fields"),
        ({"key": "a", "bot": "shop-bot", "sessions": 0}, "invalid_fields"),
        ({"key": "a", "bot": "shop-bot", "sessions": 10**7}, "invalid_fields"),
        ({"key": "a", "bot": "shop-bot", "day": "yesterday"}, "invalid_fields"),
        ({"key": "a", "bot": "shop-bot", "user": "u-1"}, "invalid_fields"),
        ({"key": "a", "bot": "nobody"}, "unknown_bot"),
    ],
)
async def test_wrong_reports_are_refused(world: World, body: dict[str, Any], code: str) -> None:
    answer = await world.client.post("/v1/sessions", json=body)
    assert error_of(answer)["code"] == code


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "invalid_parameter"),
        ("?bot=nobody", "unknown_bot"),
        ("?bot=shop-bot&first=x", "invalid_parameter"),
        ("?bot=shop-bot&first=20260101", "invalid_parameter"),
        ("?bot=shop-bot&first=2026-W01-1", "invalid_parameter"),
        ("?bot=shop-bot&first=2026-02-01&last=2026-01-01", "invalid_parameter"),
        ("?bot=shop-bot&first=2020-01-01&last=2026-01-01", "invalid_parameter"),
    ],
)
async def test_wrong_questions_are_refused(world: World, query: str, code: str) -> None:
    answer = await world.client.get(f"/v1/sessions{query}")
    assert error_of(answer)["code"] == code


async def test_the_first_and_last_days_of_all_can_be_asked_for(world: World) -> None:
    assert await _days(world, last="0001-01-01") == {}
    assert await _days(world, first="9999-12-01", last="9999-12-31") == {}
