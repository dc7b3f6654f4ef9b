"""Cursors that are safe to hand out where several processes write one log (G5).

An event of another process may come after one of a later position. So a cursor in an event is not
the event's own position, but one that the log had reached a while ago: every process whose tail is
not later than that has handed out all before it. A client that resumes from it is told a little
twice, and drops it by seq.
"""

import time
from collections import deque
from collections.abc import Callable

from chat.storage.database import Reader
from protocol.cursors import write_cursor

WriteCursor = Callable[[int], str]
"""Gives the cursor that an event at a position of the log carries."""

KEEP_SECONDS = 3.0
MARGIN_MS = 10_000


class Horizon:
    """Where the log stood `KEEP_SECONDS` ago, by the tail's own rounds.

    `position` is safe, from the start: `position_before` finds it.
    """

    def __init__(self, epoch: str, position: int, clock: Callable[[], float] = time.monotonic):
        self.position = position
        self._epoch = epoch
        self._clock = clock
        self._cursor = write_cursor(epoch, position)
        self._rounds: deque[tuple[float, int]] = deque()
        self._began_at = clock()

    @property
    def is_late(self) -> bool:
        """Whether the tail has not come round for so long that others' cursors are not safe."""
        return self._clock() - self._began_at > KEEP_SECONDS

    def write(self, position: int) -> str:
        """Write the cursor of an event, wherever it stands itself."""
        return self._cursor

    def reached(self, position: int, began_at: float) -> None:
        """Note a whole round of the tail: all up to a position had been committed when it began."""
        self._began_at = began_at
        self._rounds.append((began_at, position))
        before = self.position
        while self._rounds and self._rounds[0][0] <= self._clock() - KEEP_SECONDS:
            self.position = self._rounds.popleft()[1]
        if self.position != before:
            self._cursor = write_cursor(self._epoch, self.position)


def position_before(reader: Reader, now: int) -> int:
    """Find a position that the log had reached some seconds before `now` (UTC ms), by halving.

    Goes by the times of entries; a clock that was turned back makes it land a little beside.
    """
    low, row = 0, reader.one("SELECT MAX(position) FROM entries")
    high = 0 if row is None or row[0] is None else int(row[0])
    while low < high:
        middle = (low + high + 1) // 2
        found = reader.one(
            "SELECT at FROM entries WHERE position <= ? ORDER BY position DESC LIMIT 1", middle
        )
        if found is None or found[0] <= now - MARGIN_MS:
            low = middle
        else:
            high = middle - 1
    return low
