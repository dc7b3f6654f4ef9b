"""Durations in buckets of equal relative width: small, quick to fill, and exact enough."""

from collections.abc import Iterable

BITS = 7
"""Each power of two is cut into 2**BITS buckets, so that a value is off by less than 1 %."""

LONGEST_US = 2**36
"""About 19 hours; what is longer counts as that."""


class Recorder:
    """A histogram of durations, from a microsecond up.

    Every value would fit in memory for one bench, but not for a night of load; a list of counts
    is the same size after a billion values and can be added to another. The `hdrhistogram`
    package does this too, with two more packages behind it; it is these forty lines.
    """

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts = [0] * (_bucket(LONGEST_US) + 1)

    def __len__(self) -> int:
        """Tell how many values were recorded."""
        return sum(self.counts)

    def record(self, seconds: float) -> None:
        """Note a duration."""
        self.counts[_bucket(min(int(seconds * 1e6), LONGEST_US))] += 1

    def add(self, other: "Recorder") -> None:
        """Add everything that another recorder holds."""
        self.counts = [a + b for a, b in zip(self.counts, other.counts, strict=True)]

    def milliseconds(self, percentile: float) -> float:
        """Give the value below which `percentile` percent lie, in ms; NaN if there are none."""
        left = len(self) * percentile / 100
        for bucket, count in enumerate(self.counts):
            left -= count
            if count and left <= 0:
                return _middle(bucket) / 1_000
        return float("nan")

    @classmethod
    def of(cls, durations: Iterable[float]) -> "Recorder":
        """Record durations that are known already."""
        recorder = cls()
        for seconds in durations:
            recorder.record(seconds)
        return recorder


def _bucket(microseconds: int) -> int:
    shift = microseconds.bit_length() - BITS - 1
    return microseconds if shift <= 0 else (shift << BITS) + (microseconds >> shift)


def _middle(bucket: int) -> float:
    shift = (bucket >> BITS) - 1
    if shift <= 0:
        return float(bucket)
    return ((bucket - (shift << BITS)) + 0.5) * (1 << shift)
