"""The password of an account: change it, or choose a new one by a link."""

from chat.accounts import guard, links, session_store, store
from chat.accounts.allowances import Allowances
from chat.accounts.guard import Guard
from chat.accounts.links import Links, Purpose
from chat.accounts.model import SessionEnded, normalise_email
from chat.accounts.passwords import Passwords, personal_names
from chat.accounts.profile import own_account
from chat.accounts.registration import confirmation
from chat.accounts.store import AccountRow
from chat.delivery.model import Notice
from chat.delivery.outbox import enqueue
from chat.scope import Scope
from chat.storage.changes import add_change
from chat.storage.database import Database, Reader, Transaction
from protocol import requests as ask
from protocol import resources as res
from protocol.errors import Refused


class Credentials:
    """The use cases `password.change`, `password.forgot` and `password.reset`."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        guard_: Guard,
        allowances: Allowances,
        links_: Links,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._guard = guard_
        self._allowances = allowances
        self._links = links_

    async def change(self, scope: Scope, request: ask.ChangePassword) -> res.Empty:
        """Change the password; every other session ends.

        Raises `Refused`: `bad_credentials` (field `current`), `weak_password`, `rate_limited`.
        """
        own = await self._database.read(own_account, scope)
        password = self._passwords.check(request.password, *personal_names(own.alias, own.email))
        checked = await self._guard.check(scope, own.email, request.current, "current")
        password_hash = await self._passwords.hash(password)
        await self._database.write(self._change, scope, checked, password_hash)
        return res.Empty()

    async def forgot(self, scope: Scope, request: ask.ForgotPassword) -> res.Empty:
        """Ask for a link to choose a new password, good for an hour.

        An address without an account gets a mail that says so; one that waits to be confirmed
        gets a new link for that. Raises `Refused`: `rate_limited`, `invalid_field`.
        """
        email = normalise_email(request.email)
        mailed = self._allowances.mail(scope, email)
        await self._database.write(self._forgot, scope, email, mailed)
        return res.Empty()

    async def reset(self, scope: Scope, request: ask.ResetPassword) -> res.Empty:
        """Choose a new password by the link; every session ends.

        Raises `Refused`: `link_expired`, `weak_password` (the link stays good), `rate_limited`.
        """
        account = await self._database.read(_resettable, request.token, scope.now)
        names = personal_names(account.alias, account.email)
        password_hash = await self._passwords.hash(self._passwords.check(request.password, *names))
        await self._database.write(self._reset, scope, request.token, password_hash)
        return res.Empty()

    def _change(
        self, txn: Transaction, scope: Scope, checked: AccountRow, password_hash: str
    ) -> None:
        account = guard.passed(txn, checked)
        self._set(txn, account, password_hash, scope, keep=scope.me.session)

    def _forgot(self, txn: Transaction, scope: Scope, email: str, mailed: bool) -> None:
        now = scope.now
        account = store.by_email(txn, email)
        waiting = store.registration_of(txn, email, now)
        if account is not None:
            link = self._links.issue(txn, Purpose.PASSWORD, account.id, now)
            notice = Notice("reset_password", account.email, account.language, now, {"link": link})
        elif waiting is not None:
            link = self._links.issue(txn, Purpose.CONFIRM, waiting.id, now)
            notice = confirmation(waiting, link, now)
        else:
            # A link to nothing, so that the work is the same.
            self._links.issue(txn, Purpose.PASSWORD, 0, now)
            page = self._links.page("signup")
            notice = Notice("no_account", email, scope.language, now, {"link": page})
        if mailed:
            enqueue(txn, notice)

    def _reset(self, txn: Transaction, scope: Scope, token: str, password_hash: str) -> None:
        account = _resettable(txn, token, scope.now)
        guard.forgive(txn, account.email)
        self._set(txn, account, password_hash, scope, keep=None)

    def _set(
        self,
        txn: Transaction,
        account: AccountRow,
        password_hash: str,
        scope: Scope,
        keep: int | None,
    ) -> None:
        store.set_password(txn, account.id, password_hash)
        links.void(txn, account.id, Purpose.PASSWORD)
        links.void(txn, account.id, Purpose.EMAIL)
        session_store.end_all(txn, account.id, keep)
        add_change(txn, "session", account.id, scope.now)
        txn.emit(SessionEnded(account.id, None, keep))
        params = {"link": self._links.page("forgot")}
        enqueue(txn, Notice("password_changed", account.email, account.language, scope.now, params))


def _resettable(reader: Reader, token: str, now: int) -> AccountRow:
    link = links.find(reader, token, now, Purpose.PASSWORD)
    account = store.by_id(reader, link.account)
    if account is None:
        raise Refused("link_expired", field="token")
    return account
