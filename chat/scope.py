"""Who acts, from where, and when: the first argument of every use case."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from protocol.errors import Language, Refused

Clock = Callable[[], int]
"""Gives UTC milliseconds since 1970. Handed in, so that no rule reads a clock."""

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def copenhagen_date(milliseconds: int) -> datetime.date:
    """Tell the date in Copenhagen at a moment; ages change at its midnight (domain rule 2)."""
    return datetime.datetime.fromtimestamp(milliseconds / 1000, COPENHAGEN).date()


@dataclass(frozen=True, slots=True)
class Actor:
    """The account behind a session, as it was when the session was looked up."""

    account: int
    session: int
    active: bool
    born: datetime.date
    municipality: int
    joined_at: int


@dataclass(frozen=True, slots=True)
class Scope:
    """Who acts, when, in which language, from which network address (for limits only)."""

    now: int
    language: Language = "da"
    actor: Actor | None = None
    address: str = ""

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
