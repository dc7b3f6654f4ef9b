"""Watches a load generator while it works: is it late, is it busy, is its clock right?"""

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from loadtests.measures import Histogram
from loadtests.measures.histogram import Counts


class WatchData(TypedDict):
    """One generator, since it was last asked.

    `late`: how late it did what was due (s, as a histogram's buckets); `worst_ms` the latest.
    `late_reading`: how late it read what had arrived, where that is known.
    `cpu` is its share of one core. `clock_step_ms`: how far the wall clock has moved against the
    monotonic one since the start. `ports` are those of its connections.
    """

    name: str
    second: int
    seconds: float
    late: Counts
    late_reading: Counts
    worst_ms: float
    cpu: float
    clock_step_ms: float
    files: int
    files_limit: int
    ports: int
    ports_limit: int


class Watch:
    """Watches the process that it lives in.

    Tell it of every lateness known (`late`): of a schedule's calls, or of a timer that should
    ring every tenth of a second. Ask it every second.
    """

    def __init__(self, name: str, ports: Callable[[], int] = lambda: 0) -> None:
        self._name = name
        self._ports = ports
        self._late = Histogram()
        self._late_reading = Histogram()
        self._worst = 0.0
        self._cpu = time.process_time()
        self._asked = time.perf_counter()
        self._clocks = time.time() - time.perf_counter()
        self._ports_limit = ephemeral_ports()

    def late(self, seconds: float) -> None:
        """Note how late something was done."""
        self._late.record(seconds)
        if seconds > self._worst:
            self._worst = seconds

    def late_reading(self, seconds: float) -> None:
        """Note how long something that had arrived waited to be read."""
        self._late_reading.record(seconds)

    def take(self) -> WatchData:
        """Tell how it went since the last time."""
        now, cpu = time.perf_counter(), time.process_time()
        passed = max(now - self._asked, 1e-6)
        data: WatchData = {
            "name": self._name,
            "second": int(time.time()),
            "seconds": passed,
            "late": self._late.counts,
            "late_reading": self._late_reading.counts,
            "worst_ms": 1_000 * self._worst,
            "cpu": (cpu - self._cpu) / passed,
            "clock_step_ms": 1_000 * (time.time() - now - self._clocks),
            "files": len(os.listdir("/proc/self/fd")),  # noqa: PTH208 — many: names are enough
            "files_limit": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
            "ports": self._ports(),
            "ports_limit": self._ports_limit,
        }
        self._late, self._late_reading, self._worst = Histogram(), Histogram(), 0.0
        self._asked, self._cpu = now, cpu
        return data


def ephemeral_ports() -> int:
    """Tell how many ports the machine has for connections from one address to one server."""
    low, high = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    return int(high) - int(low) + 1


def raise_open_files() -> int:
    """Allow this process as many open files as it may have; gives the number."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
