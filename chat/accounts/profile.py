"""One's own account: see it, change alias, municipality, language and address."""

import datetime
from collections.abc import Callable

from msgspec import UNSET

from chat.accounts import guard, links, model, seats, store
from chat.accounts.allowances import Allowances
from chat.accounts.guard import Guard
from chat.accounts.links import Link, Links, Purpose
from chat.accounts.model import AccountChanged
from chat.accounts.store import AccountRow
from chat.delivery.model import Notice
from chat.delivery.outbox import enqueue
from chat.scope import Scope
from chat.storage.changes import add_change
from chat.storage.database import Database, Reader, Transaction
from protocol import requests as ask
from protocol import resources as res
from protocol.errors import Refused
from protocol.ids import encode_id


class Profile:
    """The use cases `account.get`, `account.update` and `email.change`."""

    def __init__(
        self,
        database: Database,
        guard_: Guard,
        allowances: Allowances,
        links_: Links,
        municipality_exists: Callable[[int], bool],
    ) -> None:
        self._database = database
        self._guard = guard_
        self._allowances = allowances
        self._links = links_
        self._municipality_exists = municipality_exists

    async def get(self, scope: Scope, request: ask.Nothing) -> res.Account:
        """Give one's own account."""
        return await self._database.read(own, scope)

    async def update(self, scope: Scope, request: ask.UpdateAccount) -> res.Account:
        """Change what is given, leave the rest.

        Raises `Refused`: `alias_taken`, or `invalid_field` for an unknown municipality.
        """
        municipality = request.municipality
        if municipality is not UNSET and not self._municipality_exists(municipality):
            raise Refused("invalid_field", field="municipality")
        return await self._database.write(_update, scope, request)

    async def change_email(self, scope: Scope, request: ask.ChangeEmail) -> res.Empty:
        """Ask for another address: a link goes there, a notice to the old one.

        It counts once the link is followed. A known address gets the same answer, and its owner a
        mail. Raises `Refused`: `bad_credentials` (field `password`), `rate_limited`,
        `invalid_field`.
        """
        email = model.normalise_email(request.email)
        own = await self._database.read(own_account, scope)
        account = await self._guard.check(scope, own.email, request.password, "password")
        mailed = self._allowances.mail(scope, email)
        await self._database.write(self._ask_new_email, scope, account, email, mailed)
        return res.Empty()

    def _ask_new_email(
        self, txn: Transaction, scope: Scope, account: AccountRow, email: str, mailed: bool
    ) -> None:
        account = guard.passed(txn, account)
        owner = store.by_email(txn, email)
        link = self._links.issue(txn, Purpose.EMAIL, account.id, scope.now, email)
        if owner is None:
            params = {"link": link}
            notice = Notice("confirm_new_email", email, account.language, scope.now, params)
        else:
            notice = already_registered(owner, self._links, scope.now)
        if mailed:
            enqueue(txn, notice)
        params = {"link": self._links.page("forgot")}
        enqueue(
            txn,
            Notice("email_change_asked", account.email, account.language, scope.now, params),
        )


def already_registered(owner: AccountRow, links_: Links, now: int) -> Notice:
    """Write the mail to the owner of an address that somebody wanted for another account."""
    params = {"link": links_.page("login")}
    return Notice("already_registered", owner.email, owner.language, now, params)


def own_account(reader: Reader, scope: Scope) -> AccountRow:
    """Give the account that acts. Raises `Refused("not_authenticated")` if it is gone."""
    account = store.by_id(reader, scope.me.account)
    if account is None:
        raise Refused("not_authenticated")
    return account


def own(reader: Reader, scope: Scope) -> res.Account:
    """Show the account or seat that acts to its owner. Raises `Refused("not_authenticated")`."""
    if scope.me.guest:
        seat = seats.find(reader, scope.me.account)
        if seat is None:
            raise Refused("not_authenticated")
        return seats.shown(seat)
    return shown(own_account(reader, scope), scope.today)


def shown(account: AccountRow, today: datetime.date) -> res.Account:
    """Show an account to its owner."""
    return res.Account(
        id=encode_id(account.id),
        email=model.show_email(account.email),
        alias=account.alias,
        born=account.born,
        municipality=account.municipality,
        language=account.language,
        state=account.state(today),
        read_receipts=account.read_receipts,
        presence=account.presence,
    )


def announce(txn: Transaction, account_id: int, scope: Scope) -> None:
    """Log that an account has changed, and tell the features above."""
    account_seq = store.next_account_seq(txn, account_id)
    position = add_change(txn, "account", account_id, scope.now, account_seq)
    account = store.by_id(txn, account_id)
    assert account is not None  # it was just numbered
    txn.emit(account_changed(account, position, account_seq, scope.today))


def account_changed(
    account: AccountRow, position: int, account_seq: int, today: datetime.date
) -> AccountChanged:
    """Say that an account looks like this, as of a row of the log."""
    return AccountChanged(
        account=account.id,
        position=position,
        account_seq=account_seq,
        alias=account.alias,
        municipality=account.municipality,
        born=account.born,
        active=account.active(today),
        seen_by_owner=shown(account, today),
    )


def use_new_email(txn: Transaction, link: Link, scope: Scope) -> None:
    """Let an address that was asked for count from now on.

    Raises `Refused("link_expired")` if somebody else has it meanwhile.
    """
    owner = store.by_email(txn, link.email or "")
    if link.email is None or (owner is not None and owner.id != link.account):
        raise Refused("link_expired", field="token")
    if owner is None:
        store.set_email(txn, link.account, link.email)
        announce(txn, link.account, scope)
    links.void(txn, link.account, Purpose.PASSWORD)


def _update(txn: Transaction, scope: Scope, request: ask.UpdateAccount) -> res.Account:
    before = own_account(txn, scope)
    alias = before.alias if request.alias is UNSET else model.clean_alias(request.alias)
    municipality = before.municipality if request.municipality is UNSET else request.municipality
    language = before.language if request.language is UNSET else request.language
    receipts = before.read_receipts if request.read_receipts is UNSET else request.read_receipts
    presence = before.presence if request.presence is UNSET else request.presence
    profile = (alias, municipality, language)
    if (*profile, receipts, presence) == (
        before.alias, before.municipality, before.language, before.read_receipts, before.presence
    ):  # fmt: skip
        return shown(before, scope.today)
    if store.alias_taken(txn, model.alias_key(alias), before.id):
        raise Refused("alias_taken", field="alias")
    store.set_profile(txn, before.id, alias=alias, municipality=municipality, language=language)
    store.set_shown(txn, before.id, read_receipts=receipts, presence=presence)
    announce(txn, before.id, scope)
    return shown(own_account(txn, scope), scope.today)
