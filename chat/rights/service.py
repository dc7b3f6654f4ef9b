"""Gives someone what is kept of them, and erases it: each feature registers its own part."""

from collections.abc import Mapping
from typing import Any, Protocol

from chat.storage.database import Database, Reader, Transaction


class Part(Protocol):
    """What one feature holds of an account."""

    def export(self, reader: Reader, account: int) -> dict[str, Any]:
        """Give all that is held of an account, as JSON takes it; nothing of anybody else."""
        ...

    def erase(self, txn: Transaction, account: int, now: int) -> bool:
        """Erase or anonymise a piece of what is held (at most 5 ms); tells whether all is gone.

        Called again until it is, and again after a crash: what is gone already is no error.
        """
        ...


class Rights:
    """Every feature's part, erased in the order given: what tells others of it comes first."""

    def __init__(self, database: Database, parts: Mapping[str, Part]) -> None:
        self._database = database
        self._parts = parts

    async def export(self, account: int) -> dict[str, Any]:
        """Give what is kept of an account, by feature (domain rule 7)."""

        def read(reader: Reader) -> dict[str, Any]:
            return {name: part.export(reader, account) for name, part in self._parts.items()}

        return await self._database.read(read)

    async def erase(self, account: int, now: int) -> None:
        """Erase what is kept of an account (G7). Doing it twice is doing it once.

        Raises `Refused("unavailable")` halfway when the storage goes away: then do it again.
        """
        for part in self._parts.values():
            while not await self._database.write(part.erase, account, now):
                pass
