"""The pytest plugin behind ``@pytest.mark.feature``: refuses unknown ids, and writes which rows were proved.

``tools/features.py`` has the table and the form of the report; ``make test`` asks with ``--features``.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tools.features import MARKER, TableError, Tree, marked_tests, proofs_of, read_table, tree, write_report

SOME_TESTS_ONLY = (
    "keyword",
    "markexpr",
    "lf",
    "deselect",
    "ignore",
    "ignore_glob",
    "stepwise",
    "collectonly",
)
"""Options with which a run leaves out tests."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--features", type=Path, metavar="FILE", help="write which rows of the table of features were proved"
    )


def pytest_configure(config: pytest.Config) -> None:
    report: Path | None = config.getoption("--features")
    if report is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(config, report), "features-recorder")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test whose marker names no row, or stands where the source is not searched for it."""
    if item.get_closest_marker(MARKER) is None:
        return
    ids = [row_id for mark in item.iter_markers(MARKER) for row_id in mark.args]
    unknown = [row_id for row_id in ids if row_id not in _rows()]
    if unknown or not ids:
        pytest.fail(
            f"tools/features.toml has no row {', '.join(map(str, unknown)) or 'without an id'}", pytrace=False
        )
    marked = _marked(item.config.rootpath)
    found = [row_id for name in _names(item.nodeid) for row_id in marked.get(name, ())]
    if sorted(found) != sorted(ids):
        pytest.fail(
            "the feature marker is a decorator of the test or of its class, with ids in quotes", pytrace=False
        )


def _tree(root: Path) -> Tree:
    """The state to bind the report to. Tests run without a clone too, and no report of theirs is accepted."""
    try:
        return tree(root)
    except TableError:
        return Tree("", "")


@cache
def _rows() -> frozenset[str]:
    return frozenset(read_table())


@cache
def _marked(root: Path) -> dict[str, list[str]]:
    return marked_tests(root)


def _names(nodeid: str) -> list[str]:
    """The test without its parameters, and the classes around it: any of them may stand in the source."""
    parts = nodeid.partition("[")[0].split("::")
    return ["::".join(parts[:length]) for length in range(2, len(parts) + 1)]


class Recorder:
    """Collects how tests ended, in the process that sees all reports, also those of xdist's workers."""

    def __init__(self, config: pytest.Config, report: Path) -> None:
        self._config = config
        self._report = report
        # Before the first test: what is changed meanwhile makes the report stale.
        self._tree = _tree(config.rootpath)
        self._marked = marked_tests(config.rootpath)
        self._ended: dict[str, set[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a phase. A worker that died reports its test as failed in a phase without a name."""
        if report.when != "call" and report.passed:
            return
        expected_to_fail = hasattr(report, "wasxfail")
        outcome = (
            "failed" if report.failed else "passed" if report.passed and not expected_to_fail else "skipped"
        )
        for name in _names(report.nodeid):
            self._ended.setdefault(name, set()).add(outcome)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report."""
        outcomes = {
            row_id: {test: self._outcome(test) for test in tests}
            for row_id, tests in proofs_of(self._marked).items()
        }
        ended = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        stopped = bool(session.shouldstop or session.shouldfail)
        write_report(self._report, self._tree, outcomes, complete=ended and not stopped and self._whole())

    def _outcome(self, test: str) -> str:
        """The worst of all parameters that ran; those that were skipped spoil nothing."""
        ended = self._ended.get(test, set())
        return next((outcome for outcome in ("failed", "passed") if outcome in ended), "skipped")

    def _whole(self) -> bool:
        """True when this run was asked for every test there is."""
        option = self._config.option
        return self._config.args_source is pytest.Config.ArgsSource.TESTPATHS and not any(
            getattr(option, name, None) for name in SOME_TESTS_ONLY
        )
