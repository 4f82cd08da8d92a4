"""What a question for business hours costs, over a year in which every day is an exception.

The yardstick is one commit of the ledger, which every handoff pays several times: one caller, one step at a
time, each durable. A question asks whether the team is open, when it opens next and when it closes next, at
random moments of 2026. ``business_hours_first_cpu`` is the first question about a year, which works the whole
year out; it is paid once for each calendar and year. Both are medians of rounds that take turns.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

from benchmarks._steps import seconds_of_commit
from livechat_sdk.policies.hours import Calendar

GOAL = 0.2
FIRST_GOAL = 20.0
ROUNDS = 5
QUESTIONS = 5000
STEPS = 200
YEAR = 2026


def settings() -> dict[str, Any]:
    """Two spans a day, nights at the weekend, and on each day of the year a date or a closing of its own."""
    days = [date(YEAR, 1, 1) + timedelta(days=number) for number in range(365)]
    return {
        "timezone": "Europe/Athens",
        "weekly": {"mon-fri": ["09:00-13:00", "14:00-18:00"], "sat,sun": ["22:00-02:00"]},
        "dates": {day.isoformat(): ["10:00-12:00", "13:00-16:00"] for day in days[::2]},
        "closings": [{"from": f"{day} 15:00", "to": f"{day} 15:30", "name": "Meeting"} for day in days[1::2]],
    }


def seconds_of_questions(dice: random.Random) -> tuple[float, float]:
    """Seconds of the first question about a year, and of one behind it."""
    calendar = Calendar.from_settings(settings())
    began = datetime(YEAR, 1, 1, tzinfo=UTC)
    moments = [began + timedelta(minutes=dice.randrange(365 * 1440)) for _ in range(QUESTIONS)]
    started = time.perf_counter()
    calendar.at(moments[0])
    first = time.perf_counter() - started
    calendar.at(began + timedelta(days=364))  # the next year, where the search goes at the end of this one
    started = time.perf_counter()
    for moment in moments:
        calendar.at(moment).hours()
    return first, (time.perf_counter() - started) / QUESTIONS


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    dice = random.Random(9)  # noqa: S311 - which moments are asked about, no secret
    first: list[float] = []
    later: list[float] = []
    commits: list[float] = []
    for _ in range(ROUNDS):
        one, other = seconds_of_questions(dice)
        first.append(one)
        later.append(other)
        commits.append(asyncio.run(seconds_of_commit(STEPS)))
    commit = statistics.median(commits)
    print(
        f"a question takes {1e6 * statistics.median(later):.0f} µs, the first one about a year "
        f"{1e3 * statistics.median(first):.1f} ms, a commit {1e3 * commit:.2f} ms",
        file=sys.stderr,
    )
    for name, found, goal in (
        ("business_hours_cpu", later, GOAL),
        ("business_hours_first_cpu", first, FIRST_GOAL),
    ):
        ratio = statistics.median(found) / commit
        print(f"{name} {ratio:.2f} {goal} {'met' if ratio <= goal else 'short'}")


if __name__ == "__main__":
    main()
