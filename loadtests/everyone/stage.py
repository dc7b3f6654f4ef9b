"""The processes of a run: the servers, their Redis, and crowds on the other side."""

import http.client
import resource
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

from loadtests.bench.server import family
from loadtests.cluster import ClusterProcess, OneRedis
from loadtests.everyone.crowd import Count, Part, main
from loadtests.everyone.footprint import Groups
from loadtests.server.prometheus import read

SERVER_FILES = 1_500
"""Open files that a server keeps for other things, and what chance gives it beyond its share."""

CROWD_FILES = 100
ANSWER_SECONDS = 60.0
LOOK_SECONDS = 0.5


def open_files() -> int:
    """Tell how many files a process may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def parts(people: int, port: int, per_second: float, crowds: int) -> list[Part]:
    """Cut so many people into as many crowds as it takes."""
    shares = [people // crowds + (number < people % crowds) for number in range(crowds)]
    return [
        Part(f"crowd{number}-", share, port, number + 1, per_second / crowds)
        for number, share in enumerate(shares)
    ]


class Servers(ClusterProcess):
    """As many processes as the connections ask for, on one port."""

    def __init__(self, data: Path, workers: int) -> None:
        self.redis = OneRedis()
        super().__init__(data, workers, self.redis)

    @property
    def pids(self) -> Groups:
        """The processes, and Redis."""
        redis = self.redis.redis.process
        assert self.process is not None, "started"
        assert redis is not None, "started"
        return {"servers": list(family(self.process.pid)), "redis": [redis.pid]}

    def connected(self) -> list[int]:
        """Tell how many authenticated connections each process counts; -1: it does not say."""
        return [_connected(self.operators_port + at) for at in range(len(self.ports))]

    def end_at_once(self) -> None:
        """End all of it without goodbyes: half a million would take minutes."""
        try:
            self.kill()
        finally:
            self.station.stop()


def _connected(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/metrics")
        page = connection.getresponse().read().decode()
    except OSError:
        return -1
    finally:
        connection.close()
    return int(read([page], ["samtale_connections"]).values.get("samtale_connections", -1))


class Crowds:
    """All crowds together. Use it in a `with`."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._pipes: list[Connection] = []
        self._processes: list[Any] = []

    def __enter__(self) -> Self:
        context = get_context("forkserver")  # they share what they have imported
        context.set_forkserver_preload(["loadtests.everyone.crowd"])
        for part in self._parts:
            ours, theirs = context.Pipe()
            process = context.Process(target=main, args=(part, theirs), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(ANSWER_SECONDS)
            if process.is_alive():
                process.kill()

    @property
    def pids(self) -> list[int]:
        """Their processes."""
        return [process.pid for process in self._processes]

    def count(self, told: str = "count") -> Count:
        """Ask all how they fare; told "go" they begin to come, told "halt" no more do."""
        found = Count()
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.send(told)
        for pipe, part in zip(self._pipes, self._parts, strict=True):
            try:
                found += pipe.recv()
            except (EOFError, OSError):
                found += Count(part.count, lost=Counter({"their crowd died": part.count}))
        return found

    def connect(
        self, patience: float, enough: Callable[[], str], show: Callable[[float], None]
    ) -> str:
        """Have all come; gives what stopped it before they were there, nothing if nothing did.

        `enough` says why to stop; so does nobody having come for `patience` seconds.
        """
        best, moved_at = -1, time.monotonic()
        self.count("go")
        while True:
            count = self.count()
            now = time.monotonic()
            show(count.open)
            if count.open + sum(count.lost.values()) >= count.wanted:
                return ""
            if count.open > best:
                best, moved_at = count.open, now
            why = enough()
            if not why and now - moved_at > patience:
                last = ", ".join(f"{what} ({often:,})" for what, often in count.failed.items())
                why = f"nobody came for {patience:.0f} s: {last or 'no failures'}"
            if why:
                self.count("halt")
                while self.count().opening:
                    time.sleep(LOOK_SECONDS)
                return why
            time.sleep(LOOK_SECONDS)
