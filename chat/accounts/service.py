"""The face of accounts: every use case, who acts under a token, and what others may read."""

import datetime
from collections.abc import Callable, Collection, Sequence

from chat.accounts import profile, session_store, store
from chat.accounts.actors import Actors
from chat.accounts.allowances import Allowances
from chat.accounts.consents import Consents
from chat.accounts.credentials import Credentials
from chat.accounts.guard import Guard
from chat.accounts.lifetimes import Lifetimes
from chat.accounts.links import Links
from chat.accounts.model import Standing
from chat.accounts.passwords import Passwords
from chat.accounts.profile import Profile
from chat.accounts.registration import Registration
from chat.accounts.sessions import Sessions
from chat.accounts.suspensions import Suspensions
from chat.scope import Scope
from chat.settings import Limits
from chat.storage.database import Database, Reader, Transaction
from chat.storage.facts import Facts
from protocol import resources as res


def standing(reader: Reader, account_id: int, today: datetime.date) -> Standing | None:
    """Give what rules need to know of an account on a date; None if there is none.

    Ages count from midnight in Copenhagen (`scope.today`), so `active` needs the date.
    """
    return standings(reader, [account_id], today).get(account_id)


def standings(
    reader: Reader, account_ids: Sequence[int], today: datetime.date
) -> dict[int, Standing]:
    """Give what rules need to know of accounts, by id, as `standing`; unknown ids are left out."""
    return store.standings(reader, account_ids, today)


def aliases(reader: Reader, account_ids: Sequence[int]) -> dict[int, str]:
    """Give the aliases of accounts, by id; unknown ids are left out."""
    return store.aliases(reader, account_ids)


def own(reader: Reader, scope: Scope) -> res.Account:
    """Give the account that acts. Raises `Refused("not_authenticated")` if it is gone."""
    return profile.own(reader, scope)


def mail_address(reader: Reader, account_id: int) -> str | None:
    """Give the address to which an account's notices go; None for an unknown account."""
    account = store.by_id(reader, account_id)
    return account.email if account else None


def account_at(reader: Reader, email: str) -> int | None:
    """Find the account of a normalised address: never told to whoever asks."""
    account = store.by_email(reader, email)
    return None if account is None else account.id


def next_account_seq(txn: Transaction, account_id: int) -> int:
    """Number an account entry of any feature: 1 and up, without holes.

    Raises `KeyError` for an unknown account.
    """
    return store.next_account_seq(txn, account_id)


class Accounts:
    """Every use case of accounts, by the names of the operations that call it.

    `municipality_exists` tells whether there is a municipality of a code; `base_url` is where the
    web client is, for the links in mails.
    """

    def __init__(
        self,
        database: Database,
        facts: Facts,
        passwords: Passwords,
        municipality_exists: Callable[[int], bool],
        base_url: str,
        limits: Limits,
    ) -> None:
        self._database = database
        self._limits = limits
        links = Links(base_url)
        allowances = Allowances(limits)
        self.shared = allowances.shared
        guard = Guard(database, passwords, allowances, limits)
        lifetimes = Lifetimes(limits)
        self.posts_known_by = lifetimes.known_by
        actors = Actors(database, facts, lifetimes)

        registration = Registration(database, passwords, allowances, links, municipality_exists)
        self.register = registration.register
        self.confirm = registration.confirm
        self.admit = registration.admit

        profile = Profile(database, guard, allowances, links, municipality_exists)
        self.get = profile.get
        self.update = profile.update
        self.change_email = profile.change_email

        credentials = Credentials(database, passwords, guard, allowances, links)
        self.change_password = credentials.change
        self.forgot_password = credentials.forgot
        self.reset_password = credentials.reset

        consents = Consents(database, links)
        self.show_consent = consents.show
        self.give_consent = consents.give
        self.withdraw_consent = consents.withdraw

        sessions = Sessions(database, passwords, guard, actors, limits, lifetimes)
        self.create_session = sessions.create
        self.list_sessions = sessions.list
        self.end_session = sessions.end
        self.end_one_session = sessions.end_one
        self.end_all_sessions = sessions.end_all
        self.end_expired_sessions = sessions.end_expired
        self.create_socket_ticket = sessions.create_ticket

        suspensions = Suspensions(database)
        self.suspend = suspensions.suspend
        self.reinstate = suspensions.reinstate
        self.account_of = suspensions.account_of

        self.actor = actors.actor
        self.redeem_ticket = sessions.redeem_ticket
        self.forget = actors.forget

    async def ended_sessions(self, sessions: Collection[int]) -> set[int]:
        """Tell which of the sessions that there were have been ended."""
        alive = await self._database.read(session_store.alive, sessions)
        return set(sessions) - alive

    async def sweep(self, now: int) -> None:
        """Delete what has expired; call it every hour, so that nothing outlives its use by more."""
        await self._database.write(store.sweep, now, now - 2 * self._limits.login_window_ms)
        await self.end_expired_sessions(now)
        await self._database.write(session_store.sweep, now)
