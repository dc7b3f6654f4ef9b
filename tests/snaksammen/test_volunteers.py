"""Becoming a volunteer, step by step, and the two persons that one may be."""

import datetime

import pytest

from chat.accounts.model import Post
from chat.snaksammen import model
from chat.snaksammen.access import post_of
from protocol import requests as ask
from protocol import volunteering as vol
from protocol.errors import Refused
from protocol.ids import encode_id
from tests.snaksammen.house import DAY, HOUR, House, Person

NOTHING = ask.Nothing()


async def invited(house: House, role: str = "volunteer") -> str:
    await house.snak.volunteers.invite(
        house.scope(house.coordinator),
        vol.InviteToBranch(role, "Karim", "karim@example.dk"),  # type: ignore[arg-type]
    )
    return str(house.last(model.BranchInvitation).token)


async def accept(house: House, who: Person, token: str) -> vol.Invited:
    return await house.snak.volunteers.accept(house.scope(who), vol.AcceptInvitation(token))


async def test_one_is_admitted_once_the_steps_are_done(house: House) -> None:
    karim = await house.person("Karims konto")
    volunteers, coordinator = house.snak.volunteers, house.scope(house.coordinator)
    assert await accept(house, karim, await invited(house)) == vol.Invited("volunteer", "Aarhus")
    mine = await volunteers.get(house.scope(karim), NOTHING)
    assert (mine.state, mine.agreement_signed, mine.course_done) == ("onboarding", False, False)
    admit = vol.RecordVolunteer(mine.profile.id, state="active")
    with pytest.raises(Refused, match="steps_missing"):
        await volunteers.record(coordinator, admit)
    await volunteers.sign(house.scope(karim), NOTHING)
    with pytest.raises(Refused, match="steps_missing"):
        await volunteers.record(coordinator, admit)
    with pytest.raises(Refused, match="not_now"):
        await house.publish(karim, house.now + HOUR)
    await volunteers.record(coordinator, vol.RecordVolunteer(mine.profile.id, course_done=True))
    assert (await volunteers.record(coordinator, admit)).state == "active"
    await house.publish(karim, house.now + HOUR)


async def test_an_invitation_is_for_one_person_and_two_weeks(house: House) -> None:
    karim, bo = await house.person("Karims konto"), await house.person("Bo")
    token = await invited(house)
    await accept(house, karim, token)
    assert (await accept(house, karim, token)).role == "volunteer"
    with pytest.raises(Refused, match="link_expired"):
        await accept(house, bo, token)
    late = await invited(house)
    house.now += 14 * DAY
    with pytest.raises(Refused, match="link_expired"):
        await accept(house, bo, late)


async def test_nobody_under_18_becomes_a_volunteer(house: House) -> None:
    noah = await house.person("Noah", age=17)
    with pytest.raises(Refused, match="not_found"):
        await accept(house, noah, await invited(house))


async def test_a_coordinator_is_invited_by_a_coordinator(house: House) -> None:
    lis = await house.person("Lis")
    assert (await accept(house, lis, await invited(house, "coordinator"))).role == "coordinator"
    found = await house.snak.volunteers.list_branch(house.scope(lis), NOTHING)
    assert found.volunteers == []
    with pytest.raises(Refused, match="not_found"):
        await house.snak.volunteers.invite(
            house.scope(await house.person("Bo")),
            vol.InviteToBranch("coordinator", "Bo", "bo@example.dk"),
        )


async def test_a_volunteer_books_as_a_citizen_and_nothing_ties_the_two(house: House) -> None:
    karim = await house.volunteer("Karim")
    sara = await house.volunteer("Sara")
    (time,) = await house.publish(sara, house.now + HOUR)
    await house.book(time, karim)
    seen = await house.snak.bookings.list_own(
        house.scope(sara), vol.ListBookings(as_volunteer=True)
    )
    assert seen.bookings[0].with_whom.startswith("Karims konto")  # the alias that they chose
    mine = (await house.snak.volunteers.get(house.scope(karim), NOTHING)).profile
    shown = repr(seen) + repr(await house.free())
    assert mine.id not in shown
    assert encode_id(karim.account) not in shown


async def test_a_profile_holds_a_name_languages_a_few_words_and_interests(house: House) -> None:
    karim = await house.volunteer("Karim")
    volunteers = house.snak.volunteers
    changed = await volunteers.update(
        house.scope(karim),
        vol.UpdateVolunteer(words="  Jeg lytter gerne. ", interests=["walks", "walks"]),
    )
    assert (changed.profile.words, changed.profile.interests) == ("Jeg lytter gerne.", ["walks"])
    for wrong in (
        vol.UpdateVolunteer(name="karim@example.dk"),
        vol.UpdateVolunteer(name="Karim 12345678"),
        vol.UpdateVolunteer(languages=["xx"]),
        vol.UpdateVolunteer(interests=["poison"]),
    ):
        with pytest.raises(Refused, match="invalid_field"):
            await volunteers.update(house.scope(karim), wrong)


async def test_one_who_is_paused_does_not_end_the_pause_and_one_who_ended_is_gone(
    house: House,
) -> None:
    karim = await house.volunteer("Karim")
    volunteers, coordinator = house.snak.volunteers, house.scope(house.coordinator)
    one = (await volunteers.get(house.scope(karim), NOTHING)).profile.id
    await volunteers.record(coordinator, vol.RecordVolunteer(one, state="paused"))
    with pytest.raises(Refused, match="not_now"):
        await volunteers.update(house.scope(karim), vol.UpdateVolunteer(away=False))
    await volunteers.record(coordinator, vol.RecordVolunteer(one, state="active"))
    await volunteers.record(coordinator, vol.RecordVolunteer(one, state="ended"))
    with pytest.raises(Refused, match="not_found"):
        await volunteers.get(house.scope(karim), NOTHING)


async def test_a_certificate_is_good_through_its_last_day(house: House) -> None:
    karim = await house.volunteer("Karim", certificate_until=datetime.date(2026, 11, 17))
    last, late = await house.publish(karim, house.now + DAY + HOUR, house.now + 2 * DAY)
    assert [one.id for one in await house.free(age_band="under_15")] == [last]
    assert late


async def test_a_session_lasts_by_what_one_does_here(house: House) -> None:
    karim, anna = await house.volunteer("Karim"), await house.person("Anna")

    async def post(person: Person) -> Post | None:
        return await house.database.read(post_of, person.account)

    assert [await post(one) for one in (anna, karim, house.coordinator)] == [
        None, Post.VOLUNTEER, Post.STAFF,
    ]  # fmt: skip
    mine = await house.snak.volunteers.get(house.scope(karim), ask.Nothing())
    ended = vol.RecordVolunteer(mine.profile.id, state="ended")
    await house.snak.volunteers.record(house.scope(house.coordinator), ended)
    assert await post(karim) is None
