"""Wakes greenlets at their moment, exact to some 50 microseconds.

By gevent's own timers, which are a millisecond coarse, all that people do would be late.
"""

import heapq
import time
from collections.abc import Callable
from itertools import count
from typing import Any

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


def milliseconds() -> float:
    """Tell the time that a `Bell` goes by."""
    return time.perf_counter() * 1_000


class Bell:
    """Calls something after a time, to the millisecond; setting it anew takes back what was set."""

    def __init__(self) -> None:
        self._set: Any = None

    def ring_in(self, milliseconds: float | None, ring: Callable[[], None]) -> None:
        """Call it once after so many milliseconds; for None, not at all."""
        if self._set is not None:
            self._set.kill(block=False)
        self._set = None
        if milliseconds is not None:
            self._set = gevent.spawn_later(milliseconds / 1_000, self._now, ring)

    def _now(self, ring: Callable[[], None]) -> None:
        self._set = None  # or what is called could kill itself by setting the bell anew
        ring()
