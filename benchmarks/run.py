"""Run every benchmark of this folder, print what they found and write it to ``benchmarks/results.json``.

A benchmark is a program of its own. On standard output it prints one line for each thing it measured:
``name ratio goal met`` or ``name ratio goal short``; what a person may like to know besides goes to standard
error. Where a figure is a cost (its name ends in a unit, ``cpu``, ``lost`` or ``doubled``, or begins with
``flat``), lower is better. A benchmark that cannot measure here, because what it measures against is not
installed, prints ``left out: why`` instead. ``python benchmarks/run.py import_time`` runs one of them. A goal
that is not reached does not fail the run, because machines differ; ``--strict`` makes it fail. A benchmark
that crashes always does.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
LEFT_OUT = "left out: "


class BenchmarkError(Exception):
    """A benchmark crashed or printed something else than results."""


class LeftOut(Exception):
    """A benchmark did not measure, and says why."""


@dataclass(frozen=True)
class Measurement:
    """One line of a benchmark: what was measured, the ratio, the goal, and whether it was met."""

    name: str
    ratio: float
    goal: float
    met: bool


def parse(line: str) -> Measurement:
    """Read ``name ratio goal met|short``; raise ``BenchmarkError`` for anything else."""
    try:
        name, ratio, goal, verdict = line.split()
        return Measurement(name, float(ratio), float(goal), {"met": True, "short": False}[verdict])
    except (ValueError, KeyError) as error:
        raise BenchmarkError(f"expected `name ratio goal met|short`, got {line!r}") from error


def available() -> dict[str, Path]:
    """Every benchmark of this folder by name."""
    own = Path(__file__).resolve()
    return {path.stem: path for path in sorted(HERE.glob("*.py")) if path != own and path.stem[0] != "_"}


def run(path: Path) -> list[Measurement]:
    """Run one benchmark in a process of its own and return its measurements. Raises ``LeftOut`` too."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}  # so that they can import what they share
    done = subprocess.run(
        [sys.executable, str(path)], stdout=subprocess.PIPE, text=True, check=False, env=environment
    )
    if done.returncode != 0:
        raise BenchmarkError(f"{path.name} ended with exit code {done.returncode}; its words are above")
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    if len(lines) == 1 and lines[0].startswith(LEFT_OUT):
        raise LeftOut(lines[0].removeprefix(LEFT_OUT))
    measured = [parse(line) for line in lines]
    if not measured:
        raise BenchmarkError(f"{path.name} printed no result")
    return measured


def write(measured: list[Measurement], left_out: dict[str, str]) -> None:
    """Write the results with what one must know to read them: when, on what."""
    document = {
        "schema_version": 1,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "results": [asdict(one) for one in measured],
        "left_out": left_out,
    }
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def main() -> int:
    """Run what was asked for; return 1 if a benchmark crashed, or fell short under ``--strict``."""
    parser = argparse.ArgumentParser(description="Run the benchmarks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones; all when none is named")
    parser.add_argument("--strict", action="store_true", help="fail when a goal is not reached")
    asked = parser.parse_args()
    known = available()
    unknown = [name for name in asked.names if name not in known]
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are: {', '.join(known)}")
    measured: list[Measurement] = []
    left_out: dict[str, str] = {}
    crashed = False
    for name in asked.names or known:
        try:
            results = run(known[name])
        except LeftOut as why:
            left_out[name] = str(why)
            print(f"{name:<28} left out: {why}", flush=True)
            continue
        except BenchmarkError as problem:
            print(f"{name}: {problem}", file=sys.stderr)
            crashed = True
            continue
        measured.extend(results)
        for one in results:
            verdict = "met" if one.met else "short"
            print(f"{one.name:<28} {one.ratio:8.2f} {one.goal:8.2f} {verdict}", flush=True)
    write(measured, left_out)
    short = any(not one.met for one in measured)
    return 1 if crashed or (asked.strict and short) else 0


if __name__ == "__main__":
    sys.exit(main())
