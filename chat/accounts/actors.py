"""Who is behind a token: one read, and for the next minute none at all.

Phones reconnect five to ten times a visit. The invariant: what this process has committed is seen
at once, because the facts drop it from memory before anyone is answered. What another process has
committed is told by the change log, whose tail calls `forget`; a minute is the bound behind that.
"""

from contextlib import suppress

from chat.accounts import session_store
from chat.accounts.lifetimes import Lifetimes
from chat.accounts.links import digest
from chat.accounts.model import AccountChanged, SessionEnded
from chat.accounts.session_store import Presented
from chat.scope import Actor, copenhagen_date, copenhagen_midnight
from chat.storage.database import Database, Transaction
from chat.storage.facts import Facts
from protocol.errors import Refused

KEEP_MS = 60_000
KEEP_AT_MOST = 20_000
SEEN_EVERY_MS = 3_600_000
DAY_MS = 86_400_000


class Actors:
    """Looks up who acts."""

    def __init__(self, database: Database, facts: Facts, lifetimes: Lifetimes) -> None:
        self._database = database
        self._lifetimes = lifetimes
        self._known: dict[bytes, tuple[Actor, int]] = {}
        self._of_account: dict[int, set[bytes]] = {}
        self._forgotten = 0
        facts.after_commit(SessionEnded, lambda fact: self.forget(fact.account))
        facts.after_commit(AccountChanged, lambda fact: self.forget(fact.account))

    async def actor(self, token: str, now: int) -> Actor | None:
        """Tell who acts under a session's token; None if it is unknown, ended or expired."""
        key = digest(token)
        actor, until = self._known.get(key, (None, 0))
        if actor is not None and now < until:
            return actor
        return await self._look_up(key, now)

    async def by_session(self, session: int, now: int) -> Actor | None:
        """Tell who acts in a session; None if it has ended."""
        found = await self._database.read(session_store.by_id, session, now, copenhagen_date(now))
        return None if found is None else found.actor

    def forget(self, account: int) -> None:
        """Look the account up anew: its rights or sessions have changed."""
        self._forgotten += 1
        for key in self._of_account.pop(account, ()):
            self._known.pop(key, None)

    async def _look_up(self, key: bytes, now: int) -> Actor | None:
        found = await self._read(key, now)
        if found is not None and now - found.last_seen_at >= SEEN_EVERY_MS:
            await self._touch(found, now)
            found = await self._read(key, now)
        if found is None:
            return None
        self._remember(key, found, now)
        return found.actor

    async def _read(self, key: bytes, now: int) -> Presented | None:
        today = copenhagen_date(now)
        while True:
            forgotten = self._forgotten
            found = await self._database.look(session_store.by_digest, key, now, today)
            # Had something ended while we read, what we have could be from before.
            if forgotten == self._forgotten:
                return found

    def _remember(self, key: bytes, found: Presented, now: int) -> None:
        # Ages change at midnight in Copenhagen: nothing is remembered across it.
        tomorrow = copenhagen_midnight(copenhagen_date(now + DAY_MS))
        self._forget_key(key)
        if len(self._known) >= KEEP_AT_MOST:
            self._forget_key(next(iter(self._known)))
        self._known[key] = (found.actor, min(now + KEEP_MS, found.expires_at, tomorrow))
        self._of_account.setdefault(found.actor.account, set()).add(key)

    def _forget_key(self, key: bytes) -> None:
        actor, _ = self._known.pop(key, (None, 0))
        if actor is not None:
            keys = self._of_account[actor.account]
            keys.discard(key)
            if not keys:
                del self._of_account[actor.account]

    async def _touch(self, found: Presented, now: int) -> None:
        # A session that cannot be prolonged now is prolonged next time.
        with suppress(Refused):
            await self._database.write(self._live_on, found.actor, now)

    def _live_on(self, txn: Transaction, actor: Actor, now: int) -> None:
        began = session_store.created_at(txn, actor.session)
        if began is not None:
            until = self._lifetimes.expires_at(txn, actor.account, began, now)
            session_store.touch(txn, actor.session, now, until)
