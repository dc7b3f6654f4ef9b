"""The server under the bench: pinned to a core, its processor time and memory read from /proc."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from loadtests.processes import ServerProcess

ENVIRONMENT = Path(__file__).parent.parent / "bench.env"
TICKS = os.sysconf("SC_CLK_TCK")


def raised_limits() -> dict[str, str]:
    """Read `bench.env`."""
    lines = (line.strip() for line in ENVIRONMENT.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


class MeasuredServer(ServerProcess):
    """`samtale serve` on a core of its own."""

    def __init__(self, data: Path, core: int, **environment: str) -> None:
        super().__init__(data, **(raised_limits() | environment))
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
        return sum(sum(map(int, _stat(pid)[11:15])) for pid in self._processes()) / TICKS

    def resident_bytes(self) -> int:
        """Tell the memory it holds now, with all its children."""
        pages = (
            int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self._processes()
        )
        return sum(pages) * os.sysconf("SC_PAGE_SIZE")

    def _processes(self) -> Sequence[int]:
        assert self.process is not None, "started"
        return list(_family(self.process.pid))


def _stat(pid: int) -> list[str]:
    """Read the fields of /proc/PID/stat after the name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))
