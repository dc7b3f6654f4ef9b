"""What is measured, one run of each at a time. Whatever a server got wrong makes a run invalid."""

import asyncio
import itertools
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from loadtests.bench.machine import fdatasync_times
from loadtests.bench.server import MeasuredServer
from loadtests.bench.town import MISSED, Residents
from loadtests.driver import (
    Driver,
    Refusal,
    Result,
    Socket,
    arrivals,
    closed_loop,
    driving,
    exchanging,
    open_loop,
)  # fmt: skip
from loadtests.driver.calling import Caller
from loadtests.measures import Histogram
from loadtests.progress import Bar

WARM_UP = 3.0
BUSY_PAIRS, BUSY_IN_FLIGHT = 100, 4
CALLING_PAIRS = 20
QUIET_PER_SECOND = 20.0
HEARTBEAT_SECONDS = 25
AT_ONCE = 32
HISTORY_SOCKETS = 50
HISTORY_PER_SECOND = 100.0
PERCENTILE_STRETCHES = 3
"""What is rare, as a disk that stops for 0.2 s, is in one run of 20 s and not in the next, and then
among its slowest hundredth: such figures are measured for three times as long."""


Figures = dict[str, float]


class Faulty(Exception):
    """The server lost, doubled or refused something: what came of it says nothing about its speed.

    `found` are the figures that were known before.
    """

    def __init__(self, reason: str, found: Figures | None = None) -> None:
        super().__init__(reason)
        self.found = found or {}


@dataclass(frozen=True, slots=True)
class Site:
    """Where a run takes place: a started server, its town, and how long to measure."""

    server: MeasuredServer
    residents: Residents
    seconds: float
    idle: int

    def bar(self, title: str, seconds: float | None = None) -> Bar:
        """Show how far a load has got."""
        return Bar(title, seconds or self.seconds)


Run = Callable[[Site], Coroutine[Any, Any, Figures]]


@dataclass(frozen=True, slots=True)
class Measure:
    """One way to load the server, and the figures it gives."""

    keys: Sequence[str]
    run: Run
    fresh: bool = False
    """Whether every run needs a server that has just started."""
    make: Callable[[Path, int], MeasuredServer] = MeasuredServer
    """Makes the server, given its folder and its core."""
    stretches: int = 1
    """How many times the seconds of a measure it takes."""


async def message(site: Site) -> Figures:
    """One message in flight for each of the pairs."""
    async with driving(site.server.port) as driver:
        pairs = await driver.open_pairs(site.residents.pairs)
        await closed_loop(pairs, 1, min(WARM_UP, site.seconds))
        with site.bar("messages, one in flight") as bar:
            before = site.server.cpu_seconds()
            result = await closed_loop(pairs, 1, site.seconds, bar.show)
            return {"message_cpu_us": each(site, before, checked(result))}


async def exchange(site: Site) -> Figures:
    """Message, delivered, read, typing on and off, with two devices a side."""
    async with driving(site.server.port) as driver:
        exchanges = await driver.open_exchanges(site.residents.couples)
        await exchanging(exchanges, min(WARM_UP, site.seconds), lambda _: None)
        with site.bar("whole exchanges") as bar:
            before = site.server.cpu_seconds()
            done = await exchanging(exchanges, site.seconds, bar.show)
            cost = each(site, before, done)
    faults = [fault for one in exchanges for fault in one.faults]
    if faults:
        raise Faulty(f"{len(faults)} faults, first: {faults[0]}")
    return {"exchange_cpu_us": cost}


async def busy(site: Site) -> Figures:
    """Several messages in flight; then, at half the throughput of that, messages at random.

    First among the same pairs; then, with no bar, at the same rate among five times as many: hardly
    two of them then ever share a read or a write, which is what made the throughput what it is.
    """
    async with driving(site.server.port) as driver:
        pairs = await driver.open_pairs(site.residents.pairs)
        some = pairs[:BUSY_PAIRS]
        # All have said something before: the rights of 500 conversations are read but once.
        await closed_loop(pairs, 1, min(WARM_UP, site.seconds))
        await closed_loop(some, BUSY_IN_FLIGHT, min(WARM_UP, site.seconds))
        with site.bar("messages, four in flight") as bar:
            before = site.server.cpu_seconds()
            full = await closed_loop(some, BUSY_IN_FLIGHT, site.seconds, bar.show)
            cost = each(site, before, checked(full))
        throughput = full.messages / full.seconds
        found = {"message_cpu_us_busy": cost, "messages_per_second": throughput}
        with site.bar("messages at half of that") as bar:
            half = await open_loop(some, throughput / 2, site.seconds, bar.show)
            checked(half, found)
        found |= {
            "ack_ms_p50": half.acks.milliseconds(50),
            "ack_ms_p99": half.acks.milliseconds(99),
            "delivery_ms_p99": half.deliveries.milliseconds(99),
        }
        with site.bar("the same among all pairs") as bar:
            spread = await open_loop(pairs, throughput / 2, site.seconds, bar.show)
            checked(spread, found)
    return found | {"ack_ms_p99_spread": spread.acks.milliseconds(99)}


async def quiet(site: Site) -> Figures:
    """A few messages a second: what one person waits for an ack."""
    async with driving(site.server.port) as driver:
        pairs = await driver.open_pairs(site.residents.pairs[:BUSY_PAIRS])
        with site.bar("messages, few") as bar:
            result = await open_loop(pairs, QUIET_PER_SECOND, site.seconds, bar.show)
        checked(result)
    return {"ack_ms_p50_quiet": result.acks.milliseconds(50)}


async def syncs(site: Site) -> Figures:
    """What the disk alone takes."""
    times = fdatasync_times(site.server.data)
    return {
        "fdatasync_ms_p50": times.milliseconds(50),
        "fdatasync_ms_p99": times.milliseconds(99),
    }


async def idle(site: Site) -> Figures:
    """Many connections on which nothing happens but heartbeats."""
    empty = site.server.resident_bytes()
    tokens = site.residents.phones[: site.idle]
    async with driving(site.server.port) as driver:
        with Bar("idle connections", len(tokens)) as counted:
            await driver.open_all(tokens, progress=counted.show)
        await asyncio.sleep(2.0)
        held = site.server.resident_bytes() - empty
        # Whole rounds of heartbeats, so that each connection has had the same number.
        rounds = -(-site.seconds // HEARTBEAT_SECONDS) if site.seconds >= WARM_UP else 0.1
        seconds = rounds * HEARTBEAT_SECONDS
        with site.bar("idle", seconds) as bar:
            before = site.server.cpu_seconds()
            for second in range(round(seconds)):
                bar.show(second)
                await asyncio.sleep(1.0)
            spent = site.server.cpu_seconds() - before
        gone = [socket.closed for socket in driver.sockets if socket.closed]
        if gone:
            raise Faulty(f"{len(gone)} idle connections closed: {gone[0]}")
    return {
        "idle_bytes": held / len(tokens),
        "idle_cpu_ms_per_second": 1_000 * spent / round(seconds),
    }


async def calls(site: Site) -> Figures:
    """Calls set up and ended, one at a time for each of some pairs."""
    async with driving(site.server.port) as driver:
        callers = [
            Caller(await driver.open(caller), await driver.open(answerer), conversation)
            for caller, answerer, conversation in site.residents.pairs[:CALLING_PAIRS]
        ]
        done = 0

        async def call_on(caller: Caller, until: float) -> None:
            nonlocal done
            while time.perf_counter() < until:
                await caller.set_up()
                await caller.end()
                done += 1
                bar.show(time.perf_counter() - started)

        with site.bar("calls") as bar:
            started, before = time.perf_counter(), site.server.cpu_seconds()
            until = started + site.seconds
            await asyncio.gather(*(call_on(caller, until) for caller in callers))
            return {"call_setup_cpu_us": each(site, before, done)}


class _Changed(Struct):
    entries: list[msgspec.Raw]


class _Resumed(Struct):
    conversations: list[_Changed]


_decode_resumed = msgspec.json.Decoder(_Resumed).decode


def resume(key: str, who: Callable[[Residents], Sequence[str]]) -> Run:
    """Have people come back: connect, say where they were, get what they missed, go again."""

    async def come_back(driver: Driver, token: str, cursor: str) -> None:
        socket = await driver.open(token)
        reply = await socket.ask(1, "session.resume", {"cursor": cursor})
        missed = _decode_resumed(bytes(reply)).conversations
        if [len(one.entries) for one in missed] != [1] * MISSED:
            raise Faulty(f"{key}: missed {[len(one.entries) for one in missed]}")
        driver.forget(socket)

    async def run(site: Site) -> Figures:
        tokens, cursor = itertools.cycle(who(site.residents)), site.residents.cursor
        done = 0

        async def work(driver: Driver, until: float) -> None:
            nonlocal done
            while time.perf_counter() < until:
                await come_back(driver, next(tokens), cursor)
                done += 1
                bar.show(time.perf_counter() - started)

        async def crowd(driver: Driver, seconds: float) -> None:
            until = time.perf_counter() + seconds
            await asyncio.gather(*(work(driver, until) for _ in range(AT_ONCE)))

        async with driving(site.server.port) as driver:
            with site.bar(key) as bar:
                started = time.perf_counter()
                await crowd(driver, min(WARM_UP / 3, site.seconds))
                done, started, before = 0, time.perf_counter(), site.server.cpu_seconds()
                await crowd(driver, site.seconds)
                await asyncio.sleep(0.2)
                return {key: 1e6 * (site.server.cpu_seconds() - before) / done}

    return run


async def history(site: Site) -> Figures:
    """The newest page of long conversations, asked for at random moments."""
    times, faults = Histogram(), list[str]()
    dice = random.Random(5)
    asking: set[asyncio.Task[None]] = set()
    numbers = itertools.count(1)

    async def fetch(socket: Socket, conversation: str, due: float) -> None:
        try:
            await socket.ask(next(numbers), "history.fetch", {"conversation": conversation})
            times.record(time.perf_counter() - due)
        except Refusal as refusal:
            faults.append(str(refusal))

    async with driving(site.server.port) as driver:
        some = dice.sample(
            site.residents.histories, min(HISTORY_SOCKETS * 10, len(site.residents.histories))
        )
        readers = [(await driver.open(token), conversation) for token, conversation in some]

        def arrive(due: float) -> None:
            task = asyncio.ensure_future(fetch(*dice.choice(readers), due))
            asking.add(task)
            task.add_done_callback(asking.discard)

        await arrivals(HISTORY_PER_SECOND, min(WARM_UP, site.seconds), arrive)
        await asyncio.gather(*asking)
        times = Histogram()  # without what each reader does for the first time
        seconds = PERCENTILE_STRETCHES * site.seconds
        with site.bar("history", seconds) as bar:
            await arrivals(HISTORY_PER_SECOND, seconds, arrive, bar.show)
        await asyncio.gather(*asking)
    if faults:
        raise Faulty(faults[0])
    return {"history_ms_p99": times.milliseconds(99)}


def checked(result: Result, found: Figures | None = None) -> int:
    """Give how many messages there were. Raises `Faulty`, with what was found before."""
    if result.faults:
        raise Faulty(f"{len(result.faults)} faults, first: {result.faults[0]}", found)
    return result.messages


def each(site: Site, before: float, count: int) -> float:
    """Give the processor time of each since it was `before`, in microseconds."""
    return 1e6 * (site.server.cpu_seconds() - before) / count


MEASURES = (
    Measure(("fdatasync_ms_p50", "fdatasync_ms_p99"), syncs),
    Measure(("history_ms_p99",), history, stretches=PERCENTILE_STRETCHES),
    Measure(("resume_cpu_us",), resume("resume_cpu_us", lambda town: town.phones), fresh=True),
    Measure(
        ("resume_cpu_us_500",), resume("resume_cpu_us_500", lambda town: town.hubs), fresh=True
    ),
    Measure(("idle_bytes", "idle_cpu_ms_per_second"), idle, fresh=True),
    Measure(("ack_ms_p50_quiet",), quiet),
    Measure(("message_cpu_us",), message),
    Measure(("call_setup_cpu_us",), calls),
    Measure(("exchange_cpu_us",), exchange),
    Measure(
        (
            "message_cpu_us_busy",
            "messages_per_second",
            "ack_ms_p50",
            "ack_ms_p99",
            "delivery_ms_p99",
            "ack_ms_p99_spread",
        ),
        busy,
        stretches=3,
    ),
)
