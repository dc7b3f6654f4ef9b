"""Leases: what one process of several does for all, until it dies and another takes over.

Whoever holds a lease raises its beat; the others take it once they have seen the same beat for too
long by their own clocks. So no two clocks need to agree. Nothing may depend on a lease being held
by one only: for a moment two may think so.
"""

from dataclasses import dataclass
from enum import Enum

from chat.storage.database import Database, Reader, Transaction
from protocol.errors import Refused

BEAT_SECONDS = 1.0
DEAD_SECONDS = 4.0
"""How long a beat must have stood still for its holder to count as dead."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lease as the store has it; nobody holds one whose holder has no name."""

    holder: str = ""
    beat: int = 0


class Turn(Enum):
    """What is to be done about a lease."""

    RAISE = "raise"
    TAKE = "take"
    WAIT = "wait"


class Watch:
    """What one process has seen of a lease. Pure: seconds of any clock that does not turn back."""

    def __init__(self, me: str) -> None:
        self._me = me
        self._seen = Held()
        self._since = 0.0

    def look(self, held: Held, now: float) -> Turn:
        """Decide by what the store has now."""
        if held.holder == self._me:
            return Turn.RAISE
        if not held.holder:
            return Turn.TAKE
        if held != self._seen:
            self._seen, self._since = held, now
        return Turn.TAKE if now - self._since >= DEAD_SECONDS else Turn.WAIT


class Lease:
    """One lease, as one process sees it; `me` is a name that no other process has."""

    def __init__(self, database: Database, name: str, me: str) -> None:
        self._database = database
        self._name = name
        self._me = me
        self._watch = Watch(me)
        self._last = Held()
        self.mine = False
        self.raised_by = ""
        """Which process has raised it, or taken it, since the look before last; "" if none has."""

    async def beat(self, now: float) -> None:
        """Look, and raise or take it; call it every `BEAT_SECONDS`.

        Raises `Refused("unavailable")`, after which it is not held until the next time.
        """
        try:
            held = await self._database.read(_held, self._name)
            self.raised_by = held.holder if held != self._last else ""
            self._last = held
            due = self._watch.look(held, now) is not Turn.WAIT
            self.mine = due and await self._database.write(_put, self._name, held, self._me)
        except Refused:
            self.mine = False
            raise

    async def let_go(self) -> None:
        """Leave it to whoever looks next. Raises `Refused("unavailable")`."""
        if self.mine:
            self.mine = False
            await self._database.write(_let_go, self._name, self._me)


def _held(reader: Reader, name: str) -> Held:
    row = reader.one("SELECT holder, beat FROM leases WHERE name = ?", name)
    return Held() if row is None else Held(row["holder"], row["beat"])


def _put(txn: Transaction, name: str, seen: Held, holder: str) -> bool:
    """Take or raise a lease that is as it was seen; False when another was quicker."""
    added = txn.run(
        "INSERT INTO leases (name, holder, beat) VALUES (?, ?, 1) ON CONFLICT DO NOTHING",
        name, holder,
    )  # fmt: skip
    return bool(added) or bool(
        txn.run(
            "UPDATE leases SET holder = ?, beat = beat + 1"
            " WHERE name = ? AND holder = ? AND beat = ?",
            holder, name, seen.holder, seen.beat,
        )
    )  # fmt: skip


def _let_go(txn: Transaction, name: str, holder: str) -> None:
    txn.run("UPDATE leases SET holder = '' WHERE name = ? AND holder = ?", name, holder)
