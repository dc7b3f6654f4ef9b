"""Durations in buckets of equal relative width: small, quick to fill, exact enough, additive."""

import math
from collections.abc import Iterable, Mapping

BITS = 7
"""Each power of two is cut into 2**BITS buckets, so that a value is off by less than 1 %."""

LONGEST_US = 2**36
"""About 19 hours; what is longer counts as that."""

Counts = dict[int, int]
"""How many values fell into each bucket; what of a histogram travels between processes."""


class Histogram:
    """Durations from a microsecond up, in the buckets of a high dynamic range histogram.

    Only buckets that were hit take room, so one for every second of a night is affordable. The
    `hdrhistogram` package takes half as long again to record a value, 180 KB for each histogram,
    and brings two packages.
    """

    __slots__ = ("counts",)

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        self.counts: Counts = dict(counts or {})

    def __len__(self) -> int:
        """Tell how many values were recorded."""
        return sum(self.counts.values())

    def record(self, seconds: float) -> None:
        """Note a duration."""
        microseconds = int(seconds * 1e6)
        shift = microseconds.bit_length() - BITS - 1
        bucket = microseconds if shift <= 0 else (shift << BITS) + (microseconds >> shift)
        counts = self.counts
        try:
            counts[bucket] += 1
        except KeyError:
            bucket = _bucket(min(max(microseconds, 0), LONGEST_US))
            counts[bucket] = counts.get(bucket, 0) + 1

    def add(self, other: "Histogram | Mapping[int, int]") -> None:
        """Add everything that another histogram holds."""
        counts = self.counts
        for bucket, count in (other.counts if isinstance(other, Histogram) else other).items():
            counts[bucket] = counts.get(bucket, 0) + count

    def milliseconds(self, percentile: float) -> float:
        """Give the value below which `percentile` percent lie, in ms; NaN if there are none."""
        return self.all_milliseconds([percentile])[0]

    def all_milliseconds(self, percentiles: Iterable[float]) -> list[float]:
        """Give the values of several percentiles, which rise, in ms."""
        total, passed, found = len(self), 0, list[float]()
        buckets = iter(sorted(self.counts.items()))
        bucket = -1
        for percentile in percentiles:
            while passed == 0 or passed < total * percentile / 100:
                bucket, count = next(buckets, (-1, 0))
                if not count:
                    break
                passed += count
            found.append(_middle(bucket) / 1_000 if bucket >= 0 else math.nan)
        return found

    @property
    def mean_milliseconds(self) -> float:
        """The mean, in ms; NaN if there are none."""
        total = len(self)
        weighed = sum(_middle(bucket) * count for bucket, count in self.counts.items())
        return weighed / total / 1_000 if total else math.nan

    def share_above(self, milliseconds: float) -> float:
        """Tell which share of the values is above a limit; 0 if there are none."""
        above = sum(n for at, n in self.counts.items() if _middle(at) > 1_000 * milliseconds)
        return above / (len(self) or 1)

    def microseconds(self) -> dict[int, int]:
        """Give the middle of each bucket that was hit, in µs, with its count."""
        return {int(_middle(bucket)): count for bucket, count in self.counts.items()}

    @classmethod
    def of(cls, durations: Iterable[float]) -> "Histogram":
        """Record durations that are known already."""
        histogram = cls()
        for seconds in durations:
            histogram.record(seconds)
        return histogram


def _bucket(microseconds: int) -> int:
    shift = microseconds.bit_length() - BITS - 1
    return microseconds if shift <= 0 else (shift << BITS) + (microseconds >> shift)


def _middle(bucket: int) -> float:
    shift = (bucket >> BITS) - 1
    if shift <= 0:
        return float(bucket)
    return ((bucket - (shift << BITS)) + 0.5) * (1 << shift)
