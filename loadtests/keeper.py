"""Ends what a process has started, when it is itself gone without having done so.

A load that is killed must not leave servers behind, which go on taking a core. So each process
that starts some has a keeper: a small process that hears from it what was started, and waits for
the end of a pipe which only a death closes, whatever signal caused it. (PR_SET_PDEATHSIG would take
a thread's end for the process's, and reach no grandchildren.)

    keep(subprocess.Popen([...]))
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO

REPOSITORY = Path(__file__).parent.parent

_one_at_a_time = Lock()
"""Threads start servers together: a second keeper, forgotten, would end what it was told."""


def keep(process: "subprocess.Popen[bytes]") -> None:
    """Have a process that was just started end with this one, and all that it will start."""
    with _one_at_a_time:
        told = _keeper(os.getpid())
        told.write(f"{process.pid} {_started(process.pid)}\n".encode())
        told.flush()


@cache
def _keeper(_owner: int) -> IO[bytes]:
    """Start the keeper of this process; gives what is told it. A fork gets one of its own."""
    keeper = subprocess.Popen(
        [sys.executable, "-m", "loadtests.keeper"], cwd=REPOSITORY, stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,  # an interrupt of the terminal is not for it
    )  # fmt: skip
    assert keeper.stdin is not None, "asked for"
    keeper.returncode = 0  # nobody waits for it: it ends after us
    return keeper.stdin


def end_in_order() -> None:
    """Have SIGTERM unwind this process as an interrupt does: servers stop, their folders go.

    Exit code 143, which shells give who was terminated. Call it once, at the start of a program.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _started(pid: int) -> str:
    """Tell when a process started, in ticks; empty if there is none. With its id it is unique."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return stat.rpartition(")")[2].split()[19]


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for one in tasks for child in (one / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return
    for child in children:
        yield from _family(int(child))


def _end(pid: int) -> None:
    """Kill a process and all under it, the eldest first: so none is started again."""
    for one in list(_family(pid)):
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it ended by itself meanwhile


def main() -> None:
    """Be the keeper: hear what is started until the pipe ends, then end what is left of it."""
    known = dict(line.split() for line in iter(sys.stdin.readline, "") if len(line.split()) == 2)
    for pid, started in known.items():
        if _started(int(pid)) == started:
            _end(int(pid))


if __name__ == "__main__":
    main()
