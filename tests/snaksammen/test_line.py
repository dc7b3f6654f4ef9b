"""Talk now: first come first served, places that are kept, offers that the first one takes."""

import pytest

from chat.accounts import session_store
from chat.accounts.links import digest
from chat.scope import Scope, copenhagen_date
from chat.snaksammen import model
from protocol import requests as ask
from protocol import talks as tal
from protocol.errors import Refused
from tests.snaksammen.house import MINUTE, House, Person

NOTHING = ask.Nothing()


async def on_duty(house: House, name: str, *languages: str) -> Person:
    volunteer = await house.volunteer(name, languages=languages or ("da",))
    await house.snak.lines.start_duty(house.scope(volunteer), NOTHING)
    return volunteer


async def join(house: House, person: Person, **wish: str) -> tal.Place:
    return await house.snak.lines.join(house.scope(person), tal.JoinLine(**wish))  # type: ignore[arg-type]


async def place(house: House, person: Person) -> tal.Place:
    return await house.snak.lines.get(house.scope(person), NOTHING)


async def take(house: House, volunteer: Person) -> tal.Entered:
    duty = await house.snak.lines.get_duty(house.scope(volunteer), NOTHING)
    return await house.snak.lines.take(house.scope(volunteer), tal.OneOffer(duty.offers[-1].id))


async def test_who_comes_first_is_served_first_whichever_offer_is_taken(house: House) -> None:
    people = [await house.person(f"Borger {number}") for number in range(3)]
    for person in people:
        await join(house, person)
    first, second = await on_duty(house, "Karim"), await on_duty(house, "Sara")
    await house.snak.every_second(house.now)
    duty = await house.snak.lines.get_duty(house.scope(second), NOTHING)
    assert len(duty.offers) == 2
    await take(house, second)
    assert [(await place(house, one)).state for one in people] == ["taken", "waiting", "waiting"]
    await take(house, first)
    assert [(await place(house, one)).state for one in people] == ["taken", "taken", "waiting"]
    assert (await place(house, people[2])).position == 1


async def test_an_offer_has_one_taker_and_taking_it_again_gives_the_same_talk(house: House) -> None:
    await join(house, await house.person("Anna"))
    karim, sara = await on_duty(house, "Karim"), await on_duty(house, "Sara")
    offer = house.last(model.OfferMade)
    wish = tal.OneOffer(f"{offer.offer:016x}")
    talk = await house.snak.lines.take(house.scope(karim), wish)
    with pytest.raises(Refused, match="offer_taken"):
        await house.snak.lines.take(house.scope(sara), wish)
    again = await house.snak.lines.take(house.scope(karim), wish)
    assert again.talk.id == talk.talk.id


async def test_an_unanswered_offer_expires_and_the_citizen_keeps_the_front(house: House) -> None:
    anna, bo = await house.person("Anna"), await house.person("Bo")
    await join(house, anna)
    await join(house, bo)
    await on_duty(house, "Karim")
    before = len(house.facts(model.OfferMade))
    await house.pass_time(31_000)
    assert len(house.facts(model.OfferMade)) == before + 1
    assert (await place(house, anna)).position == 1


async def test_a_place_is_kept_for_ten_minutes_unseen_and_no_longer(house: House) -> None:
    anna, bo = await house.person("Anna"), await house.person("Bo")
    await join(house, anna)
    await join(house, bo)
    await house.pass_time(9 * MINUTE, MINUTE)
    assert (await place(house, bo)).position == 2
    await house.pass_time(MINUTE, MINUTE)
    assert (await place(house, bo)).position == 1
    assert (await place(house, anna)).state == "lapsed"


async def test_joining_twice_keeps_the_place(house: House) -> None:
    anna, bo = await house.person("Anna"), await house.person("Bo")
    await join(house, anna)
    await join(house, bo)
    assert (await join(house, anna)).position == 1


async def test_one_who_speaks_another_language_waits_for_a_volunteer_who_does(house: House) -> None:
    amira, bo = await house.person("Amira"), await house.person("Bo")
    await join(house, amira, language="ar")
    await join(house, bo)
    karim = await on_duty(house, "Karim", "da")
    await take(house, karim)
    assert (await place(house, bo)).state == "taken"
    assert (await place(house, amira)).position == 1
    sara = await on_duty(house, "Sara", "da", "ar")
    await take(house, sara)
    assert (await place(house, amira)).state == "taken"


async def test_both_meet_in_the_talk(house: House) -> None:
    anna = await house.person("Anna")
    await join(house, anna)
    karim = await on_duty(house, "Karim")
    entered = await take(house, karim)
    assert entered.talk.state == "waiting"
    mine = await place(house, anna)
    assert mine.talk == entered.talk.id
    joined = await house.snak.talks.join(house.scope(anna), tal.OneTalk(mine.talk))
    assert joined.talk.state == "running"
    assert joined.talk.ends_at - joined.talk.starts_at == 15 * MINUTE


async def test_a_guest_waits_with_a_name_and_goes_into_the_talk_by_the_same_session(
    house: House,
) -> None:
    with pytest.raises(Refused, match="invalid_field"):
        await house.snak.lines.join(house.scope(), tal.JoinLine())
    mine = await house.snak.lines.join(house.scope(), tal.JoinLine(name="Gæsten"))
    assert mine.session is not None
    found = await house.database.read(
        session_store.by_digest, digest(mine.session), house.now, copenhagen_date(house.now)
    )
    assert found is not None
    guest = Scope(house.now, "da", found.actor)
    await take(house, await on_duty(house, "Karim"))
    taken = await house.snak.lines.get(guest, NOTHING)
    assert taken.talk is not None
    talk = await house.snak.talks.arrive(guest, tal.OneTalk(taken.talk))
    assert (talk.state, talk.role) == ("running", "citizen")


async def test_one_may_ask_to_be_called_back_and_gets_a_link(house: House) -> None:
    anna = await house.person("Anna")
    await join(house, anna)
    await house.snak.lines.call_back(house.scope(anna), tal.AskCallBack())
    await house.pass_time(60 * MINUTE, 5 * MINUTE)
    karim = await on_duty(house, "Karim")
    await take(house, karim)
    (told,) = house.last(model.TalkSoon).tell
    assert told.account == anna.account
    assert (await house.enter(told.token)).talk.role == "citizen"


async def test_a_volunteer_who_is_not_seen_is_off_duty(house: House) -> None:
    karim = await on_duty(house, "Karim")
    house.now += 3 * MINUTE
    assert not (await house.snak.lines.get_duty(house.scope(karim), NOTHING)).on_duty


async def test_nobody_under_15_is_put_in_the_line(house: House) -> None:
    child = await house.person("Liva", age=14)
    with pytest.raises(Refused, match="parent_books"):
        await join(house, child)
    with pytest.raises(Refused, match="parent_books"):
        await house.snak.lines.join(house.scope(), tal.JoinLine(age_band="under_15", name="Liva"))


async def test_a_long_wait_comes_with_times_to_book_instead(house: House) -> None:
    karim = await house.volunteer("Karim")
    (time,) = await house.publish(karim, house.now + 60 * MINUTE)
    mine = await join(house, await house.person("Anna"))
    assert (mine.low_ms, mine.long) == (None, True)
    assert [one.id for one in mine.alternatives] == [time]


async def test_after_a_hard_talk_a_volunteer_is_left_in_peace(house: House) -> None:
    anna = await house.person("Anna")
    await join(house, anna)
    karim = await on_duty(house, "Karim")
    entered = await take(house, karim)
    await house.snak.talks.join(house.scope(anna), tal.OneTalk(entered.talk.id))
    talk = tal.OneTalk(entered.talk.id)
    await house.snak.talks.leave(house.scope(anna), tal.LeaveTalk(talk.talk))
    await house.snak.caring.debrief(
        house.scope(karim), tal.Debrief(talk.talk, "hard", call_wanted=True)
    )
    await join(house, await house.person("Bo"))
    duty = await house.snak.lines.get_duty(house.scope(karim), NOTHING)
    assert (duty.offers, duty.paused_until) == ([], house.now + 15 * MINUTE)
    overview = await house.snak.coordination.overview(house.scope(house.coordinator), NOTHING)
    assert len(overview.calls_wanted) == 1
