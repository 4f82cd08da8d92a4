"""Counters, histograms and their bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livechat_sdk.telemetry.meters import MOST_SERIES, OTHER, Book, Distribution, Sample, gauge


def test_counter_counts_by_labels() -> None:
    counter = Book().counter("fates", "What became of messages.", "direction", "fate")
    counter.add("to_user", "sent")
    counter.add("to_user", "sent", by=2)
    counter.add("to_user", "refused")
    assert counter.value("to_user", "sent") == 3
    assert counter.value("to_user", "seen") == 0
    assert counter.family().samples == [Sample(("to_user", "refused"), 1), Sample(("to_user", "sent"), 3)]


def test_histogram_has_cumulative_counts_and_inclusive_bounds() -> None:
    histogram = Book().histogram("lateness", "How late.", bounds=(0.1, 1.0))
    for seconds in (0.1, 0.5, 1.0, 7.0):
        histogram.observe(seconds)
    (sample,) = histogram.family().samples
    assert sample.value == Distribution((0.1, 1.0), [1, 3], 4, 8.6)
    assert histogram.count() == 4


def test_time_that_runs_backwards_counts_as_none() -> None:
    histogram = Book().histogram("lateness", "How late.", bounds=(0.1,))
    histogram.observe(-3600.0)
    assert histogram.family().samples[0].value == Distribution((0.1,), [1], 1, 0.0)


@given(st.lists(st.floats(0, 1000), max_size=50), st.sets(st.floats(0.001, 999), min_size=1, max_size=8))
def test_histogram_agrees_with_counting_by_hand(values: list[float], bounds: set[float]) -> None:
    histogram = Book().histogram("lateness", "How late.", "by", bounds=sorted(bounds))
    for value in values:
        histogram.observe(value, "me")
    for sample in histogram.family().samples:
        assert isinstance(sample.value, Distribution)
        assert sample.value.counts == [sum(v <= b for v in values) for b in sorted(bounds)]
        assert sample.value.count == len(values)


def test_labels_that_others_choose_cannot_fill_the_memory() -> None:
    counter = Book().counter("events", "Events.", "integration")
    for number in range(MOST_SERIES + 50):
        counter.add(f"name-{number}")
    counter.add("name-3")
    assert len(counter.family().samples) == MOST_SERIES + 1
    assert counter.value(OTHER) == 50
    assert counter.value("name-3") == 2


def test_wrong_number_of_labels_is_a_mistake_of_the_program() -> None:
    counter = Book().counter("events", "Events.", "integration")
    with pytest.raises(ValueError, match="the labels are integration; 2 were given"):
        counter.add("a", "b")
    with pytest.raises(ValueError, match="the labels are none; 1 were given"):
        Book().counter("plain", "Plain.").add("a")


def test_name_is_taken_once() -> None:
    book = Book()
    book.counter("events", "Events.")
    with pytest.raises(ValueError, match="there is a meter 'events' already"):
        book.histogram("events", "Events.")


def test_book_lists_families_in_the_order_in_which_they_were_made() -> None:
    book = Book()
    book.counter("b", "Second letter.")
    book.histogram("a", "First letter.")
    assert [(one.name, one.kind) for one in book.families()] == [("b", "counter"), ("a", "histogram")]


def test_gauge_is_sorted_by_its_labels() -> None:
    family = gauge("lanes", "Lanes.", {("waiting",): 2, ("broken",): 0}, ("status",))
    assert family.samples == [Sample(("broken",), 0), Sample(("waiting",), 2)]
