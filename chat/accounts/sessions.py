"""Log in, see where one is logged in, log out; tickets for sockets."""

import unicodedata

from chat.accounts import guard, links, session_store, store
from chat.accounts.actors import Actors
from chat.accounts.guard import Guard
from chat.accounts.lifetimes import Lifetimes
from chat.accounts.model import SessionEnded, normalise_email
from chat.accounts.passwords import Passwords
from chat.accounts.profile import shown
from chat.accounts.session_store import SessionRow
from chat.accounts.store import AccountRow
from chat.scope import Actor, Scope, copenhagen_date
from chat.settings import Limits
from chat.storage.changes import add_change
from chat.storage.database import Database, Transaction
from chat.storage.ids import new_id
from protocol import operations
from protocol import requests as ask
from protocol import resources as res
from protocol.errors import Refused
from protocol.ids import decode_id, encode_id

TICKET = "ticket."
"""How a ticket begins: no session's token has a dot, so a socket knows which it was given."""

EXPIRED_AT_ONCE = 50
"""Sessions that one unit of work ends (at most 5 ms)."""


class Sessions:
    """The use cases of sessions and socket tickets."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        guard_: Guard,
        actors: Actors,
        limits: Limits,
        lifetimes: Lifetimes,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._guard = guard_
        self._actors = actors
        self._limits = limits
        self._lifetimes = lifetimes

    async def create(self, scope: Scope, request: ask.LogIn) -> res.Session:
        """Log in; the reply always carries the token, which a browser gets as a cookie instead.

        An account that waits for consent may log in too. Raises `Refused`: `bad_credentials`,
        the same for a wrong password, an unknown address and one that is not confirmed yet;
        `rate_limited`.
        """
        email = normalise_email(request.email)
        account = await self._guard.check(scope, email, request.password)
        renewed = None
        if self._passwords.outdated(account.password_hash):
            renewed = await self._passwords.hash(request.password)
        return await self._database.write(self._create, scope, request, account, renewed)

    async def list(self, scope: Scope, request: ask.Nothing) -> operations.Sessions:
        """Tell where one is logged in, the latest used first."""
        me = scope.me
        rows = await self._database.read(session_store.of_account, me.account, scope.now)
        return operations.Sessions([_summary(row, current=row.id == me.session) for row in rows])

    async def end(self, scope: Scope, request: ask.Nothing) -> res.Empty:
        """Log out here."""
        await self._database.write(_end, scope, scope.me.session)
        return res.Empty()

    async def end_one(self, scope: Scope, request: ask.EndSession) -> res.Empty:
        """Log one device out. Raises `Refused("not_found")`."""
        await self._database.write(_end, scope, decode_id(request.session))
        return res.Empty()

    async def end_all(self, scope: Scope, request: ask.Nothing) -> res.Empty:
        """Log out everywhere, here included."""
        await self._database.write(_end_all, scope)
        return res.Empty()

    async def create_ticket(self, scope: Scope, request: ask.Nothing) -> operations.SocketTicket:
        """Make a ticket: good for one socket within 30 s."""
        ticket = TICKET + links.new_token()
        expires_at = scope.now + self._limits.socket_ticket_ms
        await self._database.write(_add_ticket, scope, links.digest(ticket), expires_at)
        return operations.SocketTicket(ticket)

    async def redeem_ticket(self, ticket: str, now: int) -> Actor | None:
        """Tell who acts under a ticket and use it up; None if it is none, used or too old."""
        if not ticket.startswith(TICKET):
            return None
        session = await self._database.write(session_store.take_ticket, links.digest(ticket), now)
        return None if session is None else await self._actors.by_session(session, now)

    async def end_expired(self, now: int) -> None:
        """End the sessions whose time is over, on open sockets of every process too (G6)."""
        while await self._database.read(session_store.expired, now, 1):
            await self._database.write(_end_expired, now)

    def _create(
        self,
        txn: Transaction,
        scope: Scope,
        request: ask.LogIn,
        checked: AccountRow,
        renewed: str | None,
    ) -> res.Session:
        account = guard.passed(txn, checked)
        if renewed is not None:
            store.set_password(txn, account.id, renewed)
        self._make_room(txn, scope, account.id)
        token = links.new_token()
        now = scope.now
        until = self._lifetimes.expires_at(txn, account.id, now, now)
        row = SessionRow(new_id(now), _printable(request.device), now, now, until)
        session_store.add(txn, row, account.id, request.kind, links.digest(token))
        return res.Session(encode_id(row.id), row.expires_at, shown(account, scope.today), token)

    def _make_room(self, txn: Transaction, scope: Scope, account_id: int) -> None:
        """End the sessions longest unused, so that one more is within the limit."""
        rows = session_store.of_account(txn, account_id, scope.now)
        for row in rows[self._limits.sessions_per_account - 1 :]:
            _end_session(txn, scope, account_id, row.id)


def _end_session(txn: Transaction, scope: Scope, account_id: int, session_id: int) -> bool:
    ended = session_store.end(txn, account_id, session_id)
    if ended:
        add_change(txn, "session", account_id, scope.now)
        txn.emit(SessionEnded(account_id, session_id))
    return ended


def _end_expired(txn: Transaction, now: int) -> None:
    for account_id, session_id in session_store.expired(txn, now, EXPIRED_AT_ONCE):
        session_store.end(txn, account_id, session_id)
        add_change(txn, "session", account_id, now)
        txn.emit(SessionEnded(account_id, session_id))


def _end(txn: Transaction, scope: Scope, session_id: int) -> None:
    if not _end_session(txn, scope, scope.me.account, session_id):
        raise Refused("not_found", field="session")


def _end_all(txn: Transaction, scope: Scope) -> None:
    account_id = scope.me.account
    session_store.end_all(txn, account_id, None)
    add_change(txn, "session", account_id, scope.now)
    txn.emit(SessionEnded(account_id, None))


def _add_ticket(txn: Transaction, scope: Scope, digest: bytes, expires_at: int) -> None:
    me = scope.me
    if session_store.by_id(txn, me.session, scope.now, copenhagen_date(scope.now)) is None:
        raise Refused("not_authenticated")
    session_store.add_ticket(txn, digest, me.session, expires_at)


def _printable(device: str) -> str:
    return "".join(c for c in device if unicodedata.category(c)[0] != "C").strip()


def _summary(row: SessionRow, *, current: bool) -> res.SessionSummary:
    return res.SessionSummary(
        id=encode_id(row.id),
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        device=row.device,
        current=current,
    )
