"""Notices that were given up: an operator sees them, has them tried again, or drops them."""

from chat.delivery import store
from chat.delivery.model import DeadNotice, NoticeQueued
from chat.storage.database import Database, Transaction
from protocol.errors import Refused


class DeadLetters:
    """What `samtale admin dead-letters` calls, beside a server that runs or while none does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> list[DeadNotice]:
        """Give the notices that will not be tried again, the latest first: no address, no words."""
        return await self._database.read(store.dead)

    async def show(self, notice: int) -> DeadNotice:
        """Give one. Raises `Refused("not_found")`."""
        for one in await self.list():
            if one.id == notice:
                return one
        raise Refused("not_found")

    async def replay(self, notice: int, now: int) -> None:
        """Have one tried anew, with all its attempts before it.

        Raises `Refused("not_found")`: no such dead letter, or its words have been erased, as they
        are after a day.
        """
        await self._database.write(_replay, notice, now)

    async def drop(self, notice: int) -> None:
        """Forget one. Raises `Refused("not_found")`."""
        if not await self._database.write(store.drop_dead, notice):
            raise Refused("not_found")


def _replay(txn: Transaction, notice: int, now: int) -> None:
    if not store.revive(txn, notice, now):
        raise Refused("not_found")
    txn.emit(NoticeQueued(notice))
