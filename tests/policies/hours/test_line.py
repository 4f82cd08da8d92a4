"""Lines of time, against the plainest way to say what holds at each second."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.policies.hours.line import Rule, Stretch, first_begun, instants_of, overlay
from livechat_sdk.policies.hours.zones import Piece, pieces, second_of

SECONDS = range(60)


@st.composite
def stretches(draw: st.DrawFn) -> list[Stretch]:
    found: list[Stretch] = []
    for number in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, 50))
        found.append(
            Stretch(start, start + draw(st.integers(1, 10)), Rule(draw(st.booleans()), "date", str(number)))
        )
    return found


def at(line: list[Stretch], second: int) -> Rule | None:
    holding = [one for one in line if one.start <= second < one.end]
    assert len(holding) <= 1
    return holding[0].rule if holding else None


def in_order(line: list[Stretch]) -> bool:
    return all(one.end <= other.start for one, other in itertools.pairwise(line))


@given(stretches())
def test_where_several_hold_the_one_that_began_first_is_kept(some: list[Stretch]) -> None:
    line = first_begun(some)
    assert in_order(line)
    for second in SECONDS:
        holding = [one for one in some if one.start <= second < one.end]
        first = min(holding, key=lambda one: one.start, default=None)
        assert at(line, second) == (first.rule if first else None)


@given(stretches(), stretches())
def test_an_overlay_says_what_is_above_and_else_what_is_below(
    some: list[Stretch], more: list[Stretch]
) -> None:
    below, above = first_begun(some), first_begun(more)
    line = overlay(below, above)
    assert in_order(line)
    for second in SECONDS:
        assert at(line, second) == (at(above, second) or at(below, second))


@given(stretches(), st.lists(st.integers(-5, 5), min_size=1, max_size=4))
def test_instants_are_those_whose_reading_holds(some: list[Stretch], offsets: list[int]) -> None:
    readings = first_begun(some)
    parts = [Piece(10 * number, 10 * number + 10, offset) for number, offset in enumerate(offsets)]
    line = instants_of(readings, parts)
    assert in_order(line)
    for piece in parts:
        for instant in range(piece.start, piece.end):
            assert at(line, instant) == at(readings, instant + piece.offset)


def test_a_change_at_the_edge_of_what_is_looked_at_is_found_to_the_second() -> None:
    found = pieces(ZoneInfo("Africa/Casablanca"), 1_212_200_000, 1_212_300_000)  # 1 June 2008, 00:00 UTC
    assert [piece.start for piece in found] == [1_212_200_000, 1_212_278_400]


@given(
    st.sampled_from(["Europe/Athens", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "UTC"]),
    st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)),  # noqa: DTZ001 - UTC is said below
    st.integers(1, 900),
)
def test_pieces_cover_all_instants_with_the_offset_of_the_zone(name: str, start: datetime, days: int) -> None:
    zone = ZoneInfo(name)
    begins = start.replace(tzinfo=UTC)
    first, last = second_of(begins), second_of(begins + timedelta(days=days))
    found = pieces(zone, first, last)
    assert (found[0].start, found[-1].end) == (first, last)
    for piece, other in itertools.pairwise(found):
        assert piece.end == other.start
        assert piece.offset != other.offset
    for piece in found:
        for instant in (piece.start, piece.end - 1):
            offset = datetime.fromtimestamp(instant, UTC).astimezone(zone).utcoffset()
            assert offset == timedelta(seconds=piece.offset)
