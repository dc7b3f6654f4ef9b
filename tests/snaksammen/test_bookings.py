"""Booking a time: held, confirmed, moved, cancelled; one winner; guests; no-shows."""

import asyncio

import pytest

from chat.snaksammen import model
from protocol import talks as tal
from protocol import volunteering as vol
from protocol.errors import Refused
from tests.snaksammen.house import DAY, HOUR, MINUTE, House, token_of


async def test_of_a_hundred_on_one_time_one_wins_and_the_others_get_the_nearest(
    house: House,
) -> None:
    karim, sara = await house.volunteer("Karim"), await house.volunteer("Sara")
    (wanted,) = await house.publish(karim, house.now + 2 * HOUR)
    near = await house.publish(sara, house.now + 2 * HOUR, house.now + 3 * HOUR, house.now + HOUR)
    people = [await house.person(f"Borger {number}") for number in range(100)]
    answers = await asyncio.gather(
        *(
            house.snak.bookings.hold(house.scope(one), vol.HoldTime(wanted, "18_up"))
            for one in people
        )
    )
    assert sum(one.hold is not None for one in answers) == 1
    for one in answers:
        if one.hold is None:
            assert one.alternatives[0].id == near[0]
            assert {time.id for time in one.alternatives} == set(near)


async def test_a_time_that_is_held_and_not_confirmed_is_free_again(house: House) -> None:
    karim = await house.volunteer("Karim")
    (time,) = await house.publish(karim, house.now + HOUR)
    held = await house.snak.bookings.hold(house.scope(), vol.HoldTime(time, "18_up"))
    assert await house.free() == []
    await house.pass_time(5 * MINUTE)
    assert len(await house.free()) == 1
    assert held.hold is not None
    with pytest.raises(Refused, match="hold_expired"):
        await house.snak.bookings.confirm(
            house.scope(), vol.ConfirmBooking(held.hold, name="Gæsten", email="g@example.dk")
        )


async def test_confirming_twice_is_booking_once(house: House) -> None:
    karim = await house.volunteer("Karim")
    (time,) = await house.publish(karim, house.now + HOUR)
    held = await house.snak.bookings.hold(house.scope(), vol.HoldTime(time, "18_up"))
    wish = vol.ConfirmBooking(str(held.hold), name="Gæsten", email="g@example.dk")
    first = await house.snak.bookings.confirm(house.scope(), wish)
    second = await house.snak.bookings.confirm(house.scope(), wish)
    assert (first.id, first.talk) == (second.id, second.talk)
    assert len(house.facts(model.BookingConfirmed)) == 1


async def test_a_guest_gives_a_name_and_a_way_to_be_reached(house: House) -> None:
    karim = await house.volunteer("Karim")
    (time,) = await house.publish(karim, house.now + HOUR)
    held = await house.snak.bookings.hold(house.scope(), vol.HoldTime(time, "18_up"))
    for missing in ({"name": "Gæsten"}, {"phone": "+4512345678"}):
        with pytest.raises(Refused, match="invalid_field"):
            await house.snak.bookings.confirm(
                house.scope(), vol.ConfirmBooking(str(held.hold), **missing)  # type: ignore[arg-type]
            )  # fmt: skip
    await house.snak.bookings.confirm(
        house.scope(), vol.ConfirmBooking(str(held.hold), name="Gæsten", phone="+4512345678")
    )
    guest, volunteer = house.last(model.BookingConfirmed).tell
    assert (guest.account, guest.phone, guest.with_whom) == (None, "+4512345678", "Karim")
    assert (volunteer.account, volunteer.with_whom) == (karim.account, "Gæsten")
    assert "+4512345678" not in repr(guest)
    assert guest.token not in repr(guest)


async def test_a_citizen_cannot_be_in_two_talks_at_once(house: House) -> None:
    anna = await house.person("Anna")
    karim, sara = await house.volunteer("Karim"), await house.volunteer("Sara")
    (first,), (second,) = (
        await house.publish(karim, house.now + HOUR),
        await house.publish(sara, house.now + HOUR + 10 * MINUTE),
    )
    await house.book(first, anna)
    with pytest.raises(Refused, match="already_booked"):
        await house.snak.bookings.hold(house.scope(anna), vol.HoldTime(second, "18_up"))


async def test_a_booking_is_moved_to_another_volunteer_and_all_get_new_links(house: House) -> None:
    anna = await house.person("Anna")
    karim, sara = await house.volunteer("Karim"), await house.volunteer("Sara")
    (first,) = await house.publish(karim, house.now + HOUR)
    (other,) = await house.publish(sara, house.now + DAY)
    booking = await house.book(first, anna)
    moved = await house.snak.bookings.move(house.scope(anna), vol.MoveBooking(booking.id, other))
    assert (moved.moved, moved.booking.with_whom) == (True, "Sara")
    fact = house.last(model.BookingMoved)
    assert fact.before == booking.starts_at
    assert {one.account for one in fact.tell} == {anna.account, sara.account}
    assert [one.id for one in await house.free()] == [first]


async def test_a_booking_that_cannot_be_moved_stays_and_names_the_nearest(house: House) -> None:
    anna, bo = await house.person("Anna"), await house.person("Bo")
    karim = await house.volunteer("Karim")
    first, second, third = await house.publish(
        karim, house.now + HOUR, house.now + 2 * HOUR, house.now + 3 * HOUR
    )
    booking = await house.book(first, anna)
    await house.book(second, bo)
    moved = await house.snak.bookings.move(house.scope(anna), vol.MoveBooking(booking.id, second))
    assert (moved.moved, moved.booking.starts_at) == (False, booking.starts_at)
    assert [one.id for one in moved.alternatives] == [third]


async def test_either_side_may_cancel_and_the_time_is_free_again(house: House) -> None:
    anna = await house.person("Anna")
    karim = await house.volunteer("Karim")
    (time,) = await house.publish(karim, house.now + HOUR)
    for who in (anna, karim):
        booking = await house.book(time, anna)
        cancelled = await house.snak.bookings.cancel(house.scope(who), vol.OneBooking(booking.id))
        assert cancelled.state == "cancelled"
        assert len(house.last(model.BookingCancelled).tell) == 2
        assert len(await house.free()) == 1


async def test_a_stranger_finds_no_booking_of_others(house: House) -> None:
    anna, bo = await house.person("Anna"), await house.person("Bo")
    karim = await house.volunteer("Karim")
    (time,) = await house.publish(karim, house.now + HOUR)
    booking = await house.book(time, anna)
    with pytest.raises(Refused, match="not_found"):
        await house.snak.bookings.cancel(house.scope(bo), vol.OneBooking(booking.id))
    with pytest.raises(Refused, match="not_found"):
        await house.snak.talks.join(house.scope(bo), tal.OneTalk(booking.talk))


async def test_a_volunteer_does_not_find_or_book_their_own_times(house: House) -> None:
    karim = await house.volunteer("Karim")
    (time,) = await house.publish(karim, house.now + HOUR)
    found = await house.snak.timetable.find(house.scope(karim), vol.FindTimes())
    assert found.times == []
    with pytest.raises(Refused, match="not_found"):
        await house.snak.bookings.hold(house.scope(karim), vol.HoldTime(time, "18_up"))


async def test_everyone_is_reminded_five_minutes_before_once(house: House) -> None:
    karim = await house.volunteer("Karim")
    (time,) = await house.publish(karim, house.now + HOUR)
    await house.book(time, await house.person("Anna"))
    await house.pass_time(54 * MINUTE)
    assert house.facts(model.TalkSoon) == []
    await house.pass_time(4 * MINUTE)
    (soon,) = house.facts(model.TalkSoon)
    assert (await house.enter(token_of(soon, "volunteer"))).talk.role == "volunteer"


async def test_when_the_volunteer_does_not_come_another_time_is_found_with_an_apology(
    house: House,
) -> None:
    anna = await house.person("Anna")
    karim, sara = await house.volunteer("Karim"), await house.volunteer("Sara")
    (time,) = await house.publish(karim, house.now + HOUR)
    (other,) = await house.publish(sara, house.now + 2 * HOUR)
    booking = await house.book(time, anna)
    await house.pass_time(HOUR, MINUTE)
    await house.snak.talks.join(house.scope(anna), tal.OneTalk(booking.talk))
    await house.pass_time(5 * MINUTE)
    fact = house.last(model.BookingMoved)
    assert (fact.apology, fact.appointment.starts_at) == (True, house.now + 55 * MINUTE)
    assert {one.account for one in fact.tell} == {anna.account, sara.account}
    talk = await house.snak.talks.get(house.scope(anna), tal.OneTalk(booking.talk))
    assert (talk.state, talk.conversation) == ("planned", None)
    assert [one.id for one in await house.free()] == []
    assert other


async def test_when_the_citizen_does_not_come_they_get_the_next_time_of_the_same_volunteer(
    house: House,
) -> None:
    anna = await house.person("Anna")
    karim = await house.volunteer("Karim")
    first, second = await house.publish(karim, house.now + HOUR, house.now + DAY)
    booking = await house.book(first, anna)
    await house.pass_time(HOUR, MINUTE)
    await house.snak.talks.join(house.scope(karim), tal.OneTalk(booking.talk))
    await house.pass_time(5 * MINUTE)
    assert house.last(model.BookingMoved).apology
    await house.pass_time(DAY, HOUR)
    absent = house.last(model.NoShow)  # a second time nothing is booked by itself
    assert absent.absent is model.Role.VOLUNTEER
    assert second


async def test_without_another_time_there_is_an_apology_alone(house: House) -> None:
    karim = await house.volunteer("Karim")
    (time,) = await house.publish(karim, house.now + HOUR)
    await house.book(time, await house.person("Anna"))
    await house.pass_time(HOUR + 5 * MINUTE, MINUTE)
    assert house.last(model.NoShow).absent is model.Role.VOLUNTEER


async def test_nobody_books_more_than_five_talks_ahead(house: House) -> None:
    anna = await house.person("Anna")
    karim = await house.volunteer("Karim")
    times = await house.publish(karim, *(house.now + hour * HOUR for hour in range(1, 7)))
    for time in times[:5]:
        await house.book(time, anna)
    with pytest.raises(Refused, match="too_many_bookings"):
        await house.book(times[5], anna)


async def test_the_calendar_file_says_when_and_with_whom_and_holds_no_link(house: House) -> None:
    anna = await house.person("Anna")
    karim = await house.volunteer("Karim")
    (time,) = await house.publish(karim, house.now + HOUR)
    booking = await house.book(time, anna)
    file = await house.snak.talks.calendar(house.scope(anna), tal.OneTalk(booking.talk))
    assert file.calendar.startswith("BEGIN:VCALENDAR\r\n")
    assert "SUMMARY:SnakSammen med Karim" in file.calendar
    assert "DTSTART:20261116T080000Z" in file.calendar
    assert "/samtale/" not in file.calendar
