"""Room on the disk: sends stop while there is still enough of it for everything else (G8).

A database whose disk is full refuses everything, logins and the end of a session included. So what
makes it grow is refused before, with a word on when to try again, and reading and logging in go on.
"""

import os
from collections.abc import Callable
from pathlib import Path

import structlog

from protocol.errors import Refused

log = structlog.get_logger(__name__)

CLEARANCE = 64 << 20
"""Bytes over the reserve from which on it is well again: so that it does not flicker."""

RETRY_MS = 30_000


class DiskRoom:
    """The free space under a folder, against the bytes that are to stay free."""

    def __init__(self, folder: Path, reserve: int) -> None:
        self._folder = folder
        self.reserve = reserve
        self.free = 0
        self.short = False
        self.look()

    @classmethod
    def under(cls, database: Path | str, reserve: int) -> "DiskRoom | None":
        """Watch the disk of a database that is a file; another server's disk is not seen here."""
        return cls(database.parent, reserve) if isinstance(database, Path) else None

    def look(self) -> None:
        """Measure, as an unprivileged writer may use it."""
        found = os.statvfs(self._folder)
        self.free = found.f_bavail * found.f_frsize
        short = self.free < self.reserve + (CLEARANCE if self.short else 0)
        if short != self.short:
            self.short = short
            (log.error if short else log.info)(
                "disk_short" if short else "disk_has_room",
                free_mb=self.free >> 20,
                reserve_mb=self.reserve >> 20,
            )

    def require(self) -> None:
        """Raise `Refused("unavailable")` while there is too little."""
        if self.short:
            raise Refused("unavailable", retry_after_ms=RETRY_MS)


def require_room(room: DiskRoom | None) -> Callable[[], None]:
    """Give what asks for room before something grows: nothing where no disk is watched."""
    return room.require if room is not None else lambda: None
