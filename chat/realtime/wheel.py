"""One timer for all heartbeats and deadlines: a wheel of seconds.

Each socket stands in one slot at most; a tick visits the sockets of one slot only, so an idle
socket costs a visit every few seconds and no timer of its own.
"""

import asyncio
from typing import Protocol

SLOTS = 64
"""Seconds around the wheel; no wait is longer."""


class Turning(Protocol):
    """Whatever stands on the wheel."""

    def on_turn(self, now: float) -> None:
        """Do what is due at `now` (the loop's time), and ask for the next visit."""
        ...


class Wheel:
    """The shared wheel. Use `start`, then `visit_in`."""

    def __init__(self) -> None:
        self._slots: list[set[Turning]] = [set() for _ in range(SLOTS)]
        self._at = 0
        self.now = 0.0
        """The loop's time at the latest tick: for whoever needs it to the second only."""
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to turn, one slot a second."""
        self.now = asyncio.get_running_loop().time()
        self._handle = asyncio.get_running_loop().call_later(1.0, self._turn)

    def stop(self) -> None:
        """Turn no more."""
        if self._handle is not None:
            self._handle.cancel()

    def visit_in(self, seconds: int, one: Turning) -> int:
        """Have `one` visited after so many seconds; gives the slot, for `leave`."""
        slot = (self._at + min(max(seconds, 1), SLOTS - 1)) % SLOTS
        self._slots[slot].add(one)
        return slot

    def leave(self, slot: int, one: Turning) -> None:
        """Take `one` off the wheel."""
        self._slots[slot].discard(one)

    def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        self._handle = loop.call_later(1.0, self._turn)
        self._at = (self._at + 1) % SLOTS
        due, self._slots[self._at] = self._slots[self._at], set()
        self.now = loop.time()
        for one in due:
            one.on_turn(self.now)
