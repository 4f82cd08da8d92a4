"""Business hours through the public face: whom they turn away, why, and whom they leave alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livechat_sdk import ConfigurationError, Dispatcher, HandoffState, Outcome
from livechat_sdk.domain.moments import Moment
from livechat_sdk_testing.channel import RecordingChannel
from tests.dispatcher.bench import Bench, Workbench

# The clock stands on Tuesday, 24 November 2026, 09:00 UTC.
ALWAYS: dict[str, Any] = {"timezone": "UTC", "weekly": {"daily": ["00:00-24:00"]}}
MORNING: dict[str, Any] = {"timezone": "UTC", "weekly": {"tue": ["08:00-10:00"]}}


async def decision(one: Bench, handoff: Any) -> dict[str, Any]:
    entries = await one.dispatcher.journal(handoff.id)
    return dict(next(entry.detail for entry in entries if entry.kind == "decided"))


async def test_the_rule_that_closed_is_stored_with_the_decision_and_with_the_end(bench: Workbench) -> None:
    closing = {"from": "2026-11-24", "to": "2026-11-25", "name": "Inventory"}
    one = await bench.start(livechat={"business_hours": {**ALWAYS, "closings": [closing]}})
    handoff = await one.request()
    rule = "closed: Inventory, 2026-11-24 to 2026-11-25 UTC"
    assert handoff.outcome is Outcome.OUT_OF_HOURS
    assert handoff.end is not None
    assert handoff.end.reason.raw == rule
    assert handoff.end.next_opening is not None
    assert handoff.end.next_opening.isoformat() == "2026-11-26T00:00:00+00:00"
    told = await decision(one, handoff)
    assert (told["refusal"], told["why"]) == ("out_of_hours", rule)
    availability = await one.dispatcher.availability("shop-bot")
    assert (availability.open, availability.why) == (False, rule)


async def test_the_rule_that_opened_is_stored_with_the_decision(bench: Workbench) -> None:
    one = await bench.start(livechat={"business_hours": MORNING})
    handoff = await one.request()
    assert handoff.state is HandoffState.QUEUED
    assert (await decision(one, handoff))["hours"] == "tue 08:00-10:00 UTC"


async def test_the_end_user_is_told_the_next_opening_on_the_calendars_clock(bench: Workbench) -> None:
    hours = {"timezone": "Asia/Kathmandu", "weekly": {"wed": ["09:00-17:00"]}}
    one = await bench.start(livechat={"business_hours": hours})
    await one.request()
    (said,) = [getattr(out, "text", "") for out in one.channel.shown if out.kind == "system_message"]
    assert "25 November" in said
    assert "09:00" in said


async def test_queue_group_and_language_have_hours_of_their_own(bench: Workbench) -> None:
    closed = {"timezone": "UTC", "weekly": {}, "dates": {"2026-11-25": ["10:00-11:00"]}}
    scopes = [{"queue": "billing", "hours": closed}, {"group": "vip", "language": "el", "hours": "never"}]
    one = await bench.start(
        livechat={"business_hours": {**ALWAYS, "for": scopes}},
        settings={"calendars": {"never": closed}},
    )
    wanted = [
        ({}, HandoffState.QUEUED),
        ({"queue": "billing"}, HandoffState.ENDED),
        ({"group": "vip", "language": "el"}, HandoffState.ENDED),
        ({"group": "vip", "language": "en"}, HandoffState.QUEUED),
    ]
    for number, (fields, state) in enumerate(wanted):
        handoff = await one.request(key=f"run-{number}", conversation=f"c-{number}", **fields)
        assert handoff.state is state, fields


@pytest.mark.feature("PL-02")
async def test_rows_of_the_platform_are_the_hours_of_their_group(bench: Workbench) -> None:
    rows = [{"id": 7, "userGroupId": "g-1", "day": 2, "opensAt": 480, "closesAt": 600}]
    hours = {
        "timezone": "UTC",
        "day_zero": "sunday",
        "rows": [*rows, {"day": 3, "opensAt": 0, "closesAt": 60}],
    }
    one = await bench.start(livechat={"business_hours": hours})
    mine = await one.request(key="a", conversation="c-a", group="g-1")
    other = await one.request(key="b", conversation="c-b")
    assert (mine.state, other.outcome) == (HandoffState.QUEUED, Outcome.OUT_OF_HOURS)


async def test_closing_time_cuts_neither_who_waits_nor_who_talks(bench: Workbench) -> None:
    closing = {"from": "2026-11-24 09:30", "to": "2026-11-30"}
    one = await bench.start(
        livechat={"business_hours": {**ALWAYS, "closings": [closing]}, "request_timeout": "8h"}
    )
    talking = await one.active()
    waiting = await one.request(key="run-2", conversation="c-2")
    await one.pass_time(3600)
    late = await one.request(key="run-3", conversation="c-3")
    assert late.outcome is Outcome.OUT_OF_HOURS
    await one.say(talking, "still there?")
    assert (await one.reload(talking)).state is HandoffState.ACTIVE
    assert (await one.reload(waiting)).state is HandoffState.QUEUED
    assert one.vendor.texts() == ["still there?"]
    await one.event("message", text="of course")
    assert [out.kind for out in one.channel.shown][-1] != "handoff_ended"


async def test_closing_time_does_not_cut_a_chat_that_goes_on_to_the_next_provider(bench: Workbench) -> None:
    one = await bench.start(
        chain=("toy", "spare"),
        livechat={"business_hours": MORNING, "agent_silence": {"release_after": "90m"}},
    )
    handoff = await one.active()
    await one.pass_time(90 * 60 + 5)  # released at 10:30, and the team has been closed since 10:00
    handoff = await one.reload(handoff)
    assert (handoff.state, handoff.integration) == (HandoffState.QUEUED, "spare")
    assert Moment.OUT_OF_HOURS not in one.channel.moments


async def test_closing_time_does_not_cut_a_chat_over_a_restart(bench: Workbench) -> None:
    one = await bench.start(livechat={"business_hours": MORNING})
    handoff = await one.active()
    await one.pass_time(2 * 3600)
    await one.kill()
    two = await bench.start(
        livechat={"business_hours": MORNING},
        toy=one.toy,
        spare=one.spare,
        channel=one.channel,
        clock=one.clock,
    )
    await two.say(handoff, "and after the restart?")
    assert (await two.reload(handoff)).state is HandoffState.ACTIVE
    assert two.vendor.texts() == ["and after the restart?"]


async def test_a_company_calendar_closes_for_the_public_face_too(bench: Workbench, tmp_path: Path) -> None:
    file = tmp_path / "company.ics"
    event = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261124\r\nSUMMARY:Outing\r\nEND:VEVENT\r\n"
    file.write_text(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{event}END:VCALENDAR\r\n", "utf-8")
    one = await bench.start(livechat={"business_hours": {**ALWAYS, "events": [{"file": str(file)}]}})
    handoff = await one.request()
    assert handoff.outcome is Outcome.OUT_OF_HOURS
    assert handoff.end is not None
    assert handoff.end.reason.raw == "closed: event 2026-11-24 Outing UTC"


async def test_a_company_calendar_that_cannot_be_used_starts_nothing(
    bench: Workbench, tmp_path: Path
) -> None:
    events = [{"file": str(tmp_path / "missing.ics")}]
    with pytest.raises(ConfigurationError, match="does not exist") as refused:
        await bench.start(livechat={"business_hours": {**ALWAYS, "events": events}})
    assert [one.code for one in refused.value.problems] == ["LC816"]


def test_settings_with_hours_that_cannot_be_read_start_nothing(tmp_path: Path) -> None:
    file = tmp_path / "livechat.yaml"
    file.write_text(
        "version: 1\n"
        "integrations: {desk: {type: CSV_CONTACTS, path: x.csv}}\n"
        "bots:\n"
        "  shop-bot:\n"
        "    livechat:\n"
        "      business_hours: {timezone: UTC, weekly: {}, dates: {2026-02-30: []}}\n",
        "utf-8",
    )
    with pytest.raises(ConfigurationError) as refused:
        Dispatcher.from_file(file, channel=RecordingChannel())
    assert ("LC807", 6, 59) in [(one.code, one.line, one.column) for one in refused.value.problems]
