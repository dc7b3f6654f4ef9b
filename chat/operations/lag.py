"""How late the event loop is: what everyone waits for who waits for anything."""

import asyncio

from chat.figures import SECONDS, Histogram

EVERY_SECONDS = 0.25


class LoopLag:
    """One timer that measures how much later than asked it is called."""

    def __init__(self) -> None:
        self.seconds = Histogram(*SECONDS)
        self._due = 0.0
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Measure from now on."""
        loop = asyncio.get_running_loop()
        self._due = loop.time() + EVERY_SECONDS
        self._handle = loop.call_at(self._due, self._measure)

    def stop(self) -> None:
        """Measure no more."""
        if self._handle is not None:
            self._handle.cancel()

    def _measure(self) -> None:
        self.seconds.observe(max(0.0, asyncio.get_running_loop().time() - self._due))
        self.start()
