"""The server under the bench: pinned to a core, its processor time and memory read from /proc."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from loadtests.processes import SERVER, ServerProcess

ENVIRONMENT = Path(__file__).parent.parent / "bench.env"
TICKS = os.sysconf("SC_CLK_TCK")


def raised_limits() -> dict[str, str]:
    """Read `bench.env`."""
    lines = (line.strip() for line in ENVIRONMENT.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


class MeasuredServer(ServerProcess):
    """`samtale serve` on a core of its own."""

    def __init__(self, data: Path, core: int = 0, module: str = SERVER, **environment: str) -> None:
        super().__init__(data, module=module, **(raised_limits() | environment))
        self._core = core

    def start(self) -> "MeasuredServer":
        """Start it; whatever it starts inherits the core."""
        ours = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {self._core})
        try:
            super().start()
        finally:
            os.sched_setaffinity(0, ours)
        return self

    def cpu_seconds(self) -> float:
        """Tell the processor time so far: user and system, every thread and child."""
        assert self.process is not None, "started"
        return processor_seconds(self.process.pid)

    def resident_bytes(self) -> int:
        """Tell the memory it holds now, with all its children."""
        pages = (
            int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._processes()
        )
        return sum(pages) * os.sysconf("SC_PAGE_SIZE")

    def _processes(self) -> Sequence[int]:
        assert self.process is not None, "started"
        return list(family(self.process.pid))


def processor_seconds(pid: int) -> float:
    """Tell the processor time of a process, with all its children, the ended ones too."""
    return sum(own_seconds(one) + _buried_seconds(one) for one in family(pid))


def own_seconds(pid: int) -> float:
    """Read the processor clock of one process, in nanoseconds where /proc knows hundredths.

    The clock's number is what clock_getcpuclockid(3) would give, which Python does not offer for
    another process.
    """
    return time.clock_gettime((~pid << 3) | 2)


def _buried_seconds(pid: int) -> float:
    """Read what its ended children took; the fields after the name, which may hold anything."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[13:15])) / TICKS


def family(pid: int) -> Iterator[int]:
    """List a process and all that stand under it."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))
