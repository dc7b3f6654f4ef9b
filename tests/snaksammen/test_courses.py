"""SamtaleVenner: the same pair weekly for four months, begun and extended only by both."""

import datetime

import pytest

from chat.snaksammen import model
from chat.snaksammen.times import minute_of
from protocol import requests as ask
from protocol import volunteering as vol
from protocol.errors import Refused
from tests.snaksammen.house import DAY, HOUR, MINUTE, House, Person


async def pair(house: House) -> tuple[Person, Person, vol.Booking]:
    anna, karim = await house.person("Anna"), await house.volunteer("Karim")
    (time,) = await house.publish(karim, house.now + HOUR)
    return anna, karim, await house.book(time, anna)


async def start(house: House, who: Person, booking: vol.Booking) -> vol.Course:
    return await house.snak.courses.start(house.scope(who), vol.StartCourse(booking.id))


async def talks_of(house: House, who: Person) -> list[vol.Booking]:
    wish = vol.ListBookings(limit=100)
    return (await house.snak.bookings.list_own(house.scope(who), wish)).bookings


async def test_a_course_begins_once_both_want_it(house: House) -> None:
    anna, karim, booking = await pair(house)
    asked = await start(house, anna, booking)
    assert (asked.state, asked.more, asked.talks) == ("asked", ["citizen"], 0)
    assert len(await talks_of(house, anna)) == 1
    begun = await start(house, karim, booking)
    assert (begun.state, begun.talks, begun.more) == ("running", 17, [])
    assert len(await talks_of(house, anna)) == 18


async def test_a_course_keeps_its_time_of_day_across_summer_time(house: House) -> None:
    anna, karim, booking = await pair(house)
    house.now = 1_794_812_400_000
    await start(house, anna, booking)
    await start(house, karim, booking)
    weekly = [minute_of(one.starts_at) for one in await talks_of(house, anna)]
    assert {minute for _, minute in weekly} == {9 * 60}
    assert weekly[-1][0] - weekly[0][0] == datetime.timedelta(days=17 * 7)


async def test_a_week_in_which_one_is_taken_is_skipped_and_said(house: House) -> None:
    anna, karim, booking = await pair(house)
    (other,) = await house.publish(karim, house.now + HOUR + 14 * DAY)
    await house.book(other, await house.person("Bo"))
    await start(house, anna, booking)
    begun = await start(house, karim, booking)
    assert (begun.talks, begun.skipped) == (16, [datetime.date(2026, 11, 30)])


async def test_a_course_goes_on_only_if_both_say_so(house: House) -> None:
    anna, karim, booking = await pair(house)
    await start(house, anna, booking)
    course = await start(house, karim, booking)
    wish = vol.OneCourse(course.id)
    house.now += 16 * 7 * DAY
    one = await house.snak.courses.extend(house.scope(anna), wish)
    again = await house.snak.courses.extend(house.scope(anna), wish)
    assert (one.until_date, again.until_date) == (course.until_date, course.until_date)
    both = await house.snak.courses.extend(house.scope(karim), wish)
    assert both.until_date == course.until_date + datetime.timedelta(weeks=17)
    assert (both.talks, both.more) == (34, [])


async def test_all_weeks_come_with_one_notice_and_each_is_reminded_of(house: House) -> None:
    anna, karim, booking = await pair(house)
    before = len(house.facts(model.BookingConfirmed))
    await start(house, anna, booking)
    await start(house, karim, booking)
    assert len(house.facts(model.BookingConfirmed)) == before + 1
    await house.pass_time(7 * DAY, HOUR)
    await house.pass_time(HOUR - 2 * MINUTE, MINUTE)
    assert house.last(model.TalkSoon).appointment.booking != int(booking.id, 16)


async def test_a_stranger_finds_no_course_of_others(house: House) -> None:
    anna, _, booking = await pair(house)
    course = await start(house, anna, booking)
    bo = await house.person("Bo")
    with pytest.raises(Refused, match="not_found"):
        await house.snak.courses.extend(house.scope(bo), vol.OneCourse(course.id))
    with pytest.raises(Refused, match="not_found"):
        await start(house, bo, booking)
    assert (await house.snak.courses.list_own(house.scope(bo), ask.Nothing())).courses == []
    mine = await house.snak.courses.list_own(house.scope(anna), ask.Nothing())
    assert [one.with_whom for one in mine.courses] == ["Karim"]
