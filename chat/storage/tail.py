"""The tail of the change log: hears of what other processes have changed, within two seconds.

A process acts on its own changes as it commits them (`Facts`). What another has committed beside
it, the command line or a second server, it finds here: the rows of `changes` after the last one
seen, ids only, once a second (design section 5.7). Whoever listens reads what it needs by itself,
as it stands by then, and must bear to be told twice.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable

import structlog

from chat.storage.changes import Change, changes_after, newest_change
from chat.storage.database import Database
from protocol.errors import Refused

log = structlog.get_logger(__name__)

PAGE = 500

Listener = Callable[[Change], Awaitable[None]]


class Tail:
    """Hands rows to the listeners of their kind. Use `from_now`, before anything is remembered."""

    def __init__(self, database: Database, position: int) -> None:
        self._database = database
        self._position = position
        self._listeners: dict[str, list[Listener]] = defaultdict(list)
        self._own: set[int] = set()
        self.deliveries = 0
        """Rows handed over: what this process would not have heard of otherwise."""

    @classmethod
    async def from_now(cls, database: Database) -> "Tail":
        """Begin after the newest row."""
        return cls(database, await database.read(newest_change))

    def listen(self, kind: str, listener: Listener) -> None:
        """Hand the rows of a kind to a listener, in the order of the log."""
        self._listeners[kind].append(listener)

    def skip(self, position: int) -> None:
        """Leave out a row of this process, which has acted on it already."""
        self._own.add(position)

    async def read(self) -> None:
        """Read to the end, once.

        Raises `Refused("unavailable")`; it is then read on from the row that was not handed over.
        """
        while rows := await self._database.read(changes_after, self._position, PAGE):
            for change in rows:
                if change.position not in self._own:
                    await self._hand_over(change)
                self._position = change.position
            self._own = {position for position in self._own if position > self._position}

    async def _hand_over(self, change: Change) -> None:
        self.deliveries += 1
        for listener in self._listeners.get(change.kind, ()):
            try:
                await listener(change)
            except Refused:
                raise
            except Exception as error:
                log.error("change_not_followed", kind=change.kind, exc_info=error)
