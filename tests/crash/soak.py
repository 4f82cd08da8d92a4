"""The long form: dies at every step of every scenario, and at random ones twice and thrice.

``python -m tests.crash.soak [--ledgers KIND] [--scenario NAME] [--doubles N] [--tickets N] [--seed N]``
prints what goes wrong as it happens, with what it takes to play it again, and writes a report. The exit code
is 1 if anything went wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from livechat_sdk_testing.postgres import running_server
from tests.crash.playing import Run, after_the_last_word, play_all
from tests.crash.scenarios import AUTOMATIONS, SCENARIOS, TICKET_DESKS, TICKET_SYSTEMS, Scenario
from tests.processes.ledgers import Ledgers, on_postgres, on_sqlite
from tests.processes.nursery import Nursery

_BATCH = 50


class Soak:
    """All runs of one soak, and what came of them."""

    def __init__(self, nursery: Nursery, ledgers: Ledgers, folder: Path) -> None:
        self._nursery = nursery
        self._ledgers = ledgers
        self._folder = folder
        self._began = time.monotonic()
        self._deaths: dict[str, Counter[str]] = {}
        self.runs = 0
        self.wrong: list[Run] = []

    async def every_step(self, scenario: Scenario) -> None:
        """Die once at each step, until runs are over before the step is reached."""
        first = 1
        while (await self._play([(scenario, [n]) for n in range(first, first + _BATCH)]))[-1].deaths:
            first += _BATCH

    async def many_deaths(self, scenarios: Sequence[Scenario], moments: random.Random, count: int) -> None:
        """Die two or three times, the later ones soon after the start."""
        for done in range(0, count, _BATCH):
            await self._play(
                (
                    moments.choice(scenarios),
                    [
                        moments.randint(1, 120),
                        *(moments.randint(1, 40) for _ in range(moments.choice((1, 2)))),
                    ],
                )
                for _ in range(min(_BATCH, count - done))
            )

    async def deaths_at_a_timeout(self, moments: random.Random, count: int) -> None:
        """Die ``count`` times when a request times out and a ticket is made of it."""
        scenarios = [
            *(SCENARIOS[name] for name in TICKET_DESKS),
            *TICKET_SYSTEMS.values(),
            *AUTOMATIONS.values(),
        ]
        alive = await self._play((scenario, []) for scenario in scenarios)
        steps = {run.scenario: after_the_last_word(run) for run in alive if run.steps}
        deaths = 0
        while steps and deaths < count:
            chosen = [moments.choice([one for one in scenarios if one.name in steps]) for _ in range(_BATCH)]
            runs = await self._play((one, [moments.choice(steps[one.name])]) for one in chosen)
            deaths += sum(bool(run.deaths) for run in runs)
            if not any(run.deaths for run in runs):
                raise AssertionError("nobody dies any more")

    async def deaths_among_others(
        self, scenarios: Sequence[Scenario], moments: random.Random, count: int
    ) -> None:
        """One of three workers dies, and is not started again."""
        for done in range(0, count, _BATCH):
            plays = (
                (moments.choice(scenarios), [moments.randint(1, 70)])
                for _ in range(min(_BATCH, count - done))
            )
            await self._play(plays, survivors=2)

    def report(self, seed: int) -> dict[str, Any]:
        """What was done and what came of it, as JSON."""
        return {
            "ledgers": self._ledgers.kind,
            "seed": seed,
            "runs": self.runs,
            "seconds": round(time.monotonic() - self._began, 1),
            "deaths": {name: dict(sorted(deaths.items())) for name, deaths in self._deaths.items()},
            "wrong": [asdict(run) for run in self.wrong],
        }

    async def _play(
        self, plays: Iterable[tuple[Scenario, Sequence[int]]], *, survivors: int = 0
    ) -> list[Run]:
        folder = self._folder / str(self.runs)
        runs = await play_all(self._nursery, folder, self._ledgers, plays, survivors=survivors)
        self.runs += len(runs)
        for run in runs:
            self._deaths.setdefault(run.scenario, Counter()).update(run.deaths)
            if run.findings:
                self.wrong.append(run)
                tell(
                    f"WRONG {run.scenario} killed at {run.kills} {run.deaths}: {run.findings} (see {folder})"
                )
        tell(f"{self.runs} runs, {len(self.wrong)} wrong, {time.monotonic() - self._began:.0f} s")
        return runs


def tell(line: str) -> None:
    """Tell whoever waits."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def soak(
    ledgers: Ledgers, names: Sequence[str], doubles: int, seed: int, tickets: int = 200
) -> dict[str, Any]:
    """Run it all on one kind of ledgers and return the report."""
    folder = Path(tempfile.mkdtemp(prefix="livechat-crash-"))
    moments = random.Random(seed)  # noqa: S311  # only has to be the same again
    scenarios = [SCENARIOS[name] for name in names]
    async with Nursery() as nursery:
        soaking = Soak(nursery, ledgers, folder)
        for scenario in scenarios:
            tell(f"{ledgers.kind}, {scenario.name}: every step")
            await soaking.every_step(scenario)
        tell(f"{ledgers.kind}: {doubles} times two or three random deaths, seed {seed}")
        await soaking.many_deaths(scenarios, moments, doubles)
        tell(f"{ledgers.kind}: {tickets} times a death when a request times out and makes a ticket")
        await soaking.deaths_at_a_timeout(moments, tickets)
        if ledgers.kind == "postgres":
            tell(f"{ledgers.kind}: {doubles} times one of three workers dies")
            await soaking.deaths_among_others(scenarios, moments, doubles)
        return soaking.report(seed)


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ledgers", choices=["sqlite", "postgres"], help="only this kind")
    parser.add_argument("--scenario", action="append", choices=list(SCENARIOS), help="only this one")
    parser.add_argument("--doubles", type=int, default=500)
    parser.add_argument("--tickets", type=int, default=200, help="deaths at the timeout of a request")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    parser.add_argument("--report", type=Path, default=Path("build/soak/crash.json"))
    chosen = parser.parse_args()
    names = chosen.scenario or list(SCENARIOS)
    options = (names, chosen.doubles, chosen.seed, chosen.tickets)
    reports: list[dict[str, Any]] = []
    if chosen.ledgers != "postgres":
        reports.append(asyncio.run(soak(on_sqlite(), *options)))
    if chosen.ledgers != "sqlite":
        with running_server() as server:
            reports.append(
                asyncio.run(soak(on_postgres(server), names, chosen.doubles, chosen.seed, chosen.tickets))
            )
    chosen.report.parent.mkdir(parents=True, exist_ok=True)
    chosen.report.write_text(json.dumps(reports, indent=2) + "\n")
    for report in reports:
        wrong = len(report["wrong"])
        tell(f"{report['ledgers']}: {report['runs']} runs in {report['seconds']:.0f} s, {wrong} wrong")
    return 1 if any(report["wrong"] for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
