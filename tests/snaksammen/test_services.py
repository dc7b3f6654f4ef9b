"""What is talked about is a coordinator's to say: for how long, and for how long what is kept."""

import pytest

from chat.snaksammen import model, talk_store
from chat.storage.database import Reader
from protocol import requests as ask
from protocol import talks as tal
from protocol import volunteering as vol
from protocol.errors import Refused
from tests.snaksammen.house import DAY, HOUR, MINUTE, House, number, token_of

SPROGLAND = vol.PutService("sprogland", "Sprogland", "Language land", 40)


async def kept(house: House, *words: str) -> list[str]:
    """Tell which of these words stand in any row about who takes part."""

    def read(reader: Reader) -> str:
        tables = ("talk_parties", "talk_links", "line_entries", "seats", "bookings", "occupied")
        return repr([tuple(row) for one in tables for row in reader.all(f"SELECT * FROM {one}")])

    rows = await house.database.read(read)
    return [word for word in words if word in rows]


async def test_a_coordinator_adds_and_changes_services_and_nobody_else(house: House) -> None:
    put = house.snak.volunteers.put_service
    karim = await house.volunteer("Karim")
    for other in (karim, await house.person("Anna")):
        with pytest.raises(Refused, match="not_found"):
            await put(house.scope(other), SPROGLAND)
    walk = vol.PutService("gaatur", "  Gåtur\n", "A walk", 30, keep_text_minutes=0)
    made = await put(house.scope(house.coordinator), walk)
    assert (made.danish, made.minutes, made.keep_text_minutes) == ("Gåtur", 30, 0)
    await put(house.scope(house.coordinator), SPROGLAND)
    listed = (await house.snak.volunteers.list_services(house.scope(), ask.Nothing())).services
    assert {(one.slug, one.minutes) for one in listed} >= {("gaatur", 30), ("sprogland", 40)}
    time = await house.snak.timetable.publish(
        house.scope(karim), vol.PublishTime("gaatur", house.now + HOUR)
    )
    assert time.ends_at - time.starts_at == 30 * MINUTE


@pytest.mark.parametrize("minutes", [0, 7, 5])
async def test_the_text_is_erased_when_the_service_says(house: House, minutes: int) -> None:
    put = vol.PutService("snaksammen", "SnakSammen", "SnakSammen", 15, keep_text_minutes=minutes)
    await house.snak.volunteers.put_service(house.scope(house.coordinator), put)
    karim, anna = await house.volunteer("Karim"), await house.person("Anna")
    (time,) = await house.publish(karim, house.now + 10 * MINUTE)
    booked = await house.book(time, anna)
    await house.pass_time(10 * MINUTE, MINUTE)
    for token in (str(booked.token), token_of(house.last(model.TalkSoon), "volunteer")):
        await house.enter(token)
    await house.snak.talks.leave(house.scope(anna), tal.LeaveTalk(booked.talk, "done"))
    ended = house.now
    while (found := await house.database.read(talk_store.find, number(booked.talk))) is not None:
        if found.conversation is None:
            break
        await house.pass_time(MINUTE, MINUTE)
    assert house.now - ended == max(minutes, 1) * MINUTE


async def test_a_guest_is_forgotten_when_the_service_says_and_after_a_cancelling_too(
    house: House,
) -> None:
    put = vol.PutService("snaksammen", "SnakSammen", "SnakSammen", 15, keep_contact_hours=2)
    await house.snak.volunteers.put_service(house.scope(house.coordinator), put)
    karim = await house.volunteer("Karim")
    soon, later = await house.publish(karim, house.now + HOUR, house.now + 20 * DAY)
    await house.book(soon, name="Gerda", email="gerda@example.dk")
    first = token_of(house.last(model.BookingConfirmed), "citizen")
    await house.book(later, name="Ulrik", email="ulrik@example.dk")
    entered = await house.enter(token_of(house.last(model.BookingConfirmed), "citizen"))
    off = vol.CallOff(str(entered.talk.booking), "Karim er blevet syg.")
    await house.snak.coordination.call_off(house.scope(house.coordinator), off)
    await house.snak.every_hour(house.now + 2 * HOUR - 1)
    assert await kept(house, "Gerda", "gerda@", "Ulrik", "ulrik@") == [
        "Gerda", "gerda@", "Ulrik", "ulrik@",
    ]  # fmt: skip
    await house.snak.every_hour(house.now + 2 * HOUR)
    assert await kept(house, "Gerda", "gerda@", "Ulrik", "ulrik@") == ["Gerda", "gerda@"]
    await house.pass_time(HOUR + 10 * MINUTE, 5 * MINUTE)  # nobody comes, and it is given up
    await house.enter(first)
    house.now += 2 * HOUR
    await house.snak.every_hour(house.now)
    assert await kept(house, "Gerda", "gerda@") == []
    with pytest.raises(Refused, match="link_expired"):
        await house.enter(first)


async def test_who_waited_in_the_line_is_forgotten_when_the_service_says(house: House) -> None:
    place = await house.snak.lines.join(house.scope(), tal.JoinLine(name="Gerda"))
    assert place.session is not None
    await house.pass_time(10 * MINUTE, MINUTE)
    await house.snak.every_hour(house.now + DAY - 1)
    assert await kept(house, "Gerda") == ["Gerda"]
    await house.snak.every_hour(house.now + DAY)
    assert await kept(house, "Gerda") == []
