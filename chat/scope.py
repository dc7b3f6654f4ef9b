"""Who acts, from where, and when: the first argument of every use case."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from msgspec import Struct

from protocol.errors import Language, Refused
from protocol.operations import Access

Clock = Callable[[], int]
"""Gives UTC milliseconds since 1970. Handed in, so that no rule reads a clock."""

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def copenhagen_date(milliseconds: int) -> datetime.date:
    """Tell the date in Copenhagen at a moment; ages change at its midnight (domain rule 2)."""
    return _date_in_hour(milliseconds // 3_600_000)


@lru_cache(maxsize=64)
def _date_in_hour(hour: int) -> datetime.date:
    """Tell the date during an hour of UTC; Copenhagen is whole hours off, so it has but one."""
    return datetime.datetime.fromtimestamp(hour * 3_600, COPENHAGEN).date()


@lru_cache(maxsize=64)
def copenhagen_midnight(date: datetime.date) -> int:
    """Tell the moment (UTC milliseconds) at which a date begins in Copenhagen."""
    start = datetime.datetime.combine(date, datetime.time(), COPENHAGEN)
    return int(start.timestamp() * 1000)


_ACCOUNTS = frozenset({Access.ACCOUNT, Access.ACTIVE})


@dataclass(frozen=True, slots=True)
class Actor:
    """The account behind a session, as it was when the session was looked up.

    A `guest` has a seat in one talk instead of an account, and may do only what that takes.
    """

    account: int
    session: int
    active: bool
    born: datetime.date
    municipality: int
    joined_at: int
    guest: bool = False


class Scope(Struct, frozen=True, gc=False):
    """Who acts, when, in which language, from which network address (for limits only).

    `connection` is the socket that the command came by, 0 for HTTP: it gets the answer, so it is
    not sent the event as well.
    """

    now: int
    language: Language = "da"
    actor: Actor | None = None
    address: str = ""
    connection: int = 0

    @property
    def me(self) -> Actor:
        """The account that acts.

        Raises `Refused("not_authenticated")` for an anonymous scope.
        """
        if self.actor is None:
            raise Refused("not_authenticated")
        return self.actor

    @property
    def today(self) -> datetime.date:
        """The date in Copenhagen."""
        return copenhagen_date(self.now)

    def require(self, access: Access, *, guests: bool = False) -> None:
        """Check that whoever acts may call an operation of this access.

        Raises `Refused`: `not_authenticated`, also for a guest where `guests` may not; `not_active`
        while consent is missing or the account is suspended.
        """
        if self.actor is not None and self.actor.guest and not guests and access in _ACCOUNTS:
            raise Refused("not_authenticated")
        if access is Access.ACTIVE:
            if not self.me.active:
                raise Refused("not_active")
        elif access is Access.ACCOUNT and self.actor is None:
            raise Refused("not_authenticated")
