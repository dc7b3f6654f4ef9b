"""The group-commit writer: what arrives while one commit is being synced shares the next.

One thread owns the writing connection. Work waits in a list; the writer takes the whole list,
applies it in one transaction in the order of submission, commits once, and only then answers.
One failing piece is undone alone and never fails its neighbours.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from typing import Any, Protocol

import structlog

from chat.figures import CommitFigures
from chat.storage.database import BatchApply, Transaction
from chat.storage.facts import Fact, Facts
from protocol.errors import Refused

log = structlog.get_logger(__name__)

MAX_PIECES = 2_000
"""Pieces in one commit: bounds how long a transaction may live."""


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


class Engine(Protocol):
    """The writing connection of a database engine."""

    async def transact(self, work: Callable[[WritableTransaction], None]) -> None:
        """Run `work` in one transaction and commit it to synced storage.

        Raises `StorageFailed` when it was not, or may not have been, committed.
        """
        ...


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
        outcomes, facts = txn.savepoint(lambda inner: apply(inner, items))
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
    """Gathers pieces, commits them together, answers them after the commit."""

    def __init__(self, engine: Engine, facts: Facts) -> None:
        self.figures = CommitFigures()
        self._engine = engine
        self._facts = facts
        self._waiting: deque[Piece] = deque()
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._write_for_ever(), name="writer")

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
                count = min(len(self._waiting), MAX_PIECES)
                await self._commit([self._waiting.popleft() for _ in range(count)])

    async def _commit(self, pieces: list[Piece]) -> None:
        started = time.perf_counter()
        try:
            await self._engine.transact(lambda txn: apply_pieces(txn, pieces))
        except StorageFailed as failure:
            self.figures.failed += 1
            log.error("commit_failed", pieces=len(pieces), cause=str(failure))
            for piece in pieces:
                piece.done(Refused("unavailable", retry_after_ms=1_000))
            return
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
