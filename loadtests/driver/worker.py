"""One process of the fast driver: its talks, its schedule, and what it has to say every second."""

import asyncio
import gc
import os
import random
import signal
import ssl
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import uvloop

from loadtests.driver.asking import Asking
from loadtests.driver.driver import AT_ONCE, PORTS_PER_ADDRESS, Driver
from loadtests.driver.schedule import Schedule, Slope
from loadtests.driver.snaksammen import Couple, SnakSammen
from loadtests.driver.socket import Busy, Refusal, Socket
from loadtests.driver.talk import Phone, Site
from loadtests.measures import Kind, Meter
from loadtests.oracle import Oracle, judge
from loadtests.scenarios import Rates, Scenario
from loadtests.target import Target
from loadtests.validity import Watch, raise_open_files

SETTLE_SECONDS = 10.0
"""What has not moved for so long will not."""

SETTLE_AT_MOST = 180.0
BACK_OFF_AT_MOST = 30.0
AWAY_SECONDS = (0.5, 3.0)
"""How long a phone is away that goes by itself (assumed: a tunnel, a pocket)."""

HEARTBEAT_SECONDS = 0.1
REPORT_AFTER = 0.05
"""So long after each second of the wall clock it is reported: a timer may ring a bit early."""


class Pair(NamedTuple):
    """Two who have a conversation: a token each, its id, and where it stands."""

    first: str
    second: str
    conversation: str
    last_seq: int


@dataclass(frozen=True, slots=True)
class Job:
    """What one worker is given. `run` names the run, the same for all workers.

    `ca`: file of the authority to trust besides the system's; empty for none.
    """

    host: str
    port: int
    tls: bool
    ca: str
    run: str
    number: int
    pairs: Sequence[Pair]
    idle: Sequence[str] = ()
    core: int | None = None
    text_bytes: int = 200
    read_every: int = 0
    couples: Sequence[Couple] = ()


class Worker:
    """Does what it is told over a pipe: ("connect",), ("idle", how many), ("run", scenario, at),
    ("settle",); answers each, and sends ("second", ...) every second.
    """  # noqa: D205

    def __init__(self, job: Job, pipe: Connection) -> None:
        context = trusting(job.ca) if job.tls else None
        self._job, self._pipe = job, pipe
        self._driver = Driver(job.port, job.host, context)
        self._meter, self._oracle = Meter("start", f"driver {job.number}"), Oracle(job.run)
        self._watch = Watch(f"driver {job.number}", self._ports)
        self._dice = random.Random(job.number)
        self._tasks: set[asyncio.Task[None]] = set()
        self._told: asyncio.Queue[Any] = asyncio.Queue()
        self._doing: asyncio.Future[Any] | None = None
        self._idle: list[Socket] = []
        site = Site(
            self._driver, self._meter, self._watch, self._oracle, self._come_back, job.text_bytes,
            job.read_every,
        )  # fmt: skip
        self._asking = Asking(Target(job.host, job.port, job.tls), context)
        self._snaksammen = SnakSammen(site, self._asking, job.couples, job.number)
        self._phones = [phone for number, pair in enumerate(job.pairs)
                        for phone in self._talk(site, number, pair)]  # fmt: skip

    def _talk(self, site: Site, number: int, pair: Pair) -> tuple[Phone, Phone]:
        names = (f"a{self._job.number}.{number}", f"b{self._job.number}.{number}")
        first = Phone(site, pair.first, names, pair.conversation, pair.last_seq)
        second = Phone(site, pair.second, names[::-1], pair.conversation, pair.last_seq)
        first.other, second.other = second, first
        return first, second

    async def work(self) -> None:
        """Do as told until the pipe is closed; then at once no more, whoever closed it."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._pipe.fileno(), self._listen)
        # The loop has made it one that takes as much as fits: what an oracle knows is more.
        os.set_blocking(self._pipe.fileno(), True)
        heart = asyncio.create_task(self._beat())
        report = asyncio.create_task(self._report())
        while (told := await self._told.get()) is not None:
            what, *rest = told
            self._doing = asyncio.ensure_future(getattr(self, f"do_{what}")(*rest))
            try:
                self._say(what, await self._doing)
            except asyncio.CancelledError:
                break
        heart.cancel()
        report.cancel()
        loop.remove_reader(self._pipe.fileno())
        self._driver.close()
        await self._asking.close()
        await asyncio.sleep(0.05)

    async def do_connect(self) -> None:
        """Connect all phones."""
        waiting = iter(self._phones)

        async def connect() -> None:
            for phone in waiting:
                await self._connect(phone)

        await asyncio.gather(*(connect() for _ in range(AT_ONCE)))
        gc.freeze()  # what lives through the run need not be looked through again and again
        gc.set_threshold(100_000, 50, 100)

    async def do_idle(self, count: int) -> tuple[int, str]:
        """Have so many idle connections; gives how many there are, and what hindered more."""
        for socket in self._idle[count:]:
            self._driver.forget(socket)
        del self._idle[count:]
        waiting = iter(self._job.idle[len(self._idle) : count])
        hindered = ""

        async def connect() -> None:
            nonlocal hindered
            for token in waiting:
                try:
                    self._idle.append(await self._driver.open(token))
                except Busy as busy:
                    await asyncio.sleep(busy.retry_after)
                except (Refusal, OSError) as reason:
                    hindered = hindered or str(reason)

        await asyncio.gather(*(connect() for _ in range(AT_ONCE)))
        return len(self._idle), hindered

    async def do_run(self, scenario: Scenario, start_at: float) -> None:
        """Carry out a worker's part of a scenario from a moment of the wall clock on."""
        begun = start = time.perf_counter() + start_at - time.time()
        for stage in scenario.stages:
            self._meter.begin(stage.name, begun)
            begun += stage.seconds
        arrivals = (
            (self._message, lambda rates: rates.messages),
            (self._away, lambda rates: rates.reconnects),
            (self._history, lambda rates: rates.histories),
        )
        schedules = []
        for number, (arrive, rate) in enumerate(arrivals):
            slopes = [
                Slope(stage.seconds, _of(stage.begin, rate), _of(stage.last, rate))
                for stage in scenario.stages
            ]
            if any(slope.begin or slope.end for slope in slopes):
                seed = 100 * self._job.number + number
                schedules.append(Schedule(slopes, arrive, start=start, seed=seed))
        rooms = asyncio.ensure_future(self._snaksammen.run(scenario, start))
        await asyncio.sleep(max(0.0, begun - time.perf_counter()))
        await asyncio.gather(rooms, *(schedule.ended for schedule in schedules))
        self._meter.begin("end")

    async def do_settle(self) -> Any:
        """Have everybody back, wait until all is answered and heard, and tell what is known."""
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=SETTLE_SECONDS)
        began = moved = time.perf_counter()
        known = (-1, -1)
        while (now := time.perf_counter()) < min(moved + SETTLE_SECONDS, began + SETTLE_AT_MOST):
            if known != (known := (self._oracle.acked, self._oracle.heard)):
                moved = now
            elif self._settled():
                break
            await asyncio.sleep(0.1)
        unanswered = sum(len(phone.unacked) for phone in self._phones)
        if unanswered:
            self._meter.error(f"never answered: {unanswered} messages")
        self._say("second", (self._meter.take(), self._watch.take()))
        return self._oracle.data

    def _settled(self) -> bool:
        if not all(phone.at_rest for phone in self._phones):
            return False
        verdict = judge([self._oracle.data])
        return not verdict.lost and not verdict.gaps

    def _message(self, due: float) -> None:
        self._watch.late(time.perf_counter() - due)
        phone = self._pick()
        phone.write(due)

    def _away(self, due: float) -> None:
        """Have somebody whose messages are all answered go away for a moment."""
        self._watch.late(time.perf_counter() - due)
        phone = self._pick()
        if phone.connected and phone.at_rest:
            phone.disconnect()
            self._spawn(self._return(phone, self._dice.uniform(*AWAY_SECONDS)))

    def _history(self, due: float) -> None:
        self._watch.late(time.perf_counter() - due)
        self._meter.offer(due, Kind.HISTORY)
        self._spawn(self._page(self._pick(), due))

    def _pick(self) -> Phone:
        """Choose one who has not gone away by itself; who was cut off writes all the same."""
        for _ in range(20):
            phone = self._dice.choice(self._phones)
            if phone.wanted:
                break
        return phone

    async def _page(self, phone: Phone, due: float) -> None:
        try:
            await phone.page(due)
        except Refusal as refusal:
            self._meter.error(f"history: {refusal}", due)

    async def _return(self, phone: Phone, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._connect(phone)

    def _come_back(self, phone: Phone) -> None:
        self._spawn(self._connect(phone))

    async def _connect(self, phone: Phone) -> None:
        """Connect as clients do: come back when told to, or after a random time that grows."""
        failures = 0
        while True:
            try:
                await phone.connect()
            except Busy as busy:
                await asyncio.sleep(busy.retry_after)
            except (Refusal, OSError):
                failures += 1
                longest = min(BACK_OFF_AT_MOST, 2.0**failures)
                await asyncio.sleep(self._dice.uniform(0, longest))
            else:
                return

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _beat(self) -> None:
        """See how late a timer rings, also when nothing else is due."""
        due = time.perf_counter()
        while True:
            due = max(due + HEARTBEAT_SECONDS, time.perf_counter())
            await asyncio.sleep(due - time.perf_counter())
            self._watch.late(max(0.0, time.perf_counter() - due))

    async def _report(self) -> None:
        """Say every second what was seen."""
        while True:
            await asyncio.sleep(1.0 - (time.time() - REPORT_AFTER) % 1.0)
            phones = [*self._phones, *self._snaksammen.phones]
            connected = sum(phone.connected for phone in phones) + len(self._idle)
            self._meter.gauge("connections", connected)
            if self._job.couples:
                self._meter.gauge("talks", self._snaksammen.open)
            self._say("second", (self._meter.take(), self._watch.take()))

    def _ports(self) -> int:
        return min(len(self._driver.sockets), PORTS_PER_ADDRESS)

    def _listen(self) -> None:
        try:
            self._told.put_nowait(self._pipe.recv())
        except (EOFError, ConnectionError):
            self._told.put_nowait(None)
            if self._doing is not None:
                self._doing.cancel()
            asyncio.get_running_loop().remove_reader(self._pipe.fileno())

    def _say(self, what: str, answer: Any) -> None:
        self._pipe.send((what, answer))


def trusting(ca: str) -> ssl.SSLContext:
    """Trust the system's authorities and one of our own. Raises `OSError`."""
    context = ssl.create_default_context()
    if ca:
        context.load_verify_locations(ca)
    return context


def _of(rates: Rates, rate: Any) -> float:
    return float(rate(rates))


def main(job: Job, pipe: Connection) -> None:
    """Be a worker, in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to stop
    raise_open_files()
    if job.core is not None:
        os.sched_setaffinity(0, {job.core})

    async def work() -> None:
        await Worker(job, pipe).work()

    uvloop.run(work())
