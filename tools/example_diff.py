"""Writes what the example of a provider has beyond its template: ``python -m tools.example_diff``.

``examples/livechat-sdk-parley`` began as ``livechat new provider parley``, and ``examples/parley.diff`` is
what was changed since. Run this when the example has changed: a test holds the three against each other. When
the template has changed, bring the example along first: make the package anew, and apply the old diff to it
(``git apply --reject``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.tree import ROOT, files

EXAMPLE = ROOT / "examples" / "livechat-sdk-parley"
DIFF = ROOT / "examples" / "parley.diff"
ANSWERS = ".copier-answers.yml"
"""Which template a package was made from, and where that lay: the same in neither of two makings."""


def example(folder: Path) -> Path:
    """A copy of the example in ``folder``, without what others have left in it."""
    for path in files():
        if (ROOT / path).is_relative_to(EXAMPLE):
            target = folder / (ROOT / path).relative_to(EXAMPLE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, target)
    return folder


def difference(before: Path, after: Path) -> str:
    """What ``git apply`` makes of one folder the other by. Both lie in one folder."""
    (before / ANSWERS).unlink()
    (after / ANSWERS).unlink()
    words = ("diff", "--no-index", "--no-prefix", "--no-renames", "--full-index", "--no-color")
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *words, before.name, after.name],  # noqa: S607
        cwd=before.parent,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode > 1:
        raise SystemExit(done.stderr)
    return done.stdout


def main() -> None:
    """Make the template's package anew, and write the difference."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        livechat = Path(sys.executable).parent / "livechat"
        words = ("new", "provider", "parley", "--out", folder / "template")
        env = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
        subprocess.run([livechat, *words], env=env, stdout=subprocess.DEVNULL, check=True)
        DIFF.write_text(difference(folder / "template", example(folder / "example")), "utf-8")


if __name__ == "__main__":
    main()
