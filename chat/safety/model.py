"""The contact rule by age (domain rule 2), and what a block says (rule 5). Pure.

Dates are dates in Copenhagen, `today` is given. A birthday counts from its midnight. Whoever is
born on 29 February turns a year older on 1 March in a common year.
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from chat.accounts.model import OWN_RIGHT, YOUNGEST, age
from chat.storage.facts import Fact

ADULT = 18
"""Years of age from which one is an adult."""


class AgeBand(StrEnum):
    """The ages that the rules tell apart."""

    TOO_YOUNG = "under 13"  # nobody here has an account, so nobody has contact
    YOUNGER_TEEN = "13-14"  # with a parent's consent; no contact with adults
    OLDER_TEEN = "15-17"
    ADULT = "18+"

    @property
    def is_child(self) -> bool:
        """Tell whether one of this age is a child: under 18, as for BørneTelefonen."""
        return self is not AgeBand.ADULT


@dataclass(frozen=True, slots=True)
class BornBetween:
    """Birth dates after `after` (None: however early) up to and including `until`."""

    after: datetime.date | None
    until: datetime.date

    def __contains__(self, born: datetime.date) -> bool:
        return (self.after is None or born > self.after) and born <= self.until


def birthday(born: datetime.date, years: int) -> datetime.date:
    """Give the date on which one turns so many years old."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return datetime.date(born.year + years, 3, 1)


def latest_birth(years: int, today: datetime.date) -> datetime.date:
    """Give the latest date of birth of those who are at least so many years old today."""
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return datetime.date(today.year - years, 2, 28)


def age_band(born: datetime.date, today: datetime.date) -> AgeBand:
    """Tell the age band of someone today."""
    years = age(born, today)
    if years >= ADULT:
        return AgeBand.ADULT
    if years >= OWN_RIGHT:
        return AgeBand.OLDER_TEEN
    return AgeBand.YOUNGER_TEEN if years >= YOUNGEST else AgeBand.TOO_YOUNG


def contact_allowed(born_a: datetime.date, born_b: datetime.date, today: datetime.date) -> bool:
    """THE CONTACT RULE (domain rule 2): may these two see each other and write together?

    No conversation between an adult and someone under 15, whoever opens it; nobody under 13 at
    all. It is the same from both sides. Each is invisible to the other, like a hidden bubble.
    """
    bands = {age_band(born_a, today), age_band(born_b, today)}
    return AgeBand.TOO_YOUNG not in bands and bands != {AgeBand.YOUNGER_TEEN, AgeBand.ADULT}


def contact_changes_on(
    born_a: datetime.date, born_b: datetime.date, today: datetime.date
) -> datetime.date | None:
    """Give the next date on which the contact rule answers otherwise; None if it never does."""
    now = contact_allowed(born_a, born_b, today)
    birthdays = sorted(
        birthday(born, years) for born in (born_a, born_b) for years in (YOUNGEST, OWN_RIGHT, ADULT)
    )
    return next(
        (day for day in birthdays if day > today and contact_allowed(born_a, born_b, day) != now),
        None,
    )


def contact_window(born: datetime.date, today: datetime.date) -> BornBetween | None:
    """Give the birth dates of everyone this person may have contact with; None for nobody.

    The contact rule from one side, in a form that an index can answer.
    """
    match age_band(born, today):
        case AgeBand.ADULT:
            return BornBetween(None, latest_birth(OWN_RIGHT, today))
        case AgeBand.OLDER_TEEN:
            return BornBetween(None, latest_birth(YOUNGEST, today))
        case AgeBand.YOUNGER_TEEN:
            return BornBetween(latest_birth(ADULT, today), latest_birth(YOUNGEST, today))
        case AgeBand.TOO_YOUNG:
            return None


@dataclass(frozen=True, slots=True)
class BlocksChanged(Fact):
    """An account has blocked another, or lifted that block (row in `changes`)."""

    account: int
    other: int
    position: int
    account_seq: int
