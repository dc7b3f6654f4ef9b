"""Suspend an account, reinstate it, log it out: for an operator, and for moderation."""

from dataclasses import dataclass

from chat.accounts import session_store, store
from chat.accounts.model import SessionEnded, State, normalise_email
from chat.accounts.profile import announce
from chat.scope import Scope
from chat.storage.changes import add_change
from chat.storage.database import Database, Reader, Transaction
from protocol.errors import Refused


@dataclass(frozen=True, slots=True)
class Card:
    """What an operator sees of an account: nothing that was written, no address, no birthday."""

    account: int
    alias: str
    state: State
    municipality: int
    language: str
    joined_at: int
    sessions: int


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

    async def log_out(self, scope: Scope, account: int) -> None:
        """End every session of an account (G6). Raises `Refused("not_found")`."""
        await self._database.write(_log_out, scope, account)

    async def card(self, scope: Scope, account: int) -> Card:
        """Show what an operator may see of an account. Raises `Refused("not_found")`."""
        return await self._database.read(_card, scope, account)

    async def account_of(self, email: str) -> int:
        """Find the account of an address, for an operator.

        Raises `Refused`: `not_found`, `invalid_field`.
        """
        account = await self._database.read(store.by_email, normalise_email(email))
        if account is None:
            raise Refused("not_found")
        return account.id


def _log_out(txn: Transaction, scope: Scope, account_id: int) -> None:
    if store.by_id(txn, account_id) is None:
        raise Refused("not_found")
    session_store.end_all(txn, account_id, None)
    add_change(txn, "session", account_id, scope.now)
    txn.emit(SessionEnded(account_id, None))


def _card(reader: Reader, scope: Scope, account_id: int) -> Card:
    account = store.by_id(reader, account_id)
    if account is None:
        raise Refused("not_found")
    return Card(
        account=account.id,
        alias=account.alias,
        state=account.state(scope.today),
        municipality=account.municipality,
        language=account.language,
        joined_at=account.joined_at,
        sessions=len(session_store.of_account(reader, account_id, scope.now)),
    )


def _set_suspended(txn: Transaction, scope: Scope, account_id: int, suspended: bool) -> None:
    account = store.by_id(txn, account_id)
    if account is None:
        raise Refused("not_found")
    if account.suspended != suspended:
        store.set_suspended(txn, account_id, suspended=suspended)
        announce(txn, account_id, scope)
