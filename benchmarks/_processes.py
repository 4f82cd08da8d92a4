"""The processor's time of whole programs, as people run them: with their modules compiled.

pip and uv compile what they install, or Python does at the first start. Where ``PYTHONDONTWRITEBYTECODE`` is
set, as in many containers, it would do neither, and each start would compile everything again: that would
measure the compiler. So the programs get a folder for what is compiled, both ours and the yardsticks.
"""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["compiling", "seconds"]


def compiling(folder: Path, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment in which programs keep what they compile in ``folder``; with ``variables`` beside."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **(variables or {}), "PYTHONPYCACHEPREFIX": str(folder)}


def seconds(command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None) -> float:
    """Run one program, in ``folder`` where one is given, and return the processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
