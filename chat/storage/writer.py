"""The group-commit writer: what arrives while one commit is being synced shares the next.

One thread owns the writing connection. Work waits in a list; the writer takes the whole list,
applies it in one transaction in the order of submission, commits once, and only then answers.
One failing piece is undone alone and never fails its neighbours.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import groupby
from typing import Any, Protocol

import structlog

from chat.figures import CommitFigures
from chat.storage.database import BatchApply, Shortcut, Transaction
from chat.storage.facts import Fact, Facts
from protocol.errors import Refused

log = structlog.get_logger(__name__)

MAX_PIECES = 2_000
"""Pieces in one commit: bounds how long a transaction may live."""

MANY_PIECES = 4
"""From how many pieces on commits are kept apart, where they are."""


class StorageFailed(Exception):
    """The engine refused or broke the transaction: nothing of it is promised."""


class Piece:
    """One waiting unit of work, or one item of a batch."""

    __slots__ = ("apply", "done", "facts", "item", "outcome")

    def __init__(
        self,
        apply: BatchApply[Any, Any] | None,
        item: Any,
        done: Callable[[Any], None],
    ) -> None:
        self.apply = apply
        self.item = item
        self.done = done
        self.facts: Sequence[Fact] = ()
        self.outcome: Any = None


class WritableTransaction(Transaction, Protocol):
    """What an engine adds to a transaction for the writer: savepoints and emitted facts."""

    def savepoint(self, work: Callable[[Transaction], Any]) -> tuple[Any, Sequence[Fact]]:
        """Run `work` alone: gives its result and facts, or raises and leaves no trace."""
        ...

    def batch(self, work: Callable[[Transaction], Any]) -> tuple[Any, Sequence[Fact]]:
        """Run `work`, which hardly ever fails, as `savepoint` does.

        An engine may do without a savepoint; if it fails, it does all pieces again with them.
        """
        ...


class Engine(Protocol):
    """The writing connection of a database engine."""

    async def transact(self, work: Callable[[WritableTransaction], None]) -> None:
        """Run `work` in one transaction and commit it to synced storage.

        Raises `StorageFailed` when it was not, or may not have been, committed.
        """
        ...

    async def shorten(
        self, shortcut: Shortcut[Any, Any], items: Sequence[Any]
    ) -> Sequence[Any | None]:
        """Do what a shortcut can of some items, committed as by `transact`; None for the others.

        Raises as `transact`. Called only where the engine was given shortcuts.
        """
        ...


def grouped(pieces: Iterable[Piece]) -> list[Piece]:
    """Bring the items of each kind together, so that a commit has few batches.

    A unit of work keeps its place among them, and the items of one kind theirs among themselves.
    Two of different kinds may change places: neither has been answered, so nobody can have sent
    one because of the other.
    """
    ordered: list[Piece] = []
    batches: dict[BatchApply[Any, Any], list[Piece]] = {}
    for piece in pieces:
        if piece.apply is not None:
            batches.setdefault(piece.apply, []).append(piece)
            continue
        for batch in batches.values():
            ordered += batch
        batches.clear()
        ordered.append(piece)
    for batch in batches.values():
        ordered += batch
    return ordered


def apply_pieces(txn: WritableTransaction, pieces: Sequence[Piece]) -> None:
    """Apply pieces in order: neighbours of one batch kind together, units of work alone."""
    for apply, run in groupby(pieces, key=lambda piece: piece.apply):
        group = list(run)
        if apply is None:
            for piece in group:
                _apply_alone(txn, piece, piece.item)
        else:
            _apply_batch(txn, apply, group)


def _apply_batch(
    txn: WritableTransaction, apply: BatchApply[Any, Any], group: Sequence[Piece]
) -> None:
    items = [piece.item for piece in group]
    try:
        outcomes, facts = txn.batch(lambda inner: apply(inner, items))
    except StorageFailed:
        raise
    except Exception:
        if len(group) > 1:
            log.warning("batch_split", items=len(group), exc_info=True)
        for piece in group:
            _apply_alone(txn, piece, partial(_apply_one, apply, piece.item))
        return
    for piece, outcome in zip(group, outcomes, strict=True):
        piece.outcome = outcome
    group[-1].facts = facts


def _apply_one(apply: BatchApply[Any, Any], item: Any, txn: Transaction) -> Any:
    (outcome,) = apply(txn, [item])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _apply_alone(
    txn: WritableTransaction, piece: Piece, work: Callable[[Transaction], Any]
) -> None:
    try:
        piece.outcome, piece.facts = txn.savepoint(work)
    except StorageFailed:
        raise
    except Exception as error:  # noqa: BLE001 — the outcome belongs to whoever submitted it
        piece.outcome, piece.facts = error, ()


class GroupCommitWriter:
    """Gathers pieces, commits them together, answers them after the commit.

    `apart` is how many seconds apart the beginnings of commits are kept while much is written, for
    a store that several processes share: a commit costs as much as ten messages and more there.
    """

    def __init__(self, engine: Engine, facts: Facts, *, apart: float = 0.0) -> None:
        self.figures = CommitFigures()
        self._engine = engine
        self._facts = facts
        self._apart = apart
        self._shortcuts: dict[BatchApply[Any, Any], Shortcut[Any, Any]] = {}
        self._waiting: deque[Piece] = deque()
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._write_for_ever(), name="writer")

    def shorten(self, apply: BatchApply[Any, Any], shortcut: Shortcut[Any, Any]) -> None:
        """Try a shortcut first where nothing else waits than items of `apply`."""
        self._shortcuts[apply] = shortcut

    def submit(self, piece: Piece) -> None:
        """Add a piece; its `done` is called on the event loop after the commit."""
        self._waiting.append(piece)
        self._wake.set()

    async def close(self) -> None:
        """Commit what waits, then stop."""
        while self._waiting:
            await asyncio.sleep(0)
            self._wake.set()
            await self._idle()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _idle(self) -> None:
        settled = asyncio.get_running_loop().create_future()
        self.submit(Piece(None, lambda _: None, lambda _: settled.set_result(None)))
        await settled

    async def _write_for_ever(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                started = time.perf_counter()
                pieces = await self._commit()
                early = started + self._apart - time.perf_counter()
                if pieces >= MANY_PIECES and early > 0:
                    await asyncio.sleep(early)

    def _take(self) -> list[Piece]:
        count = min(len(self._waiting), MAX_PIECES)
        return [self._waiting.popleft() for _ in range(count)]

    async def _commit(self) -> int:
        """Commit what waits; tells how many pieces that were."""
        shortcut = self._shortcut()
        taken = [] if shortcut is None else self._take()
        count = len(taken)
        if shortcut is not None and not (taken := await self._shorten(shortcut, taken)):
            return count

        def work(txn: WritableTransaction) -> None:
            # Taken when the store is ours: who waits for another process takes along what comes.
            taken[:] = grouped([*taken, *self._take()])
            apply_pieces(txn, taken)

        started = time.perf_counter()
        try:
            await self._engine.transact(work)
        except StorageFailed as failure:
            self._refuse(taken or self._take(), failure)
        else:
            self._answer(taken, started)
        return len(taken) + count

    def _shortcut(self) -> Shortcut[Any, Any] | None:
        if not self._shortcuts:
            return None
        kind, *others = {piece.apply for piece in self._waiting}
        return None if others or kind is None else self._shortcuts.get(kind)

    async def _shorten(self, shortcut: Shortcut[Any, Any], pieces: list[Piece]) -> list[Piece]:
        """Commit what a shortcut can; gives the pieces that are left."""
        started = time.perf_counter()
        try:
            outcomes = await self._engine.shorten(shortcut, [piece.item for piece in pieces])
        except StorageFailed as failure:
            self._refuse(pieces, failure)
            return []
        done: list[Piece] = []
        left: list[Piece] = []
        for piece, outcome in zip(pieces, outcomes, strict=True):
            piece.outcome = outcome
            (left if outcome is None else done).append(piece)
        if done:
            self._answer(done, started)
        return left

    def _refuse(self, pieces: Sequence[Piece], failure: StorageFailed) -> None:
        self.figures.failed += 1
        log.error("commit_failed", pieces=len(pieces), cause=str(failure))
        for piece in pieces:
            piece.done(Refused("unavailable", retry_after_ms=1_000))

    def _answer(self, pieces: Sequence[Piece], started: float) -> None:
        self.figures.committed(len(pieces), time.perf_counter() - started)
        for piece in pieces:
            for fact in piece.facts:
                _guarded(self._facts.tell_after, fact)
            _guarded(piece.done, piece.outcome)


def _guarded(tell: Callable[[Any], None], what: Any) -> None:
    """Tell of what is committed: a fault of one listener must not end the writing of all."""
    try:
        tell(what)
    except Exception:
        log.exception("answer_failed")
