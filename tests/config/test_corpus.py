"""Broken files are caught with their code at their exact place; good files raise no alarm."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from livechat_sdk.config import load_file
from livechat_sdk.config.codes import CODES
from livechat_sdk.config.render import render
from livechat_sdk.errors import Problem
from tests.config.vendors import ENV, TYPES

HERE = Path(__file__).parent
BROKEN = sorted([*(HERE / "broken").glob("*.yaml"), *(HERE / "broken").glob("*.json")])
GOOD = sorted(one for one in (HERE / "good").glob("*.*") if one.is_file())

ELSEWHERE = {
    "LC100": "tests/config/test_loader.py::test_error_from_a_text_alone_has_the_general_code",
    "LC101": "tests/config/test_loader.py::test_missing_file_says_where_it_was_looked_for",
    "LC102": "tests/config/test_loader.py::test_folder_is_no_file",
    "LC104": "tests/config/test_loader.py::test_file_above_the_limit_is_not_read",
    "LC123": "tests/config/test_including.py::test_more_than_fifty_files_are_too_many",
    "LC208": "tests/config/test_translate.py::test_rule_over_several_keys_is_a_problem_of_the_whole",
    "LC220": "tests/config/test_translate.py::test_business_hours_that_fit_no_rule_have_the_general_code",
    "LC317": "tests/gateway/test_reloading.py::test_integration_with_open_chats_stays",
    "LC318": "tests/gateway/test_reloading.py::test_integration_with_open_chats_stays",
    "LC319": "tests/gateway/test_reloading.py::test_refused_settings_change_nothing",
    "LC616": "tests/config/test_references.py::test_secret_that_anybody_may_change_is_a_warning",
    "LC715": "tests/config/test_routing_rules.py"
    "::test_expression_without_its_library_is_a_problem_that_names_the_extra",
    "LC815": "tests/config/test_hours.py::test_packages_that_are_not_installed_are_named",
    "LC817": "tests/config/test_hours.py::test_company_calendar_that_cannot_be_used_is_a_problem_at_its_file",
    "LC818": "tests/config/test_hours.py::test_company_calendar_that_cannot_be_used_is_a_problem_at_its_file",
    "LC902": "tests/config/test_words.py"
    "::test_a_text_that_the_vendor_would_not_take_is_refused_with_both_numbers",
}
"""Codes that no file of the corpus can show, and the test that shows each: what has no content, too much of
it or rights that git does not keep, and refusals of models that only plugins could have."""


def source_of(test: str) -> str:
    """The text of a test with its decorators, which hold its parameters; empty when there is no such test."""
    file, _, name = test.partition("::")
    path = HERE.parent.parent / file
    text = path.read_text("utf-8") if path.is_file() else ""
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            first = min(one.lineno for one in (node, *node.decorator_list))
            return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    return ""


def expected(file: Path) -> list[str]:
    """``LC203 4:7`` for each problem that is promised; ``-`` stands for no place.

    The first line of the file says it, or a file beside it where no comment can stand. A problem of an
    included file has its name before the place: ``LC203 parts/bots.yaml:4:7``.
    """
    beside = file.with_suffix(".expect")
    if beside.exists():
        return sorted(beside.read_text("utf-8").strip().split(", "))
    first = file.read_text("utf-8").splitlines()[0]
    assert first.startswith("# expect: "), f"{file.name} does not say what is expected"
    return sorted(first.removeprefix("# expect: ").split(", "))


def found_in(file: Path, problem: Problem) -> str:
    """A problem as ``expected`` writes it."""
    assert problem.file is not None
    place = "-" if problem.line is None else f"{problem.line}:{problem.column}"
    other = "" if problem.file == str(file) else f"{Path(problem.file).relative_to(file.parent).as_posix()}:"
    return f"{problem.code} {other}{place}"


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_broken_file_is_caught_at_its_exact_place(file: Path) -> None:
    loaded = load_file(file, types=TYPES, env=ENV)
    found = [found_in(file, one) for one in loaded.problems]
    assert sorted(found) == expected(file), render(loaded.problems)
    assert (loaded.settings is None) == bool(loaded.errors)


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_every_problem_points_into_the_line_that_it_quotes(file: Path) -> None:
    for problem in load_file(file, types=TYPES, env=ENV).problems:
        assert problem.file is not None
        lines = Path(problem.file).read_bytes().decode("utf-8", "replace").splitlines()
        assert problem.message
        assert problem.severity == ("warning" if CODES[problem.code].is_warning else "error")
        if problem.line is None:
            continue
        assert 1 <= problem.line <= len(lines)
        assert problem.column is not None
        assert problem.source is not None
        assert problem.caret is not None
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert 1 <= problem.caret <= len(problem.source) + 1
        pointed = problem.source[problem.caret - 1 :]
        written = lines[problem.line - 1][problem.column - 1 :]
        assert pointed.startswith("***") or pointed[:1].strip() == written[:1].strip()


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.name)
def test_good_file_raises_no_alarm(file: Path) -> None:
    loaded = load_file(file, types=TYPES, env=ENV)
    assert not loaded.problems, render(loaded.problems)
    assert loaded.settings is not None
    assert loaded.source == str(file)


def test_corpus_is_large_enough() -> None:
    assert len(BROKEN) >= 120
    assert len(GOOD) >= 60
    assert len([code for code in CODES if code[2] in "123456"]) >= 120


def test_every_code_is_shown_by_a_broken_file_or_by_a_test() -> None:
    shown = {entry.split()[0] for file in BROKEN for entry in expected(file)}
    for code, test in ELSEWHERE.items():
        assert test.partition("::")[2].startswith("test_")
        assert code in source_of(test), f"{test} is not there, or does not mention {code}"
    assert shown | ELSEWHERE.keys() == CODES.keys()
    assert not shown & ELSEWHERE.keys()


def test_test_that_is_not_there_shows_nothing() -> None:
    file = "tests/config/test_corpus.py"
    assert source_of(f"{file}::test_corpus_is_large_enough").startswith("def test_corpus_is_large_enough")
    assert source_of(f"{file}::test_good_file_raises_no_alarm").startswith("@pytest.mark.parametrize")
    assert source_of(f"{file}::test_no_such_thing") == source_of("tests/none.py::test_x") == ""


def test_codes_that_the_sources_use_are_all_explained() -> None:
    package = HERE.parent.parent / "src" / "livechat_sdk"
    sources = [*(package / "config").glob("*.py"), *(package / "policies").rglob("*.py")]
    sources.append(package / "dispatcher" / "reloading.py")
    used = {code for source in sources for code in re.findall(r"\bLC\d{3}\b", source.read_text("utf-8"))}
    assert used == CODES.keys()


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.code)
def test_code_is_explained_in_sentences(code: object) -> None:
    from livechat_sdk.config.codes import Code

    assert isinstance(code, Code)
    assert re.fullmatch(r"LC[1-9]\d\d", code.code)
    assert code.title
    assert not code.title.endswith(".")
    assert code.explanation.endswith(".")
    assert code.fix.endswith(".")
