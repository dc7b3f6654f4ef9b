"""The machine under the bench: its cores, its disk, and what they measure by themselves."""

import os
import platform
import time
from pathlib import Path

from loadtests.measures import Histogram

IN_MEMORY = {"tmpfs", "ramfs"}
SYNCS = 1_000
ROUNDS = 200_000
PAGE = b"\0" * 4_096


class NotOnDisk(Exception):
    """The folder lies in memory, where a sync costs nothing and proves nothing."""


def require_disk(folder: Path) -> str:
    """Name the file system under a folder. Raises `NotOnDisk`."""
    path = folder.resolve()
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    above = [(where, kind) for where, kind in mounts if path.is_relative_to(where)]
    _, kind = max(above, key=lambda mount: len(mount[0]))
    if kind in IN_MEMORY:
        raise NotOnDisk(f"{path} is on {kind}; choose another folder with --data")
    return kind


def fdatasync_times(folder: Path, count: int = SYNCS) -> Histogram:
    """Append pages to a file, each synced, as the server's log is."""
    times = Histogram()
    path = folder / "fdatasync"
    file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    try:
        for _ in range(count):
            os.write(file, PAGE)
            started = time.perf_counter()
            os.fdatasync(file)
            times.record(time.perf_counter() - started)
    finally:
        os.close(file)
        path.unlink()
    return times


def hardware() -> dict[str, str | int]:
    """Describe the machine."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = Path("/proc/meminfo").read_text().split()[1]
    return {
        "cpu": names[0] if names else platform.machine(),
        "cores": os.cpu_count() or 1,
        "memory_mb": int(memory) // 1_024,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def loop_milliseconds(core: int) -> float:
    """Take the processor time of a fixed loop of Python on a core: how fast that is just now.

    What a core does in a second changes with its host, by a half within minutes: figures of two
    hours compare only beside this one.
    """
    ours = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        started = time.thread_time()
        for _ in range(ROUNDS):
            pass
        return 1_000 * (time.thread_time() - started)
    finally:
        os.sched_setaffinity(0, ours)


def busy_seconds(core: int) -> float:
    """Tell how long a core has been busy, with anything, since the machine started."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *ticks = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _wait, *rest = map(int, ticks)
            return (user + nice + system + sum(rest[:3])) / os.sysconf("SC_CLK_TCK")
    return 0.0
