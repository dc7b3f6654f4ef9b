"""Whoever has lost the link gets another at the known address, and a stranger learns nothing."""

import icalendar
import pytest

from chat.snaksammen import model
from chat.snaksammen.links import ASKING, LINKS_AT_MOST
from protocol import talks as tal
from protocol import volunteering as vol
from protocol.errors import Refused
from tests.snaksammen.house import DAY, HOUR, MINUTE, House, token_of


async def ask(house: House, **by: str) -> list[model.LinkAsked]:
    """Ask for a link, from another network each time; gives what was sent."""
    before = len(house.facts(model.LinkAsked))
    await house.snak.links.send(house.scope(), tal.AskLink(**by))
    return house.facts(model.LinkAsked)[before:]


async def booked(house: House, *starts: int) -> list[str]:
    """Let a guest book times; gives the links."""
    karim = await house.volunteer("Karim")
    links = []
    for time in await house.publish(karim, *starts):
        await house.book(time, name="Gerda", email="gerda@example.dk", phone="+4520123456")
        links.append(token_of(house.last(model.BookingConfirmed), "citizen"))
    return links


async def test_a_guest_gets_a_link_of_each_talk_to_come_by_mail_or_number(house: House) -> None:
    await booked(house, house.now + HOUR, house.now + DAY)
    for by in ({"email": " Gerda@Example.dk"}, {"phone": "+4520123456"}):
        sent = await ask(house, **by)
        assert [fact.appointment.starts_at for fact in sent] == [house.now + HOUR, house.now + DAY]
        for fact in sent:
            (told,) = fact.tell
            assert (told.email, told.phone) == ("gerda@example.dk", "+4520123456")
            assert (await house.enter(str(told.token))).talk.role == "citizen"


async def test_one_with_an_account_gets_it_by_the_accounts_address(house: House) -> None:
    anna, karim = await house.person("Anna"), await house.volunteer("Karim")
    (time,) = await house.publish(karim, house.now + HOUR)
    await house.book(time, anna)
    for person, role in ((anna, "citizen"), (karim, "volunteer")):
        (fact,) = await ask(house, email=f"{person.account}@people.example")
        assert [(one.account, one.role) for one in fact.tell] == [(person.account, role)]


async def test_nothing_is_sent_of_talks_that_are_over_or_to_strangers(house: House) -> None:
    (link,) = await booked(house, house.now + HOUR)
    assert await ask(house, email="fremmed@example.dk") == []
    entered = await house.enter(link)
    off = vol.CallOff(str(entered.talk.booking), "Karim er blevet syg.")
    await house.snak.coordination.call_off(house.scope(house.coordinator), off)
    assert await ask(house, email="gerda@example.dk") == []


@pytest.mark.parametrize("by", [{}, {"email": "a@example.dk", "phone": "+4520123456"}])
async def test_one_of_both_is_given(house: House, by: dict[str, str]) -> None:
    with pytest.raises(Refused, match="invalid_field"):
        await ask(house, **by)


@pytest.mark.parametrize("email", ["gerda@example.dk", "fremmed@example.dk"])
async def test_asking_is_limited_alike_whether_or_not_there_is_a_talk(
    house: House, email: str
) -> None:
    await booked(house, house.now + HOUR)
    for _ in range(ASKING.burst):
        await ask(house, email=email)
    with pytest.raises(Refused, match="rate_limited"):
        await ask(house, email=email)


async def test_one_party_has_only_so_many_links(house: House) -> None:
    await booked(house, house.now + DAY)
    sent = 0
    for _ in range(2 * LINKS_AT_MOST):
        house.now += MINUTE
        sent += len(await ask(house, email="gerda@example.dk"))
    assert sent == LINKS_AT_MOST - 2  # one was in the confirmation, one in the answer to it


async def test_the_calendar_file_comes_by_the_link_for_as_long_as_that_opens(house: House) -> None:
    (link,) = await booked(house, house.now + HOUR)
    file = await house.snak.links.calendar(house.scope(), link)
    (event,) = icalendar.Calendar.from_ical(file.decode()).walk("VEVENT")
    assert event.decoded("dtstart").timestamp() * 1000 == house.now + HOUR
    assert "Karim" in str(event["summary"])
    assert link not in file.decode()
    with pytest.raises(Refused, match="link_expired"):
        await house.snak.links.calendar(house.scope(), link[::-1])
    house.now += HOUR + 15 * MINUTE + DAY
    with pytest.raises(Refused, match="link_expired"):
        await house.snak.links.calendar(house.scope(), link)
