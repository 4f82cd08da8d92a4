"""Ids, keys and times: what every model is made from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given
from pydantic import TypeAdapter, ValidationError

from livechat_sdk.domain.base import (
    Identifier,
    ShortText,
    Timestamp,
    joined_key,
    new_key,
    utc_text,
    whole_characters,
)
from tests.domain.values import letters, times

identifiers: TypeAdapter[str] = TypeAdapter(Identifier)
timestamps: TypeAdapter[datetime] = TypeAdapter(Timestamp)


@given(text=st.text(letters, min_size=1, max_size=200))
def test_any_printable_text_of_up_to_200_characters_is_an_identifier(text: str) -> None:
    assert identifiers.validate_python(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "x" * 201, "a\nb", "a\n", "\n", "a\tb", "a\x00", "a\x7f", "a\r\nSet-Cookie: x"],
)
def test_identifier_is_neither_empty_nor_long_nor_does_it_break_a_line(text: str) -> None:
    with pytest.raises(ValidationError):
        identifiers.validate_python(text)


@pytest.mark.parametrize("value", [7, None, ["a"], "\ud800"])
def test_identifier_is_text(value: object) -> None:
    with pytest.raises(ValidationError):
        identifiers.validate_python(value)


def test_short_text_has_at_most_1000_characters() -> None:
    adapter: TypeAdapter[str] = TypeAdapter(ShortText)
    assert adapter.validate_python("x" * 1000)
    with pytest.raises(ValidationError):
        adapter.validate_python("x" * 1001)


def test_fresh_keys_are_identifiers_and_one_of_a_kind() -> None:
    keys = {new_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert all(identifiers.validate_python(key) == key for key in keys)


def test_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        timestamps.validate_python(datetime(2026, 11, 23, 12, 0))  # noqa: DTZ001 - the point of the test


@given(one=times, other=times)
def test_text_of_a_time_sorts_like_the_time(one: datetime, other: datetime) -> None:
    assert (utc_text(one) < utc_text(other)) is (one < other)
    assert datetime.fromisoformat(utc_text(one)) == one


def test_text_of_a_time_is_in_utc_with_microseconds() -> None:
    athens = datetime(2026, 11, 23, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    assert utc_text(athens) == "2026-11-23T12:00:00.000000Z"
    assert utc_text(datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)) == "2026-01-02T03:04:05.000006Z"


def test_the_hour_that_comes_twice_in_autumn_has_two_texts() -> None:
    first = datetime(2026, 10, 25, 3, 30, tzinfo=ZoneInfo("Europe/Athens"))
    texts = [utc_text(moment) for moment in (first, first.replace(fold=1), first)]
    assert texts == [
        "2026-10-25T00:30:00.000000Z",
        "2026-10-25T01:30:00.000000Z",
        "2026-10-25T00:30:00.000000Z",
    ]


@given(text=st.text(st.characters(), max_size=50))
def test_whole_characters_can_be_kept_everywhere(text: str) -> None:
    whole = whole_characters(text)
    assert "\x00" not in whole
    assert whole.encode().decode() == whole
    assert whole_characters(whole) == whole


def test_what_cannot_be_kept_of_a_name_is_not() -> None:
    adapter: TypeAdapter[str] = TypeAdapter(ShortText)
    assert adapter.validate_python("Ann \ud83d\x00") == "Ann \ufffd"
    assert adapter.validate_python("Ann \ud83d\udc4d") == "Ann 👍"
    assert adapter.validate_json('"Ann\\u0000"') == "Ann"


@given(one=st.text(letters, min_size=150, max_size=200), other=st.text(letters, min_size=150, max_size=200))
def test_a_joined_key_is_an_identifier_and_one_of_a_kind(one: str, other: str) -> None:
    keys = [joined_key("h-1", key) for key in (one, other)]
    assert all(identifiers.validate_python(key) == key for key in keys)
    assert (keys[0] == keys[1]) is (one == other)
    assert joined_key("h-1", "m-1", "read") == "h-1.m-1.read"
