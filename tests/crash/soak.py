"""The long form: dies at every step of every scenario, and at random ones twice and thrice.

``python -m tests.crash.soak [--scenario NAME] [--doubles N] [--seed N] [--report FILE]`` prints what goes
wrong as it happens, with what it takes to play it again, and writes a report. The exit code is 1 if anything
went wrong.
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

from tests.crash.playing import Run, play_all
from tests.crash.scenarios import SCENARIOS, Scenario
from tests.processes.nursery import Nursery

_BATCH = 50


class Soak:
    """All runs of one soak, and what came of them."""

    def __init__(self, nursery: Nursery, folder: Path) -> None:
        self._nursery = nursery
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

    def report(self, seed: int) -> dict[str, Any]:
        """What was done and what came of it, as JSON."""
        return {
            "seed": seed,
            "runs": self.runs,
            "seconds": round(time.monotonic() - self._began, 1),
            "deaths": {name: dict(sorted(deaths.items())) for name, deaths in self._deaths.items()},
            "wrong": [asdict(run) for run in self.wrong],
        }

    async def _play(self, plays: Iterable[tuple[Scenario, Sequence[int]]]) -> list[Run]:
        folder = self._folder / str(self.runs)
        runs = await play_all(self._nursery, folder, plays)
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


async def soak(names: Sequence[str], doubles: int, seed: int) -> dict[str, Any]:
    """Run it all and return the report."""
    folder = Path(tempfile.mkdtemp(prefix="livechat-crash-"))
    moments = random.Random(seed)  # noqa: S311  # only has to be the same again
    async with Nursery() as nursery:
        soaking = Soak(nursery, folder)
        for name in names:
            tell(f"{name}: every step")
            await soaking.every_step(SCENARIOS[name])
        tell(f"{doubles} times two or three random deaths, seed {seed}")
        await soaking.many_deaths([SCENARIOS[name] for name in names], moments, doubles)
        return soaking.report(seed)


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", action="append", choices=list(SCENARIOS))
    parser.add_argument("--doubles", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**31))
    parser.add_argument("--report", type=Path, default=Path("build/soak/crash.json"))
    chosen = parser.parse_args()
    report = asyncio.run(soak(chosen.scenario or list(SCENARIOS), chosen.doubles, chosen.seed))
    chosen.report.parent.mkdir(parents=True, exist_ok=True)
    chosen.report.write_text(json.dumps(report, indent=2) + "\n")
    tell(f"{report['runs']} runs in {report['seconds']:.0f} s, {len(report['wrong'])} wrong: {chosen.report}")
    return 1 if report["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
