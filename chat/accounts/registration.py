"""From a wish to an account: register, then confirm the address.

Nobody learns which addresses exist: a known one gets the same answer after the same work (one
hash, one unit of work with the same rows, one mail). Therefore a registration is no account yet:
nobody can log in to it, and it keeps no alias from others, or either would tell.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chat.accounts import links, model, store
from chat.accounts.allowances import Allowances
from chat.accounts.links import Links, Purpose
from chat.accounts.model import AccountConfirmed, AgeBand
from chat.accounts.passwords import Passwords, personal_names
from chat.accounts.profile import already_registered, use_new_email
from chat.accounts.store import RegistrationRow
from chat.delivery.model import Notice
from chat.delivery.outbox import enqueue
from chat.scope import Scope
from chat.storage.database import Database, Transaction
from chat.storage.ids import new_id
from protocol import requests as ask
from protocol import resources as res
from protocol.errors import Refused

MAX_NAMESAKES = 100


@dataclass(frozen=True, slots=True)
class _Wish:
    """A checked registration, not hashed yet."""

    email: str
    password: str
    alias: str
    parent_email: str | None


class Registration:
    """The use cases `account.register` and `account.confirm`."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        allowances: Allowances,
        links_: Links,
        municipality_exists: Callable[[int], bool],
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._allowances = allowances
        self._links = links_
        self._municipality_exists = municipality_exists

    async def register(self, scope: Scope, request: ask.RegisterAccount) -> res.Empty:
        """Ask for an account; a link to confirm it, good for 48 h, goes to the address.

        Asking again replaces what was asked before. Raises `Refused`: `too_young`,
        `parent_email_needed`, `weak_password`, `alias_taken`, `invalid_field`, `rate_limited`.
        """
        wish = self._checked(scope, request)
        if await self._database.read(store.alias_taken, model.alias_key(wish.alias)):
            raise Refused("alias_taken", field="alias")
        self._allowances.registration(scope)
        mailed = self._allowances.mail(scope, wish.email)
        password_hash = await self._passwords.hash(wish.password)
        registration = self._row(scope, request, wish, password_hash)
        await self._database.write(self._register, registration, scope.now, mailed)
        return res.Empty()

    async def admit(
        self, scope: Scope, request: ask.RegisterAccount, password_hash: str | None = None
    ) -> int:
        """Make a confirmed account without any mail, for demo people; gives its id.

        `password_hash`: that of the same password, if it was made before. Raises `Refused` as
        `register`, and `invalid_field` for a known address.
        """
        wish = self._checked(scope, request)
        password_hash = password_hash or await self._passwords.hash(wish.password)
        registration = self._row(scope, request, wish, password_hash)
        return await self._database.write(_admit, registration, scope.now)

    async def confirm(self, scope: Scope, request: ask.UseToken) -> res.Empty:
        """Confirm an address, a new account's or a changed one; following it twice is kind.

        A child's parent is asked now. Raises `Refused("link_expired")`.
        """
        await self._database.write(self._confirm, scope, request.token)
        return res.Empty()

    def _checked(self, scope: Scope, request: ask.RegisterAccount) -> _Wish:
        email = model.normalise_email(request.email)
        alias = model.clean_alias(request.alias)
        band = model.check_born(request.born, scope.today)
        if not self._municipality_exists(request.municipality):
            raise Refused("invalid_field", field="municipality")
        parent_email = _parent_email(request, email) if band is AgeBand.CONSENT else None
        password = self._passwords.check(request.password, *personal_names(alias, email))
        return _Wish(email, password, alias, parent_email)

    @staticmethod
    def _row(
        scope: Scope, request: ask.RegisterAccount, wish: _Wish, password_hash: str
    ) -> RegistrationRow:
        return RegistrationRow(
            id=new_id(scope.now),
            email=wish.email,
            password_hash=password_hash,
            alias=wish.alias,
            born=request.born,
            municipality=request.municipality,
            language=request.language,
            parent_email=wish.parent_email,
            expires_at=scope.now + links.CONFIRM_MS,
        )

    def _register(
        self, txn: Transaction, registration: RegistrationRow, now: int, mailed: bool
    ) -> None:
        if store.alias_taken(txn, model.alias_key(registration.alias)):
            raise Refused("alias_taken", field="alias")
        owner = store.by_email(txn, registration.email)
        # The same rows for a known address: its registration and link are worth nothing, because
        # the link is mailed to nobody.
        store.put_registration(txn, registration)
        link = self._links.issue(txn, Purpose.CONFIRM, registration.id, now)
        if owner is None:
            notice = confirmation(registration, link, now)
        else:
            notice = already_registered(owner, self._links, now)
        if mailed:
            enqueue(txn, notice)

    def _confirm(self, txn: Transaction, scope: Scope, token: str) -> None:
        link = links.find(txn, token, scope.now, Purpose.CONFIRM, Purpose.EMAIL)
        if link.used:
            return
        links.use(txn, link, scope.now)
        if link.purpose is Purpose.EMAIL:
            use_new_email(txn, link, scope)
            return
        registration = store.registration(txn, link.account)
        if registration is None or store.by_email(txn, registration.email) is not None:
            raise Refused("link_expired", field="token")
        alias = _open_account(txn, registration, scope.now)
        if model.age_band(registration.born, scope.today) is AgeBand.CONSENT:
            self._ask_parent(txn, registration, alias, scope.now)

    def _ask_parent(
        self, txn: Transaction, registration: RegistrationRow, alias: str, now: int
    ) -> None:
        parent_email = registration.parent_email
        assert parent_email is not None  # who is 13 or 14 now gave one at registration
        store.set_parent(txn, registration.id, parent_email)
        store.add_consent(txn, registration.id, "asked", now)
        link = self._links.issue(txn, Purpose.CONSENT, registration.id, now)
        params = {"alias": alias, "link": link}
        enqueue(txn, Notice("parent_consent", parent_email, registration.language, now, params))


def _parent_email(request: ask.RegisterAccount, own: str) -> str:
    if request.parent_email is not None:
        email = model.normalise_email(request.parent_email, "parent_email")
        if email != own:
            return email
    raise Refused("parent_email_needed", field="parent_email")


def confirmation(registration: RegistrationRow, link: str, now: int) -> Notice:
    """Write the mail that asks to confirm a new account's address."""
    params = {"alias": registration.alias, "link": link}
    return Notice("confirm_email", registration.email, registration.language, now, params)


def _open_account(txn: Transaction, registration: RegistrationRow, now: int) -> str:
    """Make the account; gives its alias."""
    alias = _free_alias(txn, registration.alias)
    # The row goes, the used link stays: followed again, it answers as it did.
    txn.run("DELETE FROM registrations WHERE id = ?", registration.id)
    store.add_account(txn, registration, alias, now)
    txn.emit(AccountConfirmed(registration.id))
    return alias


def _admit(txn: Transaction, registration: RegistrationRow, now: int) -> int:
    if store.by_email(txn, registration.email) is not None:
        raise Refused("invalid_field", field="email")
    if store.alias_taken(txn, model.alias_key(registration.alias)):
        raise Refused("alias_taken", field="alias")
    store.remove_registration(txn, registration.email)
    _open_account(txn, registration, now)
    if registration.parent_email is not None:
        store.set_parent(txn, registration.id, registration.parent_email)
        store.add_consent(txn, registration.id, "given", now)
        store.set_consented(txn, registration.id, consented=True)
    return registration.id


def _free_alias(txn: Transaction, wanted: str) -> str:
    """Give the alias, or with a number if somebody has confirmed it meanwhile: it can be changed.

    Raises `Refused("alias_taken")` when there are a hundred of them.
    """
    for number in range(1, MAX_NAMESAKES):
        alias = wanted if number == 1 else f"{wanted[:36]} {number}"
        if not store.alias_taken(txn, model.alias_key(alias)):
            return alias
    raise Refused("alias_taken", field="alias")
