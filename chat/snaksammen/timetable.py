"""Use cases of volunteers' times: publish, list, withdraw; and finding free ones."""

import datetime
from collections.abc import Sequence

from chat.scope import Scope, copenhagen_date, copenhagen_midnight
from chat.snaksammen import time_store, times, volunteer_store, volunteers
from chat.snaksammen.access import acting_volunteer
from chat.snaksammen.booking import ALTERNATIVES
from chat.snaksammen.model import DAY, AgeBand
from chat.snaksammen.onboarding import may_meet
from chat.snaksammen.time_store import Time, WeeklyTime
from chat.snaksammen.times import HORIZON_DAYS, Weekly
from chat.snaksammen.volunteer_store import Service
from chat.storage.database import Database, Reader, Transaction
from chat.storage.ids import new_id
from protocol import resources as res
from protocol import volunteering as vol
from protocol.errors import Refused
from protocol.ids import decode_id, encode_id

MADE_AT_ONCE = 5
NEAREST_WITHIN = 14 * DAY
MOST_LOOKED_AT = 400


class Timetable:
    """When volunteers have time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def publish(self, scope: Scope, request: vol.PublishTime) -> vol.OwnTime:
        """Publish one time; publishing it twice is publishing it once.

        Raises `Refused`: `not_found`, `not_now`, `invalid_field`, `times_overlap`.
        """

        def unit(txn: Transaction) -> vol.OwnTime:
            one = acting_volunteer(txn, scope, active=True)
            service = _service(txn, request.service)
            starts_at = times.check_start(request.starts_at, scope.now)
            ends_at = starts_at + service.length
            if time_store.overlaps(txn, one.id, starts_at, ends_at):
                raise Refused("times_overlap")
            new = Time(new_id(scope.now), one.id, service.slug, starts_at, ends_at)
            time_store.add_times(txn, [new], None)
            made = time_store.time_at(txn, one.id, starts_at)
            assert made is not None, "added just now, or before"
            return vol.OwnTime(encode_id(made.id), made.service, starts_at, ends_at, None, None)

        return await self._database.write(unit)

    async def publish_weekly(self, scope: Scope, request: vol.PublishWeekly) -> vol.OwnTimes:
        """Publish a weekly time; gives what one has published.

        What overlaps an earlier time is left out. Raises `Refused`: `not_found`, `not_now`,
        `invalid_field`.
        """
        said = times.check_weekly(
            Weekly(request.weekday, request.minute, request.from_date, request.until_date)
        )

        def unit(txn: Transaction) -> vol.OwnTimes:
            one = acting_volunteer(txn, scope, active=True)
            service = _service(txn, request.service)
            if said.until_date is not None and said.until_date < scope.today:
                raise Refused("invalid_field", field="until_date")
            weekly = WeeklyTime(new_id(scope.now), one.id, service.slug, said, None)
            time_store.add_weekly(txn, weekly)
            _make(txn, weekly, scope.now)
            return _own(txn, one.id, scope.now, 100)

        return await self._database.write(unit)

    async def list_own(self, scope: Scope, request: vol.ListOwnTimes) -> vol.OwnTimes:
        """List one's own times. Raises `not_found`."""

        def read(reader: Reader) -> vol.OwnTimes:
            one = acting_volunteer(reader, scope)
            return _own(reader, one.id, max(request.after, scope.now), request.limit)

        return await self._database.read(read)

    async def withdraw(self, scope: Scope, request: vol.WithdrawTime) -> res.Empty:
        """Take a time back; of one that is booked the booking stays. Raises `not_found`."""

        def unit(txn: Transaction) -> None:
            one = acting_volunteer(txn, scope)
            if not time_store.withdraw(txn, one.id, decode_id(request.time), scope.now):
                raise Refused("not_found")

        await self._database.write(unit)
        return res.Empty()

    async def withdraw_weekly(self, scope: Scope, request: vol.WithdrawWeekly) -> res.Empty:
        """Take a weekly time back, and what was made of it. Raises `not_found`."""

        def unit(txn: Transaction) -> None:
            one = acting_volunteer(txn, scope)
            weekly = decode_id(request.weekly)
            if not time_store.withdraw_weekly(txn, one.id, weekly, scope.now):
                raise Refused("not_found")

        await self._database.write(unit)
        return res.Empty()

    async def find(self, scope: Scope, request: vol.FindTimes) -> vol.FreeTimes:
        """Find free times, the next first; one's own as a volunteer are left out.

        Raises `invalid_field` for an unknown service.
        """

        def read(reader: Reader) -> vol.FreeTimes:
            _service(reader, request.service)
            return _find(reader, scope, request)

        return await self._database.read(read)

    async def make_weekly(self, now: int) -> None:
        """Make the times of weekly ones up to the horizon, a few at once; call it every hour."""
        until = copenhagen_date(now + HORIZON_DAYS * DAY)

        def unit(txn: Transaction) -> int:
            behind = time_store.weekly_behind(txn, until, MADE_AT_ONCE)
            for weekly in behind:
                _make(txn, weekly, now)
            return len(behind)

        while await self._database.write(unit) == MADE_AT_ONCE:
            pass


def nearest(
    reader: Reader,
    service: str,
    at: int,
    now: int,
    *,
    band: AgeBand,
    language: str | None = None,
    account: int = 0,
    count: int = ALTERNATIVES,
) -> list[Time]:
    """Give the free times nearest to a moment, within two weeks of it, the nearest first."""
    later = time_store.free(
        reader, service, max(now, at - 1), at + NEAREST_WITHIN, 20, not_account=account
    )
    earlier = time_store.free_before(reader, service, now, at, 20, account) if at > now else []
    fit = _fitting(reader, [*earlier, *later], band, language)
    return sorted(fit, key=lambda one: (abs(one.starts_at - at), one.starts_at))[:count]


def shown(reader: Reader, found: Sequence[Time]) -> list[vol.FreeTime]:
    """Make the public form of free times."""
    known = volunteer_store.volunteers_by_id(reader, sorted({one.volunteer for one in found}))
    return [
        vol.FreeTime(
            encode_id(one.id),
            one.service,
            one.starts_at,
            one.ends_at,
            volunteers.profile(known[one.volunteer]),
        )
        for one in found
    ]


def _find(reader: Reader, scope: Scope, request: vol.FindTimes) -> vol.FreeTimes:
    after, before = max(request.after, scope.now), scope.now + (HORIZON_DAYS + 1) * DAY
    if request.day is not None:
        after = max(after, copenhagen_midnight(request.day) - 1)
        before = copenhagen_midnight(request.day + datetime.timedelta(days=1))
    band = AgeBand(request.age_band)
    wanted = time_store.free(
        reader,
        request.service,
        after,
        before,
        MOST_LOOKED_AT,
        volunteer=None if request.volunteer is None else decode_id(request.volunteer),
        not_account=0 if scope.actor is None else scope.actor.account,
        certified_on=scope.today.isoformat() if band is AgeBand.UNDER_15 else None,
    )
    fit = _fitting(reader, wanted, band, request.language)
    if len(fit) <= request.limit:
        return vol.FreeTimes(shown(reader, fit), None)
    # A page ends between two moments, for it goes on after one.
    last = fit[request.limit - 1].starts_at
    page = [one for one in fit if one.starts_at <= last]
    return vol.FreeTimes(shown(reader, page), last)


def _fitting(
    reader: Reader, found: Sequence[Time], band: AgeBand, language: str | None
) -> list[Time]:
    """Keep the times of those who speak a language, and may meet someone of an age then."""
    known = volunteer_store.volunteers_by_id(reader, sorted({one.volunteer for one in found}))
    if band is AgeBand.UNDER_15:
        with_coordinator = {
            one.branch for one in known.values()
            if volunteer_store.coordinators_of(reader, one.branch)
        }  # fmt: skip
        known = {key: one for key, one in known.items() if one.branch in with_coordinator}
    return [
        time
        for time in found
        if (one := known.get(time.volunteer)) is not None
        and (language is None or language in one.profile.languages)
        and may_meet(one.steps, band, copenhagen_date(time.starts_at))
    ]


def _own(reader: Reader, volunteer: int, after: int, limit: int) -> vol.OwnTimes:
    rows = time_store.own_times(reader, volunteer, after, limit)
    single = [
        vol.OwnTime(
            encode_id(row["id"]),
            row["service"],
            row["starts_at"],
            row["ends_at"],
            None if row["weekly_id"] is None else encode_id(row["weekly_id"]),
            None if row["booking_id"] is None else encode_id(row["booking_id"]),
        )
        for row in rows
    ]
    weekly = [
        vol.WeeklyTime(
            encode_id(one.id),
            one.service,
            one.said.weekday,
            one.said.minute,
            one.said.from_date,
            one.said.until_date,
        )
        for one in time_store.weekly_of(reader, volunteer)
    ]
    return vol.OwnTimes(single, weekly)


def _make(txn: Transaction, weekly: WeeklyTime, now: int) -> None:
    """Make the times of a weekly one that were not made yet, up to the horizon."""
    service = _service(txn, weekly.service)
    until = copenhagen_date(now + HORIZON_DAYS * DAY)
    yesterday = copenhagen_date(now) - datetime.timedelta(days=1)
    after = max(weekly.made_until or yesterday, yesterday)
    made = [
        Time(new_id(now), weekly.volunteer, weekly.service, at, at + service.length)
        for at in times.occurrences(weekly.said, after, until)
        if at > now and not time_store.overlaps(txn, weekly.volunteer, at, at + service.length)
    ]
    time_store.add_times(txn, made, weekly.id)
    time_store.set_made(txn, weekly.id, until)


def _service(reader: Reader, slug: str) -> Service:
    found = volunteer_store.service(reader, slug)
    if found is None:
        raise Refused("invalid_field", field="service")
    return found
