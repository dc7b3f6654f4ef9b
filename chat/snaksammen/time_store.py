"""SQL of volunteers' times: single ones, the weekly ones they are made of, and which are free."""

import datetime
from dataclasses import dataclass

from chat.snaksammen.booking import VOLUNTEER_SIDE
from chat.snaksammen.times import Weekly
from chat.storage.database import Reader, Row, Transaction


@dataclass(frozen=True, slots=True)
class Time:
    """A time that a volunteer has published; UTC ms."""

    id: int
    volunteer: int
    service: str
    starts_at: int
    ends_at: int


@dataclass(frozen=True, slots=True)
class WeeklyTime:
    """A weekly time of a volunteer; `made_until` is the last date of which it was made."""

    id: int
    volunteer: int
    service: str
    said: Weekly
    made_until: datetime.date | None


_TIME = "t.id, t.volunteer_id, t.service, t.starts_at, t.ends_at"
_FREE = (
    "t.withdrawn_at IS NULL AND v.state = 'active' AND NOT EXISTS (SELECT 1 FROM occupied o"
    f" WHERE o.side = {VOLUNTEER_SIDE} AND o.who = t.volunteer_id"
    " AND o.at >= t.starts_at AND o.at < t.ends_at)"
)
_WEEKLY = (
    "id, volunteer_id, service, weekday, minute, from_date, until_date, made_until"
    " FROM weekly_times"
)


# --- single times ---------------------------------------------------------------------------------


def add_times(txn: Transaction, times: list[Time], weekly: int | None) -> None:
    """Add times; one that begins when another of the volunteer's does is not added again.

    One that was withdrawn by itself comes back when it is published by itself.
    """
    again = (
        "DO NOTHING"
        if weekly is not None
        else "DO UPDATE SET withdrawn_at = NULL, service = excluded.service,"
        " ends_at = excluded.ends_at"
    )
    txn.many(
        "INSERT INTO times (id, volunteer_id, weekly_id, service, starts_at, ends_at)"
        f" VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (volunteer_id, starts_at) {again}",
        [(one.id, one.volunteer, weekly, one.service, one.starts_at, one.ends_at)
         for one in times],
    )  # fmt: skip


def time(reader: Reader, time_id: int) -> Time | None:
    """Find a time that was not withdrawn, free or not."""
    row = reader.one(
        f"SELECT {_TIME} FROM times t WHERE t.id = ? AND t.withdrawn_at IS NULL", time_id
    )
    return None if row is None else Time(*row)


def time_at(reader: Reader, volunteer: int, starts_at: int) -> Time | None:
    """Find a volunteer's time by when it begins."""
    row = reader.one(
        f"SELECT {_TIME} FROM times t WHERE t.volunteer_id = ? AND t.starts_at = ?"
        " AND t.withdrawn_at IS NULL",
        volunteer, starts_at,
    )  # fmt: skip
    return None if row is None else Time(*row)


def overlaps(reader: Reader, volunteer: int, starts_at: int, ends_at: int) -> bool:
    """Tell whether another time of a volunteer's overlaps one, beginning at another moment."""
    row = reader.one(
        "SELECT 1 FROM times WHERE volunteer_id = ? AND starts_at < ? AND ends_at > ?"
        " AND starts_at <> ? AND withdrawn_at IS NULL LIMIT 1",
        volunteer, ends_at, starts_at, starts_at,
    )  # fmt: skip
    return row is not None


def own_times(reader: Reader, volunteer: int, after: int, limit: int) -> list[Row]:
    """Read a volunteer's times from a moment on, with `booking_id` of who has taken them."""
    return reader.all(
        f"SELECT {_TIME}, t.weekly_id, (SELECT MIN(o.booking_id) FROM occupied o"
        f" WHERE o.side = {VOLUNTEER_SIDE} AND o.who = t.volunteer_id"
        " AND o.at >= t.starts_at AND o.at < t.ends_at) AS booking_id"
        " FROM times t WHERE t.volunteer_id = ? AND t.ends_at > ? AND t.withdrawn_at IS NULL"
        " ORDER BY t.starts_at LIMIT ?",
        volunteer, after, limit,
    )  # fmt: skip


def withdraw(txn: Transaction, volunteer: int, time_id: int, now: int) -> bool:
    """Withdraw a time; tells whether there was one."""
    changed = txn.run(
        "UPDATE times SET withdrawn_at = ? WHERE id = ? AND volunteer_id = ?"
        " AND withdrawn_at IS NULL",
        now,
        time_id,
        volunteer,
    )
    return changed == 1


def free(
    reader: Reader,
    service: str,
    after: int,
    before: int,
    limit: int,
    *,
    volunteer: int | None = None,
    not_account: int = 0,
    certified_on: str | None = None,
) -> list[Time]:
    """List free times that begin between two moments, the next first.

    `not_account`: not one's own. `certified_on`: only of volunteers whose certificate is good on
    that date at least, and whose branch has a coordinator.
    """
    which, params = "", list[object]()
    if volunteer is not None:
        which += " AND t.volunteer_id = ?"
        params.append(volunteer)
    if certified_on is not None:
        which += (
            " AND v.certificate_until >= ? AND EXISTS"
            " (SELECT 1 FROM coordinators c WHERE c.branch_id = v.branch_id)"
        )
        params.append(certified_on)
    rows = reader.all(
        f"SELECT {_TIME} FROM times t JOIN volunteers v ON v.id = t.volunteer_id"
        f" WHERE t.service = ? AND t.starts_at > ? AND t.starts_at < ? AND v.account_id <> ?"
        f" AND {_FREE}{which} ORDER BY t.starts_at, t.id LIMIT ?",
        service, after, before, not_account, *params, limit,
    )  # fmt: skip
    return [Time(*row) for row in rows]


def free_before(
    reader: Reader, service: str, after: int, before: int, limit: int, not_account: int
) -> list[Time]:
    """List the last free times before a moment, the latest first."""
    rows = reader.all(
        f"SELECT {_TIME} FROM times t JOIN volunteers v ON v.id = t.volunteer_id"
        f" WHERE t.service = ? AND t.starts_at > ? AND t.starts_at < ? AND v.account_id <> ?"
        f" AND {_FREE} ORDER BY t.starts_at DESC, t.id LIMIT ?",
        service, after, before, not_account, limit,
    )  # fmt: skip
    return [Time(*row) for row in rows]


def count_unused(reader: Reader, branch: int, after: int, before: int) -> int:
    """Count the times of a branch between two moments that nobody booked."""
    row = reader.one(
        "SELECT COUNT(*) FROM times t JOIN volunteers v ON v.id = t.volunteer_id"
        " WHERE v.branch_id = ? AND t.starts_at > ? AND t.starts_at <= ?"
        " AND t.withdrawn_at IS NULL AND NOT EXISTS (SELECT 1 FROM bookings b"
        " WHERE b.volunteer_id = t.volunteer_id AND b.starts_at = t.starts_at"
        " AND b.state IN ('confirmed', 'kept', 'missed'))",
        branch, after, before,
    )  # fmt: skip
    return int(row[0]) if row else 0


# --- weekly times ---------------------------------------------------------------------------------


def add_weekly(txn: Transaction, weekly: WeeklyTime) -> None:
    """Add a weekly time."""
    said = weekly.said
    txn.run(
        "INSERT INTO weekly_times (id, volunteer_id, service, weekday, minute, from_date,"
        " until_date) VALUES (?, ?, ?, ?, ?, ?, ?)",
        weekly.id, weekly.volunteer, weekly.service, said.weekday, said.minute,
        said.from_date.isoformat(), said.until_date.isoformat() if said.until_date else None,
    )  # fmt: skip


def weekly_of(reader: Reader, volunteer: int) -> list[WeeklyTime]:
    """List a volunteer's weekly times."""
    rows = reader.all(
        f"SELECT {_WEEKLY} WHERE volunteer_id = ? AND withdrawn_at IS NULL"
        " ORDER BY weekday, minute, id",
        volunteer,
    )
    return [_weekly(row) for row in rows]


def weekly_behind(reader: Reader, until: datetime.date, limit: int) -> list[WeeklyTime]:
    """List weekly times that were not made up to a date yet."""
    rows = reader.all(
        f"SELECT {_WEEKLY} WHERE withdrawn_at IS NULL AND (made_until IS NULL OR made_until < ?)"
        " AND (until_date IS NULL OR made_until IS NULL OR made_until < until_date) LIMIT ?",
        until.isoformat(), limit,
    )  # fmt: skip
    return [_weekly(row) for row in rows]


def set_made(txn: Transaction, weekly: int, until: datetime.date) -> None:
    """Note up to which date a weekly time was made."""
    txn.run("UPDATE weekly_times SET made_until = ? WHERE id = ?", until.isoformat(), weekly)


def withdraw_weekly(txn: Transaction, volunteer: int, weekly: int, now: int) -> bool:
    """Withdraw a weekly time and the times to come of it; what is booked of it stays booked."""
    found = txn.run(
        "UPDATE weekly_times SET withdrawn_at = ? WHERE id = ? AND volunteer_id = ?"
        " AND withdrawn_at IS NULL",
        now, weekly, volunteer,
    )  # fmt: skip
    txn.run(
        "UPDATE times SET withdrawn_at = ? WHERE weekly_id = ? AND volunteer_id = ?"
        " AND starts_at > ? AND withdrawn_at IS NULL",
        now, weekly, volunteer, now,
    )  # fmt: skip
    return found == 1


def _weekly(row: Row) -> WeeklyTime:
    until, made = row["until_date"], row["made_until"]
    return WeeklyTime(
        row["id"],
        row["volunteer_id"],
        row["service"],
        Weekly(
            row["weekday"],
            row["minute"],
            datetime.date.fromisoformat(row["from_date"]),
            None if until is None else datetime.date.fromisoformat(until),
        ),
        None if made is None else datetime.date.fromisoformat(made),
    )
