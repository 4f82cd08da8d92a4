"""What is measured against may be absent: a benchmark is then left out, and says why."""

from __future__ import annotations

import importlib.util
import sys

__all__ = ["leave_out_without"]


def leave_out_without(module: str, distribution: str) -> None:
    """End this program, with the line that ``benchmarks/run.py`` reads, if ``module`` is not installed."""
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        print(f"left out: {distribution} is not installed (make setup, with the group yardsticks)")
        sys.exit(0)
