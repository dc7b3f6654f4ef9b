"""Locks between processes on one machine, which the kernel keeps and lets go of with a process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EBUSY
from pathlib import Path
from types import TracebackType


class Queue:
    """One at a time, in a queue that sleeps: SQLite's own waiting looks again and again.

    Measured with two processes that write all they can: the slowest hundredth of the commits waits
    300 to 3,000 ms by SQLite's waiting, 12 ms with one process. Held by one thread of a process.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def __del__(self) -> None:
        os.close(self._file)


class TakenFolder(Exception):
    """Another server runs on the folder, and the two would not hear each other."""


class Tenancy:
    """Says that a server runs on a folder, for as long as it is held: one alone, or one of several.

    Raises `TakenFolder` when a server is alone there, or this one wants to be.
    """

    def __init__(self, folder: Path, *, alone: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(folder / "alone.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        how = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        try:
            fcntl.flock(self._file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise TakenFolder from None

    def end(self) -> None:
        """Let go of it."""
        os.close(self._file)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep servers off a folder. Raises `OSError` with `EBUSY` when one runs on it."""
    try:
        tenancy = Tenancy(folder, alone=True)
    except TakenFolder:
        raise OSError(EBUSY, "a server uses this folder; stop it first", str(folder)) from None
    try:
        yield
    finally:
        tenancy.end()


NETWORKED = {"nfs", "nfs4", "cifs", "smb3", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs"}
"""File systems on which locks and shared memory are not those of one machine."""


def networked_file_system(folder: Path) -> str:
    """Name the file system under a folder if it is one of several machines', else ""."""
    path = folder.resolve()
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    above = [(where, kind) for where, kind in mounts if path.is_relative_to(where)]
    _, kind = max(above, key=lambda mount: len(mount[0]), default=("", ""))
    return kind if kind in NETWORKED else ""
