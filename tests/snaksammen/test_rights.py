"""Whoever asks what SnakSammen keeps of them is given it; whoever wants it erased has it so."""

import json
from typing import Any

import pytest

from chat.snaksammen import model
from chat.snaksammen.rights import TalkRights
from chat.storage.database import Reader
from protocol import requests as ask
from protocol import talks as tal
from protocol import volunteering as vol
from protocol.errors import Refused
from tests.snaksammen.house import HOUR, MINUTE, House, Person, number, token_of
from tests.snaksammen.rooms import say

NOTHING = ask.Nothing()
TABLES = (
    "bookings", "occupied", "courses", "talks", "talk_parties", "talk_links", "line_entries",
    "offers", "on_duty", "talk_feelings", "debriefs", "alerts", "volunteers", "times",
    "weekly_times", "seats", "seat_sessions", "coordinators", "branch_invitations",
)  # fmt: skip


async def export(house: House, person: Person) -> dict[str, Any]:
    found = await house.database.read(TalkRights().export, person.account)
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


async def erase(house: House, person: Person) -> None:
    while not await house.database.write(TalkRights().erase, person.account, house.now):
        pass


async def everything(house: House) -> str:
    """Give every row of SnakSammen's tables as text."""

    def read(reader: Reader) -> str:
        rows = [tuple(row) for table in TABLES for row in reader.all(f"SELECT * FROM {table}")]
        return repr(rows)

    return await house.database.read(read)


async def talk_of(house: House, anna: Person, karim: Person) -> tal.Talk:
    """Let two talk with each other, and end it."""
    (time,) = await house.publish(karim, house.now + HOUR)
    booked = await house.book(time, anna, name="Annagrethe")
    await house.pass_time(HOUR, 5 * MINUTE)
    for token in (str(booked.token), token_of(house.last(model.TalkSoon), "volunteer")):
        entered = await house.enter(token)
    await say(house, entered.talk, anna, "Jeg bor alene.")
    await house.snak.caring.feel(house.scope(anna), tal.Feel(booked.talk, "before", 2))
    left = await house.snak.talks.leave(house.scope(anna), tal.LeaveTalk(booked.talk, "done"))
    await house.snak.caring.debrief(house.scope(karim), tal.Debrief(booked.talk, "hard"))
    return left


async def test_an_export_holds_what_is_kept_of_one_and_nothing_of_the_other(house: House) -> None:
    anna, karim = await house.person("Anna"), await house.volunteer("Karim")
    await talk_of(house, anna, karim)
    mine, his = await export(house, anna), await export(house, karim)
    (booking,), (talk,), (feeling,) = mine["bookings"], mine["talks"], mine["feelings"]
    assert booking["state"] == "kept"
    assert (talk["role"], talk["name"], talk["reason"]) == ("citizen", "Annagrethe", "done")
    assert feeling["before"] == 2
    assert "Karim" not in json.dumps(mine)
    assert his["volunteer"][0]["name"] == "Karim"
    assert his["debriefs"][0]["weight"] == "hard"
    assert len(his["times"]) == 1
    assert "Annagrethe" not in json.dumps(his)
    assert "feelings" not in his or his["feelings"] == []


async def test_a_citizen_who_is_erased_is_in_no_row_and_what_they_booked_is_called_off(
    house: House,
) -> None:
    anna, karim = await house.person("Anna"), await house.volunteer("Karim")
    talk = await talk_of(house, anna, karim)
    times = await house.publish(karim, *(house.now + hours * HOUR for hours in (2, 3, 4)))
    for time in times[:2]:
        booked = await house.book(time, anna, name="Annagrethe")
    await house.snak.courses.start(house.scope(anna), vol.StartCourse(booked.id))
    await house.snak.bookings.hold(house.scope(anna), vol.HoldTime(times[2], "18_up"))
    await house.snak.lines.join(house.scope(anna), tal.JoinLine(name="Annagrethe"))
    await erase(house, anna)
    kept = await everything(house)
    assert "Annagrethe" not in kept
    assert str(anna.account) not in kept
    assert len(house.facts(model.BookingCancelled)) == 2
    assert {one.id for one in await house.free()} == set(times)
    # The volunteer still sees that there was a talk, and may report what was said in it.
    seen = await house.snak.talks.get(house.scope(karim), tal.OneTalk(talk.id))
    assert seen.state == "ended"
    report = tal.ReportTalk(talk.id, "pressure", "Hun bad om penge.")
    await house.snak.caring.report(house.scope(karim), report)


async def test_a_link_of_one_who_is_erased_opens_nothing(house: House) -> None:
    anna, karim = await house.person("Anna"), await house.volunteer("Karim")
    (time,) = await house.publish(karim, house.now + HOUR)
    booked = await house.book(time, anna)
    await erase(house, anna)
    with pytest.raises(Refused, match="link_expired"):
        await house.enter(str(booked.token))


async def test_a_volunteer_who_is_erased_leaves_no_time_and_no_booking_behind(house: House) -> None:
    anna, karim = await house.person("Anna"), await house.volunteer("Karim")
    await talk_of(house, anna, karim)
    starts = [house.now + hours * HOUR for hours in range(2, 16)]
    times = await house.publish(karim, *starts)
    people = [await house.person(f"Borger {count}") for count in range(len(times))]
    for time, person in zip(times, people, strict=True):
        await house.book(time, person)
    await house.snak.lines.start_duty(house.scope(karim), NOTHING)
    await erase(house, karim)
    kept = await everything(house)
    assert "Karim" not in kept
    assert str(karim.account) not in kept
    assert await house.free() == []
    told = {one.account for fact in house.facts(model.BookingCancelled) for one in fact.tell}
    assert {person.account for person in people} <= told
    (old,) = (
        await house.snak.bookings.list_own(
            house.scope(anna), vol.ListBookings(after=house.now - HOUR)
        )
    ).bookings
    assert (old.state, old.with_whom) == ("kept", "")


async def test_a_coordinator_who_is_erased_is_replaced_where_a_child_is_booked(
    house: House,
) -> None:
    second = await house.person("Søren")
    await house.snak.volunteers.found_branch(
        "Aarhus", 751, second.account, "Søren", house.now + MINUTE
    )
    karim = await house.volunteer("Karim", certificate_until=house.scope().today.replace(year=2027))
    parent = await house.person("Mor")
    times = await house.publish(karim, house.now + HOUR, house.now + 2 * HOUR)
    booked = [
        await house.book(time, parent, band="under_15", by_parent=True, name="Liva")
        for time in times
    ]
    assert {one.coordinator for one in booked} == {"Kirsten"}
    await erase(house, house.coordinator)
    mine = await house.snak.bookings.list_own(house.scope(parent), vol.ListBookings())
    assert [(one.state, one.coordinator) for one in mine.bookings] == [("confirmed", "Søren")] * 2
    last = house.last(model.BookingConfirmed)
    assert [one.account for one in last.tell] == [second.account]
    assert (await house.enter(last.tell[0].token)).talk.role == "coordinator"
    await erase(house, second)
    mine = await house.snak.bookings.list_own(house.scope(parent), vol.ListBookings())
    assert [one.state for one in mine.bookings] == ["cancelled"] * 2


async def test_erasing_again_or_someone_unknown_changes_nothing(house: House) -> None:
    anna = await house.person("Anna")
    (time,) = await house.publish(await house.volunteer("Karim"), house.now + HOUR)
    await house.book(time, anna)
    await erase(house, anna)
    before = await everything(house)
    await erase(house, anna)
    assert await everything(house) == before
    assert number(time)
