"""Plays schedules for as long as it takes: ``make soak``.

Progress is shown, failures are printed with their seed at once, and a report is written after every chunk, to
``build/soak/faults.json``; a run that was interrupted goes on there with ``--resume``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.playing import play
from tests.faults.schedules import make_schedule

__all__ = ["Report", "main"]

SLOTS = 16
_CHUNK = 10
"""Worlds that one task of the pool plays."""


@dataclass
class Report:
    """What was played and what was found."""

    started: str
    first_seed: int
    next_seed: int
    schedules: int = 0
    steps: int = 0
    crashes: int = 0
    seconds: float = 0.0
    findings: dict[str, int] = field(default_factory=dict[str, int])
    failing_seeds: list[int] = field(default_factory=list[int])

    def add(self, chunk: Chunk) -> None:
        """Count a chunk in."""
        self.next_seed = max(self.next_seed, chunk.last_seed + 1)
        self.schedules += chunk.worlds * SLOTS
        self.steps += chunk.steps
        self.crashes += chunk.crashes
        self.failing_seeds += [seed for seed, _ in chunk.failures]
        counted = Counter(self.findings)
        counted.update(chunk.findings)
        self.findings = dict(counted)


@dataclass(frozen=True)
class Chunk:
    """The result of some worlds; ``failures`` are seeds with all that is to be said about them."""

    last_seed: int
    worlds: int
    steps: int
    crashes: int
    findings: Counter[str]
    failures: list[tuple[int, str]]


def play_chunk(seeds: Sequence[int]) -> Chunk:
    """Play some worlds in this process."""
    logging.disable(logging.CRITICAL)
    steps = crashes = 0
    findings: Counter[str] = Counter()
    failures: list[tuple[int, str]] = []
    for seed in seeds:
        schedule = make_schedule(seed, slots=SLOTS)
        every = [step for round_ in schedule.rounds for step in round_]
        steps += len(every)
        crashes += sum(step.what in _DEATHS for step in every)
        try:
            played = asyncio.run(play(schedule))
        except Exception as error:  # noqa: BLE001  (a soak reports whatever goes wrong and goes on)
            findings[f"error {type(error).__name__}"] += 1
            failures.append((seed, f"{type(error).__name__}: {error}"))
            continue
        findings.update(str(finding.wrong) for finding in played.findings)
        findings.update("problem" for _ in played.problems)
        if not played.is_good:
            failures.append((seed, str(played)))
    return Chunk(seeds[-1], len(seeds), steps, crashes, findings, failures)


_DEATHS = frozenset({"crashes", "goes_down", "user_says_and_all_dies"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; 0 when nothing was found, 8 otherwise."""
    options = _options(arguments)
    folder = Path(options.report)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "faults.json"
    report = _begin(path, options)
    worlds = max(1, options.schedules // SLOTS)
    last = report.first_seed + worlds
    before = report.seconds
    started = time.monotonic()
    with ProcessPoolExecutor(options.jobs) as pool:
        chunks = _chunks(report.next_seed, last)
        for chunk in pool.map(play_chunk, chunks):
            report.add(chunk)
            report.seconds = round(before + time.monotonic() - started, 1)
            for seed, story in chunk.failures:
                (folder / f"faults-{seed}.txt").write_text(story, encoding="utf-8")
                _tell(f"\nseed {seed} fails: {story.splitlines()[0][:300]}")
                _tell(f"  more in {folder}/faults-{seed}.txt; again: FAULT_SEED={seed} make test ARGS=faults")
            path.write_text(json.dumps(asdict(report), indent=2) + "\n", encoding="utf-8")
            _progress(report, worlds * SLOTS)
    _tell(f"\n{report.schedules} schedules, findings: {report.findings or 'none'}; report: {path}")
    return 8 if report.failing_seeds else 0


def _begin(path: Path, options: argparse.Namespace) -> Report:
    if options.resume and path.exists():
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Report(**stored)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Report(started=now, first_seed=options.seed, next_seed=options.seed)


def _chunks(first: int, last: int) -> Iterator[range]:
    for start in range(first, last, _CHUNK):
        yield range(start, min(start + _CHUNK, last))


def _progress(report: Report, total: int) -> None:
    rate = report.schedules / report.seconds if report.seconds else 0.0
    left = (total - report.schedules) / rate if rate else 0.0
    sys.stdout.write(
        f"\r{report.schedules:,} of {total:,} schedules, {rate:.0f}/s, {left / 60:.0f} min left, "
        f"{len(report.failing_seeds)} failing "
    )
    sys.stdout.flush()


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--schedules", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1_000_000, help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--report", default="build/soak")
    parser.add_argument("--resume", action="store_true", help="go on where the report ends")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
