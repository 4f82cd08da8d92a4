"""The page of error codes has every code, and is what the loader says today."""

from __future__ import annotations

import pytest

from livechat_sdk.config.codes import CODES
from tests.config.test_corpus import ELSEWHERE
from tools.error_code_reference import MADE, PAGE, WITHOUT_EXAMPLE, example, updated

TEXT = PAGE.read_text("utf-8")


def test_page_is_what_the_loader_says() -> None:
    assert updated(TEXT) == TEXT, "run: python -m tools.error_code_reference"


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.code)
def test_every_code_has_its_meaning_its_fix_and_an_example_that_shows_it(code: object) -> None:
    from livechat_sdk.config.codes import Code

    assert isinstance(code, Code)
    _, found, rest = TEXT.partition(f"### {code.code}: {code.title}\n")
    section = rest.partition("\n##")[0]
    assert found
    assert code.explanation in section
    assert f"**What to do:** {code.fix}" in section
    said = example(code.code)
    if said is None:
        assert WITHOUT_EXAMPLE[code.code] in section
    else:
        assert f"{'warning' if code.is_warning else 'error'} {code.code} " in said
        assert said in section


def test_codes_that_no_file_of_the_corpus_shows_are_made_or_told_of() -> None:
    assert MADE.keys() | WITHOUT_EXAMPLE.keys() == ELSEWHERE.keys()
    assert not MADE.keys() & WITHOUT_EXAMPLE.keys()
