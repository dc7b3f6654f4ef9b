"""When volunteers have time: weekly times in Copenhagen made into moments. Pure.

A weekly time is said in local time, so that it stays at seven in the evening when the clocks
change. Where the clock skips that minute (spring) there is no time that week; where it comes
twice (autumn) it is the first of the two (domain rule 10).
"""

import datetime
from dataclasses import dataclass

from chat.scope import COPENHAGEN
from chat.snaksammen.model import DAY, MINUTE
from protocol.errors import Refused

TICK = 5 * MINUTE
"""Times begin and end on these: what one row of `occupied` stands for."""

HORIZON_DAYS = 56
"""So far ahead weekly times are made, and single ones may be published."""


@dataclass(frozen=True, slots=True)
class Weekly:
    """A weekly time: Monday is 0, `minute` counts from midnight on the clock in Copenhagen."""

    weekday: int
    minute: int
    from_date: datetime.date
    until_date: datetime.date | None = None


def moment(date: datetime.date, minute: int) -> int | None:
    """Give the moment (UTC ms) of a minute of a local day; None if the clock skips it."""
    local = datetime.datetime.combine(
        date, datetime.time(minute // 60, minute % 60), COPENHAGEN
    )  # fold 0: the first of two
    there_and_back = local.astimezone(datetime.UTC).astimezone(COPENHAGEN)
    if there_and_back.replace(tzinfo=None) != local.replace(tzinfo=None):
        return None
    return int(local.timestamp() * 1000)


def minute_of(at: int) -> tuple[datetime.date, int]:
    """Tell the local date and minute of the day of a moment (UTC ms)."""
    local = datetime.datetime.fromtimestamp(at / 1000, COPENHAGEN)
    return local.date(), local.hour * 60 + local.minute


def occurrences(weekly: Weekly, after: datetime.date, until: datetime.date) -> list[int]:
    """List the moments of a weekly time on dates after one, up to and including another."""
    first = max(weekly.from_date, after + datetime.timedelta(days=1))
    last = until if weekly.until_date is None else min(until, weekly.until_date)
    date = first + datetime.timedelta(days=(weekly.weekday - first.weekday()) % 7)
    found = []
    while date <= last:
        at = moment(date, weekly.minute)
        if at is not None:
            found.append(at)
        date += datetime.timedelta(days=7)
    return found


def ticks(starts_at: int, ends_at: int) -> range:
    """Give the beginnings of the five minutes that a time takes up."""
    return range(starts_at - starts_at % TICK, ends_at, TICK)


def check_start(starts_at: int, now: int) -> int:
    """Give the start of a single time. Raises `Refused("invalid_field")`.

    It lies ahead, at most `HORIZON_DAYS`, and on a whole five minutes.
    """
    if starts_at % TICK or not now < starts_at <= now + HORIZON_DAYS * DAY:
        raise Refused("invalid_field", field="starts_at")
    return starts_at


def check_weekly(weekly: Weekly) -> Weekly:
    """Give a weekly time. Raises `Refused("invalid_field")` beside five minutes, or over."""
    if weekly.minute * MINUTE % TICK:
        raise Refused("invalid_field", field="minute")
    if weekly.until_date is not None and weekly.until_date < weekly.from_date:
        raise Refused("invalid_field", field="until_date")
    return weekly
