"""Use cases of Web Push: a browser subscribes, and is forgotten with its session."""

from collections.abc import Awaitable, Callable, Collection
from urllib.parse import urlsplit

from chat.accounts.model import SessionEnded
from chat.delivery.model import AddressGone
from chat.delivery.outbox import withdraw_from
from chat.delivery.webpush import checked, write_subscription
from chat.notifications import reach_store
from chat.notifications.reach_store import PushRow
from chat.scope import Scope
from chat.settings import Settings
from chat.storage.database import Database, Transaction
from chat.storage.ids import new_id
from protocol import resources as res
from protocol.errors import Refused
from protocol.ids import decode_id, encode_id
from protocol.notices import PushSubscription, SubscribePush, UnsubscribePush

BROWSERS = 10
"""Subscriptions of an account; the eleventh takes the place of the oldest."""

PAGE = 200

EndedSessions = Callable[[Collection[int]], Awaitable[set[int]]]
"""Tells which of some sessions have been ended."""


class Pushes:
    """The use cases `push.subscribe` and `push.unsubscribe`, and what ends a subscription."""

    def __init__(self, database: Database, settings: Settings, *, there_is_push: bool) -> None:
        self._database = database
        self._hosts = settings.push_hosts
        self._inside_too = settings.push_inside
        self._there_is_push = there_is_push

    async def subscribe(self, scope: Scope, request: SubscribePush) -> PushSubscription:
        """Let this session's browser take push messages; it replaces what the session had.

        Raises `Refused`: `invalid_field` for what no push service of ours gave out, `not_found`
        where there is no Web Push.
        """
        if not self._there_is_push:
            raise Refused("not_found")
        subscription = checked(
            request.endpoint,
            request.p256dh,
            request.auth,
            self._hosts,
            inside_too=self._inside_too,
        )
        row = PushRow(
            new_id(scope.now),
            scope.me.account,
            scope.me.session,
            request.endpoint,
            write_subscription(subscription),
        )
        await self._database.write(_subscribe, row, scope.now)
        return shown(row, scope)

    async def unsubscribe(self, scope: Scope, request: UnsubscribePush) -> res.Empty:
        """End one of one's own subscriptions; one that is not there is no error."""
        await self._database.write(_unsubscribe, scope, decode_id(request.subscription))
        return res.Empty()

    async def tidy(self, ended_sessions: EndedSessions) -> None:
        """Forget the subscriptions of sessions that are over without having been ended by hand."""
        after: int | None = 0
        while after is not None:
            page = await self._database.read(reach_store.pushes_after, after, PAGE)
            ended = await ended_sessions({one.session for one in page})
            for row in page:
                if row.session in ended:
                    await self._database.write(_forget, row)
            after = page[-1].id if len(page) == PAGE else None


def end_with_session(fact: SessionEnded, txn: Transaction) -> None:
    """Let nothing go out any more to where someone has logged out (G6)."""
    for row in reach_store.pushes(txn, fact.account):
        if row.session == fact.session or (
            fact.session is None and row.session != fact.except_session
        ):
            _forget(txn, row)


def end_with_address(fact: AddressGone, txn: Transaction) -> None:
    """Forget a subscription that its push service has forgotten."""
    row = reach_store.push_of_address(txn, fact.address) if fact.channel == "push" else None
    if row is not None:
        _forget(txn, row)


def shown(row: PushRow, scope: Scope) -> PushSubscription:
    """Show a subscription to its owner."""
    service = urlsplit(row.endpoint).hostname or ""
    return PushSubscription(encode_id(row.id), service, row.session == scope.me.session)


def _subscribe(txn: Transaction, row: PushRow, now: int) -> None:
    known = reach_store.push_at(txn, row.endpoint)
    if known is not None:
        _forget(txn, known)
    mine = reach_store.pushes(txn, row.account)
    for one in mine:
        if one.session == row.session:
            _forget(txn, one)
    others = [one for one in mine if one.session != row.session]
    for one in others[: max(0, len(others) + 1 - BROWSERS)]:
        _forget(txn, one)
    reach_store.add_push(txn, row, now)


def _unsubscribe(txn: Transaction, scope: Scope, subscription: int) -> None:
    for row in reach_store.pushes(txn, scope.me.account):
        if row.id == subscription:
            _forget(txn, row)


def _forget(txn: Transaction, row: PushRow) -> None:
    reach_store.delete_push(txn, row.id)
    withdraw_from(txn, row.account, "push", row.address)
