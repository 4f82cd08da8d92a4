"""YAML 1.2 with places: what values mean, where they stand, and what is refused while reading."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.tree import Lines, MappingNode, ScalarNode, SequenceNode, locate, plain
from livechat_sdk.config.yaml_reader import read_yaml

# The writer leaves these as they are, where YAML 1.1 reads them as ends of lines.
WRITABLE = st.text(st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029\ufeff"), max_size=10)
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


def read(text: str) -> Any:
    problems: list[Draft] = []
    node = read_yaml(text, problems)
    assert not problems, problems
    assert node is not None
    return plain(node)


def problem(text: str) -> tuple[str, tuple[int, int]]:
    problems: list[Draft] = []
    read_yaml(text, problems)
    (found,) = problems
    assert found.span is not None
    return found.code, Lines(text).place(found.span.start)


# ----------------------------------------------------------------------------------------------------- values
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("9:30", "9:30"),
        ("no", "no"),
        ("NO", "NO"),
        ("on", "on"),
        ("yes", "yes"),
        ("2026-12-24", "2026-12-24"),
        ("1_000", "1_000"),
        ("0123", 123),
        ("0o17", 15),
        ("0x1F", 31),
        ("-5", -5),
        ("+5", 5),
        ("1e3", 1000.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("-.inf", -math.inf),
        (".INF", math.inf),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("'null'", "null"),
        ('"5"', "5"),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("1" * 301, "1" * 301),
        ("a # comment", "a"),
        ("a#b", "a#b"),
        ("${NAME}", "${NAME}"),
        ("x${A}y${B}", "x${A}y${B}"),
        ("'${A}'", "${A}"),
        ("$${A}", "$${A}"),
    ],
)
def test_value_means_what_yaml_1_2_says(written: str, meant: object) -> None:
    assert read(f"key: {written}\n") == {"key": meant}


@pytest.mark.parametrize("written", [".nan", ".NaN", ".NAN"])
def test_not_a_number_is_read(written: str) -> None:
    assert math.isnan(read(f"key: {written}\n")["key"])


@pytest.mark.parametrize("reference", ["${NAME}", "$${NAME}", "${NAME:-x}", "${}", "a${B}c"])
def test_references_need_no_quotes_inside_of_braces(reference: str) -> None:
    assert read(f"{{a: {reference}, b: [{reference}]}}") == {"a": reference, "b": [reference]}


def test_marks_of_our_own_in_the_text_are_left_alone() -> None:
    assert read("a: '\U0010fff0'\nb: '${X}'\n") == {"a": "\U0010fff0", "b": "${X}"}


@given(JSON_VALUES)
def test_json_is_read_as_json_reads_it(value: Any) -> None:
    text = json.dumps({"value": value}, ensure_ascii=True)
    if "\\ud" in text:
        return  # JSON writes characters above U+FFFF as two escapes, which are two characters in YAML
    problems: list[Draft] = []
    node = read_yaml(text, problems)
    assert node is not None
    assert plain(node) == json.loads(text)
    assert {one.code for one in problems} <= {"LC113"}


@given(
    st.recursive(
        st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WRITABLE,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WRITABLE, inner, max_size=4),
        max_leaves=20,
    )
)
def test_what_ruamel_writes_is_read_back(value: Any) -> None:
    from io import StringIO

    from ruamel.yaml import YAML

    stream = StringIO()
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = False  # in braces it writes texts such as `:0` that its own parser refuses
    writer.dump({"value": value}, stream)
    problems: list[Draft] = []
    node = read_yaml(stream.getvalue(), problems)
    assert node is not None, (stream.getvalue(), problems)
    assert _same(plain(node)["value"], value), stream.getvalue()


def _same(read_back: Any, value: Any) -> bool:
    # The writer follows YAML 1.2 with sets and dates beside; numbers may come back as their text.
    if isinstance(value, dict):
        return len(read_back) == len(value) and all(_same(read_back[key], one) for key, one in value.items())
    if isinstance(value, list):
        return len(read_back) == len(value) and all(map(_same, read_back, value))
    return bool(read_back == value or str(read_back) == str(value))


# ------------------------------------------------------------------------------------------- aliases, merging
def test_alias_repeats_the_value() -> None:
    assert read("a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}


def test_merge_brings_in_what_is_not_there() -> None:
    text = "base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nall: {<<: [*b, *m], x: 9}\n"
    assert read(text)["all"] == {"x": 9, "y": 2, "z": 4}


def test_merge_key_in_quotes_or_with_a_text_is_an_ordinary_key() -> None:
    for value in ("1", "text", "[]", "[1, 2]", "[{}, 1]"):
        assert read(f"<<: {value}\n") == {"<<": read(value)}
        assert read(f"'<<': {value}\n") == {"<<": read(value)}
    assert read("'<<': {a: 1}\n") == {"<<": {"a": 1}}


def test_values_that_do_not_count_are_kept_aside() -> None:
    problems: list[Draft] = []
    node = read_yaml("a: first\na: second\nbase: &b {c: lost}\nd: {<<: *b, c: won}\n", problems)
    assert isinstance(node, MappingNode)
    assert plain(node) == {"a": "first", "base": {"c": "lost"}, "d": {"c": "won"}}
    assert [plain(one) for one in node.dropped] == ["second"]
    inner = node.entries["d"].value
    assert isinstance(inner, MappingNode)
    assert [plain(one) for one in inner.dropped] == ["lost"]


def test_alias_bomb_is_refused() -> None:
    text = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdefg", "bcdefgh", strict=True):
        text += f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    code, (line, _) = problem(text)
    assert code == "LC108"
    assert line == 5


def test_alias_inside_of_its_own_value_is_refused() -> None:
    assert problem("a: &a [1, *a]\n") == ("LC116", (1, 11))


def test_later_anchor_of_the_same_name_counts() -> None:
    assert read("a: &x 1\nb: &x 2\nc: *x\n") == {"a": 1, "b": 2, "c": 2}


# ----------------------------------------------------------------------------------------------------- places
def test_every_key_and_value_has_its_place() -> None:
    text = "a:\n  b: [x, 'yy']\n  c: {d: 5}\n"
    problems: list[Draft] = []
    root = read_yaml(text, problems)
    assert root is not None
    lines = Lines(text)
    places = {}
    for path in [("a",), ("a", "b"), ("a", "b", 0), ("a", "b", 1), ("a", "c", "d")]:
        found = locate(root, path)
        assert found.span is not None
        assert found.key_span is not None
        places[path] = (lines.place(found.span.start), text[found.span.start : found.span.end])
    assert places == {
        ("a",): ((1, 1), "a"),
        ("a", "b"): ((2, 6), "[x, 'yy']"),
        ("a", "b", 0): ((2, 7), "x"),
        ("a", "b", 1): ((2, 10), "'yy'"),
        ("a", "c", "d"): ((3, 10), "5"),
    }


def test_block_reaches_to_the_end_of_its_last_value() -> None:
    text = "a:\n  b: 1\n  c:\n    - x\n    - y\n\n# the end\nd: 1\n"
    root = read_yaml(text, [])
    assert isinstance(root, MappingNode)
    inner = root.entries["a"].value
    assert isinstance(inner, MappingNode)
    assert inner.span is not None
    assert text[inner.span.start : inner.span.end] == "b: 1\n  c:\n    - x\n    - y"


def test_nothing_behind_a_key_points_at_the_key() -> None:
    root = read_yaml("a:\nb: 1\n", [])
    assert root is not None
    span = locate(root, ("a",)).span
    assert span is not None
    assert (span.start, span.end) == (0, 1)


# ----------------------------------------------------------------------------------------------------- limits
def test_fifty_levels_are_read_and_more_are_refused() -> None:
    assert read("[" * 50 + "]" * 50) is not None
    assert problem("[" * 51 + "]" * 51) == ("LC107", (1, 51))
    assert problem("- " * 60 + "x")[0] == "LC107"


def test_too_many_values_are_refused() -> None:
    assert problem("[" + "a," * 100_001 + "]")[0] == "LC108"


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\ufffe", "\ud800"])
def test_character_that_may_not_stand_in_a_file(character: str) -> None:
    assert problem(f"a: b{character}\n") == ("LC118", (1, 5))


# ----------------------------------------------------------------------------------------------------- syntax
@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a:\n\tb: 1\n", "LC115", (2, 1)),
        ("a: b: c\n", "LC105", (1, 5)),
        ("a\nb: 1\n", "LC105", (2, 2)),
        ("a: 'x\nb: 2\n", "LC105", (1, 4)),
        ("a: [1, 2\nb: 3\n", "LC105", (2, 2)),
        ("a: {b: 1", "LC105", (1, 4)),
        ("a: %x\n", "LC105", (1, 4)),
        ("a: `x`\n", "LC105", (1, 4)),
        ("a: |2x\n  b\n", "LC105", (1, 6)),
        ("- a\nb: 1\n", "LC105", (2, 1)),
        ("%YAML 3.0\n---\na: 1\n", "LC105", (1, 1)),
        ("a: !e!x y\n", "LC105", (1, 4)),
        ("a: *x\n", "LC119", (1, 4)),
        ("a: !x [1]\n", "LC114", (1, 4)),
        ("a: 1\n---\nb: 1\n", "LC109", (2, 1)),
    ],
)
def test_broken_text_is_refused_at_its_place(text: str, code: str, place: tuple[int, int]) -> None:
    assert problem(text) == (code, place)


@given(st.text())
def test_no_text_makes_the_reader_fail(text: str) -> None:
    problems: list[Draft] = []
    node = read_yaml(text, problems)
    assert isinstance(node, ScalarNode | MappingNode | SequenceNode | None)
    for one in problems:
        assert one.span is None or 0 <= one.span.start <= len(text)


@given(st.text(alphabet="ab:-?[]{}&*!|>'\"%@`#, \n\t<~1.${}"))
def test_no_mixture_of_yaml_marks_makes_the_reader_fail(text: str) -> None:
    problems: list[Draft] = []
    node = read_yaml(text, problems)
    if node is not None:
        plain(node)
