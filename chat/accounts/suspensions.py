"""Suspend an account, and reinstate it: for an operator, and for moderation."""

from chat.accounts import store
from chat.accounts.model import normalise_email
from chat.accounts.profile import announce
from chat.scope import Scope
from chat.storage.database import Database, Transaction
from protocol.errors import Refused


class Suspensions:
    """Who is suspended may log in, read and take their own with them, but act on nobody (G6).

    Sessions go on, with fewer rights from the next command on.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def suspend(self, scope: Scope, account: int) -> None:
        """Suspend; doing it twice changes nothing. Raises `Refused("not_found")`."""
        await self._database.write(_set_suspended, scope, account, True)

    async def reinstate(self, scope: Scope, account: int) -> None:
        """Lift a suspension, and no more: a child still needs a parent's consent.

        Raises `Refused("not_found")`.
        """
        await self._database.write(_set_suspended, scope, account, False)

    async def account_of(self, email: str) -> int:
        """Find the account of an address, for an operator.

        Raises `Refused`: `not_found`, `invalid_field`.
        """
        account = await self._database.read(store.by_email, normalise_email(email))
        if account is None:
            raise Refused("not_found")
        return account.id


def _set_suspended(txn: Transaction, scope: Scope, account_id: int, suspended: bool) -> None:
    account = store.by_id(txn, account_id)
    if account is None:
        raise Refused("not_found")
    if account.suspended != suspended:
        store.set_suspended(txn, account_id, suspended=suspended)
        announce(txn, account_id, scope)
