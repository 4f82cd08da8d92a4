"""Ids sort by time, never repeat, and fit into a browser's number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk_helvia.ids import MAX_ID, IdMaker

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.lists(MOMENTS, min_size=1, max_size=50))
def test_ids_of_one_maker_only_grow_even_when_the_clock_goes_back(moments: list[datetime]) -> None:
    times = iter(moments)
    maker = IdMaker(lambda: next(times))
    ids = [maker() for _ in moments]
    assert ids == sorted(set(ids))
    assert all(0 < one <= MAX_ID for one in ids)


@given(MOMENTS, st.integers(min_value=10, max_value=100_000_000))
def test_a_later_moment_gives_a_larger_id_in_another_process(moment: datetime, gap: int) -> None:
    early = IdMaker(lambda: moment)
    late = IdMaker(lambda: moment + timedelta(milliseconds=gap))
    assert early() < late()


def test_ten_thousand_ids_of_one_millisecond_are_all_different() -> None:
    maker = IdMaker(lambda: datetime(2026, 1, 1, tzinfo=UTC))
    assert len({maker() for _ in range(10_000)}) == 10_000
