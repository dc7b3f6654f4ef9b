"""When to come back: full jitter, a draining server's spread, a place in line."""

from collections.abc import Callable

LONGEST_WAIT_MS = 30_000
STEADY_MS = 5_000
"""A connection that was online this long starts the back-off afresh."""


class Backoff:
    """Counts failures. `dice` gives numbers in [0, 1)."""

    def __init__(self, dice: Callable[[], float]) -> None:
        self._dice = dice
        self._failures = 0
        self.spread_ms = 0
        """What hello said: come back at a random moment within this time, if it is longer."""
        self.place_in_line: int | None = None
        """What `server.busy` said: come back after exactly so many milliseconds."""

    def steady(self) -> None:
        """The connection that has ended was a good one."""
        self._failures = 0

    def leave_at(self, spread_ms: int, now: float) -> float:
        """Choose when to leave a server that is about to stop."""
        return now + self._dice() * spread_ms

    def retry_at(self, now: float, *, at_once: bool) -> float:
        """Choose when to try again, after one more failure; `at_once` only after the first."""
        longest = max(min(LONGEST_WAIT_MS, 1_000 * 2**self._failures), self.spread_ms)
        at_once = at_once and self._failures == 0
        self._failures = min(self._failures + 1, 10)
        if self.place_in_line is not None:
            return now + self.place_in_line
        return now if at_once else now + self._dice() * longest
