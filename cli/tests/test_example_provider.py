"""The provider in ``examples``: its template and few lines, and the whole kit is green.

It was written from the documentation alone. ``python -m tools.example_diff`` writes its diff anew.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from cli.tests.packages import Package, made
from tools.example_diff import ANSWERS, DIFF, example

MOST_ADDED = 150
OWN = """
from pathlib import Path
from livechat_sdk_cli.demo.vendor.settings import registry_with, worker_path
registry = registry_with("PARLEY_LIVECHAT")
assert registry.types["PARLEY_LIVECHAT"].settings.__module__ == "livechat_sdk_parley.settings"
assert worker_path(Path(), "PARLEY_LIVECHAT", registry) is None
"""
"""`livechat demo --provider parley` takes what is installed, and its own model only where nothing is."""


def _contents(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != ANSWERS)
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in found}


def _installed(folder: Path) -> Package:
    package = Package(example(folder / "example"), folder / "cache")
    package.install()
    return package


def test_the_example_is_the_template_with_the_diff(tmp_path: Path) -> None:
    package = made(tmp_path, "provider", "parley")
    before = _contents(package.folder)
    package.passes("git", "apply", DIFF)
    assert _contents(package.folder) == _contents(example(tmp_path / "example")) != before


def test_few_lines_are_added_tests_and_readme_counted_too(tmp_path: Path) -> None:
    counted = subprocess.run(
        ["git", "apply", "--numstat", DIFF], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    added = {name: int(number) for number, _, name in (line.split("\t") for line in counted)}
    assert {"README.md", "tests/api.yaml", "src/livechat_sdk_parley/provider.py"} <= added.keys()
    assert 0 < sum(added.values()) <= MOST_ADDED, added


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_example_is_certified_and_nothing_is_excused(tmp_path: Path) -> None:
    package = _installed(tmp_path)
    package.passes(package.python, "-c", OWN)
    assert "passed" in package.passes_its_tests("tests/test_recordings.py")
    (certificate,) = json.loads(package.livechat("certify", "PARLEY_LIVECHAT", "--json"))["certificates"]
    assert (certificate["provider"], certificate["tier"]) == ("PARLEY_LIVECHAT", "complete")
    results = {case["result"] for case in certificate["cases"]}
    assert results == {"passed", "not_applicable"}


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_example_passes_the_checks_of_its_template(tmp_path: Path) -> None:
    _installed(tmp_path).passes_lint_and_types()
