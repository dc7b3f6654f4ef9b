"""Opening the database that the settings name."""

from pathlib import Path
from typing import Protocol

from chat.storage.database import Database
from chat.storage.facts import Facts
from chat.storage.postgres import PostgresDatabase
from chat.storage.sqlite import SQLiteDatabase


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
    processes write to it. Raises `OSError`, or
    `sqlite3.Error` for a file.
    """
    if isinstance(address, Path):
        return await SQLiteDatabase.open(address, facts, checkpoints=checkpoints, shared=shared)
    return await PostgresDatabase.open(address, facts)
