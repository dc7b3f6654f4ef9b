"""An alarm clock for an event loop: exact to some 50 microseconds, and free while it waits.

The loop's own timers are a millisecond coarse, and turning the loop until the moment has come
would hide from the machine's accounts how busy a load generator really is.
"""

import asyncio
import ctypes
import os
from collections.abc import Callable
from contextlib import suppress

_CLOCK_MONOTONIC, _ABSOLUTE, _NON_BLOCKING = 1, 1, 0o4000


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Setting(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


class Alarm:
    """Calls `ring` at a moment of `time.perf_counter`, which is Linux' monotonic clock.

    By a timerfd (timerfd_create(2)). Close it when it is no longer needed.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._file = self._libc.timerfd_create(_CLOCK_MONOTONIC, _NON_BLOCKING)
        if self._file < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._setting = _Setting()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._file, self._wake)

    def set(self, moment: float) -> None:
        """Have it ring at a moment, instead of any that was set before."""
        nanoseconds = max(1, int(moment * 1e9))
        value = self._setting.value
        value.seconds, value.nanoseconds = divmod(nanoseconds, 1_000_000_000)
        self._libc.timerfd_settime(self._file, _ABSOLUTE, ctypes.byref(self._setting), None)

    def close(self) -> None:
        """Ring no more."""
        if self._file >= 0:
            self._loop.remove_reader(self._file)
            os.close(self._file)
            self._file = -1

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._file, 8)
        self._ring()
