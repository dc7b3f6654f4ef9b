"""Copies of an SQLite database: made while the server runs, found whole, put back with a new epoch.

A copy is made by `VACUUM INTO` on a read-only connection: one consistent moment, without the pages
in which erased content still stands (G7), and without ever checkpointing beside the server.
"""

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

LARGEST_NOTE = 5
"""Lines of an integrity check that are shown."""


class BadBackup(Exception):
    """The copy cannot be made or used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was found whole."""

    file: Path
    bytes: int
    epoch: str


def back_up(database: Path, target: Path) -> Copy:
    """Copy a database, whether a server runs on it or not, and check the copy.

    It appears under its name only when it is whole and synced. Raises `BadBackup`, `OSError`.
    """
    if not database.exists():
        raise BadBackup(f"there is no database in {database.parent}")
    if target.exists():
        raise BadBackup(f"{target} exists already; a copy never replaces another")
    _require_room(database, target.parent)
    with _partial(target) as partial:
        _write_copy(database, partial)
        epoch = check(partial)
    return Copy(target, target.stat().st_size, epoch)


def restore(
    copy: Path, database: Path, *, end_sessions: bool = False, drop_notices: bool = False
) -> Copy:
    """Put a copy where a database is to be, under a new epoch; the copy itself stays as it is.

    With the new epoch every client that has seen what the copy does not hold reads anew
    (`resync_required`, G5). `end_sessions`: everyone logs in again. `drop_notices`: what waited to
    be sent is not, for most of it has been. Raises `BadBackup`, `OSError`.
    """
    for path in (database, *_beside(database)):
        if path.exists():
            raise BadBackup(f"{path} exists; move it away first, it may be needed yet")
    if not copy.is_file():
        raise BadBackup(f"{copy} is not a file")
    database.parent.mkdir(parents=True, exist_ok=True)
    _require_room(copy, database.parent)
    check(copy)
    epoch = secrets.token_hex(4)
    with _partial(database) as partial:
        _write_copy(copy, partial)
        with closing(sqlite3.connect(partial)) as target, target:
            target.execute("UPDATE deployment SET epoch = ?", (epoch,))
            if end_sessions:
                target.execute("DELETE FROM sessions")
            if drop_notices:
                target.execute("DELETE FROM notices WHERE state = 'waiting'")
    return Copy(database, database.stat().st_size, epoch)


def check(copy: Path) -> str:
    """Check that a file is a whole database of ours, of this release or before; gives its epoch.

    Raises `BadBackup`.
    """
    try:
        with _reading(copy) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchmany(LARGEST_NOTE)
            if found != [("ok",)]:
                raise BadBackup(f"{copy} is damaged: " + "; ".join(row[0] for row in found))
            _require_known_schema(connection, copy)
            return str(connection.execute("SELECT epoch FROM deployment").fetchone()[0])
    except sqlite3.DatabaseError as error:
        raise BadBackup(f"{copy} is not a database of Samtale: {error}") from error


def _write_copy(database: Path, target: Path) -> None:
    try:
        with _reading(database) as source:
            source.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        raise BadBackup(f"{database} cannot be copied, it may be damaged: {error}") from error


def _require_known_schema(connection: sqlite3.Connection, copy: Path) -> None:
    ours = {script.name for script in (files("chat.storage") / "migrations").iterdir()}
    theirs = {row[0] for row in connection.execute("SELECT name FROM migrations")}
    if unknown := sorted(theirs - ours):
        raise BadBackup(f"{copy} was made by a newer release, which knows {unknown[0]}")


def _require_room(source: Path, folder: Path) -> None:
    size = sum(path.stat().st_size for path in (source, *_beside(source)) if path.exists())
    if shutil.disk_usage(folder).free < size:
        raise BadBackup(f"{folder} has less room than the {size >> 20} MB that it may take")


def _beside(database: Path) -> list[Path]:
    return [database.with_name(database.name + suffix) for suffix in ("-wal", "-shm")]


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    address = f"file:{quote(str(path.resolve()))}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
        yield connection


@contextmanager
def _partial(target: Path) -> Iterator[Path]:
    """Write a file beside its name, private and synced; what is not finished leaves nothing."""
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.rename(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        partial.unlink(missing_ok=True)
