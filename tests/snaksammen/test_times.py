"""Weekly times stay at their time of day when the clocks change (domain rule 10)."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.scope import COPENHAGEN
from chat.snaksammen.times import TICK, Weekly, minute_of, moment, occurrences, ticks
from protocol import requests as ask
from protocol import volunteering as vol
from protocol.errors import Refused
from tests.snaksammen.house import DAY, HOUR, MINUTE, House

DATES = st.dates(datetime.date(2020, 1, 1), datetime.date(2035, 12, 31))
SPRING, AUTUMN = datetime.date(2027, 3, 28), datetime.date(2026, 10, 25)


@given(DATES, st.integers(0, 287).map(lambda tick: tick * 5))
def test_a_moment_shows_the_same_time_on_the_clock(date: datetime.date, minute: int) -> None:
    at = moment(date, minute)
    if at is None:
        skipped = datetime.datetime.combine(date, datetime.time(minute // 60, minute % 60))
        there = skipped.replace(tzinfo=COPENHAGEN).astimezone(datetime.UTC)
        assert there.astimezone(COPENHAGEN).replace(tzinfo=None) != skipped
    else:
        assert minute_of(at) == (date, minute)
        assert at % TICK == 0


@given(DATES, st.integers(0, 6), st.integers(0, 287), st.integers(0, 200))
def test_a_weekly_time_comes_once_a_week(
    start: datetime.date, weekday: int, tick: int, days: int
) -> None:
    until = start + datetime.timedelta(days=days)
    found = occurrences(Weekly(weekday, tick * 5, start), start - datetime.timedelta(days=1), until)
    dates = [minute_of(at)[0] for at in found]
    assert all(date.weekday() == weekday and start <= date <= until for date in dates)
    assert dates == sorted(set(dates))
    weeks = sum((start + datetime.timedelta(days=n)).weekday() == weekday for n in range(days + 1))
    assert weeks - len(dates) in {0, 1}  # one that the clock skips


def test_seven_in_the_evening_is_an_hour_later_in_utc_once_summer_ends() -> None:
    before, after = occurrences(
        Weekly(6, 19 * 60, AUTUMN - datetime.timedelta(days=7)), datetime.date(2026, 10, 17), AUTUMN
    )
    assert after - before == 7 * DAY + HOUR


def test_what_the_clock_skips_in_spring_is_left_out_and_what_comes_twice_comes_once() -> None:
    assert moment(SPRING, 150) is None
    at = moment(AUTUMN, 150)
    assert at is not None
    assert len({at, moment(AUTUMN, 150)}) == 1
    assert minute_of(at) == minute_of(at + HOUR)


def test_ticks_cover_a_time_wholly() -> None:
    assert list(ticks(12 * MINUTE, 27 * MINUTE)) == [n * TICK for n in (2, 3, 4, 5)]


async def test_a_weekly_time_is_made_eight_weeks_ahead_and_further_as_weeks_pass(
    house: House,
) -> None:
    karim = await house.volunteer("Karim")
    wish = vol.PublishWeekly("snaksammen", 2, 19 * 60, datetime.date(2026, 11, 1))
    made = await house.snak.timetable.publish_weekly(house.scope(karim), wish)
    assert len(made.times) == 8
    assert {minute_of(one.starts_at)[1] for one in made.times} == {19 * 60}
    house.now += 21 * DAY
    await house.snak.every_hour(house.now)
    later = await house.snak.timetable.list_own(house.scope(karim), vol.ListOwnTimes())
    assert len(later.times) == 8
    assert later.times[-1].starts_at > made.times[-1].starts_at


async def test_a_weekly_time_that_is_withdrawn_is_gone_and_does_not_come_back(
    house: House,
) -> None:
    karim = await house.volunteer("Karim")
    wish = vol.PublishWeekly("snaksammen", 2, 19 * 60, datetime.date(2026, 11, 1))
    made = await house.snak.timetable.publish_weekly(house.scope(karim), wish)
    booking = await house.book(made.times[0].id, await house.person("Anna"))
    await house.snak.timetable.withdraw_weekly(
        house.scope(karim), vol.WithdrawWeekly(made.weekly[0].id)
    )
    house.now += DAY
    await house.snak.every_hour(house.now)
    assert await house.free() == []
    mine = await house.snak.bookings.list_own(
        house.scope(karim), vol.ListBookings(as_volunteer=True)
    )
    assert [one.id for one in mine.bookings] == [booking.id]


async def test_free_times_are_found_by_day_volunteer_and_language(house: House) -> None:
    karim = await house.volunteer("Karim", languages=("da", "ar"))
    sara = await house.volunteer("Sara", languages=("da", "en"))
    today, tomorrow = await house.publish(karim, house.now + HOUR, house.now + DAY + HOUR)
    (hers,) = await house.publish(sara, house.now + 2 * HOUR)
    assert [one.id for one in await house.free()] == [today, hers, tomorrow]
    assert [one.id for one in await house.free(language="ar")] == [today, tomorrow]
    assert [one.id for one in await house.free(day=datetime.date(2026, 11, 17))] == [tomorrow]
    profile = (await house.snak.volunteers.get(house.scope(sara), ask.Nothing())).profile
    assert [one.id for one in await house.free(volunteer=profile.id)] == [hers]


async def test_a_page_of_free_times_goes_on_where_the_last_one_ended(house: House) -> None:
    people = [await house.volunteer(name) for name in ("Karim", "Sara", "Mads")]
    for one in people:
        await house.publish(one, house.now + HOUR, house.now + 2 * HOUR)
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        wish = vol.FindTimes(after=after, limit=2)
        page = await house.snak.timetable.find(house.scope(), wish)
        seen += [one.id for one in page.times]
        after = page.next
    assert len(seen) == len(set(seen)) == 6


async def test_times_do_not_overlap_and_lie_ahead_on_whole_five_minutes(house: House) -> None:
    karim = await house.volunteer("Karim")
    await house.publish(karim, house.now + HOUR)
    with pytest.raises(Refused, match="times_overlap"):
        await house.publish(karim, house.now + HOUR + 10 * MINUTE)
    for at in (house.now, house.now + HOUR + MINUTE, house.now + 57 * DAY):
        with pytest.raises(Refused, match="invalid_field"):
            await house.publish(karim, at)
    wish = vol.PublishTime("sprogland", house.now + 3 * HOUR)
    made = await house.snak.timetable.publish(house.scope(karim), wish)
    assert made.ends_at - made.starts_at == 40 * MINUTE


async def test_a_volunteer_on_holiday_has_no_free_times(house: House) -> None:
    karim = await house.volunteer("Karim")
    await house.publish(karim, house.now + HOUR)
    await house.snak.volunteers.update(house.scope(karim), vol.UpdateVolunteer(away=True))
    assert await house.free() == []
    await house.snak.volunteers.update(house.scope(karim), vol.UpdateVolunteer(away=False))
    assert len(await house.free()) == 1
