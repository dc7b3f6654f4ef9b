"""Children: a parent books, the volunteer is certified, a coordinator is there (domain rule 2)."""

import datetime

import pytest

from chat.snaksammen import model
from protocol import requests as ask
from protocol import talks as tal
from protocol import volunteering as vol
from protocol.errors import Refused
from tests.snaksammen.house import DAY, HOUR, MINUTE, House, Person, token_of

LATER = datetime.date(2028, 1, 1)


async def certified(house: House) -> tuple[Person, str]:
    karim = await house.volunteer("Karim", certificate_until=LATER)
    (time,) = await house.publish(karim, house.now + HOUR)
    return karim, time


async def test_a_parent_books_and_the_coordinator_is_announced(house: House) -> None:
    karim, time = await certified(house)
    parent = await house.person("Mor")
    booking = await house.book(time, parent, band="under_15", by_parent=True, name="Liva")
    assert booking.coordinator == "Kirsten"
    fact = house.last(model.BookingConfirmed)
    assert {(one.role, one.account) for one in fact.tell} == {
        (model.Role.CITIZEN, parent.account),
        (model.Role.VOLUNTEER, karim.account),
        (model.Role.COORDINATOR, house.coordinator.account),
    }
    house.now += 50 * MINUTE
    child = await house.enter(token_of(fact, "citizen"))
    assert [one.name for one in child.talk.parties] == ["Liva", "Karim", "Kirsten"]
    assert (await house.enter(token_of(fact, "volunteer"))).talk.state == "waiting"
    assert (await house.enter(token_of(fact, "coordinator"))).talk.state == "running"


async def test_the_talk_of_a_child_ends_when_the_coordinator_leaves(house: House) -> None:
    _, time = await certified(house)
    await house.book(time, await house.person("Mor"), band="under_15", by_parent=True, name="Liva")
    fact = house.last(model.BookingConfirmed)
    house.now += 55 * MINUTE
    for role in ("citizen", "volunteer"):
        entered = await house.enter(token_of(fact, role))
    scope = house.scope(house.coordinator)
    talk = tal.OneTalk(entered.talk.id)
    await house.snak.talks.join(scope, talk)
    left = await house.snak.talks.leave(scope, tal.LeaveTalk(talk.talk))
    assert left.state == "ended"


async def test_without_a_certificate_nobody_is_found_or_booked_for_a_child(house: House) -> None:
    karim = await house.volunteer("Karim")
    expired = await house.volunteer("Sara", certificate_until=datetime.date(2026, 11, 16))
    (none,) = await house.publish(karim, house.now + HOUR)
    today, tomorrow = await house.publish(expired, house.now + HOUR, house.now + DAY)
    assert [one.id for one in await house.free(age_band="under_15")] == [today]
    parent = await house.person("Mor")
    for time in (none, tomorrow):
        with pytest.raises(Refused, match="not_found"):
            await house.book(time, parent, band="under_15", by_parent=True, name="Liva")


async def test_nobody_but_a_parent_books_for_someone_under_15(house: House) -> None:
    _, time = await certified(house)
    young, teen = await house.person("Liva", age=14), await house.person("Noah", age=16)
    for who, by_parent in ((None, False), (young, False), (teen, True), (None, True)):
        with pytest.raises(Refused, match="parent_books"):
            await house.snak.bookings.hold(
                house.scope(who), vol.HoldTime(time, "under_15", by_parent)
            )


async def test_a_child_is_not_handed_over_to_one_without_a_certificate(house: House) -> None:
    karim, time = await certified(house)
    booking = await house.book(
        time, await house.person("Mor"), band="under_15", by_parent=True, name="Liva"
    )
    sara = await house.volunteer("Sara")
    profile = (await house.snak.volunteers.get(house.scope(sara), ask.Nothing())).profile
    wish = vol.HandOver(booking.id, profile.id)
    with pytest.raises(Refused, match="not_found"):
        await house.snak.bookings.hand_over(house.scope(karim), wish)
    with pytest.raises(Refused, match="not_found"):
        await house.snak.coordination.reassign(house.scope(house.coordinator), wish)


async def test_a_coordinator_is_in_one_childs_talk_at_a_time(house: House) -> None:
    _, first = await certified(house)
    sara = await house.volunteer("Sara", certificate_until=LATER)
    (second,) = await house.publish(sara, house.now + HOUR)
    await house.book(first, await house.person("Mor"), band="under_15", by_parent=True, name="Liva")
    with pytest.raises(Refused, match="no_coordinator"):
        await house.book(
            second, await house.person("Far"), band="under_15", by_parent=True, name="Noah"
        )
