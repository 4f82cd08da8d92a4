"""What imports cost: the processor time of whole programs, with the start of bare Python taken off."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping

__all__ = ["compare"]

ROUNDS = 9
_BARE = "pass"
_PYDANTIC = "import pydantic\nclass M(pydantic.BaseModel):\n    x: int"


def _seconds(program: str) -> float:
    """Run one program in a fresh interpreter and return the processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(yardstick: str, programs: Mapping[str, str], goal: float) -> None:
    """Run ``programs``, by the name of what is measured, in turns with ``yardstick``; print the results.

    What one pydantic model costs, below which none of ours can come, is told beside.
    """
    every = {"bare": _BARE, "pydantic": _PYDANTIC, "yardstick": yardstick, **programs}
    for program in every.values():
        _seconds(program)  # compiles what was never imported before
    times: dict[str, list[float]] = {name: [] for name in every}
    for _ in range(ROUNDS):
        for name, program in every.items():
            times[name].append(_seconds(program))
    median = {name: statistics.median(values) for name, values in times.items()}
    for name, value in median.items():
        print(f"{name}: {value * 1000:.0f} ms of processor time, whole process", file=sys.stderr)
    for name in programs:
        ratio = (median[name] - median["bare"]) / (median["yardstick"] - median["bare"])
        print(f"{name} {ratio:.2f} {goal} {'met' if ratio <= goal else 'short'}")
