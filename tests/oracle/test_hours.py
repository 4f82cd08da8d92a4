"""The engine of business hours against the oracle; ``python -m tests.oracle.soak hours`` asks more."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.tests.helpers import invoke
from tests.oracle.calendars import Case, Question, case
from tests.oracle.comparing_hours import differences
from tests.oracle.hours import Answer, Hours, calendar_for
from tests.oracle.zones import time_of

CALENDARS = 20
"""For each of ten parts, so that several processes can share them."""

# Changes of the clock that the engine once found a second late: openings and closings of one second.
ONCE_WRONG = [
    ("America/Detroit", {"2027-11-07": ["00:00-01:15"]}, "2027-11-07T04:30:59.999999"),
    ("America/Fort_Wayne", {"2027-11-07": ["00:30-02:00", "14:00-16:01"]}, "2027-11-07T04:48:00"),
    ("America/Indiana/Vevay", {"2035-11-04": ["02:00-18:00", "18:00-24:00"]}, "2035-11-04T04:08:00"),
    ("Asia/Tel_Aviv", {"2036-03-28": ["01:30-02:00", "02:45-03:00"]}, "2036-03-27T21:20:59.999999"),
]


def _one_calendar(made: Case) -> bool:
    return not isinstance(made.hours, str) and "for" not in made.hours and "timezone" in made.hours


@pytest.mark.parametrize("part", range(10))
def test_engine_and_oracle_agree_on_random_calendars(part: int, tmp_path: Path) -> None:
    seeds = range(10_000 + part * CALENDARS, 10_000 + (part + 1) * CALENDARS)
    assert [line for seed in seeds for line in differences(case(seed), tmp_path)] == []


@pytest.mark.parametrize(("zone", "dates", "at"), ONCE_WRONG)
def test_what_was_wrong_once_is_right(
    zone: str, dates: dict[str, list[str]], at: str, tmp_path: Path
) -> None:
    hours = {"timezone": zone, "weekly": {}, "dates": dates}
    asked = [Question(datetime.fromisoformat(at).replace(tzinfo=UTC))]
    assert differences(Case(0, zone, hours, {}, "en", asked), tmp_path) == []


def test_walking_along_days_tells_what_the_rules_say_of_each_minute() -> None:
    looked_at = 0
    for made in filter(_one_calendar, map(case, range(60))):
        hours = Hours(made.hours, files=made.files)
        for question in made.questions[:2]:
            day = int(question.at.timestamp()) // 86_400
            minutes = hours.minutes_of(day)
            for minute in range(0, 1440, 7):
                assert minutes[minute] == hours.decide(day * 1440 + minute)[0], (made.seed, day, minute)
                looked_at += 1
    assert looked_at > 5_000


def test_a_mistake_of_one_minute_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    right = Hours.at

    def late(self: Hours, instant: datetime) -> Answer:
        said = right(self, instant)
        closing = said.next_closing and time_of(int(said.next_closing.timestamp()) // 60 + 1)
        return Answer(said.open, said.kind, said.next_opening, closing)

    monkeypatch.setattr(Hours, "at", late)
    assert len([seed for seed in range(20) if differences(case(seed), tmp_path)]) > 10


def test_what_the_command_explains_agrees_with_the_oracle(tmp_path: Path) -> None:
    agreed = 0
    cases = [made for made in map(case, range(500, 520)) if not made.files][:7]
    for made in cases:
        seed = made.seed
        file = tmp_path / f"{seed}.yaml"
        settings = {
            "version": 1,
            "integrations": {"desk": {"type": "HELVIA_LIVECHAT"}},
            "calendars": made.calendars,
            "bots": {
                "bot": {
                    "livechat": {"integrations": ["desk"], "language": "el", "business_hours": made.hours}
                }
            },
        }
        file.write_text(json.dumps(settings), "utf-8")
        for question in made.questions[:2]:
            words = {"--queue": question.queue, "--group": question.group, "--language": question.language}
            chosen = [part for word, value in words.items() if value is not None for part in (word, value)]
            at = question.at.isoformat()
            done = invoke("explain", "hours", "bot", file, "--at", at, "--json", *chosen)
            assert done.returncode == 0, (seed, done.stderr)
            said = json.loads(done.stdout)
            calendar = calendar_for(
                made.hours,
                made.calendars,
                queue=question.queue,
                group=question.group,
                language=question.language or "el",
            )
            expected = Hours(calendar, question.group).at(question.at)
            changes = [
                value and datetime.fromisoformat(value).astimezone(UTC)
                for value in (said["next_opening"], said["next_closing"])
            ]
            assert Answer(said["open"], said["kind"], *changes) == expected, (seed, question)
            agreed += 1
    assert agreed == 14
