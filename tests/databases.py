"""Databases for tests: each is as a new one, though a new one is seldom made."""

import asyncio
import secrets
import shutil
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import asyncpg

from chat.storage.facts import Facts
from chat.storage.opening import open_database
from chat.storage.postgres import migrate_postgres
from loadtests.postgres import PostgresServer

T = TypeVar("T")

TEMPLATE = "samtale_template"

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_SHAPE = (
    "SELECT string_agg(relname || ' ' || relnatts, ',' ORDER BY relname)"
    " FROM pg_class WHERE relnamespace = 'public'::regnamespace"
)
_PART_ALL = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
)


class SQLiteTemplate:
    """A file of the newest schema that others are copied from."""

    def __init__(self, path: Path) -> None:
        self._path = path
        _run(self._make())

    async def _make(self) -> None:
        await (await open_database(self._path, Facts())).close()

    def copy(self, path: Path) -> Path:
        """Make a database of one's own at a path."""
        return Path(shutil.copy(self._path, path))


class Lending:
    """Lends databases of the newest schema in a PostgreSQL; one that comes back is emptied.

    To make one is to copy a thousand files, and to empty one is to make anew those of the few
    tables that were written to.
    """

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._free: list[str] = []
        _run(migrate_postgres(server.create(TEMPLATE)))
        _run(self._learn())

    async def _learn(self) -> None:
        """Remember what a new one is like."""
        connection = await asyncpg.connect(self._server.url(TEMPLATE))
        self._shape = await connection.fetchval(_SHAPE)
        self._tables = [row[0] for row in await connection.fetch(_TABLES)]
        rows = {table: await connection.fetch(f"TABLE {table}") for table in self._tables}
        self._given = {table: found for table, found in rows.items() if found}
        await connection.close()

    def lend(self) -> str:
        """Give the address of a database that nobody else has."""
        if self._free:
            return self._server.url(self._free.pop())
        return self._server.create(f"test_{secrets.token_hex(6)}", TEMPLATE)

    def take_back(self, address: str) -> None:
        """Make it as it was when it was lent, whoever is still connected to it."""
        name = address.rpartition("/")[2]
        if _run(self._empty(address)):
            self._free.append(name)
        else:
            self._server.drop(name)

    async def _empty(self, address: str) -> bool:
        """Take out what was written; False if it has other tables than it had."""
        connection = await asyncpg.connect(address)
        try:
            await connection.execute(_PART_ALL)
            if await connection.fetchval(_SHAPE) != self._shape:
                return False
            any_row = "SELECT '{0}' WHERE EXISTS (SELECT FROM {0})"
            written = await connection.fetch(" UNION ALL ".join(map(any_row.format, self._tables)))
            async with connection.transaction():
                await connection.execute(f"TRUNCATE {', '.join(row[0] for row in written)} CASCADE")
                for table, rows in self._given.items():
                    await connection.copy_records_to_table(table, records=rows)
        finally:
            await connection.close()
        return True


def _run(work: Coroutine[object, object, T]) -> T:
    """Run it in a thread of its own, for whoever calls may be on an event loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
