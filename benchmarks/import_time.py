"""How long a program waits for ``from livechat_sdk import Dispatcher, LiveChatNode``.

The yardstick is a program that declares one pydantic model, which ours cannot do without. Both are timed as
whole processes with the start of bare Python taken off. The runs take turns, so that a busy moment of the
machine hits all of them alike, and the medians are compared.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

GOAL = 3.0
ROUNDS = 21
PROGRAMS = {
    "bare": "pass",
    "pydantic": "import pydantic\nclass M(pydantic.BaseModel):\n    x: int",
    "livechat_sdk": "from livechat_sdk import Dispatcher, LiveChatNode",
}


def seconds(program: str) -> float:
    """Run one program in a fresh interpreter and return how long the process lived."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - started


def main() -> None:
    """Measure, and print the line that ``benchmarks/run.py`` reads."""
    for program in PROGRAMS.values():
        seconds(program)  # compiles what was never imported before
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(ROUNDS):
        for name, program in PROGRAMS.items():
            times[name].append(seconds(program))
    median = {name: statistics.median(values) for name, values in times.items()}
    for name, value in median.items():
        print(f"{name}: {value * 1000:.0f} ms whole process", file=sys.stderr)
    ratio = (median["livechat_sdk"] - median["bare"]) / (median["pydantic"] - median["bare"])
    print(f"import_time {ratio:.2f} {GOAL} {'met' if ratio <= GOAL else 'short'}")


if __name__ == "__main__":
    main()
