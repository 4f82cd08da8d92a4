"""Every check that needs no test run: ``make check``, or ``python tools/check.py lint mypy`` for two of them.

Each check is one command. All of them run, two at a time, even when one fails; a check that passes prints one
line, a check that fails prints what it said. The exit code is 1 when any failed, 2 for an unknown name.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
WORKERS = 2
"""How many checks run side by side; type checkers are heavy, and small machines have two cores."""


@dataclass(frozen=True)
class Check:
    """One check: the name that people type, the command, and what it makes sure of."""

    name: str
    command: tuple[str, ...]
    about: str


@dataclass(frozen=True)
class Result:
    """What became of one check."""

    check: Check
    ok: bool
    seconds: float
    output: str


def _tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(BIN / name), *arguments)


# The slow ones first, so that the quick ones fill the gaps.
CHECKS = (
    Check(
        "wheels",
        (sys.executable, "tools/check_wheels.py"),
        "every distribution builds, installs and works outside the workspace",
    ),
    Check(
        "pyright", _tool("pyright", "--warnings"), "types, as pyright sees them (strict for what is shipped)"
    ),
    Check("mypy", _tool("mypy", "--no-error-summary"), "types, as mypy sees them (strict)"),
    Check(
        "docs",
        (sys.executable, "-m", "tools.site"),
        "the documentation builds, and its links and anchors lead somewhere",
    ),
    Check("lint", _tool("ruff", "check", "--quiet"), "ruff's rules"),
    Check("format", _tool("ruff", "format", "--check", "--quiet"), "ruff's formatting"),
    Check("imports", _tool("lint-imports", "--no-logo"), "who may import whom"),
    Check("lock", _tool("uv", "lock", "--check", "--quiet"), "uv.lock is in step with every pyproject.toml"),
    Check(
        "changelog",
        _tool("towncrier", "build", "--draft", "--version", "next"),
        "every fragment in changelog.d has a known kind",
    ),
)


def environment() -> dict[str, str]:
    """The environment of a check: quiet, in English, and no look-ups of newer versions."""
    return {
        **{name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}},
        "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "NO_COLOR": "1",
    }


def run(check: Check) -> Result:
    """Run one check to its end."""
    started = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Result(check, done.returncode == 0, time.monotonic() - started, done.stdout.strip())


def main(names: list[str]) -> int:
    """Run the checks that are named, or all of them, and say how each went."""
    known = {check.name: check for check in CHECKS}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no check is called {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    chosen = [known[name] for name in names] or list(CHECKS)
    failed: list[Result] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        for result in pool.map(run, chosen):
            word = "ok" if result.ok else "FAILED"
            print(
                f"{result.check.name:<10} {word:<6} {result.seconds:5.1f} s  {result.check.about}", flush=True
            )
            if not result.ok:
                failed.append(result)
    for result in failed:
        print(f"\n---- {result.check.name}: {' '.join(result.check.command)}\n{result.output}", flush=True)
    if failed:
        print(f"\nfailed: {', '.join(result.check.name for result in failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
