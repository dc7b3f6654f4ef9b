"""Opening the database that the settings name."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Protocol

from chat.storage.database import Database
from chat.storage.facts import Facts
from chat.storage.migrations import history, pending
from chat.storage.postgres import PostgresDatabase, migrate_postgres, pending_in_postgres
from chat.storage.sqlite import DIALECT, SQLiteDatabase, SQLiteReader


class OpenDatabase(Database, Protocol):
    """A database that whoever opened it closes."""

    async def close(self) -> None:
        """Commit what waits, then close."""
        ...


async def open_database(
    address: Path | str, facts: Facts, *, checkpoints: bool = True, shared: bool = False
) -> OpenDatabase:
    """Open an SQLite file, or a PostgreSQL database by its URL, with the newest schema.

    `checkpoints` is false for whoever opens a file beside its server; `shared` says that several
    processes write to it. Raises `OSError`, or `sqlite3.Error` for a file.
    """
    if isinstance(address, Path):
        return await SQLiteDatabase.open(address, facts, checkpoints=checkpoints, shared=shared)
    return await PostgresDatabase.open(address, facts)


async def pending_migrations(address: Path | str) -> list[str]:
    """List the migrations that a database has not had yet. Raises as `open_database` does."""
    if isinstance(address, str):
        return await pending_in_postgres(address)
    return _pending_in_file(address)


def _pending_in_file(path: Path) -> list[str]:
    if not path.exists():
        return history()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return pending(SQLiteReader(connection), DIALECT)


async def migrated(address: Path | str) -> list[str]:
    """Apply what is pending; gives what that was. Raises as `open_database` does."""
    names = await pending_migrations(address)
    if isinstance(address, str):
        return await migrate_postgres(address)
    database = await SQLiteDatabase.open(address, Facts(), checkpoints=False)
    await database.close()
    return names
