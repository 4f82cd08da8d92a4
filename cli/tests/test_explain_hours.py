from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cli.tests.helpers import Done, assert_golden, invoke

SETTINGS = """
version: 1
integrations: {desk: {type: HELVIA_LIVECHAT}}
calendars:
  athens:
    timezone: Europe/Athens
    weekly: {mon-fri: ["09:00-13:00", "14:00-18:00"], sat: ["22:00-02:00"]}
    holidays: {country: GR, language: en_US, except: {2026-12-24: ["09:00-12:00"]}}
    closings: [{from: "2026-12-22 10:10", to: "2026-12-22 10:20", name: Fire drill}]
bots:
  shop-bot:
    livechat:
      integrations: [desk]
      business_hours:
        calendar: athens
        for:
          - {queue: billing, hours: {timezone: UTC, weekly: {mon: ["10:00-14:00"]}}}
          - {group: vip, language: el, hours: {timezone: UTC, weekly: {daily: ["00:00-24:00"]}}}
  night-bot:
    livechat:
      integrations: [desk]
      business_hours: {timezone: Australia/Lord_Howe, weekly: {daily: ["20:00-06:00"]}}
  free-bot: {livechat: {integrations: [desk]}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "livechat.yaml"
    path.write_text(SETTINGS, "utf-8")
    return path


def ask(file: Path, bot: str, at: str, *more: str, env: dict[str, str] | None = None) -> Done:
    return invoke("explain", "hours", bot, file, "--at", at, *more, env=env)


def document(file: Path, bot: str, at: str, *more: str) -> dict[str, Any]:
    done = ask(file, bot, at, "--json", *more)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["schema_version"] == 1
    return found


def test_the_answer_and_the_week_are_shown(file: Path) -> None:
    done = ask(file, "shop-bot", "2026-12-22T08:05Z")
    assert (done.returncode, done.stderr) == (0, "")
    assert_golden("explain-hours.txt", done.stdout)


def test_the_week_in_which_clocks_are_put_back_fits_a_narrow_screen(file: Path) -> None:
    done = ask(file, "night-bot", "2026-04-03 05:00", env={"COLUMNS": "60"})
    assert max(len(line) for line in done.stdout.splitlines()) <= 60
    assert_golden("explain-hours-narrow.txt", done.stdout)


def test_a_very_narrow_screen_has_the_week_in_words(file: Path) -> None:
    lines = ask(file, "shop-bot", "2026-12-22 12:00", env={"COLUMNS": "30"}).stdout.splitlines()
    assert "Thu 24 Dec  09:00-12:00  set for 2026-12-24" in lines
    assert "Sun 27 Dec  closed" in lines


def test_colour_adds_nothing_that_the_words_do_not_say(file: Path) -> None:
    plain = ask(file, "shop-bot", "2026-12-22T08:05Z").stdout
    coloured = ask(file, "shop-bot", "2026-12-22T08:05Z", env={"FORCE_COLOR": "1"}).stdout
    assert "\x1b[" in coloured
    for code in ("0", "1", "2", "32", "1;32", "1;36", "1;31"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == plain


def test_json_says_the_same(file: Path) -> None:
    found = document(file, "shop-bot", "2026-12-22T08:15Z")
    week = found.pop("week")
    assert found == {
        "schema_version": 1,
        "bot": "shop-bot",
        "at": "2026-12-22T10:15:00+02:00",
        "timezone": "Europe/Athens",
        "calendar": "athens",
        "for": {},
        "open": False,
        "kind": "closing",
        "rule": "closed: Fire drill, 2026-12-22 10:10 to 2026-12-22 10:20 Europe/Athens",
        "next_opening": "2026-12-22T10:20:00+02:00",
        "next_closing": "2026-12-22T13:00:00+02:00",
    }
    assert week[0] == {
        "date": "2026-12-22",
        "openings": [
            {"from": "09:00", "to": "10:10"},
            {"from": "10:20", "to": "13:00"},
            {"from": "14:00", "to": "18:00"},
        ],
        "notes": ["closing Fire drill"],
    }
    assert week[3] == {"date": "2026-12-25", "openings": [], "notes": ["public holiday Christmas Day"]}
    assert [day["date"] for day in week] == [f"2026-12-{day}" for day in range(22, 29)]


def test_queue_group_and_language_choose_the_calendar(file: Path) -> None:
    monday = "2026-12-21T10:30Z"
    billing = document(file, "shop-bot", monday, "--queue", "billing")
    assert (billing["for"], billing["timezone"], billing["open"]) == ({"queue": "billing"}, "UTC", True)
    vip = document(file, "shop-bot", monday, "--group", "vip", "--language", "el-GR")
    assert (vip["for"], vip["next_closing"]) == ({"group": "vip", "language": "el"}, None)
    assert document(file, "shop-bot", monday, "--group", "vip", "--language", "en")["calendar"] == "athens"
    words = ask(file, "shop-bot", monday, "--queue", "billing").stdout
    assert "hours   for queue billing\n" in words


def test_always_open_and_never_open_say_that_nothing_changes(file: Path) -> None:
    always = ask(file, "shop-bot", "2026-12-22 12:00", "--group", "vip", "--language", "el").stdout
    assert "closes  not within 400 days" in always
    file.write_text(SETTINGS.replace('{daily: ["00:00-24:00"]}', "{}"), "utf-8")
    never = ask(file, "shop-bot", "2026-12-22 12:00", "--group", "vip", "--language", "el").stdout
    assert "opens  not within 400 days" in never


def test_a_time_alone_is_today_on_the_calendars_clock(file: Path) -> None:
    found = document(file, "night-bot", "5:00")
    assert found["at"][10:19] == "T05:00:00"
    assert found["at"][19:] in {"+10:30", "+11:00"}
    assert found["open"]


def test_without_a_time_it_is_about_now(file: Path) -> None:
    done = invoke("explain", "hours", "night-bot", file)
    assert done.returncode == 0
    assert "◆" in done.stdout


def test_without_a_bot_all_of_them_are_listed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    done = invoke("explain", "hours", "--at", "2026-12-22T10:00Z")
    assert done.returncode == 0
    assert_golden("explain-hours-all.txt", done.stdout)
    found = json.loads(invoke("explain", "hours", "--at", "2026-12-22T10:00Z", "--json").stdout)
    assert [(one["bot"], one["open"], one["kind"]) for one in found["bots"]] == [
        ("shop-bot", True, "weekly"),
        ("night-bot", True, "weekly"),
        ("free-bot", True, None),
    ]


def test_a_bot_without_hours_is_always_open(file: Path) -> None:
    done = ask(file, "free-bot", "2026-12-22 12:00")
    assert done.stdout == "free-bot is open: no business hours are set: always open\n"
    assert document(file, "free-bot", "2026-12-22 12:00")["open"] is True


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("shop-bott", "--at", "2026-12-22"),
            "the settings have no bot 'shop-bott'; did you mean 'shop-bot'?",
        ),
        (("shop-bot", "--at", "tomorrow"), "'tomorrow' is no time"),
        (("shop-bot", "--at", "25:00"), "'25:00' is no time"),
        (("shop-bot", "--at", "1950-01-01"), "opening hours are known for 1970 to 2200, not for 1949"),
    ],
)
def test_what_cannot_be_answered_is_a_usage_error(
    words: tuple[str, ...], said: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    done = invoke("explain", "hours", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {said}")


def test_settings_that_are_wrong_are_explained(file: Path) -> None:
    file.write_text(SETTINGS.replace("country: GR", "country: gr"), "utf-8")
    done = ask(file, "shop-bot", "2026-12-22 12:00")
    assert done.returncode == 3
    assert "LC812" in done.stderr


def test_what_is_no_time_is_refused_where_no_hours_are_set_too(file: Path) -> None:
    done = ask(file, "free-bot", "yesterday")
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: 'yesterday' is no time\n" in done.stderr


def test_the_settings_may_stand_alone(file: Path) -> None:
    done = invoke("explain", "hours", file)
    assert done.returncode == 0
    assert "night-bot" in done.stdout
