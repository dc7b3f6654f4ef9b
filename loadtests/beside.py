"""A look into a database beside the server that runs on it, and a hand into it."""

import asyncio
import re
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol

import asyncpg

from chat.storage.database import Transaction
from chat.storage.facts import Facts
from chat.storage.postgres import PostgresDatabase
from chat.storage.sqlite import SQLiteTransaction

P = ParamSpec("P")

Address = Path | str
"""Where a database is: the SQLite file, or the URL of a PostgreSQL database."""


class Beside(Protocol):
    """A connection in one transaction."""

    def run(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        """Run a statement with `?` for its parameters; gives its rows."""
        ...

    def tables(self) -> list[str]:
        """List the tables."""
        ...


@contextmanager
def beside(database: Address) -> Iterator[Beside]:
    """Connect; what was changed is committed at the end, unless something was raised."""
    opened = _SQLite(database) if isinstance(database, Path) else _PostgreSQL(database)
    try:
        yield opened
        opened.end("COMMIT")
    except BaseException:
        opened.end("ROLLBACK")
        raise
    finally:
        opened.close()


def write_beside(
    database: Address,
    unit: Callable[Concatenate[Transaction, P], object],
    *args: P.args,
    **kwargs: P.kwargs,
) -> None:
    """Run a unit of work, whoever has the database open."""
    if isinstance(database, Path):
        with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
            connection.row_factory = sqlite3.Row
            unit(SQLiteTransaction(connection, Facts()), *args, **kwargs)
        return

    async def write() -> None:
        opened = PostgresDatabase(database, Facts())
        try:
            await opened.write(unit, *args, **kwargs)
        finally:
            await opened.close()

    # In a thread of its own, for whoever calls may be on an event loop already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, write()).result()


class _SQLite:
    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=10, isolation_level=None)
        self._connection.execute("BEGIN")

    def run(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, params).fetchall()

    def tables(self) -> list[str]:
        return [row[0] for row in self.run("SELECT name FROM sqlite_master WHERE type = 'table'")]

    def end(self, how: str) -> None:
        if self._connection.in_transaction:
            self._connection.execute(how)

    def close(self) -> None:
        self._connection.close()


class _PostgreSQL:
    """Has a thread of its own, for whoever uses it may be on an event loop already."""

    def __init__(self, url: str) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._runner = asyncio.Runner()
        self._connection = self._wait(asyncpg.connect, url, timeout=10)
        self._wait(self._connection.execute, "BEGIN")

    def run(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        numbers = count(1)
        numbered = re.sub(r"\?", lambda _: f"${next(numbers)}", sql)
        return [tuple(row) for row in self._wait(self._connection.fetch, numbered, *params)]

    def tables(self) -> list[str]:
        listed = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        return [row[0] for row in self.run(listed)]

    def end(self, how: str) -> None:
        self._wait(self._connection.execute, how)

    def close(self) -> None:
        self._wait(self._connection.close)
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()

    def _wait(self, call: Any, *args: object, **more: object) -> Any:
        async def called() -> Any:
            return await call(*args, **more)

        return self._thread.submit(lambda: self._runner.run(called())).result()
