"""The personal link: one party, one talk, several devices, revocable, and nothing of who one is."""

import pytest

from chat.accounts import session_store
from chat.accounts.links import digest
from chat.scope import Actor, copenhagen_date
from chat.snaksammen import model
from chat.storage.database import Reader
from protocol import requests as ask
from protocol import talks as tal
from protocol import volunteering as vol
from protocol.errors import Refused
from protocol.ids import encode_id
from tests.snaksammen.house import DAY, HOUR, MINUTE, House, token_of

pytestmark = pytest.mark.anyio


async def actor_of(house: House, entered: tal.Entered) -> Actor:
    found = await house.database.read(
        session_store.by_digest, digest(entered.session), house.now, copenhagen_date(house.now)
    )
    assert found is not None
    return found.actor


async def booked(house: House) -> model.BookingConfirmed:
    volunteer = await house.volunteer("Karim")
    (time,) = await house.publish(volunteer, house.now + HOUR)
    await house.book(time, name="Gæsten", email="gaest@example.dk")
    fact = house.last(model.BookingConfirmed)
    assert isinstance(fact, model.BookingConfirmed)
    return fact


async def test_everyone_gets_a_link_of_their_own(house: House) -> None:
    fact = await booked(house)
    citizen, volunteer = token_of(fact, "citizen"), token_of(fact, "volunteer")
    assert citizen != volunteer
    assert (await house.enter(citizen)).talk.role == "citizen"
    assert (await house.enter(volunteer)).talk.role == "volunteer"


async def test_before_the_doors_open_one_waits_outside(house: House) -> None:
    entered = await house.enter(token_of(await booked(house), "citizen"))
    assert entered.talk.state == "planned"
    assert entered.talk.conversation is None
    assert "move" in entered.talk.may
    assert entered.talk.starts_at - entered.talk.doors_at == 15 * MINUTE


async def test_with_both_there_the_talk_runs_and_has_a_room(house: House) -> None:
    fact = await booked(house)
    house.now += 50 * MINUTE
    first = await house.enter(token_of(fact, "citizen"))
    assert (first.talk.state, [one.here for one in first.talk.parties]) == (
        "waiting", [True, False],
    )  # fmt: skip
    second = await house.enter(token_of(fact, "volunteer"))
    assert second.talk.state == "running"
    assert second.talk.conversation == first.talk.conversation is not None
    assert "call" in second.talk.may


async def test_a_link_is_good_on_another_device_too(house: House) -> None:
    fact = await booked(house)
    house.now += 50 * MINUTE
    phone = await house.enter(token_of(fact, "citizen"))
    computer = await house.enter(token_of(fact, "citizen"))
    assert phone.session != computer.session
    assert await actor_of(house, phone) != await actor_of(house, computer)
    assert (await actor_of(house, phone)).account == (await actor_of(house, computer)).account


async def test_a_seat_is_a_guest_who_sees_this_talk_and_no_other(house: House) -> None:
    fact = await booked(house)
    entered = await house.enter(token_of(fact, "citizen"))
    actor = await actor_of(house, entered)
    assert actor.guest
    seen = await house.snak.talks.get(house.seated(entered, actor), tal.OneTalk(entered.talk.id))
    assert seen.id == entered.talk.id
    with pytest.raises(Refused, match="not_found"):
        await house.snak.talks.get(house.seated(entered, actor), tal.OneTalk("0123456789abcdef"))
    with pytest.raises(Refused, match="not_authenticated"):
        await house.snak.volunteers.get(house.seated(entered, actor), ask.Nothing())


async def test_nothing_in_a_talk_tells_which_account_a_volunteer_has(house: House) -> None:
    volunteer = await house.volunteer("Karim")
    (time,) = await house.publish(volunteer, house.now + HOUR)
    await house.book(time, name="Gæsten", email="gaest@example.dk")
    house.now += 50 * MINUTE
    fact = house.last(model.BookingConfirmed)
    await house.enter(token_of(fact, "volunteer"))
    entered = await house.enter(token_of(fact, "citizen"))
    shown = repr(entered) + repr(await house.free())
    assert "Karim" in shown
    assert encode_id(volunteer.account) not in shown
    assert "konto" not in shown


async def test_a_volunteer_who_hands_over_has_no_link_any_more(house: House) -> None:
    fact = await booked(house)
    old = token_of(fact, "volunteer")
    (karim,) = [one.account for one in fact.tell if one.role is model.Role.VOLUNTEER]
    sara = await house.volunteer("Sara")
    profile = (await house.snak.volunteers.get(house.scope(sara), ask.Nothing())).profile
    scope = house.scope(sara)
    actor = Actor(karim or 0, 1, True, sara.actor.born, 751, 0)
    assert fact.appointment.booking is not None
    handed = await house.snak.bookings.hand_over(
        type(scope)(house.now, "da", actor, ""),
        vol.HandOver(encode_id(fact.appointment.booking), profile.id),
    )
    assert handed.with_whom == "Gæsten"
    with pytest.raises(Refused, match="link_expired"):
        await house.enter(old)
    moved = house.last(model.BookingMoved)
    assert (await house.enter(token_of(moved, "volunteer"))).talk.role == "volunteer"
    assert (await house.enter(token_of(fact, "citizen"))).talk.parties[1].name == "Sara"


async def test_a_link_expires_a_day_after_its_talk(house: House) -> None:
    token = token_of(await booked(house), "citizen")
    house.now += HOUR + 15 * MINUTE + DAY - 1
    await house.enter(token)
    house.now += 1
    with pytest.raises(Refused, match="link_expired"):
        await house.enter(token)


async def test_an_unknown_link_is_an_expired_one(house: House) -> None:
    with pytest.raises(Refused, match="link_expired"):
        await house.enter("x" * 43)


async def test_a_talk_ends_for_both_when_one_leaves_and_its_text_is_erased_in_five_minutes(
    house: House,
) -> None:
    fact = await booked(house)
    house.now += 55 * MINUTE
    citizen = await house.enter(token_of(fact, "citizen"))
    await house.enter(token_of(fact, "volunteer"))
    scope = house.seated(citizen, await actor_of(house, citizen))
    left = await house.snak.talks.leave(scope, tal.LeaveTalk(citizen.talk.id, "done"))
    assert left.state == "ended"
    assert left.erased_at == house.now + 5 * MINUTE
    assert left.conversation is not None
    await house.pass_time(5 * MINUTE)
    after = await house.snak.talks.get(
        type(scope)(house.now, "da", scope.actor, ""), tal.OneTalk(citizen.talk.id)
    )
    assert after.conversation is None

    mine = await house.database.read(lambda reader: reader.one("SELECT state FROM bookings"))
    assert mine is not None
    assert mine["state"] == "kept"

    def rows(reader: object) -> list[int]:
        return [
            reader.one(f"SELECT COUNT(*) AS n FROM {table}")["n"]  # type: ignore[attr-defined]
            for table in ("conversations", "members", "entries")
        ]

    assert await house.database.read(rows) == [0, 0, 0]


async def test_a_day_after_nothing_tells_any_more_who_took_part(house: House) -> None:
    fact = await booked(house)
    house.now += 55 * MINUTE
    await house.enter(token_of(fact, "citizen"))
    left = await house.snak.lines.join(house.scope(), tal.JoinLine(name="En der går"))
    assert left.session is not None
    await house.pass_time(2 * HOUR, 10 * MINUTE)
    house.now += 2 * DAY
    await house.snak.every_hour(house.now)

    def kept(reader: Reader) -> str:
        tables = ("seats", "seat_sessions", "talk_links", "talk_parties", "line_entries")
        rows = (reader.all(f"SELECT * FROM {table}") for table in tables)
        return repr([[list(row) for row in found] for found in rows])

    text = await house.database.read(kept)
    for name in ("Gæsten", "gaest@example.dk", "Karim", "En der går"):
        assert name not in text
