"""The long form: fifty thousand random conversations, and no name of an agent that must not be seen.

``python -m tests.words.soak [--conversations N] [--seed N]`` shows progress and writes a report. The exit
code is 1 if anything went wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.words.conversations import play

_BATCH = 5_000
REPORT = Path("build/soak/words.json")


def run(count: int, seed: int) -> dict[str, Any]:
    """Play so many conversations; the report."""
    began = time.monotonic()
    findings: list[str] = []
    seen = Counter[str]()
    for number in range(count):
        conversation = play(seed + number)
        seen["conversations"] += 1
        seen["agents"] += len(conversation.people)
        seen["texts"] += len(conversation.seen)
        seen[f"names: {conversation.names.show}"] += 1
        findings += [f"seed {seed + number}: {text[:300]}" for text in conversation.leaks()]
        if (number + 1) % _BATCH == 0:
            tell(f"{number + 1} conversations, {time.monotonic() - began:.0f} s, {len(findings)} findings")
    return {**seen, "seed": seed, "seconds": round(time.monotonic() - began, 1), "findings": findings[:100]}


def tell(text: str) -> None:
    """Show progress."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Run with what the command line says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--conversations", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    report = run(wanted.conversations, wanted.seed)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2, ensure_ascii=False), "utf-8")
    tell(json.dumps(report, indent=2, ensure_ascii=False))
    return 1 if report["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
