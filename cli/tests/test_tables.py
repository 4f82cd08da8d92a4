from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk_cli.tables import Column, fields, table
from livechat_sdk_cli.terminal import Screen, columns_of

COLUMNS = (Column("#", right=True), Column("NAME"), Column("TEXT", shrinks_to=6))


def test_columns_are_aligned_and_numbers_stand_right() -> None:
    rows = [("1", "a", "short"), ("10", "bbb", "a bit longer")]
    assert table(COLUMNS, rows, Screen(80, colour=False)) == [
        " #  NAME  TEXT",
        " 1  a     short",
        "10  bbb   a bit longer",
    ]


def test_long_text_is_cut_with_an_ellipsis_where_the_screen_ends() -> None:
    lines = table(COLUMNS, [("1", "name", "x" * 200)], Screen(30, colour=False))
    assert lines[1] == "1  name  " + "x" * 20 + "…"
    assert columns_of(lines[1]) == 30


def test_what_cannot_shrink_enough_becomes_records() -> None:
    rows = [("1", "a name that fills the line", "text"), ("2", "another name for this line", "")]
    assert table(COLUMNS, rows, Screen(24, colour=False)) == [
        "#     1",
        "NAME  a name that fills",
        "      the line",
        "TEXT  text",
        "",
        "#     2",
        "NAME  another name for",
        "      this line",
    ]


def test_wide_characters_count_twice_and_accents_not_at_all() -> None:
    assert columns_of("東京") == 4
    assert columns_of("e\u0301") == 1
    assert columns_of("\u200d") == 0
    lines = table((Column("A"), Column("B")), [("東京", "x"), ("abcd", "y")], Screen(80, colour=False))
    assert lines == ["A     B", "東京  x", "abcd  y"]


def test_control_characters_are_shown_instead_of_obeyed() -> None:
    lines = table((Column("TEXT"),), [("\x1b[31mred\x07\n\u202eback",)], Screen(80, colour=False))
    assert lines == ["TEXT", "\\x1b[31mred\\x07\\n\\u202eback"]


def test_head_is_bold_only_where_colour_is_allowed() -> None:
    assert table((Column("A"),), [("x",)], Screen(80, colour=True))[0] == "\x1b[1mA\x1b[0m"
    assert table((Column("A"),), [("x",)], Screen(80, colour=False))[0] == "A"


def test_fields_wrap_under_their_value() -> None:
    lines = fields([("what", "one two three four"), ("a", "")], Screen(20, colour=False))
    assert lines == ["what  one two three", "      four", "a"]


def test_word_wider_than_the_line_is_broken() -> None:
    assert fields([("id", "a" * 45)], Screen(24, colour=False)) == [
        "id  " + "a" * 20,
        "    " + "a" * 20,
        "    " + "a" * 5,
    ]


@given(
    rows=st.lists(st.tuples(st.text(max_size=40), st.text(max_size=40), st.text(max_size=200)), max_size=6),
    width=st.integers(min_value=20, max_value=120),
)
def test_no_line_is_wider_than_the_screen_nor_holds_a_control_character(
    rows: list[tuple[str, str, str]], width: int
) -> None:
    columns = (Column("A", shrinks_to=2), Column("B", shrinks_to=2), Column("C", shrinks_to=2))
    for line in table(columns, rows, Screen(width, colour=False)):
        assert columns_of(line) <= width
        assert not any(ord(character) < 32 or ord(character) == 127 for character in line)


@given(value=st.text(alphabet=st.characters(categories=["L", "N", "Zs"]), max_size=200))
def test_wrapping_loses_no_character(value: str) -> None:
    lines = fields([("n", value)], Screen(30, colour=False))
    joined = "".join(line[3:] if line.startswith("   ") else line[1:] for line in lines)
    assert joined.replace(" ", "") == value.replace(" ", "")


@pytest.mark.parametrize("width", [20, 40, 100])
def test_table_without_rows_is_its_head(width: int) -> None:
    assert table(COLUMNS, [], Screen(width, colour=False)) == ["#  NAME  TEXT"]
