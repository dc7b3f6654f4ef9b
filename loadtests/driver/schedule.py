"""When things are to happen: a Poisson process whose rate may change, whatever the server does."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loadtests.driver.alarm import Alarm

LOOK_SECONDS = 0.1
"""How often the rate is looked at anew where arrivals are rarer than that."""


@dataclass(frozen=True, slots=True)
class Slope:
    """A rate that goes evenly from one value to another. Per second."""

    seconds: float
    begin: float
    end: float

    def at(self, passed: float) -> float:
        """Give the rate when so many seconds of it have passed."""
        return self.begin + (self.end - self.begin) * passed / self.seconds


class Schedule:
    """Calls `arrive` with each intended moment (of `perf_counter`) of random arrivals.

    A schedule never waits for anybody: what is due while the process was held up is called at
    once, one after the other, each with the moment at which it was due. `ended` is done when the
    last slope is.
    """

    def __init__(
        self,
        slopes: Sequence[Slope],
        arrive: Callable[[float], None],
        *,
        start: float | None = None,
        seed: int = 11,
    ) -> None:
        self._slopes = [one for one in slopes if one.seconds > 0]
        self._arrive = arrive
        self._dice = random.Random(seed)
        self._begun = time.perf_counter() if start is None else start
        self._due = self._begun
        self._arrives = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._alarm = Alarm(self._step)
        self._advance()
        self._alarm.set(self._due)

    def stop(self) -> None:
        """Call no more."""
        self._alarm.close()
        if not self.ended.done():
            self.ended.set_result(None)

    def _step(self) -> None:
        """Call all that is due, and set the alarm for what is next."""
        while self._slopes and self._due <= time.perf_counter():
            if self._arrives:
                self._arrive(self._due)
            self._advance()
        if self._slopes:
            self._alarm.set(self._due)
        else:
            self.stop()

    def _advance(self) -> None:
        """Find the next moment. What has not come within a look comes as likely after it."""
        rate = self._slopes[0].at(self._due - self._begun) if self._slopes else 0.0
        gap = self._dice.expovariate(rate) if rate > 0 else LOOK_SECONDS
        self._arrives = rate > 0 and gap <= LOOK_SECONDS
        self._due += min(gap, LOOK_SECONDS)
        while self._slopes and self._due >= self._begun + self._slopes[0].seconds:
            self._begun += self._slopes.pop(0).seconds
