"""Figures that a process keeps of itself: plain numbers on the objects that do the work.

Counting must cost next to nothing on the hot path, so nothing here knows who reads;
`chat.operations.metrics` does, when it is asked.
"""

from bisect import bisect_left
from collections import Counter


class Histogram:
    """How often a value fell between two bounds, and the sum of all."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, *bounds: float) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value: under the first bound that it does not exceed, or over all of them."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds for what ought to take milliseconds."""


class CommitFigures:
    """What a writer has committed."""

    __slots__ = ("failed", "pieces", "seconds")

    def __init__(self) -> None:
        self.failed = 0
        self.seconds = Histogram(*SECONDS)
        self.pieces = Histogram(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)

    def committed(self, pieces: int, seconds: float) -> None:
        """Count a commit, with the pieces it took and the time from its begin to its sync."""
        self.pieces.observe(pieces)
        self.seconds.observe(seconds)


class HttpFigures:
    """What HTTP has answered: requests by route and status, and how long they took."""

    __slots__ = ("requests", "seconds")

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.seconds = Histogram(*SECONDS)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count a request. `route` is a template of ours, never what was asked for."""
        self.requests[route, status] += 1
        self.seconds.observe(seconds)
