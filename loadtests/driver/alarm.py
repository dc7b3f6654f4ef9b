"""An alarm clock for an event loop, by a timer that is a file."""

import asyncio
from collections.abc import Callable

from loadtests.timer_file import TimerFile


class Alarm:
    """Calls `ring` at a moment of `time.perf_counter`. Close it when it is no longer needed."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._timer = TimerFile()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._timer.file, self._wake)

    def set(self, moment: float) -> None:
        """Have it ring at a moment, instead of any that was set before."""
        self._timer.set(moment)

    def close(self) -> None:
        """Ring no more."""
        if self._timer.file >= 0:
            self._loop.remove_reader(self._timer.file)
            self._timer.close()

    def _wake(self) -> None:
        self._timer.read()
        self._ring()
