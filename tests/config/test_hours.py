"""Business hours in the settings, where one broken file cannot show it: company calendars, packages."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from livechat_sdk.config import load_mapping, load_text, require
from livechat_sdk.config.render import render
from tests.config.vendors import ENV, TYPES

EVENT = "BEGIN:VEVENT\r\nUID:{uid}\r\n{lines}\r\nEND:VEVENT\r\n"


def ics(*events: str) -> str:
    body = "".join(EVENT.format(uid=number, lines=lines) for number, lines in enumerate(events))
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//EN\r\n{body}END:VCALENDAR\r\n"


def content(**calendar: Any) -> dict[str, Any]:
    hours = {"timezone": "Europe/Athens", "weekly": {"mon-fri": ["09:00-17:00"]}, **calendar}
    return {
        "integrations": {"desk": {"type": "HELVIA_LIVECHAT"}},
        "bots": {"shop-bot": {"livechat": {"integrations": ["desk"], "business_hours": hours}}},
    }


def codes(settings: dict[str, Any]) -> list[tuple[str, str]]:
    place = "bots.shop-bot.livechat.business_hours."
    return [
        (one.code, one.path.removeprefix(place))
        for one in load_mapping(settings, types=TYPES, env=ENV).problems
    ]


def test_company_calendar_that_can_be_read_raises_no_alarm(tmp_path: Path) -> None:
    file = tmp_path / "company.ics"
    file.write_text(
        ics("DTSTART;VALUE=DATE:20260810\r\nDTEND;VALUE=DATE:20260815\r\nSUMMARY:Summer"), "utf-8"
    )
    assert codes(content(events=[{"file": str(file)}, {"file": str(file), "means": "open"}])) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no calendar at all", "LC818"),
        ("", "LC818"),
        (ics("SUMMARY:no start"), "LC818"),
        (ics("DTSTART:yesterday"), "LC818"),
        (ics("DTSTART;TZID=Middle-earth/Shire:20260105T090000\r\nDURATION:PT1H"), "LC818"),
        (ics("DTSTART:20260105T090000Z\r\nDTEND:20260105T080000Z"), "LC818"),
        (ics("DTSTART:19690105T090000Z\r\nDURATION:PT1H"), "LC817"),
        (ics("DTSTART:20260105T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=HOURLY"), "LC817"),
        (ics("DTSTART:20260105T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=SECONDLY;COUNT=3"), "LC817"),
        (ics("DTSTART:20260105T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;BYMINUTE=1,2"), "LC817"),
        (ics("DTSTART:20260105T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=20001"), "LC817"),
        (ics("DTSTART:20260105T090000Z\r\nDTEND:20270301T090000Z"), "LC817"),
        (ics(*["DTSTART:20260105T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY"] * 4), "LC817"),
        (ics(*["DTSTART;VALUE=DATE:20260105"] * 2001), "LC817"),
        ("x" * 1_000_001, "LC817"),
    ],
)
def test_company_calendar_that_cannot_be_used_is_a_problem_at_its_file(
    text: str, code: str, tmp_path: Path
) -> None:
    file = tmp_path / "company.ics"
    file.write_text(text, "utf-8")
    assert codes(content(events=[{"file": str(file)}])) == [(code, "events[0].file")]


def test_company_calendar_that_is_no_file_is_a_problem(tmp_path: Path) -> None:
    assert codes(content(events=[{"file": str(tmp_path)}])) == [("LC816", "events[0].file")]


def test_packages_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "company.ics"
    file.write_text(ics("DTSTART;VALUE=DATE:20260810"), "utf-8")
    monkeypatch.setitem(sys.modules, "icalendar", None)
    monkeypatch.setitem(sys.modules, "holidays", None)
    settings = content(events=[{"file": str(file)}], holidays={"country": "GR"})
    loaded = load_mapping(settings, types=TYPES, env=ENV)
    assert [(one.code, one.suggestion) for one in loaded.problems] == [
        ("LC815", 'pip install "livechat-sdk[hours]"')
    ] * 2


def test_a_week_that_is_empty_is_no_alarm_where_something_else_opens() -> None:
    opening = {"from": "2026-11-29", "to": "2026-11-30"}
    assert codes(content(weekly={})) == [("LC605", "weekly")]
    assert codes(content(weekly={}, holidays={"country": "GR"})) == [("LC605", "weekly")]
    assert codes(content(weekly={}, openings=[opening])) == []
    assert codes(content(weekly={}, dates={"2026-11-29": ["09:00-10:00"]})) == []
    assert codes(content(weekly={}, holidays={"country": "GR", "hours": ["09:00-10:00"]})) == []


def test_bots_that_share_a_calendar_get_the_same_hours() -> None:
    settings = load_text(
        """
version: 1
integrations: {desk: {type: HELVIA_LIVECHAT}}
calendars: {office: {timezone: UTC, weekly: {mon: ["09:00-10:00"]}}}
bots:
  one: {livechat: {integrations: [desk], business_hours: office}}
  two: {livechat: {integrations: [desk], business_hours: {calendar: office}}}
""",
        types=TYPES,
        env=ENV,
    ).settings
    assert settings is not None
    one, two = (settings.bots[name].livechat.business_hours for name in ("one", "two"))
    assert one == two
    assert settings.calendars["office"].weekly == {"mon": ("09:00-10:00",)}


def test_the_revision_follows_the_hours() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"dates": {"2026-11-29": []}},
        {"dates": {"2026-11-30": []}},
        {"timezone": "UTC"},
    ]
    loaded = [load_mapping(content(**change), types=TYPES, env=ENV) for change in changes]
    assert len({require(one).revision for one in loaded}) == 4


CANARY = "canary-Zq81kfLw-0123456789-abcdefghij-klmnopqrst-uvwxyz-ABCDEFGHIJ"
PLACES = (
    'timezone: "${S}", weekly: {}',
    'timezone: UTC, weekly: "${S}"',
    'timezone: UTC, weekly: {mon: "${S}"}',
    'timezone: UTC, weekly: {mon: ["${S}"]}',
    'timezone: UTC, weekly: {}, dates: {2026-12-24: "${S}"}',
    'timezone: UTC, weekly: {}, dates: {2026-12-24: {hours: ["${S}"]}}',
    'timezone: UTC, weekly: {}, openings: [{from: "${S}", to: "${S}"}]',
    'timezone: UTC, weekly: {}, holidays: {country: "${S}"}',
    'timezone: UTC, weekly: {}, holidays: {country: GR, subdivision: "${S}", language: "${S}"}',
    'timezone: UTC, weekly: {}, holidays: {country: GR, except: ["${S}"]}',
    'timezone: UTC, weekly: {}, events: [{file: "${S}"}]',
    'timezone: UTC, rows: [{day: "${S}", opensAt: 1, closesAt: 2}]',
    'calendar: "${S}"',
    'timezone: UTC, weekly: {}, for: [{queue: a, hours: "${S}"}]',
)


@pytest.mark.parametrize("place", PLACES)
def test_a_value_from_the_environment_shows_nowhere_however_long_it_is(place: str) -> None:
    bot = f"{{livechat: {{integrations: [desk], business_hours: {{{place}}}}}}}"
    text = f"version: 1\nintegrations: {{desk: {{type: HELVIA_LIVECHAT}}}}\nbots: {{b: {bot}}}\n"
    problems = load_text(text, types=TYPES, env={"S": CANARY}).problems
    assert problems
    shown = render(problems)
    assert not [CANARY[at : at + 6] for at in range(len(CANARY) - 5) if CANARY[at : at + 6] in shown]
