"""Who has booked a talk gets its link, hears of every change, and of no time that was."""

import datetime

import icalendar
import pytest

from chat.delivery.carrier import Mail
from chat.notifications.model import Quiet
from chat.notifications.talks import TalkNotices
from chat.scope import COPENHAGEN
from chat.snaksammen.model import (
    MINUTE,
    Appointment,
    BookingCancelled,
    BookingConfirmed,
    BookingMoved,
    BranchInvitation,
    CoordinatorNeeded,
    NoShow,
    OfferMade,
    Role,
    TalkSoon,
    Told,
)
from chat.storage.database import Fact
from tests.notifications.town import Town

SEVEN = int(datetime.datetime(2025, 12, 4, 19, tzinfo=COPENHAGEN).timestamp()) * 1000
EIGHT = SEVEN + 60 * MINUTE
FIRST = Appointment(7, 70, "SnakSammen", "SnakSammen", SEVEN, SEVEN + 15 * MINUTE)
MOVED = Appointment(7, 70, "SnakSammen", "SnakSammen", EIGHT, EIGHT + 15 * MINUTE)
GUEST = Told(
    Role.CITIZEN, "da", email="gaest@town.dk", phone="+4520123456", with_whom="Karen", token="aB-1"
)
ALL_DAY = Quiet(0, 1439)


@pytest.fixture
def talks(town: Town) -> TalkNotices:
    notices = TalkNotices(town.teller, lambda: town.now)
    notices.hook_on(town.facts)
    return notices


async def happens(town: Town, fact: Fact) -> None:
    await town.database.write(lambda txn: txn.emit(fact))


async def letters(town: Town) -> list[Mail]:
    """Give the mails since the last call as they were handed over."""
    await town.outbox.send_due()
    sent, town.postbox.mails = town.postbox.mails, []
    return sent


@pytest.mark.usefixtures("talks")
async def test_a_guest_gets_the_link_by_mail_and_sms_with_a_calendar_file(town: Town) -> None:
    await happens(town, BookingConfirmed(FIRST, (GUEST,)))
    (mail,) = await letters(town)
    assert mail.to == "gaest@town.dk"
    assert mail.subject == "Din aftale torsdag den 4. december kl. 19.00"
    assert "https://samtale.example/samtale/aB-1" in mail.text
    assert "Karen" in mail.text
    (event,) = icalendar.Calendar.from_ical(mail.calendar).walk("VEVENT")
    assert event.decoded("dtstart").timestamp() * 1000 == SEVEN
    ((number, sms),) = await town.texts()
    assert number == "+4520123456"
    assert sms == (
        "Samtale: SnakSammen er aftalt. torsdag den 4. december kl. 19.00 med Karen. Dit link:"
        " https://samtale.example/samtale/aB-1"
    )


@pytest.mark.usefixtures("talks")
async def test_an_account_is_told_in_its_language_as_it_has_chosen(town: Town) -> None:
    hanne = await town.person("Hanne", language="en")
    await town.reach(hanne, phone="+4520123457", browser="chrome")
    await town.choose(hanne, {("booking", "sms"): False, ("booking", "push"): True})
    told = Told(Role.VOLUNTEER, "da", account=hanne, with_whom="Bo", token="t")
    await happens(town, BookingConfirmed(FIRST, (told,)))
    (mail,) = await letters(town)
    assert mail.subject == "Your appointment Thursday 4 December at 19:00"
    assert await town.texts() == []
    assert await town.pushed() == [
        ("chrome", "SnakSammen is booked", "Thursday 4 December at 19:00 with Bo. Your link:")
    ]


@pytest.mark.usefixtures("talks")
async def test_what_waits_is_withdrawn_when_the_booking_moves(town: Town) -> None:
    await happens(town, BookingConfirmed(FIRST, (GUEST,)))
    await happens(town, BookingMoved(MOVED, SEVEN, (GUEST,)))
    (mail,) = await letters(town)
    assert mail.subject == "Din aftale er flyttet til torsdag den 4. december kl. 20.00"
    assert "flyttet fra torsdag den 4. december kl. 19.00" in mail.text
    ((_, sms),) = await town.texts()
    assert "er flyttet" in sms


@pytest.mark.usefixtures("talks")
async def test_the_calendar_of_a_moved_booking_is_the_same_appointment(town: Town) -> None:
    await happens(town, BookingConfirmed(FIRST, (GUEST,)))
    (first,) = await letters(town)
    town.now += MINUTE
    await happens(town, BookingMoved(MOVED, SEVEN, (GUEST,)))
    (moved,) = await letters(town)
    (before,) = icalendar.Calendar.from_ical(first.calendar).walk("VEVENT")
    (after,) = icalendar.Calendar.from_ical(moved.calendar).walk("VEVENT")
    assert before["uid"] == after["uid"]
    assert after.decoded("sequence") > before.decoded("sequence")


@pytest.mark.usefixtures("talks")
async def test_a_moved_booking_apologises_when_someone_did_not_come(town: Town) -> None:
    await happens(town, BookingMoved(MOVED, SEVEN, (GUEST,), apology=True))
    (mail,) = await letters(town)
    assert mail.subject.startswith("Undskyld")


@pytest.mark.usefixtures("talks")
async def test_a_cancelled_booking_carries_the_coordinators_word(town: Town) -> None:
    await happens(town, BookingConfirmed(FIRST, (GUEST,)))
    await happens(town, BookingCancelled(FIRST, (GUEST,), "Karen er blevet syg."))
    (mail,) = await letters(town)
    assert "er aflyst" in mail.subject
    assert "Karen er blevet syg." in mail.text
    assert mail.calendar == ""


@pytest.mark.usefixtures("talks")
async def test_a_talk_that_begins_soon_passes_the_quiet_hours_and_a_booking_waits(
    town: Town,
) -> None:
    hanne = await town.person("Hanne")
    await town.reach(hanne, phone="+4520123457")
    await town.choose(hanne, {}, ALL_DAY)
    told = Told(Role.CITIZEN, "da", account=hanne, with_whom="Karen", token="t")
    await happens(town, BookingConfirmed(FIRST, (told,)))
    assert await town.texts() == []
    await happens(town, TalkSoon(FIRST, (told,)))
    ((_, sms),) = await town.texts()
    assert sms.startswith("Samtale: SnakSammen begynder om lidt. Kl. 19.00 med Karen.")


@pytest.mark.usefixtures("talks")
async def test_after_the_talk_its_link_goes_to_nobody(town: Town) -> None:
    await happens(town, TalkSoon(FIRST, (GUEST,)))
    town.now = FIRST.ends_at
    assert await letters(town) == []
    assert await town.texts() == []


@pytest.mark.usefixtures("talks")
async def test_who_came_in_vain_gets_an_apology(town: Town) -> None:
    await happens(town, NoShow(FIRST, Role.VOLUNTEER, (GUEST,)))
    (mail,) = await letters(town)
    assert mail.subject == "Undskyld, det blev ikke til noget"
    assert f"https://samtale.example/samtale/{GUEST.token}" in mail.text


@pytest.mark.usefixtures("talks")
async def test_an_offer_is_pushed_at_once_and_not_after_it_is_over(town: Town) -> None:
    hanne = await town.person("Hanne")
    await town.reach(hanne, browser="chrome")
    await town.choose(hanne, {}, ALL_DAY)
    told = Told(Role.VOLUNTEER, "da", account=hanne)
    offer = OfferMade(5, "SnakSammen", "SnakSammen", town.now + MINUTE, (told,))
    await happens(town, offer)
    assert [title for _, title, _ in await town.pushed()] == ["Nogen venter på at tale"]
    await happens(town, offer)
    town.now += MINUTE
    assert await town.pushed() == []
    assert await letters(town) == []


@pytest.mark.usefixtures("talks")
async def test_coordinators_are_asked_on_every_channel(town: Town) -> None:
    hanne = await town.person("Hanne")
    await town.reach(hanne, phone="+4520123457", browser="chrome")
    told = Told(Role.COORDINATOR, "da", account=hanne)
    await happens(town, CoordinatorNeeded(7, 1, "asked", town.now, (told,)))
    (mail,) = await letters(town)
    assert "https://samtale.example/talks/coordinator" in mail.text
    assert len(await town.texts()) == 1
    assert len(await town.pushed()) == 1


@pytest.mark.usefixtures("talks")
async def test_an_invitation_to_a_branch_goes_to_its_address(town: Town) -> None:
    invited = BranchInvitation(
        "volunteer", "Bo", "Røde Kors Aarhus", "bo@town.dk", "da", "xyz", town.now + MINUTE
    )
    await happens(town, invited)
    (mail,) = await letters(town)
    assert (mail.to, mail.subject) == ("bo@town.dk", "Vil du være frivillig?")
    assert "https://samtale.example/branch#token=xyz" in mail.text


@pytest.mark.usefixtures("talks")
async def test_who_undoes_the_booking_undoes_the_notice(town: Town) -> None:
    class Undone(Exception):
        pass

    def unit(txn: object) -> None:
        txn.emit(BookingConfirmed(FIRST, (GUEST,)))  # type: ignore[attr-defined]
        raise Undone

    with pytest.raises(Undone):
        await town.database.write(unit)
    assert await letters(town) == []
