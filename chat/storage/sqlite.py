"""SQLite behind the database interface: one writing connection, a few reading ones, WAL, FULL.

Each connection has a thread of its own (aiosqlite); a whole function runs there in one hop.
Only the writing connection checkpoints: Debian's SQLite 3.40 may lose data when two do.
"""

import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import aiosqlite

from chat.storage.answers import awaited
from chat.storage.database import BatchApply, Reader, Row, Shortcut, Transaction
from chat.storage.facts import Fact, Facts
from chat.storage.locks import Queue
from chat.storage.migrations import Dialect, migrate
from chat.storage.writer import GroupCommitWriter, Piece, StorageFailed
from protocol.errors import Refused

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")

READERS = 2
HELD_UP_SECONDS = 0.003
"""How long a reader may be at one piece of work before others go to the next reader: two at once
take Python's lock from each other at every row, and both are slower than one after the other."""

CHECKPOINT_PAGES = 2_000
"""Pages of the log that are brought into the file at once: whoever writes meanwhile waits for it
(docs/performance.md)."""

APART_SECONDS = 0.005
"""Between commits of a process that shares the file (docs/performance.md)."""

OPENING_SECONDS = 10.0
AMONG_LENGTHS = (1, 4, 16, 64, 256, 1_024)
MAX_AMONG = AMONG_LENGTHS[-1]

DIALECT = Dialect(
    engine="sqlite",
    rowid="INTEGER PRIMARY KEY",
    blob="BLOB",
    clustered="WITHOUT ROWID",
    tables="SELECT name FROM sqlite_master WHERE type = 'table'",
)


class SQLiteReader:
    """A read transaction."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def all(self, sql: str, *params: object) -> list[Row]:
        return self._connection.execute(sql, params).fetchall()

    def one(self, sql: str, *params: object) -> Row | None:
        row: Row | None = self._connection.execute(sql, params).fetchone()
        return row

    def among(self, sql: str, values: Sequence[object], *params: object) -> list[Row]:
        rows: list[Row] = []
        for start in range(0, len(values), MAX_AMONG):
            part = tuple(values[start : start + MAX_AMONG])
            # Few lengths, so that few statements are prepared: the last value fills up.
            length = next(size for size in AMONG_LENGTHS if size >= len(part))
            marks = "IN (" + "?," * (length - 1) + "?)"
            filled = part + part[-1:] * (length - len(part))
            rows += self._connection.execute(
                sql.replace("{among}", marks), (*filled, *params)
            ).fetchall()
        return rows


class _BatchFailed(StorageFailed):
    """A batch without a savepoint failed: the transaction is undone, to be done with savepoints."""


class SQLiteTransaction(SQLiteReader):
    """The write transaction; savepoints keep its pieces apart, batches only if `guarded`.

    SQLite keeps a copy of each page that changes after a savepoint.
    """

    __slots__ = ("_emitted", "_facts", "_first", "_guarded", "_head")

    def __init__(
        self, connection: sqlite3.Connection, facts: Facts, *, guarded: bool = True
    ) -> None:
        super().__init__(connection)
        self._facts = facts
        self._guarded = guarded
        self._emitted: list[Fact] = []
        self._first = self._head = -1

    def run(self, sql: str, *params: object) -> int:
        return self._connection.execute(sql, params).rowcount

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        self._connection.executemany(sql, rows)

    def positions(self, count: int = 1) -> int:
        if self._head < 0:
            row = self._connection.execute("SELECT position FROM log_head").fetchone()
            self._first = self._head = int(row[0])
        first = self._head + 1
        self._head += count
        return first

    def emit(self, fact: Fact) -> None:
        self._emitted.append(fact)
        self._facts.tell_inside(fact, self)

    def savepoint(self, work: Callable[[Transaction], Any]) -> tuple[Any, Sequence[Fact]]:
        head = self._head
        self._emitted = []
        self._connection.execute("SAVEPOINT piece")
        try:
            result = work(self)
        except BaseException as error:
            self._head = max(head, self._first)
            if not self._connection.in_transaction:
                # The engine has undone everything by itself: disk full, I/O error.
                raise StorageFailed(type(error).__name__) from error
            self._connection.execute("ROLLBACK TO piece")
            self._connection.execute("RELEASE piece")
            if isinstance(error, sqlite3.OperationalError) and _is_storage(error):
                raise StorageFailed(error.sqlite_errorname) from error
            raise
        self._connection.execute("RELEASE piece")
        return result, self._emitted

    def batch(self, work: Callable[[Transaction], Any]) -> tuple[Any, Sequence[Fact]]:
        if self._guarded:
            return self.savepoint(work)
        self._emitted = []
        try:
            return work(self), self._emitted
        except Exception as error:
            raise _BatchFailed(type(error).__name__) from error

    def save_head(self) -> None:
        """Store the log's head, if this transaction moved it."""
        if self._head != self._first:
            self._connection.execute("UPDATE log_head SET position = ?", (self._head,))


def _is_storage(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    }


class _Connection(aiosqlite.Connection):
    """An aiosqlite connection that runs a whole function in one hop to its thread."""

    def __init__(self, path: Path, *, writes: bool, checkpoints: bool, queue: Queue | None) -> None:
        super().__init__(partial(_open, path, checkpoints), iter_chunk_size=64)
        self._queue = queue
        self.waiting = 0
        self._went_on = 0.0
        self._thread.name = "sqlite-writer" if writes else "sqlite-reader"

    async def transact(self, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` between `begin` and COMMIT."""
        run = cast("Callable[..., Awaitable[T]]", self._execute)
        if not self.waiting:
            self._went_on = time.monotonic()
        self.waiting += 1
        try:
            return await run(_transact, self._conn, begin, work, self._queue)
        finally:
            self.waiting -= 1
            self._went_on = time.monotonic()

    @property
    def held_up(self) -> bool:
        """Whether it has been at one piece of work for longer than most take."""
        return bool(self.waiting) and time.monotonic() - self._went_on > HELD_UP_SECONDS

    @classmethod
    async def opened(
        cls, path: Path, *, writes: bool, checkpoints: bool = False, queue: Queue | None = None
    ) -> "_Connection":
        """Start the thread and open the file."""
        connection = cls(path, writes=writes, checkpoints=checkpoints, queue=queue)
        _ = await connection
        return connection


def _order(connection: _Connection) -> tuple[bool, int]:
    """Tell whom to ask first: who gets on; else who has least to do."""
    held_up = connection.held_up
    return held_up, connection.waiting if held_up else 0


def _open(path: Path, checkpoints: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA busy_timeout = 2000")
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES if checkpoints else 0}")
    return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Keep the log beside the file.

    SQLite itself waits for nobody here: several processes that make one file together do.
    """
    until = time.monotonic() + OPENING_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() >= until:
                raise
            time.sleep(0.01)
        else:
            return


def _make_private(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)  # the log beside it takes over who may read


def _transact(
    connection: sqlite3.Connection,
    begin: str,
    work: Callable[[sqlite3.Connection], T],
    queue: Queue | None,
) -> T:
    if queue is None:
        return _work(connection, begin, work)
    with queue:
        return _work(connection, begin, work)


def _work(connection: sqlite3.Connection, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
    connection.execute(begin)
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


class _Engine:
    """The writing connection, as the group-commit writer sees it."""

    def __init__(self, connection: _Connection, facts: Facts) -> None:
        self._connection = connection
        self._facts = facts

    async def transact(self, work: Callable[[SQLiteTransaction], None]) -> None:
        def inside(guarded: bool, connection: sqlite3.Connection) -> None:
            txn = SQLiteTransaction(connection, self._facts, guarded=guarded)
            work(txn)
            txn.save_head()

        try:
            try:
                await self._connection.transact("BEGIN IMMEDIATE", partial(inside, False))
            except _BatchFailed:
                await self._connection.transact("BEGIN IMMEDIATE", partial(inside, True))
        except sqlite3.Error as error:
            raise StorageFailed(getattr(error, "sqlite_errorname", "")) from error

    async def shorten(
        self, shortcut: Shortcut[Any, Any], items: Sequence[Any]
    ) -> Sequence[Any | None]:
        """Leave all to `transact`: no statement has a way to go here."""
        return [None] * len(items)


class SQLiteDatabase:
    """One file, one writer, a few readers. Use `open`."""

    def __init__(
        self,
        writing: _Connection,
        reading: Sequence[_Connection],
        looking: sqlite3.Connection,
        facts: Facts,
        *,
        shared: bool = False,
    ) -> None:
        self._writing = writing
        self._reading = reading
        self._looking = looking
        self._writer = GroupCommitWriter(
            _Engine(writing, facts), facts, apart=APART_SECONDS if shared else 0.0
        )
        self.commits = self._writer.figures

    @classmethod
    async def open(
        cls, path: Path, facts: Facts, *, checkpoints: bool = True, shared: bool = False
    ) -> "SQLiteDatabase":
        """Open the file, made if it is not there, with the newest schema.

        `checkpoints` is false for whoever opens it beside a server, which does so alone. `shared`
        by several processes, all must say so: then their writers queue, and a checkpoint, which is
        part of a commit, is never made by two at once.
        Raises `OSError` or `sqlite3.Error` when it cannot be opened.
        """
        _make_private(path)
        queue = Queue(path.with_name(f"{path.name}-queue")) if shared else None
        writing = await _Connection.opened(path, writes=True, checkpoints=checkpoints, queue=queue)
        try:
            await writing.transact(
                "BEGIN IMMEDIATE",
                lambda connection: migrate(SQLiteTransaction(connection, facts), DIALECT),
            )
        except BaseException:
            await writing.close()
            raise
        reading = [await _Connection.opened(path, writes=False) for _ in range(READERS)]
        looking = _open(path, checkpoints=False)
        looking.execute("PRAGMA busy_timeout = 0")  # the event loop waits for nobody
        return cls(writing, reading, looking, facts, shared=shared)

    async def close(self) -> None:
        """Commit what waits, then close; the writing connection last, so that it checkpoints."""
        await self._writer.close()
        self._looking.close()
        for connection in self._reading:
            await connection.close()
        await self._writing.close()

    async def read(
        self, work: Callable[Concatenate[Reader, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function on a snapshot."""
        try:
            # The first, if it gets on: nobody waits behind a search while another reader is free.
            return await min(self._reading, key=_order).transact(
                "BEGIN", lambda connection: work(SQLiteReader(connection), *args, **kwargs)
            )
        except sqlite3.OperationalError as error:
            if _is_storage(error):
                raise Refused("unavailable", retry_after_ms=1_000) from error
            raise

    async def look(
        self, work: Callable[Concatenate[Reader, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function of a few look-ups by key on a snapshot, on the spot."""
        try:
            return _work(
                self._looking, "BEGIN", lambda one: work(SQLiteReader(one), *args, **kwargs)
            )
        except sqlite3.OperationalError:
            return await self.read(work, *args, **kwargs)  # which may wait for its turn

    async def write(
        self, unit: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a unit of work; returns once it is in synced storage (G1)."""

        def work(txn: Transaction) -> T:
            return unit(txn, *args, **kwargs)

        return await awaited(lambda done: self._writer.submit(Piece(None, work, done)))

    def submit(
        self,
        apply: BatchApply[Item, Result],
        item: Item,
        done: Callable[[Result | Exception], None],
    ) -> None:
        """Add an item to the next batch of `apply`, and be called back after the commit."""
        self._writer.submit(Piece(apply, item, done))

    def shorten(self, apply: BatchApply[Item, Result], shortcut: Shortcut[Item, Result]) -> None:
        """Offer a shorter way for a batch, of which this engine has no need."""
