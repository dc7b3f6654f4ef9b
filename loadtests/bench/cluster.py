"""Several processes under the bench: a message whose two people are at different processes.

What is counted is all that serves it: the processes, their supervisor, Redis, and PostgreSQL.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from loadtests.bench.measures import (
    BUSY_IN_FLIGHT,
    BUSY_PAIRS,
    PERCENTILE_STRETCHES,
    WARM_UP,
    Figures,
    Run,
    Site,
    checked,
    each,
)
from loadtests.bench.server import MeasuredServer, processor_seconds
from loadtests.cluster import ClusterProcess, OneRedis
from loadtests.driver import Pair, closed_loop, driving, open_loop
from loadtests.postgres import PostgresServer
from loadtests.processes import SERVER

REDIS_PROCESSES = 2


class MeasuredCluster(ClusterProcess, MeasuredServer):
    """`samtale serve --workers 2` and a Redis, on a core of their own."""

    def __init__(self, data: Path, core: int, **environment: str) -> None:
        ours = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {core})
        try:
            self._redis = OneRedis()
        finally:
            os.sched_setaffinity(0, ours)
        super().__init__(data, REDIS_PROCESSES, self._redis, SERVER, **environment)
        self._core = core

    def cpu_seconds(self) -> float:
        """Tell the processor time so far, Redis' too."""
        redis = self._redis.redis.process
        assert redis is not None, "started"
        return super().cpu_seconds() + processor_seconds(redis.pid)


class MeasuredPostgresCluster(MeasuredCluster):
    """The same over PostgreSQL, to which the town is moved."""

    def __init__(self, data: Path, core: int, **environment: str) -> None:
        ours = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {core})
        try:
            self._postgres = PostgresServer().start()
        finally:
            os.sched_setaffinity(0, ours)
        try:
            super().__init__(data, core, SAMTALE_DATABASE=self._moved(data), **environment)
        except BaseException:
            self._postgres.remove()
            raise

    def _moved(self, data: Path) -> str:
        """Move the town, and have all of it written; gives the address where it is then."""
        url = self._postgres.create("town")
        move = [sys.executable, "-m", SERVER, "move", "--from", str(data / "samtale.db")]
        subprocess.run([*move, "--to", url], check=True)  # noqa: S603 — our own program
        self._postgres.run("CHECKPOINT")
        os.sync()
        return url

    def cpu_seconds(self) -> float:
        """Tell the processor time so far, PostgreSQL's too."""
        postgres = self._postgres.process
        assert postgres is not None, "started"
        # Its own children, that have ended, are in it: connections come and go.
        return super().cpu_seconds() + processor_seconds(postgres.pid)

    def end(self) -> None:
        """Stop the processes, Redis and PostgreSQL."""
        try:
            super().end()
        finally:
            self._postgres.remove()


def apart(prefix: str) -> Run:
    """Have pairs write whose two people are at different processes; the figures of a prefix."""

    async def run(site: Site) -> Figures:
        assert isinstance(site.server, MeasuredCluster), "made for this measure"
        async with AsyncExitStack() as stack:
            pairs = await _pairs_apart(stack, site, site.server.ports)
            some = pairs[:BUSY_PAIRS]
            await closed_loop(some, BUSY_IN_FLIGHT, min(WARM_UP, site.seconds))
            with site.bar(f"{prefix}: four in flight") as bar:
                before = site.server.cpu_seconds()
                full = await closed_loop(some, BUSY_IN_FLIGHT, site.seconds, bar.show)
                found = {f"{prefix}_message_cpu_us": each(site, before, checked(full))}
            seconds = PERCENTILE_STRETCHES * site.seconds
            with site.bar(f"{prefix}: half of that", seconds) as bar:
                rate = full.messages / full.seconds / 2
                half = await open_loop(some, rate, seconds, bar.show)
                checked(half, found)
        return found | {f"{prefix}_delivery_ms_p99": half.deliveries.milliseconds(99)}

    return run


async def _pairs_apart(stack: AsyncExitStack, site: Site, ports: Sequence[int]) -> list[Pair]:
    """Open each pair at two processes; every process has as many who write as who read."""
    drivers = [await stack.enter_async_context(driving(port)) for port in ports]
    members = site.residents.pairs
    opened = []
    for number, driver in enumerate(drivers):
        writers = [one[0] for at, one in enumerate(members) if at % len(drivers) == number]
        readers = [one[1] for at, one in enumerate(members) if (at + 1) % len(drivers) == number]
        opened.append((await driver.open_all(writers), await driver.open_all(readers)))
    pairs = []
    for at, (_, _, conversation) in enumerate(members):
        writer = opened[at % len(drivers)][0].pop(0)
        reader = opened[(at + 1) % len(drivers)][1].pop(0)
        pairs.append(Pair(writer, reader, conversation, at, 200))
    return pairs
