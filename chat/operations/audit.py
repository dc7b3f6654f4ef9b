"""The audit of operators: what was done from the command line, by whom, to what."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chat.scope import Clock
from chat.storage.database import Database, Reader, Transaction
from chat.storage.ids import new_id


@dataclass(frozen=True, slots=True)
class Action:
    """One line of it. `target` is an id or a code; `outcome`: `begun`, `done` or why not."""

    at: int
    operator: str
    action: str
    target: str
    outcome: str


class Audit:
    """Writes a line before something is done, so that nothing is done without one."""

    def __init__(self, database: Database, operator: str, clock: Clock) -> None:
        self._database = database
        self._operator = operator
        self._clock = clock

    @asynccontextmanager
    async def line(self, action: str, target: str) -> AsyncIterator[None]:
        """Do what is inside under a line of its own; what it raises becomes the outcome."""
        now = self._clock()
        number = new_id(now)
        await self._database.write(_begin, number, Action(now, self._operator, action, target, ""))
        outcome = "done"
        try:
            yield
        except BaseException as error:
            outcome = getattr(error, "code", type(error).__name__)
            raise
        finally:
            await self._database.write(_settle, number, outcome)

    async def latest(self, count: int) -> list[Action]:
        """Give the latest lines, the newest first."""
        return await self._database.read(_latest, count)


def _begin(txn: Transaction, number: int, action: Action) -> None:
    txn.run(
        "INSERT INTO operator_actions (id, at, operator, action, target, outcome)"
        " VALUES (?, ?, ?, ?, ?, 'begun')",
        number,
        action.at,
        action.operator,
        action.action,
        action.target,
    )


def _settle(txn: Transaction, number: int, outcome: str) -> None:
    txn.run("UPDATE operator_actions SET outcome = ? WHERE id = ?", outcome, number)


def _latest(reader: Reader, count: int) -> list[Action]:
    rows = reader.all(
        "SELECT at, operator, action, target, outcome FROM operator_actions"
        " ORDER BY at DESC, id DESC LIMIT ?",
        count,
    )
    return [Action(*row) for row in rows]
