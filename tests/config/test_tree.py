"""Places in texts, and following paths through documents."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.config.tree import (
    MAX_DEPTH,
    MAX_VALUES,
    Lines,
    MappingNode,
    TooBig,
    from_plain,
    locate,
    plain,
    show_path,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_document_from_values_gives_the_values_back(value: Any) -> None:
    assert plain(from_plain(value)) == value


def test_mappings_and_tuples_of_any_kind_are_taken() -> None:
    from types import MappingProxyType

    assert plain(from_plain(MappingProxyType({"a": (1, [2])}))) == {"a": [1, [2]]}


def test_document_that_is_too_deep_or_too_large_is_refused() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert plain(from_plain(deep)) == deep
    with pytest.raises(TooBig):
        from_plain([deep])
    with pytest.raises(TooBig):
        from_plain([0] * (MAX_VALUES + 1))


@given(st.text(alphabet="ab\n\r\u2028\x85"), st.data())
def test_place_and_bounds_agree(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    lines = Lines(text)
    line, column = lines.place(offset)
    bounds = lines.bounds(line)
    assert bounds.start + column - 1 == offset
    assert "\n" not in text[bounds.start : bounds.end]
    assert "\r" not in text[bounds.start : bounds.end]
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    if text[offset - 1 : offset + 1] != "\r\n":
        assert line == before.count("\n") + 1


def test_offsets_outside_of_the_text_are_brought_in() -> None:
    lines = Lines("ab\nc")
    assert lines.place(-5) == (1, 1)
    assert lines.place(99) == (2, 2)


DOCUMENT = from_plain({"a": {"webhookKey": [{"x": 1}], "snake_case": 2}, "b": 3})


@pytest.mark.parametrize(
    ("path", "reached", "rest"),
    [
        (("a", "webhookKey", 0, "x"), ("a", "webhookKey", 0, "x"), ()),
        (("a", "webhook_key", 0), ("a", "webhookKey", 0), ()),
        (("a", "snakeCase"), ("a", "snake_case"), ()),
        (("a", "zendesk", "webhookKey"), ("a", "webhookKey"), ()),
        (("a", "missing"), ("a",), ("missing",)),
        (("a", "missing", "deeper"), ("a",), ("missing", "deeper")),
        (("a", "webhookKey", 7), ("a", "webhookKey"), (7,)),
        (("b", 0), ("b",), (0,)),
        (("nothing",), (), ("nothing",)),
        ((), (), ()),
    ],
)
def test_path_is_followed_as_far_as_the_document_goes(
    path: tuple[str | int, ...], reached: tuple[str | int, ...], rest: tuple[str | int, ...]
) -> None:
    found = locate(DOCUMENT, path)
    assert (found.path, found.rest) == (reached, rest)


def test_what_is_found_knows_its_parent() -> None:
    found = locate(DOCUMENT, ("a", "snake_case"))
    assert isinstance(found.parent, MappingNode)
    assert "webhookKey" in found.parent.entries


@given(VALUES, st.lists(st.text() | st.integers(), max_size=6))
def test_no_path_makes_following_fail(value: Any, path: list[str | int]) -> None:
    found = locate(from_plain(value), tuple(path))
    assert len(found.path) + len(found.rest) <= len(path)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ((), ""),
        (("bots", "shop-bot", "crm", 0), "bots.shop-bot.crm[0]"),
        (("bots", "shop bot"), 'bots["shop bot"]'),
        (("a.b", 'c"d\\'), '["a.b"]["c\\"d\\\\"]'),
        ((0, "a"), "[0].a"),
    ],
)
def test_path_is_shown_as_people_write_it(path: tuple[str | int, ...], shown: str) -> None:
    assert show_path(path) == shown
