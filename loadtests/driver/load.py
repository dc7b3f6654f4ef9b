"""The two ways to load a server: as fast as it answers, or as often as people write."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from loadtests.driver.pair import Pair
from loadtests.measures import Histogram

SETTLE_SECONDS = 30.0
NEAR_SECONDS = 0.002
"""Timers are a millisecond coarse, so the last two before an arrival are spent turning the loop."""

Progress = Callable[[float], None]
"""Told now and then how many seconds of a load have passed."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a load did; valid only if `faults` is empty. `seconds` runs to the last ack."""

    messages: int
    seconds: float
    acks: Histogram
    deliveries: Histogram
    faults: list[str] = field(default_factory=list)


def _ignore(_: float) -> None:
    pass


async def closed_loop(
    pairs: Sequence[Pair], in_flight: int, seconds: float, progress: Progress = _ignore
) -> Result:
    """Keep `in_flight` messages of each sender under way, each until its ack."""

    def again(pair: Pair) -> None:
        pair.send(time.perf_counter())

    acks, deliveries, before = _begin(pairs)
    started = time.perf_counter()
    for pair in pairs:
        pair.then = again
        for _ in range(in_flight):
            again(pair)
        pair.sender.flush()
    await _pass(seconds, progress)
    for pair in pairs:
        pair.then = None
    await _until(lambda: all(pair.answered for pair in pairs))
    elapsed = time.perf_counter() - started
    await settle(pairs)
    return _end(pairs, before, elapsed, acks, deliveries)


async def open_loop(
    pairs: Sequence[Pair], per_second: float, seconds: float, progress: Progress = _ignore
) -> Result:
    """Send at random moments, however slowly the server answers.

    Times count from the intended moment, so a server that stalls cannot hide it by being asked
    less.
    """
    dice = random.Random(7)

    def arrive(due: float) -> None:
        pair = dice.choice(pairs)
        pair.send(due)
        pair.sender.flush()

    acks, deliveries, before = _begin(pairs)
    started = time.perf_counter()
    await arrivals(per_second, seconds, arrive, progress)
    elapsed = time.perf_counter() - started
    await settle(pairs)
    return _end(pairs, before, elapsed, acks, deliveries)


async def arrivals(
    per_second: float,
    seconds: float,
    arrive: Callable[[float], None],
    progress: Progress = _ignore,
) -> None:
    """Call `arrive` at the moments of a Poisson process, with each moment (of `perf_counter`)."""
    steps = _Arrivals(per_second, seconds, arrive)
    turning = asyncio.ensure_future(_pass(seconds, progress))
    await steps.finished
    await turning


class _Arrivals:
    def __init__(self, per_second: float, seconds: float, arrive: Callable[[float], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.finished: asyncio.Future[None] = self._loop.create_future()
        self._per_second = per_second
        self._arrive = arrive
        self._dice = random.Random(11)
        self._due = time.perf_counter()
        self._until = self._due + seconds
        self._step()

    def _step(self) -> None:
        now = time.perf_counter()
        while self._due <= now:
            self._arrive(self._due)
            self._due += self._dice.expovariate(self._per_second)
        wait = self._due - time.perf_counter()
        if self._due > self._until:
            self.finished.set_result(None)
        elif wait > 2 * NEAR_SECONDS:
            self._loop.call_later(wait - NEAR_SECONDS, self._step)
        else:
            self._loop.call_soon(self._step)


async def settle(pairs: Sequence[Pair]) -> None:
    """Wait until every message has arrived, or clearly never will."""
    await _until(lambda: all(pair.settled for pair in pairs))


async def _until(done: Callable[[], bool]) -> None:
    """Look every now and then: a wakeup for each message would cost more than it tells."""
    until = time.perf_counter() + SETTLE_SECONDS
    while not done() and time.perf_counter() < until:  # noqa: ASYNC110 — see above
        await asyncio.sleep(0.002)


async def _pass(seconds: float, progress: Progress) -> None:
    started = time.perf_counter()
    while (passed := time.perf_counter() - started) < seconds:
        progress(passed)
        await asyncio.sleep(min(0.5, seconds - passed))
    progress(seconds)


def _begin(pairs: Sequence[Pair]) -> tuple[Histogram, Histogram, int]:
    acks, deliveries = Histogram(), Histogram()
    for pair in pairs:
        pair.acks, pair.deliveries = acks, deliveries
    return acks, deliveries, sum(pair.acked for pair in pairs)


def _end(
    pairs: Sequence[Pair], before: int, elapsed: float, acks: Histogram, deliveries: Histogram
) -> Result:
    faults = [fault for pair in pairs for fault in pair.faults]
    for pair in pairs:
        if not pair.settled:
            faults.append(f"sent {pair.sent}, acked {pair.acked}, heard {pair.heard}")
        faults += [end.closed for end in (pair.sender, pair.receiver) if end.closed]
    return Result(sum(pair.acked for pair in pairs) - before, elapsed, acks, deliveries, faults)
