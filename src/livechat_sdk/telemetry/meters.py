"""Counters, gauges and histograms that need no dependency; the gateway turns them into text.

Labels are bounded: no ids, and past ``MOST_SERIES`` combinations of one meter everything new is counted
together under ``other``, so that nobody who chooses a label's value can fill the memory.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, Literal, TypeVar

__all__ = [
    "MOST_SERIES",
    "OTHER",
    "SECONDS",
    "Book",
    "Counter",
    "Distribution",
    "Family",
    "Histogram",
    "Sample",
    "gauge",
    "total",
]

MOST_SERIES: Final = 500
"""Combinations of label values that one meter tells apart."""

OTHER: Final = "other"
"""What the labels of all further combinations say."""

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper bounds in seconds that suit calls of vendors as well as deliveries that are late."""

Labels = tuple[str, ...]
T = TypeVar("T")
L = TypeVar("L", bound=Labels)


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a histogram holds: observations up to each bound (cumulative, without the last, infinite one)."""

    bounds: Sequence[float]
    counts: Sequence[int]
    count: int
    sum: float


@dataclass(frozen=True, slots=True)
class Sample:
    """One value with the values of its labels, in the order in which the family names them."""

    labels: Labels
    value: float | Distribution


@dataclass(frozen=True, slots=True)
class Family:
    """All values of one name. The name of a counter has no ``_total``; text formats add it."""

    name: str
    help: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: Labels
    samples: Sequence[Sample] = ()


class _Series(Generic[T]):
    """Values by labels, bounded."""

    def __init__(self, labels: Labels, new: Callable[[], T]) -> None:
        self._labels = labels
        self._new = new
        self._values: dict[Labels, T] = {}

    def of(self, values: Labels) -> T:
        found = self._values.get(values)
        if found is None:
            if len(values) != len(self._labels):
                raise ValueError(
                    f"the labels are {', '.join(self._labels) or 'none'}; {len(values)} were given"
                )
            if len(self._values) >= MOST_SERIES:
                values = (OTHER,) * len(values)
            found = self._values.setdefault(values, self._new())
        return found

    def items(self) -> list[tuple[Labels, T]]:
        return sorted(self._values.items(), key=lambda one: one[0])


@dataclass(slots=True)
class _Number:
    value: float = 0.0


class Counter:
    """Grows. Counts that some labels have had."""

    def __init__(self, name: str, about: str, labels: Labels) -> None:
        self._family = Family(name, about, "counter", labels)
        self._series = _Series(labels, _Number)

    def add(self, *labels: str, by: float = 1) -> None:
        """Count ``by`` more for these label values."""
        self._series.of(labels).value += by

    def value(self, *labels: str) -> float:
        """The count of these label values."""
        return dict(self._series.items()).get(labels, _Number()).value

    def family(self) -> Family:
        """The values as they are now."""
        own = self._family
        samples = [Sample(labels, one.value) for labels, one in self._series.items()]
        return Family(own.name, own.help, own.kind, own.labels, samples)


@dataclass(slots=True)
class _Buckets:
    counts: list[int]
    sum: float = 0.0


class Histogram:
    """How large the observations of some labels were. Bounds are upper and inclusive."""

    def __init__(self, name: str, about: str, labels: Labels, bounds: Sequence[float]) -> None:
        self._family = Family(name, about, "histogram", labels)
        self._bounds = tuple(bounds)
        self._series = _Series(labels, lambda: _Buckets([0] * (len(self._bounds) + 1)))

    def observe(self, value: float, *labels: str) -> None:
        """Take one observation in. What is below zero (two clocks disagree) counts as zero."""
        buckets = self._series.of(labels)
        value = max(0.0, value)
        buckets.counts[bisect_left(self._bounds, value)] += 1
        buckets.sum += value

    def count(self, *labels: str) -> int:
        """How many observations these label values have."""
        return sum(sum(one.counts) for known, one in self._series.items() if known == labels)

    def family(self) -> Family:
        """The distributions as they are now."""
        own = self._family
        return Family(
            own.name,
            own.help,
            own.kind,
            own.labels,
            [Sample(labels, self._distribution(one)) for labels, one in self._series.items()],
        )

    def _distribution(self, buckets: _Buckets) -> Distribution:
        cumulative: list[int] = []
        total = 0
        for count in buckets.counts:
            total += count
            cumulative.append(total)
        return Distribution(self._bounds, cumulative[:-1], total, buckets.sum)


def gauge(name: str, about: str, values: Mapping[L, float], labels: Labels = ()) -> Family:
    """A value that is looked up when somebody asks, and may fall."""
    return Family(name, about, "gauge", labels, [Sample(key, one) for key, one in sorted(values.items())])


def total(name: str, about: str, values: Mapping[L, float], labels: Labels = ()) -> Family:
    """A count that somebody else keeps, by tuples of label values."""
    return Family(name, about, "counter", labels, [Sample(key, one) for key, one in sorted(values.items())])


@dataclass(slots=True)
class Book:
    """The meters of one dispatcher. Names are unique; nothing is shared with other dispatchers."""

    _meters: dict[str, Counter | Histogram] = field(default_factory=dict[str, Counter | Histogram])

    def counter(self, name: str, about: str, *labels: str) -> Counter:
        """A new counter; raises ``ValueError`` when the name is taken."""
        return self._taken_in(name, Counter(name, about, labels))

    def histogram(self, name: str, about: str, *labels: str, bounds: Sequence[float] = SECONDS) -> Histogram:
        """A new histogram; raises ``ValueError`` when the name is taken."""
        return self._taken_in(name, Histogram(name, about, labels, bounds))

    def families(self) -> list[Family]:
        """Everything as it is now, in the order in which the meters were made."""
        return [meter.family() for meter in self._meters.values()]

    def _taken_in(self, name: str, meter: M) -> M:
        if name in self._meters:
            raise ValueError(f"there is a meter {name!r} already")
        self._meters[name] = meter
        return meter


M = TypeVar("M", Counter, Histogram)
