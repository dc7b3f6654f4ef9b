"""Stands before every check of a password: the limits come first, the hash after."""

import hashlib

from chat.accounts import model, store
from chat.accounts.allowances import Allowances
from chat.accounts.passwords import Passwords
from chat.accounts.store import AccountRow
from chat.scope import Scope
from chat.settings import Limits
from chat.storage.database import Database, Transaction
from protocol.errors import Refused


class Guard:
    """Checks passwords; addresses without an account meet the same limits and the same work."""

    def __init__(
        self, database: Database, passwords: Passwords, allowances: Allowances, limits: Limits
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._allowances = allowances
        self._limits = limits

    async def check(
        self, scope: Scope, email: str, password: str, field: str | None = None
    ) -> AccountRow:
        """Give the account of a normalised address if the password, given in `field`, is right.

        Raises `Refused`: `bad_credentials`, or `rate_limited` before anything is hashed. The try
        counts as failed until `passed`, so that many at once cannot slip under the limit.
        """
        self._allowances.password_check(scope)
        self._passwords.check_room()
        account = await self._database.write(self._count, email, scope.now)
        known = account.password_hash if account else None
        if not await self._passwords.verify(known, password) or account is None:
            raise Refused("bad_credentials", field=field)
        return account

    def _count(self, txn: Transaction, email: str, now: int) -> AccountRow | None:
        key = _digest(email)
        failures = store.failures(txn, key)
        limit, window_ms = self._limits.login_failures, self._limits.login_window_ms
        wait = model.login_wait(failures, now, limit=limit, window_ms=window_ms)
        if wait:
            raise Refused("rate_limited", retry_after_ms=wait)
        counted = model.with_failure(failures, now, limit=limit, window_ms=window_ms)
        store.set_failures(txn, key, counted)
        return store.by_email(txn, email)


def passed(txn: Transaction, account: AccountRow) -> AccountRow:
    """Forget the failures of an account whose password was right, and give it as it is now.

    Raises `Refused("bad_credentials")` if the password was changed meanwhile.
    """
    current = store.by_id(txn, account.id)
    if current is None or current.password_hash != account.password_hash:
        raise Refused("bad_credentials")
    forgive(txn, current.email)
    return current


def forgive(txn: Transaction, email: str) -> None:
    """Forget the failed logins of an address."""
    store.forget_failures(txn, _digest(email))


def _digest(email: str) -> bytes:
    return hashlib.sha256(email.encode()).digest()
