"""``make docs``: build the site, say what is wrong with it. The exit code is 1 when anything is."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.site.building import build

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = ROOT / "build" / "site"


def main() -> int:
    """Build into ``build/site``."""
    problems = build(ROOT, SITE)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print(f"docs: {len(problems)} problems", file=sys.stderr)
        return 1
    print(f"docs: {SITE.relative_to(ROOT)}/index.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())
