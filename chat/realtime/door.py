"""The door: newcomers are let in a few at a time, so that a crowd is no burden to those inside.

A handshake costs a few hundred microseconds. When thousands knock in the same second, all that
time would stand between a message and its reader; so a bounded share of each second goes to the
door, and the crowd waits outside in the order in which it came.
"""

import asyncio
from collections import deque
from collections.abc import Callable

AT_ONCE = 8
PAUSE_SECONDS = 0.008
"""Together a thousand a second, at about a quarter of the time."""

Opening = Callable[[], None]


class Door:
    """Runs openings, at most `AT_ONCE` in each stretch of `PAUSE_SECONDS`."""

    def __init__(self) -> None:
        self._waiting: deque[Opening] = deque()
        self._opened = 0
        self._pause: asyncio.TimerHandle | None = None

    def knock(self, opening: Opening) -> None:
        """Run `opening`, at once if it is quiet."""
        if self._waiting or self._opened >= AT_ONCE:
            self._waiting.append(opening)
        else:
            self._opened += 1
            opening()
        if self._pause is None:
            self._pause = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._open_more)

    def _open_more(self) -> None:
        self._opened = 0
        self._pause = None
        while self._waiting and self._opened < AT_ONCE:
            self._opened += 1
            self._waiting.popleft()()
        if self._opened:
            self._pause = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._open_more)
