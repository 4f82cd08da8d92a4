"""Broken files are caught with their code at their exact place; good files raise no alarm."""

from __future__ import annotations

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
    "LC100": "test_loader.py",
    "LC101": "test_loader.py",
    "LC102": "test_loader.py",
    "LC104": "test_loader.py",
    "LC123": "test_including.py",
    "LC208": "test_translate.py",
    "LC220": "test_translate.py",
    "LC317": "../gateway/test_reloading.py",
    "LC318": "../gateway/test_reloading.py",
    "LC319": "../gateway/test_reloading.py",
    "LC616": "test_references.py",
    "LC815": "test_hours.py",
    "LC817": "test_hours.py",
    "LC818": "test_hours.py",
    "LC902": "test_words.py",
    "LC715": "test_routing_rules.py",
}
"""Codes that no file of the corpus can show, and the test that shows them: what has no content, too much of
it or rights that git does not keep, and refusals of models that only plugins could have."""


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
    for code, file in ELSEWHERE.items():
        assert code in (HERE / file).read_text("utf-8"), f"{file} does not show {code}"
    assert shown | ELSEWHERE.keys() == CODES.keys()
    assert not shown & ELSEWHERE.keys()


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
