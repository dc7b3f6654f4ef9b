"""Which municipality subscribes when: kept in memory, because every bubble asks."""

import datetime
from collections.abc import Iterable, Mapping

from chat.municipalities import model, store
from chat.municipalities.lists import Subscriptions
from chat.municipalities.model import Municipality, Subscription, SubscriptionsChanged
from chat.scope import Scope
from chat.storage.changes import Change, add_change
from chat.storage.database import Database, Transaction
from protocol import operations, resources
from protocol.requests import Nothing

CHANGED = "municipality"
"""The kind of the log's row when subscriptions change; its account is the municipality's code."""


class Municipalities:
    """All 98 municipalities. Use `open`; register `follow` after `SubscriptionsChanged`."""

    def __init__(
        self,
        database: Database,
        municipalities: Iterable[Municipality],
        subscriptions: Iterable[Subscription],
    ) -> None:
        self._database = database
        self._all = {one.code: one for one in municipalities}
        self._subscriptions: dict[int, tuple[Subscription, ...]] = {}
        for one in subscriptions:
            self._subscriptions[one.code] = (*self._subscriptions.get(one.code, ()), one)

    @classmethod
    async def open(cls, database: Database) -> "Municipalities":
        """Fill an empty store, then read it."""
        await database.write(store.seed)
        return cls(
            database,
            await database.read(store.municipalities),
            await database.read(store.subscriptions),
        )

    def codes(self) -> list[int]:
        """Give the codes of all, in rising order."""
        return sorted(self._all)

    def exists(self, code: int) -> bool:
        """Tell whether there is a municipality of that code."""
        return code in self._all

    def name(self, code: int) -> str:
        """Give its Danish name. Raises `KeyError` for an unknown code."""
        return self._all[code].name

    def subscribes(self, code: int, date: datetime.date) -> bool:
        """Tell whether it subscribes on a date in Copenhagen; an unknown code does not."""
        return model.subscribes(self._subscriptions.get(code, ()), code, date)

    def subscribing(self, date: datetime.date) -> frozenset[int]:
        """Give the codes of all that subscribe on a date in Copenhagen."""
        return frozenset(code for code in self._subscriptions if self.subscribes(code, date))

    async def list(self, scope: Scope, _: Nothing) -> operations.Municipalities:
        """List all, by code, and whether each subscribes today."""
        today = scope.today
        return operations.Municipalities(
            [
                resources.Municipality(
                    one.code, one.name, one.region, self.subscribes(one.code, today)
                )
                for one in self._all.values()
            ]
        )

    async def subscribe(self, code: int, from_date: datetime.date) -> None:
        """Let a municipality subscribe from a date on, for an administrator; twice is once.

        Raises `KeyError` for an unknown code.
        """
        await self._database.write(_subscribe, self._all[code].code, from_date)

    async def unsubscribe(self, code: int, to_date: datetime.date) -> None:
        """Let a municipality leave: `to_date` is the first day without; twice is once.

        Raises `KeyError` for an unknown code.
        """
        await self._database.write(_unsubscribe, self._all[code].code, to_date)

    def names(self) -> Mapping[int, str]:
        """Give the Danish names of all, by code."""
        return {one.code: one.name for one in self._all.values()}

    def subscriptions(self, code: int) -> tuple[Subscription, ...]:
        """Give what a municipality has subscribed to, past and coming ones too."""
        return self._subscriptions.get(code, ())

    async def replace(self, scope: Scope, news: Subscriptions) -> None:
        """Give each municipality named exactly these subscriptions, all at once.

        Every process acts on it within two seconds.
        """
        await self._database.write(_replace, scope, news)
        for code, ones in news.items():
            self._subscriptions[code] = tuple(ones)

    async def follow_elsewhere(self, change: Change) -> None:
        """Take into memory what another process has changed of one (listener of the log's tail)."""
        code = change.account
        self._subscriptions[code] = await self._database.read(store.subscriptions_of, code)

    def follow(self, fact: SubscriptionsChanged) -> None:
        """Take a committed change into memory (after-commit hook)."""
        self._subscriptions[fact.code] = fact.subscriptions


def _replace(txn: Transaction, scope: Scope, news: Subscriptions) -> None:
    for code, ones in news.items():
        store.replace(txn, code, ones)
        add_change(txn, CHANGED, code, scope.now)
        txn.emit(SubscriptionsChanged(code, tuple(ones)))


def _subscribe(txn: Transaction, code: int, from_date: datetime.date) -> None:
    if not model.subscribes(store.subscriptions_of(txn, code), code, from_date):
        store.save(txn, [Subscription(code, from_date)])
        txn.emit(SubscriptionsChanged(code, store.subscriptions_of(txn, code)))


def _unsubscribe(txn: Transaction, code: int, to_date: datetime.date) -> None:
    store.end(txn, code, to_date)
    txn.emit(SubscriptionsChanged(code, store.subscriptions_of(txn, code)))
