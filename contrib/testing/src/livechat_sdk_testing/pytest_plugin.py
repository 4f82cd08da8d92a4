"""The pytest plugin of the kit: what the processes of one run (pytest-xdist) can only say together.

The fixture of ``Recordings`` sees in each process which files no test used there. Each hands that over when
it ends, and the process that directs them fails the run for a file that none of them used.

Every pytest that runs where the kit is installed imports this module, so it imports nothing but pytest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

__all__ = ["hand_over", "unused_message"]

_KEY = "livechat_sdk_testing.unused_recordings"
_unused = pytest.StashKey[dict[str, set[str]]]()


def unused_message(folder: Path | str, names: list[str]) -> str:
    """What a run that failed for these recordings says."""
    return f"used by no test of this run, in {folder}: {', '.join(names)}"


def hand_over(config: pytest.Config, folder: Path, unused: list[str]) -> bool:
    """Tell the directing process which recordings no test of this process used.

    False where this process is the only one: then it can tell by itself.
    """
    output: dict[str, Any] | None = getattr(config, "workeroutput", None)
    if output is None:
        return False
    output.setdefault(_KEY, {})[str(folder)] = unused
    return True


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Keep what no process used so far. One that died says nothing, and its test has failed the run."""
    together = node.config.stash.setdefault(_unused, {})
    for folder, names in getattr(node, "workeroutput", {}).get(_KEY, {}).items():
        together[folder] = together.get(folder, set(names)) & set(names)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Report each folder with recordings that none of the processes used, as an error of the run."""
    if exitstatus != pytest.ExitCode.OK or session.shouldstop or session.shouldfail:
        return
    together = session.config.stash.setdefault(_unused, {})
    for folder, names in sorted(together.items()):
        if names:
            report = pytest.TestReport(
                nodeid=folder,
                location=(folder, None, "recordings"),
                keywords={},
                outcome="failed",
                longrepr=unused_message(folder, sorted(names)),
                when="teardown",
            )
            session.config.hook.pytest_runtest_logreport(report=report)
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
