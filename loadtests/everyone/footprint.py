"""What processes and connections take of a machine: memory by kind, and processor time."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from loadtests.bench.server import own_seconds

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")

Groups = Mapping[str, Sequence[int]]
"""Processes by kind, each of them named: children are not looked for."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes in use at one moment.

    `resident` counts what processes share in each of them, `proportional` in parts. Of the kernel:
    `slab` (sockets, files and the like), `page_tables`, and `buffers` of TCP.
    """

    resident: dict[str, int]
    proportional: dict[str, int]
    available: int
    slab: int
    page_tables: int
    buffers: int
    sockets: int
    """How many sockets there are on the machine, of either end."""

    @classmethod
    def read(cls, groups: Groups) -> Self:
        """Look at the machine now."""
        info = _meminfo()
        return cls(
            {name: sum(map(_resident, pids)) for name, pids in groups.items()},
            {name: sum(map(_proportional, pids)) for name, pids in groups.items()},
            info["MemAvailable"], info["Slab"], info["PageTables"], *_sockets(),
        )  # fmt: skip

    def as_mb(self) -> dict[str, object]:
        """Write it in megabytes, sockets as they are."""

        def mb(value: object) -> object:
            if isinstance(value, dict):
                return {name: mb(one) for name, one in value.items()}
            return round(value / 1e6, 1) if isinstance(value, int) else value

        found = asdict(self)
        sockets = found.pop("sockets")
        return {f"{name}_mb": mb(value) for name, value in found.items()} | {"sockets": sockets}


@dataclass(frozen=True, slots=True)
class Work:
    """Seconds of processor time so far, by kind of process, and of the whole machine."""

    at: float
    seconds: dict[str, float]
    machine: float

    @classmethod
    def read(cls, groups: Groups, at: float) -> Self:
        """Look at `at`, of any steady clock."""
        seconds = {name: sum(map(own_seconds, pids)) for name, pids in groups.items()}
        return cls(at, seconds, _busy_seconds())

    def cores_since(self, before: "Work") -> dict[str, float]:
        """Tell how many cores each kind has kept busy, the kernel's part of them too."""
        passed = max(self.at - before.at, 1e-9)
        cores = {name: self.seconds[name] - before.seconds[name] for name in self.seconds}
        cores["machine"] = self.machine - before.machine
        return {name: round(spent / passed, 3) for name, spent in cores.items()}


def available_bytes() -> int:
    """Tell how much memory processes can still get."""
    return _meminfo()["MemAvailable"]


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def _proportional(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1_024


def _meminfo() -> dict[str, int]:
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    return {name.rstrip(":"): int(value) * 1_024 for name, value, *_ in lines}


def _sockets() -> tuple[int, int]:
    """Tell the bytes in TCP's buffers, and how many sockets there are."""
    lines = Path("/proc/net/sockstat").read_text().splitlines()
    found = {line.split(":")[0]: line.split()[1:] for line in lines}
    tcp = dict(zip(found["TCP"][::2], map(int, found["TCP"][1::2]), strict=True))
    return tcp["mem"] * PAGE, int(found["sockets"][1])


def _busy_seconds() -> float:
    user, nice, system, _idle, _wait, *rest = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    )
    return (user + nice + system + sum(rest[:2])) / TICKS
