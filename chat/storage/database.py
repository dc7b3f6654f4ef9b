"""What stores and services see of a database: transactions over plain SQL, reads and writes.

One text of SQL serves every engine: `?` placeholders, integers, text and bytes, times as UTC
milliseconds. A unit of work is a plain function of a transaction and runs wholly inside it: no
await, no network, at most 5 ms. It may be undone and run again, so it changes nothing else.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from chat.figures import CommitFigures

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")
Given = TypeVar("Given")
Got_co = TypeVar("Got_co", covariant=True)


class Fact:
    """The base of all facts; `chat.storage.facts` says what they are for."""

    __slots__ = ()


class Row(Protocol):
    """A row: columns by position or by name."""

    def __getitem__(self, key: Any, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...


class Reader(Protocol):
    """A consistent snapshot of the database, for reading."""

    def all(self, sql: str, *params: object) -> list[Row]:
        """Give every row."""
        ...

    def one(self, sql: str, *params: object) -> Row | None:
        """Give the first row, or None."""
        ...

    def among(self, sql: str, values: Sequence[object], *params: object) -> list[Row]:
        """Give the rows of a query in which `{among}` stands where `IN (values)` should.

        `params` fill the placeholders that come after it.
        """
        ...


class Transaction(Reader, Protocol):
    """A write transaction, in a savepoint of its own: it happens wholly or not at all."""

    def run(self, sql: str, *params: object) -> int:
        """Change rows; tells how many."""
        ...

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row of parameters."""
        ...

    def positions(self, count: int = 1) -> int:
        """Take the next `count` positions of the change log; gives the first of them.

        Positions rise in commit order, so a reader that has seen one has seen all below it.
        """
        ...

    def emit(self, fact: Fact) -> None:
        """Tell the features above: `in_transaction` hooks run now, `after_commit` hooks later.

        A hook that raises undoes this unit of work. A unit that is undone emits nothing.
        """
        ...


BatchApply = Callable[[Transaction, Sequence[Item]], Sequence[Result | Exception]]
"""Applies many items at once and answers each in order.

An exception in the answer refuses that one item, whose rows must not have been touched; one that
is raised undoes the whole batch, and each item is then tried alone.
"""


class Shortcut(Protocol[Given, Got_co]):
    """A batch as one statement, for an engine to which each statement is a way there and back.

    It may leave items undone, which then go the long way, after the others; these it does as that
    would, also where another process has committed since the statement began to wait for it.
    """

    @property
    def sql(self) -> str:
        """One statement of the engine; `{lock}` is the query for the lock of all writers."""
        ...

    def complete(self, reader: Reader, items: Sequence[Given]) -> Sequence[Given]:
        """Add what items lack, read before the lock is waited for.

        What has changed by then the statement leaves undone.
        """
        ...

    def params(self, items: Sequence[Given]) -> Sequence[object] | None:
        """Give its parameters; None where one of the items needs more than it does."""
        ...

    def outcomes(self, items: Sequence[Given], rows: Sequence[Row]) -> Sequence[Got_co | None]:
        """Read what it gave: the answer to each item, None for one that was left undone."""
        ...


class Database(Protocol):
    """A store of everything that is promised (G1-G5)."""

    commits: CommitFigures

    async def read(
        self, work: Callable[Concatenate[Reader, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function on a snapshot."""
        ...

    async def look(
        self, work: Callable[Concatenate[Reader, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function of a few look-ups by key, as `read` does, where it can on the spot.

        A hop to another thread costs as much as such a function. It must read a handful of rows
        and no more: the event loop waits for it.
        """
        ...

    async def write(
        self, unit: Callable[Concatenate[Transaction, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a unit of work; returns once it is in synced storage (G1).

        Raises what the unit raised (it is then undone), or `Refused("unavailable")` when the
        storage cannot take it now: it is safe to try again.
        """
        ...

    def submit(
        self,
        apply: BatchApply[Item, Result],
        item: Item,
        done: Callable[[Result | Exception], None],
    ) -> None:
        """Add an item to the next batch of `apply`, and be called back after the commit.

        Items of one `apply` are applied and answered in the order in which they were submitted;
        others in the same commit may come before them or after.
        """
        ...

    def shorten(self, apply: BatchApply[Item, Result], shortcut: Shortcut[Item, Result]) -> None:
        """Offer a shorter way for a batch, to be taken where it is one: on PostgreSQL."""
        ...
