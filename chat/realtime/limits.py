"""Rates: a token bucket for each key, as arithmetic on the time that is handed in. Pure."""

import math
from dataclasses import dataclass

ROUNDING_MS = 0.01
"""What sums of floating-point intervals may be off by."""

CAPACITY = 100_000
"""Keys remembered at once; the longest unused is forgotten first, which fills its bucket."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many a minute in the long run."""

    burst: int
    per_minute: int


class Buckets:
    """Token buckets by key."""

    __slots__ = ("_full_at",)

    def __init__(self) -> None:
        # The time (ms) at which a bucket is full again says all about it.
        self._full_at: dict[int | str, float] = {}

    def take(self, key: int | str, rate: Rate, now: int) -> int:
        """Take a token: 0 if there was one, else the milliseconds until there is."""
        interval = 60_000 / rate.per_minute
        full_at = max(self._full_at.pop(key, 0.0), float(now))
        wait = full_at - (rate.burst - 1) * interval - now
        if wait > ROUNDING_MS:
            self._full_at[key] = full_at
            return math.ceil(wait)
        self._full_at[key] = full_at + interval
        if len(self._full_at) > CAPACITY:
            self._full_at.pop(next(iter(self._full_at)))
        return 0
