"""PostgreSQL behind the database interface: one writing session, a few reading ones, asyncpg.

Whoever writes takes one lock of the whole database first, as the writers of an SQLite file do: so
units of work happen one after the other wherever they run, nothing that one has read changes under
it, and the positions of the log rise in commit order (docs/adr/0023).
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

import asyncpg
import structlog

from chat.storage.answers import awaited
from chat.storage.database import BatchApply, Reader, Row, Shortcut, Transaction
from chat.storage.facts import Fact, Facts
from chat.storage.migrations import Dialect, migrate, pending
from chat.storage.sessions import Pool, Session
from chat.storage.writer import GroupCommitWriter, Piece, StorageFailed
from protocol.errors import Refused

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")

READERS = 4
APART_SECONDS = 0.01
"""Between commits of a process: a commit takes 0.7 ms of processor time, whatever is in it
(docs/performance.md)."""

WRITE_LOCK = 0x73616D74616C65  # "samtale": advisory locks are shared by all who use a database

DIALECT = Dialect(
    engine="postgresql",
    rowid="BIGINT PRIMARY KEY",
    blob="BYTEA",
    clustered="",
    tables="SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()",
)

_LOCK = f"SELECT pg_advisory_xact_lock({WRITE_LOCK})"
_BEGIN = f"BEGIN; {_LOCK}"
_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class PostgresReader:
    """A read transaction."""

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self, sql: str, *params: object) -> list[Row]:
        return self._session.all(sql, params)

    def one(self, sql: str, *params: object) -> Row | None:
        row: Row | None = self._session.one(sql, params)
        return row

    def among(self, sql: str, values: Sequence[object], *params: object) -> list[Row]:
        return self._session.all(sql, (list(values), *params)) if values else []


class PostgresTransaction(PostgresReader):
    """The write transaction; savepoints keep its pieces apart."""

    __slots__ = ("_emitted", "_facts", "_first", "_head")

    def __init__(self, session: Session, facts: Facts) -> None:
        super().__init__(session)
        self._facts = facts
        self._emitted: list[Fact] = []
        self._first = self._head = -1

    def run(self, sql: str, *params: object) -> int:
        return self._session.change(sql, params)

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        if listed := list(rows):
            self._session.many(sql, listed)

    def positions(self, count: int = 1) -> int:
        if self._head < 0:
            row = self._session.one("SELECT position FROM log_head", ())
            self._first = self._head = int(row[0])
        first = self._head + 1
        self._head += count
        return first

    def emit(self, fact: Fact) -> None:
        self._emitted.append(fact)
        self._facts.tell_inside(fact, self)

    def savepoint(self, work: Callable[[Transaction], Any]) -> tuple[Any, Sequence[Fact]]:
        head, session = self._head, self._session
        self._emitted = []
        session.put_off("SAVEPOINT piece")
        try:
            result = work(self)
        except StorageFailed:
            raise
        except BaseException:
            self._head = max(head, self._first)
            if not session.take_back("SAVEPOINT piece"):
                session.put_off("ROLLBACK TO piece; RELEASE piece")
                session.send()
            raise
        if not session.take_back("SAVEPOINT piece"):
            session.put_off("RELEASE piece")
        return result, self._emitted

    batch = savepoint  # which costs no way there and back of its own

    def end(self) -> str:
        """Give the statements that end it: what was put off, the log's head, COMMIT."""
        if self._head != self._first:
            self._session.put_off(f"UPDATE log_head SET position = {self._head}")
        self._session.put_off("COMMIT")
        return self._session.pending()


class _Engine:
    """The writing session, as the group-commit writer sees it."""

    def __init__(self, pool: Pool, facts: Facts) -> None:
        self._pool = pool
        self._facts = facts

    async def transact(self, work: Callable[[PostgresTransaction], None]) -> None:
        async def inside(session: Session) -> None:
            txn = PostgresTransaction(session, self._facts)
            try:
                await session.run(lambda: work(txn))
                # When the answer to this is lost, nobody knows whether it is committed (G3).
                status = await session.control(txn.end())
            except BaseException:
                session.give_up()
                raise
            if status != "COMMIT":
                raise StorageFailed("rolled back")

        await self._pool.transact(_BEGIN, inside)

    async def shorten(
        self, shortcut: Shortcut[Any, Any], items: Sequence[Any]
    ) -> Sequence[Any | None]:
        """Run the statement as a transaction of its own, which takes the lock itself.

        What the items lack is read before it, without the lock.
        What it cannot do for all (a resend among them) is left to `transact` as a whole.
        """
        sql = shortcut.sql.replace("{lock}", _LOCK)

        def run(session: Session) -> Sequence[Any | None]:
            completed = shortcut.complete(PostgresReader(session), items)
            params = shortcut.params(completed)
            if params is None:
                return [None] * len(items)
            return shortcut.outcomes(completed, session.all(sql, params))

        try:
            return await self._pool.run(run)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError):
            log.info("shortcut_left", items=len(items), exc_info=True)
            return [None] * len(items)


async def pending_in_postgres(url: str) -> list[str]:
    """List the migrations that a database has not had yet. Raises `StorageFailed`."""
    session = await Session.open(url, hurried=False)
    try:
        reader = PostgresReader(session)
        return await session.run(lambda: pending(reader, DIALECT))
    finally:
        await session.close()


async def migrate_postgres(url: str) -> list[str]:
    """Bring the schema to its newest version, if it is not; gives what was applied.

    Raises `StorageFailed`.
    """
    session = await Session.open(url, hurried=False)
    try:
        reader = PostgresReader(session)
        if not await session.run(lambda: pending(reader, DIALECT)):
            return []
        await session.control(_BEGIN)  # the others wait, and find nothing left to do
        txn = PostgresTransaction(session, Facts())
        applied = await session.run(lambda: migrate(txn, DIALECT))
        await session.control(txn.end())
        return applied
    finally:
        await session.close()


class PostgresDatabase:
    """One database, which other processes may write to as well. Use `open`."""

    def __init__(self, url: str, facts: Facts) -> None:
        self._writing = Pool(url, 1)
        self._reading = Pool(url, READERS)
        self._writer = GroupCommitWriter(_Engine(self._writing, facts), facts, apart=APART_SECONDS)
        self.commits = self._writer.figures

    @classmethod
    async def open(cls, url: str, facts: Facts) -> "PostgresDatabase":
        """Connect, and bring the schema to its newest version.

        Raises `OSError` when it cannot be reached.
        """
        try:
            await migrate_postgres(url)
        except StorageFailed as failure:
            raise ConnectionError(f"no way to the database: {failure}") from failure
        return cls(url, facts)

    async def close(self) -> None:
        """Commit what waits, then say goodbye."""
        await self._writer.close()
        await asyncio.gather(self._writing.close(), self._reading.close())

    async def read(
        self, work: Callable[Concatenate[Reader, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function on a snapshot."""

        async def inside(session: Session) -> T:
            reader = PostgresReader(session)
            try:
                return await session.run(lambda: work(reader, *args, **kwargs))
            finally:
                if session.usable:
                    await session.control("ROLLBACK")

        try:
            return await self._reading.transact(_SNAPSHOT, inside)
        except StorageFailed as failure:
            log.warning("read_failed", cause=str(failure))
            raise Refused("unavailable", retry_after_ms=1_000) from failure

    async def look(
        self, work: Callable[Concatenate[Reader, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function of a few look-ups by key on a snapshot."""
        return await self.read(work, *args, **kwargs)

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
        """Take a shorter way for a batch, where nothing else waits."""
        self._writer.shorten(apply, shortcut)
