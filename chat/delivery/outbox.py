"""The notice outbox: a notice is a row of the transaction that caused it, and goes out after.

Never lost; sent again only when death falls between the provider's acceptance and our record, and
then under the same Message-ID, SMS reference or push topic, so that its receiver sees it once.
"""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any

from chat.delivery import store, words
from chat.delivery.carrier import Carrier
from chat.delivery.lane import IDLE_MS, Lane, Refresh
from chat.delivery.model import Backlog, Channel, Kind, Notice, NoticeQueued
from chat.scope import Clock
from chat.storage.database import Database, Reader, Transaction
from chat.storage.facts import Facts
from chat.storage.ids import new_id


def enqueue(txn: Transaction, notice: Notice) -> bool:
    """Let a notice go out once this transaction is committed; tells whether it was new.

    Raises `KeyError` when its words do not exist or miss a param.
    """
    words.check(notice)
    notice_id = new_id(notice.at)
    if not store.add(txn, notice_id, notice):
        return False
    txn.emit(NoticeQueued(notice_id))
    return True


def withdraw(txn: Transaction, about: str) -> None:
    """Let nothing more go out of what waits to be said about something."""
    store.forget_about(txn, about)


def withdraw_from(
    txn: Transaction, account: int, channel: Channel, address: str | None = None
) -> None:
    """Let nothing that waits for an account go out to an address, or on a channel at all."""
    store.forget_address(txn, account, channel, address)


def erase(txn: Transaction, account: int) -> None:
    """Erase every notice of an account (G7)."""
    store.forget_account(txn, account)


def all_of(reader: Reader, account: int) -> list[dict[str, Any]]:
    """Give every notice of an account that is kept: channel, kind, address, times, state."""
    return store.all_of(reader, account)


def waiting_about(reader: Reader, about: str) -> dict[str, str]:
    """Give the params of the newest notice that waits to be said of something; empty for none."""
    return store.waiting_about(reader, about)


def backlog(reader: Reader) -> list[Backlog]:
    """Count what waits and what was given up, by channel."""
    return store.backlog(reader)


class Outbox:
    """Sends what waits, a lane for each channel that there is a carrier for.

    What waits on another channel goes on waiting, until there is one.
    """

    def __init__(
        self,
        database: Database,
        facts: Facts,
        carriers: Mapping[Channel, Carrier[Any]],
        clock: Clock,
    ) -> None:
        self._refresh: dict[str, Refresh] = {}
        dice = secrets.SystemRandom().random
        self._lanes = [
            Lane(channel, carrier, words.COMPOSE[channel], database, clock, dice, self._refresh)
            for channel, carrier in carriers.items()
        ]
        self._tasks: list[asyncio.Task[None]] = []
        facts.after_commit(NoticeQueued, lambda _: self._wake())

    def refresh(self, kind: Kind, refresh: Refresh) -> None:
        """Ask before each notice of a kind goes out whether it may, and in which words."""
        self._refresh[kind] = refresh

    def start(self) -> None:
        """Begin to send."""
        self._tasks = [
            asyncio.create_task(lane.send_for_ever(), name="outbox") for lane in self._lanes
        ]

    async def close(self) -> None:
        """Finish the notices at hand, then stop."""
        for lane in self._lanes:
            lane.stop()
        await asyncio.gather(*self._tasks)
        for lane in self._lanes:
            await lane.close()

    async def send_due(self) -> int:
        """Send everything that is due; tells in how many milliseconds to look again."""
        return min([await lane.send_due() for lane in self._lanes], default=IDLE_MS)

    def _wake(self) -> None:
        for lane in self._lanes:
            lane.wake()
