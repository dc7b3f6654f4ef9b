"""A run: everybody comes, is left in peace for a while, and then some of them talk."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from loadtests.driver import Pair, Socket, closed_loop, driving, open_loop
from loadtests.driver.load import Result
from loadtests.everyone.crowd import Count
from loadtests.everyone.footprint import Groups, Memory, Work, available_bytes
from loadtests.everyone.stage import Crowds, Servers, parts
from loadtests.everyone.town import PairTokens, build
from loadtests.progress import Bar

PATIENCE_SECONDS = 60.0
TEXT_BYTES = 200
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for. `idle`: for how many seconds the peace is measured."""

    connections: int
    workers: int
    crowds: int
    pairs: int
    rate: float
    seconds: float
    idle: float
    quiet: float
    per_second: float
    spare: int
    """Bytes of memory to leave; with less, nobody more is connected."""

    @property
    def people(self) -> int:
        """How many do nothing but be there."""
        return max(0, self.connections - 2 * self.pairs)


@dataclass(slots=True)
class Talk:
    """What became of the pairs' messages."""

    result: Result
    sent: int
    refused: int
    heard: int
    closed: int


@dataclass(slots=True)
class Found:
    """What a run has found."""

    plan: Plan
    reached: int = 0
    connect_seconds: float = 0.0
    stopped_by: str = ""
    held: int = 0
    count: Count = field(default_factory=Count)
    by_process: Sequence[int] = ()
    memory: dict[str, Memory] = field(default_factory=dict)
    cores: dict[str, dict[str, float]] = field(default_factory=dict)
    pongs_per_second: float = 0.0
    talk: Talk | None = None


class Run:
    """One run; `found` fills as it goes on, so that it tells something whatever happens."""

    def __init__(self, plan: Plan, data: Path) -> None:
        self.found = Found(plan)
        self._plan, self._data = plan, data

    def go(self) -> Found:
        """Make the town, start everything, measure, and end everything."""
        plan, found = self._plan, self.found
        servers = Servers(self._data, plan.workers)
        shares = parts(plan.people, servers.port, plan.per_second, plan.crowds)
        pairs = build(self._data, [(part.group, part.count) for part in shares], plan.pairs)
        try:
            found.memory["before"] = Memory.read({})
            with Crowds(shares) as crowds:
                self._servers, self._crowds = servers, crowds
                servers.start()
                found.memory["empty"] = Memory.read(self._groups())
                self._connect()
                uvloop.run(self._talk(pairs))
        finally:
            servers.end_at_once()
        return found

    def _groups(self) -> Groups:
        return {**self._servers.pids, "crowds": self._crowds.pids, "talk": [os.getpid()]}

    def _connect(self) -> None:
        found, began = self.found, time.monotonic()
        before = Work.read(self._groups(), began)
        with Bar("connecting", self._plan.people) as bar:
            found.stopped_by = self._crowds.connect(PATIENCE_SECONDS, self._enough, bar.show)
        now = time.monotonic()
        found.connect_seconds = now - began
        found.cores["connecting"] = Work.read(self._groups(), now).cores_since(before)
        found.reached = self._crowds.count().open

    def _enough(self) -> str:
        if self._servers.has_died:
            return "the servers have ended"
        if (left := available_bytes()) < self._plan.spare:
            return f"only {left / 1e6:,.0f} MB of memory were left"
        return ""

    async def _talk(self, tokens: Sequence[PairTokens]) -> None:
        plan, found = self._plan, self.found
        async with AsyncExitStack() as stack:
            pairs = await open_apart(stack, self._servers.ports, tokens)
            found.reached += 2 * len(pairs)
            await _pass("quiet", plan.quiet)
            found.memory["idle"] = Memory.read(self._groups())
            before, pongs = self._work(), self._crowds.count().pongs
            await _pass("idle", plan.idle)
            found.cores["idle"] = self._work().cores_since(before)
            found.pongs_per_second = (self._crowds.count().pongs - pongs) / plan.idle
            await _say_hello(pairs)
            warmed, before = _sums(pairs), self._work()
            with Bar("talking", plan.seconds) as bar:
                result = await open_loop(pairs, plan.rate, plan.seconds, bar.show)
            found.cores["talking"] = self._work().cores_since(before)
            found.memory["talking"] = Memory.read(self._groups())
            found.by_process = await asyncio.to_thread(self._servers.connected)
            found.count = self._crowds.count()
            closed = sum(bool(end.closed) for pair in pairs for end in (pair.sender, pair.receiver))
            found.held = found.count.open + 2 * len(pairs) - closed
            sent, refused, heard = (
                now - then for now, then in zip(_sums(pairs), warmed, strict=True)
            )
            found.talk = Talk(result, sent, refused, heard, closed)

    def _work(self) -> Work:
        return Work.read(self._groups(), time.monotonic())


async def open_apart(
    stack: AsyncExitStack, ports: Sequence[int], tokens: Sequence[PairTokens]
) -> list[Pair]:
    """Connect each pair at two processes, as many at each."""
    drivers = [await stack.enter_async_context(driving(port)) for port in ports]

    def at(number: int) -> int:
        return number % len(drivers)

    async def opened(end: int) -> list[Iterator[Socket]]:
        """Open one end of all pairs: the second at the process after that of the first."""
        theirs = [
            [one[end] for number, one in enumerate(tokens) if at(number + end) == place]
            for place in range(len(drivers))
        ]
        return [
            iter(await driver.open_all(some)) for driver, some in zip(drivers, theirs, strict=True)
        ]

    writers, readers = await opened(0), await opened(1)
    return [
        Pair(next(writers[at(number)]), next(readers[at(number + 1)]), one[2], number, TEXT_BYTES)
        for number, one in enumerate(tokens)
    ]


async def _say_hello(pairs: Sequence[Pair]) -> None:
    """Have all write once: a steady state is measured, in which nobody says their first words."""
    for start in range(0, len(pairs), AT_ONCE):
        await closed_loop(pairs[start : start + AT_ONCE], 1, 0.0)


async def _pass(title: str, seconds: float) -> None:
    began = time.monotonic()
    with Bar(title, seconds) as bar:
        while (passed := time.monotonic() - began) < seconds:
            bar.show(passed)
            await asyncio.sleep(min(0.5, seconds - passed))


def _sums(pairs: Sequence[Pair]) -> tuple[int, int, int]:
    return (
        sum(pair.sent for pair in pairs),
        sum(pair.refused for pair in pairs),
        sum(pair.heard for pair in pairs),
    )
