"""The table of features tells the truth: markers name rows, and a report counts what passed, here and now."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.tree import ROOT
from tools.features import (
    PAGE,
    Row,
    TableError,
    Tree,
    main,
    marked_tests,
    printed,
    proofs_of,
    read_report,
    read_table,
    state_of,
    summary,
    tree,
    updated,
    write_report,
)

TESTS = """
import os
import pytest

@pytest.mark.feature("CV-01")
def test_passes():
    pass

@pytest.mark.feature("CV-02")
@pytest.mark.parametrize("number", [1, 2])
def test_fails_once(number):
    assert number == 1

@pytest.mark.feature("CV-03")
def test_skipped():
    pytest.skip("no reason")

@pytest.mark.feature("CV-04", "CV-05")
class TestClass:
    @pytest.mark.parametrize("number", [1, 2])
    def test_runs_in_part(self, number):
        if number == 2:
            pytest.skip("no second one")

@pytest.mark.feature("CV-06")
@pytest.mark.xfail(reason="not there yet")
def test_expected_to_fail():
    assert False

@pytest.mark.feature("CV-07")
def test_is_torn_down_badly(request):
    request.addfinalizer(lambda: 1 / 0)

def made():
    class Made:
        def test_one(self): pass
        def test_two(self): pass
    return Made

TestMade = pytest.mark.feature("CV-09")(made())

@pytest.mark.feature("CV-08")
def test_that_is_not_run(request):
    pass
"""

EXPECTED = {
    "CV-01": "proved",
    "CV-02": "not_yet",
    "CV-03": "not_yet",
    "CV-04": "proved",
    "CV-05": "proved",
    "CV-06": "not_yet",
    "CV-07": "not_yet",
    "CV-09": "proved",
}


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clone with one commit, whose tests use the plugin."""
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\ntestpaths = checks\nmarkers =\n    feature(*ids): proves rows\n"
    )
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["tests.feature_plugin"]\n')
    (tmp_path / ".gitignore").write_text("build/\n__pycache__/\n.pytest_cache/\n")
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "test_some.py").write_text(TESTS)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "Begin")
    return tmp_path


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "xdist.plugin",
            "--features",
            "build/f.json",
            *arguments,
        ],
        cwd=project,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def states(project: Path) -> dict[str, str]:
    rows = json.loads((project / "build" / "f.json").read_text())["rows"]
    return {row_id: row["state"] for row_id, row in rows.items()}


def read(project: Path) -> dict[str, Any]:
    return read_report(project / "build" / "f.json", tree(project))


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_row_is_proved_by_a_test_that_passed_and_by_none_that_failed(project: Path, workers: str) -> None:
    done = run(project, "-n", workers)
    assert done.returncode == 1, done.stdout
    found = states(project)
    assert {row_id: found[row_id] for row_id in EXPECTED} == EXPECTED
    assert set(found) == set(read_table())
    assert set(read(project)) == set(found)


def test_a_test_whose_process_died_proves_nothing(project: Path) -> None:
    file = project / "checks" / "test_some.py"
    file.write_text(
        'import os\nimport pytest\n@pytest.mark.feature("CV-01")\ndef test_dies(): os._exit(3)\n'
        '@pytest.mark.feature("CV-01")\ndef test_lives(): pass\n'
    )
    run(project, "-n", "1")
    assert states(project)["CV-01"] == "not_yet"


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(
    ("marker", "words"),
    [
        ('@pytest.mark.feature("CV-99")', "no row CV-99"),
        ("@pytest.mark.feature()", "no row without an id"),
        ("@pytest.mark.feature\n", "no row without an id"),
    ],
)
def test_an_id_that_is_no_row_fails_the_test(project: Path, marker: str, words: str, workers: str) -> None:
    (project / "checks" / "test_some.py").write_text(f"import pytest\n{marker}\ndef test_it(): pass\n")
    done = run(project, "-n", workers)
    assert done.returncode == 1
    assert words in done.stdout


def test_a_marker_where_nobody_looks_for_it_fails_the_test(project: Path) -> None:
    source = 'import pytest\npytestmark = pytest.mark.feature("CV-01")\ndef test_it(): pass\n'
    (project / "checks" / "test_some.py").write_text(source)
    done = run(project)
    assert done.returncode == 1
    assert "decorator of the test" in done.stdout


def test_a_report_is_of_one_state_only(project: Path) -> None:
    with pytest.raises(TableError, match="missing"):
        read(project)
    run(project)
    assert read(project)["CV-01"]["state"] == "proved"
    (project / "new.txt").write_text("a file that git does not know")
    with pytest.raises(TableError, match="stale"):
        read(project)
    run(project)
    read(project)
    (project / "new.txt").write_text("other words")
    with pytest.raises(TableError, match="stale"):
        read(project)
    (project / "new.txt").unlink()
    run(project)
    git(project, "commit", "-q", "--allow-empty", "-m", "Go on")
    with pytest.raises(TableError, match="stale"):
        read(project)


@pytest.mark.parametrize(
    "arguments", [("-k", "passes"), ("checks",), ("--deselect", "checks/test_some.py"), ("-x",)]
)
def test_a_run_of_some_tests_is_no_report(project: Path, arguments: tuple[str, ...]) -> None:
    run(project, *arguments)
    with pytest.raises(TableError, match="some of the tests only"):
        read(project)


def test_what_is_no_report_is_refused(project: Path) -> None:
    file = project / "build" / "f.json"
    file.parent.mkdir()
    for text in ("", "[]", "{}", '{"commit": 1}'):
        file.write_text(text)
        with pytest.raises(TableError, match="not a report"):
            read(project)


def test_without_a_commit_there_is_nothing_to_bind_to(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no clone"):
        tree(tmp_path)


def test_the_command_says_what_is_wrong_and_exits_1(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.features", tmp_path / "none.json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "none.json is missing: run make test" in done.stderr
    assert done.stdout == ""


def test_without_a_clone_the_tests_run_all_the_same(project: Path) -> None:
    shutil.rmtree(project / ".git")
    run(project)
    assert states(project)["CV-01"] == "proved"
    with pytest.raises(TableError, match="no clone"):
        read(project)


def test_the_command_prints_each_row_and_ends_with_the_sum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    write_report(report, tree(), {"CV-01": {"tests/a.py::test": "passed"}}, complete=True)
    assert main([str(report)]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert {row_id for row_id in read_table() if any(f"  {row_id} " in line for line in lines)} == set(
        read_table()
    )
    assert last.startswith("features proved=1 partly=0 not_yet=")
    write_report(report, Tree("0" * 40, ""), {}, complete=True)
    assert main([str(report)]) == 1
    assert "stale" in capsys.readouterr().err


def test_what_is_declared_needs_its_reason_and_partly_needs_its_test() -> None:
    partly, decided = Row("X-1", "X", "x", "partly", "why"), Row("X-2", "X", "x", "decided", "why")
    assert [state_of(partly, outcomes) for outcomes in ([], ["passed"], ["passed", "failed"])] == [
        "not_yet",
        "partly",
        "not_yet",
    ]
    assert state_of(decided, []) == "decided"
    rows = {"X-1": partly, "X-2": decided}
    report = {"X-1": {"state": "partly", "tests": {"t": "passed"}}, "X-2": {"state": "decided", "tests": {}}}
    assert list(printed(rows, report))[-1] == "features proved=0 partly=1 not_yet=0 decided=1"
    with pytest.raises(TableError, match="other rows"):
        list(printed(rows, {}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[partly]\n"A-9" = "why"', "no row is called A-9"),
        ('[partly]\n"A-1" = " "', "without a reason"),
        ('[partly]\n"A-1" = "why"\n[decided]\n"A-1" = "why"', "declared twice"),
        ('[[group]]\nletter = "B"\ntitle = "B"\nrows = {"A-1" = "again"}', "there twice"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(tmp_path: Path, text: str, words: str) -> None:
    table = tmp_path / "table.toml"
    table.write_text(f'{text}\n[[group]]\nletter = "A"\ntitle = "A"\nrows = {{"A-1" = "x"}}\n')
    with pytest.raises(TableError, match=words):
        read_table(table)


def test_every_marker_of_this_repository_names_a_row() -> None:
    assert set(proofs_of(marked_tests())) <= set(read_table())


def test_the_page_is_in_step_with_the_table_and_the_markers() -> None:
    page = PAGE.read_text("utf-8")
    assert updated(page) == page, "run: python -m tools.features page"


def test_the_summary_counts_every_state() -> None:
    assert summary(["proved", "proved", "decided"]) == "features proved=2 partly=0 not_yet=0 decided=1"
