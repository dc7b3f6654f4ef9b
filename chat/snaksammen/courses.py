"""Use cases of courses (SamtaleVenner): the same pair weekly for four months, if both wish."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from chat.scope import Scope
from chat.snaksammen import (
    booking_store,
    planning,
    rebooking,
    talk_store,
    times,
    volunteer_store,
)
from chat.snaksammen.booking import VOLUNTEER_SIDE, Booking, State, Taken
from chat.snaksammen.booking_store import Course
from chat.snaksammen.bookings import access_booking
from chat.snaksammen.model import BookingConfirmed, Role
from chat.snaksammen.talk_store import Party
from chat.snaksammen.volunteer_store import Service
from chat.storage.database import Database, Reader, Transaction
from chat.storage.ids import new_id
from protocol import requests as ask
from protocol import volunteering as vol
from protocol.errors import Refused
from protocol.ids import decode_id, encode_id

SERVICE = "samtalevenner"
WEEK = datetime.timedelta(days=7)


class Courses:
    """Courses, from either side."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def start(self, scope: Scope, request: vol.StartCourse) -> vol.Course:
        """Want a course with the other one in a booking; it begins once both do.

        It goes on from the week after the booking, at the same time of day. Raises `Refused`:
        `not_found`, also for a guest's booking; `not_now` for one that was cancelled or missed.
        """

        def unit(txn: Transaction) -> vol.Course:
            found, _, role = access_booking(txn, scope, request.booking)
            if found.account is None or scope.me.guest:
                raise Refused("not_found")
            if found.state not in {State.CONFIRMED, State.KEPT}:
                raise Refused("not_now")
            return _wish(txn, _asked(txn, found), found, role, scope.now)

        return await self._written(unit)

    async def extend(self, scope: Scope, request: vol.OneCourse) -> vol.Course:
        """Want a running course to go on for as long again; it does once both want it.

        Raises `Refused`: `not_found`, `not_now` before it runs.
        """

        def unit(txn: Transaction) -> vol.Course:
            course, role = _access(txn, scope, decode_id(request.course))
            if course.state != "running":
                raise Refused("not_now")
            course = _with_wish(course, role)
            skipped: list[datetime.date] = []
            if course.citizen_more and course.volunteer_more:
                course, skipped = _book_weeks(txn, course, scope.now)
            booking_store.put_course(txn, course)
            return _shown(txn, course, role, skipped)

        return await self._written(unit)

    async def _written(self, unit: Callable[[Transaction], vol.Course]) -> vol.Course:
        """Write; if somebody took a week at this very moment, nothing is done: safe to retry."""
        try:
            return await self._database.write(unit)
        except Taken:
            raise Refused("unavailable", retry_after_ms=100) from None

    async def list_own(self, scope: Scope, request: ask.Nothing) -> vol.Courses:
        """List one's own courses, from either side."""

        def read(reader: Reader) -> vol.Courses:
            me = scope.me.account
            one = volunteer_store.volunteer_of(reader, me)
            found = booking_store.courses_of(reader, me, None if one is None else one.id)
            return vol.Courses(
                [
                    _shown(reader, course, Role.CITIZEN if course.account == me else Role.VOLUNTEER)
                    for course in found
                ]
            )

        return await self._database.read(read)


def _access(reader: Reader, scope: Scope, course_id: int) -> tuple[Course, Role]:
    """Read a course of one's own, and from which side. Raises `not_found` (G6)."""
    course = booking_store.course(reader, course_id)
    if course is not None and course.account == scope.me.account:
        return course, Role.CITIZEN
    one = volunteer_store.volunteer_of(reader, scope.me.account)
    if course is None or one is None or one.id != course.volunteer:
        raise Refused("not_found")
    return course, Role.VOLUNTEER


def _asked(reader: Reader, found: Booking) -> Course:
    """Give the course that a booking is of, or what it would be."""
    if found.course is not None:
        course = booking_store.course(reader, found.course)
        assert course is not None, "a booking names its course"
        return course
    assert found.account is not None, "checked by the caller"
    for course in booking_store.courses_of(reader, found.account, None):
        if course.volunteer == found.volunteer and course.state == "asked":
            return course
    date, minute = times.minute_of(found.starts_at)
    return Course(
        new_id(found.starts_at), SERVICE, "asked", found.volunteer, found.account, date, date,
        minute, False, False,
    )  # fmt: skip


def _wish(txn: Transaction, course: Course, found: Booking, role: Role, now: int) -> vol.Course:
    skipped: list[datetime.date] = []
    if course.state == "asked":
        course = _with_wish(course, role)
        if course.citizen_more and course.volunteer_more:
            course = replace(course, state="running")
            booking_store.put_course(txn, course)
            course, skipped = _book_weeks(txn, course, now, found)
        booking_store.put_course(txn, course)
    return _shown(txn, course, role, skipped)


def _with_wish(course: Course, role: Role) -> Course:
    if role is Role.CITIZEN:
        return replace(course, citizen_more=True)
    return replace(course, volunteer_more=True)


def _book_weeks(
    txn: Transaction, course: Course, now: int, first: Booking | None = None
) -> tuple[Course, list[datetime.date]]:
    """Book the weeks to come; a week in which one of the two is taken is skipped.

    The wishes are spent: going on needs both again.
    """
    service = volunteer_store.service(txn, course.service)
    assert service is not None, "a course is of a service"
    like = first or _last_booking(txn, course)
    citizen = _citizen_of(txn, like)
    skipped, planned = [], []
    date = course.until_date
    for _ in range(service.weeks or 1):
        date += WEEK
        booking = _weekly(course, like, service, date, now)
        if booking is None or not _both_free(txn, booking):
            skipped.append(date)
            continue
        booking_store.add(txn, booking, None, now)
        rebooking.occupy(txn, booking)
        planned.append(rebooking.plan_talk(txn, booking, citizen, now))
    if planned:
        # One notice for all: each talk is reminded of when it comes.
        tell = planning.told(txn, planned[0], links=True)
        txn.emit(BookingConfirmed(planning.appointment(txn, planned[0]), tell))
    course = replace(course, until_date=date, citizen_more=False, volunteer_more=False)
    return course, skipped


def _weekly(
    course: Course, like: Booking, service: Service, date: datetime.date, now: int
) -> Booking | None:
    at = times.moment(date, course.minute)
    if at is None or at <= now:
        return None
    return replace(
        like, id=new_id(now), service=course.service, state=State.CONFIRMED,
        volunteer=course.volunteer, starts_at=at, ends_at=at + service.length, course=course.id,
        hold_until=None, coordinator=like.coordinator,
    )  # fmt: skip


def _both_free(reader: Reader, booking: Booking) -> bool:
    keys = [(VOLUNTEER_SIDE, booking.volunteer), booking.citizen_key]
    if booking.coordinator is not None:
        return False  # a child's talks are booked one by one, with a coordinator for each
    return all(
        booking_store.is_free(reader, *key, booking.starts_at, booking.ends_at)
        for key in keys
        if key is not None
    )


def _last_booking(reader: Reader, course: Course) -> Booking:
    found = booking_store.last_of_course(reader, course.id)
    assert found is not None, "a running course has booked its weeks"
    return found


def _citizen_of(reader: Reader, like: Booking) -> Party:
    planned = talk_store.of_booking(reader, like.id)
    assert planned is not None, "every confirmed booking has its talk"
    party = talk_store.parties(reader, planned.id)[Role.CITIZEN]
    return Party(0, Role.CITIZEN, like.account, party.name, party.language)


def _shown(
    reader: Reader, course: Course, role: Role, skipped: list[datetime.date] | None = None
) -> vol.Course:
    one = volunteer_store.volunteer(reader, course.volunteer)
    last = booking_store.last_of_course(reader, course.id)
    citizen = "" if last is None else _citizen_of(reader, last).name
    volunteer = "" if one is None else one.profile.name
    return vol.Course(
        id=encode_id(course.id),
        state="asked" if course.state == "asked" else "running",
        with_whom=volunteer if role is Role.CITIZEN else citizen,
        from_date=course.from_date,
        until_date=course.until_date,
        more=_wanting(course),
        talks=booking_store.count_of_course(reader, course.id),
        skipped=skipped or [],
    )


def _wanting(course: Course) -> list[Literal["citizen", "volunteer"]]:
    wanting: list[Literal["citizen", "volunteer"]] = []
    if course.citizen_more:
        wanting.append("citizen")
    if course.volunteer_more:
        wanting.append("volunteer")
    return wanting
