"""Asks code and oracle about random calendars, or random requests, and writes a report.

``python -m tests.oracle.soak hours --calendars 10000 --report build/soak/hours.json``: a part of ``make
soak``. What differs is printed with its seed. Exit codes: 0 when both agree on everything, 8 otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["main"]

_CHUNK = 20
"""Cases that one task of the pool looks at."""


@dataclass
class Found:
    """What came of some cases."""

    wrong: list[str] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    zones: set[str] = field(default_factory=set)
    years: set[int] = field(default_factory=set)

    def add(self, other: Found) -> None:
        """Count these as well."""
        self.wrong += other.wrong
        self.counted += other.counted
        self.zones |= other.zones
        self.years |= other.years


def _hours(seeds: range, questions: int) -> Found:
    from tests.oracle.calendars import case
    from tests.oracle.comparing_hours import differences
    from tests.oracle.zones import changes, time_of

    found = Found()
    for seed in seeds:
        made = case(seed, questions)
        with tempfile.TemporaryDirectory() as folder:
            found.wrong += differences(made, Path(folder))
        found.zones.add(made.zone)
        found.counted["calendars"] += 1
        for question in made.questions:
            found.counted["instants"] += 1
            found.years.add(question.at.year)
            near = (time_of(minute) for minute in changes(ZoneInfo(made.zone), question.at.year))
            if any(abs((question.at - change).total_seconds()) <= 3 * 3600 for change in near):
                found.counted["instants within three hours of a change of the clock"] += 1
    return found


def _routing(seeds: range, questions: int) -> Found:
    from tests.oracle.comparing_routes import route_differences
    from tests.oracle.requests import route_case
    from tests.oracle.routing import decide

    found = Found()
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            case = route_case(seed, questions)
            try:
                found.wrong += route_differences(case, Path(folder))
            except Exception as error:  # noqa: BLE001  (a soak reports whatever goes wrong and goes on)
                found.wrong.append(f"seed {seed}: {type(error).__name__}: {error}")
            found.counted["settings"] += 1
            for item in case.items:
                made = decide(case.settings, item, case.expressions)
                found.counted["requests"] += 1
                found.counted[f"decided by {made.by}" if made.by else made.result] += 1
                found.counted["rules that were looked at"] += sum(
                    outcome != "not_looked_at" for outcome, _ in made.outcomes
                )
    return found


def _search(name: str, work: Callable[[range], Found], seeds: range, jobs: int) -> Found:
    """Do it in several processes, and say how far it has come."""
    found = Found()
    parts = [seeds[at : at + _CHUNK] for at in range(0, len(seeds), _CHUNK)]
    with ProcessPoolExecutor(jobs) as pool:
        for number, part in enumerate(pool.map(work, parts), start=1):
            found.add(part)
            for line in part.wrong:
                sys.stdout.write(f"\n{line}\n")
            sys.stdout.write(f"\r{number} of {len(parts)} parts of {name}, {len(found.wrong)} differences ")
            sys.stdout.flush()
    sys.stdout.write("\n")
    return found


def _write(found: Found, file: Path, more: dict[str, Any]) -> int:
    report = {**more, **dict(sorted(found.counted.items())), "differences": found.wrong}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", "utf-8")
    sys.stdout.write(f"{len(found.wrong)} differences; report: {file}\n")
    return 8 if found.wrong else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of them; 0 when both agree, 8 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.soak", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    hours = kinds.add_parser("hours", help="business hours, minute by minute")
    hours.add_argument("--calendars", type=int, default=10_000)
    hours.add_argument("--questions", type=int, default=8, help="instants for each calendar")
    hours.add_argument("--report", type=Path, default=Path("build/soak/hours.json"))
    routing = kinds.add_parser("routing", help="rules of routing, from the page alone")
    routing.add_argument("--requests", type=int, default=1_000)
    routing.add_argument("--questions", type=int, default=10, help="requests for each settings file")
    routing.add_argument("--report", type=Path, default=Path("build/soak/routing.json"))
    for kind in (hours, routing):
        kind.add_argument("--seed", type=int, default=0, help="the first seed")
        kind.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    started = time.monotonic()
    work, many = (
        (_hours, options.calendars)
        if options.kind == "hours"
        else (_routing, -(-options.requests // options.questions))
    )
    seeds = range(options.seed, options.seed + many)
    found = _search(options.kind, partial(work, questions=options.questions), seeds, options.jobs)
    more: dict[str, Any] = {"seeds": [seeds.start, seeds.stop]}
    if found.years:
        more |= {"zones": len(found.zones), "years": [min(found.years), max(found.years)]}
    return _write(found, options.report, {**more, "seconds": round(time.monotonic() - started, 1)})


if __name__ == "__main__":
    sys.exit(main())
