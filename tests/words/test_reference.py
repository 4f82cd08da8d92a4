"""The page on system messages says what the code says."""

from __future__ import annotations

from livechat_sdk.domain.moments import Moment
from livechat_sdk.policies.placeholders import PLACEHOLDERS
from tools.system_message_reference import PAGE, generated, meanings, updated


def test_the_tables_of_the_page_are_those_that_the_code_makes() -> None:
    current = PAGE.read_text("utf-8")
    assert updated(current) == current, "run: python -m tools.system_message_reference"


def test_every_moment_and_placeholder_is_explained() -> None:
    assert meanings().keys() == {moment.value for moment in Moment}
    written = PAGE.read_text("utf-8")
    for name in PLACEHOLDERS:
        assert f"| `{{{name}}}` |" in written


def test_the_tables_name_every_moment_once() -> None:
    tables = generated()
    for moment in Moment:
        assert tables.count(f"| `{moment}` |") == 1
