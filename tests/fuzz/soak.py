"""Sends 100 000 mutated webhooks to each route: a part of ``make soak``.

The report is ``build/soak/webhooks.json``; what was wrong is printed with its seed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.fuzz.routes import KINDS
from tests.fuzz.running import Findings, run

__all__ = ["main"]

_CHUNK = 2000
"""Mutations that one task of the pool sends."""


def play(name: str, first: int, last: int) -> tuple[str, Findings]:
    """Send some mutations in this process."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        try:
            return name, asyncio.run(run(Path(folder), name, range(first, last)))
        except Exception as error:  # noqa: BLE001  (a soak reports whatever goes wrong and goes on)
            return name, Findings(wrong=[f"{name} seeds {first} to {last}: {type(error).__name__}: {error}"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; 0 when nothing was wrong, 8 otherwise."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--mutations", type=int, default=100_000, help="for each route")
    parser.add_argument("--seed", type=int, default=1_000_000, help="the first seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--report", default="build/soak")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    answers = {name: Counter[str]() for name in KINDS}
    wrong: list[str] = []
    end = options.seed + options.mutations
    parts = [(name, at, min(at + _CHUNK, end)) for at in range(options.seed, end, _CHUNK) for name in KINDS]
    with ProcessPoolExecutor(options.jobs) as pool:
        for number, (name, found) in enumerate(pool.map(play, *zip(*parts, strict=True)), start=1):
            answers[name].update(found.answers)
            wrong += found.wrong
            for line in found.wrong:
                sys.stdout.write(f"\n{line}\n")
            sys.stdout.write(f"\r{number} of {len(parts)} parts of the webhooks, {len(wrong)} wrong ")
            sys.stdout.flush()
    folder = Path(options.report)
    folder.mkdir(parents=True, exist_ok=True)
    report = {
        "mutations": {name: sum(counted.values()) for name, counted in answers.items()},
        "answers": {name: dict(sorted(counted.items())) for name, counted in answers.items()},
        "wrong": wrong,
        "seconds": round(time.monotonic() - started, 1),
    }
    (folder / "webhooks.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    sys.stdout.write(f"\n{report['mutations']} mutated webhooks, {len(wrong)} wrong\n")
    return 8 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
