"""Care during a talk and after it, and what coordinators see and do."""

import pytest

from chat.conversations.entries import history
from chat.scope import Actor, Scope
from chat.snaksammen import model
from chat.storage.database import Reader
from protocol import requests as ask
from protocol import talks as tal
from protocol import volunteering as vol
from protocol.errors import Refused
from protocol.ids import decode_id
from tests.snaksammen.house import HOUR, MINUTE, House, Person
from tests.snaksammen.rooms import say

NOTHING = ask.Nothing()


async def talking(house: House) -> tuple[Person, Person, tal.Talk]:
    """Anna and Karim in a running talk."""
    anna, karim = await house.person("Anna"), await house.volunteer("Karim")
    (time,) = await house.publish(karim, house.now + HOUR)
    booking = await house.book(time, anna)
    house.now += HOUR
    await house.snak.talks.join(house.scope(anna), tal.OneTalk(booking.talk))
    talk = await house.snak.talks.join(house.scope(karim), tal.OneTalk(booking.talk))
    return anna, karim, talk.talk


@pytest.mark.parametrize(
    ("band", "numbers"),
    [("18_up", ["112", "70201201"]), ("15_17", ["112", "116111", "70201201"])],
)
async def test_the_crisis_card_names_several_to_turn_to_by_age(
    house: House, band: vol.AgeBand, numbers: list[str]
) -> None:
    card = await house.snak.caring.crisis_card(house.scope(), tal.AskCrisisCard(band))
    assert [one.phone for one in card.help] == numbers


async def test_a_volunteer_calls_a_coordinator_and_the_citizen_hears_nothing(house: House) -> None:
    anna, karim, talk = await talking(house)
    before = len(house.facts(model.TalkChanged))
    await house.snak.caring.call_coordinator(house.scope(karim), tal.OneTalk(talk.id))
    assert len(house.facts(model.TalkChanged)) == before
    fact = house.last(model.CoordinatorNeeded)
    assert [one.account for one in fact.tell] == [house.coordinator.account]
    with pytest.raises(Refused, match="not_found"):
        await house.snak.caring.call_coordinator(house.scope(anna), tal.OneTalk(talk.id))


async def test_a_coordinator_joins_announced_and_may_take_over(house: House) -> None:
    anna, karim, talk = await talking(house)
    attended = await house.snak.coordination.attend(
        house.scope(house.coordinator), tal.OneTalk(talk.id)
    )
    assert [one.name for one in attended.talk.parties][1:] == ["Karim", "Kirsten"]
    assert attended.talk.conversation == talk.conversation
    seen = await house.snak.talks.get(house.scope(anna), tal.OneTalk(talk.id))
    assert [one.here for one in seen.parties] == [True, True, True]
    left = await house.snak.talks.leave(house.scope(karim), tal.LeaveTalk(talk.id, "other"))
    assert left.state == "running"
    ended = await house.snak.talks.leave(house.scope(anna), tal.LeaveTalk(talk.id))
    assert ended.state == "ended"
    assert talk.conversation is not None
    entries = await house.database.read(told_in, talk.conversation)
    assert entries == [("member_joined", 3), ("member_left", 2)]


def told_in(reader: Reader, conversation: str) -> list[tuple[str, int]]:
    """What stands in a conversation: the kind of each entry, and whom it is about."""
    entries, _ = history(reader, decode_id(conversation), before=None, after=None, limit=10)
    return [(one.kind, one.by) for one in entries]


async def test_five_more_minutes_if_both_want_them_and_nobody_waits(house: House) -> None:
    anna, karim, talk = await talking(house)
    wish = tal.OneTalk(talk.id)
    one = await house.snak.talks.more(house.scope(anna), wish)
    assert one.ends_at == talk.ends_at
    both = await house.snak.talks.more(house.scope(karim), wish)
    assert both.ends_at == talk.ends_at + 5 * MINUTE
    await house.snak.lines.join(house.scope(await house.person("Bo")), tal.JoinLine())
    with pytest.raises(Refused, match="others_wait"):
        await house.snak.talks.more(house.scope(anna), wish)


async def test_a_talk_ends_by_itself_a_minute_after_its_time(house: House) -> None:
    anna, _, talk = await talking(house)
    await house.pass_time(15 * MINUTE + 30_000)
    seen = await house.snak.talks.get(house.scope(anna), tal.OneTalk(talk.id))
    assert seen.state == "running"
    await house.pass_time(30_000)
    seen = await house.snak.talks.get(house.scope(anna), tal.OneTalk(talk.id))
    assert seen.state == "ended"
    assert "feel_after" in seen.may


async def test_a_report_keeps_what_was_said_and_each_look_at_it_is_logged(house: House) -> None:
    anna, karim, talk = await talking(house)
    await say(house, talk, karim, "Hvad hedder du rigtigt?")
    await house.snak.talks.leave(house.scope(anna), tal.LeaveTalk(talk.id, "uncomfortable"))
    wish = tal.ReportTalk(talk.id, "private_details", "Han spurgte om mit navn.")
    await house.snak.caring.report(house.scope(anna), wish)
    await house.snak.caring.report(house.scope(anna), wish)
    await house.pass_time(6 * MINUTE)
    scope = house.scope(house.coordinator)
    (listed,) = (await house.snak.coordination.list_reports(scope, NOTHING)).reports
    assert (listed.said, listed.words) == ([], "")
    report = await house.snak.coordination.read_report(scope, tal.OneReport(listed.id))
    assert [(one.role, one.text) for one in report.said] == [
        ("volunteer", "Hvad hedder du rigtigt?")
    ]
    looks = await house.database.read(lambda reader: len(reader.all("SELECT * FROM report_looks")))
    assert looks == 1


async def test_after_the_text_is_erased_it_is_too_late_to_report(house: House) -> None:
    anna, _, talk = await talking(house)
    await house.snak.talks.leave(house.scope(anna), tal.LeaveTalk(talk.id))
    await house.pass_time(5 * MINUTE)
    with pytest.raises(Refused, match="not_now"):
        await house.snak.caring.report(house.scope(anna), tal.ReportTalk(talk.id, "other"))


async def test_how_one_felt_is_kept_without_who_one_is(house: House) -> None:
    anna, karim, talk = await talking(house)
    await house.snak.caring.feel(house.scope(anna), tal.Feel(talk.id, "before", 2))
    await house.snak.caring.feel(house.scope(anna), tal.Feel(talk.id, "after", 4))
    with pytest.raises(Refused, match="not_found"):
        await house.snak.caring.feel(house.scope(karim), tal.Feel(talk.id, "after", 5))
    row = await house.database.read(lambda reader: reader.one("SELECT * FROM talk_feelings"))
    assert row is not None
    assert list(row)[1:] == [2, 4]


async def test_a_coordinator_sees_the_branch_and_nothing_that_is_said(house: House) -> None:
    _, karim, talk = await talking(house)
    await house.snak.lines.start_duty(house.scope(karim), NOTHING)
    await say(house, talk, karim, "Noget fortroligt")
    await house.snak.caring.call_coordinator(house.scope(karim), tal.OneTalk(talk.id))
    scope = house.scope(house.coordinator)
    seen = await house.snak.coordination.overview(scope, NOTHING)
    assert [one.state for one in seen.talks] == ["running"]
    assert [one.name for one in seen.on_duty] == ["Karim"]
    assert [one.kind for one in seen.alerts] == ["volunteer_calls"]
    assert "fortroligt" not in repr(seen)
    await house.snak.coordination.settle_alert(scope, tal.OneAlert(seen.alerts[0].id))
    assert (await house.snak.coordination.overview(scope, NOTHING)).alerts == []


async def test_waits_no_shows_and_unused_times_are_counted(house: House) -> None:
    karim = await house.volunteer("Karim")
    await house.publish(karim, house.now + HOUR)
    for wait in (1, 3):
        person = await house.person("Borger")
        await house.snak.lines.join(house.scope(person), tal.JoinLine())
        house.now += wait * MINUTE
        await house.snak.lines.start_duty(house.scope(karim), NOTHING)
        duty = await house.snak.lines.get_duty(house.scope(karim), NOTHING)
        entered = await house.snak.lines.take(house.scope(karim), tal.OneOffer(duty.offers[0].id))
        await house.snak.talks.leave(house.scope(karim), tal.LeaveTalk(entered.talk.id))
    await house.pass_time(2 * HOUR, 10 * MINUTE)
    scope = house.scope(house.coordinator)
    seen = await house.snak.coordination.overview(scope, NOTHING)
    assert (seen.waits_p50_ms, seen.waits_p95_ms) == (3 * MINUTE, 3 * MINUTE)
    assert seen.unused_times == 1
    assert (seen.ranges_held, seen.ranges_shown) == (0, 1), "shown at once, taken late"


async def test_a_coordinator_calls_off_with_a_message_or_gives_to_another(house: House) -> None:
    anna, karim = await house.person("Anna"), await house.volunteer("Karim")
    sara = await house.volunteer("Sara")
    (time,) = await house.publish(karim, house.now + HOUR)
    booking = await house.book(time, anna)
    profile = (await house.snak.volunteers.get(house.scope(sara), NOTHING)).profile
    scope = house.scope(house.coordinator)
    wish = vol.HandOver(booking.id, profile.id)
    await house.snak.coordination.reassign(scope, wish)
    assert {one.account for one in house.last(model.BookingMoved).tell} == {
        anna.account, sara.account,
    }  # fmt: skip
    await house.snak.coordination.call_off(scope, vol.CallOff(booking.id, "Sara er syg."))
    fact = house.last(model.BookingCancelled)
    assert fact.message == "Sara er syg."
    assert "syg" not in repr(fact)


async def test_a_coordinator_of_another_branch_finds_nothing_here(house: House) -> None:
    _, _, talk = await talking(house)
    other = await house.person("Ole")
    await house.snak.volunteers.found_branch("Midtfyn", 430, other.account, "Ole", house.now)
    with pytest.raises(Refused, match="not_found"):
        await house.snak.coordination.attend(house.scope(other), tal.OneTalk(talk.id))
    overview = await house.snak.coordination.overview(house.scope(other), NOTHING)
    assert overview.talks == []
    guest = Scope(house.now, "da", Actor(1, 1, True, other.actor.born, 751, 0))
    with pytest.raises(Refused, match="not_authenticated"):
        await house.snak.coordination.overview(guest, NOTHING)
