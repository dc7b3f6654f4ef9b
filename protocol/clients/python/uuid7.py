"""UUIDs of version 7 (RFC 9562 section 5.7), which sort by the time they were made."""

import secrets
import time
from collections.abc import Callable

_RANDOM_BITS = 74


def uuid7(milliseconds: int, random: int) -> str:
    """Write a UUID from UTC milliseconds since 1970 and 74 random bits."""
    high, low = random >> 62, random & (2**62 - 1)
    number = (milliseconds & (2**48 - 1)) << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class ClientIds:
    """Makes client ids, each greater than the one before (section 6.2, monotonic random)."""

    def __init__(
        self,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        random: Callable[[], int] = lambda: secrets.randbits(_RANDOM_BITS),
    ) -> None:
        self._clock = clock
        self._random = random
        self._last = (0, 0)

    def make(self) -> str:
        """Make one, also when the clock stands still or goes back."""
        milliseconds, random = self._clock(), self._random()
        before, counter = self._last
        if milliseconds <= before:
            milliseconds, random = before, counter + 1
            if random >> _RANDOM_BITS:
                milliseconds, random = before + 1, 0
        self._last = (milliseconds, random)
        return uuid7(milliseconds, random)
