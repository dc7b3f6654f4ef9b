"""Sessions with PostgreSQL: one connection each, its statements prepared once, its state known."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import asyncpg

from chat.storage.bridge import bridged, wait_for
from chat.storage.statements import CopiedRows, JoinedRows, copied_rows, joined_rows, numbered
from chat.storage.writer import StorageFailed

T = TypeVar("T")

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 6.0
"""How long a statement is waited for: longer than the server lets it run, when it still can."""

LOCK_TURNS = 3
"""How often to get in line for the lock of all writers: others held it, each for a moment."""

STATEMENTS = 500
COPIED_FROM = 10
"""Rows from which COPY is cheaper than a statement for each."""

_SETTINGS = {
    "application_name": "samtale",
    "synchronous_commit": "on",  # G1
    # Every query here is meant for an index. A plan made while a table was small would go on
    # reading it from end to end as it grows.
    "enable_seqscan": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    # A query that asks for helpers has two processes started for it: 25 ms for what takes one.
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
}
_HURRY = {
    "statement_timeout": "5s",
    "lock_timeout": "4s",
    # Whoever is cut off amid a unit of work holds up the others no longer than this.
    "idle_in_transaction_session_timeout": "3s",
    "client_connection_check_interval": "2s",
}

_CLASSES = frozenset(("08", "28", "3D", "40", "53", "57", "58", "XX"))
"""Classes of SQLSTATE: connection, login, database, rollback, resources, operator, system."""

_STATES = frozenset(("25006", "25P03", "55P03", "57P05"))
"""Written to a standby; idle too long in a transaction; not locked in time; idle too long."""


def is_storage(error: BaseException) -> bool:
    """Tell a fault of storage, or of the way to it, from one of the statement."""
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        stale = isinstance(error, asyncpg.InvalidCachedStatementError)  # the schema has moved on
        return state[:2] in _CLASSES or state in _STATES or stale
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, ValueError)  # the connection is closed; a bad parameter is not
    return isinstance(error, OSError | TimeoutError | asyncpg.InternalClientError)


class Session:
    """One connection. Use `open`.

    `all`, `change` and `many` are for plain functions that `transact` runs. A session that has
    failed once is not used again: what its server still does is not known.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._prepared: OrderedDict[str, Any] = OrderedDict()
        self._copies: dict[str, CopiedRows | None] = {}
        self._joins: dict[str, JoinedRows | None] = {}
        self._pending: list[str] = []
        self._guard = _Guard()

    @classmethod
    async def open(cls, url: str, *, hurried: bool = True) -> "Session":
        """Connect; for work of any length if not `hurried`. Raises `StorageFailed`."""
        try:
            connection = await asyncpg.connect(
                url,
                timeout=CONNECT_SECONDS,
                command_timeout=ANSWER_SECONDS if hurried else None,
                statement_cache_size=50,  # the types of a COPY; statements are kept here
                server_settings=_SETTINGS | (_HURRY if hurried else {}),
            )
            await connection.set_type_codec(
                "numeric", schema="pg_catalog", encoder=str, decoder=_number, format="text"
            )
        except Exception as error:
            if is_storage(error):
                raise StorageFailed(type(error).__name__) from error
            raise
        return cls(connection)

    @property
    def usable(self) -> bool:
        """Whether it may be used again, as far as is known."""
        return self._guard.failure is None and not self._connection.is_closed()

    @property
    def cut_off(self) -> bool:
        """Whether it failed because the server or the way to it has gone: not because it waited."""
        failure = self._guard.failure
        waited = isinstance(failure, TimeoutError | asyncpg.LockNotAvailableError)
        return failure is not None and not waited

    @property
    def kept_waiting(self) -> bool:
        """Whether it failed because others held the lock for too long: nothing has happened."""
        return isinstance(self._guard.failure, asyncpg.LockNotAvailableError)

    def give_up(self) -> None:
        """Hang up; the server undoes what was not committed."""
        self._guard.failure = self._guard.failure or StorageFailed("given up")
        self._connection.terminate()

    async def close(self) -> None:
        """Say goodbye, or hang up if that takes long."""
        try:
            await self._connection.close(timeout=CONNECT_SECONDS)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._connection.terminate()

    async def control(self, statements: str) -> str:
        """Send statements without parameters in one message; gives the status of the last.

        Raises `StorageFailed`.
        """
        with self._guard:
            status: str = await self._connection.execute(statements)
            return status

    async def run(self, work: Callable[[], T]) -> T:
        """Run a plain function that asks this session. Raises `StorageFailed`."""
        try:
            return await bridged(work)
        except asyncio.CancelledError:
            self.give_up()
            raise

    # --- inside `run` -----------------------------------------------------------------------------

    def put_off(self, statement: str) -> None:
        """Send a statement without parameters together with the next."""
        self._pending.append(statement)

    def take_back(self, statement: str) -> bool:
        """Forget the newest statement that was put off, if it is this one and waits still."""
        if not self._pending or self._pending[-1] != statement:
            return False
        self._pending.pop()
        return True

    def pending(self) -> str:
        """Give what was put off, to be sent by the caller."""
        statements, self._pending = "; ".join(self._pending), []
        return statements

    def send(self) -> None:
        """Send what was put off."""
        if statements := self.pending():
            wait_for(self.control(statements))

    def all(self, sql: str, params: Sequence[object]) -> list[Any]:
        """Give the rows."""
        statement = self._statement(sql)
        with self._guard:
            rows: list[Any] = wait_for(statement.fetch(*params))
            return rows

    def one(self, sql: str, params: Sequence[object]) -> Any:
        """Give the first row, or None."""
        statement = self._statement(sql)
        with self._guard:
            return wait_for(statement.fetchrow(*params))

    def change(self, sql: str, params: Sequence[object]) -> int:
        """Change rows; tells how many."""
        statement = self._statement(sql)
        with self._guard:
            wait_for(statement.fetch(*params))
        count = statement.get_statusmsg().rpartition(" ")[2]
        return int(count) if count.isdecimal() else -1

    def many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement for each row of parameters, all at once where that is the same."""
        if len(rows) == 1:
            self.change(sql, rows[0])
        elif len(rows) >= COPIED_FROM and (copied := self._copied(sql)):
            self.copy(copied.table, copied.columns, copied.records(rows))
        elif (joined := self._joined(sql)) and joined.takes(rows):
            self.change(joined.sql, [list(column) for column in zip(*rows, strict=True)])
        else:
            statement = self._statement(sql)
            with self._guard:
                wait_for(statement.executemany(rows))

    def copy(self, table: str, columns: Sequence[str], records: Iterable[Sequence[object]]) -> None:
        """Add rows to a table by COPY."""
        self.send()
        with self._guard:
            wait_for(
                self._connection.copy_records_to_table(table, records=records, columns=columns)
            )

    def _copied(self, sql: str) -> CopiedRows | None:
        if sql not in self._copies:
            self._copies[sql] = copied_rows(sql)
        return self._copies[sql]

    def _joined(self, sql: str) -> JoinedRows | None:
        if sql not in self._joins:
            types = [kind.name for kind in self._statement(sql).get_parameters()]
            self._joins[sql] = joined_rows(sql, types)
        return self._joins[sql]

    def _statement(self, sql: str) -> Any:
        self.send()
        statement = self._prepared.get(sql)
        if statement is None:
            with self._guard:
                statement = wait_for(self._connection.prepare(numbered(sql)))
            self._prepared[sql] = statement
            if len(self._prepared) > STATEMENTS:  # the driver lets go of it on the server
                self._prepared.popitem(last=False)
        else:
            self._prepared.move_to_end(sql)
        return statement


class _Guard:
    """Tells faults of storage from others', and keeps the last."""

    __slots__ = ("failure",)

    def __init__(self) -> None:
        self.failure: BaseException | None = None

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if error is not None and is_storage(error):
            self.failure = error
            raise StorageFailed(type(error).__name__) from error


def _number(text: str) -> int | float:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)


class Pool:
    """A few sessions that are shared; made when needed, and anew when one has failed."""

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._free: list[Session] = []
        self._closed = False
        self._turns = asyncio.Semaphore(size)

    async def transact(self, begin: str, work: Callable[[Session], Awaitable[T]]) -> T:
        """Begin a transaction, and await `work`, which ends it. Raises `StorageFailed`.

        A session that has lost its server since it was last used is replaced, and whoever has
        waited too long for the lock gets in line again: nothing has happened yet.
        """
        async with self._turns:
            session = await self._begun(begin)
            try:
                return await work(session)
            finally:
                self._put_back(session)

    async def run(self, work: Callable[[Session], T]) -> T:
        """Run a plain function whose one statement is a transaction. Raises `StorageFailed`.

        Only where it has waited too long for the lock it is run again: otherwise nobody knows
        whether it is committed.
        """
        async with self._turns:
            for turn in range(1, LOCK_TURNS + 1):
                session = self._free_one() or await Session.open(self._url)
                try:
                    return await session.run(partial(work, session))
                except StorageFailed:
                    if not session.kept_waiting or turn == LOCK_TURNS:
                        raise
                finally:
                    self._put_back(session)
            raise AssertionError("the last turn ends it")

    async def _begun(self, begin: str) -> Session:
        turns = LOCK_TURNS
        while True:
            kept = self._free_one()
            session = kept or await Session.open(self._url)
            try:
                await session.control(begin)
            except StorageFailed:
                session.give_up()
                turns -= session.kept_waiting
                lost_while_idle = kept is not None and session.cut_off
                if not (lost_while_idle or (session.kept_waiting and turns)):
                    raise
            except BaseException:
                session.give_up()
                raise
            else:
                return session

    def _free_one(self) -> Session | None:
        if self._closed:
            raise StorageFailed("closed")
        while self._free:
            session = self._free.pop()
            if session.usable:
                return session
            session.give_up()
        return None

    def _put_back(self, session: Session) -> None:
        if session.usable and not self._closed:
            self._free.append(session)
        else:
            session.give_up()

    async def close(self) -> None:
        """Say goodbye on every session that nobody uses; nothing is begun any more."""
        self._closed = True
        free, self._free = self._free, []
        for session in free:
            await session.close()
