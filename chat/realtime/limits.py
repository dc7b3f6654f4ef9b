"""Rates: a token bucket for each key, as arithmetic on the time that is handed in. Pure."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from protocol.errors import Refused

ROUNDING_MS = 0.01
"""What sums of floating-point intervals may be off by."""

LONGEST_LINE_MS = 300_000
"""The last place in a line; who comes after stands at its front again."""

MINUTE_MS = 60_000

CAPACITY = 100_000
"""Keys remembered at once; the longest unused is forgotten first, which fills its bucket."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and so many a minute in the long run."""

    burst: int
    per_minute: int


class Buckets:
    """Token buckets by key."""

    __slots__ = ("_full_at", "_minute_ms", "_spent")

    def __init__(self) -> None:
        self._minute_ms = MINUTE_MS
        # The time (ms) at which a bucket is full again says all about it.
        self._full_at: dict[int | str, float] = {}
        self._spent: dict[int | str, float] | None = None

    def take(self, key: int | str, rate: Rate, now: int) -> int:
        """Take a token: 0 if there was one, else the milliseconds until there is."""
        interval = self._minute_ms / rate.per_minute
        full_at, empty_until = self._full_at.pop(key, 0.0), now + rate.burst * interval
        if full_at < now:
            full_at = now
        elif full_at > empty_until:
            # At worst it is empty: a clock that was turned back must not punish anyone for hours.
            full_at = empty_until
        wait = full_at + interval - empty_until
        if wait > ROUNDING_MS:
            self._full_at[key] = full_at
            return math.ceil(wait)
        self._full_at[key] = full_at + interval
        if len(self._full_at) > CAPACITY:
            self._full_at.pop(next(iter(self._full_at)))
        if self._spent is not None:
            self._spent[key] = self._spent.get(key, 0.0) + MINUTE_MS / rate.per_minute
        return 0

    def spend(self, key: int | str, rate: Rate, now: int) -> None:
        """Take a token. Raises `Refused("rate_limited")`, with how long to wait, if there is none.

        The work that it pays for comes after it (G8).
        """
        wait = self.take(key, rate, now)
        if wait:
            raise Refused("rate_limited", retry_after_ms=wait)

    def share(self) -> None:
        """Keep what is taken from now on, for `taken`."""
        self._spent = {}

    def taken(self) -> dict[int | str, float]:
        """Give what was taken since this was last asked, in milliseconds, by key."""
        spent, self._spent = self._spent or {}, {}
        return spent

    def divide(self, parts: int, now: int) -> None:
        """Let through one of so many parts of each rate; the burst stays whole.

        What was taken from a bucket stays as many tokens: after being one of more parts than a
        burst has tokens, one message would otherwise have emptied it.
        """
        longer = MINUTE_MS * parts / self._minute_ms
        self._minute_ms = MINUTE_MS * parts
        if longer != 1:
            self._full_at = {
                key: now + (full_at - now) * longer
                for key, full_at in self._full_at.items()
                if full_at > now
            }

    def charge(self, costs: Mapping[int | str, float], now: int) -> None:
        """Count what another process has let through. A bucket owes nothing: at worst it is empty.

        `take` sees to that, for it knows the rate.
        """
        for key, cost in costs.items():
            self._full_at[key] = max(self._full_at.pop(key, 0.0), now) + cost
        while len(self._full_at) > CAPACITY:
            self._full_at.pop(next(iter(self._full_at)))


class Countable(Protocol):
    """A limit that several processes can count together."""

    def share(self) -> None:
        """Keep what is taken from now on."""
        ...

    def taken(self) -> dict[int | str, float]:
        """Give what was taken since this was last asked, by key."""
        ...

    def charge(self, costs: Mapping[int | str, float], now: int) -> None:
        """Count what another process has let through."""
        ...

    def divide(self, parts: int, now: int) -> None:
        """Let through one of so many parts: so many processes count apart from each other."""
        ...


class Shared:
    """The limits that all processes count together, by name.

    Each tells the others in the background: so what two processes let through is at most twice the
    limit, until the next telling. While they cannot tell, each lets through its part.
    """

    def __init__(self, limits: Mapping[str, Countable], clock: Callable[[], int]) -> None:
        self._limits = limits
        self._clock = clock

    def take(self) -> dict[str, dict[int | str, float]]:
        """Give what to tell the others."""
        taken = {name: limit.taken() for name, limit in self._limits.items()}
        return {name: costs for name, costs in taken.items() if costs}

    def fall_apart(self, processes: int) -> None:
        """Count alone, as one of so many processes that do."""
        now = self._clock()
        for limit in self._limits.values():
            limit.divide(processes, now)

    def come_together(self) -> None:
        """Count with the others again; what was let through meanwhile is over, and not told."""
        now = self._clock()
        for limit in self._limits.values():
            limit.divide(1, now)
            limit.taken()

    def spend(self, costs: Mapping[str, Mapping[int | str, float]]) -> None:
        """Hear what another process has let through."""
        now = self._clock()
        for name, spent in costs.items():
            limit = self._limits.get(name)
            if limit is not None:
                limit.charge(spent, now)


class Admission:
    """Lets newcomers in at a steady rate, and tells the others when to come back.

    After a restart everyone comes at once; whoever is let in costs work that those who talk
    already would have to wait for. Those sent away are given places in a line, one after another,
    so that they do not come back together.
    """

    __slots__ = ("_burst_ms", "_free_at", "_interval_ms", "_promised_at")

    def __init__(self, per_second: int, wait_ms: int) -> None:
        """Let in so many a second, letting each wait at most `wait_ms` for it."""
        self._interval_ms = 1_000 / per_second
        self._burst_ms = wait_ms
        self._free_at = 0.0
        self._promised_at = 0.0

    def enter(self, now: int) -> int:
        """Ask for a place: 0 if there is one, else the milliseconds after which to come back."""
        free_at = min(max(self._free_at, now), now + self._burst_ms + self._interval_ms)
        self._free_at = free_at  # or a clock that was turned back would keep the door shut
        if free_at - now <= self._burst_ms:
            self._free_at = free_at + self._interval_ms
            return 0
        earliest = now + self._burst_ms
        if not earliest <= self._promised_at <= now + LONGEST_LINE_MS:
            self._promised_at = earliest
        self._promised_at += self._interval_ms
        return math.ceil(self._promised_at - now)
