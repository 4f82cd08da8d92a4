"""What it costs to have the adapter for Dynamics installed, against the import of the vendor's own client.

The first line is what a program pays that knows of the adapter: the module that its entry point names. The
second is what it pays that uses it: the contacts with their HTTP client. The vendor's client has no halves.
Each is the processor time of a whole process with the start of bare Python taken off; the runs take turns,
and the medians are compared.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

GOAL = 0.5
ROUNDS = 9
PROGRAMS = {
    "bare": "pass",
    "sdk": "import PowerPlatform.Dataverse.client",
    "dynamics_import_cpu": "from livechat_sdk_dynamics import plugin",
    "dynamics_import_in_use_cpu": "from livechat_sdk_dynamics.source import DynamicsContacts",
}


def seconds(program: str) -> float:
    """Run one program in a fresh interpreter and return the processor time that it took."""
    before = os.times()
    subprocess.run([sys.executable, "-c", program], check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    """Measure, and print the lines that ``benchmarks/run.py`` reads."""
    for program in PROGRAMS.values():
        seconds(program)  # compiles what was never imported before
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for _ in range(ROUNDS):
        for name, program in PROGRAMS.items():
            times[name].append(seconds(program))
    median = {name: statistics.median(values) for name, values in times.items()}
    for name, value in median.items():
        print(f"{name}: {value * 1000:.0f} ms of processor time, whole process", file=sys.stderr)
    for name in ("dynamics_import_cpu", "dynamics_import_in_use_cpu"):
        ratio = (median[name] - median["bare"]) / (median["sdk"] - median["bare"])
        print(f"{name} {ratio:.2f} {GOAL} {'met' if ratio <= GOAL else 'short'}")


if __name__ == "__main__":
    main()
