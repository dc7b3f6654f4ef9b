"""Wakes greenlets at their moment, exact to some 50 microseconds.

By gevent's own timers, which are a millisecond coarse, all that people do would be late.
"""

import heapq
import time
from itertools import count

import gevent  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]

from loadtests.timer_file import TimerFile


class Alarms:
    """All alarms of a process, by one timer. Close it at the end."""

    def __init__(self) -> None:
        self._timer = TimerFile()
        self._waiting: list[tuple[float, int, Event]] = []
        self._numbers = count()
        self._bell = gevent.get_hub().loop.io(self._timer.file, 1)
        self._bell.start(self._ring)

    def sleep_until(self, moment: float) -> None:
        """Sleep until a moment of `perf_counter`."""
        woken = Event()
        heapq.heappush(self._waiting, (moment, next(self._numbers), woken))
        self._timer.set(self._waiting[0][0])
        woken.wait()

    def close(self) -> None:
        """Wake nobody any more."""
        self._bell.stop()
        self._bell.close()
        self._timer.close()

    def _ring(self) -> None:
        self._timer.read()
        now = time.perf_counter()
        while self._waiting and self._waiting[0][0] <= now:
            heapq.heappop(self._waiting)[2].set()
        if self._waiting:
            self._timer.set(self._waiting[0][0])
