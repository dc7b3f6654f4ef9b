"""Moves a deployment from an SQLite file to a PostgreSQL database, whole and checked.

Tables are copied in chunks of bounded size; how far each has come is stored in the transaction
that copies, so that a move that was broken off goes on where it stopped. Positions, numbers and
the epoch stay what they were: clients go on from their cursors as if nothing had happened.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from chat.storage.facts import Facts
from chat.storage.migrations import migrate, pending
from chat.storage.postgres import DIALECT, WRITE_LOCK, PostgresTransaction
from chat.storage.sessions import Session
from chat.storage.sqlite import DIALECT as SQLITE
from chat.storage.sqlite import SQLiteReader

CHUNK_ROWS = 5_000
CHUNK_BYTES = 8 << 20

_KEPT = {"migrations"}
_WORDS = 1 << 63

_PROGRESS = (
    "CREATE TABLE moving (name TEXT PRIMARY KEY, epoch TEXT NOT NULL, reached TEXT,"
    " moved BIGINT NOT NULL, bytes BIGINT NOT NULL, checksum BIGINT NOT NULL,"
    " done INTEGER NOT NULL)"
)
_SAVE = "UPDATE moving SET reached = ?, moved = ?, bytes = ?, checksum = ?, done = ? WHERE name = ?"

Show = Callable[[str, int, int], None]
"""Is told of a table how many of its rows are moved, of how many."""

Rows = list[tuple[Any, ...]]


class NotMoved(Exception):
    """Nothing may be moved from here or to there, or what arrived is not the same; says why."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns, those of its key, and how many rows it has."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    rows: int

    def select(self, *, after: bool, marks: str, limit: int) -> str:
        """Make the query of a chunk in the order of the key, after a key if there is one."""
        key, columns = ", ".join(self.key), ", ".join(self.columns)
        where = f" WHERE ({key}) > ({marks})" if after else ""
        return f"SELECT {columns} FROM {self.name}{where} ORDER BY {key} LIMIT {limit}"


@dataclass(slots=True)
class Reached:
    """How far a table has come: the last key, and count, bytes and checksum up to it."""

    key: tuple[object, ...] | None = None
    moved: int = 0
    bytes: int = 0
    checksum: int = 0
    done: bool = False

    def add(self, table: Table, rows: Rows) -> None:
        """Take account of rows, which follow in the order of the key."""
        places = [table.columns.index(name) for name in table.key]
        self.key = tuple(rows[-1][place] for place in places)
        self.moved += len(rows)
        self.bytes += sum(map(_size, rows))
        self.checksum = (self.checksum + sum(map(_checksum, rows))) % _WORDS


async def move(source: Path, url: str, show: Show) -> int:
    """Move everything; gives how many rows there are. No server may run on either.

    Raises `NotMoved`, `StorageFailed`, `sqlite3.Error`. The source then stays as it was; at the end
    it is given an epoch of its own, so that a server started on it by mistake is noticed.
    """
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")
        if pending(SQLiteReader(connection), SQLITE):
            raise NotMoved("the source is not of this version; run `samtale migrate` on it first")
        mover = _Mover(connection, await Session.open(url, hurried=False), show)
        try:
            moved = await mover.move()
        finally:
            await mover.close()
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.execute("UPDATE deployment SET epoch = ?", (secrets.token_hex(4),))
    return moved


class _Mover:
    def __init__(self, source: sqlite3.Connection, target: Session, show: Show) -> None:
        self._source = source
        self._target = target
        self._show = show
        self._tables = list(_in_order(source))
        self._epoch = str(source.execute("SELECT epoch FROM deployment").fetchone()[0])

    async def move(self) -> int:
        await self._transaction(self._prepare)
        for table in self._tables:
            reached = await self._transaction(_reached, table)
            while not reached.done:
                await self._transaction(self._copy_chunk, table, reached)
                self._show(table.name, reached.moved, table.rows)
            if reached.moved != table.rows:
                raise NotMoved(f"{table.name} has changed meanwhile: is a server running?")
            await self._transaction(self._verify, table, reached)
        # Without statistics the first questions of a large deployment are answered the slow way.
        await self._target.control(
            f"VACUUM (ANALYZE) {', '.join(one.name for one in self._tables)}"
        )
        await self._transaction(lambda txn: txn.run("DROP TABLE moving"))
        return sum(table.rows for table in self._tables)

    async def close(self) -> None:
        await self._target.close()

    async def _transaction(self, work: Callable[..., Any], *args: object) -> Any:
        await self._target.control(f"BEGIN; SELECT pg_advisory_xact_lock({WRITE_LOCK})")
        txn = PostgresTransaction(self._target, Facts())
        try:
            result = await self._target.run(lambda: work(txn, *args))
        except BaseException:
            self._target.give_up()
            raise
        await self._target.control(txn.end())
        return result

    def _prepare(self, txn: PostgresTransaction) -> None:
        """Make the schema in an empty database, or find a move of the same source there."""
        there = {row["name"] for row in txn.all(DIALECT.tables)}
        if "moving" in there:
            if txn.one("SELECT 1 FROM moving WHERE epoch <> ?", self._epoch) is not None:
                raise NotMoved("another deployment is on its way into this database")
            return
        if there:
            raise NotMoved("the database is not empty: a deployment moves into one without tables")
        migrate(txn, DIALECT)
        txn.run(_PROGRESS)
        for table in reversed(self._tables):
            txn.run(f"DELETE FROM {table.name}")  # what migrations fill comes with the source
            txn.run("INSERT INTO moving VALUES (?, ?, NULL, 0, 0, 0, 0)", table.name, self._epoch)

    def _copy_chunk(self, txn: PostgresTransaction, table: Table, reached: Reached) -> None:
        marks = ", ".join("?" * len(table.key))
        query = table.select(after=reached.key is not None, marks=marks, limit=CHUNK_ROWS)
        rows = _bounded(self._source.execute(query, reached.key or ()))
        if rows:
            self._target.copy(table.name, table.columns, rows)
            reached.add(table, rows)
        reached.done = not rows
        txn.run(_SAVE, _written(reached.key), *_figures(reached), int(reached.done), table.name)

    def _verify(self, txn: PostgresTransaction, table: Table, moved: Reached) -> None:
        """Read everything back, and compare count and checksum."""
        arrived = Reached()
        limit = max(1, min(CHUNK_ROWS, CHUNK_BYTES * moved.moved // max(1, moved.bytes)))
        marks = ", ".join("?" * len(table.key))
        while True:
            query = table.select(after=arrived.key is not None, marks=marks, limit=limit)
            rows = [tuple(row) for row in txn.all(query, *(arrived.key or ()))]
            if not rows:
                break
            arrived.add(table, rows)
        if _figures(arrived) != _figures(moved):
            raise NotMoved(
                f"{table.name} did not arrive as it was: begin anew in an empty database"
            )


def _reached(txn: PostgresTransaction, table: Table) -> Reached:
    row = txn.one(
        "SELECT reached, moved, bytes, checksum, done FROM moving WHERE name = ?", table.name
    )
    assert row is not None, "prepared for every table"
    return Reached(_read(row[0]), row[1], row[2], row[3], bool(row[4]))


def _figures(reached: Reached) -> tuple[int, int, int]:
    return reached.moved, reached.bytes, reached.checksum


def _in_order(source: sqlite3.Connection) -> Iterator[Table]:
    """List the tables, each after those that it refers to."""
    left = {row[0] for row in source.execute(SQLITE.tables)} - _KEPT
    left = {name for name in left if not name.startswith("sqlite_")}
    while left:
        for name in sorted(left):
            refers = {row["table"] for row in source.execute(f"PRAGMA foreign_key_list({name})")}
            if not refers & (left - {name}):
                yield _table(source, name)
                left.discard(name)


def _table(source: sqlite3.Connection, name: str) -> Table:
    columns = source.execute(f"PRAGMA table_info({name})").fetchall()
    key = sorted((row["pk"], row["name"]) for row in columns if row["pk"])
    rows = source.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0]
    names = tuple(row["name"] for row in columns)
    return Table(name, names, tuple(part for _, part in key), rows)


def _bounded(rows: Iterator[Any]) -> Rows:
    taken: Rows = []
    size = 0
    for row in rows:
        taken.append(tuple(row))
        size += _size(taken[-1])
        if size >= CHUNK_BYTES:
            break
    return taken


def _size(row: Sequence[object]) -> int:
    return sum(len(value) if isinstance(value, str | bytes) else 8 for value in row)


def _checksum(row: Sequence[object]) -> int:
    digest = hashlib.blake2b(msgspec.msgpack.encode(row), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def _written(key: tuple[object, ...] | None) -> str | None:
    return None if key is None else msgspec.msgpack.encode(key).hex()


def _read(key: str | None) -> tuple[object, ...] | None:
    return None if key is None else tuple(msgspec.msgpack.decode(bytes.fromhex(key)))
