"""SQL of bookings, courses, and of who is taken when (ADR 0025)."""

import datetime
from dataclasses import dataclass

from chat.snaksammen.booking import Booking, State, Taken
from chat.snaksammen.model import AgeBand
from chat.snaksammen.times import TICK, ticks
from chat.storage.database import Reader, Row, Transaction

_BOOKING = (
    "b.id, b.service, b.state, b.volunteer_id, b.starts_at, b.ends_at, b.account_id, b.guest,"
    " b.age_band, b.by_parent, b.language, b.coordinator_id, b.course_id, b.hold_until"
)


def read_booking(row: Row) -> Booking:
    """Make a booking of a row of `_BOOKING`."""
    return Booking(
        id=row["id"],
        service=row["service"],
        state=State(row["state"]),
        volunteer=row["volunteer_id"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        account=row["account_id"],
        guest=row["guest"],
        band=AgeBand(row["age_band"]),
        by_parent=bool(row["by_parent"]),
        language=row["language"],
        coordinator=row["coordinator_id"],
        course=row["course_id"],
        hold_until=row["hold_until"],
    )


# --- who is taken when ----------------------------------------------------------------------------


def occupy(
    txn: Transaction, side: int, who: int, starts_at: int, ends_at: int, booking: int
) -> None:
    """Take someone's time for a booking or talk. Raises `Taken` if any of it is taken.

    The primary key decides, whichever of two transactions comes first.
    """
    for at in ticks(starts_at, ends_at):
        mine = txn.run(
            "INSERT INTO occupied (side, who, at, booking_id) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (side, who, at) DO NOTHING",
            side, who, at, booking,
        )  # fmt: skip
        if not mine:
            raise Taken(side)


def is_free(
    reader: Reader, side: int, who: int, starts_at: int, ends_at: int, but: int = 0
) -> bool:
    """Tell whether nothing is taken of someone's time between two moments, `but` by a booking."""
    row = reader.one(
        "SELECT 1 FROM occupied WHERE side = ? AND who = ? AND at >= ? AND at < ?"
        " AND booking_id <> ? LIMIT 1",
        side, who, starts_at - starts_at % TICK, ends_at, but,
    )  # fmt: skip
    return row is None


def next_taken(reader: Reader, side: int, who: int, after: int) -> int | None:
    """Give the first moment from one on at which someone is taken."""
    row = reader.one(
        "SELECT MIN(at) AS at FROM occupied WHERE side = ? AND who = ? AND at >= ?",
        side, who, after - after % TICK,
    )  # fmt: skip
    return None if row is None or row["at"] is None else int(row["at"])


def taken_between(reader: Reader, side: int, who: int, start: int, stop: int) -> list[Row]:
    """List the five minutes that are taken of someone: `at`, rising, and `booking_id`."""
    return reader.all(
        "SELECT at, booking_id FROM occupied WHERE side = ? AND who = ? AND at >= ? AND at < ?"
        " ORDER BY at",
        side, who, start, stop,
    )  # fmt: skip


def release(txn: Transaction, booking: int, after: int = 0) -> None:
    """Give back all time that a booking or talk has taken, or what lies after a moment."""
    txn.run("DELETE FROM occupied WHERE booking_id = ? AND at >= ?", booking, after)


def forget_taken(txn: Transaction, before: int) -> None:
    """Forget who was taken long ago."""
    txn.run("DELETE FROM occupied WHERE at < ?", before)


# --- bookings -------------------------------------------------------------------------------------


def add(txn: Transaction, booking: Booking, hold_digest: bytes | None, now: int) -> None:
    """Add a booking."""
    txn.run(
        "INSERT INTO bookings (id, service, state, volunteer_id, starts_at, ends_at, account_id,"
        " guest, age_band, by_parent, language, coordinator_id, course_id, hold_digest,"
        " hold_until, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        booking.id, booking.service, booking.state, booking.volunteer, booking.starts_at,
        booking.ends_at, booking.account, booking.guest, booking.band, int(booking.by_parent),
        booking.language, booking.coordinator, booking.course, hold_digest, booking.hold_until,
        now,
    )  # fmt: skip


def save(txn: Transaction, booking: Booking, now: int) -> None:
    """Store a booking as it is now."""
    txn.run(
        "UPDATE bookings SET state = ?, volunteer_id = ?, starts_at = ?, ends_at = ?,"
        " account_id = ?, guest = ?, language = ?, coordinator_id = ?, course_id = ?,"
        " settled_at = ? WHERE id = ?",
        booking.state, booking.volunteer, booking.starts_at, booking.ends_at, booking.account,
        booking.guest, booking.language, booking.coordinator, booking.course, now, booking.id,
    )  # fmt: skip


def find(reader: Reader, booking: int) -> Booking | None:
    """Find a booking."""
    row = reader.one(f"SELECT {_BOOKING} FROM bookings b WHERE b.id = ?", booking)
    return None if row is None else read_booking(row)


def held_under(reader: Reader, hold_digest: bytes) -> Booking | None:
    """Find the booking that a hold's token names."""
    row = reader.one(f"SELECT {_BOOKING} FROM bookings b WHERE b.hold_digest = ?", hold_digest)
    return None if row is None else read_booking(row)


def holds_of(reader: Reader, account: int) -> list[int]:
    """List what an account holds and has not confirmed."""
    rows = reader.all(
        "SELECT id FROM bookings WHERE account_id = ? AND state = 'held' ORDER BY id", account
    )
    return [row["id"] for row in rows]


def lapse(txn: Transaction, now: int) -> int:
    """Give back the times that were held and not confirmed in time; tells how many."""
    rows = txn.all(
        "UPDATE bookings SET state = 'lapsed', settled_at = ?"
        " WHERE state = 'held' AND hold_until <= ? RETURNING id",
        now, now,
    )  # fmt: skip
    for row in rows:
        release(txn, row["id"])
    return len(rows)


def drop_hold(txn: Transaction, booking: int, now: int) -> None:
    """Give back a time that is held, because another was picked."""
    txn.run(
        "UPDATE bookings SET state = 'cancelled', settled_at = ? WHERE id = ? AND state = 'held'",
        now, booking,
    )  # fmt: skip
    release(txn, booking)


def of_account(reader: Reader, account: int, after: int, limit: int) -> list[Booking]:
    """List an account's own bookings that end after a moment, the next first."""
    rows = reader.all(
        f"SELECT {_BOOKING} FROM bookings b WHERE b.account_id = ? AND b.ends_at > ?"
        " AND b.state NOT IN ('held', 'lapsed') ORDER BY b.starts_at, b.id LIMIT ?",
        account, after, limit,
    )  # fmt: skip
    return [read_booking(row) for row in rows]


def of_volunteer(reader: Reader, volunteer: int, after: int, limit: int) -> list[Booking]:
    """List a volunteer's bookings that end after a moment, the next first."""
    rows = reader.all(
        f"SELECT {_BOOKING} FROM bookings b WHERE b.volunteer_id = ? AND b.ends_at > ?"
        " AND b.state NOT IN ('held', 'lapsed') ORDER BY b.starts_at, b.id LIMIT ?",
        volunteer, after, limit,
    )  # fmt: skip
    return [read_booking(row) for row in rows]


def count_open(reader: Reader, account: int, now: int) -> int:
    """Count the confirmed bookings of an account that are to come, courses excepted."""
    row = reader.one(
        "SELECT COUNT(*) FROM bookings WHERE account_id = ? AND state = 'confirmed'"
        " AND starts_at > ? AND course_id IS NULL",
        account, now,
    )  # fmt: skip
    return int(row[0]) if row else 0


def count_open_of_guest(reader: Reader, guest: int, now: int) -> int:
    """Count the confirmed bookings of a guest that are to come."""
    row = reader.one(
        "SELECT COUNT(*) FROM bookings WHERE state = 'confirmed' AND guest = ? AND starts_at > ?",
        guest, now,
    )  # fmt: skip
    return int(row[0]) if row else 0


# --- courses --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Course:
    """The same pair, weekly, from a date until another; `minute` of the day in Copenhagen."""

    id: int
    service: str
    state: str
    volunteer: int
    account: int
    from_date: datetime.date
    until_date: datetime.date
    minute: int
    citizen_more: bool
    volunteer_more: bool


_COURSE = (
    "id, service, state, volunteer_id, account_id, from_date, until_date, minute, citizen_more,"
    " volunteer_more FROM courses"
)


def put_course(txn: Transaction, course: Course) -> None:
    """Store a course as it is now."""
    txn.run(
        "INSERT INTO courses (id, service, state, volunteer_id, account_id, from_date, until_date,"
        " minute, citizen_more, volunteer_more) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET state = excluded.state, until_date = excluded.until_date,"
        " citizen_more = excluded.citizen_more, volunteer_more = excluded.volunteer_more",
        course.id, course.service, course.state, course.volunteer, course.account,
        course.from_date.isoformat(), course.until_date.isoformat(), course.minute,
        int(course.citizen_more), int(course.volunteer_more),
    )  # fmt: skip


def course(reader: Reader, course_id: int) -> Course | None:
    """Find a course."""
    row = reader.one(f"SELECT {_COURSE} WHERE id = ?", course_id)
    return None if row is None else _course(row)


def courses_of(reader: Reader, account: int, volunteer: int | None) -> list[Course]:
    """List the courses of an account, as a citizen or as the volunteer it is."""
    rows = reader.all(
        f"SELECT {_COURSE} WHERE account_id = ? OR volunteer_id = ? ORDER BY id",
        account, -1 if volunteer is None else volunteer,
    )  # fmt: skip
    return [_course(row) for row in rows]


def count_of_course(reader: Reader, course_id: int) -> int:
    """Count the talks of a course that took place or are to come."""
    row = reader.one(
        "SELECT COUNT(*) FROM bookings WHERE course_id = ? AND state IN ('confirmed', 'kept')",
        course_id,
    )
    return int(row[0]) if row else 0


def last_of_course(reader: Reader, course_id: int) -> Booking | None:
    """Find the last booking of a course whose talk took place or is to come."""
    row = reader.one(
        f"SELECT {_BOOKING} FROM bookings b WHERE b.course_id = ?"
        " AND b.state IN ('confirmed', 'kept') ORDER BY b.starts_at DESC LIMIT 1",
        course_id,
    )
    return None if row is None else read_booking(row)


def _course(row: Row) -> Course:
    return Course(
        row["id"],
        row["service"],
        row["state"],
        row["volunteer_id"],
        row["account_id"],
        datetime.date.fromisoformat(row["from_date"]),
        datetime.date.fromisoformat(row["until_date"]),
        row["minute"],
        bool(row["citizen_more"]),
        bool(row["volunteer_more"]),
    )
