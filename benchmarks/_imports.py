"""What imports cost: the processor time of whole programs, with the start of bare Python taken off."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks._processes import compiling, seconds

__all__ = ["compare"]

ROUNDS = 9
_BARE = "pass"
_PYDANTIC = "import pydantic\nclass M(pydantic.BaseModel):\n    x: int"


def compare(yardstick: str, programs: Mapping[str, str], goal: float) -> None:
    """Run ``programs``, by the name of what is measured, in turns with ``yardstick``; print the results.

    What one pydantic model costs, below which none of ours can come, is told beside.
    """
    every = {"bare": _BARE, "pydantic": _PYDANTIC, "yardstick": yardstick, **programs}
    times: dict[str, list[float]] = {name: [] for name in every}
    with tempfile.TemporaryDirectory(prefix="livechat-benchmark-") as folder:
        environment = compiling(Path(folder))
        for program in every.values():
            seconds([sys.executable, "-c", program], environment)  # compiles what was never imported before
        for _ in range(ROUNDS):
            for name, program in every.items():
                times[name].append(seconds([sys.executable, "-c", program], environment))
    median = {name: statistics.median(values) for name, values in times.items()}
    for name, value in median.items():
        print(f"{name}: {value * 1000:.0f} ms of processor time, whole process", file=sys.stderr)
    for name in programs:
        ratio = (median[name] - median["bare"]) / (median["yardstick"] - median["bare"])
        print(f"{name} {ratio:.2f} {goal} {'met' if ratio <= goal else 'short'}")
