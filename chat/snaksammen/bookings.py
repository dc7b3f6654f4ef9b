"""Use cases of bookings: hold a time, confirm, move, cancel, hand over, list."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chat.accounts.links import digest, new_token
from chat.accounts.model import normalise_email
from chat.accounts.service import standing
from chat.realtime.limits import Buckets, Countable, Rate
from chat.safety.model import age_band
from chat.scope import Scope, copenhagen_date
from chat.snaksammen import (
    booking,
    booking_store,
    booking_views,
    onboarding,
    planning,
    talk_store,
    time_store,
    timetable,
    volunteer_store,
)
from chat.snaksammen.access import acting_volunteer
from chat.snaksammen.booking import VOLUNTEER_SIDE, Booking, Event, State, Taken
from chat.snaksammen.model import AgeBand, BookingConfirmed, Role
from chat.snaksammen.onboarding import Volunteer
from chat.snaksammen.rebooking import (
    announced_coordinator,
    call_off,
    give_to,
    move_to,
    occupy,
    plan_talk,
)
from chat.snaksammen.talk_store import Party, Talk
from chat.snaksammen.time_store import Time
from chat.storage.database import Database, Reader, Transaction
from chat.storage.ids import new_id
from protocol import volunteering as vol
from protocol.errors import Refused
from protocol.ids import decode_id

HOLDING = Rate(burst=20, per_minute=20)
"""Times that may be picked from one address."""

OPEN_AT_MOST = 5
"""Bookings to come that one citizen may have, courses excepted."""


class Bookings:
    """Bookings, from either side."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._buckets = Buckets()
        self.shared: dict[str, Countable] = {"holds": self._buckets}

    async def hold(self, scope: Scope, request: vol.HoldTime) -> vol.Hold:
        """Pick a time, with an account or without: it is kept for five minutes.

        Whoever comes second gets the nearest others. Raises `Refused`: `not_found`,
        `parent_books`, `invalid_field`, `already_booked`, `rate_limited`.
        """
        key = scope.address if scope.actor is None else scope.actor.account
        self._buckets.spend(key, HOLDING, scope.now)
        token = new_token()
        try:
            held, time = await self._database.write(_hold, scope, request, digest(token))
        except Taken as taken:
            if taken.side != VOLUNTEER_SIDE:
                raise Refused("already_booked") from None
            others = await self._database.read(_others, scope, request)
            return vol.Hold(None, None, None, others)
        shown = await self._database.read(timetable.shown, [time])
        return vol.Hold(token, held.hold_until, shown[0], [])

    async def confirm(self, scope: Scope, request: vol.ConfirmBooking) -> vol.Booking:
        """Book what was picked; everyone gets a link. Doing it twice is doing it once.

        Raises `Refused`: `hold_expired`, `invalid_field`, `already_booked`, `too_many_bookings`,
        `no_coordinator`.
        """
        asked = _Asked.of(request)
        try:
            return await self._database.write(_confirm, scope, request, asked)
        except Taken:
            raise Refused("already_booked") from None

    async def list_own(self, scope: Scope, request: vol.ListBookings) -> vol.Bookings:
        """List one's own bookings. Raises `not_found` for whoever is no volunteer."""

        def read(reader: Reader) -> vol.Bookings:
            after = request.after or scope.now
            if request.as_volunteer:
                one = acting_volunteer(reader, scope)
                found = booking_store.of_volunteer(reader, one.id, after, request.limit)
                role = Role.VOLUNTEER
            else:
                me = scope.me.account
                found = booking_store.of_account(reader, me, after, request.limit)
                role = Role.CITIZEN
            shown = (booking_views.seen(reader, one, role) for one in found)
            return vol.Bookings([one for one in shown if one is not None])

        return await self._database.read(read)

    async def move(self, scope: Scope, request: vol.MoveBooking) -> vol.Moved:
        """Move a booking of one's own to another free time, also another volunteer's.

        Raises `Refused`: `not_found`, `not_now` once it has begun.
        """
        try:
            moved = await self._database.write(_move, scope, request)
        except Taken:
            return await self._database.read(_unmoved, scope, request)
        return vol.Moved(True, moved, [])

    async def cancel(self, scope: Scope, request: vol.OneBooking) -> vol.Booking:
        """Cancel a booking, from either side; doing it twice is doing it once.

        Raises `Refused`: `not_found`, `not_now` once the talk runs.
        """

        def unit(txn: Transaction) -> vol.Booking:
            found, planned, role = access_booking(txn, scope, request.booking)
            found = call_off(txn, found, planned, scope.now)
            return booking_views.shown(txn, found, role)

        return await self._database.write(unit)

    async def hand_over(self, scope: Scope, request: vol.HandOver) -> vol.Booking:
        """Hand one's booking over to a colleague of the branch, who is free then.

        Raises `Refused`: `not_found`, `not_now`, `colleague_taken`.
        """

        def unit(txn: Transaction) -> vol.Booking:
            one = acting_volunteer(txn, scope)
            found, planned, role = access_booking(txn, scope, request.booking)
            if role is not Role.VOLUNTEER or found.volunteer != one.id:
                raise Refused("not_found")
            colleague = volunteer_store.volunteer(txn, decode_id(request.volunteer))
            if colleague is None or colleague.branch != one.branch:
                raise Refused("not_found", field="volunteer")
            found = give_to(txn, found, planned, colleague, scope.now)
            return booking_views.shown(txn, found, role, planned)

        try:
            return await self._database.write(unit)
        except Taken:
            raise Refused("colleague_taken", field="volunteer") from None


# --- the gate -------------------------------------------------------------------------------------


def access_booking(reader: Reader, scope: Scope, booking_id: str) -> tuple[Booking, Talk, Role]:
    """Read a booking, its talk, and what the one who acts is in it. Raises `not_found` (G6)."""
    found = booking_store.find(reader, decode_id(booking_id))
    planned = None if found is None else talk_store.of_booking(reader, found.id)
    if found is None or planned is None:
        raise Refused("not_found")
    me = talk_store.party_in(reader, planned.id, scope.me.account)
    if me is None or me.role is Role.COORDINATOR:
        raise Refused("not_found")
    return found, planned, me.role


# --- units of work --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a confirmation, checked."""

    name: str | None
    email: str | None
    phone: str | None

    @classmethod
    def of(cls, request: vol.ConfirmBooking) -> "_Asked":
        name = None if request.name is None else onboarding.clean_name(request.name)
        email = None if request.email is None else normalise_email(request.email)
        onboarding.clean_languages([request.language], "language")
        return cls(name, email, request.phone)

    @property
    def guest(self) -> int:
        """A number of the address, under which a guest's time is taken."""
        address = self.email or self.phone or ""
        return int.from_bytes(hashlib.sha256(address.encode()).digest()[:8]) >> 1


def _hold(
    txn: Transaction, scope: Scope, request: vol.HoldTime, hold_digest: bytes
) -> tuple[Booking, Time]:
    booking_store.lapse(txn, scope.now)
    band, account = AgeBand(request.age_band), _account(txn, scope)
    adult = account is not None and not age_band(scope.me.born, scope.today).is_child
    booking.check_band(
        band, by_parent=request.by_parent, has_account=account is not None, adult=adult
    )
    time, one = _bookable(txn, decode_id(request.time), band, account, scope.now)
    if account is not None:
        for earlier in booking_store.holds_of(txn, account):
            booking_store.drop_hold(txn, earlier, scope.now)
    held = Booking(
        new_id(scope.now), time.service, State.HELD, one.id, time.starts_at, time.ends_at,
        account, None, band, request.by_parent, "da", None, None, scope.now + booking.HOLD,
    )  # fmt: skip
    booking_store.add(txn, held, hold_digest, scope.now)
    occupy(txn, held)
    return held, time


def _account(reader: Reader, scope: Scope) -> int | None:
    """Give the account that acts, None for a guest. Raises `not_active`."""
    if scope.actor is None or scope.actor.guest:
        return None
    person = standing(reader, scope.actor.account, scope.today)
    if person is None or not person.active:
        raise Refused("not_active")
    return person.account


def _bookable(
    reader: Reader, time_id: int, band: AgeBand, account: int | None, now: int
) -> tuple[Time, Volunteer]:
    """Read a time that someone of this age may book. Raises `Refused("not_found")` (G6)."""
    time = time_store.time(reader, time_id)
    one = None if time is None else volunteer_store.volunteer(reader, time.volunteer)
    if (
        time is None
        or one is None
        or time.starts_at <= now
        or one.state is not onboarding.State.ACTIVE
        or one.account == account
        or not onboarding.may_meet(one.steps, band, copenhagen_date(time.starts_at))
    ):
        raise Refused("not_found")
    return time, one


def _confirm(
    txn: Transaction, scope: Scope, request: vol.ConfirmBooking, asked: _Asked
) -> vol.Booking:
    found = booking_store.held_under(txn, digest(request.hold))
    account = _account(txn, scope)
    if found is None or found.account not in {None, account}:
        raise Refused("hold_expired", field="hold")
    if found.state is State.CONFIRMED:
        return booking_views.shown(txn, found, Role.CITIZEN, link=True)
    state = booking.after(found.state, Event.CONFIRMED)
    if account is None and asked.email is None and asked.phone is None:
        raise Refused("invalid_field", field="email")
    guest = asked.guest if account is None else None
    found = replace(
        found, state=state, account=account, guest=guest, language=request.language,
        coordinator=announced_coordinator(txn, found),
    )  # fmt: skip
    _check_count(txn, found, scope.now)
    booking_store.release(txn, found.id)
    occupy(txn, found)
    booking_store.save(txn, found, scope.now)
    planned = plan_talk(txn, found, _citizen(txn, scope, found, request, asked), scope.now)
    tell = planning.told(txn, planned, links=True)
    txn.emit(BookingConfirmed(planning.appointment(txn, planned), tell))
    return booking_views.shown(txn, found, Role.CITIZEN, planned, link=True)


def _check_count(reader: Reader, found: Booking, now: int) -> None:
    if found.account is not None:
        count = booking_store.count_open(reader, found.account, now)
    else:
        count = booking_store.count_open_of_guest(reader, found.guest or 0, now)
    if count >= OPEN_AT_MOST:
        raise Refused("too_many_bookings")


def _citizen(
    reader: Reader, scope: Scope, found: Booking, request: vol.ConfirmBooking, asked: _Asked
) -> Party:
    if found.account is None:
        if asked.name is None:
            raise Refused("invalid_field", field="name")
        return Party(0, Role.CITIZEN, None, asked.name, request.interface, asked.email, asked.phone)
    person = standing(reader, found.account, scope.today)
    assert person is not None, "just read"
    if found.by_parent and asked.name is None:
        raise Refused("invalid_field", field="name")
    return Party(0, Role.CITIZEN, found.account, asked.name or person.alias, person.language)


def _move(txn: Transaction, scope: Scope, request: vol.MoveBooking) -> vol.Booking:
    booking_store.lapse(txn, scope.now)
    found, planned, role = access_booking(txn, scope, request.booking)
    if role is not Role.CITIZEN or scope.now >= planned.starts_at:
        raise Refused("not_now")
    time, one = _bookable(txn, decode_id(request.time), found.band, found.account, scope.now)
    if (time.starts_at, one.id) == (found.starts_at, found.volunteer):
        return booking_views.shown(txn, found, role, planned)
    found, planned = move_to(txn, found, planned, time, one, scope.now)
    return booking_views.shown(txn, found, role, planned)


# --- how a booking looks --------------------------------------------------------------------------


def _others(reader: Reader, scope: Scope, request: vol.HoldTime) -> list[vol.FreeTime]:
    time = time_store.time(reader, decode_id(request.time))
    if time is None:
        raise Refused("not_found")
    return _near(reader, scope, time.service, time.starts_at, AgeBand(request.age_band))


def _unmoved(reader: Reader, scope: Scope, request: vol.MoveBooking) -> vol.Moved:
    found, planned, role = access_booking(reader, scope, request.booking)
    time = time_store.time(reader, decode_id(request.time))
    wanted = found.starts_at if time is None else time.starts_at
    near = _near(reader, scope, found.service, wanted, found.band)
    return vol.Moved(False, booking_views.view(reader, found, role, planned), near)


def _near(reader: Reader, scope: Scope, service: str, at: int, band: AgeBand) -> list[vol.FreeTime]:
    account = 0 if scope.actor is None else scope.actor.account
    found: Sequence[Time] = timetable.nearest(
        reader, service, at, scope.now, band=band, account=account
    )
    return timetable.shown(reader, found)
