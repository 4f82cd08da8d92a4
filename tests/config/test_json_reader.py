"""JSON with places: the values that Python's own reader gives, and one problem where it stops being JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.config import load_text
from livechat_sdk.config.diagnostics import Draft
from livechat_sdk.config.json_reader import read_json
from livechat_sdk.config.reading import looks_like_json
from livechat_sdk.config.tree import Lines, MappingNode, locate, plain
from tests.config.vendors import ENV, TYPES

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=30,
)


def read(text: str) -> tuple[Any, list[Draft]]:
    problems: list[Draft] = []
    node = read_json(text, problems)
    return (None if node is None else plain(node)), problems


@given(JSON_VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_json_is_read_as_python_reads_it(value: Any, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert read(text) == (json.loads(text), [])


@given(st.text(alphabet='{}[]:,"\\truefalsn0123.eE+- \n\t/u'))
def test_reader_and_python_agree_on_what_is_json(text: str) -> None:
    try:
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_first_wins)
    except (ValueError, RecursionError):
        value, good = None, False
    else:
        good = True
    found, problems = read(text)
    assert (not [one for one in problems if one.code == "LC106"]) == good, problems
    if good and not problems:
        assert found == value


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


@given(st.text())
def test_no_text_makes_the_reader_fail(text: str) -> None:
    _, problems = read(text)
    for one in problems:
        assert one.span is not None
        assert 0 <= one.span.start <= len(text)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('{"a": 1,}', (1, 9), "a key in double quotes is missing"),
        ('{"a": 1 "b": 2}', (1, 9), "a `,` or a `}` is missing"),
        ('{"a" 1}', (1, 6), "a `:` is missing"),
        ('{"a": }', (1, 7), "a value is missing"),
        ("[1,\n 2,]", (2, 4), "a value is missing"),
        ("[1 2]", (1, 4), "a `,` or a `]` is missing"),
        ('{"a": [1, 2', (1, 7), "opened here and never closed"),
        ('{"a": "b', (1, 7), "a quote is opened here"),
        ('{"a": "b\nc"}', (1, 9), "a character that JSON forbids"),
        ('{"a": "\\q"}', (1, 8), "a character that JSON forbids"),
        ("{'a': 1}", (1, 2), "a key in double quotes is missing"),
        ('{"a": yes}', (1, 7), "this is no JSON value"),
        ('{"a": NaN}', (1, 7), "this is no JSON value"),
        ('{"a": 01}', (1, 8), "a `,` or a `}` is missing"),
        ('{"a": 1} {"b": 2}', (1, 10), "the document ends before this"),
        ('{"a": 1} // no comments', (1, 10), "the document ends before this"),
        ('{"a":', (1, 6), "the text ends where a value is missing"),
    ],
)
def test_text_that_is_no_json_is_refused_at_its_place(text: str, place: tuple[int, int], words: str) -> None:
    value, (problem,) = read(text)
    assert value is None
    assert problem.code == "LC106"
    assert words in problem.message
    assert problem.span is not None
    assert Lines(text).place(problem.span.start) == place


def test_key_that_stands_twice_is_found_and_the_first_counts() -> None:
    problems: list[Draft] = []
    node = read_json('{"a": 1, "a": 2}', problems)
    assert isinstance(node, MappingNode)
    assert plain(node) == {"a": 1}
    assert [plain(one) for one in node.dropped] == [2]
    assert [one.code for one in problems] == ["LC112"]


def test_characters_above_the_basic_plane_are_put_together() -> None:
    assert read('["\\ud83d\\ude00"]') == (["😀"], [])
    assert read('["\\ud83d"]') == (["\ufffd"], [])


def test_depth_and_number_of_values_are_limited() -> None:
    assert [one.code for one in read("[" * 51 + "]" * 51)[1]] == ["LC107"]
    assert [one.code for one in read("[" * 100_000)[1]] == ["LC107"]
    assert [one.code for one in read("[" + "1," * 100_001 + "1]")[1]] == ["LC108"]
    assert read("[" * 50 + "]" * 50)[1] == []


def test_places_of_keys_and_values() -> None:
    text = '{\n\t"a": {"b": [true, "x"]}\n}'
    root = read_json(text, [])
    assert root is not None
    found = locate(root, ("a", "b", 1))
    assert found.span is not None
    assert Lines(text).place(found.span.start) == (2, 20)
    assert text[found.span.start : found.span.end] == '"x"'
    key = locate(root, ("a", "b")).key_span
    assert key is not None
    assert text[key.start : key.end] == '"b"'


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('{"a": 1}', True),
        (' \n [ {"a": 1} ]', True),
        ("{}", True),
        ("[]", True),
        ("{a: 1}", False),
        ("- a", False),
        ("version: 1", False),
        ("", False),
    ],
)
def test_json_is_recognised_by_how_it_starts(text: str, meant: bool) -> None:
    assert looks_like_json(text) is meant


def test_flow_mapping_that_starts_like_json_is_read_as_yaml() -> None:
    bots = "{b: {livechat: {integrations: [desk]}}}"
    text = f'{{"version": 1, integrations: {{desk: {{type: HELVIA_LIVECHAT}}}}, bots: {bots}}}'
    assert not load_text(text, types=TYPES, env=ENV).problems


def test_file_that_is_neither_gets_the_problem_of_json() -> None:
    assert [one.code for one in load_text('{"version": 1', types=TYPES, env=ENV).problems] == ["LC106"]


def test_file_called_json_is_never_read_as_yaml() -> None:
    loaded = load_text('{"version": 1, bots: {}}', types=TYPES, env=ENV, name="settings.JSON")
    assert [one.code for one in loaded.problems] == ["LC106"]
