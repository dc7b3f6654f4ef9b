"""A timer that is a file: exact to some 50 microseconds, and free while it waits.

Event loops' own timers are a millisecond coarse, and turning a loop until the moment has come
would hide from the machine's accounts how busy a load generator really is.
"""

import ctypes
import os
from contextlib import suppress

_CLOCK_MONOTONIC, _ABSOLUTE, _NON_BLOCKING = 1, 1, 0o4000


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Setting(ctypes.Structure):
    _fields_ = (("interval", _Timespec), ("value", _Timespec))


_libc = ctypes.CDLL(None, use_errno=True)


class TimerFile:
    """Can be read from a moment of `time.perf_counter` on, which is Linux' monotonic clock.

    By timerfd_create(2). Close it when it is no longer needed. Raises `OSError`.
    """

    def __init__(self) -> None:
        self.file = _libc.timerfd_create(_CLOCK_MONOTONIC, _NON_BLOCKING)
        if self.file < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._setting = _Setting()

    def set(self, moment: float) -> None:
        """Have it ring at a moment, instead of any that was set before."""
        nanoseconds = max(1, int(moment * 1e9))
        value = self._setting.value
        value.seconds, value.nanoseconds = divmod(nanoseconds, 1_000_000_000)
        _libc.timerfd_settime(self.file, _ABSOLUTE, ctypes.byref(self._setting), None)

    def read(self) -> None:
        """Take what it rang."""
        with suppress(BlockingIOError):
            os.read(self.file, 8)

    def close(self) -> None:
        """Ring no more."""
        if self.file >= 0:
            os.close(self.file)
            self.file = -1
